/* What the store and the workflow offer: complete_value of complete.h. */
#include "cli/complete.h"
#include "cli/errand.h"
#include "cli/field.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS_OFFERED 50

static void
offer_runs(struct text *answer, struct lily_store *store, const char *word)
{
	struct lily_document *document;
	const struct lily_value *runs;

	complete_offer(answer, word, "@last", "the newest run");
	if (lily_run_list(store, 0, RUNS_OFFERED, &document, NULL) < 0)
		return;
	runs = lily_value_get(lily_document_root(document), "runs");
	for (size_t i = 0; i < lily_value_count(runs); i++) {
		const struct lily_value *run = lily_value_at(runs, i);
		AUTO_TEXT struct text id = TEXT_INIT;
		AUTO_TEXT struct text about = TEXT_INIT;

		field_add_run(&id, field_text(run, "run_id"));
		field_add(&about, run, "status");
		text_add_char(&about, ' ');
		field_add(&about, run, "workflow");
		complete_offer(answer, word, text_string(&id), text_string(&about));
	}
	lily_document_free(document);
}

/* The steps of a run, each behind `before` ("" or "RUN/"). */
static void
offer_run_steps(struct text *answer, struct lily_store *store, const char *run,
	const char *before, const char *word)
{
	struct lily_document *document;
	const struct lily_value *list;

	if (lily_run_describe(store, run, NULL, LILY_SHOW_STEPS, &document, NULL) < 0)
		return;
	list = lily_value_get(lily_document_root(document), "step_list");
	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *step = lily_value_at(list, i);
		AUTO_TEXT struct text candidate = TEXT_INIT;

		text_add_string(&candidate, before);
		field_add(&candidate, step, "step");
		complete_offer(
			answer, word, text_string(&candidate), field_text(step, "state"));
	}
	lily_document_free(document);
}

static void
offer_runs_and_steps(struct text *answer, struct lily_store *store, const char *word)
{
	const char *slash = strchr(word, '/');
	AUTO_TEXT struct text run = TEXT_INIT;
	AUTO_TEXT struct text before = TEXT_INIT;

	if (!slash) {
		offer_runs(answer, store, word);
		offer_run_steps(answer, store, "@last", "", word);
		return;
	}
	text_add(&run, word, (size_t)(slash - word));
	text_add(&before, word, (size_t)(slash - word) + 1);
	offer_run_steps(answer, store, text_string(&run), text_string(&before), word);
}

static void
offer_artifacts(struct text *answer, struct lily_store *store, const char *word)
{
	struct lily_artifact_filter filter = {.run = "@last"};
	struct lily_document *document;
	const struct lily_value *list;

	if (lily_artifact_list(store, &filter, &document, NULL) < 0)
		return;
	list = lily_document_root(document);
	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *artifact = lily_value_at(list, i);
		AUTO_TEXT struct text id = TEXT_INIT;
		AUTO_TEXT struct text address = TEXT_INIT;

		field_add_artifact(&id, field_text(artifact, "artifact_id"));
		complete_offer(answer, word, text_string(&id), field_text(artifact, "name"));
		if (!field_is(artifact, "role", "output"))
			continue;
		field_add(&address, artifact, "step");
		text_add_char(&address, '.');
		field_add(&address, artifact, "name");
		complete_offer(answer, word, text_string(&address), text_string(&id));
	}
	lily_document_free(document);
}

static void
ask_store(struct text *answer, enum completion completion, const char *word,
	const struct complete_place *place)
{
	struct lily_store_options options = {
		.store = place->store, .flags = LILY_STORE_READ_ONLY};
	struct lily_store *store;

	if (lily_store_open(&options, &store, NULL) < 0)
		return;
	if (completion == COMPLETE_RUN)
		offer_runs(answer, store, word);
	else if (completion == COMPLETE_RUN_STEP)
		offer_runs_and_steps(answer, store, word);
	else
		offer_artifacts(answer, store, word);
	lily_store_close(store);
}

static void
offer_params(struct text *answer, const struct lily_value *workflow, const char *word)
{
	const struct lily_value *params = lily_value_get(workflow, "params");

	for (size_t i = 0; i < lily_value_count(params); i++) {
		const struct lily_value *param = lily_value_at(params, i);
		AUTO_TEXT struct text candidate = TEXT_INIT;
		AUTO_TEXT struct text about = TEXT_INIT;

		field_add(&candidate, param, "name");
		text_add_char(&candidate, '=');
		field_add(&about, param,
			field_has(param, "description") ? "description" : "type");
		complete_offer(answer, word, text_string(&candidate), text_string(&about));
	}
}

static void
offer_steps(struct text *answer, const struct lily_value *workflow, const char *word)
{
	const struct lily_value *names = lily_value_get(workflow, "step_names");

	for (size_t i = 0; i < lily_value_count(names); i++)
		complete_offer(
			answer, word, lily_value_text(lily_value_at(names, i), NULL), NULL);
}

static void
ask_workflow(struct text *answer, enum completion completion, const char *word,
	const struct complete_place *place)
{
	size_t count;
	char *found = place->file ? NULL : errand_find_file(&count);
	const char *path = place->file ? place->file : found;
	struct lily_workflow *workflow = NULL;
	struct lily_document *document = NULL;

	if (path && lily_workflow_open(path, &workflow, NULL) >= 0 &&
		lily_workflow_describe(workflow, &document, NULL) >= 0) {
		const struct lily_value *described = lily_document_root(document);

		if (completion == COMPLETE_PARAM)
			offer_params(answer, described, word);
		else
			offer_steps(answer, described, word);
	}
	lily_document_free(document);
	lily_workflow_close(workflow);
	free(found);
}

static void
offer_schemas(struct text *answer, const char *word)
{
	struct lily_document *document;
	const struct lily_value *list;

	if (lily_schemas_list(&document, NULL) < 0)
		return;
	list = lily_document_root(document);
	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *schema = lily_value_at(list, i);

		complete_offer(
			answer, word, field_text(schema, "id"), field_text(schema, "title"));
	}
	lily_document_free(document);
}

void
complete_value(struct text *answer, enum completion completion, const char *word,
	const struct complete_place *place)
{
	if (place->directory && chdir(place->directory) != 0)
		return;
	switch (completion) {
	case COMPLETE_FILE: text_add_string(answer, ":files\n"); break;
	case COMPLETE_DIRECTORY: text_add_string(answer, ":directories\n"); break;
	case COMPLETE_WORKFLOW: text_add_string(answer, ":workflows\n"); break;
	case COMPLETE_RUN:
	case COMPLETE_RUN_STEP:
	case COMPLETE_ARTIFACT: ask_store(answer, completion, word, place); break;
	case COMPLETE_PARAM:
	case COMPLETE_STEP: ask_workflow(answer, completion, word, place); break;
	case COMPLETE_SCHEMA: offer_schemas(answer, word); break;
	case COMPLETE_NOTHING:
	case COMPLETE_COMMAND: break;
	}
}
