#include "run/expand.h"

#include "base/glob.h"
#include "run/gather.h"
#include "run/record.h"
#include "run/revisit.h"
#include "json/json.h"

/* The items of a foreach on their way. */
struct items {
	struct engine *engine;
	const struct step *step;
	struct arena arena;
	struct value list; /* an array */
	struct str *keys;  /* NULL: the index of each */
};

static struct value
strings(struct items *items, const struct str *texts, uint32_t n)
{
	struct value *values = ARENA_ARRAY(&items->arena, n, struct value);

	for (uint32_t i = 0; i < n; i++)
		values[i] = value_string(texts[i]);
	return value_array(values, n);
}

static struct str
last_name(struct str path)
{
	for (ptrdiff_t slash; (slash = str_find(path, '/')) >= 0;)
		path = (struct str){path.p + slash + 1, path.n - (size_t)slash - 1};
	return path;
}

static uint32_t
most_items(const struct items *items)
{
	const struct foreach *foreach = items->step->foreach;

	return foreach->max_items ? foreach->max_items : items->engine->graph->max_items;
}

/* Names of files, which name the items too. */
static int
find_files(struct items *items, struct err *err)
{
	struct str pattern = items->step->foreach->glob;
	struct glob_found found;
	int r = glob_find(items->engine->workspace, pattern, &items->arena, &found, err);

	if (r < 0)
		return err_wrap(err, "%.*s", STR_ARG(pattern));
	items->keys = ARENA_ARRAY(&items->arena, found.n, struct str);
	for (size_t i = 0; i < found.n; i++) {
		if (!str_is_utf8(found.paths[i], NULL))
			return err_set(err, ERR_INVALID,
				"the name of the file %.*s is not UTF-8",
				STR_ARG(found.paths[i]));
		items->keys[i] = last_name(found.paths[i]);
		if (!str_is(found.folder, "."))
			found.paths[i] = str_of(arena_printf(&items->arena, "%.*s/%.*s",
				STR_ARG(found.folder), STR_ARG(found.paths[i])));
	}
	items->list = strings(items, found.paths, (uint32_t)found.n);
	return 0;
}

/* The files of a directory by their paths in it; what they are called must be names. */
static int
read_tree(struct items *items, const struct digest *digest, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(EXPANSION_LIST_MAX);
	struct source source = {.name = "directory"};
	const struct value *tree;
	const struct value *entries;
	struct str *paths;
	uint32_t n = 0;
	int r = object_get(items->engine->store, digest, &text, err);

	source.text = buf_str(&text);
	if (r == 0)
		r = json_parse(&items->arena, &source, 0, NULL, &tree, err);
	if (r < 0)
		return r;
	entries = value_get(tree, STR("entries"));
	paths = ARENA_ARRAY(&items->arena, entries ? entries->n : 0, struct str);
	items->keys = ARENA_ARRAY(&items->arena, entries ? entries->n : 0, struct str);
	for (uint32_t i = 0; entries && i < entries->n; i++) {
		if (!str_is(value_text(value_get(&entries->items[i], STR("type"))), "file"))
			continue;
		paths[n] = value_text(value_get(&entries->items[i], STR("path")));
		items->keys[n] = last_name(paths[n]);
		n++;
	}
	items->list = strings(items, paths, n);
	return 0;
}

/* JSON Lines as a list of their values. */
static int
read_lines(struct items *items, struct str text, struct err *err)
{
	struct value *values;
	uint32_t n = 0;
	size_t room = 1;

	for (size_t i = 0; i < text.n; i++)
		room += text.p[i] == '\n';
	values = ARENA_ARRAY(&items->arena, room, struct value);
	while (text.n) {
		struct source source = {.name = "a line"};
		const struct value *v;
		int r;

		source.text = str_cut(text, '\n', &text);
		if (!str_trim(source.text).n)
			continue;
		r = json_parse(&items->arena, &source, 0, NULL, &v, err);
		if (r < 0)
			return r;
		values[n++] = *v;
	}
	items->list = value_array(values, n);
	return 0;
}

