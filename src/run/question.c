#include "run/question.h"

#include "base/clock.h"
#include "graph/step_gates.h"
#include "graph/step_surroundings.h"
#include "run/ask.h"
#include "run/boundary.h"
#include "run/leak.h"
#include "run/question_write.h"
#include "run/record_write.h"
#include "json/json.h"

#include <stdlib.h>

_Static_assert((int)QUESTION_ANSWER == (int)QUESTION_ROW_ANSWER &&
		(int)QUESTION_START == (int)QUESTION_ROW_START &&
		(int)QUESTION_COMMIT ==
			(int)QUESTION_ROW_COMMIT, /* and failures, that none declares */
	"one kind, two names");

#define APPROVAL_MAX ((size_t)256 << 10)
#define DOCUMENT_MAX ((size_t)4 << 20)

/* --- request.v1, members in the order of their names --- */

/* What is run, as it stands in the plan with its values; of an input the name, not the place. */
static int
add_argv(const struct values *values, const struct step *step, struct buf *b, struct err *err)
{
	struct values shown = *values;

	shown.in_dir = "$LILY_IN";
	buf_add_cstr(b, "\"argv\":[");
	for (uint32_t i = 0; i < step->n_argv; i++) {
		struct str text;
		int r = values_text(&shown, &step->argv[i], &text, err);

		if (r < 0)
			return err_wrap(err, "argument %u", i);
		if (i)
			buf_add_char(b, ',');
		json_write_string(text, b);
	}
	buf_add_cstr(b, "],");
	return 0;
}

/* By name and digest: what they hold may be nobody's business. */
static void
add_variable(struct str name, struct str text, struct buf *b)
{
	struct digest digest;

	digest_of(text.p, text.n, &digest);
	json_write_string(name, b);
	buf_add_char(b, ':');
	record_add_digest(b, &digest);
}

static int
add_entries(const struct values *values, const struct env_entry *entries, uint32_t n,
	const char **between, struct buf *b, struct err *err)
{
	for (uint32_t i = 0; i < n; i++) {
		struct str text;
		int r = values_text(values, &entries[i].value, &text, err);

		if (r < 0)
			return err_wrap(err, "env %.*s", STR_ARG(entries[i].name));
		buf_add_cstr(b, *between);
		add_variable(entries[i].name, text, b);
		*between = ",";
	}
	return 0;
}

/* What the program is told beside its arguments, and where it starts: of the workflow and of the step each
 * by itself, in the order in which the one is put over the other. */
static int
add_surroundings(
	const struct values *values, const struct step *step, struct buf *b, struct err *err)
{
	const struct step_settings *settings = step->settings;
	struct values shown = *values;
	const char *between = "";
	struct str cwd = STR(".");
	int r = 0;

	shown.in_dir = "$LILY_IN";
	if (step->surroundings && step->surroundings->has_cwd)
		r = values_text(&shown, &step->surroundings->cwd, &cwd, err);
	if (r < 0)
		return err_wrap(err, "cwd");
	buf_add_cstr(b, ",\"cwd\":");
	json_write_string(cwd, b);
	buf_add_cstr(b, ",\"env\":{");
	r = add_entries(&shown, step->env, step->n_env, &between, b, err);
	between = "";
	buf_add_cstr(b, "},\"env_of_workflow\":{");
	if (r == 0)
		r = add_entries(&shown, settings->env, settings->n_env, &between, b, err);
	between = "";
	buf_add_cstr(b, "},\"env_passed\":{");
	for (uint32_t i = 0; r == 0 && i < settings->n_pass_env; i++) {
		const char *text = getenv(arena_cstr(values->arena, settings->pass_env[i]));

		if (!text)
			continue;
		buf_add_cstr(b, between);
		add_variable(settings->pass_env[i], str_of(text), b);
		between = ",";
	}
	buf_add_char(b, '}');
	return r;
}

static void
add_by(const struct step_question *question, struct buf *b)
{
	if (!question->n_by)
		return;
	for (uint32_t i = 0; i < question->n_by; i++) {
		buf_add_cstr(b, i ? "," : ",\"by\":[");
		json_write_string(question->by[i], b);
	}
	buf_add_char(b, ']');
}

/* path: where it lies in the workspace, or empty. */
static void
add_placed(struct buf *b, bool is_tree, struct str name, struct str path,
	const struct digest *digest, uint64_t size)
{
	buf_printf(b, "{\"dir\":%s,\"name\":", is_tree ? "true" : "false");
	json_write_string(name, b);
	if (path.n) {
		buf_add_cstr(b, ",\"path\":");
		json_write_string(path, b);
	}
	buf_add_cstr(b, ",\"sha256\":");
	record_add_digest(b, digest);
	buf_add_cstr(b, ",\"size\":");
	buf_add_u64(b, size);
	buf_add_char(b, '}');
}

