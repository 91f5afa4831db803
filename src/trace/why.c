#include "trace/why.h"

#include "run/key.h"
#include "run/reuse.h"
#include "store/key_read.h"
#include "store/object.h"
#include "trace/planned.h"
#include "trace/shape.h"
#include "trace/why_gates.h"
#include "json/builder.h"
#include "json/json.h"

struct why {
	struct store *store;
	const struct run_row *run;
	const struct graph *graph;
	uint32_t step;
	struct arena *arena;
	struct builder b;
	const struct visit_row *visit;     /* NULL: none */
	const struct attempt_row *attempt; /* the newest, NULL: none */
	bool has_key;
	struct key_row key;
	bool has_before;
	struct key_row before;
};

static int
read_rows(struct why *why, struct err *err)
{
	struct visit_row *visits;
	struct attempt_row *attempts;
	size_t n;
	int r = run_visits(why->store, why->run->number, why->arena, &visits, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (visits[i].step == why->step)
			why->visit = &visits[i];
	if (r == 0)
		r = run_attempts(why->store, why->run->number, why->step, why->arena, &attempts,
			&n, err);
	if (r < 0)
		return r;
	if (n)
		why->attempt = &attempts[n - 1];
	return 0;
}

static int
read_keys(struct why *why, struct err *err)
{
	int r;

	if (!why->attempt)
		return 0;
	r = key_of_attempt(why->store, why->run->number, why->attempt->number, &why->key, err);
	why->has_key = r > 0;
	if (r > 0)
		r = key_before(why->store, why->run->workflow,
			why->graph->steps[why->step].name, why->run->number,
			why->attempt->number, &why->before, err);
	why->has_before = r > 0;
	return MIN(r, 0);
}

/* The parts of a key and of the definition that it names, in one list. */
static int
read_parts(struct why *why, const struct digest *key, struct key_part **ret_parts,
	size_t *ret_n, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(KEY_DOCUMENT_MAX);
	struct key_part *own;
	struct key_part *defined;
	struct key_part *all;
	struct digest definition;
	size_t n_own = 0;
	size_t n_defined = 0;
	int r = object_get(why->store, key, &text, err);

	if (r == 0)
		r = key_read(buf_str(&text), why->arena, &own, &n_own, &definition, err);
	buf_clear(&text);
	if (r == 0)
		r = object_get(why->store, &definition, &text, err);
	if (r == 0)
		r = key_read(buf_str(&text), why->arena, &defined, &n_defined, NULL, err);
	if (r < 0)
		return err_wrap(err, "content key");
	all = ARENA_ARRAY(why->arena, n_own + n_defined, struct key_part);
	for (size_t i = 0; i < n_defined; i++)
		all[i] = defined[i];
	for (size_t i = 0; i < n_own; i++)
		all[n_defined + i] = own[i];
	*ret_parts = all;
	*ret_n = n_own + n_defined;
	return 0;
}

static const struct key_part *
find_part(const struct key_part *parts, size_t n, struct str label)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(parts[i].label, label))
			return &parts[i];
	return NULL;
}

static int
add_side(struct why *why, const char *name, const struct key_part *part, struct err *err)
{
	struct source source = {.name = "part"};
	const struct value *value;
	int r;

	if (!part) {
		builder_null(&why->b, name);
		return 0;
	}
	source.text = part->value;
	r = json_parse(why->arena, &source, 0, NULL, &value, err);
	if (r == 0)
		builder_add(&why->b, name, *value);
	return r;
}

static int
add_difference(struct why *why, struct str label, const struct key_part *here,
	const struct key_part *there, struct err *err)
{
	int r;

	builder_object(&why->b, NULL);
	builder_text(&why->b, "label", label);
	r = add_side(why, "here", here, err);
	if (r == 0)
		r = add_side(why, "there", there, err);
	builder_end(&why->b);
	return r;
}

/* *ret_n: how many differ. */
static int
add_differences(struct why *why, size_t *ret_n, struct err *err)
{
	struct key_part *here = NULL;
	struct key_part *there = NULL;
	size_t n_here = 0;
	size_t n_there = 0;
	int r = 0;

	if (why->has_before)
		r = read_parts(why, &why->key.key, &here, &n_here, err);
	if (r == 0 && why->has_before)
		r = read_parts(why, &why->before.key, &there, &n_there, err);
	builder_array(&why->b, "differences");
	for (size_t i = 0; r == 0 && i < n_here; i++) {
		const struct key_part *other = find_part(there, n_there, here[i].label);

		if (other && str_equal(other->value, here[i].value))
			continue;
		(*ret_n)++;
		r = add_difference(why, here[i].label, &here[i], other, err);
	}
	for (size_t i = 0; r == 0 && i < n_there; i++) {
		if (find_part(here, n_here, there[i].label))
			continue;
		(*ret_n)++;
		r = add_difference(why, there[i].label, NULL, &there[i], err);
	}
	builder_end(&why->b);
	return r;
}

