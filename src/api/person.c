#include "lily/person.h"

#include "api/account.h"
#include "api/handle.h"
#include "api/outside.h"
#include "base/clock.h"
#include "run/ask.h"
#include "run/prepare.h"
#include "run/question.h"
#include "store/object.h"
#include "store/request.h"
#include "trace/inbox.h"
#include "json/json.h"

#include <unistd.h>

#define PAYLOAD_MAX ((size_t)64 << 10)

int
lily_inbox(struct lily_store *store, const char *address, const char *step,
	struct lily_document **ret_document, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	struct run_row run;
	int r = address ? store_find_run(store, address, &arena, &run, &err) : 0;

	store_settle(store);
	if (r == 0)
		r = inbox_list(store->store, address ? &run : NULL, str_of(step ? step : ""),
			&document->arena, &document->root, &err);
	/* Without a run a step is one of the newest, where it is of none that asks. */
	if (r == 0 && step && !value_get(document->root, STR("questions"))->n) {
		if (!address)
			r = store_find_run(store, NULL, &arena, &run, &err);
		if (r == 0)
			r = inbox_check_step(store->store, &run, str_of(step), &err);
	}
	return document_give(document, r, &err, ret_document, error);
}

/* The digest of a thing of that name among those of a member. */
static bool
find_thing(const struct value *question, const char *member, struct str name,
	struct digest *ret_digest)
{
	const struct value *things = value_get(question, str_of(member));

	for (uint32_t i = 0; things && things->kind == VALUE_ARRAY && i < things->n; i++) {
		const struct value *thing = &things->items[i];
		const struct value *its_name = value_get(thing, STR("name"));
		const struct value *digest = value_get(thing, STR("sha256"));

		if (its_name && digest && str_equal(value_text(its_name), name))
			return digest_parse(value_text(digest), ret_digest);
	}
	return false;
}

/* What a question is about, by lists of its document, and what is written before a name to say which. */
static const struct {
	const char *member;
	const char *prefix;
} evidence[] = {
	{"candidates", "out."},
	{"inputs", "in."},
	{"show", "show."},
};

static bool
find_in(const struct value *question, size_t list, struct str name, struct digest *ret_digest)
{
	struct str prefix = str_of(evidence[list].prefix);

	if (find_thing(question, evidence[list].member, name, ret_digest))
		return true;
	if (!str_starts(name, prefix))
		return false;
	return find_thing(question, evidence[list].member,
		(struct str){name.p + prefix.n, name.n - prefix.n}, ret_digest);
}

/* Of two things with one name none is taken for the other. */
static int
find_shown(const struct value *question, const char *step, struct str name,
	struct digest *ret_digest, struct err *err)
{
	size_t found = ARRAY_SIZE(evidence);

	for (size_t i = 0; i < ARRAY_SIZE(evidence); i++) {
		struct digest digest;

		if (!find_in(question, i, name, &digest))
			continue;
		if (found < ARRAY_SIZE(evidence) && !digest_equal(&digest, ret_digest))
			return err_set(err, ERR_INVALID,
				"\"%.*s\" names two things that differ: write %s%.*s or "
				"%s%.*s",
				STR_ARG(name), evidence[found].prefix, STR_ARG(name),
				evidence[i].prefix, STR_ARG(name));
		*ret_digest = digest;
		found = i;
	}
	if (found < ARRAY_SIZE(evidence))
		return 0;
	return err_set(err, ERR_NOT_FOUND,
		"the question of step \"%s\" is not about \"%.*s\"; `lily inbox` shows what it "
		"is about",
		step, (int)MIN(name.n, 100), name.p);
}

static int
find_evidence(struct lily_store *store, const struct run_row *run, const char *step,
	const char *name, struct digest *ret_digest, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *list;
	const struct value *question;
	int r = inbox_list(store->store, run, str_of(step), &arena, &list, err);

	if (r < 0)
		return r;
	list = value_get(list, STR("questions"));
	if (!list->n) {
		r = inbox_check_step(store->store, run, str_of(step), err);
		return r < 0
			? r
			: err_set(err, ERR_NOT_FOUND, "step \"%s\" asks nothing now", step);
	}
	question = &list->items[0];
	if (!name) {
		if (!digest_parse(value_text(value_get(question, STR("request"))), ret_digest))
			BUG("a question without a request");
		return 0;
	}
	return find_shown(question, step, str_of(name), ret_digest, err);
}

