#include "contract/explain.h"

#include "base/headroom.h"
#include "base/memory.h"

#define MESSAGE_MAX 2000
#define UNITS_A_STEP 2

void
explain_open(struct explainer *e, struct keyword_unit *k, const struct block *b,
	enum keyword keyword, const struct value *v)
{
	k->unit = (struct unit){.keyword = (uint8_t)keyword,
		.node = b->node,
		.value = v,
		.name = str_of(keyword_name(keyword))};
	k->place = (struct place){e->path, k->unit.name, 0};
	e->path = &k->place;
	k->at = unit_open(e->report, e->level++);
	k->below = unit_mark(e->report);
	buf_clear(&e->message);
	/* A keyword of a container passes what is in it. */
	if (v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT)
		(void)checker_parts(e->checker, v);
}

bool
explain_is_over(const struct explainer *e)
{
	return e->checker->code || (e->report->is_cut && !e->open_ends);
}

/* That writes its places, and goes over what is below it. */
static void
close_unit(struct explainer *e, size_t at, const struct unit *unit)
{
	const struct report *report = e->report;
	uint64_t steps = STEPS_OF_REPORTING;

	unit_close(e->report, at, unit, e->path, e->where);
	if (at < report->n)
		steps += (report->n - at) / UNITS_A_STEP +
			(report->units[at].keyword_location.n +
				report->units[at].instance_location.n) /
				BYTES_A_STEP;
	(void)checker_steps(e->checker, steps);
}

bool
explain_close(struct explainer *e, struct keyword_unit *k, bool valid)
{
	k->unit.is_valid = valid;
	/* Where a limit was reached it says what was not looked at. */
	if (!valid && e->message.n && k->at != SIZE_MAX && !e->checker->code)
		k->unit.message = unit_message(e->report, buf_str(&e->message));
	buf_clear(&e->message);
	close_unit(e, k->at, &k->unit);
	e->path = k->place.outer;
	e->level--;
	return valid;
}

bool
explain_below(struct explainer *e, struct place *path, struct place *where, uint32_t block,
	const struct value *v)
{
	const struct place *path_before = e->path;
	const struct place *where_before = e->where;
	size_t marks_before = e->checker->current;
	bool valid;

	if (path) {
		path->outer = e->path;
		e->path = path;
	}
	if (where) {
		where->outer = e->where;
		e->where = where;
		e->checker->current = NO_MARKS;
	}
	valid = explain_block(e, block, v);
	e->checker->current = marks_before;
	e->path = path_before;
	e->where = where_before;
	return valid;
}

static void
explain_note(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	const struct member *m = &e->program->frame->nodes[b->node].value->members[i->a];
	bool of_strings = i->keyword == KEYWORD_CONTENT_ENCODING ||
		i->keyword == KEYWORD_CONTENT_MEDIA_TYPE ||
		i->keyword == KEYWORD_CONTENT_SCHEMA;
	struct keyword_unit k;

	if (!(e->flags & REPORT_ANNOTATIONS) || (of_strings && v->kind != VALUE_STRING))
		return;
	k.unit = (struct unit){.keyword = i->keyword,
		.node = b->node,
		.value = v,
		.name = value_text(&m->key),
		.annotation = &m->value,
		.is_valid = true};
	k.place = (struct place){e->path, k.unit.name, 0};
	e->path = &k.place;
	k.at = unit_open(e->report, e->level);
	close_unit(e, k.at, &k.unit);
	e->path = k.place.outer;
}

bool
explain_lost(struct explainer *e)
{
	e->report->is_cut = true;
	return false;
}

static bool
explain_kind(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	struct keyword_unit k;

	if (kind_is_allowed(i->a, v))
		return true;
	explain_open(e, &k, b, KEYWORD_TYPE, v);
	k.unit.kinds = (uint8_t)i->a;
	message_kind(e, i->a, v);
	return explain_close(e, &k, false);
}

/* Of bounds the keyword that failed. */
static enum keyword
keyword_of(const struct instruction *i, const struct value *v)
{
	bool is_few = v->n < i->a;

	if (i->op == OP_LENGTH) {
		size_t n = 0;

		for (uint32_t k = 0; k < v->n; k++)
			n += ((unsigned char)v->text[k] & 0xC0) != 0x80;
		return n < i->a ? KEYWORD_MIN_LENGTH : KEYWORD_MAX_LENGTH;
	}
	if (i->op != OP_COUNT)
		return (enum keyword)i->keyword;
	if (v->kind == VALUE_ARRAY)
		return is_few ? KEYWORD_MIN_ITEMS : KEYWORD_MAX_ITEMS;
	return is_few ? KEYWORD_MIN_PROPERTIES : KEYWORD_MAX_PROPERTIES;
}

