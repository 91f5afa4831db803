#include "cli/question.h"

#include "cli/field.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DIGEST_SHORT 12
/* Of one text, before a person has to ask for the rest. */
#define DIFFERENCE_LINES 60

static void
add_indented(struct text *text, const struct lily_value *question)
{
	AUTO_TEXT struct text line = TEXT_INIT;
	const char *ask = field_text(question, "ask");

	while (*ask) {
		size_t n = strcspn(ask, "\n");

		text_clear(&line);
		text_add_safe(&line, ask, n, TEXT_LINE);
		text_format(text, "    %s\n", text_string(&line));
		ask += n + (ask[n] == '\n');
	}
}

/* heading: what each of them is. */
static void
add_things(struct text *text, const struct lily_value *question, const char *member,
	const char *heading)
{
	const struct lily_value *list = lily_value_get(question, member);

	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *thing = lily_value_at(list, i);
		const char *digest = field_text(thing, "sha256");

		text_format(text, "  %-7s ", heading);
		field_add(text, thing, "name");
		if (field_has(thing, "path")) {
			text_add_string(text, " at ");
			field_add(text, thing, "path");
		}
		text_add_string(text, "  ");
		text_add_size(text, (uint64_t)field_integer(thing, "size", 0));
		text_format(text, "  sha256:%.*s…\n", DIGEST_SHORT, digest);
	}
}

/* The first lines of it, made safe one by one; how many are left. */
static size_t
add_hunks(struct text *text, const char *diff, size_t size)
{
	size_t n = 0;

	while (size) {
		const char *end = memchr(diff, '\n', size);
		size_t line = end ? (size_t)(end - diff) : size;

		if (n++ < DIFFERENCE_LINES) {
			text_add_string(text, "    ");
			text_add_safe(text, diff, line, TEXT_LINES);
			text_add_char(text, '\n');
		}
		line += end != NULL;
		diff += line;
		size -= line;
	}
	return n > DIFFERENCE_LINES ? n - DIFFERENCE_LINES : 0;
}

static void
add_rest(struct text *text, size_t left, bool is_cut)
{
	if (left || is_cut)
		text_format(text,
			"    … %zu lines%s are not shown; --cat prints all that was made\n",
			left, is_cut ? " and more" : "");
}

static void
add_differences(struct text *text, const struct lily_value *question)
{
	static const struct {
		const char *of;
		const char *said;
	} sources[] = {{"attempt", "rejected before"},
		{"visit", "made before it was done again"},
		{"run", "of the last run that succeeded"}};
	const struct lily_value *list = lily_value_get(question, "differences");

	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *entry = lily_value_at(list, i);
		size_t size = 0;
		const char *diff = lily_value_text(lily_value_get(entry, "diff"), &size);
		size_t left;

		text_add_string(text, "  change  ");
		field_add(text, entry, "name");
		if (field_integer(entry, "removed", 0) || field_integer(entry, "added", 0))
			text_format(text, "  -%" PRId64 " +%" PRId64 " lines",
				field_integer(entry, "removed", 0),
				field_integer(entry, "added", 0));
		else
			text_add_string(text, "  none");
		text_add_string(text, ", against ");
		field_add(text, entry, "artifact_id");
		for (size_t j = 0; j < sizeof(sources) / sizeof(*sources); j++)
			if (field_is(entry, "of", sources[j].of))
				text_format(text, ", %s\n", sources[j].said);
		left = add_hunks(text, diff ? diff : "", size);
		add_rest(
			text, left, lily_value_boolean(lily_value_get(entry, "is_cut"), 0) > 0);
	}
}

static void
add_gates(struct text *text, const struct lily_value *question)
{
	const struct lily_value *list = lily_value_get(question, "gates");

	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *gate = lily_value_at(list, i);

		text_add_string(text, "  gate    ");
		field_add(text, gate, "gate");
		text_format(text, " %s  sha256:%.*s…\n", field_text(gate, "status"),
			DIGEST_SHORT, field_text(gate, "result"));
	}
}

/* What the attempt printed that is asked about: `lily logs` shows it. */
static void
add_log(struct text *text, const struct lily_value *question)
{
	const struct lily_value *log = lily_value_get(question, "log");

	if (!field_has(question, "log"))
		return;
	text_format(text, "  log     sha256:%.*s…\n", DIGEST_SHORT, field_text(log, "sha256"));
}

