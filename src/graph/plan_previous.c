#include "graph/instance.h"
#include "graph/planner.h"

#include "graph/declared_previous.h"
#include "json/json.h"

/* NULL: the caller knows of no run before. */
static const struct plan_previous *
find(const struct planner *p, uint32_t number)
{
	return number < p->request->n_previous ? &p->request->previous[number] : NULL;
}

/* Whether its step is certain to need it: what may be skipped, by itself or with a scope, or has no items,
 * can do without. */
static bool
is_needed(const struct planner *p, const struct declared_in *in)
{
	const struct declared_step *step = &p->workflow->steps[p->step];
	bool is_certain = !in->optional && !p->request->sketch;

	for (const struct instance *i = p->instance; is_certain && step; i = i->outer) {
		is_certain = !step->keys[STEP_IF] && step->template_of == STEP_NONE;
		step = i->user;
	}
	return is_certain;
}

static int
refuse(const struct planner *p, const struct declared_in *in, struct str name,
	const struct plan_previous *previous, struct err *err)
{
	const struct workflow *w = p->workflow;
	struct str run = p->top->workflow->name;
	char id[UUID_TEXT_SIZE];

	if (previous && previous->has_run)
		return source_error(&w->source, in->previous->offset, err,
			"run %s of \"%.*s\", the last one that succeeded, left no %.*s; say "
			"optional: true if step \"%.*s\" can do without",
			uuid_to_text(&previous->run, id), STR_ARG(run), STR_ARG(name),
			STR_ARG(w->steps[p->step].name));
	return source_error(&w->source, in->previous->offset, err,
		"no run of \"%.*s\" that could leave %.*s has succeeded yet; say optional: "
		"true, "
		"for the first run, if step \"%.*s\" can do without",
		STR_ARG(run), STR_ARG(name), STR_ARG(w->steps[p->step].name));
}

void
planner_write_previous_name(struct planner *p, struct str name, struct buf *b,
	struct str *ret_name, const struct plan_previous **ret_previous)
{
	struct str whole = str_of(arena_printf(
		&p->arena, "%.*s%.*s", STR_ARG(p->instance->prefix), STR_ARG(name)));
	uint32_t number = map_get(&p->top->workflow->previous_by_name, whole);

	p->takes_previous[number] = true;
	json_write_string(whole, b);
	if (ret_name)
		*ret_name = whole;
	if (ret_previous)
		*ret_previous = find(p, number);
}

int
planner_write_input_previous(
	struct planner *p, const struct declared_in *in, struct buf *b, struct err *err)
{
	const struct workflow *w = p->workflow;
	const struct plan_previous *previous;
	struct found_previous found;
	struct str name;

	previous_read(w, p->step, in->previous, &p->arena, &found);
	planner_write_previous_name(p, found.name, b, &name, &previous);
	return (!previous || !previous->present) && is_needed(p, in)
		? refuse(p, in, name, previous, err)
		: 0;
}

static void
write_digest(struct buf *b, const char *key, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	buf_printf(b, ",\"%s\":\"%s\"", key, digest_to_hex(digest, hex));
}

/* Members in canonical order: artifact, kind, path, run, schema, sha256, size, type. */
static void
write_one(const struct plan_previous *previous, struct str path, struct buf *b)
{
	char id[UUID_TEXT_SIZE];

	buf_add_char(b, '{');
	if (previous && previous->present) {
		buf_printf(b, "\"artifact\":%u,\"kind\":", previous->artifact);
		json_write_string(previous->kind, b);
		buf_add_char(b, ',');
	}
	buf_add_cstr(b, "\"path\":");
	json_write_string(path, b);
	if (previous && previous->has_run)
		buf_printf(b, ",\"run\":\"%s\"", uuid_to_text(&previous->run, id));
	if (previous && previous->present) {
		if (previous->has_schema)
			write_digest(b, "schema", &previous->schema);
		write_digest(b, "sha256", &previous->digest);
		buf_printf(b, ",\"size\":%llu", (unsigned long long)previous->size);
		if (previous->type.n) {
			buf_add_cstr(b, ",\"type\":");
			json_write_string(previous->type, b);
		}
	}
	buf_add_char(b, '}');
}

static int
compare(const void *left, const void *right)
{
	const struct workflow_previous *const *a = left;
	const struct workflow_previous *const *b = right;

	return str_compare((*a)->name, (*b)->name);
}

void
planner_write_previous(struct planner *p, struct buf *b)
{
	const struct workflow *w = p->workflow;
	const struct workflow_previous **sorted =
		ARENA_ARRAY(&p->arena, w->n_previous, const struct workflow_previous *);
	size_t n = 0;

	for (size_t i = 0; i < w->n_previous; i++)
		if (p->takes_previous[i])
			sorted[n++] = &w->previous[i];
	if (!n)
		return;
	qsort(sorted, n, sizeof(*sorted), compare);
	buf_add_cstr(b, ",\"previous\":{");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(b, ',');
		json_write_string(sorted[i]->name, b);
		buf_add_char(b, ':');
		write_one(find(p, (uint32_t)(sorted[i] - w->previous)), sorted[i]->path, b);
	}
	buf_add_char(b, '}');
}
