#include "policy/file.h"

#include "base/memory.h"
#include "json/key_table.h"
#include "json/word.h"

enum { FILE_LILY, FILE_POLICIES, FILE_KEYS };

static const struct key of_file[] = {
	KEY_ENTRY("lily", FILE_LILY, KEY_NUMBER, "the format's version, 1"),
	KEY_ENTRY(
		"policies", FILE_POLICIES, KEY_MAP, "a map such as { default: { net: deny } }"),
};

static const struct key_table file_keys = {
	"a file of policies", of_file, ARRAY_SIZE(of_file), FILE_KEYS, NULL};

bool
policy_file_is_workflow(const struct value *root)
{
	return value_get(root, STR("steps")) != NULL;
}

static const struct value *
read_form(struct findings *findings, const struct value *root)
{
	const struct value *keys[FILE_KEYS] = {NULL};
	struct keys_found found = {0};
	int64_t version;

	if (root->kind != VALUE_OBJECT) {
		finding_error(findings, NULL, root->offset,
			"a file of policies is a map such as { lily: 1, policies: { default: { "
			"net: deny } } }, not %s",
			value_describe(findings->arena, root));
		return NULL;
	}
	keys_read(findings, NULL, &file_keys, root, keys, &found);
	if (!(found.seen & KEY_BIT(FILE_LILY)))
		finding_error(findings, NULL, root->offset,
			"\"lily\" is missing; begin the file with the line lily: 1");
	else if (keys[FILE_LILY] && (!value_to_i64(keys[FILE_LILY], &version) || version != 1))
		finding_error(findings, NULL, keys[FILE_LILY]->offset,
			"this build of lily reads version 1 of the format, not %s",
			value_describe(findings->arena, keys[FILE_LILY]));
	return keys[FILE_POLICIES];
}

void
policy_file_read(struct findings *findings, struct arena *arena, const struct source *source,
	const struct value *root, struct declared_policies *ret_policies)
{
	const struct value *map = policy_file_is_workflow(root)
		? value_get(root, STR("policies"))
		: read_form(findings, root);

	*ret_policies = (struct declared_policies){NULL, 0};
	if (map && map->kind == VALUE_OBJECT)
		declared_policies_read(findings, arena, source, map, ret_policies);
	else if (map)
		finding_error(findings, NULL, map->offset,
			"\"policies\" must be a map such as { agent: { write: [ src ] } }, not "
			"%s",
			value_describe(arena, map));
}

/* --- uses --- */

/* A map of steps that is still to be looked through, with the groups that it is in. */
struct open_steps {
	struct str group;
	const struct value *steps;
};

struct search {
	struct arena *arena;
	struct policy_use *uses;
	size_t n_uses;
	size_t uses_capacity;
	struct open_steps *open;
	size_t n_open;
	size_t open_capacity;
};

static void
add_use(struct search *s, struct str step, struct str gate, const struct value *holder)
{
	const struct value *v = value_get(holder, STR("policy"));

	if (!v)
		return;
	s->uses = memory_grow(s->uses, s->n_uses, &s->uses_capacity, sizeof(*s->uses));
	s->uses[s->n_uses++] = (struct policy_use){step, gate, v};
}

static void
add_gates(struct search *s, struct str step, const struct value *gates)
{
	for (uint32_t i = 0; gates && gates->kind == VALUE_OBJECT && i < gates->n; i++)
		add_use(s, step, value_text(&gates->members[i].key), &gates->members[i].value);
}

static void
open_steps(struct search *s, struct str group, const struct value *steps)
{
	if (!steps || steps->kind != VALUE_OBJECT)
		return;
	s->open = memory_grow(s->open, s->n_open, &s->open_capacity, sizeof(*s->open));
	s->open[s->n_open++] = (struct open_steps){group, steps};
}

static void
look_through(struct search *s, struct open_steps open)
{
	for (uint32_t i = 0; i < open.steps->n; i++) {
		const struct value *step = &open.steps->members[i].value;
		struct str name = value_text(&open.steps->members[i].key);

		if (open.group.n)
			name = str_of(arena_printf(s->arena, "%.*s/%.*s",
				(int)MIN(open.group.n, 4096), open.group.p,
				(int)MIN(name.n, 4096), name.p));
		add_use(s, name, STR_EMPTY, step);
		add_gates(s, name, value_get(step, STR("gates")));
		open_steps(s, name, value_get(step, STR("steps")));
	}
}

static int
compare(const void *a, const void *b)
{
	const struct policy_use *one = a;
	const struct policy_use *other = b;

	return (one->value->offset > other->value->offset) -
		(one->value->offset < other->value->offset);
}

void
policy_file_uses(struct arena *arena, const struct value *root, struct policy_uses *ret_uses)
{
	struct search s = {.arena = arena};
	struct policy_use *uses;

	add_use(&s, STR_EMPTY, STR_EMPTY, value_get(root, STR("defaults")));
	add_use(&s, STR("notify"), STR("notify"), value_get(root, STR("notify")));
	add_gates(&s, STR("run"), value_get(root, STR("gates")));
	open_steps(&s, STR_EMPTY, value_get(root, STR("steps")));
	open_steps(&s, STR_EMPTY, value_get(root, STR("finally")));
	while (s.n_open)
		look_through(&s, s.open[--s.n_open]);
	uses = ARENA_ARRAY(arena, s.n_uses, struct policy_use);
	if (s.n_uses) {
		memcpy(uses, s.uses, s.n_uses * sizeof(*uses));
		qsort(uses, s.n_uses, sizeof(*uses), compare);
	}
	*ret_uses = (struct policy_uses){uses, s.n_uses};
	free(s.uses);
	free(s.open);
}

bool
policy_file_has_step(const struct value *root, struct str step)
{
	static const char *const maps[] = {"steps", "finally"};

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		const struct value *at = value_get(root, str_of(maps[i]));
		struct str rest = step;
		const struct value *found = NULL;

		while (at && rest.n) {
			found = value_get(at, str_cut(rest, '/', &rest));
			at = value_get(found, STR("steps"));
		}
		if (found && !rest.n)
			return true;
	}
	return false;
}

const struct value *
policy_uses_find(const struct policy_uses *uses, struct str step, struct str gate)
{
	const struct value *of_all = NULL;

	for (size_t i = 0; i < uses->n; i++) {
		const struct policy_use *use = &uses->items[i];

		if (str_equal(use->step, step) && str_equal(use->gate, gate))
			return use->value;
		if (!use->step.n)
			of_all = use->value;
	}
	return gate.n ? NULL : of_all;
}
