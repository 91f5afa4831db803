#include "graph/declared_notify.h"

#include "graph/argument.h"
#include "graph/declared_secret.h"
#include "graph/loader.h"
#include "graph/notify.h"
#include "graph/runner.h"
#include "json/json.h"

enum notify_key { NOTIFY_EVENT_LIST = RUNNER_KEYS, NOTIFY_SECRETS, NOTIFY_ENV, NOTIFY_KEYS };

static const struct key of_notify[] = {
	RUNNER_KEY_TABLE,
	{"events", NULL, NOTIFY_EVENT_LIST, KEY_LIST, false,
		"a list such as [ waiting, failed ]"},
	{"policy", "containment", 0, 0, false, NULL},
	{"secrets", NULL, NOTIFY_SECRETS, KEY_LIST | KEY_MAP, false,
		"a list such as [ TOKEN ], or a map such as { TOKEN: file }"},
	{"env", NULL, NOTIFY_ENV, KEY_MAP, false,
		"a map of names to text, numbers or booleans"},
};
static const struct key_table notify_keys = {
	"\"notify\"", of_notify, ARRAY_SIZE(of_notify), NOTIFY_KEYS};

static const char *const names[] = {
#define X(name, text) text,
	NOTIFY_EVENTS(X)
#undef X
};

const char *
notify_event_name(enum notify_event event)
{
	return names[event];
}

bool
notify_event_parse(struct str name, enum notify_event *ret_event)
{
	ptrdiff_t index = str_index(name, names, ARRAY_SIZE(names));

	if (index >= 0)
		*ret_event = (enum notify_event)index;
	return index >= 0;
}

static void
refuse_event(struct workflow *w, const struct place *place, const struct value *name)
{
	struct str candidates[NOTIFY_EVENT_COUNT];

	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++)
		candidates[i] = str_of(names[i]);
	finding_error(&w->findings, place, name->offset,
		"must hold waiting, failed, succeeded or cancelled, not %s%s",
		value_describe(&w->arena, name),
		finding_suggestion(&w->findings,
			name->kind == VALUE_STRING ? value_text(name) : STR_EMPTY, candidates,
			ARRAY_SIZE(candidates)));
}

static void
check_events(struct workflow *w, const struct place *place, const struct value *list)
{
	const struct place inner = {place, "events", STR_EMPTY};
	unsigned seen = 0;

	if (!list->n)
		finding_error(&w->findings, &inner, list->offset,
			"is empty; name what shall be told of, or leave \"notify\" out");
	for (uint32_t i = 0; i < list->n; i++) {
		const struct value *name = &list->items[i];
		enum notify_event event;

		if (name->kind != VALUE_STRING ||
			!notify_event_parse(value_text(name), &event)) {
			refuse_event(w, &inner, name);
			continue;
		}
		if (seen & 1U << event)
			finding_error(&w->findings, &inner, name->offset,
				"\"%s\" is there twice", names[event]);
		seen |= 1U << event;
	}
}

void
notify_check(struct workflow *w)
{
	const struct place place = {NULL, "notify", STR_EMPTY};
	const struct value *v = w->keys[WORKFLOW_NOTIFY];
	/* When it is told, no step is left to wait for; what became of them is in what it is told. */
	struct edges none = {0};
	const struct reference_place at = {.workflow = w,
		.place = &place,
		.step = STEP_NONE,
		.may = MAY_TEXT_OF_WORKFLOW,
		.what = "notify",
		.edges = &none,
		.of_end = true};
	const struct value *keys[NOTIFY_KEYS];
	struct keys_found found;

	if (!v)
		return;
	keys_read(&w->findings, &place, &notify_keys, v, keys, &found);
	runner_check(&at, v->offset, keys, &found);
	if (!(found.seen & 1U << NOTIFY_EVENT_LIST))
		finding_error(&w->findings, &place, v->offset,
			"\"events\" is missing; it says what is told of: events: [ waiting, "
			"failed ]");
	if (keys[NOTIFY_EVENT_LIST])
		check_events(w, &place, keys[NOTIFY_EVENT_LIST]);
	if (keys[NOTIFY_SECRETS])
		step_secrets_check(w, &place, keys[NOTIFY_SECRETS]);
	if (keys[NOTIFY_ENV])
		env_check(&at, keys[NOTIFY_ENV]);
}