int
lily_question_open(struct lily_store *store, const char *address, const char *step,
	const char *name, int *ret_fd, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct digest digest;
	struct run_row run;
	int r = store_find_run(store, address, &arena, &run, &err);

	if (r == 0)
		r = find_evidence(store, &run, step, name, &digest, &err);
	if (r == 0)
		r = object_open(store->store, &digest, ret_fd, NULL, &err);
	return r < 0 ? error_give(&err, error) : 0;
}

/* What somebody says, on its way. */
struct saying {
	struct lily_store *store;
	const struct lily_word *word;
	struct arena arena;
	struct run_row run;
	struct question_row question;
	struct ask_word said;
};

static int
find_question(struct saying *x, struct str step, struct err *err)
{
	struct question_row *rows;
	char id[UUID_TEXT_SIZE];
	size_t n;
	int r = question_list_open(x->store->store, &x->arena, &rows, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].run != x->run.number || !str_equal(rows[i].name, step))
			continue;
		x->question = rows[i];
		if (!rows[i].until_us || rows[i].until_us > clock_utc_us())
			return 0;
		return err_set(err, ERR_NOT_FOUND,
			"the question of step \"%.*s\" has expired; `lily resume %.8s` goes on",
			STR_ARG(step), uuid_to_text(&x->run.id, id));
	}
	r = inbox_check_step(x->store->store, &x->run, step, err);
	if (r < 0)
		return r;
	return err_set(err, ERR_NOT_FOUND,
		"step \"%.*s\" of run %.8s asks nothing now; `lily inbox` shows what is asked",
		(int)MIN(step.n, 150), step.p, uuid_to_text(&x->run.id, id));
}

static int
keep_answer(struct saying *x, struct err *err)
{
	struct str answer = str_of(x->word->answer ? x->word->answer : "");
	struct source source = {.name = "answer"};
	const struct value *value;
	int r;

	/* What becomes of a failure is a bare word. */
	if (x->question.kind == QUESTION_ROW_FAILURE && str_is_name(answer))
		answer = str_of(arena_printf(&x->arena, "\"%.*s\"", STR_ARG(answer)));
	source.text = answer;
	if (answer.n > QUESTION_ANSWER_MAX)
		return err_set(
			err, ERR_LIMIT, "an answer has at most %zu bytes", QUESTION_ANSWER_MAX);
	r = json_parse(&x->arena, &source, JSON_UNIQUE_KEYS, NULL, &value, err);
	if (r == 0)
		r = object_put(x->store->store, answer, &x->said.answer, err);
	x->said.has_answer = r == 0;
	return r;
}

static int
make_word(struct saying *x, struct err *err)
{
	static const enum question_state verdicts[] = {
		[LILY_VERDICT_ACCEPT] = QUESTION_ACCEPTED,
		[LILY_VERDICT_ANSWER] = QUESTION_ANSWERED,
		[LILY_VERDICT_REJECT] = QUESTION_REFUSED};
	const struct lily_word *word = x->word;
	char hex[DIGEST_HEX_SIZE];

	if ((unsigned)word->verdict >= ARRAY_SIZE(verdicts))
		return err_set(err, ERR_INVALID, "that is no verdict");
	x->said.verdict = verdicts[word->verdict];
	x->said.reason = str_of(word->reason ? word->reason : "");
	x->said.way = str_of(word->way ? word->way : "api");
	x->said.at_us = clock_utc_us();
	x->said.request =
		arena_str(&x->arena, str_of(digest_to_hex(&x->question.request, hex)));
	if (!str_is_utf8(x->said.reason, NULL) || !str_is_utf8(x->said.way, NULL))
		return err_set(err, ERR_INVALID, "the reason must be UTF-8");
	if (word->request && !str_is(x->said.request, word->request))
		return err_set(err, ERR_NOT_FOUND,
			"something else is asked by now (request %.8s); look at it again: "
			"`lily "
			"inbox`",
			hex);
	x->said.uid = str_of(arena_printf(&x->arena, "%u", (unsigned)geteuid()));
	x->said.account = account_name(&x->arena);
	return word->verdict == LILY_VERDICT_ANSWER ? keep_answer(x, err) : 0;
}

