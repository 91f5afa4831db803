#include "api/schema.h"

#include "base/memory.h"
#include "json/copy.h"

#define TEXT_MAX ((size_t)1 << 20)
#define SAID_MOST 64
#define SHOWN_AROUND 1024 /* bytes before and behind a place: more than a message shows */

struct lily_report *
lily_report_new(void)
{
	struct lily_report *report = memory_zeroed(1, sizeof(*report));

	report->report = report_new();
	return report;
}

void
lily_report_free(struct lily_report *report)
{
	if (!report)
		return;
	report_free(report->report);
	free(report->list);
	arena_done(&report->arena);
	free(report);
}

int
report_fill(struct lily_report *report, const struct schema *schema, struct checker *checker,
	const struct value *value, const struct source *source, struct err *err)
{
	int r;

	report->schema = schema;
	report->checker = checker;
	report->value = value;
	report->source = source;
	report->place = STR_EMPTY;
	report->says_once = false;
	report->is_listed = false;
	report->n = 0;
	report->next = 0;
	r = schema_check(schema, checker, value, 0, report->report, err);
	if (r < 0 && source)
		checker_place_limit(checker, source, err);
	return r;
}

static int
compare_places(const void *left, const void *right)
{
	const struct finding_at *a = left;
	const struct finding_at *b = right;

	if (a->finding.value->offset != b->finding.value->offset)
		return a->finding.value->offset < b->finding.value->offset ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* Looks back among the findings at the same place. */
static bool
is_said(const struct lily_report *report, size_t n, const struct finding *finding)
{
	for (size_t i = n; i > 0; i--) {
		const struct finding *other = &report->list[i - 1].finding;

		if (other->value->offset != finding->value->offset || n - i == SAID_MOST)
			return false;
		if (str_equal(other->message, finding->message) &&
			str_equal(other->instance_location, finding->instance_location))
			return true;
	}
	return false;
}

static void
say_once(struct lily_report *report)
{
	size_t n = 0;

	for (size_t i = 0; i < report->n; i++)
		if (!is_said(report, n, &report->list[i].finding))
			report->list[n++] = report->list[i];
	report->n = n;
}

static void
list_findings(struct lily_report *report)
{
	struct finding finding;
	size_t cursor = 0;

	while (report_next(report->report, &cursor, &finding)) {
		report->list = memory_grow(
			report->list, report->n, &report->capacity, sizeof(*report->list));
		report->list[report->n] = (struct finding_at){finding, report->n};
		report->n++;
	}
	if (report->n)
		qsort(report->list, report->n, sizeof(*report->list), compare_places);
	if (report->says_once)
		say_once(report);
	report->is_listed = true;
}

static bool
is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

/* Where to count from next: the start of the line, or well before the offset where that is far away. */
static uint32_t
start_before(const struct lily_report *report, uint32_t offset)
{
	const char *text = report->source->text.p;
	uint32_t at = offset;

	while (at > report->rest_at && offset - at < SHOWN_AROUND && !is_line_end(text[at - 1]))
		at--;
	while (at > report->rest_at && ((unsigned char)text[at] & 0xC0) == 0x80)
		at--;
	return at;
}

/* Findings come in the order of the source, so lines and columns are counted from the last one on, and
 * no line is looked at to its end: a file of one line may have a million findings. */
static struct source
advance(struct lily_report *report, uint32_t offset, uint32_t *ret_offset)
{
	struct source *rest = &report->rest;
	uint32_t start = start_before(report, offset);
	uint32_t passed = start - report->rest_at;
	struct position at = source_position(rest, passed);
	struct source shown;

	if (passed) {
		rest->text.p += passed;
		rest->text.n -= passed;
		rest->lines_before = at.line - 1;
		rest->columns_before = at.column - 1;
		report->rest_at = start;
	}
	shown = *rest;
	*ret_offset = offset - start;
	shown.text.n = MIN(shown.text.n, (size_t)*ret_offset + SHOWN_AROUND);
	while (shown.text.n < rest->text.n &&
		((unsigned char)shown.text.p[shown.text.n] & 0xC0) == 0x80)
		shown.text.n++;
	return shown;
}

static void
locate(struct lily_report *report, const struct finding *f, struct lily_finding *ret)
{
	AUTO_BUF struct buf location = BUF_INIT(TEXT_MAX);

	buf_add_str(&location, report->place);
	buf_add_str(&location, f->instance_location);
	ret->instance_location = arena_cstr(&report->arena, buf_str(&location));
	ret->instance_location_size = location.n;
}

static void
describe(struct lily_report *report, const struct finding *f, struct lily_finding *ret)
{
	AUTO_BUF struct buf message = BUF_INIT(TEXT_MAX);
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);

	if (ret->instance_location_size) {
		buf_add_str(&message,
			(struct str){ret->instance_location, ret->instance_location_size});
		buf_add_cstr(&message, ": ");
	}
	buf_add_str(&message, f->message);
	if (report->source && f->value->offset != SOURCE_NOWHERE) {
		uint32_t offset;
		struct source shown = advance(report, f->value->offset, &offset);
		struct position place = source_position(&shown, offset);

		ret->line = place.line;
		ret->column = place.column;
		source_describe(&shown, offset, buf_str(&message), &text);
	} else {
		buf_add_str(&text, buf_str(&message));
	}
	buf_add_cstr(&text, "\n  = ");
	if (ret->schema_line)
		buf_printf(&text, "%s:%u:%u: ", ret->schema_name, ret->schema_line,
			ret->schema_column);
	buf_add_str(&text, f->keyword_location);
	ret->text = arena_cstr(&report->arena, buf_str(&text));
	ret->text_size = text.n;
}

