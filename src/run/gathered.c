#include "run/gathered.h"

#include "base/memory.h"
#include "run/boundary.h"
#include "store/tree.h"
#include "json/json.h"
#include "json/yaml.h"

#define GATHERED_MAX ((size_t)256 << 20)

/* One output on its way. */
struct gathering_output {
	struct engine *engine;
	const struct expansion *expansion;
	const struct foreach_result *result;
	const struct step_output *of_items;
	struct buf bytes;
	uint64_t tree_size;
};

/* What the item made, or NULL: it failed, or left out an optional output. */
static const struct produced *
find_made(const struct gathering_output *o, uint32_t item)
{
	const struct engine *engine = o->engine;
	uint32_t step = expansion_step(o->expansion, item, o->result->template);
	const struct visit *visit = schedule_visit(engine->schedule, step);

	if (schedule_item_failed(engine->schedule, o->expansion->foreach->step, item) ||
		!visit_is_done(visit->state) || !visit->outputs[o->result->output].artifact)
		return NULL;
	return &visit->outputs[o->result->output];
}

static int
get(const struct gathering_output *o, const struct produced *made, struct buf *bytes,
	struct err *err)
{
	if (made->size > GATHERED_MAX)
		return err_set(err, ERR_LIMIT,
			"its \"%.*s\" has %llu bytes, more than the %zu that can be gathered "
			"as JSON; make it of type file",
			STR_ARG(o->of_items->name), (unsigned long long)made->size,
			GATHERED_MAX);
	return object_get(o->engine->store, &made->digest, bytes, err);
}

/* A value of type json may be written as YAML. */
static int
add_value(struct gathering_output *o, struct str text, enum payload_format format,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {.name = "output", .text = text};
	const struct value *value;
	int r;

	if (format == PAYLOAD_TEXT) {
		if (text.n && text.p[text.n - 1] == '\n')
			text.n--;
		json_write_string(text, &o->bytes);
		return 0;
	}
	if (format != PAYLOAD_YAML) {
		buf_add_str(&o->bytes, str_trim(text));
		return 0;
	}
	r = yaml_parse(&arena, &source, NULL, &value, err);
	if (r == 0)
		json_write(value, &o->bytes);
	return r;
}

static int
add_to_array(
	struct gathering_output *o, uint32_t item, enum payload_format format, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(GATHERED_MAX);
	const struct produced *made = find_made(o, item);
	int r;

	buf_add_cstr(&o->bytes, item ? ",\n" : "");
	if (!made) {
		buf_add_cstr(&o->bytes, "null");
		return 0;
	}
	r = get(o, made, &text, err);
	return r < 0 ? r : add_value(o, buf_str(&text), format, err);
}

static int
make_array(struct gathering_output *o, enum payload_format format, struct err *err)
{
	int r = 0;

	buf_add_char(&o->bytes, '[');
	for (uint32_t i = 0; r == 0 && i < o->expansion->n_items; i++)
		r = add_to_array(o, i, format, err);
	buf_add_cstr(&o->bytes, "]\n");
	return r;
}

static int
make_lines(struct gathering_output *o, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < o->expansion->n_items; i++) {
		const struct produced *made = find_made(o, i);
		size_t before = o->bytes.n;

		if (!made)
			continue;
		r = get(o, made, &o->bytes, err);
		if (o->bytes.n > before && o->bytes.p[o->bytes.n - 1] != '\n')
			buf_add_char(&o->bytes, '\n');
	}
	return r;
}

struct entries {
	struct arena arena;
	struct tree_entry *items;
	size_t n;
	size_t capacity;
};

static void
add_entry(struct entries *entries, struct tree_entry entry)
{
	entries->items = memory_grow(
		entries->items, entries->n, &entries->capacity, sizeof(*entries->items));
	entries->items[entries->n++] = entry;
}

/* Behind the key of an item that made a directory itself stands what is in that. */
static int
add_tree(struct gathering_output *o, struct entries *entries, struct str key,
	const struct produced *made, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(GATHERED_MAX);
	struct source source = {.name = "tree"};
	const struct value *tree;
	const struct value *inner;
	int r = object_get(o->engine->store, &made->digest, &text, err);

	source.text = buf_str(&text);
	if (r == 0)
		r = json_parse(&entries->arena, &source, 0, NULL, &tree, err);
	if (r < 0)
		return r;
	add_entry(entries, (struct tree_entry){.path = key, .type = TREE_DIR});
	inner = value_get(tree, STR("entries"));
	for (uint32_t i = 0; inner && i < inner->n; i++) {
		struct tree_entry entry;

		if (!tree_read_entry(&inner->items[i], &entry))
			return err_set(err, ERR_CORRUPT, "entry %u of a directory is none", i);
		entry.path = str_of(arena_printf(
			&entries->arena, "%.*s/%.*s", STR_ARG(key), STR_ARG(entry.path)));
		add_entry(entries, entry);
	}
	return 0;
}

/* A directory of files, or directories, by the keys of the items. */
static int
make_tree(struct gathering_output *o, struct err *err)
{
	struct entries entries = {.arena = ARENA_INIT};
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < o->expansion->n_items; i++) {
		const struct produced *made = find_made(o, i);
		struct str key = o->expansion->items[i].key;

		if (!made)
			continue;
		o->tree_size += made->size;
		if (made->is_tree)
			r = add_tree(o, &entries, key, made, err);
		else
			add_entry(&entries,
				(struct tree_entry){.path = key,
					.type = TREE_FILE,
					.digest = made->digest,
					.size = made->size});
	}
	if (r == 0)
		tree_write(entries.items, entries.n, &o->bytes);
	free(entries.items);
	arena_done(&entries.arena);
	return r;
}

static int
make(struct gathering_output *o, struct record_artifact *artifact, struct err *err)
{
	enum payload_format format = PAYLOAD_JSON;
	bool is_tree = !boundary_output_format(o->of_items, &format);
	int r;

	if (is_tree)
		r = make_tree(o, err);
	else if (format == PAYLOAD_JSONL)
		r = make_lines(o, err);
	else
		r = make_array(o, format, err);
	if (r == 0 && o->bytes.overflowed)
		r = err_set(err, ERR_LIMIT,
			"the \"%.*s\" of all items together has more than the %zu bytes that "
			"can "
			"be gathered; make it of type file",
			STR_ARG(o->of_items->name), GATHERED_MAX);
	if (r == 0)
		r = object_put(o->engine->store, buf_str(&o->bytes), &artifact->digest, err);
	artifact->size = is_tree ? o->tree_size : o->bytes.n;
	artifact->kind = is_tree ? "dir" : format == PAYLOAD_JSONL ? "file" : "json";
	return r;
}

int
gathered_make(struct engine *engine, uint32_t step, struct record_artifact *ret_artifacts,
	struct err *err)
{
	const struct step *foreach = &engine->graph->steps[step];
	const struct expansion *expansion = graph_expansion(engine->graph, step);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < foreach->n_outputs; i++) {
		const struct foreach_result *result = &foreach->foreach->results[i];
		struct gathering_output output = {.engine = engine,
			.expansion = expansion,
			.result = result,
			.of_items =
				&engine->graph->steps[result->template].outputs[result->output],
			.bytes = BUF_INIT(GATHERED_MAX)};

		ret_artifacts[i] = (struct record_artifact){
			.name = foreach->outputs[i].name, .type = STR_EMPTY};
		r = make(&output, &ret_artifacts[i], err);
		buf_done(&output.bytes);
	}
	return r;
}
