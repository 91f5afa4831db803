#include "store/placement.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "store/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define FEW 8
#define FEW_MOST 512
#define SLOW_US 100000

void
placement_init(struct placement *placement, int objects)
{
	*placement = (struct placement){.objects = objects, .few = FEW};
}

void
placement_done(struct placement *placement)
{
	free(placement->placed);
	placement->placed = NULL;
}

/* A large file flushed under the lock would keep other processes waiting. */
int
placement_begin(
	struct placement *placement, const struct submission *items, size_t n, struct err *err)
{
	size_t files = 0;

	placement->n = 0;
	for (size_t i = 0; i < n; i++)
		files += items[i].kind == SUBMISSION_FILE;
	placement->one_by_one = files <= placement->few;
	for (size_t i = 0; placement->one_by_one && i < n; i++) {
		AUTO_CLOSE int fd = -1;

		if (items[i].kind != SUBMISSION_FILE)
			continue;
		fd = openat(placement->objects, items[i].file.path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fdatasync(fd) != 0)
			return err_sys(err, "fdatasync objects/%s", items[i].file.path);
	}
	return 0;
}

int
placement_place(struct placement *placement, const struct queued_file *file, struct err *err)
{
	int r = object_file_place(placement->objects, file->path, &file->digest, err);

	if (r < 0)
		return r;
	placement->placed = memory_grow(placement->placed, placement->n, &placement->capacity,
		sizeof(*placement->placed));
	placement->placed[placement->n++] = file->digest;
	return 0;
}

static int
sync_file_system(struct placement *placement, struct err *err)
{
	int64_t began = clock_boot_us();

	if (syncfs(placement->objects) != 0)
		return err_sys(err, "syncfs objects");
	/* Somebody else's dirty data is flushed as well: not worth it where that takes long. */
	if (clock_boot_us() - began > SLOW_US)
		placement->few = MIN(placement->few * 2, FEW_MOST);
	return 0;
}

int
placement_sync(struct placement *placement, struct err *err)
{
	int r = 0;

	if (placement->n && !placement->one_by_one)
		return sync_file_system(placement, err);
	for (size_t i = 0; r == 0 && i < placement->n; i++)
		r = object_file_sync(placement->objects, &placement->placed[i], err);
	return r;
}
