#include "run/growth.h"

#include "graph/expansion.h"
#include "run/schedule_again.h"
#include "store/expansion.h"
#include "store/object.h"
#include "json/json.h"

static int
refuse_expansion(const struct expansion_row *row, struct err *err)
{
	return err_set(err, ERR_CORRUPT,
		"the record does not fit its plan: the items of step %u; run lily fsck",
		row->step);
}

static int
expand(struct store *store, struct graph *graph, const struct expansion_row *row,
	const struct expansion **ret_expansion, struct err *err)
{
	AUTO_BUF struct buf list = BUF_INIT(EXPANSION_LIST_MAX);
	struct source source = {.name = "the items of a foreach"};
	const struct value *values;
	int r = object_get(store, &row->list, &list, err);

	source.text = buf_str(&list);
	if (r == 0)
		r = json_parse(&graph->arena, &source, 0, NULL, &values, err);
	if (r < 0)
		return r;
	if (row->step >= graph->n_steps || !graph->steps[row->step].foreach ||
		graph->steps[row->step].template_of || graph_expansion(graph, row->step) ||
		graph->steps[row->step].foreach->n_templates != row->each ||
		row->first != graph->n_steps || values->kind != VALUE_ARRAY ||
		values->n != row->n_items)
		return refuse_expansion(row, err);
	return graph_expand(graph, row->step,
		&(struct expansion_items){.keys = row->keys,
			.values = values->items,
			.n = row->n_items,
			.visit = row->visit},
		ret_expansion, err);
}

static void
retire(struct graph *graph, struct schedule *schedule, uint32_t step)
{
	if (schedule)
		schedule_retire(schedule, step);
	graph_retire(graph, step);
}

/* Where the foreach has items, those before count no more. */
static int
make_way(const struct expansion_row *rows, size_t at, struct graph *graph,
	struct schedule *schedule, struct err *err)
{
	uint32_t step = rows[at].step;
	size_t before = at;

	if (step >= graph->n_steps || !graph_expansion(graph, step))
		return 0;
	while (before > 0 && rows[before - 1].step != step)
		before--;
	if (!before || !rows[before - 1].is_retired)
		return refuse_expansion(&rows[at], err);
	retire(graph, schedule, step);
	return 0;
}

int
growth_restore(struct store *store, int64_t run, struct graph *graph, struct schedule *schedule,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct expansion *expansion;
	struct expansion_row *rows;
	size_t n = 0;
	int r = graph->n_templates ? expansion_list(store, run, &arena, &rows, &n, err) : 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = make_way(rows, i, graph, schedule, err);
		if (r == 0)
			r = expand(store, graph, &rows[i], &expansion, err);
		if (r == 0 && schedule)
			schedule_restore_expansion(schedule, expansion);
	}
	/* A rule went back to these, and they have not been expanded again. */
	for (size_t i = n; r == 0 && i-- > 0;)
		if (rows[i].is_retired && graph_expansion(graph, rows[i].step) &&
			graph_expansion(graph, rows[i].step)->first == rows[i].first)
			retire(graph, schedule, rows[i].step);
	return r;
}