/* When it is asked, as it stands behind the workflow's name. */
static const char *
say_kind(const char *kind)
{
	if (strcmp(kind, "start") == 0)
		return " asks before it is run:\n";
	if (strcmp(kind, "commit") == 0)
		return " asks before what it made is taken:\n";
	if (strcmp(kind, "failure") == 0)
		return " has failed, and asks:\n";
	return " asks:\n";
}

static void
add_words(struct text *text, const struct lily_value *question, const char *member,
	const char *heading)
{
	const struct lily_value *list = lily_value_get(question, member);

	if (lily_value_count(list) == 0)
		return;
	text_format(text, "  %-7s", heading);
	for (size_t i = 0; i < lily_value_count(list); i++) {
		size_t size = 0;
		const char *word = lily_value_text(lily_value_at(list, i), &size);

		text_add_char(text, ' ');
		text_add_safe(text, word, size, TEXT_LINE);
	}
	text_add_char(text, '\n');
}

/* Nobody can say anything any more; whoever goes on with the run finds that out. */
static bool
is_over(const struct lily_value *question)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return field_has(question, "expires_at") &&
		field_time(question, "expires_at") <=
		now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

void
question_add(struct text *text, const struct lily_value *question)
{
	text_add_string(text, "? ");
	field_add_run(text, field_text(question, "run_id"));
	text_add_char(text, '/');
	field_add(text, question, "step");
	text_add_string(text, " of ");
	field_add(text, question, "workflow");
	text_add_string(text, say_kind(field_text(question, "kind")));
	add_indented(text, question);
	if (field_has(question, "failure")) {
		text_format(text, "  failed  %s: ",
			field_text(lily_value_get(question, "failure"), "class"));
		field_add(text, lily_value_get(question, "failure"), "message");
		text_add_char(text, '\n');
	}
	add_words(text, question, "argv",
		strcmp(field_text(question, "kind"), "commit") == 0 ? "ran" : "runs");
	add_things(text, question, "inputs", "input");
	add_things(text, question, "candidates", "made");
	add_differences(text, question);
	add_things(text, question, "show", "shown");
	add_gates(text, question);
	add_log(text, question);
	add_words(text, question, "by", "by");
	if (field_has(question, "schema")) {
		text_add_string(text, "  schema  ");
		field_add(text, question, "schema");
		text_add_char(text, '\n');
	}
	if (field_has(question, "expires_at")) {
		text_add_string(text, "  until   ");
		text_add_local_time(text, field_time(question, "expires_at"));
		text_add_string(text, is_over(question) ? ", which is over\n" : "\n");
	}
	text_format(text, "  request %.*s…\n", DIGEST_SHORT, field_text(question, "request"));
}

/* What may be said of a failure; approve says continue. */
static void
add_decisions(struct text *text, const struct lily_value *question, const char *target)
{
	const struct lily_value *list = lily_value_get(question, "answers");

	for (size_t i = 0; i < lily_value_count(list); i++) {
		size_t size = 0;
		const char *word = lily_value_text(lily_value_at(list, i), &size);

		text_format(text, "    lily answer %s %.*s\n", target, (int)size, word);
	}
}

void
question_add_advice(struct text *text, const struct lily_value *question)
{
	bool answers = field_has(question, "schema");
	AUTO_TEXT struct text target = TEXT_INIT;

	field_add_run(&target, field_text(question, "run_id"));
	text_add_char(&target, '/');
	field_add(&target, question, "step");
	text_format(text, "    lily inbox %s --cat NAME\n", text_string(&target));
	if (field_has(question, "log"))
		text_format(text, "    lily logs %s\n", text_string(&target));
	if (is_over(question)) {
		text_add_string(text, "    lily resume ");
		field_add_run(text, field_text(question, "run_id"));
		text_add_string(text, "   goes on: nobody answered in time\n");
		return;
	}
	if (field_has(question, "failure"))
		add_decisions(text, question, text_string(&target));
	else if (answers)
		text_format(text, "    lily answer %s JSON   or --file FILE\n",
			text_string(&target));
	else
		text_format(text, "    lily approve %s\n", text_string(&target));
	text_format(text, "    lily reject %s\n", text_string(&target));
}
