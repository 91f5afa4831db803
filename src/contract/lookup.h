/*
 * lookup: finding names, by the hash that every string has with it.
 */
#ifndef LILY_CONTRACT_LOOKUP_H
#define LILY_CONTRACT_LOOKUP_H

#include "contract/program.h"

/* Like memcmp() == 0, without a call where there are few bytes, as keys have. */
static inline bool
bytes_are_equal(const char *a, const char *b, uint32_t n)
{
	uint64_t x[2];
	uint64_t y[2];
	uint32_t s[2];
	uint32_t t[2];

	if (n > 16)
		return memcmp(a, b, n) == 0;
	/* From both ends, which may overlap. */
	if (n >= 8) {
		memcpy(&x[0], a, 8);
		memcpy(&x[1], a + n - 8, 8);
		memcpy(&y[0], b, 8);
		memcpy(&y[1], b + n - 8, 8);
		return x[0] == y[0] && x[1] == y[1];
	}
	if (n >= 4) {
		memcpy(&s[0], a, 4);
		memcpy(&s[1], a + n - 4, 4);
		memcpy(&t[0], b, 4);
		memcpy(&t[1], b + n - 4, 4);
		return s[0] == t[0] && s[1] == t[1];
	}
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

/* The slot of a string in a table of names, or NULL. */
static inline const struct name *
names_find(const struct fast *fast, struct names names, const struct value *string)
{
	const struct name *slots = fast->names + names.first;

	for (uint32_t i = string->hash & names.mask;; i = (i + 1) & names.mask) {
		if (!(slots[i].flags & NAME_IS_TAKEN))
			return NULL;
		if (name_is(&slots[i], string))
			return &slots[i];
	}
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
