#include "contract/payload.h"

#include "contract/report.h"
#include "json/json.h"
#include "json/yaml.h"

#include <stdio.h>
#include <stdlib.h>

enum payload_format
payload_format_of(struct str path)
{
	if (str_ends(path, STR(".jsonl")) || str_ends(path, STR(".ndjson")))
		return PAYLOAD_JSONL;
	if (str_ends(path, STR(".yaml")) || str_ends(path, STR(".yml")))
		return PAYLOAD_YAML;
	return PAYLOAD_JSON;
}

/* One check: the payload, what it is checked by, and where it stands in it. */
struct check {
	const struct payload *payload;
	const struct schema *schema;
	struct checker *checker;
	struct faults *faults;
	struct arena arena; /* of one value */
	const char *file;
	uint32_t line;     /* before the value: of JSON Lines, else 0 */
	struct str prefix; /* of instance pointers: "/3" for the fourth line */
};

static struct str
shown_file(const struct payload *payload)
{
	return payload->file.n ? payload->file : payload->name;
}

static struct fault
new_fault(const struct check *check)
{
	return (struct fault){.port = check->payload->port,
		.name = check->payload->name,
		.file = str_of(check->file),
		.instance = {NULL, 0},
		.keyword = {NULL, 0}};
}

/* "FILE:LINE:COLUMN: message" and the lines below it, as parsers say it. */
static void
add_syntax_fault(struct check *check, const char *what, const char *said)
{
	struct fault fault = new_fault(check);
	size_t n = strlen(check->file);
	unsigned line;
	unsigned column;
	int end = 0;

	if (strncmp(said, check->file, n) == 0 &&
		sscanf(said + n, ":%u:%u:%n", &line, &column, &end) == 2 && end) {
		fault.line = line;
		fault.column = column;
		said += n + (size_t)end;
		said += *said == ' ';
	}
	fault.message = str_of(arena_printf(
		&check->arena, "is not %s: %.*s", what, (int)strcspn(said, "\n"), said));
	faults_add(check->faults, &fault);
}

static void
add_finding(struct check *check, const struct finding *finding, const struct source *source)
{
	struct fault fault = new_fault(check);

	/* Finding a place means to read all that is before it. */
	if (faults_are_full(check->faults)) {
		check->faults->more++;
		return;
	}
	fault.instance = str_of(arena_printf(&check->arena, "%.*s%.*s", STR_ARG(check->prefix),
		STR_ARG(finding->instance_location)));
	fault.keyword = finding->keyword_location;
	fault.message = finding->message;
	if (finding->value && finding->value->offset != SOURCE_NOWHERE) {
		struct position position = source_position(source, finding->value->offset);

		fault.line = position.line;
		fault.column = position.column;
	}
	faults_add(check->faults, &fault);
}

/* Fail-fast first: nearly everything is valid. */
static int
check_value(struct check *check, const struct value *value, const struct source *source,
	struct err *err)
{
	struct report *report;
	struct finding finding;
	size_t cursor = 0;
	int r;

	if (!check->schema)
		return 1;
	r = schema_is_valid(check->schema, check->checker, value, err);
	if (r < 0)
		checker_place_limit(check->checker, source, err);
	if (r != 0)
		return r;
	if (faults_are_full(check->faults)) {
		check->faults->more++;
		return 0;
	}
	report = report_new();
	r = schema_check(check->schema, check->checker, value, 0, report, err);
	while (r == 0 && report_next(report, &cursor, &finding))
		add_finding(check, &finding, source);
	report_free(report);
	if (r > 0)
		BUG("a value is valid in one mode only");
	return r;
}

static int
check_document(struct check *check, struct err *err)
{
	const struct payload *payload = check->payload;
	const struct source source = {check->file, payload->bytes};
	const struct value *value;
	struct err why = ERR_INIT;
	int r = payload_read(payload, &check->arena, &value, &why);

	if (r == ERR_INVALID) {
		add_syntax_fault(check,
			payload->format == PAYLOAD_YAML           ? "YAML"
				: payload->format == PAYLOAD_TEXT ? "text"
								  : "JSON",
			why.message);
		return 0;
	}
	if (r < 0) {
		*err = why;
		return r;
	}
	return check_value(check, value, &source, err);
}

