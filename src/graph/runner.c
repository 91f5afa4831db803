#include "graph/runner.h"

#include "base/clock.h"
#include "graph/argument.h"
#include "graph/settings.h"
#include "json/json.h"

static const struct key of_runner[] = {RUNNER_KEY_TABLE};
static const struct key_table runner_keys = {
	"a program", of_runner, ARRAY_SIZE(of_runner), RUNNER_KEYS};

static void
check_script(const struct reference_place *at, const struct value *script)
{
	struct reference_place plain = {at->workflow, at->place, STEP_NONE, 0,
		"a script; give it to `exec` as an argument", NULL};
	struct findings *findings = &at->workflow->findings;

	references_refuse(&plain, script);
	if (!str_trim(value_text(script)).n)
		finding_error(findings, at->place, script->offset, "the script is empty");
	if (str_find(value_text(script), '\0') >= 0 || script->n > ARGUMENT_BYTES_MAX)
		finding_error(findings, at->place, script->offset,
			"a script has at most %d bytes and no NUL character",
			ARGUMENT_BYTES_MAX);
}

static void
check_timeout(const struct reference_place *at, const struct value *timeout)
{
	struct str text = value_text(timeout);
	int64_t us = 0;

	if (!clock_parse_duration(text, &us) || us <= 0)
		finding_error(&at->workflow->findings, at->place, timeout->offset,
			"\"timeout\" is not a time longer than 0: \"%.*s\"; write 90s, 10m or "
			"1h30m",
			(int)MIN(text.n, 60), text.p);
}

void
runner_check(const struct reference_place *at, uint32_t offset,
	const struct value *const keys[RUNNER_KEYS], const struct keys_found *found)
{
	struct reference_place arguments = *at;
	struct findings *findings = &at->workflow->findings;

	if (found->n_kinds != 1)
		finding_error(findings, at->place, offset,
			"needs exactly one of run (a script) and exec (a program and its "
			"arguments)");
	if (keys[RUNNER_RUN])
		check_script(at, keys[RUNNER_RUN]);
	arguments.what = "exec";
	if (keys[RUNNER_EXEC])
		arguments_check(&arguments, keys[RUNNER_EXEC]);
	if (keys[RUNNER_SHELL])
		shell_check(at->workflow, at->place, keys[RUNNER_SHELL]);
	if (keys[RUNNER_SHELL] && (found->seen & 1U << RUNNER_EXEC))
		finding_error(findings, at->place, keys[RUNNER_SHELL]->offset,
			"`shell` goes with `run` only: `exec` starts its program without one");
	if (keys[RUNNER_TIMEOUT])
		check_timeout(at, keys[RUNNER_TIMEOUT]);
}

void
runner_check_map(const struct reference_place *at, const struct value *v)
{
	const struct value *keys[RUNNER_KEYS];
	struct keys_found found;

	keys_read(&at->workflow->findings, at->place, &runner_keys, v, keys, &found);
	runner_check(at, v->offset, keys, &found);
}

int
runner_write_argv(struct planner *p, const struct value *v, struct buf *b, struct err *err)
{
	const struct value *script = value_get(v, STR("run"));
	const struct value *shell = value_get(v, STR("shell"));
	const struct value *list = script ? shell : value_get(v, STR("exec"));
	const char *const *words = NULL;
	const char *between = "";
	size_t n = 0;
	int r = 0;

	if (script && (!shell || shell->kind != VALUE_ARRAY)) {
		n = shell_words(shell, &words);
		list = NULL;
	}
	for (size_t i = 0; i < n; i++, between = ",")
		buf_printf(b, "%s\"%s\"", between, words[i]);
	for (uint32_t i = 0; r == 0 && list && i < list->n; i++, between = ",") {
		buf_add_cstr(b, between);
		r = planner_write_template(p, &list->items[i], b, err);
	}
	if (script) {
		buf_add_cstr(b, between);
		json_write_string(value_text(script), b);
	}
	return r;
}

int
runner_write(struct planner *p, const struct value *v, struct buf *b, struct err *err)
{
	const struct value *timeout = value_get(v, STR("timeout"));
	int r;

	buf_add_cstr(b, "{\"argv\":[");
	r = runner_write_argv(p, v, b, err);
	buf_printf(b, "],\"timeout\":%lld}",
		(long long)(timeout ? settings_time(timeout) : RUNNER_TIMEOUT_US));
	return r;
}

enum { LOADED_ARGV, LOADED_TIMEOUT, LOADED };

static const struct shape runner_shape[] = {
	[LOADED_ARGV] = {"argv", KEY_LIST, true},
	[LOADED_TIMEOUT] = {"timeout", KEY_NUMBER, true},
};

int
runner_load(struct loader *l, const struct value *v, const struct loader_text *at,
	struct runner *ret_runner, struct err *err)
{
	const struct value *members[LOADED];
	const struct value *list;
	struct template *argv;
	uint64_t timeout;
	int r = loader_read_object(v, "a program", runner_shape, LOADED, members, err);

	if (r == 0)
		r = loader_read_number(
			members[LOADED_TIMEOUT], "\"timeout\"", INT64_MAX / 4, &timeout, err);
	if (r < 0)
		return r;
	list = members[LOADED_ARGV];
	if (!list->n || !timeout)
		return loader_corrupt(err, "a program is not there, or has no time");
	argv = ARENA_ARRAY(&l->graph->arena, list->n, struct template);
	for (uint32_t i = 0; r == 0 && i < list->n; i++)
		r = loader_read_template(l, &list->items[i], at, &argv[i], err);
	*ret_runner = (struct runner){argv, list->n, (int64_t)timeout};
	return r;
}
