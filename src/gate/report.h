/*
 * report: what came of a gate: of each of its turns, and of all of them together. Pure.
 *
 * A turn is one time that it judged; a gate that is repeated has several. What could not judge has not
 * passed, and is an error. As JSON it is gate_result.v1 (gate/result.h).
 */
#ifndef LILY_GATE_REPORT_H
#define LILY_GATE_REPORT_H

#include "base/uuid.h"
#include "contract/fault.h"
#include "gate/measure.h"

enum gate_status { GATE_PASSED, GATE_FAILED, GATE_ERROR };

const char *gate_status_name(enum gate_status status);

/* Evidence of it that the store has. */
struct gate_evidence {
	struct str name;
	struct digest digest;
	uint64_t size;
	const char *kind; /* file dir */
	uint32_t number;  /* artifact of the run, once it has one */
};

struct gate_turn {
	enum gate_status status;
	const char *reason; /* NULL: there is nothing to say */
	bool ended;         /* a program was started, and ended */
	int exit_code;      /* -1: not by itself */
	int signal;
	bool timed_out;
	bool has_log;
	struct gate_evidence log;
	const char *printed; /* the end of that, for whoever tries again; NULL: nothing */
};

struct gate_input {
	struct str name;
	struct digest digest;
	uint32_t artifact; /* of the run; 0: none of its own */
};

/* A label that it gives, once the attempt is accepted. */
struct gate_granted {
	struct str step;
	struct str output;
	struct str label;
	uint32_t artifact; /* of the run */
};

/* What an earlier run left, with which it was compared. */
struct gate_before {
	struct str name; /* STEP:out:OUT, or STEP:gate:GATE */
	bool has_run;    /* false: there was none */
	struct uuid run;
	uint32_t artifact; /* of that run; 0: it left none */
};

struct gate_report {
	const struct gate *gate;
	enum gate_status status;
	const char *reason; /* NULL: there is nothing to say */
	int64_t started_us; /* UTC; 0: it did not come to that */
	int64_t ended_us;
	const struct gate_turn *decisive; /* which stands for all; NULL: it had none */
	struct gate_turn *turns;
	uint32_t n_turns;
	struct gate_input *inputs;
	uint32_t n_inputs;
	struct gate_before *before;
	uint32_t n_before;
	bool is_bound;               /* all that it looked at is among them */
	struct gate_evidence *files; /* what it left in $LILY_OUT */
	size_t n_files;
	const struct gate_granted *grants;
	size_t n_grants;
	struct measures measures; /* of the last turn */
	bool has_key;
	struct digest key; /* of its content: with another one it is to judge again */
	const struct faults
		*faults; /* what is wrong with what it judged; NULL: it does not say */
};

/* Status and reason from its turns: it passes where so many of them did as it asks for. Text goes to
 * the arena. */
void report_conclude(struct gate_report *report, struct arena *arena);

/* Whether turns of it came to different ends. */
bool report_disagrees(const struct gate_report *report);

/* "gate tests: exit status 2; gate size: …", of those that block. NULL where none does. */
const char *reports_blocking(
	const struct gate_report *reports, size_t n, size_t room, struct arena *arena);

#endif
