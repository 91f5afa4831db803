#include "graph/planner.h"

#include "graph/argument.h"
#include "graph/declared_schema.h"
#include "json/json.h"

static int
compare_schemas(const void *left, const void *right)
{
	const struct declared_schema *const *a = left;
	const struct declared_schema *const *b = right;

	return str_compare((*a)->public.id, (*b)->public.id);
}

int
planner_find_schema(
	const struct planner *p, struct str id, struct digest *ret_digest, struct err *err)
{
	const struct plan_request *request = p->request;

	for (size_t i = 0; i < request->n_schemas; i++)
		if (str_equal(request->schemas[i].id, id)) {
			*ret_digest = request->schemas[i].digest;
			return 0;
		}
	if (!request->sketch)
		return err_set(err, ERR_INVALID, "schema \"%.*s\" was not given", STR_ARG(id));
	*ret_digest = (struct digest){{0}};
	return 0;
}

static void
write_validator(const struct source *source, const struct value *validator, struct buf *b)
{
	const struct value *script = value_get(validator, STR("run"));
	const struct value *list = value_get(validator, STR("exec"));
	const struct value *shell = value_get(validator, STR("shell"));
	const char *const *words = NULL;
	const char *between = "";
	size_t n = 0;

	buf_add_cstr(b, "{\"argv\":[");
	if (script && shell && shell->kind == VALUE_ARRAY)
		list = shell;
	else if (script)
		n = shell_words(shell, &words);
	for (size_t i = 0; i < n; i++, between = ",")
		buf_printf(b, "%s\"%s\"", between, words[i]);
	for (uint32_t i = 0; list && i < list->n; i++, between = ",") {
		buf_add_cstr(b, between);
		json_write_string(declaration_written(source, &list->items[i]), b);
	}
	if (script) {
		buf_add_char(b, ',');
		json_write_string(value_text(script), b);
	}
	buf_printf(b, "],\"timeout\":%lld}", (long long)validator_timeout(validator));
}

/* Members in canonical order: file, sha256, validators. */
static int
write_schema(const struct planner *p, const struct declared_schema *schema, struct buf *b,
	struct err *err)
{
	const struct value *validators = schema->validators;
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;
	int r = planner_find_schema(p, schema->public.id, &digest, err);

	if (r < 0)
		return r;
	json_write_string(schema->public.id, b);
	buf_add_cstr(b, ":{");
	if (schema->public.file.n) {
		buf_add_cstr(b, "\"file\":");
		json_write_string(schema->public.file, b);
		buf_add_char(b, ',');
	}
	buf_printf(b, "\"sha256\":\"%s\"", digest_to_hex(&digest, hex));
	for (uint32_t i = 0; validators && i < validators->n; i++) {
		buf_add_cstr(b, i ? "," : ",\"validators\":[");
		write_validator(&schema->of->source, &validators->items[i], b);
	}
	buf_add_cstr(b, validators && validators->n ? "]}" : "}");
	return 0;
}

int
planner_write_schemas(struct planner *p, struct buf *b, struct err *err)
{
	const struct workflow *w = p->workflow;
	size_t n = w->n_schemas + w->n_more_schemas;
	const struct declared_schema **sorted =
		ARENA_ARRAY(&p->arena, n, const struct declared_schema *);
	int r = 0;

	if (!n)
		return 0;
	for (size_t i = 0; i < n; i++)
		sorted[i] =
			i < w->n_schemas ? &w->schemas[i] : &w->more_schemas[i - w->n_schemas];
	qsort(sorted, n, sizeof(*sorted), compare_schemas);
	buf_add_cstr(b, "\"schemas\":{");
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (i)
			buf_add_char(b, ',');
		r = write_schema(p, sorted[i], b, err);
	}
	buf_add_cstr(b, "},");
	return r;
}
