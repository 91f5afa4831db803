#include "policy/declared.h"

#include "base/memory.h"
#include "policy/reading.h"
#include "json/word.h"

#define PATHS "a list of paths, such as [ src, build ]"

static const struct key of_policy[] = {
	KEY_ENTRY("extends", POLICY_KEY_EXTENDS, KEY_TEXT, "the name of a policy"),
	KEY_ENTRY("write", POLICY_WRITE, KEY_LIST, PATHS),
	KEY_ENTRY("read", POLICY_READ, KEY_LIST, PATHS),
	KEY_ENTRY("deny", POLICY_DENY, KEY_LIST, PATHS),
	KEY_ENTRY("protect", POLICY_PROTECT, KEY_LIST, PATHS),
	KEY_ENTRY("tools", POLICY_TOOLS, KEY_LIST,
		"a list of programs and folders, such as [ make, ./gen.py, /usr/bin ]"),
	KEY_ENTRY("net", POLICY_NET, KEY_TEXT | KEY_LIST,
		"deny, loopback, allow or a list such as [ \"api.example.com:443\" ]"),
	KEY_ENTRY("env", POLICY_ENV, KEY_LIST, "a list of variable names, such as [ LANG ]"),
	KEY_ENTRY("devices", POLICY_DEVICES, KEY_LIST,
		"a list of devices, such as [ null, /dev/kvm ]"),
	KEY_ENTRY("sockets", POLICY_SOCKETS, KEY_LIST,
		"a list of unix sockets, such as [ /run/postgresql/.s.PGSQL.5432 ]"),
	KEY_ENTRY("max_diff", POLICY_MAX_DIFF, KEY_MAP,
		"a map such as { files: 20, lines: 600 }"),
	KEY_ENTRY("limits", POLICY_LIMITS, KEY_MAP,
		"a map such as { memory: 2Gi, processes: 100 }"),
	KEY_ENTRY("enforce", POLICY_KEY_ENFORCE, KEY_TEXT, "required or best_effort"),
	KEY_ENTRY("trace", POLICY_KEY_TRACE, KEY_TEXT, "exec"),
	{.name = "executors", .later = "other executors"},
};

static const struct key_table policy_keys = {
	"a policy", of_policy, ARRAY_SIZE(of_policy), POLICY_KEY_COUNT, NULL};

static const char *const clause_names[] = {
#define X(name, text) [POLICY_##name] = (text),
	POLICY_CLAUSES(X)
#undef X
};

const char *
policy_clause_name(enum policy_clause clause)
{
	return clause_names[clause];
}

struct policy_place
declared_place(const struct declared_policy *policy, uint32_t offset)
{
	struct position at;

	if (!policy->source || offset == SOURCE_NOWHERE)
		return (struct policy_place){.file = STR_EMPTY};
	at = source_position(policy->source, offset);
	return (struct policy_place){str_of(policy->source->name), at.line, at.column};
}

/* --- one policy --- */

static bool
read_name(struct policy_reading *r, const char *key, const struct value *item)
{
	if (str_is_name(value_text(item)))
		return true;
	finding_error(r->findings, &r->place, item->offset,
		"\"%s\" holds names of variables, not %s", key, value_describe(r->arena, item));
	return false;
}

/* What is wrong with a word is known when it is looked up, but for this. */
static bool
read_word(struct policy_reading *r, enum policy_clause clause, const struct value *item)
{
	const char *key = clause_names[clause];
	struct str text = value_text(item);

	if (clause == POLICY_ENV)
		return read_name(r, key, item);
	if (clause == POLICY_DEVICES && item->kind == VALUE_NULL)
		return true;
	if (item->kind != VALUE_STRING || !text.n || str_find(text, '\0') >= 0) {
		finding_error(r->findings, &r->place, item->offset,
			"\"%s\" holds paths, not %s%s", key, value_describe(r->arena, item),
			item->kind == VALUE_NULL
				? ", which ~ alone is in YAML; for the home write ~/"
				: "");
		return false;
	}
	if (clause == POLICY_TOOLS && text.p[0] == '@') {
		finding_later(r->findings, &r->place, item->offset,
			"toolset \"%.*s\" is not to be had: toolsets come with packs, which "
			"this build of lily does not honour; name the programs",
			(int)MIN(text.n, 60), text.p);
		return false;
	}
	return true;
}

/* The device of that name is what YAML reads as null, and nothing else can be meant. */
static struct policy_word
word_of(const struct value *item)
{
	return (struct policy_word){
		item->kind == VALUE_NULL ? STR("null") : value_text(item), item->offset};
}

static void
read_words(struct policy_reading *r, enum policy_clause clause, const struct value *list)
{
	struct policy_word *words;
	size_t n = 0;

	if (list->n > POLICY_WORDS_MAX) {
		finding_error(r->findings, &r->place, list->offset,
			"\"%s\" has %u entries; at most %d are allowed", clause_names[clause],
			list->n, POLICY_WORDS_MAX);
		return;
	}
	words = ARENA_ARRAY(r->arena, list->n, struct policy_word);
	for (uint32_t i = 0; i < list->n; i++)
		if (read_word(r, clause, &list->items[i]))
			words[n++] = word_of(&list->items[i]);
	r->policy->words[clause] = (struct policy_words){words, n};
}

