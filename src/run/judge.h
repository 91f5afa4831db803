/*
 * judge: the validators of a schema, run on the outputs of an attempt that are valid by it.
 *
 * Each runs as an attempt of its own through the executor, with the candidate at $LILY_IN/value, in
 * the place that the attempt left: so there is always room for it, one after the other. Exit 0
 * passes; else its stdout is [{"instance": JSON Pointer, "message"}, …]. What cannot be run, ends
 * otherwise, or prints something else, has not passed, and that is said. What it wrote is kept as a
 * log (exec/log.h), unless that is the promised list and nothing else.
 *
 * Private to try.c: these functions move the try's judge.
 */
#ifndef LILY_RUN_JUDGE_H
#define LILY_RUN_JUDGE_H

#include "exec/executor.h"
#include "run/environment.h"
#include "run/outputs.h"

/* The executor knows a validator by the number of the attempt it judges and this bit. */
#define JUDGE_NUMBER EXECUTOR_ASIDE

struct judge {
	uint32_t output;    /* the one that is judged */
	uint32_t validator; /* of its schema */
	bool submitted;
	struct attempt_place place;
	struct record_artifact *logs; /* without numbers; in the values' arena */
	size_t n_logs;
};

struct judge_request {
	struct executor *executor;
	const struct values *values;
	struct outputs *outputs;
	const struct environment_request *environment;
	const char *workspace; /* absolute */
	int run_directory;     /* what the executor leaves there of a validator is taken away */
	const struct policy *policy; /* of the step; NULL: none */
	int64_t grace_us;
	uint32_t number;                        /* of the attempt */
	const struct redactor *const *redactor; /* NULL: none */
};

/* Whether any output that is there has a validator. */
bool judge_is_needed(const struct outputs *outputs);

/* Submits the next validator: 1; 0 where there is no room yet, ask again after a turn of the loop;
 * 2 where none is left. Faults go to the outputs. */
int judge_next(struct judge *judge, const struct judge_request *request, struct err *err);

/* ": " and the last line of a program's stderr, mostly what a crash says; "" where there is none. */
const char *judge_last_line(const struct attempt_log *log, struct arena *arena);

/* The one that was submitted has ended: takes in what it said and gives its place back. */
int judge_ended(struct judge *judge, const struct judge_request *request, struct err *err);

#endif
