#include "api/account.h"
#include "api/outside.h"
#include "store/request.h"
#include "json/json.h"

#define PAYLOAD_MAX ((size_t)64 << 10)

/* The visit must be one that somebody is to say something about. */
static int
check_unknown(struct store *store, const struct run_row *run, struct str step,
	struct arena *arena, struct err *err)
{
	char id[UUID_TEXT_SIZE];
	struct visit_row *visits;
	size_t n;
	int r = run_visits(store, run->number, arena, &visits, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (!str_equal(visits[i].name, step))
			continue;
		if (str_is(visits[i].state, "unknown"))
			return 0;
		return err_set(err, ERR_INVALID,
			"step \"%.*s\" of run %s is %.*s; only of one that is unknown can be "
			"said whether its effect has happened",
			STR_ARG(step), uuid_to_text(&run->id, id), STR_ARG(visits[i].state));
	}
	return err_set(err, ERR_NOT_FOUND, "run %s has begun no step \"%.*s\"",
		uuid_to_text(&run->id, id), (int)MIN(step.n, 150), step.p);
}

static int
ask(struct store *store, int64_t run, struct str step, int done, const char *reason,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf payload = BUF_INIT(PAYLOAD_MAX);
	int r;

	buf_add_cstr(&payload, "{\"account\":");
	json_write_string(account_name(&arena), &payload);
	if (reason) {
		buf_add_cstr(&payload, ",\"reason\":");
		json_write_string(str_of(reason), &payload);
	}
	buf_add_cstr(&payload, ",\"step\":");
	json_write_string(step, &payload);
	buf_printf(&payload, ",\"verdict\":\"%s\"}", done ? "done" : "not_done");
	r = buf_check(&payload, "the reason", err);
	if (r == 0)
		r = request_put(store, run, STR("settle"), buf_str(&payload), NULL, err);
	return r;
}

int
lily_run_settle(struct lily_store *store, const char *address, const char *step, int done,
	const char *reason, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct run_row row;
	int r = store_need_write(store, &err);

	if (r == 0)
		r = outside_need(store, &err);
	if (r == 0 && reason && !str_is_utf8(str_of(reason), NULL))
		r = err_set(&err, ERR_INVALID, "the reason must be UTF-8");
	if (r == 0)
		r = run_find(store->store, str_of(address ? address : ""), &arena, &row, &err);
	if (r == 0)
		r = check_unknown(store->store, &row, str_of(step), &arena, &err);
	if (r == 0)
		r = ask(store->store, row.number, str_of(step), done, reason, &err);
	return r < 0 ? error_give(&err, error) : 0;
}
