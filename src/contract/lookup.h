/*
 * lookup: finding names, by the hash that every string has with it.
 */
#ifndef LILY_CONTRACT_LOOKUP_H
#define LILY_CONTRACT_LOOKUP_H

#include "contract/program.h"

static inline uint64_t
word_at(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline uint32_t
half_word_at(const char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* Like memcmp() == 0, without a call where there are few bytes, as keys have. */
static inline bool
bytes_are_equal(const char *a, const char *b, uint32_t n)
{
	if (n > 16)
		return memcmp(a, b, n) == 0;
	/* From both ends, which may overlap. */
	if (n >= 8)
		return ((word_at(a) ^ word_at(b)) |
			       (word_at(a + n - 8) ^ word_at(b + n - 8))) == 0;
	if (n >= 4)
		return ((half_word_at(a) ^ half_word_at(b)) |
			       (half_word_at(a + n - 4) ^ half_word_at(b + n - 4))) == 0;
	return !n || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}

/* The property of that key in an object rule, or NULL. */
static inline const struct property *
rule_find(const struct program *p, const struct object_rule *rule, const struct value *key)
{
	const struct slot *slots = p->slots + rule->slots;

	for (uint32_t i = key->hash & rule->mask; slots[i].index; i = (i + 1) & rule->mask) {
		const struct property *found;

		if (slots[i].hash != key->hash)
			continue;
		found = &p->properties[rule->properties + slots[i].index - 1];
		if (found->n == key->n && bytes_are_equal(found->text, key->text, key->n))
			return found;
	}
	return NULL;
}

static inline bool
name_is(const struct name *name, const struct value *string)
{
	if (name->n != string->n)
		return false;
	if (name->n <= NAME_SHORT)
		return bytes_are_equal(name->bytes, string->text, name->n);
	return name->distant.hash == string->hash &&
		memcmp(name->distant.text, string->text, name->n) == 0;
}

/* Likewise, from a slot on that is taken. */
const struct name *names_find_next(const struct name *slots, uint32_t mask,
	const struct name *at, const struct value *string);

/* The slot of a string in a table of names, or NULL. Most are found where they are looked for first. */
static inline const struct name *
names_find(const struct name *slots, uint32_t mask, uint32_t shift, const struct value *string)
{
	const struct name *slot = &slots[string->hash >> shift & mask];

	if (__builtin_expect(slot->n == string->n && slot->n <= NAME_SHORT &&
			    bytes_are_equal(slot->bytes, string->text, slot->n),
		    1))
		return slot;
	if (slot->n == NAME_FREE)
		return NULL;
	return names_find_next(slots, mask, slot, string);
}

/* The member of that name (a string with its hash), of equal ones the last; NULL. */
static inline const struct value *
member_find(const struct value *object, const struct value *name)
{
	for (const struct member *m = object->members + object->n; m-- > object->members;)
		if (m->key.hash == name->hash && m->key.n == name->n &&
			bytes_are_equal(m->key.text, name->text, name->n))
			return &m->value;
	return NULL;
}

#endif
