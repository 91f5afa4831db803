#include "run/transaction.h"

#include "base/file.h"
#include "base/memory.h"
#include "policy/allows.h"
#include "policy/location.h"
#include "run/record_apply.h"
#include "store/event.h"
#include "store/object.h"
#include "store/stage.h"
#include "workspace/patch.h"
#include "workspace/upper.h"
#include "json/json.h"

#include <errno.h>
#include <fcntl.h>

#define DOCUMENT_MAX ((size_t)256 << 20)
#define SHOWN_MAX 10 /* conflicts that a message names */

struct transaction {
	struct engine *engine;
	struct arena arena;
	uint32_t attempt;
	struct str step;
	const char *upper;
	struct timespec since;        /* when the layer was laid, at the latest */
	struct object_staged *staged; /* the content of both sides, as it was read */
	struct write_set set;
	struct digest document;
	uint64_t size;
	uint32_t number; /* of the artifact; 0: none yet */
	int failed;
	struct err err;
};

struct transaction *
transaction_new(const struct try *try, const struct wall_layer *layer)
{
	struct transaction *transaction = memory_zeroed(1, sizeof(*transaction));

	transaction->engine = try->engine;
	transaction->attempt = try->number;
	transaction->step = try->engine->graph->steps[try->step].name;
	/* Kernels since 6.13 stamp files more finely than the coarse clock tells. */
	(void)clock_gettime(CLOCK_REALTIME, &transaction->since);
	transaction->upper = arena_cstr(&transaction->arena, str_of(layer->upper));
	return transaction;
}

void
transaction_free(struct transaction *transaction)
{
	if (!transaction)
		return;
	if (transaction->staged)
		object_discard(transaction->engine->store, transaction->staged);
	arena_done(&transaction->arena);
	free(transaction);
}

const char *
transaction_upper(const struct transaction *transaction)
{
	return transaction->upper;
}

/* --- what was changed --- */

static int
read_layer(struct transaction *transaction, struct err *err)
{
	struct store *store = transaction->engine->store;
	AUTO_CLOSE int upper = -1;
	struct upper_spec spec = {.store = store,
		.workspace = transaction->engine->workspace,
		.since = &transaction->since};
	int r = dir_open(AT_FDCWD, transaction->upper, &upper, err);

	if (r == 0)
		r = object_stage_new(store, &transaction->staged, err);
	if (r < 0)
		return r;
	spec.upper = upper;
	spec.staged = transaction->staged;
	r = upper_read(&spec, &transaction->arena, &transaction->set, err);
	/* What is staged ends with an object that the parts before it belong to. */
	return r < 0 ? r : stage_add_bytes(store, transaction->staged, STR("{}"), err);
}

void
transaction_read(struct transaction *transaction)
{
	transaction->failed = read_layer(transaction, &transaction->err);
}

int
transaction_keep(struct transaction *transaction, struct err *err)
{
	struct store *store = transaction->engine->store;
	AUTO_BUF struct buf document = BUF_INIT(DOCUMENT_MAX);
	struct write_set_subject subject = {.run_id = str_of(transaction->engine->run_id),
		.step = transaction->step,
		.attempt = transaction->attempt,
		.is_exact = true};
	struct digest ignored;
	int r;

	if (transaction->failed < 0) {
		*err = transaction->err;
		return transaction->failed;
	}
	r = object_commit(store, transaction->staged, &ignored, NULL, err);
	transaction->staged = NULL;
	if (r == 0)
		r = patch_count_lines(store, &transaction->set, &subject.lines, err);
	if (r < 0)
		return r;
	write_set_write(&transaction->set, &subject, &document);
	r = buf_check(&document, "what a step changed", err);
	if (r == 0)
		r = object_put(store, buf_str(&document), &transaction->document, err);
	transaction->size = document.n;
	return r;
}

static bool
is_of_stage(struct str path)
{
	struct str first = str_cut(path, '/', &(struct str){0});

	return str_is(first, APPLY_STAGE);
}

