#include "run/announcement.h"

#include "base/clock.h"
#include "run/question.h"
#include "store/once.h"
#include "store/stats.h"
#include "json/builder.h"
#include "json/json.h"

/* How lily ends after a run (lily(1), "EXIT STATUS"). */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_GATE = 4,
	EXIT_WAITING = 6,
	EXIT_CANCELLED = 7,
	EXIT_LIMIT = 8,
	EXIT_TIMEOUT = 124
};

struct writer {
	const struct announcement *announcement;
	struct builder b;
	struct arena arena;
	struct run_row run;
	struct attempt_row *failed;
	size_t n_failed;
};

static void
add_text(struct writer *w, const char *key, struct str text)
{
	if (text.n)
		builder_text(&w->b, key, text);
	else
		builder_null(&w->b, key);
}

static void
add_time(struct writer *w, const char *key, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	if (us)
		builder_cstr(&w->b, key, clock_to_text(us, text));
	else
		builder_null(&w->b, key);
}

static void
add_uuid(struct writer *w, const char *key, const struct uuid *id)
{
	char text[UUID_TEXT_SIZE];

	builder_cstr(&w->b, key, uuid_to_text(id, text));
}

static int exit_of_class(struct str class)
{
	static const struct {
		const char *class;
		int code;
	} codes[] = {{"gate", EXIT_GATE}, {"budget", EXIT_LIMIT}, {"limit", EXIT_LIMIT},
		{"timeout", EXIT_TIMEOUT}};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (str_is(class, codes[i].class))
			return codes[i].code;
	return EXIT_FAILED;
}

/* Of several codes the first of these. */
static int
worse(int a, int b)
{
	static const int order[] = {EXIT_GATE, EXIT_LIMIT, EXIT_TIMEOUT};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return EXIT_FAILED;
}

static int
exit_of_failures(const struct writer *w)
{
	int worst = w->run.stops & ~(unsigned)(RUN_STOP_CANCEL | RUN_STOP_FINALLY)
		? EXIT_LIMIT
		: EXIT_FAILED;

	for (size_t i = 0; i < w->n_failed; i++)
		if (!w->failed[i].tolerated)
			worst = worse(worst, exit_of_class(w->failed[i].class));
	return worst;
}

static int
exit_code(const struct writer *w)
{
	switch (w->announcement->event) {
	case NOTIFY_WAITING: return EXIT_WAITING;
	case NOTIFY_CANCELLED: return EXIT_CANCELLED;
	case NOTIFY_SUCCEEDED: return EXIT_DONE;
	case NOTIFY_FAILED:
	case NOTIFY_EVENT_COUNT: break;
	}
	return exit_of_failures(w);
}

static void
add_steps(struct writer *w)
{
	const struct run_row *run = &w->run;
	const struct {
		const char *state;
		uint64_t n;
	} counts[] = {{"total", run->steps}, {"succeeded", run->succeeded},
		{"failed", run->failed}, {"blocked", run->blocked},
		{"cancelled", run->cancelled}, {"adopted", run->adopted},
		{"reused", run->reused}, {"skipped", run->skipped}, {"unknown", run->unknown}};

	builder_object(&w->b, "steps");
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		builder_u64(&w->b, counts[i].state, counts[i].n);
	builder_end(&w->b);
}

static void
add_failed(struct writer *w)
{
	builder_array(&w->b, "failed_steps");
	for (size_t i = 0; i < w->n_failed; i++) {
		const struct attempt_row *attempt = &w->failed[i];

		builder_object(&w->b, NULL);
		builder_text(&w->b, "step", attempt->name);
		builder_u64(&w->b, "attempt", attempt->number);
		builder_u64(&w->b, "try", attempt->try_number);
		builder_text(&w->b, "class", attempt->class);
		builder_text(&w->b, "message", attempt->message);
		if (attempt->has_exit)
			builder_i64(&w->b, "exit", attempt->exit_code);
		else
			builder_null(&w->b, "exit");
		builder_bool(&w->b, "tolerated", attempt->tolerated);
		builder_end(&w->b);
	}
	builder_end(&w->b);
	builder_u64(&w->b, "failed_steps_more",
		w->run.failed > w->n_failed ? w->run.failed - w->n_failed : 0);
}

/* Whether it has happened somebody has to say. */
static int
add_unknown_step(struct writer *w, const struct visit_row *visit, struct err *err)
{
	struct once_row key;
	int r = once_find(w->announcement->store, visit->by, &w->arena, &key, err);

	if (r < 0)
		return r;
	builder_object(&w->b, NULL);
	builder_text(&w->b, "step", visit->name);
	builder_text(&w->b, "key", visit->by);
	add_uuid(w, "run_id", &key.run_id);
	builder_u64(&w->b, "attempt", key.attempt);
	add_text(w, "why", key.note);
	builder_end(&w->b);
	return 0;
}