static int
check(struct saying *x, struct err *err)
{
	struct graph *graph = NULL;
	int r;

	if (x->question.kind == QUESTION_ROW_FAILURE)
		return question_check_failure_word(x->store->store, &x->said, err);
	r = prepare_load(x->store->store, &x->run.plan, &graph, err);

	/* Steps of items are not there before the graph has grown: their template says the same. */
	if (r == 0)
		r = question_check_word(x->store->store, graph,
			question_template(graph, x->question.name), &x->said, err);
	graph_free(graph);
	return r;
}

static void
add_text(struct buf *b, const char *key, struct str text)
{
	buf_add_cstr(b, key);
	json_write_string(text, b);
}

/* Only one word can be the first, and whoever said another has to be told. */
static int
refuse_second(struct saying *x, const struct request *first, struct err *err)
{
	struct source source = {.name = "request", .text = first->payload};
	const struct value *said;
	const struct value *account;
	const struct value *verdict;
	char id[UUID_TEXT_SIZE];
	int r = json_parse(&x->arena, &source, 0, NULL, &said, err);

	if (r < 0)
		return r;
	account = value_get(said, STR("account"));
	verdict = value_get(said, STR("verdict"));
	return err_set(err, ERR_INVALID,
		"%.*s has said something of it already (%.*s), which counts; `lily resume "
		"%.8s` "
		"goes on",
		account ? (int)MIN(account->n, 64) : 8, account ? account->text : "somebody",
		verdict ? (int)MIN(verdict->n, 16) : 0, verdict ? verdict->text : "",
		uuid_to_text(&x->run.id, id));
}

static int
put(struct saying *x, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(PAYLOAD_MAX);
	struct request first;
	struct str about = str_of(
		arena_printf(&x->arena, "\"request\":\"%.*s\"", STR_ARG(x->said.request)));
	char hex[DIGEST_HEX_SIZE];
	int r;

	add_text(&b, "{\"account\":", x->said.account);
	if (x->said.has_answer)
		buf_printf(&b, ",\"answer\":\"%s\"", digest_to_hex(&x->said.answer, hex));
	if (x->said.reason.n)
		add_text(&b, ",\"reason\":", x->said.reason);
	add_text(&b, ",\"request\":", x->said.request);
	add_text(&b, ",\"step\":", x->question.name);
	add_text(&b, ",\"uid\":", x->said.uid);
	add_text(&b, ",\"verdict\":", str_of(question_state_name(x->said.verdict)));
	add_text(&b, ",\"way\":", x->said.way);
	buf_add_char(&b, '}');
	r = buf_check(&b, "the reason", err);
	if (r == 0)
		r = request_put_first(x->store->store, x->run.number, STR("answer"),
			buf_str(&b), about, &x->arena, &first, err);
	if (r < 0)
		return r;
	return r == 0 ? refuse_second(x, &first, err) : 0;
}

int
lily_run_answer(struct lily_store *store, const char *address, const char *step,
	const struct lily_word *word, struct lily_error *error)
{
	struct saying x = {.store = store, .word = word, .arena = ARENA_INIT};
	struct err err = ERR_INIT;
	int r = store_need_write(store, &err);

	if (r == 0)
		r = outside_need(store, &err);
	if (r == 0)
		r = store_find_run(store, address, &x.arena, &x.run, &err);
	if (r == 0)
		r = find_question(&x, str_of(step), &err);
	if (r == 0)
		r = make_word(&x, &err);
	if (r == 0)
		r = check(&x, &err);
	if (r == 0)
		r = put(&x, &err);
	arena_done(&x.arena);
	return r < 0 ? error_give(&err, error) : 0;
}
