#include "api/turns.h"

#include "base/clock.h"
#include "graph/concurrency.h"
#include "lily/wait.h"
#include "store/object.h"
#include "store/request.h"
#include "json/json.h"

#include <time.h>

#define HEAD_MAX ((size_t)1 << 30)
#define PAUSE_MS 100

/* What the head of a plan says. */
struct asked_turn {
	struct arena arena;
	struct concurrency concurrency;
	bool takes_previous;
};

static int
read_plan(struct store *store, const struct digest *plan, struct asked_turn *ret_asked,
	struct err *err)
{
	AUTO_BUF struct buf head = BUF_INIT(HEAD_MAX);
	struct source source = {.name = "plan"};
	const struct value *root;
	const struct value *said;
	const struct value *key;
	const struct value *busy;
	int r = object_get(store, plan, &head, err);

	source.text = buf_str(&head);
	if (r == 0)
		r = json_parse(&ret_asked->arena, &source, 0, NULL, &root, err);
	if (r < 0)
		return r;
	ret_asked->takes_previous = value_get(root, STR("previous")) != NULL;
	said = value_get(root, STR("concurrency"));
	key = said ? value_get(said, STR("key")) : NULL;
	busy = said ? value_get(said, STR("busy")) : NULL;
	if (!said)
		return 0;
	if (!key || !busy || !busy_parse(value_text(busy), &ret_asked->concurrency.busy))
		return err_set(err, ERR_CORRUPT, "the plan is damaged: its concurrency");
	ret_asked->concurrency.key = value_text(key);
	return 0;
}

static int
refuse(const struct asked_turn *asked, const struct turn_holder *holder, struct err *err)
{
	struct str key = asked->concurrency.key;
	char id[UUID_TEXT_SIZE];
	char since[CLOCK_TEXT_SIZE];

	if (!holder->has_run)
		return err_set(err, ERR_LIMIT,
			"another run with the key \"%.*s\" is about to begin, and the workflow "
			"says busy: refuse",
			(int)MIN(key.n, 200), key.p);
	return err_set(err, ERR_LIMIT,
		"run %s has the key \"%.*s\" since %s, and the workflow says busy: refuse; "
		"`lily "
		"watch` shows how it goes on",
		uuid_to_text(&holder->run, id), (int)MIN(key.n, 200), key.p,
		clock_to_text(holder->since_us, since));
}

/* Once, whoever asks: a second wish would end its `finally`, too. */
static int
cancel_holder(struct store *store, const struct uuid *holder, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char id[UUID_TEXT_SIZE];
	struct run_row row;
	int r = run_find(store, str_of(uuid_to_text(holder, id)), &arena, &row, err);

	if (r == 0 && !row.ended_us && !(row.stops & RUN_STOP_CANCEL))
		r = request_was_made(store, row.number, STR("cancel"), err);
	else if (r == 0)
		r = 1;
	if (r != 0)
		return MIN(r, 0);
	return request_put(store, row.number, STR("cancel"),
		STR("{\"reason\":\"another run with the same key begins\"}"), NULL, err);
}

static int
pause_for(struct lily_store *store, const struct asked_turn *asked,
	const struct turn_holder *holder, struct err *err)
{
	static const struct timespec moment = {.tv_nsec = PAUSE_MS * 1000000L};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char id[UUID_TEXT_SIZE] = "";
	const struct lily_wait wait = {.key = arena_cstr(&arena, asked->concurrency.key),
		.run_id = holder->has_run ? uuid_to_text(&holder->run, id) : "",
		.since_us = holder->since_us,
		.cancels = asked->concurrency.busy == BUSY_CANCEL};

	if (!store->wait) {
		(void)nanosleep(&moment, NULL);
		return 0;
	}
	if (store->wait(store->wait_context, &wait) == 0)
		return 0;
	return err_set(err, ERR_LIMIT, "gave up waiting for %s%s with the key \"%.200s\"",
		holder->has_run ? "run " : "another run", id, wait.key);
}

/* Until it is this one's: 1 where it had to wait. */
static int
wait_for(struct lily_store *store, const struct asked_turn *asked, struct turn *turn,
	struct err *err)
{
	struct uuid cancelled = {{0}};
	struct turn_holder holder;
	int waited = 0;
	int r;

	while ((r = turn_take(turn, &holder, err)) == 0) {
		if (asked->concurrency.busy == BUSY_REFUSE)
			return refuse(asked, &holder, err);
		if (asked->concurrency.busy == BUSY_CANCEL && holder.has_run &&
			!uuid_equal(&holder.run, &cancelled)) {
			r = cancel_holder(store->store, &holder.run, err);
			cancelled = holder.run;
		}
		if (r == 0)
			r = pause_for(store, asked, &holder, err);
		if (r < 0)
			return r;
		waited = 1;
	}
	return r < 0 ? r : waited;
}

int
turns_take(struct lily_store *store, const struct digest *plan, struct turn **ret_turn,
	struct err *err)
{
	struct asked_turn asked = {.arena = ARENA_INIT};
	struct turn *turn = NULL;
	int r = read_plan(store->store, plan, &asked, err);

	if (r == 0 && asked.concurrency.key.n) {
		r = turn_new(store->store, asked.concurrency.key, &turn, err);
		if (r == 0)
			r = wait_for(store, &asked, turn, err);
		if (r == 0)
			r = asked.takes_previous;
	}
	arena_done(&asked.arena);
	if (r < 0)
		turn_free(turn);
	else
		*ret_turn = turn;
	return r;
}

int
turns_check(struct lily_store *store, const struct digest *plan, const struct turn *turn,
	struct err *err)
{
	struct asked_turn asked = {.arena = ARENA_INIT};
	int r = read_plan(store->store, plan, &asked, err);

	if (r == 0 && !turn_is_of(turn, asked.concurrency.key))
		r = err_set(err, ERR_INVALID,
			"the key of concurrency has changed while another run was waited for; "
			"run it again");
	arena_done(&asked.arena);
	return r;
}

void
lily_store_on_wait(struct lily_store *store, lily_wait_fn *wait, void *context)
{
	store->wait = wait;
	store->wait_context = context;
}
