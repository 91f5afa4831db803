/*
 * key_table: which keys an object may have, and what each may be.
 *
 * A language that is written as JSON or YAML has a table for each of its objects. What a table says
 * will come later is refused by name; a key that it does not know is a slip, and the message says what
 * was probably meant. Keys that begin with x- are free.
 */
#ifndef LILY_JSON_KEY_TABLE_H
#define LILY_JSON_KEY_TABLE_H

#include "json/findings.h"
#include "json/value.h"

/* What a value may be, as bits by enum value_kind. */
#define KEY_TEXT (1U << VALUE_STRING)
#define KEY_NUMBER (1U << VALUE_NUMBER)
#define KEY_BOOL (1U << VALUE_BOOL)
#define KEY_NULL (1U << VALUE_NULL)
#define KEY_LIST (1U << VALUE_ARRAY)
#define KEY_MAP (1U << VALUE_OBJECT)
#define KEY_SCALAR (KEY_TEXT | KEY_NUMBER | KEY_BOOL)
#define KEY_ANY (KEY_SCALAR | KEY_NULL | KEY_LIST | KEY_MAP)

struct key {
	const char *name;
	const char *later; /* the part of lily that will bring it; NULL: honoured */
	uint8_t slot;
	uint8_t kinds; /* KEY_…; of one that comes later: 0, or its value is read all the same */
	bool is_kind;      /* says what sort of step this is: exactly one of them */
	const char *shape; /* what the value must be, for people */
	bool unlisted;     /* not named where a message says which keys there are */
};

/* An entry of a table: an honoured key, or, where it is one of several, exactly one of which is given. */
#define KEY_ENTRY(key, where, what, for_people)                                        \
	{                                                                              \
		.name = (key), .slot = (where), .kinds = (what), .shape = (for_people) \
	}
#define KEY_CHOICE(key, where, what, for_people)                                  \
	{                                                                         \
		.name = (key), .slot = (where), .kinds = (what), .is_kind = true, \
		.shape = (for_people)                                             \
	}

/* A table has at most 64 slots. */
#define KEY_BIT(slot) (UINT64_C(1) << (slot))

struct key_table;

/* The value of a key is a map with a table of its own. */
struct key_inner {
	const char *key;
	const char *before; /* what that map has beside, for people: "in: …, " */
	const struct key_table *table;
};

struct key_table {
	const char *noun; /* "a step" */
	const struct key *keys;
	size_t n;
	size_t slots;
	const char *more; /* what to say behind the list of keys, or NULL */
	/* Maps whose keys are easily put beside them instead. */
	const struct key_inner *inner;
	size_t n_inner;
};

/* What keys_read found. */
struct keys_found {
	uint64_t seen;                 /* KEY_BIT by slot, also of values of the wrong kind */
	const struct member *kinds[2]; /* the first two keys with is_kind, honoured or not */
	uint32_t n_kinds;
};

/* Puts the values of an object's honoured keys into ret_slots (table->slots of them; NULL where
 * absent or of the wrong kind). Everything else becomes a finding. */
void keys_read(struct findings *findings, const struct place *place,
	const struct key_table *table, const struct value *object,
	const struct value **ret_slots, struct keys_found *ret_found);

#endif
