#include "run/environment.h"

#include "json/json.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"
#define LILY_NAMES 13 /* variables that environment_make adds itself */

static char *
entry(struct arena *arena, struct str name, struct str value)
{
	char *text = arena_bytes(arena, name.n + value.n + 2);

	memcpy(text, name.p, name.n);
	text[name.n] = '=';
	if (value.n)
		memcpy(text + name.n + 1, value.p, value.n);
	text[name.n + 1 + value.n] = '\0';
	return text;
}

static const char *
user_name(void)
{
	const struct passwd *user = getpwuid(geteuid());

	return user ? user->pw_name : "nobody";
}

void
environment_base(struct arena *arena, struct environment *ret_base)
{
	const char *path = getenv("PATH");
	struct str user = str_of(user_name());
	const struct {
		struct str name;
		struct str value;
	} fixed[] = {
		{STR("PATH"), str_of(path && *path ? path : DEFAULT_PATH)},
		{STR("USER"), user},
		{STR("LOGNAME"), user},
		{STR("SHELL"), STR("/bin/sh")},
		{STR("LANG"), STR("C.UTF-8")},
		{STR("TZ"), STR("UTC")},
		{STR("TERM"), STR("dumb")},
	};

	ret_base->n_fixed = ARRAY_SIZE(fixed);
	ret_base->fixed = ARENA_ARRAY(arena, ARRAY_SIZE(fixed), char *);
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		ret_base->fixed[i] = entry(arena, fixed[i].name, fixed[i].value);
}

void
environment_idempotency_key(const struct uuid *run, struct str step, struct str item,
	uint32_t visit, struct digest *ret_key)
{
	AUTO_BUF struct buf b = BUF_INIT(4096);
	char text[UUID_TEXT_SIZE];

	buf_printf(&b, "%s/%.*s/%.*s/%u", uuid_to_text(run, text), STR_ARG(step), STR_ARG(item),
		visit);
	digest_of(b.p, b.n, ret_key);
}

struct list {
	char **items;
	size_t n;
};

/* Adds an entry; one of the same name is replaced where it stands. */
static void
put(struct list *list, char *text)
{
	size_t name = (size_t)(strchr(text, '=') - text) + 1;

	for (size_t i = 0; i < list->n; i++) {
		if (strncmp(list->items[i], text, name) != 0)
			continue;
		list->items[i] = text;
		return;
	}
	list->items[list->n++] = text;
}

static int
put_entries(const struct environment_request *request, const struct env_entry *entries,
	uint32_t n, struct list *list, struct err *err)
{
	for (uint32_t i = 0; i < n; i++) {
		struct str value;
		int r = values_text(request->values, &entries[i].value, &value, err);

		if (r < 0)
			return err_wrap(err, "env %.*s", STR_ARG(entries[i].name));
		put(list, entry(request->values->arena, entries[i].name, value));
	}
	return 0;
}

static void
put_passed(const struct environment_request *request, struct list *list)
{
	const struct step_settings *settings = request->step->settings;
	struct arena *arena = request->values->arena;

	for (uint32_t i = 0; i < settings->n_pass_env; i++) {
		const char *value = getenv(arena_cstr(arena, settings->pass_env[i]));

		if (value)
			put(list, entry(arena, settings->pass_env[i], str_of(value)));
	}
}

/* LILY_POOL_<NAME>=0,2 for each pool that the step has slots of. */
static void
put_pools(const struct environment_request *request, struct list *list)
{
	const struct step *step = request->step;
	const uint32_t *slots = request->pool_slots;

	for (uint32_t i = 0; slots && i < step->n_pools; i++) {
		AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

		for (uint32_t j = 0; j < step->pools[i].slots; j++)
			buf_printf(&b, j ? ",%u" : "%u", *slots++);
		put(list,
			entry(request->values->arena,
				request->values->graph->pools[step->pools[i].pool].variable,
				buf_str(&b)));
	}
}