static bool
is_lines(const struct items *items, const struct reference *from)
{
	const struct graph *graph = items->engine->graph;
	struct str path =
		from->kind == REFERENCE_INPUT ? graph->inputs[from->input].path : STR_EMPTY;

	if (from->kind == REFERENCE_STEP_OUT)
		return graph->steps[from->step].outputs[from->output].type == OUTPUT_JSONL;
	return str_ends(path, STR(".jsonl")) || str_ends(path, STR(".ndjson"));
}

/* A list that somebody made: an array, lines, or the files of a directory. */
static int
read_artifact(struct items *items, const struct values *values, struct err *err)
{
	const struct reference *from = items->step->foreach->from;
	AUTO_BUF struct buf text = BUF_INIT(EXPANSION_LIST_MAX);
	struct source source = {.name = "the list"};
	struct artifact_taken taken;
	const struct value *v;
	int r;

	if (!values_artifact(values, from, &taken))
		return err_set(err, ERR_INVALID, "\"%.*s\" was not made", STR_ARG(from->name));
	if (taken.is_tree)
		return read_tree(items, &taken.digest, err);
	r = object_get(items->engine->store, &taken.digest, &text, err);
	if (r < 0)
		return r;
	if (is_lines(items, from))
		return read_lines(items, buf_str(&text), err);
	source.text = buf_str(&text);
	r = json_parse(&items->arena, &source, 0, NULL, &v, err);
	if (r == 0)
		items->list = *v;
	return r;
}

static int
find_items(struct items *items, struct err *err)
{
	const struct foreach *foreach = items->step->foreach;
	struct values values;
	int r;

	if (foreach->glob.n)
		return find_files(items, err);
	engine_values(items->engine, foreach->step, &items->arena, &values);
	r = foreach->from ? read_artifact(items, &values, err)
			  : values_expression(&values, foreach->list, &items->list, err);
	if (r == 0 && items->list.kind != VALUE_ARRAY)
		r = err_set(err, ERR_INVALID,
			"foreach goes over a list, and this is of type %s",
			value_kind_name(&items->list));
	if (r < 0 || !foreach->keys)
		return r;
	if (foreach->keys->n != items->list.n)
		return err_set(err, ERR_CORRUPT, "there are not as many keys as items");
	items->keys = ARENA_ARRAY(&items->arena, foreach->keys->n, struct str);
	for (uint32_t i = 0; i < foreach->keys->n; i++)
		items->keys[i] = value_text(&foreach->keys->items[i]);
	return 0;
}

/* `key`, asked of each item. */
static int
make_keys(struct items *items, struct err *err)
{
	const struct foreach *foreach = items->step->foreach;
	struct item item = {.value = NULL};
	struct values values;
	int r = 0;

	if (!foreach->key)
		return 0;
	engine_values(items->engine, foreach->step, &items->arena, &values);
	values.item = &item;
	items->keys = ARENA_ARRAY(&items->arena, items->list.n, struct str);
	for (uint32_t i = 0; r == 0 && i < items->list.n; i++) {
		struct value key;

		item.value = &items->list.items[i];
		item.index = i;
		item.key = STR_EMPTY;
		r = values_expression(&values, foreach->key, &key, err);
		if (r == 0)
			r = expr_value_text(&key, &items->keys[i], err);
		if (r < 0)
			return err_wrap(err, "key of item %u", i);
	}
	return r;
}

/* Several elements of the list make one item, whose number names it. */
static void
make_batches(struct items *items)
{
	uint32_t batch = items->step->foreach->batch;
	uint32_t n = batch ? items->list.n / batch + (items->list.n % batch > 0) : 0;
	struct value *lists;

	if (!batch)
		return;
	lists = ARENA_ARRAY(&items->arena, n, struct value);
	for (uint32_t i = 0; i < n; i++)
		lists[i] = value_array(
			items->list.items + i * batch, MIN(batch, items->list.n - i * batch));
	items->list = value_array(lists, n);
	items->keys = NULL;
}

