#include "run/try_end.h"

#include "base/clock.h"
#include "graph/step_question.h"
#include "graph/step_surroundings.h"
#include "run/bounds.h"
#include "run/engine_end.h"
#include "run/held.h"
#include "run/judging.h"
#include "run/once.h"
#include "run/record_once.h"
#include "run/record_verdict.h"
#include "run/revisit.h"
#include "run/routing.h"
#include "run/schedule_once.h"
#include "run/transaction.h"
#include "run/verdict.h"

#include <stdio.h>

#define ERRORS_MAX ((size_t)4 << 20)

static const struct step *
step_of(const struct try *try)
{
	return &try->engine->graph->steps[try->step];
}

void
try_release(struct try *try)
{
	struct engine *engine = try->engine;

	/* A judged attempt gave its place back before. */
	if (try->phase != PHASE_JUDGED && try->phase != PHASE_GATED)
		engine->executor->ops->release(engine->executor, try->number);
	transaction_free(try->transaction);
	try->transaction = NULL;
	if (step_has_layer(step_of(try)))
		layers_remove(&engine->layers, try->number);
	try_leave_workspace(try);
	pools_give(engine->pools, try->step, try->pool_slots);
	try->phase = PHASE_FREE;
	engine->busy--;
	if (try->superseded)
		revisit_try_ended(engine);
}

int
try_put_aside(struct try *try, struct err *err)
{
	struct engine *engine = try->engine;

	try_release(try);
	engine->spending.attempts -= !step_of(try)->is_last;
	/* What was superseded has had its number: no later visit's attempt may come before it. */
	if (!try->superseded && engine->hold.next_attempt == try->number + 1)
		engine->hold.next_attempt--;
	return once_end(engine, try->once, err);
}

struct notice *
try_notify(struct try *try, enum notice_type type)
{
	struct notice *notice = notices_add(&try->engine->notices, type, try->step);

	notice->attempt = try->number;
	notice->try_number = try->try_number;
	if (type != NOTICE_STARTED)
		notice->duration_us = MAX(0, try->end.ended_at_us - try->end.started_at_us);
	return notice;
}

static void
fill_failure(struct notice *notice, enum failure_class class, const char *message)
{
	notice->class = class;
	(void)snprintf(notice->message, sizeof(notice->message), "%s", message);
}

/* What the next attempt finds, and what evidence is kept of this one: they are not of their type. */
static int
keep_errors(struct try *try, const struct buf *document, struct record_artifact *ret_errors,
	struct err *err)
{
	struct engine *engine = try->engine;
	struct digest digest;
	int r = buf_check(document, "what is wrong with an output", err);

	if (r == 0)
		r = object_put(engine->store, buf_str(document), &digest, err);
	if (r < 0)
		return r;
	*ret_errors = (struct record_artifact){.name = STR("errors"),
		.digest = digest,
		.size = document->n,
		.kind = "json",
		.type = STR_EMPTY};
	engine_set_feedback(engine, try->step, &digest);
	return 0;
}

void
try_number_candidates(struct try *try)
{
	for (uint32_t i = 0; i < try->outputs.n; i++) {
		struct output_found *found = &try->outputs.items[i];

		if (found->present && !found->artifact.number)
			found->artifact.number = try->engine->hold.next_artifact++;
	}
}

static size_t
list_candidates(struct try *try, struct record_artifact *ret_candidates)
{
	size_t n = 0;

	try_number_candidates(try);
	for (uint32_t i = 0; i < try->outputs.n; i++) {
		struct output_found *found = &try->outputs.items[i];

		if (!found->present)
			continue;
		ret_candidates[n] = found->artifact;
		ret_candidates[n].kind = found->is_tree ? "dir" : "file";
		ret_candidates[n].type = STR_EMPTY;
		ret_candidates[n++].schema = NULL;
	}
	return n;
}

