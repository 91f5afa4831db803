/*
 * commands: every command's literal, each defined in the file that is named after it.
 */
#ifndef LILY_CLI_COMMANDS_H
#define LILY_CLI_COMMANDS_H

#include "cli/command.h"

extern const struct command cmd_run;
extern const struct command cmd_run_new;
extern const struct command cmd_run_start;
extern const struct command cmd_run_finish;
extern const struct command cmd_run_list;
extern const struct command cmd_run_show;
extern const struct command cmd_run_watch;
extern const struct command cmd_run_why;
extern const struct command cmd_run_logs;
extern const struct command cmd_run_events;
extern const struct command cmd_run_resume;
extern const struct command cmd_run_retry;
extern const struct command cmd_run_cancel;
extern const struct command cmd_exec;
extern const struct command cmd_shell;
extern const struct command cmd_run_settle;
extern const struct command cmd_inbox;
extern const struct command cmd_approve;
extern const struct command cmd_reject;
extern const struct command cmd_answer;
extern const struct command cmd_workflow_check;
extern const struct command cmd_workflow_plan;
extern const struct command cmd_workflow_graph;
extern const struct command cmd_workflow_fmt;
extern const struct command cmd_gate_run;
extern const struct command cmd_route_test;
extern const struct command cmd_policy_check;
extern const struct command cmd_policy_explain;
extern const struct command cmd_artifact_put;
extern const struct command cmd_artifact_get;
extern const struct command cmd_artifact_cat;
extern const struct command cmd_artifact_path;
extern const struct command cmd_artifact_list;
extern const struct command cmd_artifact_verify;
extern const struct command cmd_init;
extern const struct command cmd_doctor;
extern const struct command cmd_schema_check;
extern const struct command cmd_schema_list;
extern const struct command cmd_schema_show;
extern const struct command cmd_schema_validate;
extern const struct command cmd_cache_stat;
extern const struct command cmd_cache_clear;
extern const struct command cmd_store;
extern const struct command cmd_fsck;
extern const struct command cmd_version;
extern const struct command cmd_completion;
extern const struct command cmd_help;
extern const struct command cmd_complete;

#endif
