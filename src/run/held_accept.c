#include "run/held_state.h"

#include "base/file.h"
#include "graph/step_gates.h"
#include "run/labels.h"
#include "run/question.h"
#include "run/record_verdict.h"
#include "run/routing.h"
#include "run/selection.h"
#include "store/memo.h"

#include <fcntl.h>

/* What lies at the path of a candidate in the workspace, and has to be what was shown. */
struct held_file {
	struct str name;
	const char *path; /* or a pattern */
	bool is_tree;
	struct digest digest;
};

/* Why what a schema's id means now is not what the output was checked by; NULL: it is. */
static int
check_types(const struct held *held, struct arena *arena, const char **ret_why, struct err *err)
{
	const struct step *step = held_step(held);

	*ret_why = NULL;
	for (uint32_t i = 0; i < step->n_outputs && !*ret_why; i++) {
		const char *why = "";
		int r = 1;

		if (held->outputs[i].kind && step->outputs[i].schema)
			r = boundary_may_name(held->engine->boundary, step->outputs[i].schema,
				arena, &why, err);
		if (r < 0)
			return r;
		if (r == 0)
			*ret_why = arena_printf(
				arena, "output %.*s: %s", STR_ARG(step->outputs[i].name), why);
	}
	return 0;
}

static int
accept(struct held *held, struct err *err)
{
	struct engine *engine = held->engine;
	uint32_t n_outputs = held_step(held)->n_outputs;
	struct produced *produced =
		n_outputs ? ARENA_ARRAY(&engine->arena, n_outputs, struct produced) : NULL;
	struct record_artifact *outputs =
		ARENA_ARRAY(&held->arena, n_outputs, struct record_artifact);
	struct record_acceptance acceptance = {.number = held->attempt,
		.outputs = outputs,
		.labels = held->labels,
		.n_labels = held->n_labels};
	struct notice *notice;
	uint32_t attempt = held->attempt;
	bool has_log = held->has_log;
	struct digest log = held->log;
	uint32_t step = held->step;
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	const char *why;
	int r = check_types(held, &scratch, &why, err);

	if (r < 0 || why)
		return r < 0 ? r : held_reject(held, why, err);
	for (uint32_t i = 0; i < n_outputs; i++) {
		const struct record_artifact *output = &held->outputs[i];

		if (!output->kind)
			continue;
		outputs[acceptance.n_outputs++] = *output;
		produced[i] = (struct produced){.digest = output->digest,
			.size = output->size,
			.artifact = output->number,
			.is_tree = strcmp(output->kind, "dir") == 0};
	}
	r = routing_ask_success(engine, step, attempt, (struct record_gates){NULL, 0}, err);
	if (r == 0)
		r = record_accepted(&engine->hold, &acceptance, err);
	if (r < 0)
		return r;
	notice = notices_add(&engine->notices, NOTICE_SUCCEEDED, step);
	notice->attempt = attempt;
	notice->try_number = held->try_number;
	notice->duration_us = held->duration_us;
	for (size_t i = 0; i < held->n_labels; i++)
		labels_add(engine->labels, held->labels[i].artifact, held->labels[i].label);
	held_drop(engine, step);
	schedule_accepted(engine->schedule, step, produced);
	return routing_follow_success(engine, step, attempt, has_log ? &log : NULL, err);
}

/* --- whether a yes is for what is there --- */

static bool
has_digest(const struct value *thing, const char *member, const struct digest *digest)
{
	const struct value *text = thing ? value_get(thing, str_of(member)) : NULL;
	struct digest said;

	return text && digest_parse(value_text(text), &said) && digest_equal(&said, digest);
}

/* Whether the document is about this attempt, as it is on record, under the run's plan and its gates. */
static bool
is_about(const struct value *document, const struct held *held)
{
	const struct step *step = held_step(held);
	const struct value *run = value_get(document, STR("run_id"));
	const struct value *candidates = value_get(document, STR("candidates"));
	const struct value *gates = value_get(document, STR("gates"));
	int64_t attempt = 0;
	uint32_t n = 0;

	(void)value_to_i64(value_get(document, STR("attempt")), &attempt);
	if (attempt != held->attempt || !run ||
		!str_is(value_text(run), held->engine->run_id) ||
		!has_digest(document, "plan", &held->engine->graph->digest))
		return false;
	for (uint32_t i = 0; i < step->n_outputs; i++) {
		const struct record_artifact *output = &held->outputs[i];

		n += output->kind != NULL;
		if (output->kind &&
			!has_digest(held_find(candidates, "name", output->name), "sha256",
				&output->digest))
			return false;
	}
	if (!candidates || candidates->n != n)
		return false;
	for (uint32_t i = 0; step->gates && i < step->gates->n; i++)
		if (!has_digest(held_find(gates, "gate", step->gates->items[i].name),
			    "definition", &step->gates->items[i].definition))
			return false;
	return true;
}