/* Artifacts of the event that ends the attempt, behind what it made. */
void
try_number_logs(struct try *try)
{
	for (size_t i = 0; i < try->judge.n_logs; i++)
		try->judge.logs[i].number = try->engine->hold.next_artifact++;
}

/* Whether it may have happened, and this end does not say: it was cut off, or a probe is to be
 * asked. What says itself that it failed has failed. */
static bool
leaves_unknown(const struct try *try, enum failure_class class)
{
	if (!try->once_begun || class == FAILURE_START)
		return false;
	return class == FAILURE_TIMEOUT || class == FAILURE_SIGNAL || class == FAILURE_LOST ||
		class == FAILURE_OOM || step_of(try)->effects->has_probe;
}

/* Whether the run may succeed although the step failed so: never past a required gate. */
static bool
tolerates(const struct try *try, enum failure_class class, enum visit_routed routed)
{
	if (class == FAILURE_GATE || step_of(try)->has_required_gate)
		return false;
	if (routed == ROUTED_NOT)
		return step_of(try)->continue_on_error;
	return routed == ROUTED_CONTINUE || routed == ROUTED_SKIP;
}

static struct record_gates
gates_of(const struct try *try)
{
	return (struct record_gates){try->gates, try->n_gates};
}

/* What follows from a failure: *ret_again by the step's own rule, unless one of the run's decides, which
 * *ret_action says then. */
static int
choose(struct try *try, enum failure_class class, bool unknown, enum try_again again_wanted,
	bool *ret_again, enum route_action *ret_action, struct err *err)
{
	struct engine *engine = try->engine;
	const struct retry_rule *rule = &step_of(try)->settings->retry;
	bool may = again_wanted == TRY_BY_RULE && (!try->once_begun || unknown) &&
		(!engine->failed_fast || step_of(try)->is_last);
	const struct routing_question question = {.step = try->step,
		.attempt = try->number,
		.class = class,
		.exit_code = verdict_exit(&try->end),
		.tries = try->try_number,
		.attempts = rule->attempts,
		.retries = verdict_may_retry(rule, class, &try->end, 0),
		.is_repeatable = may,
		.gates = gates_of(try),
		.labels = try->lacking.names,
		.n_labels = try->lacking.n};
	int r = unknown ? 0 : routing_ask(engine, &question, ret_action, err);

	if (r < 0)
		return r;
	*ret_again = r > 0 ? *ret_action == ROUTE_TO_RETRY
			   : may && verdict_may_retry(rule, class, &try->end, try->try_number);
	/* Going back is another attempt, too, and what it would cost was among the facts. */
	if (r > 0 && *ret_action == ROUTE_TO_GOTO)
		return engine_pay_retry(engine, try->step, &may, err);
	return *ret_again ? engine_pay_retry(engine, try->step, ret_again, err) : 0;
}

/* The visit of a rejected attempt goes on. */
static int
go_on(struct try *try, enum failure_class class, struct str message, bool again, int64_t due_us,
	struct err *err)
{
	struct engine *engine = try->engine;
	enum route_action action = routing_hold(engine->routing, try->number);
	enum visit_routed routed = routing_made(action);
	int r;

	if (again) {
		schedule_retry(engine->schedule, try->step, due_us);
		return 0;
	}
	r = once_end(engine, try->once, err);
	if (r < 0)
		return r;
	schedule_note_failure(engine->schedule, try->step, class, verdict_exit(&try->end));
	schedule_note_route(engine->schedule, try->step, routed);
	schedule_failed(engine->schedule, try->step);
	if (action == ROUTE_TO_GOTO)
		return revisit_begin(engine,
			&(struct revisit_cause){.step = try->step,
				.attempt = try->number,
				.class = failure_class_name(class),
				.message = message,
				.exit_code = verdict_exit(&try->end),
				.log = try->has_log ? &try->log.digest : NULL},
			err);
	r = tolerates(try, class, routed) ? engine_settle(engine, err)
					  : engine_step_failed(engine, err);
	return r == 0 && routed == ROUTED_ABORT ? routing_abort(engine, err) : r;
}

