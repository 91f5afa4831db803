#include "cli/schema.h"

#include "cli/mistake.h"
#include "cli/place.h"

#include <string.h>
#include <sys/stat.h>

#define SHOWN_MOST 100

static const struct {
	const char *name;
	enum lily_draft draft;
} drafts[] = {
	{"4", LILY_DRAFT_4},
	{"6", LILY_DRAFT_6},
	{"7", LILY_DRAFT_7},
	{"2019-09", LILY_DRAFT_2019_09},
	{"2020-12", LILY_DRAFT_2020_12},
};

static const enum lily_draft *
find_draft(const char *word)
{
	if (strncmp(word, "draft", 5) == 0)
		word += 5;
	word += *word == '-';
	word += *word == '0';
	for (size_t i = 0; i < COUNT(drafts); i++)
		if (strcmp(word, drafts[i].name) == 0)
			return &drafts[i].draft;
	return NULL;
}

bool
schema_is_draft(const char *word)
{
	return find_draft(word) != NULL;
}

bool
schema_is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

void
schema_hint(const struct call *call, const struct lily_error *error)
{
	const char *missing = strstr(error->message, "no document has the URI \"");
	bool is_file = missing && strstr(missing, "\"file:");

	if ((missing && !is_file) || strstr(error->message, "no document that was added"))
		call_hint(call,
			"nothing is fetched from a network; --reference names a file "
			"or folder with further schemas");
}

int
schema_fail(const struct call *call, const struct lily_error *error)
{
	int status = call_fail(call, error);

	schema_hint(call, error);
	/* A file that cannot be read is the user's, whatever the system's reason. */
	return error->code == LILY_ERROR_DENIED ? STATUS_INVALID : status;
}

static int
add_references(const struct call *call, struct lily_schemas *schemas)
{
	struct lily_error error = {0};
	size_t cursor = 0;
	const char *path;

	while ((path = call_next(call, SCHEMA_REFERENCE, &cursor))) {
		int r = schema_is_folder(path) ? lily_schemas_add_folder(schemas, path, &error)
					       : lily_schemas_add_file(schemas, path, &error);

		if (r < 0)
			return schema_fail(call, &error);
	}
	return 0;
}

struct lily_schemas *
schema_collection(const struct call *call, int *ret_status)
{
	const char *draft = call_text(call, SCHEMA_DRAFT);
	struct lily_schemas_options options = {.draft = LILY_DRAFT_2020_12};
	struct lily_schemas *schemas;

	if (draft)
		options.draft = *find_draft(draft);
	if (call_has(call, SCHEMA_NO_FORMAT))
		options.flags = LILY_SCHEMAS_NO_FORMAT;
	schemas = lily_schemas_new(&options);
	*ret_status = add_references(call, schemas);
	if (*ret_status == 0)
		return schemas;
	lily_schemas_free(schemas);
	return NULL;
}

static void
add_member(struct text *text, const char *name, const char *value, size_t size)
{
	text_format(text, ",\"%s\":", name);
	text_add_json(text, value, size);
}

static void
add_number(struct text *text, const char *name, unsigned number)
{
	if (number)
		text_format(text, "%s\"%s\":%u", *name == 'l' ? "" : ",", name, number);
	else
		text_format(text, "%s\"%s\":null", *name == 'l' ? "" : ",", name);
}

static void
add_json(struct text *text, const struct lily_finding *finding)
{
	text_add_char(text, '{');
	add_number(text, "line", finding->line);
	add_number(text, "column", finding->column);
	add_member(text, "message", finding->message, finding->message_size);
	add_member(text, "instance_location", finding->instance_location,
		finding->instance_location_size);
	add_member(text, "keyword_location", finding->keyword_location,
		finding->keyword_location_size);
	add_member(text, "schema", finding->schema_name, strlen(finding->schema_name));
	add_number(text, "schema_line", finding->schema_line);
	add_number(text, "schema_column", finding->schema_column);
	add_member(text, "text", finding->text, finding->text_size);
	text_add_char(text, '}');
}

/* The first line is what is wrong, the rest is for those who look closer. */
static void
add_shown(const struct term *term, struct text *text, const char *shown, size_t size)
{
	const char *end = memchr(shown, '\n', size);
	size_t n = end ? (size_t)(end - shown) : size;

	text_add_string(text, term_on(term, PAINT_RED));
	text_add_safe(text, shown, n, TEXT_LINES);
	text_add_string(text, term_off(term));
	text_add_safe(text, shown + n, size - n, TEXT_LINES);
	text_add_char(text, '\n');
}