/* Of a pattern, DIR/.git/NAME, that of every git directory: whether this is one, by its name. */
static bool
is_git_directory(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && strcmp(name + 1, ".git") == 0;
}

/* The guarded path that a link of the set is, or stands before: whoever changes the link moves the guard
 * from what it guards. Where nothing is laid over the workspace such links are watched as they are. */
static const struct policy_path *
led_elsewhere(const struct policy *policy, const struct write_entry *entry, const char *path)
{
	if (entry->before.type != SIDE_LINK && entry->after.type != SIDE_LINK)
		return NULL;
	for (size_t i = 0; i < policy->deny.n; i++)
		if (location_covers(path, policy->deny.items[i].path))
			return &policy->deny.items[i];
	for (size_t i = 0; i < policy->protect.n; i++)
		if (location_covers(path, policy->protect.items[i].path) ||
			(policy->protect.items[i].is_pattern && is_git_directory(path)))
			return &policy->protect.items[i];
	return NULL;
}

const char *
transaction_refusal(
	const struct transaction *transaction, const struct policy *policy, struct arena *arena)
{
	const struct write_set *set = &transaction->set;

	if (set->refused.n)
		return arena_printf(arena, "%.*s: %s; nothing of the transaction was kept",
			(int)MIN(set->refused.items[0].path.n, 200),
			set->refused.items[0].path.p, set->refused.items[0].what);
	for (size_t i = 0; i < set->n; i++)
		if (is_of_stage(set->entries[i].path))
			return arena_printf(arena,
				"it made %.*s, a name that lily keeps for itself; nothing of "
				"the "
				"transaction was kept",
				(int)MIN(set->entries[i].path.n, 200), set->entries[i].path.p);
	for (size_t i = 0; policy && !policy->is_none && i < set->n; i++) {
		const char *path = arena_printf(arena, "%s/%.*s",
			transaction->engine->options.workspace, STR_ARG(set->entries[i].path));
		struct policy_answer answer = policy_allows(policy, POLICY_TO_WRITE, path);
		const struct policy_path *moved = led_elsewhere(policy, &set->entries[i], path);

		if (moved)
			return arena_printf(arena,
				"it changed where %.*s leads, which %s, of policy %.*s, lies "
				"behind; nothing of the transaction was kept",
				(int)MIN(set->entries[i].path.n, 200), set->entries[i].path.p,
				moved->path, STR_ARG(policy->name));
		if (!answer.is_allowed)
			return arena_printf(arena,
				"it changed %.*s, which `%s` of policy %.*s forbids; nothing "
				"of "
				"the transaction was kept",
				(int)MIN(set->entries[i].path.n, 200), set->entries[i].path.p,
				policy_clause_name(answer.clause), STR_ARG(policy->name));
	}
	return NULL;
}

bool
transaction_artifact(
	const struct transaction *transaction, struct record_artifact *ret_artifact)
{
	if (!transaction->set.n)
		return false;
	*ret_artifact = (struct record_artifact){.name = STR("write_set"),
		.digest = transaction->document,
		.size = transaction->size,
		.kind = "json",
		.type = STR_EMPTY};
	return true;
}

/* --- making it true --- */

static const char *
describe(const struct apply_conflicts *conflicts, struct arena *arena)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)64 << 10);

	buf_add_cstr(&b, "the workspace is not what the step began with:");
	for (size_t i = 0; i < MIN(conflicts->n, (size_t)SHOWN_MAX); i++)
		buf_printf(&b, "%s %.*s (%s)", i ? "," : "",
			(int)MIN(conflicts->items[i].path.n, 200), conflicts->items[i].path.p,
			conflicts->items[i].what);
	if (conflicts->n > SHOWN_MAX)
		buf_printf(&b, " and %zu more", conflicts->n - SHOWN_MAX);
	buf_add_cstr(&b, "; nothing was changed; `lily retry` does the step anew");
	return arena_cstr(arena, buf_str(&b));
}

