/* What a foreach and a scope mean: their items and steps are let in, and gathered when they have ended. */
#include "run/schedule_state.h"

#include "base/memory.h"

static struct gathering *
gathering_of(const struct schedule *schedule, const struct expansion *expansion)
{
	return &schedule->gatherings[expansion->number];
}

bool
schedule_is_admitted(const struct schedule *schedule, uint32_t step)
{
	const struct item *item = schedule->graph->steps[step].item;

	return !item ||
		gathering_has_admitted(gathering_of(schedule, item->expansion), item->index);
}

/* Lets in as many items as the foreach allows, while it runs; what they need within the item may have come. */
static void
admit_items(struct schedule *schedule, struct gathering *gathering)
{
	uint32_t n = gathering->expansion->foreach->n_templates;
	uint32_t item;

	if (schedule->visits[gathering->expansion->foreach->step].state != VISIT_RUNNING)
		return;
	while ((item = gathering_admit(gathering)) != STEP_NONE) {
		uint32_t first = gathering->expansion->first + item * n;

		for (uint32_t i = first; i < first + n; i++)
			if (schedule->visits[i].state == VISIT_PENDING &&
				!schedule->visits[i].missing &&
				!schedule->graph->steps[i].template_of)
				schedule_change(schedule, i, VISIT_READY, STATE_COMPUTED);
	}
}

static void
add_gathered(struct schedule *schedule, uint32_t step)
{
	schedule->gathered = memory_grow(schedule->gathered, schedule->n_gathered,
		&schedule->gathered_capacity, sizeof(*schedule->gathered));
	schedule->gathered[schedule->n_gathered++] = step;
}

static void
note_gathered(struct schedule *schedule, const struct gathering *gathering)
{
	if (!gathering->left)
		add_gathered(schedule, gathering->expansion->foreach->step);
}

static struct opening *
opening_of(const struct schedule *schedule, uint32_t scope)
{
	return &schedule->openings[schedule->graph->steps[scope].scope->number];
}

/* What the end of a step that is no part of an item means for the scope that it is in, else for the
 * run; by: 1, or -1 where it is taken back. */
void
schedule_count_end(struct schedule *schedule, uint32_t step, unsigned state, int by)
{
	const struct step *node = &schedule->graph->steps[step];
	uint32_t one = (uint32_t)by;
	struct opening *opening;

	if (step_scope(node) == STEP_NONE) {
		schedule->failures +=
			(uint64_t)(int64_t)(by * schedule_is_failure(schedule, step, state));
	} else {
		opening = opening_of(schedule, step_scope(node));
		opening->left -= one;
		/* Nothing gets past a gate that is required. */
		opening->failed += one *
			((state == VISIT_FAILED && schedule_failed_gate(schedule, step)) ||
				schedule_is_failure(schedule, step, state));
		opening->cancelled += one * (state == VISIT_CANCELLED);
	}
	schedule->open -= one * (!node->is_last && !node->item);
}

/* A visit has come to its end: what that means for its foreach, or else for the run. */
void
schedule_note_end(struct schedule *schedule, uint32_t step, enum visit_state state)
{
	const struct step *node = &schedule->graph->steps[step];
	const struct item *item = graph_item(schedule->graph, node);
	uint32_t scope = step_scope(node);
	struct gathering *gathering;

	if (!item) {
		schedule_count_end(schedule, step, state, 1);
		if (scope != STEP_NONE && !opening_of(schedule, scope)->left)
			add_gathered(schedule, scope);
		if (!schedule->open && !node->is_last && !node->item)
			schedule_admit_last(schedule);
		return;
	}
	gathering = gathering_of(schedule, item->expansion);
	if (!gathering_end_step(gathering, item->index, state))
		return;
	admit_items(schedule, gathering);
	note_gathered(schedule, gathering);
}

/* How many steps each scope has, of the steps from `first` on. */
void
schedule_add_parts(struct schedule *schedule, uint32_t first, uint32_t end)
{
	const struct graph *graph = schedule->graph;
	uint32_t n = schedule->openings_capacity;

	if (graph->n_scopes > n) {
		schedule->openings_capacity = MAX(graph->n_scopes, n * 3 / 2);
		schedule->openings = memory_resize(schedule->openings,
			schedule->openings_capacity, sizeof(*schedule->openings));
		memset(schedule->openings + n, 0,
			(schedule->openings_capacity - n) * sizeof(*schedule->openings));
	}
	for (uint32_t i = first; graph->n_scopes && i < end; i++) {
		const struct step *step = &graph->steps[i];

		if (step_scope(step) != STEP_NONE && !step->template_of &&
			!graph_item(graph, step))
			opening_of(schedule, step_scope(step))->left++;
	}
}

/* Room for the visits of steps that the graph has grown by. */
static void
grow(struct schedule *schedule, const struct expansion *expansion)
{
	uint32_t n = expansion->n_items * expansion->foreach->n_templates;
	size_t end = (size_t)expansion->first + n;

	if (end > schedule->visits_capacity) {
		schedule->visits_capacity = MAX(end, schedule->visits_capacity * 3 / 2);
		schedule->visits = memory_resize(
			schedule->visits, schedule->visits_capacity, sizeof(*schedule->visits));
	}
	memset(schedule->visits + expansion->first, 0, n * sizeof(*schedule->visits));
	for (size_t i = expansion->first; i < end; i++)
		schedule_begin_visit(schedule, (uint32_t)i);
	schedule_count_grown(schedule, expansion);
	schedule_add_parts(schedule, expansion->first, (uint32_t)end);
	schedule->gatherings = memory_grow(schedule->gatherings, schedule->n_gatherings,
		&schedule->gatherings_capacity, sizeof(*schedule->gatherings));
	gathering_init(&schedule->gatherings[schedule->n_gatherings++], expansion);
}

