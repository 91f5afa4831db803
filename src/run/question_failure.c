/* request.v1 about an attempt that has failed, and what may be said of it. */
#include "run/ask.h"
#include "run/leak.h"
#include "run/question.h"
#include "run/question_write.h"
#include "run/record_write.h"
#include "json/json.h"

static const enum route_action actions[] = {
	ROUTE_TO_ABORT, ROUTE_TO_CONTINUE, ROUTE_TO_RETRY, ROUTE_TO_SKIP};

static void
add_answers(unsigned may, struct buf *b)
{
	const char *between = "";

	buf_add_cstr(b, "\"answers\":[");
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (!(may & 1U << actions[i]))
			continue;
		buf_printf(b, "%s\"%s\"", between, route_actions.names[actions[i]]);
		between = ",";
	}
	buf_add_char(b, ']');
}

static void
add_failure(const struct question_failure *failure, struct buf *b)
{
	buf_printf(b, ",\"failure\":{\"class\":\"%s\"", failure->class);
	if (failure->exit_code >= 0)
		record_add_number(b, ",\"exit\":", failure->exit_code);
	buf_add_cstr(b, ",\"message\":");
	record_add_message(b, failure->message);
	buf_add_char(b, '}');
}

/* In the order of their names. */
static int
write_members(const struct values *values, const struct step *step,
	const struct question_attempt *attempt, const struct question_failure *failure,
	struct question_document *document, struct err *err)
{
	struct buf *b = &document->text;
	int r;

	document->ask = failure->words.n
		? failure->words
		: str_of(arena_printf(values->arena, "Step %.*s has failed. What now?",
			  STR_ARG(step->name)));
	buf_add_char(b, '{');
	add_answers(failure->may, b);
	buf_add_cstr(b, ",\"ask\":");
	json_write_string(document->ask, b);
	record_add_number(b, ",\"attempt\":", attempt->number);
	r = question_add_candidates(values, attempt->outputs, b, err);
	if (r < 0)
		return r;
	add_failure(failure, b);
	question_add_gates(&attempt->gates, b);
	buf_add_cstr(b, ",\"inputs\":[],\"kind\":\"failure\"");
	if (attempt->log)
		question_add_log(attempt->log, b);
	buf_add_cstr(b, ",\"plan\":");
	record_add_digest(b, &values->graph->digest);
	record_add_text(b, ",\"rule\":", failure->rule);
	buf_printf(b, ",\"run_id\":\"%s\",\"show\":[],\"step\":", values->run_id);
	json_write_string(step->name, b);
	buf_add_cstr(b, ",\"workflow\":");
	json_write_string(values->graph->name, b);
	buf_add_char(b, '}');
	return 0;
}

int
question_write_failure(const struct values *values, uint32_t step,
	const struct question_attempt *attempt, const struct question_failure *failure,
	struct question_document *document, struct err *err)
{
	int r = write_members(
		values, &values->graph->steps[step], attempt, failure, document, err);

	if (r == 0)
		r = buf_check(&document->text, "the question", err);
	if (r == 0)
		digest_of(document->text.p, document->text.n, &document->digest);
	return r;
}

/* --- what is said --- */

int
question_read_action(struct store *store, const struct digest *answer,
	enum route_action *ret_action, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *word;
	uint32_t action;
	int r = question_read(store, answer, &arena, &word, err);

	if (r < 0)
		return r;
	if (word->kind != VALUE_STRING ||
		!terms_find(&route_actions, value_text(word), &action))
		return err_set(
			err, ERR_CORRUPT, "what was answered is no decision; run lily fsck");
	*ret_action = (enum route_action)action;
	return 0;
}

static bool
is_offered(const struct value *answers, struct str word)
{
	for (uint32_t i = 0; answers && answers->kind == VALUE_ARRAY && i < answers->n; i++)
		if (str_equal(value_text(&answers->items[i]), word))
			return true;
	return false;
}

static int
refuse(const struct value *answers, struct str word, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(ERR_MESSAGE_SIZE);

	for (uint32_t i = 0; answers && i < answers->n; i++)
		buf_printf(&b, "%s`lily answer … %.*s`", i ? ", " : "",
			STR_ARG(value_text(&answers->items[i])));
	if (str_is(word, "continue") || str_is(word, "skip"))
		return err_set(err, ERR_INVALID,
			"nobody can let pass what a required gate did not: %s or `lily reject`",
			buf_cstr(&b));
	if (str_is(word, "retry"))
		return err_set(err, ERR_INVALID,
			"no attempt is left for it, or its failure is none that another would "
			"mend: %s or `lily reject`",
			buf_cstr(&b));
	return err_set(err, ERR_INVALID, "\"%.*s\" is none of its answers: %s or `lily reject`",
		(int)MIN(word.n, 60), word.p, buf_cstr(&b));
}

int
question_check_failure_word(struct store *store, const struct ask_word *word, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *document;
	const struct value *answer = NULL;
	const struct value *answers;
	struct str said = STR("continue");
	struct digest request;
	int r;

	if (word->verdict == QUESTION_REFUSED)
		return 0;
	if (!digest_parse(word->request, &request) ||
		(word->verdict == QUESTION_ANSWERED) != word->has_answer)
		return err_set(err, ERR_INVALID, "that is nothing that somebody can say");
	r = question_read(store, &request, &arena, &document, err);
	if (r == 0 && word->has_answer)
		r = question_read(store, &word->answer, &arena, &answer, err);
	if (r < 0)
		return r;
	if (answer)
		said = answer->kind == VALUE_STRING ? value_text(answer) : STR("?");
	answers = value_get(document, STR("answers"));
	return is_offered(answers, said) ? 0 : refuse(answers, said, err);
}