const char *
transaction_conflict(const struct transaction *transaction, struct arena *arena)
{
	const struct write_remarks *disturbed = &transaction->set.disturbed;

	return disturbed->n
		? describe(&(struct apply_conflicts){disturbed->items, disturbed->n}, arena)
		: NULL;
}

/* By the file system, for reasons that are the workspace's and not lily's. */
static bool
is_refused(const struct err *err)
{
	switch (err->sys_errno) {
	case EACCES:
	case EPERM:
	case EROFS:
	case ENOSPC:
	case EDQUOT:
	case ENAMETOOLONG:
	case EFBIG: return true;
	default: return false;
	}
}

/* The intent is on disk before the first change. */
static int
go(struct transaction *transaction, struct apply *apply, struct arena *arena,
	struct apply_conflicts *ret_conflicts, const char **ret_refusal, struct err *err)
{
	struct engine *engine = transaction->engine;
	int r = record_apply_intent(
		&engine->hold, transaction->attempt, &transaction->document, err);

	if (r == 0)
		r = store_flush(engine->store, err);
	if (r < 0)
		return r;
	r = apply_go(apply, ret_conflicts, err);
	if (r < 0 && (apply_is_between(apply) || !is_refused(err)))
		return r;
	if (r < 0)
		*ret_refusal = arena_printf(arena,
			"its changes could not be made true: %s; nothing was changed",
			err->message);
	if (r < 0 || ret_conflicts->n)
		r = apply_clear_stage(apply, err);
	return r < 0
		? r
		: record_apply_done(&engine->hold, transaction->attempt,
			  *ret_refusal || ret_conflicts->n ? RECORD_UNDONE : RECORD_APPLIED,
			  ret_conflicts, err);
}

int
transaction_commit(struct transaction *transaction, struct arena *arena,
	const char **ret_conflict, struct err *err)
{
	const struct apply_spec spec = {.store = transaction->engine->store,
		.workspace = transaction->engine->workspace,
		.set = &transaction->set,
		.direction = MOVES_FORWARD};
	struct apply_conflicts conflicts = {NULL, 0};
	const char *refusal = NULL;
	struct apply *apply;
	int r;

	if (!transaction->set.n)
		return 1;
	r = apply_begin(&spec, &apply, err);
	if (r < 0)
		return r;
	r = apply_check(apply, &conflicts, err);
	if (r == 0 && !conflicts.n)
		r = go(transaction, apply, arena, &conflicts, &refusal, err);
	if (r == 0 && refusal)
		*ret_conflict = refusal;
	else if (r == 0 && conflicts.n)
		*ret_conflict = describe(&conflicts, arena);
	else if (r == 0)
		r = 1;
	apply_end(apply);
	return r < 0 ? err_wrap(err, "make the changes of step %.*s true",
			       STR_ARG(transaction->step))
		     : r;
}

/* --- taking it back --- */

/* Attempts whose changes may be half true, each with its write set. */
struct cut {
	uint32_t attempt;
	struct digest write_set;
};

struct cuts {
	struct arena arena;
	struct cut *items;
	size_t n, capacity;
};

static void
drop_cut(struct cuts *cuts, int64_t attempt)
{
	for (size_t i = 0; i < cuts->n; i++)
		if (cuts->items[i].attempt == attempt)
			cuts->items[i--] = cuts->items[--cuts->n];
}

/* Changes that are true and belong to an attempt that was not accepted are taken back, too. */
static int
note_event(struct cuts *cuts, const struct event *event, struct err *err)
{
	const struct value *payload;
	const struct value *text;
	struct cut cut;
	int64_t attempt = 0;
	int r;

	if (event->removed ||
		(event->type != EVENT_APPLY_INTENT && event->type != EVENT_APPLY_DONE &&
			event->type != EVENT_ATTEMPT_ACCEPTED))
		return 0;
	r = event_parse_payload(event, &cuts->arena, &payload, err);
	if (r < 0)
		return r;
	(void)value_to_i64(value_get(payload, STR("n")), &attempt);
	text = value_get(payload, STR("outcome"));
	if (event->type == EVENT_ATTEMPT_ACCEPTED ||
		(event->type == EVENT_APPLY_DONE && text && str_is(value_text(text), "undone")))
		drop_cut(cuts, attempt);
	if (event->type != EVENT_APPLY_INTENT)
		return 0;
	text = value_get(payload, STR("write_set"));
	cut.attempt = (uint32_t)attempt;
	if (!text || !digest_parse(value_text(text), &cut.write_set))
		return err_set(err, ERR_CORRUPT, "apply.intent names no write set");
	cuts->items = memory_grow(cuts->items, cuts->n, &cuts->capacity, sizeof(*cuts->items));
	cuts->items[cuts->n++] = cut;
	return 0;
}

