#include "run/reuse.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/glob.h"
#include "base/memory.h"
#include "graph/expansion.h"
#include "graph/step_gates.h"
#include "graph/step_surroundings.h"
#include "run/put_back.h"
#include "run/reuse_state.h"
#include "store/staging.h"

#include <fcntl.h>
#include <stdio.h>

const char *
reuse_refusal(const struct graph *graph, uint32_t number)
{
	const struct step *step = &graph->steps[number];

	switch (step->settings->cache.mode) {
	case CACHE_AUTO:
		return "cache: auto reuses closed steps only, and no step is taken for one "
		       "yet; "
		       "cache: true says that it depends on nothing but what it names";
	case CACHE_FALSE: return "cache: false";
	case CACHE_TRUE: break;
	}
	if (step->scope)
		return "it is made from another file: its steps are looked up one by one";
	if (step->foreach)
		return "a foreach does nothing itself: its items are looked up, each by itself";
	if (step->judges)
		return "it is a gate of the run, which judges each time";
	if (step->question)
		return "it asks a person, whose word is for one run";
	return key_obstacle(step);
}

int
reuse_new(const struct reuse_request *request, struct reuse **ret_reuse, struct err *err)
{
	struct reuse *reuse;
	bool any = false;
	int r;

	*ret_reuse = NULL;
	for (uint32_t i = 0; !any && i < request->graph->n_steps; i++)
		any = !reuse_refusal(request->graph, i);
	if (!any)
		return 0;
	r = cache_refresh(request->store, err);
	if (r < 0)
		return r;
	reuse = memory_zeroed(1, sizeof(*reuse));
	reuse->request = *request;
	reuse->definitions =
		memory_zeroed(request->graph->n_planned, sizeof(*reuse->definitions));
	reuse->memo = memo_open(request->store);
	reuse->trail = request->run >= 0 ? trail_new() : NULL;
	reuse->tools = tools_new(reuse->memo, reuse->trail);
	*ret_reuse = reuse;
	return 0;
}

void
reuse_free(struct reuse *reuse)
{
	if (!reuse)
		return;
	if (reuse->request.run >= 0)
		memo_save(reuse->memo);
	tools_free(reuse->tools);
	memo_free(reuse->memo);
	trail_free(reuse->trail);
	arena_done(&reuse->arena);
	free(reuse->definitions);
	free(reuse);
}

const struct trail *
reuse_trail(const struct reuse *reuse)
{
	return reuse->trail;
}

/* The next run asks again where something ran in this one: it has nothing to follow. */
void
reuse_ran(struct reuse *reuse)
{
	if (!reuse)
		return;
	tools_forget(reuse->tools);
	trail_break(reuse->trail);
}

bool
reuse_is_of_step(int code)
{
	return code == ERR_INVALID || code == ERR_NOT_FOUND || code == ERR_LIMIT ||
		code == ERR_DENIED;
}

/* Where the definition of a step is remembered: all items have that of their template. */
static struct digest **
definition_of(struct reuse *reuse, uint32_t number)
{
	const struct item *item = reuse->request.graph->steps[number].item;

	if (item)
		number = item->expansion->foreach->planned +
			(number - item->expansion->first) %
				item->expansion->foreach->n_templates;
	return &reuse->definitions[number];
}

/* The definition of a step, whose document goes to *b where it is asked for. */
static int
define(struct reuse *reuse, uint32_t number, struct buf *b, const struct digest **ret_digest,
	struct err *err)
{
	AUTO_BUF struct buf own = BUF_INIT(KEY_DOCUMENT_MAX);
	struct buf *document = b ? b : &own;
	struct digest **known = definition_of(reuse, number);
	int r;

	if (!b && *known) {
		*ret_digest = *known;
		return 0;
	}
	r = key_define(&reuse->request.graph->steps[number], document, err);
	if (r < 0)
		return r;
	if (!*known)
		*known = ARENA_NEW(&reuse->arena, struct digest);
	digest_of(document->p, document->n, *known);
	*ret_digest = *known;
	return 0;
}

