#include "trace/inbox.h"

#include "run/question.h"
#include "trace/difference.h"
#include "trace/planned.h"
#include "trace/shape.h"
#include "json/copy.h"

/* Which questions are listed, and how. */
struct listing {
	struct store *store;
	const struct run_row *run; /* NULL: of all */
	struct str step;           /* empty: of all */
	bool is_compared;          /* with what was made before */
	struct arena *arena;
};

/* A member of the document, null where it has none. */
static void
add_member(struct builder *b, const struct value *document, const char *name)
{
	const struct value *v = value_get(document, str_of(name));

	if (v)
		builder_add(b, name, value_copy(b->arena, v));
	else
		builder_null(b, name);
}

static int
add_question(struct builder *b, const struct listing *listing, const struct question_row *row,
	struct err *err)
{
	const struct value *document;
	int r = question_read(listing->store, &row->request, listing->arena, &document, err);

	if (r < 0)
		return err_wrap(err, "the question of step %.*s", STR_ARG(row->name));
	builder_object(b, NULL);
	shape_uuid(b, "run_id", &row->run_id);
	builder_text(b, "workflow", row->workflow);
	builder_text(b, "step", row->name);
	builder_cstr(b, "kind", question_row_kind_name(row->kind));
	add_member(b, document, "ask");
	shape_digest(b, "request", &row->request);
	shape_time(b, "opened_at", row->opened_us);
	shape_time(b, "expires_at", row->until_us);
	add_member(b, document, "by");
	add_member(b, document, "schema");
	add_member(b, document, "argv");
	add_member(b, document, "inputs");
	add_member(b, document, "show");
	add_member(b, document, "attempt");
	add_member(b, document, "candidates");
	add_member(b, document, "gates");
	add_member(b, document, "log");
	add_member(b, document, "failure");
	add_member(b, document, "answers");
	add_member(b, document, "rule");
	if (listing->is_compared)
		r = difference_add(b, listing->store, row, document, err);
	builder_end(b);
	return r < 0 ? err_wrap(err, "the question of step %.*s", STR_ARG(row->name)) : 0;
}

static int
add_questions(struct builder *b, const struct listing *listing, struct err *err)
{
	const struct run_row *run = listing->run;
	struct question_row *rows;
	size_t n;
	int r = question_list_open(listing->store, listing->arena, &rows, &n, err);

	builder_array(b, "questions");
	for (size_t i = 0; r == 0 && i < n; i++)
		if ((!run || rows[i].run == run->number) &&
			(!listing->step.n || str_equal(rows[i].name, listing->step)))
			r = add_question(b, listing, &rows[i], err);
	builder_end(b);
	return r;
}

int
inbox_add(struct builder *b, struct store *store, const struct run_row *run,
	struct arena *arena, struct err *err)
{
	const struct listing listing = {.store = store, .run = run, .arena = arena};

	return add_questions(b, &listing, err);
}

int
inbox_list(struct store *store, const struct run_row *run, struct str step, struct arena *arena,
	const struct value **ret_value, struct err *err)
{
	const struct listing listing = {store, run, step, true, arena};
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	int r;

	builder_object(&b, NULL);
	r = add_questions(&b, &listing, err);
	builder_end(&b);
	if (r == 0)
		*ret_value = builder_root(&b);
	return r;
}

int
inbox_check_step(
	struct store *store, const struct run_row *run, struct str step, struct err *err)
{
	struct graph *graph;
	uint32_t number;
	int r = planned_graph(store, run, &graph, err);

	if (r < 0)
		return r;
	r = planned_step(graph, step, &number, err);
	graph_free(graph);
	return r;
}