static void
write_events(const struct value *list, struct buf *b)
{
	unsigned events = 0;
	const char *between = "[";
	enum notify_event event;

	for (uint32_t i = 0; i < list->n; i++)
		if (notify_event_parse(value_text(&list->items[i]), &event))
			events |= 1U << event;
	buf_add_cstr(b, "\"events\":");
	for (int i = 0; i < NOTIFY_EVENT_COUNT; i++) {
		if (!(events & 1U << i))
			continue;
		buf_printf(b, "%s\"%s\"", between, names[i]);
		between = ",";
	}
	buf_add_char(b, ']');
}

/* Members in canonical order: env, events, program, secrets, settings. */
int
planner_write_notify(struct planner *p, struct buf *b, struct err *err)
{
	const struct value *v = p->workflow->keys[WORKFLOW_NOTIFY];
	struct declared_step like = {.name = STR_EMPTY};
	uint32_t settings;
	int r;

	if (!v)
		return 0;
	like.keys[STEP_ENV] = value_get(v, STR("env"));
	like.keys[STEP_SECRETS] = value_get(v, STR("secrets"));
	r = planner_add_settings(p, &like, &settings, err);
	if (r < 0)
		return r;
	buf_add_cstr(b, ",\"notify\":{");
	if (like.keys[STEP_ENV] && like.keys[STEP_ENV]->n) {
		buf_add_cstr(b, "\"env\":");
		r = planner_write_env(p, like.keys[STEP_ENV], NULL, b, err);
		buf_add_char(b, ',');
	}
	write_events(value_get(v, STR("events")), b);
	buf_add_cstr(b, ",\"program\":");
	if (r == 0)
		r = runner_write(p, v, b, err);
	planner_write_step_secrets(p, &like, b);
	buf_printf(b, ",\"settings\":%u}", settings);
	return r;
}

enum { LOADED_ENV, LOADED_EVENTS, LOADED_PROGRAM, LOADED_SECRETS, LOADED_SETTINGS, LOADED };

static const struct shape notify_shape[] = {
	[LOADED_ENV] = {"env", KEY_MAP, false},
	[LOADED_EVENTS] = {"events", KEY_LIST, true},
	[LOADED_PROGRAM] = {"program", KEY_MAP, true},
	[LOADED_SECRETS] = {"secrets", KEY_MAP, false},
	[LOADED_SETTINGS] = {"settings", KEY_NUMBER, true},
};

static int
load_events(const struct value *list, struct notify *notify, struct err *err)
{
	for (uint32_t i = 0; i < list->n; i++) {
		enum notify_event event;

		if (list->items[i].kind != VALUE_STRING ||
			!notify_event_parse(value_text(&list->items[i]), &event))
			return loader_corrupt(err, "what is told of is nothing known");
		notify->events |= 1U << event;
	}
	return notify->events ? 0 : loader_corrupt(err, "nothing is told of");
}

int
loader_read_notify(struct loader *l, const struct value *object, struct err *err)
{
	const struct loader_text at = {
		.step = STEP_NONE, .may = MAY_TEXT_OF_WORKFLOW, .of_end = true};
	const struct value *members[LOADED];
	struct notify *notify;
	uint64_t settings;
	int r;

	if (!object)
		return 0;
	r = loader_read_object(object, "\"notify\"", notify_shape, LOADED, members, err);
	if (r == 0)
		r = loader_read_number(members[LOADED_SETTINGS], "\"settings\"",
			l->n_settings - (uint64_t)(l->n_settings > 0), &settings, err);
	if (r == 0 && !l->n_settings)
		r = loader_corrupt(err, "\"notify\" has no settings");
	if (r < 0)
		return r;
	notify = ARENA_NEW(&l->graph->arena, struct notify);
	notify->step.name = STR("notify");
	notify->step.settings = &l->settings[settings];
	r = load_events(members[LOADED_EVENTS], notify, err);
	if (r == 0 && members[LOADED_ENV])
		r = loader_read_env(l, members[LOADED_ENV], &at, &notify->step.env,
			&notify->step.n_env, err);
	if (r == 0)
		r = runner_load(l, members[LOADED_PROGRAM], &at, &notify->program, err);
	if (r == 0)
		r = loader_read_surroundings(l,
			&(struct loaded_surroundings){.secrets = members[LOADED_SECRETS]},
			&notify->step, STEP_NONE, err);
	l->graph->notify = notify;
	return r;
}
