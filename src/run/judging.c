#include "run/judging.h"

#include "gate/result.h"
#include "graph/step_gates.h"
#include "run/gate_result.h"
#include "run/judged.h"
#include "run/record_verdict.h"
#include "run/trial.h"
#include "run/try_end.h"
#include "run/try_kept.h"

struct judging {
	struct trial *trials; /* as many as the step has gates */
	uint32_t n;
};

static const struct step_gates *
gates_of(const struct try *try)
{
	return try->engine->graph->steps[try->step].gates;
}

const struct step *
judging_step(const struct engine *engine, uint32_t number)
{
	const struct step *steps = engine->graph->steps;
	const struct step *step = &steps[number];

	return step->gates->of == STEP_NONE ? step : &steps[step->gates->of];
}

static bool
need_not_judge(const struct try *try, uint32_t gate)
{
	return try->kept && try->kept->gates[gate].passed;
}

static bool
has_ended(const struct judging *judging)
{
	for (uint32_t i = 0; i < judging->n; i++)
		if (judging->trials[i].phase != TRIAL_ENDED)
			return false;
	return true;
}

/* --- what came of them --- */

static void
number_evidence(struct engine *engine, struct gate_report *report)
{
	for (uint32_t i = 0; i < report->n_turns; i++)
		if (report->turns[i].has_log)
			report->turns[i].log.number = engine->hold.next_artifact++;
	for (size_t i = 0; i < report->n_files; i++)
		report->files[i].number = engine->hold.next_artifact++;
}

/* The candidates got their numbers after the gate had found them. */
static void
name_candidates(const struct try *try, struct trial *trial)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < trial->inputs.n && n < trial->report.n_inputs; i++) {
		const struct input_found *found = &trial->inputs.items[i];
		const struct reference *from = &found->declared->reference;

		if (!found->present)
			continue;
		if (found->declared->source == INPUT_REFERENCE &&
			from->kind == REFERENCE_STEP_OUT &&
			values_target(&trial->values, from) == try->step)
			trial->report.inputs[n].artifact =
				try->outputs.items[from->output].artifact.number;
		n++;
	}
}

/* What it looked at under that reference; 0: it was not there. */
static uint32_t
find_artifact(const struct trial *trial, const struct reference *output)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < trial->inputs.n && n < trial->report.n_inputs; i++) {
		const struct input_found *found = &trial->inputs.items[i];
		const struct reference *from = &found->declared->reference;

		if (!found->present)
			continue;
		if (found->declared->source == INPUT_REFERENCE &&
			from->kind == REFERENCE_STEP_OUT && from->output == output->output &&
			values_target(&trial->values, from) ==
				values_target(&trial->values, output))
			return trial->report.inputs[n].artifact;
		n++;
	}
	return 0;
}

/* To what it looked at, by number: not to what else is called so by now. */
static void
grant(struct try *try, struct trial *trial)
{
	const struct graph *graph = try->engine->graph;
	const struct gate *gate = trial->gate;
	struct gate_granted *grants =
		ARENA_ARRAY(&try->arena, gate->n_grants, struct gate_granted);
	size_t n = 0;

	if (trial->report.status != GATE_PASSED || !trial->report.is_bound)
		return;
	for (uint32_t i = 0; i < gate->n_grants; i++) {
		const struct reference *output = &gate->grants[i].output;
		uint32_t artifact = find_artifact(trial, output);

		if (artifact)
			grants[n++] = (struct gate_granted){
				.step = graph->steps[values_target(&trial->values, output)]
						.name,
				.output = output->name,
				.label = gate->grants[i].label,
				.artifact = artifact};
	}
	trial->report.grants = grants;
	trial->report.n_grants = n;
}

static struct record_artifact
record_of(const struct gate_evidence *evidence)
{
	return (struct record_artifact){.name = evidence->name,
		.digest = evidence->digest,
		.size = evidence->size,
		.number = evidence->number,
		.kind = evidence->kind,
		.type = STR_EMPTY};
}