static void
add_thing(struct buf *b, bool is_tree, struct str name, const struct digest *digest,
	uint64_t size)
{
	add_placed(b, is_tree, name, STR_EMPTY, digest, size);
}

int
question_add_candidates(const struct values *values, const struct outputs *outputs,
	struct buf *b, struct err *err)
{
	const char *between = "";

	buf_add_cstr(b, ",\"candidates\":[");
	for (uint32_t i = 0; i < outputs->n; i++) {
		const struct output_found *found = &outputs->items[i];
		struct str path = STR_EMPTY;
		int r = 0;

		if (!found->present)
			continue;
		if (found->declared->has_path)
			r = values_text(values, &found->declared->path, &path, err);
		if (r < 0)
			return err_wrap(err, "output %.*s", STR_ARG(found->declared->name));
		buf_add_cstr(b, between);
		add_placed(b, found->is_tree, found->declared->name, path,
			&found->artifact.digest, found->artifact.size);
		between = ",";
	}
	buf_add_char(b, ']');
	return 0;
}

void
question_add_gates(const struct record_gates *gates, struct buf *b)
{
	buf_add_cstr(b, ",\"gates\":[");
	for (size_t i = 0; i < gates->n; i++) {
		const struct record_gate *gate = &gates->items[i];

		buf_add_cstr(b, i ? ",{\"definition\":" : "{\"definition\":");
		record_add_digest(b, &gate->gate->definition);
		buf_add_cstr(b, ",\"gate\":");
		json_write_string(gate->gate->name, b);
		buf_printf(b, ",\"required\":%s,\"result\":",
			gate->gate->required ? "true" : "false");
		record_add_digest(b, &gate->result.digest);
		buf_printf(b, ",\"status\":\"%s\"}", gate->status);
	}
	buf_add_char(b, ']');
}

void
question_add_log(const struct record_log *log, struct buf *b)
{
	buf_add_cstr(b, ",\"log\":{\"sha256\":");
	record_add_digest(b, &log->digest);
	buf_add_cstr(b, ",\"size\":");
	buf_add_u64(b, log->size);
	buf_add_char(b, '}');
}

static void
add_inputs(const struct inputs *inputs, struct buf *b)
{
	const char *between = "";

	buf_add_cstr(b, "\"inputs\":[");
	for (uint32_t i = 0; inputs && i < inputs->n; i++) {
		const struct input_found *found = &inputs->items[i];

		if (!found->present)
			continue;
		buf_add_cstr(b, between);
		add_thing(b, found->is_tree, found->artifact.name, &found->artifact.digest,
			found->artifact.size);
		between = ",";
	}
	buf_add_cstr(b, "],");
}

/* "STEP.OUT", or the name of an input of the workflow. */
static struct str
name_of(const struct values *values, const struct reference *reference)
{
	const struct step *step;

	if (reference->kind == REFERENCE_INPUT)
		return reference->name;
	step = &values->graph->steps[values_target(values, reference)];
	return str_of(arena_printf(values->arena, "%.*s.%.*s", STR_ARG(step->name),
		STR_ARG(step->outputs[reference->output].name)));
}

/* What is not there is not shown: a step that may have been skipped. */
static void
add_show(const struct values *values, const struct step_question *question, struct buf *b)
{
	const char *between = "";

	buf_add_cstr(b, ",\"show\":[");
	for (uint32_t i = 0; i < question->n_show; i++) {
		struct artifact_taken taken;

		if (!values_artifact(values, &question->show[i], &taken))
			continue;
		buf_add_cstr(b, between);
		add_thing(b, taken.is_tree, name_of(values, &question->show[i]), &taken.digest,
			taken.size);
		between = ",";
	}
	buf_add_char(b, ']');
}

static int
write_members(const struct values *values, const struct step *step, const struct inputs *inputs,
	const struct question_attempt *attempt, struct question_document *document,
	struct err *err)
{
	const struct step_question *question = step->question;
	const struct step_schema *schema = step_is_human(step) ? step->outputs[0].schema : NULL;
	struct buf *b = &document->text;
	int r = values_text(values, &question->text, &document->ask, err);

