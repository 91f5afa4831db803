#include "cli/call.h"

#include <stdio.h>

static int
run(struct call *call)
{
	if (call_wants_json(call))
		(void)printf("{\"version\":\"%s\"}\n", lily_version());
	else
		(void)printf("lily %s\n", lily_version());
	return STATUS_DONE;
}

const struct command cmd_version = {
	.name = "version",
	.summary = "Print the version",
	.function = run,
};