static void
list_evidence(struct try *try, const struct gate_report *report, struct record_gate *gate)
{
	gate->logs = ARENA_ARRAY(&try->arena, report->n_turns, struct record_artifact);
	for (uint32_t i = 0; i < report->n_turns; i++)
		if (report->turns[i].has_log)
			gate->logs[gate->n_logs++] = record_of(&report->turns[i].log);
	gate->files = ARENA_ARRAY(&try->arena, report->n_files, struct record_artifact);
	for (size_t i = 0; i < report->n_files; i++)
		gate->files[gate->n_files++] = record_of(&report->files[i]);
}

static int
put_result(struct try *try, const struct gate_report *report, struct record_gate *ret_gate,
	struct err *err)
{
	struct engine *engine = try->engine;
	const struct step *step = judging_step(engine, try->step);
	const struct gate_subject subject = {.run = engine->hold.chain.id,
		.step = step->name,
		.item = step->item ? step->item->key : STR_EMPTY,
		.attempt = try->number};
	AUTO_BUF struct buf b = BUF_INIT(RESULT_BYTES_MAX);
	struct record_gate gate = {
		.gate = report->gate, .status = gate_status_name(report->status)};
	int r = result_write(report, &subject, &b, err);

	if (r == 0)
		r = gate_result_put(engine, &b, &try->arena, &gate, err);
	if (r < 0)
		return err_wrap(err, "result of gate %.*s", STR_ARG(report->gate->name));
	gate.grants = report->grants;
	gate.n_grants = report->n_grants;
	list_evidence(try, report, &gate);
	*ret_gate = gate;
	return 0;
}

/* What stands for a gate that need not judge, since it passed where the candidates come from. */
static int
take_over(struct try *try, uint32_t number, bool grants, struct err *err)
{
	const struct try_kept *kept = try->kept;
	uint32_t *made = ARENA_ARRAY(&try->arena, try->outputs.n, uint32_t);
	const struct gate_taken taken = {.gate = &gates_of(try)->items[number],
		.step = try->step,
		.result = &kept->gates[number].result,
		.run = &kept->run,
		.attempt = kept->attempt,
		.made = grants ? made : NULL};

	for (uint32_t i = 0; i < try->outputs.n; i++)
		if (try->outputs.items[i].present)
			made[i] = try->outputs.items[i].artifact.number;
	return gate_result_take_over(
		try->engine, &taken, &try->arena, &try->gates[try->n_gates++], err);
}

/* Whether nothing stands against the attempt. */
static bool
passes(const struct try *try)
{
	for (uint32_t i = 0; i < try->judging->n; i++) {
		const struct gate_report *report = &try->judging->trials[i].report;

		if (!need_not_judge(try, i) && report->gate->required &&
			report->status != GATE_PASSED)
			return false;
	}
	return !try->cancelled;
}

/* The results of those that came to judge anything, for the event that ends the attempt. */
static int
put_results(struct try *try, struct gate_report *reports, size_t *ret_n, struct err *err)
{
	struct judging *judging = try->judging;
	bool accepted = passes(try);
	int r = 0;

	try->gates = ARENA_ARRAY(&try->arena, judging->n, struct record_gate);
	try->n_gates = 0;
	*ret_n = 0;
	for (uint32_t i = 0; r == 0 && i < judging->n; i++) {
		struct trial *trial = &judging->trials[i];

		if (need_not_judge(try, i)) {
			r = take_over(try, i, accepted, err);
			continue;
		}
		if (!trial->report.n_turns)
			continue;
		name_candidates(try, trial);
		number_evidence(try->engine, &trial->report);
		if (accepted)
			grant(try, trial);
		r = put_result(try, &trial->report, &try->gates[try->n_gates], err);
		try->gates[try->n_gates++].measures = &trial->report.measures;
		reports[(*ret_n)++] = trial->report;
	}
	for (size_t i = 0; r == 0 && i < try->n_gates; i++)
		judged_note(try->engine->schedule, try->engine->graph, try->step,
			try->gates[i].gate->name, &try->gates[i].result.digest,
			&try->engine->arena);
	return r;
}

