/* lily: reads the command line, calls the command, and ends with its status. */
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/help.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A file of the store that took a number below three would get what is printed. Opened the wrong
 * way round, so that using what the caller closed stays an error. */
static bool
keep_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int flags = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags) != fd)
			return false;
	}
	return true;
}

/* A write past the limit of ulimit -f is to fail with a message, not to end us without one. */
static void
survive_file_limit(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	(void)sigaction(SIGXFSZ, &ignore, NULL);
}

static int
print_help(const struct call *call)
{
	AUTO_TEXT struct text text = TEXT_INIT;
	const char *noun = call_argument(call, 0);

	if (call->command)
		help_command(&text, &call->out, call->command);
	else if (noun)
		help_group(&text, &call->out, command_find_group(noun));
	else
		help_overview(&text, &call->out);
	(void)fwrite(text.bytes, 1, text.size, stdout);
	return STATUS_DONE;
}

static int
run_command(struct call *call)
{
	const char *directory = call_global(call, GLOBAL_DIRECTORY);

	if (call_has_global(call, GLOBAL_HELP))
		return print_help(call);
	if (call_has_global(call, GLOBAL_VERSION)) {
		call->command = &cmd_version;
		return call->command->function(call);
	}
	if (!call->command) {
		call_complain(call, "what should lily do?");
		call_hint(
			call, "lily run FILE runs a workflow; lily --help lists all commands");
		return STATUS_USAGE;
	}
	if (directory && chdir(directory) != 0) {
		call_complain(call, "-C %s: %s", directory, strerror(errno));
		return STATUS_INVALID;
	}
	return call->command->function(call);
}

/* Data that could not be written is an error, however well the command itself went. */
static int
close_stdout(const struct call *call, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return status;
	call_complain(call, "standard output: %s", strerror(errno));
	return status_worst(status, STATUS_SYSTEM);
}

int
main(int argc, char **argv)
{
	struct call call;
	int status;

	if (!keep_standard_descriptors())
		return STATUS_SYSTEM;
	if (lily_run_as_init(argv, &status))
		return status;
	survive_file_limit();
	/* Only characters: numbers and dates in data are the same everywhere. */
	(void)setlocale(LC_CTYPE, "");
	call_init(&call);
	status = call_parse(&call, argc > 0 ? argc - 1 : 0, argv + 1);
	if (status == 0)
		status = run_command(&call);
	status = close_stdout(&call, status);
	call_done(&call);
	return status;
}
