#include "graph/declared_concurrency.h"

#include "graph/loader.h"
#include "graph/reference.h"
#include "json/json.h"

static const struct word ways[] = {
	{"wait", NULL, BUSY_WAIT},
	{"refuse", NULL, BUSY_REFUSE},
	{"cancel", NULL, BUSY_CANCEL},
};

const char *
busy_name(enum busy busy)
{
	return ways[busy].name;
}

bool
busy_parse(struct str name, enum busy *ret_busy)
{
	const struct word *word = word_find(ways, ARRAY_SIZE(ways), name);

	if (word)
		*ret_busy = (enum busy)word->number;
	return word != NULL;
}

static void
check_busy(struct workflow *w, const struct place *place, const struct value *busy)
{
	struct str names[ARRAY_SIZE(ways)];
	struct str text = value_text(busy);
	enum busy ignored;

	if (busy_parse(text, &ignored))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		names[i] = str_of(ways[i].name);
	finding_error(&w->findings, place, busy->offset,
		"\"busy\" must be wait, refuse or cancel, not \"%.*s\"%s", (int)MIN(text.n, 60),
		text.p, finding_suggestion(&w->findings, text, names, ARRAY_SIZE(names)));
}

void
concurrency_check(struct workflow *w)
{
	const struct place place = {NULL, "concurrency", STR_EMPTY};
	const struct value *v = w->keys[WORKFLOW_CONCURRENCY];
	/* It is known before there is a run: no step is. */
	struct edges none = {0};
	struct reference_place at = {w, &place, STEP_NONE, 1U << ROOT_PARAM,
		"`key`, which is known before there is a run; only params can", &none};
	const struct value *keys[CONCURRENCY_KEYS];
	struct keys_found found;

	if (!v)
		return;
	keys_read(&w->findings, &place, &concurrency_keys, v, keys, &found);
	if (!(found.seen & 1U << CONCURRENCY_KEY))
		finding_error(&w->findings, &place, v->offset,
			"\"key\" is missing: runs with the same key exclude each other");
	if (keys[CONCURRENCY_KEY] && !keys[CONCURRENCY_KEY]->n)
		finding_error(&w->findings, &place, keys[CONCURRENCY_KEY]->offset,
			"the key is empty");
	if (keys[CONCURRENCY_KEY])
		references_check(&at, keys[CONCURRENCY_KEY]);
	if (keys[CONCURRENCY_BUSY])
		check_busy(w, &place, keys[CONCURRENCY_BUSY]);
}

/* Members in canonical order: busy, key. */
int
planner_write_concurrency(struct planner *p, struct buf *b, struct err *err)
{
	const struct value *v = p->workflow->keys[WORKFLOW_CONCURRENCY];
	const struct value *busy = v ? value_get(v, STR("busy")) : NULL;
	const struct value *key = v ? value_get(v, STR("key")) : NULL;
	size_t before;
	int r;

	if (!v)
		return 0;
	buf_add_cstr(b, "\"concurrency\":{\"busy\":");
	json_write_string(busy ? value_text(busy) : str_of(busy_name(BUSY_WAIT)), b);
	buf_add_cstr(b, ",\"key\":");
	before = b->n;
	p->step = STEP_NONE;
	r = planner_write_template(p, key, b, err);
	if (r == 0 && b->n - before == strlen("\"\""))
		r = source_error(&p->workflow->source, key->offset, err,
			"with its params the key of concurrency is empty");
	buf_add_cstr(b, "},");
	return r;
}

enum { HELD_BUSY, HELD_KEY, HELD };

static const struct shape concurrency_shape[] = {
	[HELD_BUSY] = {"busy", KEY_TEXT, true},
	[HELD_KEY] = {"key", KEY_TEXT | KEY_MAP, true},
};

/* A key with parts is one of a sketch, which is only looked at. */
int
loader_read_concurrency(struct loader *l, const struct value *object, struct err *err)
{
	const struct value *members[HELD];
	struct concurrency *concurrency = &l->graph->concurrency;
	int r;

	if (!object)
		return 0;
	r = loader_read_object(object, "concurrency", concurrency_shape, HELD, members, err);
	if (r < 0)
		return r;
	if (!busy_parse(value_text(members[HELD_BUSY]), &concurrency->busy))
		return loader_corrupt(err, "concurrency has no way to be busy");
	if (members[HELD_KEY]->kind == VALUE_STRING)
		concurrency->key = arena_str(&l->graph->arena, value_text(members[HELD_KEY]));
	return 0;
}
