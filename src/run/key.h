/*
 * key: what decides what a step makes, as a document whose SHA-256 is the step's content key.
 *
 * Two levels, so that what never changes within a plan is written once for each step:
 *
 *	definition: {"key": 1, "parts": {LABEL: VALUE, …}}
 *	key:        {"definition": "<hex of the definition>", "key": 1, "parts": {LABEL: VALUE, …}}
 *
 * Both are canonical (RFC 8785) and are kept as objects where an attempt had them: equal keys have
 * equal documents, and `lily why` shows which labelled part differs.
 *
 *	definition  executor · argv.N · env.NAME · cwd · state · stdin · secret.NAME (how it is
 *	            given) · workspace · output.NAME · input-type.NAME
 *	key         input.NAME · tool.NAME · interpreter.NAME · pass_env.NAME, and of argv.N,
 *	            env.NAME, cwd and output-path.NAME what holds a value that is only known at
 *	            the start; of an item also item, and index where argv or env speak of
 *	            LILY_INDEX; of a gate also gate (the digest of its definition in the plan)
 *	            and, where lily itself judges by an expression, verdict (what that gives);
 *	            where changes are asked of what it measures, before (the digest of what it
 *	            measured); where it is held to a policy also policy (the digest of what that
 *	            allows)
 *
 * A gate has a key as a step has one: its definition and key are those of a step with its program,
 * variables and inputs.
 *
 * A text is itself where it is short, else {"begins", "sha256"}; with references to inputs a list
 * of texts and {"in": NAME}, since the path of an input is another in each attempt. An input is
 * "sha256:<hex>", a directory "tree:<hex>" (its tree.v1), an absent one null. Of a variable that is
 * passed on there is the digest only: it may be a secret.
 *
 * Never in it: names of step, run and workflow, numbers of attempts, times, timeouts and retries,
 * places of the workspace and of the attempt. KEY_VERSION changes where the meaning of a part does.
 */
#ifndef LILY_RUN_KEY_H
#define LILY_RUN_KEY_H

#include "run/values.h"

#define KEY_VERSION 1
#define KEY_DOCUMENT_MAX ((size_t)16 << 20)

/* Appends the definition: what the graph alone says of a step. Pure. ERR_LIMIT. */
int key_define(const struct step *step, struct buf *ret_document, struct err *err);

/* Why no key of this step could be met again, for people; NULL where one can. */
const char *key_obstacle(const struct step *step);

/* One input of the step, in the order in which it declares them. */
struct key_input {
	bool present;
	bool is_tree;
	struct digest digest;
};

/* A program by the name that the step has for it. */
struct key_tool {
	struct str name;
	bool is_interpreter; /* named by the first line of a script */
	struct digest digest;
	/* Tell it from another of the same bytes, and are no part of a key. */
	uint64_t device;
	uint64_t inode;
	int64_t changed_ns; /* its ctime */
};

/* What only a gate has. */
struct key_gate {
	const struct digest *definition; /* as the plan has it */
	const bool *verdict;             /* of its expression; NULL: it has none */
	bool looks_back;             /* what it measures is compared with what it measured */
	const struct digest *before; /* of these numbers; NULL: there are none */
};

struct key_request {
	const struct step *step;
	const struct digest *definition; /* of the document that key_define makes */
	const struct values *values;
	const struct key_input *inputs; /* as many as the step has */
	const struct key_tool *tools;
	size_t n_tools;
	const struct key_gate *gate; /* NULL: it is none */
	const struct digest *policy; /* of its document (policy/document.h); NULL: unconfined */
};

/* Appends the key's document. ERR_INVALID, ERR_LIMIT: a value that the step needs is not to be had
 * (values_text); no step could start with it. */
int key_make(const struct key_request *request, struct buf *ret_document, struct err *err);

/* A labelled part as it stands in a document. */
struct key_part {
	struct str label;
	struct str value; /* JSON */
};

/* The parts of a definition or key, by label, in the arena. *ret_definition, where asked for: what a
 * key names; zeros in a definition. ERR_CORRUPT where it is neither; ERR_INVALID: of another
 * version. */
int key_read(struct str document, struct arena *arena, struct key_part **ret_parts,
	size_t *ret_n, struct digest *ret_definition, struct err *err);

#endif