	if (r < 0)
		return err_wrap(err, "ask");
	buf_add_char(b, '{');
	if (!step_is_human(step))
		r = add_argv(values, step, b, err);
	if (r < 0)
		return r;
	buf_add_cstr(b, "\"ask\":");
	json_write_string(document->ask, b);
	if (attempt)
		record_add_number(b, ",\"attempt\":", attempt->number);
	add_by(question, b);
	if (attempt)
		r = question_add_candidates(values, attempt->outputs, b, err);
	if (r == 0 && !step_is_human(step))
		r = add_surroundings(values, step, b, err);
	if (r < 0)
		return r;
	if (question->expires_us)
		buf_printf(b, ",\"expires_us\":%lld", (long long)question->expires_us);
	if (attempt)
		question_add_gates(&attempt->gates, b);
	buf_add_char(b, ',');
	add_inputs(inputs, b);
	buf_printf(b, "\"kind\":\"%s\"",
		question_row_kind_name((enum question_row_kind)question->kind));
	if (attempt && attempt->log)
		question_add_log(attempt->log, b);
	buf_add_cstr(b, ",\"plan\":");
	record_add_digest(b, &values->graph->digest);
	buf_printf(b, ",\"run_id\":\"%s\"", values->run_id);
	if (schema) {
		buf_add_cstr(b, ",\"schema\":");
		json_write_string(schema->id, b);
		buf_add_cstr(b, ",\"schema_sha256\":");
		record_add_digest(b, &schema->digest);
	}
	add_show(values, question, b);
	buf_add_cstr(b, ",\"step\":");
	json_write_string(step->name, b);
	if (values->visit > 1)
		record_add_number(b, ",\"visit\":", values->visit);
	buf_add_cstr(b, ",\"workflow\":");
	json_write_string(values->graph->name, b);
	buf_add_char(b, '}');
	return 0;
}

int
question_write(const struct values *values, uint32_t step, const struct inputs *inputs,
	const struct question_attempt *attempt, struct question_document *document,
	struct err *err)
{
	struct str secret = STR_EMPTY;
	int r = write_members(
		values, &values->graph->steps[step], inputs, attempt, document, err);

	if (r == 0)
		r = buf_check(&document->text, "the question", err);
	if (r == 0 && values->redactor)
		secret = leak_search_bytes(values->redactor, buf_str(&document->text));
	if (secret.n)
		r = err_set(err, ERR_INVALID,
			"the question would show the value of secret %.*s, which nothing may "
			"hold that is kept",
			STR_ARG(secret));
	if (r == 0)
		digest_of(document->text.p, document->text.n, &document->digest);
	return r;
}

/* --- what is said --- */

/* NAME of a pattern in which one part, an item's key, may be anything. */
static bool
fits(struct str pattern, struct str name)
{
	while (pattern.n || name.n) {
		struct str wanted = str_cut(pattern, '/', &pattern);
		struct str part = str_cut(name, '/', &name);

		if (!str_equal(wanted, part) && (!str_is(wanted, "*") || !part.n))
			return false;
	}
	return true;
}

uint32_t
question_template(const struct graph *graph, struct str name)
{
	uint32_t step = graph_find(graph, name);

	for (uint32_t i = 0; step == STEP_NONE && i < graph->n_planned; i++)
		if (graph->steps[i].template_of && fits(graph->steps[i].name, name))
			step = i;
	return step;
}

static bool
may_say(const struct step_question *question, struct str account)
{
	for (uint32_t i = 0; i < question->n_by; i++)
		if (str_equal(question->by[i], account))
			return true;
	return !question->n_by;
}

static int
check_answer(struct store *store, const struct graph *graph, const struct step_output *output,
	const struct digest *answer, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf bytes = BUF_INIT(QUESTION_ANSWER_MAX);
	struct boundary *boundary = boundary_new(store, graph);
	struct faults faults = FAULTS_INIT(&arena);
	const struct schema *schema = NULL;
	struct payload payload = {
		.port = FAULT_OUTPUT, .name = output->name, .format = PAYLOAD_JSON};
	int r = object_get(store, answer, &bytes, err);

	payload.bytes = buf_str(&bytes);
	if (r == 0)
		r = boundary_schema(boundary, output->schema, &schema, err);
	if (r == 0)
		r = payload_check(&payload, schema, boundary_checker(boundary), &faults, err);
	if (r == 0 && faults.n)
		r = err_set(err, ERR_INVALID, "the answer is not valid by %.*s: %.*s%s%.*s",
			STR_ARG(output->schema->id), STR_ARG(faults.items[0].instance),
			faults.items[0].instance.n ? ": " : "",
			STR_ARG(faults.items[0].message));
	boundary_free(boundary);
	return MIN(r, 0);
}