/* Which of two words it is: 0, 1, or -1 after a finding. */
static int
read_choice(struct policy_reading *r, const char *key, const struct value *v,
	const char *const words[2])
{
	struct str candidates[2];
	size_t n = words[1] ? 2 : 1;

	for (size_t i = 0; i < n; i++) {
		if (str_is(value_text(v), words[i]))
			return (int)i;
		candidates[i] = str_of(words[i]);
	}
	finding_error(r->findings, &r->place, v->offset, "\"%s\" must be %s%s%s, not %s%s", key,
		words[0], n > 1 ? " or " : "", n > 1 ? words[1] : "",
		value_describe(r->arena, v),
		finding_suggestion(r->findings, value_text(v), candidates, n));
	return -1;
}

static void
read_rest(struct policy_reading *r, const struct value *const keys[POLICY_KEY_COUNT])
{
	static const char *const enforce[2] = {"required", "best_effort"};
	static const char *const trace[2] = {"exec", NULL};
	const struct value *extends = keys[POLICY_KEY_EXTENDS];

	if (keys[POLICY_KEY_ENFORCE])
		r->policy->is_best_effort =
			read_choice(r, "enforce", keys[POLICY_KEY_ENFORCE], enforce) == 1;
	if (keys[POLICY_KEY_TRACE])
		r->policy->traces_exec =
			read_choice(r, "trace", keys[POLICY_KEY_TRACE], trace) == 0;
	if (!extends)
		return;
	r->policy->extends = value_text(extends);
	if (str_is(r->policy->extends, "none"))
		finding_error(r->findings, &r->place, extends->offset,
			"nothing extends none, which is a whole policy; write what is allowed, "
			"or "
			"\"%.*s: none\"",
			(int)MIN(r->policy->name.n, 60), r->policy->name.p);
}

static void
read_keys(struct policy_reading *r, const struct value *v)
{
	const struct value *keys[POLICY_KEY_COUNT];
	static const enum policy_clause lists[] = {POLICY_WRITE, POLICY_READ, POLICY_DENY,
		POLICY_PROTECT, POLICY_TOOLS, POLICY_ENV, POLICY_DEVICES, POLICY_SOCKETS};

	keys_read(r->findings, &r->place, &policy_keys, v, keys, NULL);
	for (unsigned i = 0; i < POLICY_KEY_COUNT; i++) {
		if (!keys[i])
			continue;
		r->policy->given |= POLICY_GIVEN(i);
		r->policy->key_offsets[i] = keys[i]->offset;
	}
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (keys[lists[i]])
			read_words(r, lists[i], keys[lists[i]]);
	if (keys[POLICY_NET])
		policy_read_net(r, keys[POLICY_NET]);
	if (keys[POLICY_MAX_DIFF])
		policy_read_max_diff(r, keys[POLICY_MAX_DIFF]);
	if (keys[POLICY_LIMITS])
		policy_read_limits(r, keys[POLICY_LIMITS]);
	read_rest(r, keys);
}

int
declared_policy_read(struct findings *findings, struct arena *arena,
	const struct source *source, struct str name, const struct value *v,
	struct declared_policy *ret_policy)
{
	struct policy_reading r = {
		.findings = findings,
		.arena = arena,
		.place = {NULL, "policy", name},
		.policy = ret_policy,
	};
	size_t errors = findings->errors;

	*ret_policy = (struct declared_policy){
		.source = source, .name = name, .offset = v->offset, .extends = STR_EMPTY};
	if (v->kind == VALUE_OBJECT)
		read_keys(&r, v);
	else if (str_is(value_text(v), "none"))
		ret_policy->is_none = true;
	else if (v->kind == VALUE_STRING)
		finding_error(findings, &r.place, v->offset,
			"must be a map or none, not %s; to be like another one, write { "
			"extends: "
			"%.*s }",
			value_describe(arena, v), (int)MIN(v->n, 60), v->text);
	else
		finding_error(findings, &r.place, v->offset,
			"must be a map such as { write: [ src ], net: deny }, or none, not %s",
			value_describe(arena, v));
	return findings->errors == errors ? 0 : -1;
}

/* --- those of a file --- */

const struct declared_policy *
declared_policies_find(const struct declared_policies *policies, struct str name)
{
	for (size_t i = 0; i < policies->n; i++)
		if (str_equal(policies->items[i].name, name))
			return &policies->items[i];
	return NULL;
}

const char *
declared_policies_suggest(
	struct findings *findings, const struct declared_policies *policies, struct str name)
{
	struct str *candidates = ARENA_ARRAY(findings->arena, policies->n + 2, struct str);

	for (size_t i = 0; i < policies->n; i++)
		candidates[i] = policies->items[i].name;
	candidates[policies->n] = STR("default");
	candidates[policies->n + 1] = STR("none");
	return finding_suggestion(findings, name, candidates, policies->n + 2);
}

