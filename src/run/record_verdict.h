/*
 * record_verdict: the events that say what became of an attempt, or which one stands for it; part of
 * record.h, done in record.c.
 */
#ifndef LILY_RUN_RECORD_VERDICT_H
#define LILY_RUN_RECORD_VERDICT_H

#include "gate/report.h"
#include "run/record.h"

/* What a gate found, and the evidence of that. */
struct record_gate {
	const struct gate *gate;
	const char *status;
	struct record_artifact result;
	struct record_artifact *logs; /* one of each turn that printed anything */
	size_t n_logs;
	struct record_artifact *files;
	size_t n_files;
	const struct measures *measures; /* what it measured, as long as its attempt is there */
	const struct gate_granted *grants;
	size_t n_grants;
};

/* Those of an attempt, by name. */
struct record_gates {
	const struct record_gate *items;
	size_t n;
};

/* A label that a gate granted before the event that makes it count. */
struct record_label {
	uint32_t artifact; /* of the run, which carries it */
	struct str label;
	struct str gate;
	struct digest definition; /* of the gate */
};

/* What an attempt made, and what is kept beside that. */
struct record_acceptance {
	uint32_t number;
	const struct digest *key; /* what was made can be reused under it; or NULL */
	struct str once;          /* key, or empty */
	const struct record_artifact *outputs;
	size_t n_outputs;
	const struct record_artifact *logs; /* of those that judged the outputs */
	size_t n_logs;
	struct record_gates gates;
	const struct record_label *labels; /* of gates that are on record already */
	size_t n_labels;
	bool by_person; /* the outputs are what somebody said */
};
int record_accepted(
	struct run_hold *hold, const struct record_acceptance *acceptance, struct err *err);

/* Why an attempt was rejected, and what is kept of it. */
struct record_rejection {
	uint32_t number;
	enum failure_class class;
	struct str message;
	bool tolerated; /* the visit failed, and the run may succeed all the same */
	const struct digest *
		key; /* what an earlier attempt left under it is not reused any more; or NULL */
	int64_t until_us; /* UTC, 0: the visit failed */
	int64_t due_us;   /* the same on the clock of this boot */
	const char *boot; /* its id */
	struct str once;  /* key, or empty */
	bool unknown;     /* the visit is; until_us: it may run again */
	const struct record_artifact *outputs;
	size_t n_outputs;
	const struct record_artifact *errors; /* NULL: no document about it */
	const struct record_artifact *logs;   /* of those that judged the outputs */
	size_t n_logs;
	struct record_gates gates;
};
int record_rejected(
	struct run_hold *hold, const struct record_rejection *rejection, struct err *err);

int record_cancelled(struct run_hold *hold, uint32_t number, const struct record_artifact *logs,
	size_t n_logs, struct record_gates gates, struct err *err);

/* A step whose outputs are those of an attempt of another run. */
struct record_reused {
	uint32_t step;
	struct uuid run;
	uint32_t attempt;
	struct record_artifact *outputs; /* under their numbers in this run */
	uint32_t n_outputs;
	const struct record_gate *gates; /* that passed there, likewise */
	size_t n_gates;
};

/* visit.reused; one event for all of them. */
int record_reused(struct run_hold *hold, const struct graph *graph,
	const struct record_reused *steps, size_t n, struct err *err);

#endif