static int
find_cuts(struct store *store, int64_t run, struct cuts *cuts, struct err *err)
{
	struct event_reader *reader;
	struct event event;
	int r = event_reader_open(store, run, 0, &reader, err);

	if (r < 0)
		return r;
	while ((r = event_reader_next(reader, &event, err)) > 0) {
		r = note_event(cuts, &event, err);
		if (r < 0)
			break;
	}
	event_reader_close(reader);
	return MIN(r, 0);
}

static int
take_back(struct engine *engine, const struct cut *cut, const struct write_set *set,
	struct err *err)
{
	const struct apply_spec spec = {.store = engine->store,
		.workspace = engine->workspace,
		.set = set,
		.direction = MOVES_BACKWARD};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct apply_conflicts left = {NULL, 0};
	struct apply_conflicts more = {NULL, 0};
	struct write_remark *items;
	struct apply *apply;
	int r = apply_begin(&spec, &apply, err);

	if (r < 0)
		return r;
	/* What somebody else has changed since stays as that left it. */
	r = apply_check(apply, &left, err);
	items = ARENA_ARRAY(&arena, left.n, struct write_remark);
	if (left.n)
		memcpy(items, left.items, left.n * sizeof(*items));
	left.items = items;
	if (r == 0)
		r = apply_go(apply, &more, err);
	if (r == 0 && more.n)
		r = err_set(err, ERR_LIMIT,
			"%.*s: %s while the changes were taken back; resume the run again",
			STR_ARG(more.items[0].path), more.items[0].what);
	/* Or else nobody would remove it any more. */
	if (r == 0)
		r = apply_clear_stage(apply, err);
	if (r == 0)
		r = record_apply_done(&engine->hold, cut->attempt, RECORD_UNDONE, &left, err);
	if (r == 0)
		r = store_flush(engine->store, err);
	apply_end(apply);
	return r;
}

static int
mend_one(struct engine *engine, const struct cut *cut, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(DOCUMENT_MAX);
	struct source source = {.name = "write set"};
	const struct value *document;
	struct write_set set;
	int r = object_get(engine->store, &cut->write_set, &text, err);

	source.text = buf_str(&text);
	if (r == 0)
		r = json_parse(&arena, &source, 0, NULL, &document, err);
	if (r == 0)
		r = write_set_read(document, &arena, &set, err);
	return r < 0 ? r : take_back(engine, cut, &set, err);
}

int
transaction_mend(struct engine *engine, int64_t run, struct err *err)
{
	struct cuts cuts = {.arena = ARENA_INIT};
	int r = engine->graph->has_layers ? find_cuts(engine->store, run, &cuts, err) : 0;

	if (r == 0 && cuts.n) {
		r = occupancy_enter_to_mend(&engine->occupancy, err);
		if (r == 0)
			r = err_set(err, ERR_LIMIT,
				"another run is at work in the workspace, in which the changes "
				"of a "
				"transaction have to be taken back; resume it when that has "
				"ended");
		for (size_t i = cuts.n; r > 0 && i > 0; i--)
			r = mend_one(engine, &cuts.items[i - 1], err) < 0 ? err->code : 1;
		if (engine->occupancy.is_alone)
			occupancy_leave(&engine->occupancy, OCCUPANCY_ALONE);
	}
	free(cuts.items);
	arena_done(&cuts.arena);
	return r < 0 ? err_wrap(err, "take back what was cut off") : 0;
}