size_t
lily_report_count(struct lily_report *report)
{
	if (!report->is_listed)
		list_findings(report);
	return report->n;
}

int
lily_report_is_cut(const struct lily_report *report)
{
	return report_is_cut(report->report);
}

int
lily_report_next(struct lily_report *report, struct lily_finding *ret_finding)
{
	struct lily_finding found = {.schema_name = ""};
	const struct finding *f;

	if (!report->is_listed)
		list_findings(report);
	if (report->next == 0 && report->source) {
		report->rest = *report->source;
		report->rest_at = 0;
	}
	arena_reset(&report->arena);
	if (report->next == report->n) {
		report->next = 0;
		return 0;
	}
	f = &report->list[report->next++].finding;
	if (f->schema_source)
		found.schema_name = f->schema_source->name;
	if (f->schema_source && f->schema->offset != SOURCE_NOWHERE) {
		struct position at = source_position(f->schema_source, f->schema->offset);

		found.schema_line = at.line;
		found.schema_column = at.column;
	}
	found.message = arena_cstr(&report->arena, f->message);
	found.message_size = f->message.n;
	locate(report, f, &found);
	found.keyword_location = arena_cstr(&report->arena, f->keyword_location);
	found.keyword_location_size = f->keyword_location.n;
	describe(report, f, &found);
	*ret_finding = found;
	return 1;
}

int
lily_report_output(const struct lily_report *report, enum lily_output output,
	struct lily_document **ret_document, struct lily_error *error)
{
	static const enum report_format formats[] = {
		[LILY_OUTPUT_FLAG] = REPORT_FLAG,
		[LILY_OUTPUT_BASIC] = REPORT_BASIC,
		[LILY_OUTPUT_DETAILED] = REPORT_DETAILED,
	};
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	struct lily_document *document;
	struct value *root;
	struct err err = ERR_INIT;

	if ((size_t)output >= ARRAY_SIZE(formats)) {
		(void)err_set(&err, ERR_INVALID, "there is no output number %d", (int)output);
		return error_give(&err, error);
	}
	/* Only here are they asked for. */
	if (output != LILY_OUTPUT_FLAG && report_is_valid(report->report) &&
		schema_check(report->schema, report->checker, report->value, REPORT_ANNOTATIONS,
			report->report, &err) < 0)
		return error_give(&err, error);
	document = document_new();
	root = ARENA_NEW(&document->arena, struct value);
	/* The document outlives schema and instance. */
	*root = value_copy(&document->arena,
		report_output(report->report, formats[output], report->source, &scratch));
	document->root = root;
	*ret_document = document;
	return 0;
}