int
question_check_word(struct store *store, const struct graph *graph, uint32_t step,
	const struct ask_word *word, struct err *err)
{
	const struct step *node = step == STEP_NONE ? NULL : &graph->steps[step];
	bool wants_answer =
		node && node->question && step_is_human(node) && node->outputs[0].schema;

	if (!node || !node->question)
		return err_set(err, ERR_NOT_FOUND, "the step asks nobody anything");
	if (!may_say(node->question, word->account))
		return err_set(err, ERR_DENIED,
			"%.*s may not say it: only the accounts that `by` names (%.*s%s)",
			STR_ARG(word->account), STR_ARG(node->question->by[0]),
			node->question->n_by > 1 ? ", …" : "");
	switch (word->verdict) {
	case QUESTION_REFUSED: return 0;
	case QUESTION_ACCEPTED:
		if (!wants_answer)
			return 0;
		return err_set(err, ERR_INVALID,
			"it asks for an answer that is valid by %.*s: `lily answer`",
			STR_ARG(node->outputs[0].schema->id));
	case QUESTION_ANSWERED:
		if (wants_answer && word->has_answer)
			return check_answer(
				store, graph, &node->outputs[0], &word->answer, err);
		return err_set(err, ERR_INVALID,
			"it asks for yes or no: `lily approve` or `lily reject`");
	case QUESTION_OPEN:
	case QUESTION_EXPIRED:
	case QUESTION_VOID: break;
	}
	return err_set(err, ERR_INVALID, "that is nothing that somebody can say");
}

int
question_write_approval(struct store *store, const struct uuid *run, struct str step,
	const struct ask_word *word, struct record_artifact *artifact, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(APPROVAL_MAX);
	char id[UUID_TEXT_SIZE];
	char time[CLOCK_TEXT_SIZE];
	int r;

	buf_add_cstr(&b, "{\"account\":");
	json_write_string(word->account, &b);
	if (word->has_answer) {
		buf_add_cstr(&b, ",\"answer\":");
		record_add_digest(&b, &word->answer);
	}
	buf_printf(&b, ",\"at\":\"%s\"", clock_to_text(word->at_us, time));
	if (word->reason.n) {
		buf_add_cstr(&b, ",\"reason\":");
		json_write_string(word->reason, &b);
	}
	buf_add_cstr(&b, ",\"request\":");
	json_write_string(word->request, &b);
	buf_printf(&b, ",\"run_id\":\"%s\",\"step\":", uuid_to_text(run, id));
	json_write_string(step, &b);
	buf_add_cstr(&b, ",\"uid\":");
	json_write_string(word->uid, &b);
	buf_printf(&b, ",\"verdict\":\"%s\",\"way\":", question_state_name(word->verdict));
	json_write_string(word->way, &b);
	buf_add_char(&b, '}');
	artifact->size = b.n;
	r = buf_check(&b, "the approval", err);
	return r < 0 ? r : object_put(store, buf_str(&b), &artifact->digest, err);
}

int
question_read(struct store *store, const struct digest *digest, struct arena *arena,
	const struct value **ret_document, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(DOCUMENT_MAX);
	struct source source = {.name = "document"};
	int r = object_get(store, digest, &text, err);

	/* An event that was taken names it. */
	if (r == ERR_NOT_FOUND)
		r = err_set(err, ERR_CORRUPT,
			"the document that says what was asked or said is gone from the store; "
			"run "
			"lily fsck");
	source.text = buf_str(&text);
	return r < 0 ? r : json_parse(arena, &source, 0, NULL, ret_document, err);
}

int
question_read_ask(struct store *store, const struct digest *request, struct arena *arena,
	struct str *ret_ask, struct err *err)
{
	const struct value *document;
	const struct value *ask;
	int r = question_read(store, request, arena, &document, err);

	if (r < 0)
		return r;
	ask = value_get(document, STR("ask"));
	*ret_ask = ask ? value_text(ask) : STR_EMPTY;
	return 0;
}

int
question_add_word(struct store *store, const struct digest *approval, const char *what,
	struct buf *b, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *document;
	const struct value *account;
	const struct value *reason;
	int r = question_read(store, approval, &arena, &document, err);

	if (r < 0)
		return r;
	account = value_get(document, STR("account"));
	reason = value_get(document, STR("reason"));
	buf_printf(b, "%.*s said %s", account ? (int)MIN(account->n, 64) : 8,
		account ? account->text : "a person", what);
	if (reason)
		buf_printf(
			b, ": %.*s", (int)MIN(reason->n, ERR_MESSAGE_SIZE / 2), reason->text);
	return 0;
}

int
question_add_refusal(
	struct store *store, const struct digest *approval, struct buf *b, struct err *err)
{
	return question_add_word(store, approval, "no", b, err);
}