/* document: what was wrong; NULL where the failure is not about inputs or outputs. */
static int
reject(struct try *try, struct record_rejection rejection, const struct buf *document,
	enum try_again again_wanted, struct err *err)
{
	struct engine *engine = try->engine;
	const struct retry_rule *rule = &step_of(try)->settings->retry;
	bool unknown = leaves_unknown(try, rejection.class);
	enum route_action action = ROUTE_ACTION_COUNT;
	bool again = false;
	int r = choose(try, rejection.class, unknown, again_wanted, &again, &action, err);
	int64_t delay = again ? verdict_backoff(rule, &engine->hold.chain.id,
					step_of(try)->name, try->try_number)
			      : 0;
	struct str said = rejection.message;
	struct record_artifact errors;
	struct notice *notice;

	rejection.message =
		routing_say(engine->routing, try->number, rejection.message, &try->arena);
	if (try->once_begun)
		rejection.once = try->once->key;
	rejection.unknown = unknown;
	rejection.number = try->number;
	rejection.until_us = again ? clock_utc_us() + delay : 0;
	rejection.due_us = again ? clock_boot_us() + delay : 0;
	rejection.boot = engine->boot;
	try_number_logs(try);
	rejection.logs = try->judge.logs;
	rejection.n_logs = try->judge.n_logs;
	rejection.gates = gates_of(try);
	rejection.tolerated =
		!unknown && !again && tolerates(try, rejection.class, routing_made(action));
	engine_set_feedback(engine, try->step, NULL);
	if (r == 0 && document) {
		struct record_artifact *candidates =
			ARENA_ARRAY(&try->arena, try->outputs.n, struct record_artifact);

		rejection.outputs = candidates;
		rejection.n_outputs = list_candidates(try, candidates);
		rejection.errors = &errors;
		r = keep_errors(try, document, &errors, err);
		errors.number = engine->hold.next_artifact++;
	}
	if (r == 0 && action == ROUTE_TO_ESCALATE && !try->cancelled && !engine->cancelling &&
		!held_asks_nobody(engine, try->step))
		return held_escalate(try, &rejection, err);
	if (r == 0)
		r = record_rejected(&engine->hold, &rejection, err);
	if (r < 0)
		return r;
	try_state_move(&try->state, TRY_REJECTED, EVENT_ATTEMPT_REJECTED);
	notice = try_notify(try,
		unknown         ? NOTICE_UNKNOWN
			: again ? NOTICE_RETRYING
				: NOTICE_FAILED);
	notice->until_us = rejection.until_us;
	fill_failure(notice, rejection.class, rejection.message.p);
	try_release(try);
	if (!unknown)
		return go_on(try, rejection.class, said, again, rejection.due_us, err);
	schedule_become(engine->schedule, try->step, VISIT_UNKNOWN, EVENT_ATTEMPT_REJECTED,
		rejection.until_us);
	return once_end_unknown(engine, try->once, err);
}

int
try_reject(struct try *try, enum failure_class class, const char *message, struct err *err)
{
	struct record_rejection rejection = {.class = class, .message = str_of(message)};

	return reject(try, rejection, NULL, TRY_BY_RULE, err);
}

int
try_reject_spent(struct try *try, struct err *err)
{
	char reason[ERR_MESSAGE_SIZE];

	spending_describe(&try->engine->spending, BOUND_WALL, reason);
	return try_reject(try, FAILURE_BUDGET, reason, err);
}

int
try_reject_faults(
	struct try *try, const struct faults *faults, enum try_again again, struct err *err)
{
	struct record_rejection rejection = {
		.class = try->outputs.holds_secret ? FAILURE_SECRET : FAILURE_SCHEMA,
		.message = str_of(faults_summary(faults, TRY_SUMMARY_MAX, &try->arena))};
	AUTO_BUF struct buf document = BUF_INIT(ERRORS_MAX);

