#include "graph/declared_secret.h"

#include "base/memory.h"
#include "graph/argument.h"
#include "graph/expression.h"

static void
check_file(struct workflow *w, const struct place *place, const struct value *file)
{
	struct str text = value_text(file);

	if (!text.n || str_find(text, '\0') >= 0 || expression_occurs(text))
		finding_error(&w->findings, place, file->offset,
			"\"file\" must be a plain path, such as ~/.config/tool/token");
}

static void
check_program(struct workflow *w, const struct place *place, const struct value *argv)
{
	struct reference_place at = {w, place, STEP_NONE, 0, "exec of a secret", NULL};

	for (uint32_t i = 0; i < argv->n; i++)
		references_refuse(&at, &argv->items[i]);
	arguments_check(&at, argv);
}

static void
read_secret(struct workflow *w, const struct member *member)
{
	struct place place = {NULL, "secret", value_text(&member->key)};
	const struct value *keys[SECRET_KEYS];
	struct keys_found found;

	if (!str_is_name(place.name))
		finding_error(&w->findings, NULL, member->key.offset,
			"\"%.*s\" is not a name for a secret: letters, digits, _ . - and at "
			"most "
			"128 bytes, beginning with a letter, digit or _",
			(int)MIN(place.name.n, 150), place.name.p);
	if (member->value.kind != VALUE_OBJECT) {
		finding_error(&w->findings, &place, member->value.offset,
			"must say where its value is, such as { env: TOKEN }, not %s",
			value_describe(&w->arena, &member->value));
		return;
	}
	keys_read(&w->findings, &place, &secret_keys, &member->value, keys, &found);
	if (found.n_kinds != 1)
		finding_error(&w->findings, &place, member->value.offset,
			"needs exactly one of env (a variable), file and exec (a program that "
			"prints it)");
	if (keys[SECRET_ENV])
		variable_name_check(w, &place, keys[SECRET_ENV]);
	if (keys[SECRET_FILE])
		check_file(w, &place, keys[SECRET_FILE]);
	if (keys[SECRET_EXEC])
		check_program(w, &place, keys[SECRET_EXEC]);
}

void
secret_declarations_read(struct workflow *w)
{
	const struct value *secrets = w->keys[WORKFLOW_SECRETS];

	if (!secrets)
		return;
	if (secrets->n > SECRETS_MAX)
		finding_error(&w->findings, NULL, secrets->offset, "%u secrets, more than %d",
			secrets->n, SECRETS_MAX);
	for (uint32_t i = 0; i < secrets->n; i++) {
		(void)map_add(&w->secret_by_name, value_text(&secrets->members[i].key), i);
		read_secret(w, &secrets->members[i]);
	}
}

static void
report_unknown(struct workflow *w, const struct place *place, const struct value *name)
{
	const struct value *secrets = w->keys[WORKFLOW_SECRETS];
	uint32_t n = secrets ? secrets->n : 0;
	struct str *names = memory_new(n, sizeof(*names));

	for (uint32_t i = 0; i < n; i++)
		names[i] = value_text(&secrets->members[i].key);
	finding_error(&w->findings, place, name->offset,
		"there is no secret \"%.*s\"%s; declare it: secrets: { %.*s: { env: … } }",
		(int)MIN(name->n, 130), name->text,
		finding_suggestion(&w->findings, value_text(name), names, n),
		(int)MIN(name->n, 130), name->text);
	free(names);
}

enum given { GIVEN_AS_ENV, GIVEN_AS_FILE };

static void
check_given(struct workflow *w, const struct place *place, const struct value *name,
	enum given given)
{
	struct str text = value_text(name);

	if (map_get(&w->secret_by_name, text) == MAP_NONE)
		report_unknown(w, place, name);
	else if (given == GIVEN_AS_ENV &&
		(!variable_name_is_fine(text) || str_starts(text, STR("LILY_"))))
		finding_error(&w->findings, place, name->offset,
			"\"%.*s\" cannot be the name of a variable; hand it over as a file: "
			"{ %.*s: file }",
			(int)MIN(text.n, 130), text.p, (int)MIN(text.n, 130), text.p);
}

static void
check_list(struct workflow *w, const struct place *place, const struct value *list)
{
	struct map seen = MAP_INIT;

	for (uint32_t i = 0; i < list->n; i++) {
		const struct value *name = &list->items[i];

		if (name->kind != VALUE_STRING) {
			finding_error(&w->findings, place, name->offset,
				"must hold names of secrets, not %s",
				value_describe(&w->arena, name));
			continue;
		}
		if (map_add(&seen, value_text(name), i) != MAP_NONE)
			finding_error(&w->findings, place, name->offset,
				"\"%.*s\" is there twice", (int)MIN(name->n, 130), name->text);
		check_given(w, place, name, GIVEN_AS_ENV);
	}
	map_done(&seen);
}

void
step_secrets_check(struct workflow *w, const struct place *place, const struct value *secrets)
{
	struct place inner = {place, "secrets", STR_EMPTY};

	if (secrets->kind == VALUE_ARRAY) {
		check_list(w, &inner, secrets);
		return;
	}
	for (uint32_t i = 0; i < secrets->n; i++) {
		const struct member *member = &secrets->members[i];
		struct str how = member->value.kind == VALUE_STRING ? value_text(&member->value)
								    : STR_EMPTY;

		if (!str_is(how, "env") && !str_is(how, "file"))
			finding_error(&w->findings, &inner, member->value.offset,
				"\"%.*s\" is handed over as env or file, not %s",
				(int)MIN(member->key.n, 130), member->key.text,
				value_describe(&w->arena, &member->value));
		check_given(w, &inner, &member->key,
			str_is(how, "env") ? GIVEN_AS_ENV : GIVEN_AS_FILE);
	}
}
