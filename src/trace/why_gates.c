#include "trace/why_gates.h"

#include "graph/step_gates.h"
#include "run/key.h"
#include "run/reuse.h"
#include "store/artifact.h"
#include "store/object.h"
#include "trace/verdicts.h"

/* The results of the gates that judged one attempt, or that stand for those of a step that did not
 * run. */
struct results {
	struct artifact_row *rows;
	size_t n;
};

static int
read_results(struct store *store, int64_t run, struct str step, uint32_t attempt,
	struct arena *arena, struct results *ret_results, struct err *err)
{
	const struct artifact_filter filter = {.run = run, .producer = step};
	struct results results;
	size_t n = 0;
	int r = artifact_list(store, &filter, arena, &results.rows, &results.n, err);

	for (size_t i = 0; r == 0 && i < results.n; i++)
		if (str_is(results.rows[i].role, "gate") && results.rows[i].attempt == attempt)
			results.rows[n++] = results.rows[i];
	results.n = n;
	if (r == 0)
		*ret_results = results;
	return r;
}

/* Those of the attempt whose outputs were judged; its step may have had another name. */
static int
read_original(const struct why_judged *judged, struct arena *arena, struct results *ret_results,
	struct err *err)
{
	const struct attempt_row *attempt = judged->attempt;
	char id[UUID_TEXT_SIZE];
	struct run_row run;
	int r = run_find(
		judged->store, str_of(uuid_to_text(&attempt->kept_run, id)), arena, &run, err);

	return r < 0 ? r
		     : read_results(judged->store, run.number, STR_EMPTY, attempt->kept_attempt,
			       arena, ret_results, err);
}

static const struct gate *
find_gate(const struct step *step, struct str name)
{
	for (uint32_t i = 0; step->gates && i < step->gates->n; i++)
		if (str_equal(step->gates->items[i].name, name))
			return &step->gates->items[i];
	return NULL;
}

static int
explain(const struct why_judged *judged, const struct results *original,
	const struct artifact_row *row, struct arena *arena, const char **ret_why,
	struct err *err)
{
	AUTO_BUF struct buf key = BUF_INIT(KEY_DOCUMENT_MAX);
	const struct gate *gate = find_gate(judged->step, row->name);
	struct verdict was = {.passed = false};
	struct verdict is = {.passed = false};
	const struct artifact_row *before = NULL;
	int r = verdict_read(judged->store, row, &is, err);

	*ret_why = gate ? reuse_gate_obstacle(gate) : NULL;
	for (size_t i = 0; i < original->n; i++)
		if (str_equal(original->rows[i].name, row->name))
			before = &original->rows[i];
	if (r == 0 && before)
		r = verdict_read(judged->store, before, &was, err);
	if (r < 0 || *ret_why)
		return r;
	if (!before || !was.passed || !was.has_key || !is.has_key) {
		*ret_why = !before    ? "it had not judged what was made"
			: !was.passed ? "it had not passed"
				      : "it had, or has, no key";
		return 0;
	}
	r = object_get(judged->store, &is.key, &key, err);
	if (r == 0)
		*ret_why = reuse_gate_difference(judged->store, &was.key, buf_str(&key), arena);
	return r;
}

static int
add_one(struct builder *b, const struct why_judged *judged, const struct results *original,
	const struct artifact_row *row, struct err *err)
{
	struct verdict verdict;
	const char *why = "it had passed, under an equal key";
	int r = verdict_read(judged->store, row, &verdict, err);

	if (r == 0 && !verdict.reused)
		r = explain(judged, original, row, b->arena, &why, err);
	if (r < 0)
		return r;
	builder_object(b, NULL);
	builder_text(b, "gate", row->name);
	builder_bool(b, "reused", verdict.reused);
	builder_cstr(b, "reason", why);
	builder_end(b);
	return 0;
}

int
why_add_gates(struct builder *b, const struct why_judged *judged, struct err *err)
{
	const struct attempt_row *attempt = judged->attempt;
	struct results original = {NULL, 0};
	struct results own = {NULL, 0};
	int r = 0;

	/* Gates of an attempt that ran judged because it did. */
	if (judged->step->gates && (!attempt || attempt->kept_attempt))
		r = read_results(judged->store, judged->run->number, judged->step->name,
			attempt ? attempt->number : 0, b->arena, &own, err);
	if (r == 0 && attempt && attempt->kept_attempt)
		r = read_original(judged, b->arena, &original, err);
	builder_array(b, "gates");
	for (size_t i = 0; r == 0 && i < own.n; i++)
		r = add_one(b, judged, &original, &own.rows[i], err);
	builder_end(b);
	return r;
}