static int
find_cwd(struct reuse *reuse, const struct values *values, const struct step *step,
	const char **ret_cwd, struct err *err)
{
	struct str below;
	int r;

	*ret_cwd = reuse->request.workspace_path;
	if (!step->surroundings || !step->surroundings->has_cwd)
		return 0;
	r = values_text(values, &step->surroundings->cwd, &below, err);
	if (r == 0)
		*ret_cwd = path_join(values->arena, reuse->request.workspace_path,
			arena_cstr(values->arena, below));
	return r;
}

/* A gate that lily itself carries out runs no program. */
int
reuse_find_tools(struct reuse *reuse, const struct values *values, const struct step *step,
	struct key_tool **ret_tools, size_t *ret_n, struct err *err)
{
	struct tools_request request = {
		.step = step, .values = values, .path = reuse->request.path};
	int r;

	*ret_tools = NULL;
	*ret_n = 0;
	r = find_cwd(reuse, values, step, &request.cwd, err);
	if (r == 0 && step->n_argv)
		r = tools_find(reuse->tools, &request, ret_tools, ret_n, err);
	return r;
}

int
reuse_write_key(struct reuse *reuse, const struct values *values,
	const struct reuse_keyed *keyed, struct buf *key, struct err *err)
{
	const struct step *step = keyed->step;
	const struct step_settings *settings = step->settings;
	struct key_request request = {.step = step,
		.definition = keyed->definition,
		.values = values,
		.inputs = keyed->inputs,
		.gate = keyed->gate};
	const struct bounding *bound = keyed->bound;
	struct key_tool *found = NULL;
	int r = reuse_find_tools(reuse, values, step, &found, &request.n_tools, err);

	/* What is unconfined by its policy is as if it had none. */
	if (bound && !bound->policy.is_none)
		request.policy = &bound->digest;
	request.tools = found;
	for (uint32_t i = 0; i < settings->n_pass_env; i++)
		trail_add_variable(
			reuse->trail, arena_cstr(values->arena, settings->pass_env[i]));
	return r < 0 ? r : key_make(&request, key, err);
}

static int
make_key(struct reuse *reuse, const struct values *values, uint32_t number,
	const struct key_input *inputs, struct buf *key, struct err *err)
{
	const struct step *step = &reuse->request.graph->steps[number];
	struct reuse_keyed keyed = {.step = step,
		.inputs = inputs,
		.bound = bounds_of_step(reuse->request.bounds, step)};
	int r = define(reuse, number, NULL, &keyed.definition, err);

	return r < 0 ? r : reuse_write_key(reuse, values, &keyed, key, err);
}

/* The outputs of an entry by the step's own list; NULL where they do not fit. */
static const struct cache_output **
match_outputs(
	const struct values *values, const struct step *step, const struct cache_entry *entry)
{
	const struct cache_output **outputs =
		ARENA_ARRAY(values->arena, step->n_outputs, const struct cache_output *);

	for (uint32_t i = 0; i < step->n_outputs; i++) {
		for (uint32_t j = 0; !outputs[i] && j < entry->n_outputs; j++)
			if (str_equal(step->outputs[i].name, entry->outputs[j].name))
				outputs[i] = &entry->outputs[j];
		if (!outputs[i] && !step->outputs[i].optional)
			return NULL;
	}
	return outputs;
}

/* An object that is looked at by its file, so that the next run may; of a directory there are many. */
static void
note_object(struct reuse *reuse, const struct cache_output *output)
{
	char path[sizeof("objects/") + OBJECT_FILE_SIZE];
	char file[OBJECT_FILE_SIZE];
	struct stat status;

	(void)snprintf(
		path, sizeof(path), "objects/%s", object_file_path(&output->digest, file));
	if (!str_is(output->kind, "dir") &&
		fstatat(store_directory(reuse->request.store), path, &status,
			AT_SYMLINK_NOFOLLOW) == 0)
		reuse_note_file(reuse, TRAIL_OBJECT, path, &status, &output->digest);
	else
		trail_break(reuse->trail);
}

