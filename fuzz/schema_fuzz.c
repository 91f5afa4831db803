/*
 * A schema and an instance, as JSON one behind the other with a line of "---" between: whatever they
 * are, both modes agree, every error has a message, and what is not valid has a finding with a
 * place. The first byte of the input chooses the draft and the options.
 */
#include "contract/report.h"
#include "fuzz.h"
#include "json/json.h"

#define WRITTEN_MAX ((size_t)64 << 20)

static const struct value *
read_part(struct arena *arena, struct source *source)
{
	const struct json_limits limits = {1U << 20, 200};
	const struct value *v = NULL;
	struct err err = ERR_INIT;

	return json_parse(arena, source, 0, &limits, &v, &err) ? NULL : v;
}

static void
check_report(const struct report *report, const struct source *source, int valid)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(WRITTEN_MAX);
	struct finding finding;
	size_t cursor = 0;

	if (!report_is_cut(report) && report_next(report, &cursor, &finding) == valid)
		fuzz_fail("a finding where there is none, or none where there is one");
	report_describe(report, source, &text);
	if (!str_is_utf8(buf_str(&text), NULL))
		fuzz_fail("a report that is not UTF-8");
	for (int format = REPORT_FLAG; format <= REPORT_DETAILED; format++)
		json_write(report_output(report, (enum report_format)format, source, &arena),
			&text);
}

static void
check_modes(const struct schema *schema, const struct value *v, const struct source *source)
{
	const struct checker_limits limits = {20000, 300, 2000};
	struct checker *checker = checker_new(&limits);
	struct report *report = report_new();
	struct err err = ERR_INIT;
	int fast = schema_is_valid(schema, checker, v, &err);

	if (fast < 0)
		fuzz_check_error(&err);
	for (unsigned flags = 0; flags <= REPORT_ANNOTATIONS; flags += REPORT_ANNOTATIONS) {
		int thorough = schema_check(schema, checker, v, flags, report, &err);

		if (thorough < 0)
			fuzz_check_error(&err);
		else
			check_report(report, source, thorough);
		/* One may reach a limit where the other had its answer before. */
		if (fast >= 0 && thorough >= 0 && fast != thorough)
			fuzz_fail("both modes differ: %d and %d", fast, thorough);
	}
	if (schema_is_valid(schema, checker, v, &err) != fast)
		fuzz_fail("a checker that was used before answers otherwise");
	checker_free(checker);
	report_free(report);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char separator[] = "\n---\n";
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *text = (const char *)bytes + 1;
	const char *middle = n ? memmem(text, n - 1, separator, 5) : NULL;
	struct source schema_source = {"schema", {text, 0}};
	struct source source = {"instance", {NULL, 0}};
	struct collection_options options;
	struct collection *collection;
	const struct value *root;
	const struct value *v;
	const struct schema *schema;
	struct err err = ERR_INIT;

	if (!middle)
		return 0;
	schema_source.text.n = (size_t)(middle - text);
	source.text = (struct str){middle + 5, n - 1 - schema_source.text.n - 5};
	root = read_part(&arena, &schema_source);
	v = root ? read_part(&arena, &source) : NULL;
	if (!v)
		return 0;
	options.flags = bytes[0] / DRAFT_N % 4;
	collection = collection_new(&options);
	if (collection_add(collection, STR("http://a/b"), root, &schema_source,
		    (enum draft)(bytes[0] % DRAFT_N), &err) ||
		collection_get(collection, STR("http://a/b"), &schema, &err)) {
		if (err.code != ERR_NOT_FOUND)
			fuzz_check_error(&err);
	} else {
		check_modes(schema, v, &source);
	}
	collection_free(collection);
	return 0;
}