static bool
explain_alone(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	struct keyword_unit k;

	if (evaluate_alone(e->checker, i, v))
		return true;
	if (e->checker->code)
		return e->report->is_valid;
	if (unit_is_full(e->report))
		return explain_lost(e);
	explain_open(e, &k, b, keyword_of(i, v), v);
	e->node = b->node;
	message_alone(e, i, v);
	return explain_close(e, &k, false);
}

/* Two keywords are one instruction. Both fail where no value could be right. */
static bool
explain_sizes(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	struct instruction least = *i;
	struct instruction most = *i;
	bool valid;

	least.b = COUNT_MAX;
	most.a = 0;
	valid = explain_alone(e, b, &least, v);
	return explain_alone(e, b, &most, v) && valid;
}

static bool
explain_instruction(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	if (explain_is_over(e))
		return e->report->is_valid;
	switch ((enum op)i->op) {
	case OP_ITEMS:
	case OP_CONTAINS: return explain_array(e, b, i, v);
	case OP_OBJECT:
	case OP_REQUIRED:
	case OP_NAMES:
	case OP_DEPENDENT_REQUIRED:
	case OP_DEPENDENT_SCHEMA: return explain_object(e, b, i, v);
	case OP_NOT:
	case OP_REF:
	case OP_DYNAMIC_REF:
	case OP_ALL_OF:
	case OP_ANY_OF:
	case OP_ONE_OF:
	case OP_IF: return explain_branches(e, b, i, v);
	case OP_UNEVALUATED_ITEMS:
	case OP_UNEVALUATED_PROPERTIES: return explain_unevaluated(e, b, i, v);
	case OP_TYPE: return explain_kind(e, b, i, v);
	case OP_NOTE: explain_note(e, b, i, v); return true;
	case OP_LENGTH:
	case OP_COUNT: return explain_sizes(e, b, i, v);
	case OP_MINIMUM:
	case OP_MAXIMUM:
	case OP_MULTIPLE_OF:
	case OP_PATTERN:
	case OP_FORMAT:
	case OP_CONTENT:
	case OP_UNIQUE:
	case OP_ENUM: break;
	}
	return explain_alone(e, b, i, v);
}

static bool
explain_group(
	struct explainer *e, const struct block *b, enum group group, const struct value *v)
{
	const struct instruction *code = e->program->code + b->first;
	bool valid = true;

	for (uint32_t i = group ? b->ends[group - 1] : 0; i < b->ends[group]; i++)
		valid = explain_instruction(e, b, &code[i], v) && valid;
	return valid;
}

static bool
explain_groups(struct explainer *e, const struct block *b, const struct value *v)
{
	bool is_container = v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT;
	bool tracks = b->flags & BLOCK_TRACKS && is_container;
	size_t before = e->checker->current;
	bool valid;

	if (tracks)
		before = marks_open(e->checker, v->n);
	valid = explain_group(e, b, GROUP_NOTES, v);
	if (v->kind >= VALUE_NUMBER)
		valid = explain_group(e, b, (enum group)(v->kind - VALUE_NUMBER), v) && valid;
	valid = explain_group(e, b, GROUP_ANY, v) && valid;
	if (tracks) {
		valid = explain_group(e, b, GROUP_LATE, v) && valid;
		marks_close(e->checker, before, valid);
	}
	return valid;
}

static bool
explain_written(struct explainer *e, const struct block *b, const struct value *v)
{
	struct checker *c = e->checker;
	const struct scope scope = {b->resource, c->scope};
	bool valid;

	if (!checker_steps(c, 1 + e->program->frame->nodes[b->node].value->n / NAMES_A_STEP))
		return e->report->is_valid;
	if (!c->depth_left || headroom_here() < c->floor) {
		(void)evaluate_deep(c);
		return e->report->is_valid;
	}
	c->depth_left--;
	if (!c->scope || c->scope->resource != b->resource)
		c->scope = &scope;
	valid = explain_groups(e, b, v);
	if (c->scope == &scope)
		c->scope = scope.outer;
	c->depth_left++;
	return valid;
}

/* The way of schema_is_valid, which marks what it evaluates as well. */
static bool
judge(struct explainer *e, uint32_t block, const struct value *v)
{
	return block == BLOCK_TRUE || evaluate_entry(e->checker, fast_entry(block, v->kind), v);
}

bool
explain_nothing(struct explainer *e, uint32_t block, const struct value *v)
{
	size_t before = e->checker->current;
	bool valid;

	e->checker->current = NO_MARKS;
	valid = judge(e, block, v);
	e->checker->current = before;
	return valid;
}

