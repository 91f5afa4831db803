#include "json/key_table.h"

#include "json/word.h"

static const struct key *
find_key(const struct key_table *table, struct str name)
{
	/* Nearly all names differ in their first byte: no need to look at the others. */
	for (size_t i = 0; name.n && i < table->n; i++)
		if (table->keys[i].name[0] == name.p[0] && str_is(name, table->keys[i].name))
			return &table->keys[i];
	return NULL;
}

/* It stands beside the map that it belongs into. */
static bool
refuse_misplaced(struct findings *findings, const struct place *place,
	const struct key_table *table, const struct value *key)
{
	for (size_t i = 0; i < table->n_inner; i++) {
		const struct key_inner *inner = &table->inner[i];
		const struct key *found = find_key(inner->table, value_text(key));

		if (!found)
			continue;
		finding_error(findings, place, key->offset,
			"\"%s\" is a key of \"%s\", and stands in that: %s: { %s%s: … }",
			found->name, inner->key, inner->key, inner->before, found->name);
		return true;
	}
	return false;
}

static void
refuse_unknown(struct findings *findings, const struct place *place,
	const struct key_table *table, const struct value *key)
{
	struct str candidates[64];
	AUTO_BUF struct buf known = BUF_INIT(4096);
	const char *suggestion;
	size_t n = 0;

	for (size_t i = 0; i < table->n && n < ARRAY_SIZE(candidates); i++) {
		const struct key *k = &table->keys[i];

		candidates[n++] = str_of(k->name);
		if (!k->later && !k->unlisted)
			buf_printf(&known, "%s%s", known.n ? ", " : "", k->name);
	}
	suggestion = finding_suggestion(findings, value_text(key), candidates, n);
	if (*suggestion)
		finding_error(findings, place, key->offset, "unknown key \"%.*s\"%s",
			STR_ARG(value_text(key)), suggestion);
	else
		finding_error(findings, place, key->offset,
			"unknown key \"%.*s\"; %s has %s%s (and keys of your own that begin "
			"with x-)",
			(int)MIN(key->n, 100), key->text, table->noun, buf_cstr(&known),
			table->more ? table->more : "");
}

static void
read_member(struct findings *findings, const struct place *place, const struct key *key,
	const struct member *member, const struct value **ret_slots)
{
	const struct value *v = &member->value;

	if (key->kinds & (1U << v->kind)) {
		ret_slots[key->slot] = v;
		return;
	}
	finding_error(findings, place, v->offset, "\"%s\" must be %s, not %s", key->name,
		key->shape, value_describe(findings->arena, v));
}

void
keys_read(struct findings *findings, const struct place *place, const struct key_table *table,
	const struct value *object, const struct value **ret_slots,
	struct keys_found *ret_found)
{
	struct keys_found found = {0};

	memset(ret_slots, 0, table->slots * sizeof(*ret_slots));
	for (uint32_t i = 0; i < object->n; i++) {
		const struct member *member = &object->members[i];
		struct str name = value_text(&member->key);
		const struct key *key = find_key(table, name);

		if (key && key->is_kind && found.n_kinds++ < ARRAY_SIZE(found.kinds))
			found.kinds[found.n_kinds - 1] = member;
		if (key && !key->later) {
			found.seen |= KEY_BIT(key->slot);
			read_member(findings, place, key, member, ret_slots);
		} else if (key) {
			finding_later(findings, place, member->key.offset,
				"key \"%s\" is not honoured by this build of lily (%s)",
				key->name, key->later);
			if (key->kinds)
				read_member(findings, place, key, member, ret_slots);
		} else if (!str_starts(name, STR("x-")) &&
			!refuse_misplaced(findings, place, table, &member->key)) {
			refuse_unknown(findings, place, table, &member->key);
		}
	}
	if (ret_found)
		*ret_found = found;
}
