/*
 * executor: how an attempt is carried out, wherever that may be.
 *
 * The interface is shaped for the remote case: nothing blocks, and the handle that submit returns
 * suffices to find the work again after a crash of the caller. The local executor
 * (exec/local.h) runs attempts in lanes on this machine.
 *
 * To add an executor: implement struct executor_ops in a file of its own, embed struct executor
 * as its first member, give it a constructor, and let run/ choose it by the kind of the step.
 *
 * The life of an attempt:  prepare → (inputs are written by run/) → submit → [STARTED] →
 * EXITED | LOST → collect → (outputs are read by run/) → release. I4: EXITED is reported only
 * when every process of the attempt is dead.
 */
#ifndef LILY_EXEC_EXECUTOR_H
#define LILY_EXEC_EXECUTOR_H

#include "exec/attempt_end.h"
#include "exec/redactor.h"
#include "policy/walls.h"

enum submit_result {
	SUBMIT_OK,
	SUBMIT_REJECTED, /* it will never run: why is in the err */
	SUBMIT_BUSY,     /* not now: submit the same again after a turn of the loop */
	SUBMIT_UNKNOWN,  /* it may or may not have been taken: look it up */
};

/* Where an attempt will find its inputs and leave its outputs, known before it is submitted so that
 * the caller can name the places in argv and write the inputs. Valid until release. */
struct attempt_place {
	const char *in; /* absolute, as the attempt sees it: where inputs of any size may lie */
	const char *out; /* $LILY_OUT */
	int in_dir;  /* as the caller reaches it: an empty directory; owned by the executor */
	int out_dir; /* read by the caller only after EXITED; owned by the executor */
	const char *memory; /* another place for inputs: quick, for few and small files */
	int memory_dir;     /* -1: there is none */
};

/* Set in the number of what runs beside the attempts of steps, such as a probe. */
#define EXECUTOR_ASIDE UINT32_C(0x80000000)

/* What fits into the memory of a place: files, and their sizes together. */
#define EXECUTOR_MEMORY_FILES 512
#define EXECUTOR_MEMORY_BYTES ((uint64_t)1 << 20)

/* A secret that the attempt finds as a file of its own. */
struct secret_file {
	const char *name;
	struct str bytes;
};

/* What to run. All of it but the secrets is copied or used up before submit returns. */
struct attempt_spec {
	uint32_t number;   /* of the attempt in its run; names it in events */
	char *const *argv; /* argv[0] is looked up in the PATH of `environ` unless it has '/' */
	char *const *environ; /* without the variables that name places: */
	const char *cwd;      /* absolute; NULL: an empty folder that goes with the attempt */
	const char *below;    /* a folder of cwd to start in, no link leading out; NULL: cwd */
	const struct policy *policy;    /* NULL: not confined; outlives the executor */
	const struct wall_layer *layer; /* over what the workspace is; NULL: none */
	const char *in;                 /* $LILY_IN: the place's in (also NULL) or memory */
	const struct secret_file *secret_files; /* for $LILY_SECRETS; borrowed until release */
	size_t n_secret_files;
	const struct redactor *const *redactor; /* looked at as long as it runs; NULL: none */
	bool has_stdin;                         /* else it is empty */
	int stdin_fd;           /* for reading, at its start; borrowed until submit returns */
	struct str stdout_name; /* the output that stdout itself is, else empty */
	bool wants_out;         /* outputs are declared in $LILY_OUT */
	int64_t timeout_us;     /* 0: none */
	int64_t grace_us;       /* between TERM and KILL of the whole tree */
};

struct executor_event {
	enum { EXECUTOR_STARTED, EXECUTOR_EXITED } type;
	uint32_t number;       /* of the attempt */
	int64_t started_at_us; /* UTC */
	int32_t pid;           /* as lily sees it, 0 where it cannot know */
};

struct executor;

struct executor_ops {
	/* Begins to make room for so many attempts, while the caller does other things before the
	 * first prepare. What goes wrong is told there. */
	void (*warm)(struct executor *x, unsigned attempts);
	/* Makes room for an attempt (lanes are started here): 1 and its place, which the caller now
	 * fills with inputs (files 0444, or 0555) before submit; 0 where there is no room, which a
	 * later turn of the loop may change without any event. A place that will not be submitted
	 * after all is given back by release. */
	int (*prepare)(struct executor *x, uint32_t number, struct attempt_place *ret_place,
		struct err *err);
	enum submit_result (*submit)(struct executor *x, const struct attempt_spec *spec,
		struct buf *ret_handle, struct err *err);
	/* State of the work that a handle (JSON, as submit wrote it) names, after a crash. */
	enum attempt_state (*lookup)(struct executor *x, struct str handle, struct err *err);
	/* The next thing that happened: 1, 0 if nothing; the loop turns in between. */
	int (*next)(struct executor *x, struct executor_event *ret_event, struct err *err);
	/* Begins to end it (TERM, grace, KILL); its EXITED still comes. */
	void (*cancel)(struct executor *x, uint32_t number);
	/* After EXITED: how it ended and its log, owned by the executor until release; its outputs
	 * are below the place's out_dir. */
	int (*collect)(struct executor *x, uint32_t number, struct attempt_end *ret_end,
		struct attempt_log *ret_log, struct err *err);
	void (*release)(struct executor *x, uint32_t number);
	/* Every attempt was released and none will come: begins to let go of what they needed, while
	 * the caller does other things before free. */
	void (*retire)(struct executor *x);
	void (*free)(struct executor *x);
};

struct executor {
	const struct executor_ops *ops;
};

#endif