static int
add_unknown(struct writer *w, struct err *err)
{
	struct visit_row *visits = NULL;
	uint64_t listed = 0;
	size_t n = 0;
	int r = 0;

	if (w->run.unknown)
		r = run_visits(
			w->announcement->store, w->run.number, &w->arena, &visits, &n, err);
	builder_array(&w->b, "unknown_steps");
	for (size_t i = 0; r == 0 && i < n && listed < ANNOUNCEMENT_STEPS_MAX; i++) {
		if (!str_is(visits[i].state, "unknown"))
			continue;
		r = add_unknown_step(w, &visits[i], err);
		listed++;
	}
	builder_end(&w->b);
	builder_u64(&w->b, "unknown_steps_more", w->run.unknown - MIN(w->run.unknown, listed));
	return r;
}

/* What people are asked, and how an answer names it. */
static int
add_question(struct writer *w, const struct question_row *row, struct err *err)
{
	struct str ask;
	int r = question_read_ask(w->announcement->store, &row->request, &w->arena, &ask, err);

	if (r < 0)
		return r;
	builder_object(&w->b, NULL);
	builder_text(&w->b, "step", row->name);
	builder_cstr(&w->b, "kind", question_row_kind_name(row->kind));
	builder_text(&w->b, "ask", ask);
	builder_text(&w->b, "request",
		str_of(digest_to_hex(&row->request, (char[DIGEST_HEX_SIZE]){0})));
	builder_end(&w->b);
	return 0;
}

static int
add_questions(struct writer *w, struct err *err)
{
	struct question_row *rows = NULL;
	uint64_t more = 0;
	uint64_t listed = 0;
	size_t n = 0;
	int r = 0;

	if (w->run.waiting)
		r = question_list_open(w->announcement->store, &w->arena, &rows, &n, err);
	builder_array(&w->b, "questions");
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (rows[i].run != w->run.number)
			continue;
		if (listed < ANNOUNCEMENT_STEPS_MAX) {
			r = add_question(w, &rows[i], err);
			listed++;
		} else {
			more++;
		}
	}
	builder_end(&w->b);
	builder_u64(&w->b, "questions_more", more);
	return r;
}

static void
add_exhausted(struct writer *w)
{
	static const struct {
		const char *bound;
		enum run_stop stop;
	} bounds[] = {{"attempts", RUN_STOP_ATTEMPTS}, {"transitions", RUN_STOP_TRANSITIONS},
		{"wall", RUN_STOP_WALL}};

	builder_array(&w->b, "exhausted");
	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++)
		if (w->run.stops & bounds[i].stop)
			builder_cstr(&w->b, NULL, bounds[i].bound);
	builder_end(&w->b);
}

static void
add_run(struct writer *w)
{
	const struct announcement *announcement = w->announcement;
	const struct run_row *run = &w->run;
	int64_t now = clock_utc_us();

	builder_cstr(&w->b, "schema", "notification.v1");
	builder_cstr(&w->b, "event", notify_event_name(announcement->event));
	builder_u64(&w->b, "number", announcement->n);
	add_time(w, "time", now);
	add_uuid(w, "run_id", &run->id);
	builder_text(&w->b, "workflow", run->workflow);
	builder_text(&w->b, "kind", run->kind);
	builder_cstr(&w->b, "status", notify_event_name(announcement->event));
	builder_i64(&w->b, "exit_code", exit_code(w));
	add_text(
		w, "reason", announcement->reason ? str_of(announcement->reason) : run->reason);
	add_exhausted(w);
	add_time(w, "created_at", run->created_us);
	add_time(w, "started_at", run->started_us);
	builder_i64(&w->b, "duration_us", MAX(0, now - run->started_us));
	if (run->has_parent)
		add_uuid(w, "parent", &run->parent);
	else
		builder_null(&w->b, "parent");
	add_text(w, "key", run->key);
	add_text(w, "source", run->source);
	builder_cstr(&w->b, "workspace", announcement->workspace);
	builder_u64(&w->b, "attempts", run->attempts);
	builder_text(&w->b, "kernel", run->kernel);
	add_steps(w);
}

static int
read_rows(struct writer *w, struct err *err)
{
	struct store *store = w->announcement->store;
	char id[UUID_TEXT_SIZE];
	int r = run_find(store, str_of(uuid_to_text(&w->announcement->run, id)), &w->arena,
		&w->run, err);

	if (r == 0 && w->run.failed)
		r = stats_failed_attempts(store, w->run.number, ANNOUNCEMENT_STEPS_MAX,
			&w->arena, &w->failed, &w->n_failed, err);
	return r;
}

int
announcement_write(const struct announcement *announcement, struct buf *b, struct err *err)
{
	struct writer w = {.announcement = announcement, .arena = ARENA_INIT};
	int r = read_rows(&w, err);

	w.b = BUILDER_INIT(&w.arena);
	if (r == 0) {
		builder_object(&w.b, NULL);
		add_run(&w);
		add_failed(&w);
		r = add_unknown(&w, err);
		if (r == 0)
			r = add_questions(&w, err);
	}
	if (r == 0) {
		builder_end(&w.b);
		json_write(builder_root(&w.b), b);
		buf_add_char(b, '\n');
	}
	builder_done(&w.b);
	arena_done(&w.arena);
	return r;
}
