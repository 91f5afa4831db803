/* Checks orders by a schema, with nothing else of lily: validate [FILE] */
#include <lily.h>
#include <stdio.h>
#include <string.h>

static const char order[] =
	"{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\","
	" \"type\": \"object\", \"required\": [\"id\", \"items\"],"
	" \"properties\": {\"id\": {\"type\": \"integer\"},"
	"  \"items\": {\"type\": \"array\", \"items\": {\"$ref\": \"item\"}}},"
	" \"additionalProperties\": false}";
static const char item[] =
	"{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\","
	" \"type\": \"object\", \"required\": [\"name\"],"
	" \"properties\": {\"name\": {\"type\": \"string\"}, \"price\": {\"minimum\": 0}}}";

/* Where a program has its schemas, it says by their URIs. */
static int
look_up(void *context, const char *uri, const char **ret_text, size_t *ret_size)
{
	(void)context;
	if (strcmp(uri, "https://example.com/item") != 0)
		return 0;
	*ret_text = item;
	*ret_size = sizeof(item) - 1;
	return 1;
}

static int
failed(const struct lily_error *error)
{
	fprintf(stderr, "validate: %s\n", error->message);
	return 9;
}

static void
print_findings(struct lily_report *report)
{
	struct lily_finding finding;

	while (lily_report_next(report, &finding))
		printf("%u:%u %s %s (%s)\n", finding.line, finding.column,
			finding.instance_location, finding.message, finding.keyword_location);
}

static int
check_all(
	const struct lily_schema *schema, struct lily_instances *file, struct lily_error *error)
{
	struct lily_report *report = lily_report_new();
	struct lily_document *instance;
	int invalid = 0;
	int r;

	while ((r = lily_instances_next(file, &instance, error)) > 0) {
		r = lily_schema_check(schema, instance, report, error);
		if (r == 0) {
			invalid++;
			print_findings(report);
		}
		lily_document_free(instance);
		if (r < 0)
			break;
	}
	lily_report_free(report);
	return r < 0 ? r : invalid;
}

int
main(int argc, char **argv)
{
	struct lily_schemas_options options = {LILY_DRAFT_2020_12, 0, look_up, NULL};
	struct lily_schemas *schemas = lily_schemas_new(&options);
	const struct lily_schema *schema;
	struct lily_instances *file;
	struct lily_error error;
	int invalid;

	if (lily_schemas_add(schemas, "https://example.com/order", "order", order,
		    sizeof(order) - 1, &error) < 0 ||
		lily_schemas_get(schemas, "https://example.com/order", &schema, &error) < 0 ||
		lily_instances_open(argc > 1 ? argv[1] : "orders.jsonl", LILY_SYNTAX_BY_NAME,
			&file, &error) < 0)
		return failed(&error);
	invalid = check_all(schema, file, &error);
	if (invalid < 0)
		return failed(&error);
	printf("%d invalid\n", invalid);
	lily_instances_close(file);
	lily_schemas_free(schemas);
	return invalid ? 3 : 0;
}