/* Whether the default of the file is made from that policy, which then has lily's behind it. */
static bool
makes_default(const struct declared_policies *policies, const struct declared_policy *policy)
{
	const struct declared_policy *at = declared_policies_find(policies, STR("default"));

	for (size_t i = 0; at && at->extends.n && i < policies->n; i++) {
		at = declared_policies_find(policies, at->extends);
		if (at == policy)
			return true;
	}
	return false;
}

const struct declared_policy *
declared_policy_parent(
	const struct declared_policies *policies, const struct declared_policy *policy)
{
	struct str name = policy->extends.n ? policy->extends : STR("default");
	const struct declared_policy *parent;

	if (policy->is_none)
		return NULL;
	parent = declared_policies_find(policies, name);
	/* The one that redefines the default extends lily's. */
	if (str_is(name, "default") && str_is(policy->name, "default"))
		return NULL;
	if (!policy->extends.n && makes_default(policies, policy))
		return NULL;
	return parent;
}

static void
check_parent(struct findings *findings, const struct declared_policies *policies,
	const struct declared_policy *policy)
{
	struct place place = {NULL, "policy", policy->name};
	const struct declared_policy *parent = declared_policy_parent(policies, policy);

	if (!policy->extends.n)
		return;
	if (!parent && !str_is(policy->extends, "default"))
		finding_error(findings, &place, policy->key_offsets[POLICY_KEY_EXTENDS],
			"there is no policy \"%.*s\" in this file%s",
			(int)MIN(policy->extends.n, 60), policy->extends.p,
			declared_policies_suggest(findings, policies, policy->extends));
	else if (parent && parent->is_none)
		finding_error(findings, &place, policy->key_offsets[POLICY_KEY_EXTENDS],
			"\"%.*s\" is none, a whole policy, and cannot be extended",
			(int)MIN(policy->extends.n, 60), policy->extends.p);
}

/* From `first` round to itself. */
static void
report_cycle(struct findings *findings, const struct declared_policies *policies,
	const struct declared_policy *first)
{
	AUTO_BUF struct buf b = BUF_INIT(600);
	struct place place = {NULL, "policy", first->name};
	const struct declared_policy *at = first;
	size_t n = 0;

	do {
		if (n++ < 8)
			buf_printf(&b, "%.*s -> ", (int)MIN(at->name.n, 40), at->name.p);
		at = declared_policy_parent(policies, at);
	} while (at != first);
	finding_error(findings, &place, first->key_offsets[POLICY_KEY_EXTENDS],
		"extends itself: %s%s%.*s", buf_cstr(&b), n > 8 ? "... -> " : "",
		(int)MIN(first->name.n, 40), first->name.p);
}

/* Each has one parent: whoever walks long enough is on the cycle, if there is one. Of a cycle the first
 * one of the file reports it. */
static void
check_cycle(struct findings *findings, const struct declared_policies *policies,
	const struct declared_policy *policy)
{
	const struct declared_policy *at = declared_policy_parent(policies, policy);

	for (size_t i = 0; at && at != policy && i < policies->n; i++) {
		if (at < policy)
			return;
		at = declared_policy_parent(policies, at);
	}
	if (at == policy)
		report_cycle(findings, policies, policy);
}

static bool
check_name(struct findings *findings, const struct value *key)
{
	struct str name = value_text(key);

	if (str_is_name(name) && !str_is(name, "none"))
		return true;
	if (str_is(name, "none"))
		finding_error(findings, NULL, key->offset,
			"no policy can be called \"none\", which means unconfined");
	else
		finding_error(findings, NULL, key->offset,
			"\"%.*s\" is not a name for a policy: letters, digits, _ . - and at "
			"most 128 bytes, beginning with a letter, digit or _",
			(int)MIN(name.n, 150), name.p);
	return false;
}

void
declared_policies_read(struct findings *findings, struct arena *arena,
	const struct source *source, const struct value *map,
	struct declared_policies *ret_policies)
{
	struct declared_policy *items =
		ARENA_ARRAY(arena, MIN(map->n, POLICIES_MAX), struct declared_policy);
	size_t errors = findings->errors;

	*ret_policies = (struct declared_policies){.items = items};
	if (map->n > POLICIES_MAX) {
		finding_error(findings, NULL, map->offset,
			"there are %u policies; at most %d are allowed", map->n, POLICIES_MAX);
		return;
	}
	for (uint32_t i = 0; i < map->n; i++)
		if (check_name(findings, &map->members[i].key) &&
			declared_policy_read(findings, arena, source,
				value_text(&map->members[i].key), &map->members[i].value,
				&items[ret_policies->n]) == 0)
			ret_policies->n++;
	/* A policy with errors may be the one that is named. */
	if (findings->errors != errors)
		return;
	for (size_t i = 0; i < ret_policies->n; i++) {
		check_parent(findings, ret_policies, &items[i]);
		check_cycle(findings, ret_policies, &items[i]);
	}
}