/* Whether all bytes are there; the reason where they are not. */
static int
check_bytes(struct reuse *reuse, const struct values *values, struct reuse_found *found,
	struct err *err)
{
	for (uint32_t i = 0; i < found->entry.n_outputs; i++) {
		const struct cache_output *output = &found->entry.outputs[i];
		unsigned flags = str_is(output->kind, "dir") ? OBJECT_IS_TREE : 0;
		int r = output->is_whole ? 1
					 : object_check(reuse->request.store, &output->digest,
						   flags, reuse->memo, err);

		if (r > 0 && !output->is_whole)
			note_object(reuse, output);
		if (r > 0)
			continue;
		found->why = arena_printf(values->arena, "output %.*s is damaged in the store",
			STR_ARG(output->name));
		return r;
	}
	return 1;
}

static const char *
refuse_entry(const struct reuse *reuse, const struct values *values, const struct step *step,
	struct reuse_found *found)
{
	const struct cache_entry *entry = &found->entry;
	int64_t ttl = step->settings->cache.ttl_us;

	/* A later visit may take what an earlier one made. */
	if (entry->run == reuse->request.run && values->visit <= 1)
		return "only this run has made it";
	if (ttl && clock_utc_us() - entry->accepted_us > ttl)
		return "what was made is older than its ttl";
	if (ttl)
		trail_end_at(reuse->trail, entry->accepted_us + ttl);
	found->outputs = match_outputs(values, step, entry);
	return found->outputs ? NULL : "what was made lacks an output";
}

static int
look_up(struct reuse *reuse, const struct values *values, uint32_t number,
	struct reuse_found *found, struct err *err)
{
	const struct step *step = &reuse->request.graph->steps[number];
	struct err why = ERR_INIT;
	struct digest damaged;
	int r = cache_find(reuse->request.store, &found->key, values->arena, &found->entry,
		&damaged, &why);

	found->answer = REUSE_MISS;
	if (r == ERR_CORRUPT) {
		found->why = arena_cstr(values->arena, str_of(why.message));
		return object_suspect(reuse->request.store, &damaged, err);
	}
	if (r < 0) {
		*err = why;
		return r;
	}
	found->why = r ? refuse_entry(reuse, values, step, found)
		       : "nothing was accepted under its key";
	if (!r || found->why)
		return 0;
	r = check_bytes(reuse, values, found, err);
	if (r <= 0)
		return r;
	found->answer = REUSE_HIT;
	return step->gates ? reuse_look_gates(reuse, values, number, found, err) : 0;
}

int
reuse_look(struct reuse *reuse, const struct values *values, uint32_t number,
	struct reuse_found *ret_found, struct err *err)
{
	const struct step *step = &reuse->request.graph->steps[number];
	AUTO_BUF struct buf key = BUF_INIT(KEY_DOCUMENT_MAX);
	struct reuse_found found = {.answer = REUSE_NEVER};
	struct key_input *inputs;
	struct err why = ERR_INIT;
	int r;

	found.why = reuse_refusal(reuse->request.graph, number);
	if (found.why) {
		*ret_found = found;
		return 0;
	}
	r = reuse_find_inputs(reuse, values, step, &inputs, &why);
	if (r == 0)
		r = make_key(reuse, values, number, inputs, &key, &why);
	if (r < 0 && !reuse_is_of_step(r)) {
		*err = why;
		return err_wrap(err, "step %.*s", STR_ARG(step->name));
	}
	if (r < 0) {
		found.why = arena_cstr(values->arena, str_of(why.message));
		*ret_found = found;
		return 0;
	}
	found.has_key = true;
	digest_of(key.p, key.n, &found.key);
	r = look_up(reuse, values, number, &found, err);
	if (r == 0)
		*ret_found = found;
	return r;
}