/* Its own bound, then that of the whole run. */
static int
check_number(const struct items *items, struct err *err)
{
	const struct engine *engine = items->engine;
	uint64_t total = engine->graph->n_items + items->list.n;

	if (items->list.n > most_items(items))
		return err_set(err, ERR_LIMIT,
			"the list has %u items, more than max_items: %u allows; raise it, or "
			"take several elements at a time by `batch`",
			items->list.n, most_items(items));
	if (total > engine->graph->max_items)
		return err_set(err, ERR_LIMIT,
			"with its %u items the run has %llu, more than the workflow's "
			"max_items: %u allows",
			items->list.n, (unsigned long long)total, engine->graph->max_items);
	return 0;
}

static void
fill_keys(struct items *items)
{
	if (items->keys)
		return;
	items->keys = ARENA_ARRAY(&items->arena, items->list.n, struct str);
	for (uint32_t i = 0; i < items->list.n; i++)
		items->keys[i] = str_of(arena_printf(&items->arena, "%u", i));
}

/* Read back, so that the items live as long as the graph, and are what a resumed run finds. */
static int
add_steps(struct items *items, struct graph *graph, struct str list,
	const struct expansion **ret_expansion, struct err *err)
{
	struct source source = {.name = "the items", .text = list};
	const struct value *values;
	int r = json_parse(&graph->arena, &source, 0, NULL, &values, err);

	return r < 0 ? r
		     : graph_expand(graph, items->step->foreach->step,
			       &(struct expansion_items){.keys = items->keys,
				       .values = values->items,
				       .n = values->n,
				       .visit = revisit_of_items(
					       items->engine, items->step->foreach->step)},
			       ret_expansion, err);
}

/* The list becomes an object, its items steps; then the event that says so. */
static int
grow(struct engine *engine, struct items *items, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(EXPANSION_LIST_MAX);
	const struct expansion *expansion;
	struct digest digest;
	int r;

	fill_keys(items);
	json_write(&items->list, &text);
	r = buf_check(&text, "the list of the items", err);
	if (r == 0)
		r = add_steps(items, engine->graph, buf_str(&text), &expansion, err);
	if (r < 0)
		return r;
	r = object_put(engine->store, buf_str(&text), &digest, err);
	if (r == 0)
		r = record_expanded(
			&engine->hold, engine->graph, expansion, &digest, text.n, err);
	if (r < 0)
		return r;
	schedule_expanded(engine->schedule, expansion);
	return 0;
}

/* What it goes over was fixed by its expansion. */
static int
open_again(struct engine *engine, uint32_t step, struct err *err)
{
	int r = record_opened(&engine->hold, engine->graph, step, err);

	if (r == 0)
		schedule_opened(engine->schedule, step);
	return r;
}

int
expand_step(struct engine *engine, uint32_t step, struct err *err)
{
	struct items items = {.engine = engine, .step = &engine->graph->steps[step]};
	struct err why = ERR_INIT;
	int r;

	if (graph_expansion(engine->graph, step))
		return open_again(engine, step, err);
	r = find_items(&items, &why);
	if (r == 0) {
		make_batches(&items);
		r = check_number(&items, &why);
	}
	if (r == 0)
		r = make_keys(&items, &why);
	if (r == 0)
		r = grow(engine, &items, &why);
	arena_done(&items.arena);
	if (r == 0)
		return 0;
	if (r == ERR_INVALID || r == ERR_NOT_FOUND || r == ERR_LIMIT || r == ERR_DENIED)
		return gather_refuse(engine, step,
			r == ERR_LIMIT ? FAILURE_LIMIT : FAILURE_START, why.message, err);
	*err = why;
	return r;
}