void
schema_warn_cut(const struct call *call, const struct lily_report *report)
{
	if (lily_report_is_cut(report))
		call_warn(call,
			"there is more than a report can hold, or than can be looked for in a "
			"few seconds; this is the first of it");
}

void
schema_add_report(
	const struct call *call, struct schema_verdict *verdict, struct lily_report *report)
{
	uint64_t end = verdict->findings + lily_report_count(report);
	struct lily_finding finding;

	while (verdict->findings < end && lily_report_next(report, &finding) > 0) {
		if (verdict->as_json) {
			text_add_string(&verdict->shown, verdict->findings ? "," : "");
			add_json(&verdict->shown, &finding);
		} else if (verdict->findings < SHOWN_MOST) {
			add_shown(&call->out, &verdict->shown, finding.text, finding.text_size);
		} else {
			break;
		}
		verdict->findings++;
	}
	verdict->hidden += end - verdict->findings;
	verdict->findings = end;
	schema_warn_cut(call, report);
}

void
schema_add_mistake(const struct call *call, struct schema_verdict *verdict, const char *path,
	const struct lily_error *error)
{
	struct text *text = &verdict->shown;

	if (verdict->as_json) {
		text_add_string(text, verdict->findings ? ",{" : "{");
		mistake_add(text, path, error->message);
		text_add_string(text,
			",\"instance_location\":null,\"keyword_location\":null,"
			"\"schema\":null,\"schema_line\":null,"
			"\"schema_column\":null");
		add_member(text, "text", error->message, strlen(error->message));
		text_add_char(text, '}');
	} else if (verdict->findings < SHOWN_MOST) {
		add_shown(&call->out, text, error->message, strlen(error->message));
	} else {
		verdict->hidden++;
	}
	verdict->findings++;
}

/* "2 errors in 1 of 3 values" */
static void
add_bad(struct text *text, const struct schema_verdict *verdict)
{
	text_add_plural(text, verdict->findings, "error");
	if (verdict->values != 1) {
		text_add_string(text, " in ");
		text_add_count(text, verdict->invalid);
		text_add_string(text, " of ");
		text_add_plural(text, verdict->values, "value");
	}
	if (verdict->is_open)
		text_add_string(text, ", and there is more that was not checked");
}

static void
add_good(struct text *text, const struct schema_verdict *verdict, const char *good)
{
	text_add_string(text, good);
	if (verdict->values != 1) {
		text_add_string(text, ", ");
		text_add_plural(text, verdict->values, "value");
	}
}

static void
add_end(const struct call *call, struct schema_verdict *verdict, const char *path,
	const char *good)
{
	struct text *text = &verdict->shown;
	bool is_bad = verdict->invalid > 0;
	struct term_sign sign = term_sign(&call->out, is_bad ? "failed" : "succeeded");

	if (verdict->hidden > 0) {
		text_add_string(text, "… and ");
		text_add_plural(text, verdict->hidden, "more error");
		text_add_char(text, '\n');
	}
	if (!is_bad && (verdict->is_open || call_has(call, SCHEMA_QUIET)))
		return;
	text_format(text, "%s%s%s ", term_on(&call->out, sign.paint), sign.sign,
		term_off(&call->out));
	text_add_safe(text, path, strlen(path), TEXT_LINE);
	text_add_string(text, ": ");
	if (is_bad)
		add_bad(text, verdict);
	else
		add_good(text, verdict, good);
	text_add_char(text, '\n');
}

int
schema_print(const struct call *call, struct schema_verdict *verdict, const char *path,
	const char *good)
{
	AUTO_TEXT struct text line = TEXT_INIT;
	bool is_bad = verdict->invalid > 0;

	if (verdict->as_json) {
		text_add_string(&line, "{\"file\":");
		text_add_json(&line, path, strlen(path));
		text_format(&line,
			",\"valid\":%s,\"values\":%llu,\"invalid\":%llu,\"errors\":[",
			is_bad                     ? "false"
				: verdict->is_open ? "null"
						   : "true",
			(unsigned long long)verdict->values,
			(unsigned long long)verdict->invalid);
		text_add(&line, text_string(&verdict->shown), verdict->shown.size);
		text_add_string(&line, "]}\n");
		place_print(&line);
	} else {
		add_end(call, verdict, path, good);
		place_print(&verdict->shown);
	}
	text_done(&verdict->shown);
	return is_bad ? STATUS_INVALID : STATUS_DONE;
}
