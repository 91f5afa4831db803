#include "run/scope.h"

#include "contract/flaw.h"
#include "run/boundary.h"
#include "run/condition.h"
#include "run/gather.h"
#include "run/record.h"
#include "json/copy.h"
#include "json/json.h"

#define NAMED_MAX 5
#define VALUE_MAX ((size_t)16 << 20)

bool
scope_is_refusal(int code)
{
	return code == ERR_INVALID || code == ERR_NOT_FOUND || code == ERR_LIMIT ||
		code == ERR_DENIED;
}

/* --- opening --- */

/* By what the file declares of the param. */
static int
check_param(const struct scope_param *param, const struct value *v, struct err *err)
{
	static const struct collection_options options = {COLLECTION_ASSERT_FORMAT};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct collection *collection = collection_new(&options);
	struct str uri =
		str_of(arena_printf(&arena, "lily:///params/%.*s", STR_ARG(param->name)));
	const struct schema *schema;
	const struct flaw *flaws;
	size_t n = 0;
	int r = collection_add(collection, uri, param->schema, NULL, DRAFT_2020_12, err);

	if (r == 0)
		r = collection_get(collection, uri, &schema, err);
	if (r == 0)
		r = flaws_find(schema, v, &arena, &flaws, &n, err);
	if (r == 0 && n)
		r = err_set(err, ERR_INVALID, "%.*s%s%.*s", STR_ARG(flaws[0].instance),
			flaws[0].instance.n ? ": " : "", STR_ARG(flaws[0].message));
	collection_free(collection);
	return MIN(r, 0);
}

int
scope_give_values(
	const struct values *values, struct graph *graph, uint32_t step, struct err *err)
{
	const struct scope *scope = graph->steps[step].scope;
	struct value *given = ARENA_ARRAY(&graph->arena, scope->n_params, struct value);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < scope->n_params; i++) {
		const struct scope_param *param = &scope->params[i];
		struct value value;

		r = values_expression(values, param->expression, &value, err);
		if (r == 0)
			r = check_param(param, &value, err);
		if (r < 0)
			return err_wrap(err, "with \"%.*s\"", STR_ARG(param->name));
		given[i] = value_copy(&graph->arena, &value);
	}
	graph_give(graph, step, given);
	return 0;
}

int
scope_give(struct engine *engine, uint32_t step, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct err *unclear = condition_failure(engine, step);
	struct values values;

	if (unclear) {
		*err = *unclear;
		return unclear->code;
	}
	engine_values(engine, step, &arena, &values);
	return scope_give_values(&values, engine->graph, step, err);
}

int
scope_open(struct engine *engine, uint32_t step, struct err *err)
{
	struct err why = ERR_INIT;
	int r = scope_give(engine, step, &why);

	if (r < 0 && scope_is_refusal(r))
		return gather_refuse(engine, step, FAILURE_START, why.message, err);
	if (r < 0) {
		*err = why;
		return r;
	}
	r = record_opened(&engine->hold, engine->graph, step, err);
	if (r == 0)
		schedule_opened(engine->schedule, step);
	return r;
}

/* --- closing --- */

static bool
has_failed(const struct engine *engine, uint32_t step)
{
	const struct step *node = &engine->graph->steps[step];
	uint8_t state = schedule_visit(engine->schedule, step)->state;

	return state == VISIT_BLOCKED || (state == VISIT_FAILED && !node->continue_on_error);
}

bool
scope_some_lost(const struct engine *engine)
{
	const struct graph *graph = engine->graph;
	struct schedule_items parts;

	for (uint32_t i = 0; i < graph->n_scopes; i++) {
		uint32_t step = graph->scopes[i]->step;

		if (schedule_visit(engine->schedule, step)->state != VISIT_RUNNING)
			continue;
		schedule_count_parts(engine->schedule, step, &parts);
		if (parts.failed)
			return true;
	}
	return false;
}

/* "2 of 5 steps failed (report/fetch, report/build)". */
static int
reject_parts(struct engine *engine, uint32_t step, const struct schedule_items *parts,
	struct err *err)
{
	const struct graph *graph = engine->graph;
	AUTO_BUF struct buf b = BUF_INIT(ERR_MESSAGE_SIZE);
	uint32_t named = 0;

