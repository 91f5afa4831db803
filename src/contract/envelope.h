/*
 * envelope: a payload with what a receiver has to know to trust it.
 *
 *	{"meta": {"schema_id", "producer_id", "producer_kind": "tool" | "llm" | "human" | "system",
 *	  "created_at", "inputs": [artifact ids], "payload_sha256", "canon": "rfc8785"},
 *	 "payload": …}
 *
 * and nothing else. payload_sha256 is the digest of the payload's canonical form (RFC 8785), so
 * that it does not depend on how the envelope was written. Numbers that this form cannot keep are
 * refused, never rounded.
 */
#ifndef LILY_CONTRACT_ENVELOPE_H
#define LILY_CONTRACT_ENVELOPE_H

#include "base/digest.h"
#include "json/value.h"

struct envelope {
	struct str schema_id;
	struct str producer_id;
	struct str producer_kind;
	struct str created_at; /* RFC 3339, UTC */
	const struct str *inputs;
	size_t n_inputs;
	const struct value *payload;
	struct digest payload_digest; /* filled by envelope_read */
};

/* tool, llm, human, system. */
bool envelope_is_producer_kind(struct str kind);

/* Appends the envelope, canonical. source is that of the payload, for messages; may be NULL.
 * ERR_INVALID where a member breaks its rule, or a number of the payload cannot be kept. */
int envelope_write(const struct envelope *envelope, const struct source *source, struct buf *b,
	struct err *err);

/* Reads one, in the arena; borrows the bytes. ERR_INVALID where it is none, or its payload is not
 * what payload_sha256 says. */
int envelope_read(struct str bytes, const char *name, struct arena *arena,
	struct envelope *ret_envelope, struct err *err);

#endif
