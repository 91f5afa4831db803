/*
 * address: how people name artifacts.
 *
 *	RUN:N           by id; RUN is what run_find takes
 *	[RUN/]STEP.OUT  the accepted output of a step, of the newest run where none is named
 *	sha256:HEX      by bytes: all 64 digits, or the first ones, 6 at least
 *
 * Names of steps and outputs may contain dots, and those of steps slashes: every way to read the
 * text is tried. More than one that fits is an error that names them.
 */
#ifndef LILY_TRACE_ADDRESS_H
#define LILY_TRACE_ADDRESS_H

#include "store/artifact.h"

/* The newest artifact that the text names, in the arena. ERR_NOT_FOUND; ERR_INVALID where it is no
 * address, or means several different things. */
int address_artifact(struct store *store, struct str text, struct arena *arena,
	struct artifact_row *ret_row, struct err *err);

/* The bytes that the text names: an artifact's, or with sha256: and all 64 digits also those of an
 * object that is none, such as a plan or a log. */
struct address_bytes {
	struct digest digest;
	bool is_tree; /* the bytes are a tree.v1 document that stands for a directory */
};
int address_bytes(
	struct store *store, struct str text, struct address_bytes *ret_bytes, struct err *err);

#endif
