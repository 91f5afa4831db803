/*
 * fault: what is wrong with a payload: where, by which keyword, why.
 *
 * At most FAULTS_KEPT are kept, the others counted; long texts are cut. As a document:
 *
 *	[{"output": NAME, "instance": JSON Pointer or null, "keyword": its location in the schema
 *	  or null, "at": "FILE:LINE:COLUMN" or null, "line", "column", "message"}, …]
 *
 * "input" stands for "output" where an input is at fault. The last entry says how many more there
 * are, where there are.
 */
#ifndef LILY_CONTRACT_FAULT_H
#define LILY_CONTRACT_FAULT_H

#include "json/value.h"

#define FAULTS_KEPT 100
#define FAULT_TEXT_MAX 1000 /* bytes of a message, a pointer or a name */

enum fault_port { FAULT_OUTPUT, FAULT_INPUT };

struct fault {
	enum fault_port port;
	struct str name;     /* of the port */
	struct str file;     /* shown; empty where there is none */
	struct str instance; /* JSON Pointer; p NULL: none */
	struct str keyword;  /* likewise */
	uint32_t line;       /* from 1; 0: no place */
	uint32_t column;
	struct str message; /* one line */
};

struct faults {
	struct arena *arena; /* texts of the faults are copied into it */
	struct fault *items; /* in the arena */
	size_t n;
	size_t more; /* not kept */
};

#define FAULTS_INIT(where) ((struct faults){.arena = (where)})

void faults_add(struct faults *faults, const struct fault *fault);

/* Whether one more would only be counted: nobody has to find out what it says. */
bool faults_are_full(const struct faults *faults);

/* Adds all of the other's. */
void faults_join(struct faults *faults, const struct faults *other);

/* One fault for people, on one line: "output review: review.json:3:7: …". */
void fault_describe(const struct fault *fault, struct buf *b);

/* The first ones on one line, as many as there is room for in `room` bytes, and how many more. */
const char *faults_summary(const struct faults *faults, size_t room, struct arena *arena);

/* The document above, canonical, ended by a newline. */
void faults_write(const struct faults *faults, struct buf *b);

#endif