static void
list_files(const struct value *document, struct held *held)
{
	const struct value *candidates = value_get(document, STR("candidates"));
	const struct step *step = held_step(held);

	held->files = ARENA_ARRAY(&held->arena, step->n_outputs, struct held_file);
	held->n_files = 0;
	for (uint32_t i = 0; i < step->n_outputs; i++) {
		const struct record_artifact *output = &held->outputs[i];
		const struct value *thing =
			output->kind ? held_find(candidates, "name", output->name) : NULL;
		const struct value *path = thing ? value_get(thing, STR("path")) : NULL;

		if (path)
			held->files[held->n_files++] = (struct held_file){.name = output->name,
				.path = arena_cstr(&held->arena, value_text(path)),
				.is_tree = strcmp(output->kind, "dir") == 0,
				.digest = output->digest};
	}
}

/* 1, or 0 where nothing is there. */
static int
hash(int workspace, const struct held_file *file, struct digest *ret_digest, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct stat status = {0};
	uint64_t size;
	int r;

	if (glob_is_pattern(str_of(file->path)))
		return selection_hash(workspace, str_of(file->path), NULL, ret_digest, err);
	r = file_open_beneath(
		workspace, file->path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, &fd, err);
	if (r == 0 && fstat(fd, &status) != 0)
		r = err_sys(err, "stat %s", file->path);
	if (r < 0)
		return r;
	if (file->is_tree ? !S_ISDIR(status.st_mode) : !S_ISREG(status.st_mode))
		return 0;
	r = file->is_tree ? object_hash_tree(fd, ".", NULL, ret_digest, &size, err)
			  : memo_digest(NULL, fd, ret_digest, NULL, err);
	return r < 0 ? r : 1;
}

static void
look(void *context)
{
	struct held *held = context;

	for (uint32_t i = 0; i < held->n_files; i++) {
		const struct held_file *file = &held->files[i];
		struct err why = ERR_INIT;
		struct digest now;
		int r = hash(held->engine->workspace, file, &now, &why);

		if (r > 0 && digest_equal(&now, &file->digest))
			continue;
		if (r < 0 && !held_is_of_step(r)) {
			held->failed = r;
			held->err = why;
		} else {
			held->changed = file;
		}
		return;
	}
}

static int
finish(struct held *held, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(ERR_MESSAGE_SIZE);

	if (held_is_called_off(held))
		return held_end_cancelled(held, err);
	if (!held->changed)
		return accept(held, err);
	buf_printf(&b,
		"output %.*s: %.*s in the workspace is not what was approved any more; `lily "
		"retry` makes it anew and asks again",
		STR_ARG(held->changed->name), (int)MIN(strlen(held->changed->path), 200),
		held->changed->path);
	return held_reject(held, buf_cstr(&b), err);
}

static void
on_looked(void *context)
{
	struct held *held = context;
	struct engine *engine = held->engine;
	struct err err = held->err;
	int r = held->failed;

	engine->busy--;
	held->is_looked_at = false;
	if (held->is_dropped) {
		held_free(held);
		return;
	}
	if (engine->failed)
		return;
	if (r == 0)
		r = finish(held, &err);
	try_keep_failure(engine, r, &err);
}

int
held_approve(struct held *held, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *document;
	int r = question_read(held->engine->store, &held->request, &arena, &document, err);

	if (r < 0)
		return r;
	if (!is_about(document, held))
		return held_reject(held,
			"what was approved is not what the record says was made; run lily fsck",
			err);
	list_files(document, held);
	if (!held->n_files)
		return finish(held, err);
	held->changed = NULL;
	held->engine->busy++;
	held->is_looked_at = true;
	pool_submit(held->engine->pool, look, on_looked, held);
	return 0;
}
