/*
 * parcel: typed artifacts outside of steps: envelopes (contract/envelope.h) put into a run and taken
 * out again, and what any artifact with a type is checked by.
 *
 * What a schema's id means is asked in this order: the kernel's own schemas, the first artifact of
 * that type in the store, the file that the caller names. It must not mean two things.
 */
#ifndef LILY_RUN_PARCEL_H
#define LILY_RUN_PARCEL_H

#include "contract/envelope.h"
#include "run/deposit.h"
#include "store/artifact.h"

struct parcel {
	struct str schema_id;
	const char *schema_file; /* NULL: the id is known */
	struct str payload;      /* JSON */
};

/* Puts the payload in an envelope into the run; artifact says all but its kind and bytes.
 * ERR_NOT_FOUND: no schema has that id; ERR_INVALID: the payload is not valid by it, or holds a
 * number that cannot be kept. */
int parcel_put(struct store *store, const struct uuid *run,
	const struct deposit_artifact *artifact, const struct parcel *parcel,
	uint32_t *ret_number, struct err *err);

/* The envelope in an artifact that parcel_put made, in the arena, with its digest verified. */
int parcel_open(struct store *store, const struct artifact_row *row, struct arena *arena,
	struct envelope *ret_envelope, struct err *err);

/* The value of an artifact with a type: bytes, envelope and schema verified. ERR_INVALID: it has no
 * type, is not one value (JSON Lines), or is not valid. */
int parcel_validate(struct store *store, const struct artifact_row *row, struct arena *arena,
	const struct value **ret_value, struct err *err);

#endif
