#include "cli/source.h"

#include "cli/errand.h"
#include "cli/field.h"
#include "cli/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
find(const struct call *call, char **ret_path)
{
	size_t count;

	*ret_path = errand_find_file(&count);
	if (*ret_path)
		return 0;
	if (count == 0)
		return call_usage(call, "which workflow? There is no *.lily.yaml here");
	return call_usage(
		call, "which workflow? There are %zu files *.lily.yaml here; name one", count);
}

int
source_choose(const struct call *call, const char *path, char **ret_path)
{
	if (!path)
		return find(call, ret_path);
	*ret_path = heap_copy(path, strlen(path));
	return 0;
}

int
source_each(const struct call *call, source_look_fn *look)
{
	int status = STATUS_DONE;

	if (call->n_arguments == 0)
		return look(call, NULL);
	for (size_t i = 0; i < call->n_arguments; i++)
		status = status_worst(status, look(call, call->arguments[i]));
	return status;
}

int
source_fail(const struct call *call, const struct lily_error *error)
{
	int status = call_fail(call, error);

	/* A file that cannot be read is the user's, whatever the system's reason. */
	return error->code == LILY_ERROR_DENIED ? STATUS_INVALID : status;
}

int
source_open(const struct call *call, const char *path, struct lily_workflow **ret_workflow,
	char **ret_path)
{
	char *chosen = NULL;
	struct lily_error error = {0};
	int status = source_choose(call, path, &chosen);

	if (status != 0)
		return status;
	if (lily_workflow_open(chosen, ret_workflow, &error) < 0) {
		status = source_fail(call, &error);
		free(chosen);
		return status;
	}
	if (ret_path)
		*ret_path = chosen;
	else
		free(chosen);
	return 0;
}

uint64_t
source_findings(
	struct text *text, const struct term *term, const struct lily_value *description)
{
	const struct lily_value *findings = lily_value_get(description, "findings");

	for (size_t i = 0; i < lily_value_count(findings); i++) {
		const struct lily_value *finding = lily_value_at(findings, i);
		bool is_error = field_is(finding, "level", "error");
		size_t n;
		const char *shown = lily_value_text(lily_value_get(finding, "text"), &n);

		text_format(text, "%s%s:%s ",
			term_on(term, is_error ? PAINT_RED : PAINT_YELLOW),
			is_error ? "error" : "warning", term_off(term));
		text_add_safe(text, shown, n, TEXT_LINES);
		if (n == 0 || shown[n - 1] != '\n')
			text_add_char(text, '\n');
	}
	return (uint64_t)field_integer(description, "errors", 0);
}

int
source_require(const struct call *call, const struct lily_workflow *workflow)
{
	AUTO_TEXT struct text text = TEXT_INIT;
	struct lily_document *document;
	struct lily_error error = {0};
	uint64_t errors;

	if (lily_workflow_describe(workflow, &document, &error) < 0)
		return call_fail(call, &error);
	errors = source_findings(&text, &call->err, lily_document_root(document));
	(void)fwrite(text_string(&text), 1, text.size, stderr);
	lily_document_free(document);
	return errors > 0 ? STATUS_INVALID : 0;
}