static int
put_back_one(struct reuse *reuse, const struct values *values, struct str pattern,
	const struct cache_output *output, struct err *err)
{
	const struct reuse_request *request = &reuse->request;
	const char *path;
	struct stat status;
	int r;

	if (!path_is_inside(pattern))
		return err_set(err, ERR_INVALID, "\"%.*s\" leads out of the workspace",
			STR_ARG(pattern));
	if (glob_is_pattern(pattern)) {
		trail_break(reuse->trail);
		return put_back_chosen(
			request->store, reuse->memo, request->workspace, pattern, output, err);
	}
	path = arena_cstr(values->arena, pattern);
	r = put_back(
		request->store, reuse->memo, request->workspace, path, output, &status, err);
	/* What was put back just now is too young, or a directory. */
	if (r > 0)
		trail_add_file(reuse->trail, TRAIL_OUTPUT, path, &status);
	else if (r == 0 && !output)
		trail_add_file(reuse->trail, TRAIL_ABSENT, path, NULL);
	else
		trail_break(reuse->trail);
	return r;
}

int
reuse_put_back(struct reuse *reuse, const struct values *values, uint32_t number,
	const struct reuse_found *found, const char **ret_why, struct err *err)
{
	const struct step *step = &reuse->request.graph->steps[number];

	for (uint32_t i = 0; i < step->n_outputs; i++) {
		struct err why = ERR_INIT;
		struct str path;
		int r;

		/* What was thrown away then is not put there now. */
		if (!step->outputs[i].has_path || step_workspace(step) != WORKSPACE_LIVE)
			continue;
		r = values_text(values, &step->outputs[i].path, &path, &why);
		if (r == 0)
			r = put_back_one(reuse, values, path, found->outputs[i], &why);
		if (r < 0 && !reuse_is_of_step(r) && r != ERR_CORRUPT) {
			*err = why;
			return err_wrap(err, "step %.*s", STR_ARG(step->name));
		}
		if (r < 0) {
			*ret_why = arena_cstr(values->arena, str_of(why.message));
			return 0;
		}
	}
	return 1;
}

int
reuse_keep_key(struct reuse *reuse, int r, const struct err *why, const struct buf *definition,
	const struct buf *key, struct digest *ret_key, struct err *err)
{
	struct digest put;

	if (reuse_is_of_step(r))
		return 0;
	if (r < 0) {
		*err = *why;
		return r;
	}
	r = object_put(reuse->request.store, buf_str(definition), &put, err);
	if (r == 0)
		r = object_put(reuse->request.store, buf_str(key), ret_key, err);
	return r < 0 ? r : 1;
}

int
reuse_key(struct reuse *reuse, const struct values *values, uint32_t number,
	const struct inputs *taken, struct digest *ret_key, struct err *err)
{
	AUTO_BUF struct buf definition = BUF_INIT(KEY_DOCUMENT_MAX);
	AUTO_BUF struct buf key = BUF_INIT(KEY_DOCUMENT_MAX);
	struct key_input *inputs = ARENA_ARRAY(values->arena, taken->n, struct key_input);
	const struct digest *digest;
	struct err why = ERR_INIT;
	int r;

	if (reuse_refusal(reuse->request.graph, number))
		return 0;
	for (uint32_t i = 0; i < taken->n; i++)
		inputs[i] = (struct key_input){taken->items[i].present, taken->items[i].is_tree,
			taken->items[i].artifact.digest};
	r = define(reuse, number, &definition, &digest, &why);
	if (r == 0)
		r = make_key(reuse, values, number, inputs, &key, &why);
	return reuse_keep_key(reuse, r, &why, &definition, &key, ret_key, err);
}
