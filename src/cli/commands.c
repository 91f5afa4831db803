#include "cli/commands.h"

const struct option_spec global_options[GLOBAL_COUNT] = {
	[GLOBAL_STORE] = {.name = "store",
		.value = "DIR",
		.help = "use the store in DIR instead of the workspace's own",
		.completion = COMPLETE_DIRECTORY},
	[GLOBAL_DIRECTORY] = {.name = "directory",
		.letter = 'C',
		.value = "DIR",
		.help = "do as if started in DIR",
		.completion = COMPLETE_DIRECTORY},
	[GLOBAL_JSON] = {.name = "json", .help = "print data as JSON on standard output"},
	[GLOBAL_NO_COLOR] = {.name = "no-color", .help = "no colours (as does NO_COLOR)"},
	[GLOBAL_HELP] = {.name = "help", .letter = 'h', .help = "explain the command"},
	[GLOBAL_VERSION] = {.name = "version", .help = "print the version"},
};

const struct command *const commands[] = {
	&cmd_run,
	&cmd_run_resume,
	&cmd_run_cancel,
	&cmd_run_list,
	&cmd_run_show,
	&cmd_run_watch,
	&cmd_run_logs,
	&cmd_run_events,
	&cmd_run_new,
	&cmd_run_start,
	&cmd_run_finish,
	&cmd_workflow_check,
	&cmd_workflow_plan,
	&cmd_workflow_graph,
	&cmd_workflow_fmt,
	&cmd_artifact_list,
	&cmd_artifact_cat,
	&cmd_artifact_get,
	&cmd_artifact_put,
	&cmd_artifact_path,
	&cmd_artifact_verify,
	&cmd_schema_validate,
	&cmd_schema_check,
	&cmd_schema_list,
	&cmd_schema_show,
	&cmd_init,
	&cmd_store,
	&cmd_fsck,
	&cmd_doctor,
	&cmd_version,
	&cmd_completion,
	&cmd_help,
	&cmd_complete,
};
const size_t commands_count = COUNT(commands);

const struct command_group command_groups[] = {
	{"run", "Run workflows, and see what runs did"},
	{"workflow", "Look at workflow files"},
	{"artifact", "What runs took in and made"},
	{"schema", "Check files by JSON Schema"},
};
const size_t command_groups_count = COUNT(command_groups);