	faults_write(faults, &document);
	return reject(try, rejection, &document, again, err);
}

int
try_reject_gates(
	struct try *try, const char *message, const struct buf *feedback, struct err *err)
{
	/* What a required gate has rejected is never a hit. */
	struct record_rejection rejection = {.class = FAILURE_GATE,
		.message = str_of(message),
		.key = try->kept ? &try->key : NULL};

	/* What the run's own gates judge no attempt of theirs would change. */
	return reject(
		try, rejection, feedback, step_of(try)->judges ? TRY_FINAL : TRY_BY_RULE, err);
}

int
try_record_cancelled(struct try *try, struct err *err)
{
	struct engine *engine = try->engine;
	int r;

	try_number_logs(try);
	r = record_cancelled(&engine->hold, try->number, try->judge.logs, try->judge.n_logs,
		gates_of(try), err);
	if (r < 0)
		return r;
	try_state_move(&try->state, TRY_CANCELLED, EVENT_ATTEMPT_CANCELLED);
	if (!try->superseded)
		schedule_attempt_cancelled(engine->schedule, try->step);
	(void)try_notify(try, NOTICE_CANCELLED);
	try_release(try);
	r = once_end(engine, try->once, err);
	return r < 0 ? r : engine_settle(engine, err);
}

/* By the event that was just recorded. */
static void
grant_labels(struct try *try)
{
	for (size_t i = 0; i < try->n_gates; i++)
		for (size_t j = 0; j < try->gates[i].n_grants; j++)
			labels_add(try->engine->labels, try->gates[i].grants[j].artifact,
				try->gates[i].grants[j].label);
}

/* Makes what a transaction changed true: 1, and its artifact is one of the attempt's logs; 0: it was rejected. */
static int
commit(struct try *try, struct err *err)
{
	struct record_artifact *logs;
	struct record_artifact set;
	const char *conflict = NULL;
	int r = 1;

	if (!try->transaction)
		return 1;
	r = transaction_commit(try->transaction, &try->arena, &conflict, err);
	if (r == 0)
		r = try_reject(try, FAILURE_CONFLICT, conflict, err) < 0 ? err->code : 0;
	if (r <= 0 || !transaction_artifact(try->transaction, &set))
		return r;
	logs = ARENA_ARRAY(&try->arena, try->judge.n_logs + 1, struct record_artifact);
	if (try->judge.n_logs)
		memcpy(logs, try->judge.logs, try->judge.n_logs * sizeof(*logs));
	logs[try->judge.n_logs++] = set;
	try->judge.logs = logs;
	return 1;
}

int
try_accept(struct try *try, struct err *err)
{
	struct engine *engine = try->engine;
	uint32_t n_declared = try->outputs.n;
	struct record_artifact *recorded =
		ARENA_ARRAY(&try->arena, n_declared, struct record_artifact);
	struct produced *produced =
		n_declared ? ARENA_ARRAY(&engine->arena, n_declared, struct produced) : NULL;
	size_t n = 0;
	int r = commit(try, err);

	if (r <= 0)
		return r;
	try_number_candidates(try);
	for (uint32_t i = 0; i < n_declared; i++) {
		struct output_found *found = &try->outputs.items[i];

		if (!found->present)
			continue;
		produced[i] = (struct produced){.digest = found->artifact.digest,
			.size = found->artifact.size,
			.artifact = found->artifact.number,
			.is_tree = found->is_tree};
		recorded[n++] = found->artifact;
	}
	try_number_logs(try);
	r = routing_ask_success(engine, try->step, try->number, gates_of(try), err);
	if (r < 0)
		return r;
	r = record_accepted(&engine->hold,
		&(struct record_acceptance){.number = try->number,
			.key = try->has_key ? &try->key : NULL,
			.once = try->once ? try->once->key : STR_EMPTY,
			.outputs = recorded,
			.n_outputs = n,
			.logs = try->judge.logs,
			.n_logs = try->judge.n_logs,
			.gates = gates_of(try)},
		err);
	if (r == 0)
		r = once_end(engine, try->once, err);
	if (r < 0)
		return r;
	try_state_move(&try->state, TRY_ACCEPTED, EVENT_ATTEMPT_ACCEPTED);
	(void)try_notify(try, NOTICE_SUCCEEDED);
	try_release(try);
	grant_labels(try);
	schedule_accepted(engine->schedule, try->step, produced);
	return routing_follow_success(
		engine, try->step, try->number, try->has_log ? &try->log.digest : NULL, err);
}

