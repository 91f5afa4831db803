/*
 * payload: the bytes that cross a boundary, read as what they are said to be and checked by a schema.
 *
 * What is wrong with them is a result: faults with the place in the payload. Of JSON Lines each
 * line is a value of its own (empty ones may stand at the end only); a text is checked as one JSON
 * string.
 */
#ifndef LILY_CONTRACT_PAYLOAD_H
#define LILY_CONTRACT_PAYLOAD_H

#include "contract/fault.h"
#include "contract/schema.h"

enum payload_format { PAYLOAD_JSON, PAYLOAD_JSONL, PAYLOAD_YAML, PAYLOAD_TEXT };

/* By the end of a file's name: .jsonl and .ndjson, .yaml and .yml; anything else is JSON. */
enum payload_format payload_format_of(struct str path);

struct payload {
	enum fault_port port;
	struct str name; /* of the port */
	struct str file; /* as people know the bytes; may be empty: then the port's name */
	struct str bytes;
	enum payload_format format;
};

/* 1: they are in their format, and valid where schema is not NULL. 0: they are not, and *faults
 * says why. ERR_LIMIT where that could not be found out. */
int payload_check(const struct payload *payload, const struct schema *schema,
	struct checker *checker, struct faults *faults, struct err *err);

/* The one value of a payload that is not JSON Lines, in the arena; borrows the bytes. ERR_INVALID,
 * ERR_LIMIT. */
int payload_read(const struct payload *payload, struct arena *arena,
	const struct value **ret_value, struct err *err);

/* Gives faults the line and column of what their instance pointers name in a payload that was
 * checked before; leaves them as they are where that names nothing. */
void payload_locate(const struct payload *payload, struct fault *faults, size_t n);

#endif
