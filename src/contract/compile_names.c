#include "contract/folding.h"

#define SEARCHED_MAX 64 /* names that a good part of the hash is looked for */
#define SHIFTS 24

struct name *
fast_put_off(struct folding *f, struct str text, uint32_t hash)
{
	struct name *name = PUSH(f, put_off);

	*name = (struct name){.n = (uint32_t)text.n};
	*PUSH(f, hashes) = hash;
	if (text.n > NAME_SHORT) {
		name->distant.text = text.p;
		name->distant.hash = hash;
	} else if (text.n) {
		memcpy(name->bytes, text.p, text.n);
	}
	return name;
}

/* How many names would not be where they are looked for first. */
static uint32_t
count_displaced(const struct folding *f, uint32_t mask, uint32_t shift)
{
	uint64_t taken[SEARCHED_MAX * 4 / 64] = {0};
	uint32_t n = 0;

	for (size_t i = 0; i < f->n_hashes; i++) {
		uint32_t at = f->hashes[i] >> shift & mask;

		n += taken[at / 64] >> at % 64 & 1;
		taken[at / 64] |= (uint64_t)1 << at % 64;
	}
	return n;
}

/* Tries parts of the hash, and then a table twice as large. */
static void
find_part(const struct folding *f, struct names *names)
{
	uint32_t least = UINT32_MAX;
	uint32_t mask = names->mask;

	if (f->n_hashes > SEARCHED_MAX)
		return;
	for (int turn = 0; turn < 2 && least; turn++, mask = mask * 2 + 1)
		for (uint32_t shift = 0; shift < SHIFTS && least; shift++) {
			uint32_t n = count_displaced(f, mask, shift);

			if (n >= least)
				continue;
			least = n;
			names->mask = mask;
			names->shift = shift;
		}
}

struct names
fast_names(struct folding *f)
{
	struct names names = {.first = (uint32_t)f->n_names, .mask = 1};

	while (names.mask + 1 < f->n_hashes * 2)
		names.mask = names.mask * 2 + 1;
	find_part(f, &names);
	for (uint32_t i = 0; i <= names.mask; i++)
		*PUSH(f, names) = (struct name){.n = NAME_FREE};
	for (size_t i = 0; i < f->n_hashes; i++) {
		struct name *slots = f->names + names.first;
		uint32_t at = f->hashes[i] >> names.shift & names.mask;

		while (slots[at].n != NAME_FREE)
			at = (at + 1) & names.mask;
		slots[at] = f->put_off[i];
	}
	f->n_put_off = f->n_hashes = 0;
	return names;
}

struct names
fast_names_of_enum(struct folding *f, const struct enum_rule *rule)
{
	for (uint32_t i = 0; i < rule->n; i++) {
		const struct value *v = &f->c->values[rule->values + i];

		if (v->kind == VALUE_STRING)
			(void)fast_put_off(f, value_text(v), v->hash);
	}
	return fast_names(f);
}