int
try_pass(struct try *try, struct err *err)
{
	return step_asks_at_commit(step_of(try)) ? held_begin(try, err) : try_accept(try, err);
}

/* The gates run in places of their own. */
static int
begin_gates(struct try *try, struct err *err)
{
	if (try->cancelled)
		return try_record_cancelled(try, err);
	if (try->phase != PHASE_JUDGED)
		try->engine->executor->ops->release(try->engine->executor, try->number);
	try->phase = PHASE_GATED;
	return judging_begin(try, err);
}

/* The last look before they are true: all types still mean what they were checked by. */
static int
accept(struct try *try, struct err *err)
{
	for (uint32_t i = 0; i < try->outputs.n; i++) {
		const struct output_found *found = &try->outputs.items[i];
		const char *why = "";
		int r;

		if (!found->present || !found->declared->schema)
			continue;
		r = boundary_may_name(
			try->engine->boundary, found->declared->schema, &try->arena, &why, err);
		if (r < 0)
			return r;
		if (r == 0)
			faults_add(&try->outputs.faults,
				&(struct fault){.port = FAULT_OUTPUT,
					.name = found->declared->name,
					.file = STR_EMPTY,
					.instance = {NULL, 0},
					.keyword = {NULL, 0},
					.message = str_of(why)});
	}
	if (try->outputs.faults.n)
		return try_reject_faults(try, &try->outputs.faults, TRY_FINAL, err);
	if (step_of(try)->gates)
		return begin_gates(try, err);
	/* Nothing may lie over the workspace when it is changed. */
	if (try->transaction && try->phase != PHASE_JUDGED) {
		try->engine->executor->ops->release(try->engine->executor, try->number);
		try->phase = PHASE_GATED;
	}
	return try_pass(try, err);
}

static int
judge_outputs(struct try *try, struct err *err)
{
	struct engine *engine = try->engine;
	static const struct step_settings no_settings = {0};
	const struct step bare = {.name = step_of(try)->name, .settings = &no_settings};
	const struct environment_request environment = {.base = &engine->environment,
		.values = &try->values,
		.step = &bare,
		.try_number = try->try_number,
		.run = &engine->hold.chain.id,
		.workspace = str_of(engine->options.workspace)};
	const struct bounding *bound = bounds_of_step(engine->bounds, step_of(try));
	const struct judge_request request = {.executor = engine->executor,
		.policy = bound ? &bound->policy : NULL,
		.values = &try->values,
		.outputs = &try->outputs,
		.environment = &environment,
		.workspace = engine->options.workspace,
		.run_directory = engine->hold.directory,
		.grace_us = step_of(try)->settings->grace_us,
		.number = try->number,
		.redactor = secrets_redactor_place(engine->secrets)};
	int r = 0;

	if (try->judge.submitted)
		r = judge_ended(&try->judge, &request, err);
	if (r == 0 && try->cancelled)
		return try_record_cancelled(try, err);
	if (r == 0)
		r = judge_next(&try->judge, &request, err);
	if (r < 2)
		return MIN(r, 0);
	if (try->outputs.faults.n)
		return try_reject_faults(try, &try->outputs.faults, TRY_BY_RULE, err);
	return accept(try, err);
}