/* What becomes of the attempt. */
static int
decide(struct try *try, struct err *err)
{
	struct gate_report *reports =
		ARENA_ARRAY(&try->arena, try->judging->n, struct gate_report);
	AUTO_BUF struct buf feedback = BUF_INIT(RESULT_BYTES_MAX);
	const char *blocking;
	size_t n;
	int r;

	try_number_candidates(try);
	r = put_results(try, reports, &n, err);
	if (r < 0)
		return r;
	blocking = reports_blocking(reports, n, TRY_SUMMARY_MAX, &try->arena);
	if (try->cancelled)
		return try_record_cancelled(try, err);
	if (!blocking)
		return try_pass(try, err);
	results_write_feedback(reports, n, &feedback);
	r = buf_check(&feedback, "what the gates found", err);
	return r < 0 ? r : try_reject_gates(try, blocking, &feedback, err);
}

void
judging_done(struct try *try)
{
	for (uint32_t i = 0; try->judging && i < try->judging->n; i++)
		trial_done(&try->judging->trials[i]);
	try->judging = NULL;
}

static int
conclude(struct try *try, struct err *err)
{
	int r = decide(try, err);

	judging_done(try);
	return r;
}

/* --- carrying them out --- */

/* Starts what has room; concludes where all have ended. */
static int
move_on(struct try *try, struct err *err)
{
	struct judging *judging = try->judging;
	int r = 1;

	for (uint32_t i = 0; r > 0 && i < judging->n; i++)
		if (judging->trials[i].phase == TRIAL_WAITING)
			r = trial_start(&judging->trials[i], err);
	if (r < 0)
		return r;
	return has_ended(judging) ? conclude(try, err) : 0;
}

int
judging_begin(struct try *try, struct err *err)
{
	const struct step_gates *gates = gates_of(try);
	struct judging *judging = ARENA_NEW(&try->arena, struct judging);
	int r = 0;

	*judging = (struct judging){ARENA_ARRAY(&try->arena, gates->n, struct trial), gates->n};
	for (uint32_t i = 0; i < judging->n; i++)
		judging->trials[i].write_dir = -1;
	try->judging = judging;
	for (uint32_t i = 0; i < judging->n; i++)
		if (need_not_judge(try, i))
			judging->trials[i].phase = TRIAL_ENDED;
	for (uint32_t i = 0; r == 0 && i < judging->n; i++)
		if (!need_not_judge(try, i))
			r = trial_begin(&judging->trials[i], try, &gates->items[i], err);
	/* Those that were not begun hold nothing. */
	return r < 0 ? r : move_on(try, err);
}

void
judging_went_on(struct trial *trial, int r, struct err *err)
{
	if (r >= 0)
		r = move_on(trial->try, err);
	try_keep_failure(trial->try->engine, r, err);
}

int
judging_poll(struct try *try, struct err *err)
{
	for (uint32_t i = 0; i < try->judging->n; i++)
		if (try->judging->trials[i].phase == TRIAL_WAITING || try->cancelled)
			return move_on(try, err);
	return 0;
}

static struct trial *
find_trial(const struct try *try, uint32_t number)
{
	for (uint32_t i = 0; i < try->judging->n; i++)
		if (try->judging->trials[i].phase == TRIAL_IN_LANE &&
			try->judging->trials[i].number == number)
			return &try->judging->trials[i];
	return NULL;
}

bool
judging_has(const struct try *try, uint32_t number)
{
	return find_trial(try, number) != NULL;
}

int
judging_on_exited(struct try *try, uint32_t number, struct err *err)
{
	int r = trial_on_exited(find_trial(try, number), err);

	return r < 0 ? r : move_on(try, err);
}

void
judging_cancel(struct try *try)
{
	for (uint32_t i = 0; i < try->judging->n; i++)
		trial_cancel(&try->judging->trials[i]);
}
