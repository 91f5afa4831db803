#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"
#include "cli/table.h"

#include <string.h>

enum { ACCEPT };

static const struct option_spec options[] = {
	[ACCEPT] = {.name = "accept",
		.value = "TIER",
		.choices = "S1 S2",
		.help = "what is to do where policies cannot be held as they say: S1, as far "
			"as "
			"Landlock and seccomp go; S2 takes that back"},
};

static const char *
state_of(const char *status)
{
	return strcmp(status, "ok") == 0        ? "succeeded"
		: strcmp(status, "failed") == 0 ? "failed"
						: "waiting";
}

static bool
has_failed(const struct lily_value *checks)
{
	for (size_t i = 0; i < lily_value_count(checks); i++)
		if (field_is(lily_value_at(checks, i), "status", "failed"))
			return true;
	return false;
}

static void
print(const struct call *call, const struct lily_value *doctor)
{
	const struct lily_value *checks = lily_value_get(doctor, "checks");
	AUTO_TEXT struct text text = TEXT_INIT;
	struct table table;

	text_add_string(&text, "lily ");
	field_add(&text, doctor, "version");
	if (lily_value_kind(lily_value_get(doctor, "kernel")) == LILY_KIND_STRING) {
		text_add_string(&text, " on Linux ");
		field_add(&text, doctor, "kernel");
	}
	text_add_string(&text, "\n\n");
	table_init(&table, NULL, NULL, 3);
	for (size_t i = 0; i < lily_value_count(checks); i++) {
		const struct lily_value *check = lily_value_at(checks, i);
		struct term_sign sign =
			term_sign(&call->out, state_of(field_text(check, "status")));

		table_add(&table, sign.paint, sign.sign);
		table_add(&table, PAINT_BOLD, field_text(check, "name"));
		table_add(&table, PAINT_NONE, field_text(check, "found"));
		if (!field_has(check, "advice") || field_is(check, "advice", ""))
			continue;
		table_add(&table, PAINT_NONE, "");
		table_add(&table, PAINT_NONE, "");
		table_add(&table, PAINT_YELLOW, field_text(check, "advice"));
	}
	table_print(&table, &call->out, &text);
	table_done(&table);
	place_print(&text);
}

static int
run(struct call *call)
{
	struct lily_store_options place = {.store = call_global(call, GLOBAL_STORE)};
	struct lily_document *document;
	struct lily_error error = {0};
	struct lily_store *store = NULL;
	const char *accept = call_text(call, ACCEPT);
	int status = STATUS_DONE;

	if (accept && lily_doctor_accept(strcmp(accept, "S1") == 0, &error) < 0)
		return call_fail(call, &error);
	if (lily_store_open(&place, &store, &error) < 0) {
		store = NULL;
		status = call_fail(call, &error);
	}
	if (lily_doctor(store, NULL, &document, &error) < 0) {
		status = call_fail(call, &error);
	} else {
		const struct lily_value *doctor = lily_document_root(document);

		if (call_wants_json(call))
			call_print_json(doctor);
		else
			print(call, doctor);
		if (has_failed(lily_value_get(doctor, "checks")))
			status = STATUS_SYSTEM;
		lily_document_free(document);
	}
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily doctor --accept S1",
		"run without namespaces, as in a container; runs are degraded, and say so"},
	{"lily doctor", "whether lily can work here, and what to do where it cannot"},
};

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "Check what this machine offers",
	.description =
		"Checks the kernel, namespaces, the lane program that steps run in, and the "
		"store. Ends with 9 where a check failed.\n"
		"\n"
		"A run whose policies this machine cannot hold is refused. `--accept S1` lets "
		"the runs of this user go on with what can be held: it is kept in "
		"${XDG_CONFIG_HOME:-~/.config}/lily/accept, each run says what is not held, "
		"and "
		"its record says degraded.",
	.options = options,
	.n_options = COUNT(options),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
