#include "cli/output.h"

#include "cli/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		bytes += written;
		n -= (size_t)written;
	}
	return true;
}

static mode_t
mode_of(const char *path)
{
	struct stat stat_buffer;
	mode_t mask;

	if (stat(path, &stat_buffer) == 0)
		return stat_buffer.st_mode & 07777;
	mask = umask(0);
	(void)umask(mask);
	return 0666 & ~mask;
}

/* A file that is no regular one (/dev/null, a fifo) is written to, not replaced. */
static int
write_in_place(const struct call *call, const char *path, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write_all(fd, bytes, n);

	if (!done)
		call_complain(call, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return done ? STATUS_DONE : STATUS_SYSTEM;
}

static int
replace(const struct call *call, const char *path, const char *bytes, size_t n)
{
	AUTO_TEXT struct text beside = TEXT_INIT;
	bool done;
	int fd;

	text_format(&beside, "%s.XXXXXX", path);
	fd = mkostemp(beside.bytes, O_CLOEXEC);
	if (fd < 0) {
		call_complain(call, "%s: %s", path, strerror(errno));
		return STATUS_SYSTEM;
	}
	done = write_all(fd, bytes, n) && fchmod(fd, mode_of(path)) == 0 && fsync(fd) == 0;
	done = close(fd) == 0 && done;
	if (done && rename(beside.bytes, path) == 0)
		return STATUS_DONE;
	call_complain(call, "%s: %s", path, strerror(errno));
	(void)unlink(beside.bytes);
	return STATUS_SYSTEM;
}

int
output_write(const struct call *call, const char *path, const char *bytes, size_t n)
{
	struct stat stat_buffer;
	char *real;
	int status;

	if (!path || strcmp(path, "-") == 0) {
		(void)fwrite(bytes, 1, n, stdout);
		return STATUS_DONE;
	}
	if (stat(path, &stat_buffer) == 0 && !S_ISREG(stat_buffer.st_mode))
		return write_in_place(call, path, bytes, n);
	/* Behind a link the file it names is replaced, not the link. */
	real = realpath(path, NULL);
	status = replace(call, real ? real : path, bytes, n);
	free(real);
	return status;
}

/* Blocks are made safe one by one; a character that stands across two shows as its bytes. */
int
output_copy(const struct call *call, int fd, const char *what, bool raw)
{
	bool safe = call->out.is_terminal && !raw;
	char block[65536];
	ssize_t n;

	while (!ferror(stdout) && (n = read(fd, block, sizeof(block))) != 0) {
		AUTO_TEXT struct text text = TEXT_INIT;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			call_complain(call, "%s: %s", what, strerror(errno));
			return STATUS_SYSTEM;
		}
		if (!safe) {
			(void)fwrite(block, 1, (size_t)n, stdout);
			continue;
		}
		text_add_safe(&text, block, (size_t)n, TEXT_LINES);
		place_print(&text);
	}
	return STATUS_DONE;
}
