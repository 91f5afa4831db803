#include "run/once.h"

#include "run/engine_end.h"
#include "run/gather.h"
#include "run/record_adoption.h"
#include "run/record_once.h"
#include "run/record_verdict.h"
#include "run/revisit.h"
#include "run/schedule_once.h"
#include "store/artifact.h"

#include <stdio.h>

/* It never runs here: an attempt that could not start, with the reason. */
int
once_refuse(struct engine *engine, uint32_t step, const char *why, struct err *err)
{
	return gather_refuse(engine, step, FAILURE_START, why, err);
}

/* The output of that name that the attempt left, or NULL. */
static const struct artifact_row *
find_output(const struct artifact_row *rows, size_t n, uint32_t attempt, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].attempt == attempt && str_is(rows[i].role, "output") &&
			str_equal(rows[i].name, name))
			return &rows[i];
	return NULL;
}

/* What keeps an output of then from being one of now; NULL: nothing. */
static const char *
compare(const struct step_output *declared, const struct artifact_row *row)
{
	const struct step_schema *schema = declared->schema;
	bool is_tree;

	if (!row)
		return declared->optional ? NULL : "is not there";
	is_tree = str_is(row->kind, "dir");
	if (declared->type == OUTPUT_DIR ? !is_tree : is_tree && declared->type != OUTPUT_FOUND)
		return is_tree ? "is a directory" : "is not a directory";
	if (schema &&
		!(str_equal(row->type, schema->id) && row->has_schema &&
			digest_equal(&row->schema, &schema->digest)))
		return "was not checked by this schema";
	return NULL;
}

/* Fills what is recorded and what the schedule keeps; false where something does not fit. */
static bool
take_outputs(struct engine *engine, const struct step *step, const struct once_row *key,
	const struct artifact_row *rows, size_t n_rows, struct record_adoption *adoption,
	struct produced *produced, char why[static ERR_MESSAGE_SIZE])
{
	struct record_artifact *recorded =
		ARENA_ARRAY(&engine->arena, step->n_outputs, struct record_artifact);
	char id[UUID_TEXT_SIZE];

	for (uint32_t i = 0; i < step->n_outputs; i++) {
		const struct artifact_row *row =
			find_output(rows, n_rows, key->attempt, step->outputs[i].name);
		const char *differs = compare(&step->outputs[i], row);

		if (differs) {
			(void)snprintf(why, ERR_MESSAGE_SIZE,
				"it has happened already, by attempt @%u of step \"%.*s\" in "
				"run "
				"%s, but of that attempt's results output \"%.*s\" %s",
				key->attempt, STR_ARG(key->step),
				uuid_to_text(&key->run_id, id), STR_ARG(step->outputs[i].name),
				differs);
			return false;
		}
		if (!row)
			continue;
		produced[i] = (struct produced){.digest = row->digest,
			.size = row->size,
			.artifact = engine->hold.next_artifact++,
			.is_tree = str_is(row->kind, "dir")};
		recorded[adoption->n_outputs++] = (struct record_artifact){.name = row->name,
			.digest = row->digest,
			.size = row->size,
			.number = produced[i].artifact,
			.kind = arena_cstr(&engine->arena, row->kind),
			.type = row->type,
			.schema = row->has_schema ? &step->outputs[i].schema->digest : NULL};
	}
	adoption->outputs = recorded;
	return true;
}

int
once_adopt(struct engine *engine, const struct once_work *work, const struct once_row *row,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct step *step = &engine->graph->steps[work->step];
	const struct artifact_filter filter = {.run = row->run, .producer = row->step};
	struct record_adoption adoption = {.step = work->step,
		.run = row->run_id,
		.attempt = row->attempt,
		.producer_kind = STR("tool")};
	struct produced *produced = step->n_outputs
		? ARENA_ARRAY(&engine->arena, step->n_outputs, struct produced)
		: NULL;
	char why[ERR_MESSAGE_SIZE];
	struct artifact_row *rows;
	size_t n;
	int r = artifact_list(engine->store, &filter, &arena, &rows, &n, err);

	if (r < 0)
		return r;
	if (!take_outputs(engine, step, row, rows, n, &adoption, produced, why))
		return once_refuse(engine, work->step, why, err);
	r = record_adopted(&engine->hold, engine->graph, &adoption, 1, err);
	if (r < 0)
		return r;
	(void)notices_add(&engine->notices, NOTICE_SUCCEEDED, work->step);
	schedule_taken_over(engine->schedule, work->step, produced);
	return engine_settle(engine, err);
}