static int
check_line(struct check *check, struct str line, struct err *err)
{
	const struct source source = {
		.name = check->file, .text = line, .lines_before = check->line};
	const struct value *value;
	struct err why = ERR_INIT;
	int r = json_parse(&check->arena, &source, JSON_UNIQUE_KEYS | JSON_BORROW_TEXT, NULL,
		&value, &why);

	check->prefix = str_of(arena_printf(&check->arena, "/%u", check->line));
	if (r == ERR_INVALID) {
		add_syntax_fault(check, "JSON", why.message);
		return 0;
	}
	if (r < 0) {
		*err = why;
		return r;
	}
	return check_value(check, value, &source, err);
}

static int
check_lines(struct check *check, struct err *err)
{
	struct str rest = check->payload->bytes;
	int valid = 1;

	for (; rest.n; check->line++) {
		struct str line = str_cut(rest, '\n', &rest);
		int r;

		if (!str_trim(line).n && !str_trim(rest).n)
			break;
		r = check_line(check, line, err);
		if (r < 0)
			return r;
		valid &= r;
		arena_reset(&check->arena);
	}
	return valid;
}

int
payload_check(const struct payload *payload, const struct schema *schema,
	struct checker *checker, struct faults *faults, struct err *err)
{
	struct check check = {.payload = payload,
		.schema = schema,
		.checker = checker,
		.faults = faults,
		.arena = ARENA_INIT,
		.prefix = STR_EMPTY};
	int r;

	check.file = arena_cstr(faults->arena, shown_file(payload));
	r = payload->format == PAYLOAD_JSONL ? check_lines(&check, err)
					     : check_document(&check, err);
	arena_done(&check.arena);
	return r;
}

int
payload_read(const struct payload *payload, struct arena *arena, const struct value **ret_value,
	struct err *err)
{
	const struct source source = {arena_cstr(arena, shown_file(payload)), payload->bytes};
	struct value *text;
	size_t at;

	switch (payload->format) {
	case PAYLOAD_JSON:
		return json_parse(arena, &source, JSON_UNIQUE_KEYS | JSON_BORROW_TEXT, NULL,
			ret_value, err);
	case PAYLOAD_YAML: return yaml_parse(arena, &source, NULL, ret_value, err);
	case PAYLOAD_TEXT:
		if (!str_is_utf8(payload->bytes, &at))
			return err_set(err, ERR_INVALID, "byte %zu is not UTF-8", at);
		text = ARENA_NEW(arena, struct value);
		*text = value_string(payload->bytes);
		*ret_value = text;
		return 0;
	case PAYLOAD_JSONL: break;
	}
	BUG("JSON Lines are not one value");
}

/* The line that "/N…" means, its number in *ret_line, and the rest of the pointer. */
static bool
find_line(struct str bytes, struct str *pointer, struct str *ret_text, uint32_t *ret_line)
{
	struct str rest;
	struct str step;
	uint64_t number;

	if (!pointer->n)
		return false;
	step = str_cut((struct str){pointer->p + 1, pointer->n - 1}, '/', &rest);
	if (!str_to_u64(step, UINT32_MAX - 1, &number))
		return false;
	*pointer = (struct str){step.p + step.n, pointer->n - step.n - 1};
	for (uint64_t i = 0; bytes.n; i++) {
		*ret_text = str_cut(bytes, '\n', &bytes);
		if (i == number) {
			*ret_line = (uint32_t)number;
			return true;
		}
	}
	return false;
}

static void
set_place(const struct source *source, const struct value *root, struct str pointer,
	uint32_t line, struct fault *fault)
{
	const struct value *found = json_pointer_get(root, pointer);
	struct position position;

	if (!found || found->offset == SOURCE_NOWHERE)
		return;
	position = source_position(source, found->offset);
	fault->line = line + position.line;
	fault->column = position.column;
}

static void
locate_in_line(const struct payload *payload, struct fault *fault)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {"payload", STR_EMPTY};
	struct str pointer = fault->instance;
	const struct value *root;
	uint32_t line;

	if (find_line(payload->bytes, &pointer, &source.text, &line) &&
		json_parse(&arena, &source, JSON_BORROW_TEXT, NULL, &root, NULL) == 0)
		set_place(&source, root, pointer, line, fault);
}

void
payload_locate(const struct payload *payload, struct fault *faults, size_t n)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct source source = {"payload", payload->bytes};
	const struct value *root;

	for (size_t i = 0; payload->format == PAYLOAD_JSONL && i < n; i++)
		locate_in_line(payload, &faults[i]);
	if (payload->format == PAYLOAD_JSONL || payload_read(payload, &arena, &root, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		set_place(&source, root, faults[i].instance, 0, &faults[i]);
}
