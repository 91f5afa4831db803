#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/source.h"
#include "cli/statuses.h"

#include <stdlib.h>
#include <string.h>

static const struct argument_spec arguments[] = {
	{.name = "FILE",
		.optional = true,
		.repeats = true,
		.help = "workflows and files of policies; may be left out where the folder has "
			"one *.lily.yaml",
		.completion = COMPLETE_WORKFLOW},
};

static void
add_count(struct text *text, const struct lily_value *found)
{
	size_t n = lily_value_count(lily_value_get(found, "policies"));

	text_format(text, "%zu %s", n, n == 1 ? "policy" : "policies");
	if (field_is(found, "kind", "workflow")) {
		text_add_string(text, ", ");
		text_add_plural(text, (uint64_t)field_integer(found, "uses", 0), "use");
	}
}

static void
print(const struct call *call, const struct lily_value *found, const char *path)
{
	AUTO_TEXT struct text text = TEXT_INIT;
	uint64_t errors = source_findings(&text, &call->out, found);
	struct term_sign sign = term_sign(&call->out, errors > 0 ? "failed" : "succeeded");

	text_format(&text, "%s%s%s ", term_on(&call->out, sign.paint), sign.sign,
		term_off(&call->out));
	text_add_safe(&text, path, strlen(path), TEXT_LINE);
	text_add_string(&text, ": ");
	if (errors > 0)
		text_add_plural(&text, errors, "error");
	else
		add_count(&text, found);
	text_add_char(&text, '\n');
	place_print(&text);
}

static int
check(const struct call *call, const char *named)
{
	const struct lily_policy_place place = {.store = call_global(call, GLOBAL_STORE)};
	struct lily_document *document;
	struct lily_error error = {0};
	const struct lily_value *found;
	char *path = NULL;
	int status = source_choose(call, named, &path);

	if (status != 0)
		return status;
	if (lily_policy_check(&place, path, &document, &error) < 0) {
		status = source_fail(call, &error);
		free(path);
		return status;
	}
	found = lily_document_root(document);
	if (call_wants_json(call))
		call_print_json(found);
	else
		print(call, found, path);
	if (field_integer(found, "errors", 0) > 0)
		status = STATUS_INVALID;
	lily_document_free(document);
	free(path);
	return status;
}

static int
run(struct call *call)
{
	return source_each(call, check);
}

static const struct example examples[] = {
	{"lily policy check fix.lily.yaml", "the policies of a workflow, and every use of one"},
	{"lily policy check ~/.config/lily/policy.yaml", "one's own"},
};

const struct command cmd_policy_check = {
	.name = "policy check",
	.summary = "Check the policies of a file",
	.description =
		"Reports every error in the policies of a file, with its place, the line, and "
		"what to do: unknown keys, policies that extend each other, hosts without a "
		"port, "
		"links that a wall cannot stand on, programs that PATH does not have. The file "
		"is a workflow, of which nothing but `policies` and `policy` is looked at, or "
		"a "
		"file of policies: a map with `lily: 1` and `policies`, as "
		"lily-policy.yaml in a workspace, or lily/policy.yaml in one's own "
		"configuration, "
		"which bound the policies of every workflow. Ends with 3 where there are "
		"errors.",
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
