/*
 * leavings: what a turn of a gate has left: what it printed, its reason, its metrics, its files.
 *
 * Reason and metrics lie beside the files, under names that no file of its own can have.
 */
#ifndef LILY_RUN_LEAVINGS_H
#define LILY_RUN_LEAVINGS_H

#include "run/trial.h"

#define LEAVINGS_METRICS ".metrics.json"
#define LEAVINGS_REASON ".reason"
#define LEAVINGS_FILES_MAX 1000

struct leavings {
	int out_dir;
	const char *reason;    /* its own, without blanks around it; NULL: none */
	const char *last_line; /* ": " and the last line of its stderr, or "" */
	const char *refusal;   /* why its files cannot be read or kept; NULL: they can */
};

/* Reads what lies in left->out_dir: the log goes to the store, metrics to the trial's report, the
 * files become the outputs of its step. All text lives in the trial's arena. */
int leavings_read(struct leavings *left, struct trial *trial, const struct attempt_log *log,
	struct err *err);

/* The files that were stored become evidence of the report. Why one could not be kept; else NULL. */
const char *leavings_take(
	const struct outputs *outputs, struct gate_report *report, struct arena *arena);

#endif