/* Keyword by keyword. */
static bool
explain_thoroughly(struct explainer *e, uint32_t block, const struct value *v)
{
	const struct block *b = &e->program->blocks[block];
	struct unit unit = {.keyword = KEYWORD_N,
		.is_schema = true,
		.node = b->node,
		.value = v,
		.name = STR_EMPTY};
	size_t at = unit_open(e->report, e->level++);
	struct report_mark below = unit_mark(e->report);

	/* Only a false schema allows nothing at all. */
	if (!b->kinds) {
		buf_clear(&e->message);
		/* What is not allowed is the name, wherever its value stands. */
		if (message_nothing(e, v))
			unit.value = e->key;
		unit.message = unit_message(e->report, buf_str(&e->message));
		unit.keyword = (uint8_t)e->by;
		buf_clear(&e->message);
	} else {
		unit.is_valid = explain_written(e, b, v);
		if (!unit.is_valid || e->flags & REPORT_ANNOTATIONS)
			unit_filter(e->report, below.n, unit.is_valid);
		else
			unit_drop(e->report, below);
	}
	e->level--;
	close_unit(e, at, &unit);
	return unit.is_valid;
}

/* Only what is not valid is gone through, and only as long as there is room for what is found. */
bool
explain_block(struct explainer *e, uint32_t block, const struct value *v)
{
	bool has_annotations = e->flags & REPORT_ANNOTATIONS;

	if (block == BLOCK_TRUE)
		return true;
	if (explain_is_over(e))
		return e->report->is_valid;
	if (unit_is_full(e->report)) {
		bool valid = judge(e, block, v);

		e->report->is_cut |= !valid || has_annotations;
		return valid;
	}
	if (!has_annotations && e->checker->current == NO_MARKS && judge(e, block, v))
		return true;
	return explain_thoroughly(e, block, v);
}

struct report *
report_new(void)
{
	struct report *report = memory_zeroed(1, sizeof(*report));

	report->text = BUF_INIT(UINT32_MAX);
	return report;
}

void
report_free(struct report *report)
{
	if (!report)
		return;
	buf_done(&report->text);
	arena_done(&report->arena);
	free(report->units);
	free(report);
}

/* Whatever was lost of it, the report of what is not valid says that it is not. */
static void
say_something(struct explainer *e, uint32_t node, const struct value *v)
{
	struct report *report = e->report;
	struct unit unit = {.keyword = KEYWORD_N,
		.is_schema = true,
		.node = node,
		.value = v,
		.name = STR_EMPTY};
	struct finding finding;
	size_t cursor = 0;

	if (report_next(report, &cursor, &finding))
		return;
	report->n = 0;
	report->allowed = 1;
	buf_clear(&report->text);
	unit.message = unit_message(report, STR("is not valid, and a report cannot hold why"));
	unit_close(report, unit_open(report, 0), &unit, NULL, NULL);
	report->is_cut = true;
}

/* What is not valid has no annotations. A limit that is reached here does not change whether it is
 * valid: as much as was found until then is told. */
static void
explain_whole(struct explainer *e, uint32_t block, const struct value *v, unsigned flags)
{
	e->flags = e->report->is_valid ? flags : 0;
	if (e->report->is_valid && !flags)
		return;
	checker_start_again(e->checker);
	(void)explain_thoroughly(e, block, v);
	e->report->is_cut |= e->checker->code != 0;
	unit_hide(e->report);
	if (!e->report->is_valid)
		say_something(e, e->program->blocks[block].node, v);
	e->checker->code = 0;
}

int
schema_check(const struct schema *schema, struct checker *checker, const struct value *value,
	unsigned flags, struct report *report, struct err *err)
{
	uint32_t entry = schema->program->entry;
	struct explainer e = {.checker = checker,
		.report = report,
		.program = schema->program,
		.by = KEYWORD_N,
		.message = BUF_INIT(MESSAGE_MAX)};

	checker_start(checker, schema->program, value);
	arena_reset(&report->arena);
	buf_clear(&report->text);
	report->n = 0;
	report->is_cut = false;
	report->schema = schema;
	report->value = value;
	report->allowed = checker->units_allowed;
	report->is_valid = judge(&e, entry, value);
	if (!checker->code && entry != BLOCK_TRUE)
		explain_whole(&e, entry, value, flags);
	buf_done(&e.message);
	free(e.left.names);
	if (checker->code)
		return err_set(err, checker->code, "%s", checker->err.message);
	return report->is_valid;
}

bool
report_is_valid(const struct report *report)
{
	return report->is_valid;
}

bool
report_is_cut(const struct report *report)
{
	return report->is_cut;
}