	buf_printf(&b, "%u of the %u steps of %.*s failed (", parts->failed, parts->n,
		(int)MIN(graph->steps[step].scope->file.n, 200),
		graph->steps[step].scope->file.p);
	for (uint32_t i = step + 1; i <= step + graph->steps[step].scope->n_steps; i++) {
		struct str name = graph->steps[i].name;

		if (step_scope(&graph->steps[i]) != step || graph->steps[i].template_of ||
			!has_failed(engine, i) || named > NAMED_MAX)
			continue;
		if (named++ == NAMED_MAX)
			buf_add_cstr(&b, ", …");
		else
			buf_printf(&b, "%s%.*s", named > 1 ? ", " : "", (int)MIN(name.n, 100),
				name.p);
	}
	buf_add_char(&b, ')');
	return gather_reject(engine, step, FAILURE_STEPS, buf_cstr(&b), err);
}

static const char *
kind_of(const struct step_output *output, bool is_tree)
{
	if (is_tree)
		return "dir";
	switch (output->type) {
	case OUTPUT_TEXT: return "text";
	case OUTPUT_JSON: return "json";
	case OUTPUT_FOUND:
	case OUTPUT_FILE:
	case OUTPUT_DIR:
	case OUTPUT_JSONL: return "file";
	}
	BUG("output type %d", (int)output->type);
}

/* What an expression gives: a text where that is all that it can give, else JSON. */
static int
put_value(struct engine *engine, const struct step_output *output, const struct value *value,
	struct record_artifact *artifact, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(VALUE_MAX);
	int r;

	if (output->type == OUTPUT_TEXT)
		buf_add_str(&bytes, value_text(value));
	else
		json_write(value, &bytes);
	r = buf_check(&bytes, "the value", err);
	if (r == 0)
		r = object_put(engine->store, buf_str(&bytes), &artifact->digest, err);
	artifact->size = bytes.n;
	artifact->kind = kind_of(output, false);
	return r;
}

/* 1, or 0 where it was not made. */
static int
make_output(struct engine *engine, const struct values *values,
	const struct step_output *output, const struct scope_result *result,
	struct record_artifact *artifact, struct err *err)
{
	struct artifact_taken taken;
	struct value value;
	int r;

	*artifact = (struct record_artifact){.name = output->name,
		.type = output->schema ? output->schema->id : STR_EMPTY,
		.schema = output->schema ? &output->schema->digest : NULL};
	if (!result->expression) {
		if (!values_artifact(values, &result->reference, &taken))
			return 0;
		artifact->digest = taken.digest;
		artifact->size = taken.size;
		artifact->kind = kind_of(output, taken.is_tree);
		return 1;
	}
	r = values_expression(values, result->expression, &value, err);
	if (r == 0)
		r = put_value(engine, output, &value, artifact, err);
	return r == ERR_NOT_FOUND ? 0 : r < 0 ? r : 1;
}

static int
make_outputs(struct engine *engine, uint32_t step, struct record_artifact *ret_artifacts,
	struct err *err)
{
	const struct step *node = &engine->graph->steps[step];
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct values values;

	engine_values(engine, step, &arena, &values);
	for (uint32_t i = 0; i < node->n_outputs; i++) {
		const struct step_output *output = &node->outputs[i];
		struct err why = ERR_INIT;
		int r = make_output(engine, &values, output, &node->scope->results[i],
			&ret_artifacts[i], &why);

		if (r < 0) {
			*err = why;
			return err_wrap(err, "output \"%.*s\"", STR_ARG(output->name));
		}
		if (r == 0 && !output->optional)
			return err_set(err, ERR_INVALID,
				"output \"%.*s\": the step that makes it did not make it",
				STR_ARG(output->name));
	}
	return 0;
}

int
scope_close(struct engine *engine, uint32_t step, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct record_artifact *artifacts = ARENA_ARRAY(
		&arena, engine->graph->steps[step].n_outputs, struct record_artifact);
	struct schedule_items parts;
	struct err why = ERR_INIT;
	int r;

	schedule_count_parts(engine->schedule, step, &parts);
	if (parts.failed)
		return reject_parts(engine, step, &parts, err);
	if (parts.cancelled)
		return gather_cancel(engine, step, err);
	r = make_outputs(engine, step, artifacts, &why);
	if (r < 0 && scope_is_refusal(r))
		return gather_reject(engine, step,
			r == ERR_LIMIT ? FAILURE_LIMIT : FAILURE_START, why.message, err);
	if (r < 0) {
		*err = why;
		return r;
	}
	return gather_accept(engine, step, artifacts, err);
}