/* Makes known to the steps of a scope that it runs. */
void
schedule_let_in(struct schedule *schedule, uint32_t scope)
{
	const struct step *node = &schedule->graph->steps[scope];

	for (uint32_t i = 0; i < node->n_dependents; i++)
		if (step_scope(&schedule->graph->steps[node->dependents[i]]) == scope)
			schedule_tell(schedule, node->dependents[i], scope);
	if (!opening_of(schedule, scope)->left)
		add_gathered(schedule, scope);
}

/* A foreach lets in those of its items that have not ended. */
static void
begin_items(struct schedule *schedule, const struct expansion *expansion)
{
	admit_items(schedule, gathering_of(schedule, expansion));
	note_gathered(schedule, gathering_of(schedule, expansion));
}

void
schedule_expanded(struct schedule *schedule, const struct expansion *expansion)
{
	uint32_t step = expansion->foreach->step;

	if (expansion->number != schedule->n_gatherings)
		BUG("step %u was expanded out of order", step);
	schedule_drop_first(schedule, step);
	schedule_move(schedule, step, VISIT_RUNNING, EVENT_STEP_EXPANDED);
	grow(schedule, expansion);
	begin_items(schedule, expansion);
}

void
schedule_opened(struct schedule *schedule, uint32_t step)
{
	const struct expansion *expansion = graph_expansion(schedule->graph, step);

	schedule_drop_first(schedule, step);
	schedule_move(schedule, step, VISIT_RUNNING, EVENT_SCOPE_OPENED);
	if (expansion)
		begin_items(schedule, expansion);
	else
		schedule_let_in(schedule, step);
}

/* A part that is retried may have opened it again. */
static uint32_t
parts_left(const struct schedule *schedule, uint32_t step)
{
	struct schedule_items items;

	if (schedule->graph->steps[step].scope)
		return opening_of(schedule, step)->left;
	schedule_count_items(schedule, step, &items);
	return items.left;
}

uint32_t
schedule_gathered(struct schedule *schedule)
{
	while (schedule->n_gathered_told < schedule->n_gathered) {
		uint32_t step = schedule->gathered[schedule->n_gathered_told++];

		if (schedule->visits[step].state == VISIT_RUNNING &&
			!parts_left(schedule, step))
			return step;
	}
	return STEP_NONE;
}

void
schedule_gather_cancelled(struct schedule *schedule, uint32_t step)
{
	schedule_move(schedule, step, VISIT_CANCELLED, EVENT_VISIT_CANCELLED);
	schedule_pass_on(schedule, step);
}

void
schedule_restore_expansion(struct schedule *schedule, const struct expansion *expansion)
{
	if (expansion->number != schedule->n_gatherings)
		BUG("expansion %u is restored out of order", expansion->number);
	grow(schedule, expansion);
}

void
schedule_restore_part(struct schedule *schedule, uint32_t step, enum visit_state state)
{
	const struct step *node = &schedule->graph->steps[step];
	const struct item *item = graph_item(schedule->graph, node);

	if (!visit_state_is_final(state)) {
		if (node->item && state != VISIT_PENDING)
			gathering_begun(gathering_of(schedule, node->item->expansion),
				node->item->index);
		return;
	}
	if (item)
		(void)gathering_end_step(
			gathering_of(schedule, item->expansion), item->index, state);
	else
		schedule_count_end(schedule, step, state, 1);
}

/* What the ends of the others of its item mean for that. */
static void
remember_others(struct schedule *schedule, struct gathering *gathering, uint32_t step)
{
	const struct item *item = schedule->graph->steps[step].item;
	uint32_t n = gathering->expansion->foreach->n_templates;
	uint32_t first = gathering->expansion->first + item->index * n;

	for (uint32_t i = first; i < first + n; i++) {
		const struct step *node = &schedule->graph->steps[i];
		enum visit_state state = (enum visit_state)schedule->visits[i].state;

		if (i != step && !node->template_of &&
			graph_item(schedule->graph, node) == item &&
			visit_state_is_final(state))
			gathering_remember(gathering, item->index, state);
	}
}

void
schedule_take_back_end(struct schedule *schedule, uint32_t step, enum visit_state state)
{
	const struct item *item = graph_item(schedule->graph, &schedule->graph->steps[step]);
	struct gathering *gathering;

	if (!item) {
		schedule_count_end(schedule, step, state, -1);
		return;
	}
	gathering = gathering_of(schedule, item->expansion);
	gathering_renew_step(gathering, item->index);
	remember_others(schedule, gathering, step);
}

void
schedule_leave_out_items(struct schedule *schedule, uint32_t step)
{
	const struct expansion *expansion = graph_expansion(schedule->graph, step);
	uint32_t n = expansion ? expansion->n_items * expansion->foreach->n_templates : 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t part = expansion->first + i;

		if (!schedule->graph->steps[part].template_of &&
			!schedule->visits[part].is_retired &&
			schedule->visits[part].state == VISIT_PENDING)
			schedule_decide(schedule, part, VISIT_SKIPPED, step);
	}
}

void
schedule_restore_items(struct schedule *schedule)
{
	for (uint32_t i = 0; i < schedule->n_gatherings; i++) {
		if (schedule->gatherings[i].is_retired)
			continue;
		admit_items(schedule, &schedule->gatherings[i]);
		note_gathered(schedule, &schedule->gatherings[i]);
	}
}

void
schedule_free_parts(struct schedule *schedule)
{
	for (uint32_t i = 0; i < schedule->n_gatherings; i++)
		gathering_done(&schedule->gatherings[i]);
	free(schedule->gatherings);
	free(schedule->openings);
	free(schedule->gathered);
}