int
try_on_judged(struct try *try, struct err *err)
{
	return judge_outputs(try, err);
}

int
try_poll(struct try *try, struct err *err)
{
	if (try->phase == PHASE_GATED)
		return judging_poll(try, err);
	if (try->phase != PHASE_JUDGED || try->judge.submitted)
		return 0;
	return judge_outputs(try, err);
}

/* It may also have been made by what ran beside it; nobody can tell. */
static int
reject_violation(struct try *try, struct err *err)
{
	const struct walls_absent *made = try->end.made;
	const struct bounding *bound = bounds_of_step(try->engine->bounds, step_of(try));

	return try_reject(try, FAILURE_VIOLATION,
		arena_printf(&try->arena,
			"%s %s while it ran, which `%s` of policy %.*s forbids; look at it, "
			"and %s",
			made->path, walls_absent_became(made), policy_clause_name(made->clause),
			STR_ARG(bound->policy.name), walls_absent_remedy(made)),
		err);
}

/* Whether the set of a transaction may be made true; *ret_why: why not, and of what class that is. */
static int
keep_transaction(
	struct try *try, const char **ret_why, enum failure_class *ret_class, struct err *err)
{
	const struct bounding *bound = bounds_of_step(try->engine->bounds, step_of(try));
	struct err why = ERR_INIT;
	int r = transaction_keep(try->transaction, &why);

	*ret_why = NULL;
	*ret_class = FAILURE_VIOLATION;
	if (r == ERR_LIMIT || r == ERR_INVALID || r == ERR_DENIED) {
		*ret_why = arena_cstr(&try->arena, str_of(why.message));
		return 0;
	}
	if (r < 0) {
		*err = why;
		return err_wrap(err, "what step %.*s changed", STR_ARG(step_of(try)->name));
	}
	*ret_why = transaction_refusal(
		try->transaction, bound ? &bound->policy : NULL, &try->arena);
	if (*ret_why)
		return 0;
	*ret_class = FAILURE_CONFLICT;
	*ret_why = transaction_conflict(try->transaction, &try->arena);
	return 0;
}

/* All that it left is stored: the attempt's end and its verdict. */
int
try_conclude(struct try *try, struct err *err)
{
	struct engine *engine = try->engine;
	char message[ERR_MESSAGE_SIZE];
	enum failure_class class;
	int r = record_ended(
		&engine->hold, try->number, &try->end, try->has_log ? &try->log : NULL, err);

	if (r < 0)
		return r;
	try_state_move(&try->state, TRY_ENDED, EVENT_ATTEMPT_ENDED);
	if (try->log_is_file)
		folders_add(&engine->folders, &engine->hold, try->number);
	if (try->superseded)
		return try_record_cancelled(try, err);
	if (try->end.made)
		return reject_violation(try, err);
	if (!verdict_is_good(&try->end)) {
		if (try->cancelled)
			return try_record_cancelled(try, err);
		if (try->spent && !try->end.timed_out)
			return try_reject_spent(try, err);
		class = verdict_of(&try->end, step_of(try)->settings, message);
		return try_reject(try, class, message, err);
	}
	if (try->outputs.faults.n)
		return try->cancelled
			? try_record_cancelled(try, err)
			: try_reject_faults(try, &try->outputs.faults, TRY_BY_RULE, err);
	if (try->transaction) {
		const char *why;

		r = keep_transaction(try, &why, &class, err);
		if (r < 0 || why)
			return r < 0 ? r : try_reject(try, class, why, err);
	}
	if (!judge_is_needed(&try->outputs))
		return accept(try, err);
	engine->executor->ops->release(engine->executor, try->number);
	try->phase = PHASE_JUDGED;
	return judge_outputs(try, err);
}
