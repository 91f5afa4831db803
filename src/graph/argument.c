#include "graph/argument.h"

static const char *const bash_words[] = {"bash", "-euo", "pipefail", "-c"};
static const char *const sh_words[] = {"sh", "-eu", "-c"};

static bool
is_scalar(const struct value *v)
{
	return KEY_SCALAR & (1U << v->kind);
}

void
argument_check(const struct reference_place *at, const struct value *v)
{
	struct findings *findings = &at->workflow->findings;

	if (!is_scalar(v)) {
		finding_error(findings, at->place, v->offset,
			"%s must hold text, numbers or booleans, not %s%s", at->what,
			value_describe(findings->arena, v),
			v->kind == VALUE_NULL ? "; write \"\" for an empty text" : "");
		return;
	}
	if (v->n <= ARGUMENT_BYTES_MAX && str_find(value_text(v), '\0') >= 0)
		finding_error(findings, at->place, v->offset,
			"a NUL character cannot be handed to a program");
	if (v->n > ARGUMENT_BYTES_MAX)
		finding_error(findings, at->place, v->offset,
			"a text of %u bytes, more than the %d that can be handed to a program; "
			"give it by `in`",
			v->n, ARGUMENT_BYTES_MAX);
	else
		references_check(at, v);
}

void
arguments_check(const struct reference_place *at, const struct value *list)
{
	struct findings *findings = &at->workflow->findings;

	if (!list->n)
		finding_error(findings, at->place, list->offset,
			"\"%s\" is empty; its first entry is the program to start", at->what);
	if (list->n > ARGUMENTS_MAX)
		finding_error(findings, at->place, list->offset,
			"\"%s\" has %u entries, more than %d", at->what, list->n,
			ARGUMENTS_MAX);
	for (uint32_t i = 0; i < list->n; i++)
		argument_check(at, &list->items[i]);
	if (list->n && list->items[0].kind == VALUE_STRING && !list->items[0].n)
		finding_error(findings, at->place, list->items[0].offset,
			"the program's name is empty");
}

void
shell_check(struct workflow *w, const struct place *place, const struct value *shell)
{
	struct reference_place at = {w, place, STEP_NONE, 0, "shell", NULL};

	if (shell->kind == VALUE_STRING) {
		if (!str_is(value_text(shell), "bash") && !str_is(value_text(shell), "sh"))
			finding_error(&w->findings, place, shell->offset,
				"unknown shell \"%.*s\"; write bash, sh, or the words before "
				"the "
				"script as a list, such as [ python3, -c ]",
				(int)MIN(shell->n, 60), shell->text);
		return;
	}
	for (uint32_t i = 0; i < shell->n; i++) {
		const struct value *word = &shell->items[i];

		if (word->kind != VALUE_STRING || !word->n ||
			str_find(value_text(word), '\0') >= 0)
			finding_error(&w->findings, place, word->offset,
				"\"shell\" must hold texts that are not empty, not %s",
				value_describe(&w->arena, word));
		else
			references_refuse(&at, word);
	}
	if (!shell->n || shell->n > ARGUMENTS_MAX)
		finding_error(&w->findings, place, shell->offset,
			"\"shell\" must have 1 to %d entries", ARGUMENTS_MAX);
}

size_t
shell_words(const struct value *shell, const char *const **ret_words)
{
	if (shell && shell->kind == VALUE_STRING && str_is(value_text(shell), "sh")) {
		*ret_words = sh_words;
		return ARRAY_SIZE(sh_words);
	}
	*ret_words = bash_words;
	return ARRAY_SIZE(bash_words);
}

bool
variable_name_is_fine(struct str s)
{
	if (!s.n || s.n > 128 || (s.p[0] >= '0' && s.p[0] <= '9'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
			!(c >= '0' && c <= '9') && c != '_')
			return false;
	}
	return true;
}

void
variable_name_check(struct workflow *w, const struct place *place, const struct value *name)
{
	struct str text = value_text(name);

	if (!variable_name_is_fine(text))
		finding_error(&w->findings, place, name->offset,
			"\"%.*s\" is not a variable's name: letters, digits and _, no digit "
			"first",
			(int)MIN(text.n, 100), text.p);
	else if (str_starts(text, STR("LILY_")))
		finding_error(&w->findings, place, name->offset,
			"names that begin with LILY_ are set by lily; choose another for "
			"\"%.*s\"",
			STR_ARG(text));
}

void
env_check(const struct reference_place *at, const struct value *env)
{
	for (uint32_t i = 0; i < env->n; i++) {
		const struct member *member = &env->members[i];
		struct place place = {at->place, "env", value_text(&member->key)};
		struct reference_place inner = *at;

		variable_name_check(at->workflow, at->place, &member->key);
		inner.place = &place;
		argument_check(&inner, &member->value);
	}
}

void
pass_env_check(struct workflow *w, const struct place *place, const struct value *list)
{
	struct place inner = {place, "pass_env", STR_EMPTY};

	for (uint32_t i = 0; i < list->n; i++) {
		const struct value *name = &list->items[i];

		if (name->kind != VALUE_STRING)
			finding_error(&w->findings, &inner, name->offset,
				"must hold names, not %s", value_describe(&w->arena, name));
		else
			variable_name_check(w, &inner, name);
	}
}