static void
put_secrets(const struct environment_request *request, struct list *list)
{
	const struct step_surroundings *surroundings = request->step->surroundings;

	for (uint32_t i = 0; request->secrets && i < surroundings->n_secrets; i++) {
		const struct step_secret *given = &surroundings->secrets[i];

		if (!given->as_file)
			put(list,
				entry(request->values->arena, given->name,
					secrets_text(request->secrets, given->secret)));
	}
}

/* Of a text its characters, of any other value its JSON; a larger one is to be had by `in`. */
static void
put_item(const struct environment_request *request, struct list *list)
{
	struct arena *arena = request->values->arena;
	const struct item *item = graph_item(request->values->graph, request->step);
	AUTO_BUF struct buf text = BUF_INIT(VALUES_TEXT_MAX);

	put(list,
		entry(arena, STR("LILY_INDEX"),
			str_of(arena_printf(arena, "%u", item->index))));
	if (item->value->kind == VALUE_STRING)
		buf_add_str(&text, value_text(item->value));
	else
		json_write(item->value, &text);
	if (!text.overflowed && str_find(buf_str(&text), '\0') < 0)
		put(list, entry(arena, STR("LILY_ITEM"), buf_str(&text)));
}

static void
put_gate(const struct environment_request *request, struct list *list)
{
	struct arena *arena = request->values->arena;

	if (!request->gate)
		return;
	put(list, entry(arena, STR("LILY_GATE"), request->gate->name));
	put(list, entry(arena, STR("LILY_METRICS"), str_of(request->gate->metrics)));
	put(list, entry(arena, STR("LILY_REASON"), str_of(request->gate->reason)));
}

static void
put_own(const struct environment_request *request, struct list *list)
{
	struct arena *arena = request->values->arena;
	char hex[DIGEST_HEX_SIZE];
	char number[16];
	struct digest key;

	environment_idempotency_key(request->run, request->step->name,
		request->step->item ? request->step->item->key : STR_EMPTY,
		MAX(1, request->visit), &key);
	(void)snprintf(number, sizeof(number), "%u", request->try_number);
	put(list, entry(arena, STR("LILY_RUN_ID"), str_of(request->values->run_id)));
	put(list, entry(arena, STR("LILY_STEP"), request->step->name));
	put(list, entry(arena, STR("LILY_ATTEMPT"), str_of(number)));
	if (request->workspace.n)
		put(list, entry(arena, STR("LILY_WORKSPACE"), request->workspace));
	put(list, entry(arena, STR("LILY_IDEMPOTENCY_KEY"), str_of(digest_to_hex(&key, hex))));
	if (graph_item(request->values->graph, request->step))
		put_item(request, list);
	if (request->state)
		put(list, entry(arena, STR("LILY_STATE"), str_of(request->state)));
	put_pools(request, list);
	put_gate(request, list);
	if (request->once_key.n)
		put(list, entry(arena, STR("LILY_ONCE_KEY"), request->once_key));
	if (request->feedback)
		put(list, entry(arena, STR("LILY_FEEDBACK"), str_of(request->feedback)));
}

int
environment_make(
	const struct environment_request *request, char ***ret_environ, struct err *err)
{
	const struct step *step = request->step;
	const struct step_settings *settings = step->settings;
	size_t most = request->base->n_fixed + settings->n_env + step->n_env +
		settings->n_pass_env + step->n_pools + LILY_NAMES +
		(request->secrets ? step->surroundings->n_secrets : 0);
	struct list list = {ARENA_ARRAY(request->values->arena, most, char *), 0};
	int r;

	memcpy(list.items, request->base->fixed, request->base->n_fixed * sizeof(*list.items));
	list.n = request->base->n_fixed;
	r = put_entries(request, settings->env, settings->n_env, &list, err);
	if (r == 0)
		r = put_entries(request, step->env, step->n_env, &list, err);
	if (r < 0)
		return r;
	put_passed(request, &list);
	put_secrets(request, &list);
	put_own(request, &list);
	*ret_environ = list.items;
	return 0;
}