static const char *
reason_of_run(const struct why *why, size_t differences)
{
	const char *refusal = reuse_refusal(why->graph, why->step);

	if (why->attempt->kept_attempt)
		return "an earlier attempt was accepted under the same key, but not by all of "
		       "its gates as they are now: these judged what it left";
	if (!why->has_key)
		return refusal ? refusal
			       : "it was not looked up: a program or an input that its key "
				 "needs was not to be had";
	if (why->graph->fresh)
		return "--fresh: nothing was looked up";
	if (why->attempt->try_number > 1)
		return "it was tried again: a step that is retried is not looked up";
	if (!why->has_before)
		return "it was never accepted before";
	if (!differences)
		return "its key is the same; what was left is damaged, lacks an output, is "
		       "older than its ttl, or was cleared";
	return "its key is another";
}

static const char *
reason_of(const struct why *why, size_t differences)
{
	if (!why->visit)
		return "it was not started";
	if (str_is(why->visit->state, "reused"))
		return "an earlier attempt was accepted under the same key";
	if (why->graph->is_judging && str_is(why->visit->state, "skipped"))
		return "this run only judges what another one had done, and that had not done "
		       "it";
	if (str_is(why->visit->state, "adopted"))
		return "this run does another one again, which had done it";
	if (str_is(why->visit->state, "blocked"))
		return arena_printf(
			why->arena, "it needs %.*s, which failed", STR_ARG(why->visit->by));
	if (!why->attempt)
		return "it was not started";
	return reason_of_run(why, differences);
}

static void
add_attempt(struct why *why, const char *name, bool present, const struct uuid *run,
	uint32_t attempt)
{
	if (!present) {
		builder_null(&why->b, name);
		return;
	}
	builder_object(&why->b, name);
	shape_uuid(&why->b, "run_id", run);
	builder_u64(&why->b, "attempt", attempt);
	builder_end(&why->b);
}

/* What it takes from earlier runs, and from which. */
static void
add_previous(struct why *why)
{
	const struct step *step = &why->graph->steps[why->step];

	builder_array(&why->b, "previous");
	for (uint32_t i = 0; i < step->n_inputs; i++) {
		const struct earlier *earlier =
			graph_earlier(why->graph, step, step->inputs[i].name);

		if (!earlier)
			continue;
		builder_object(&why->b, NULL);
		builder_text(&why->b, "input", arena_str(why->arena, step->inputs[i].name));
		builder_text(&why->b, "output", arena_str(why->arena, earlier->name));
		if (earlier->has_run)
			shape_uuid(&why->b, "run_id", &earlier->run);
		else
			builder_null(&why->b, "run_id");
		if (earlier->artifact)
			shape_artifact_id(
				&why->b, "artifact_id", &earlier->run, earlier->artifact);
		else
			builder_null(&why->b, "artifact_id");
		builder_end(&why->b);
	}
	builder_end(&why->b);
}

static int
add_gates(struct why *why, struct err *err)
{
	const struct why_judged judged = {.store = why->store,
		.run = why->run,
		.step = &why->graph->steps[why->step],
		.attempt = why->attempt};

	return why_add_gates(&why->b, &judged, err);
}

static int
build(struct why *why, struct err *err)
{
	const struct visit_row *visit = why->visit;
	char hex[DIGEST_HEX_SIZE];
	size_t differences = 0;
	int r;

	builder_object(&why->b, NULL);
	shape_uuid(&why->b, "run_id", &why->run->id);
	builder_text(&why->b, "step", why->graph->steps[why->step].name);
	builder_text(&why->b, "state", visit ? visit->state : STR("pending"));
	if (why->attempt)
		builder_u64(&why->b, "attempt", why->attempt->number);
	else
		builder_null(&why->b, "attempt");
	if (why->has_key)
		builder_text(&why->b, "key",
			arena_str(why->arena, str_of(digest_to_hex(&why->key.key, hex))));
	else
		builder_null(&why->b, "key");
	if (why->attempt && why->attempt->kept_attempt)
		add_attempt(
			why, "from", true, &why->attempt->kept_run, why->attempt->kept_attempt);
	else
		add_attempt(why, "from", visit && visit->origin_attempt != 0,
			visit ? &visit->origin : NULL, visit ? visit->origin_attempt : 0);
	add_attempt(
		why, "compared_to", why->has_before, &why->before.run_id, why->before.attempt);
	r = add_differences(why, &differences, err);
	builder_text(&why->b, "reason", str_of(reason_of(why, differences)));
	add_previous(why);
	if (r == 0)
		r = add_gates(why, err);
	builder_end(&why->b);
	return r;
}

int
why_make(struct store *store, const struct run_row *run, struct str step, struct arena *arena,
	const struct value **ret_value, struct err *err)
{
	struct why why = {.store = store, .run = run, .arena = arena, .b = BUILDER_INIT(arena)};
	struct graph *graph;
	int r = planned_graph(store, run, &graph, err);

	if (r < 0)
		return r;
	why.graph = graph;
	r = planned_step(graph, step, &why.step, err);
	if (r == 0)
		r = read_rows(&why, err);
	if (r == 0)
		r = read_keys(&why, err);
	if (r == 0)
		r = build(&why, err);
	if (r == 0)
		*ret_value = builder_root(&why.b);
	builder_done(&why.b);
	graph_free(graph);
	return r;
}
