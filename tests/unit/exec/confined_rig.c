#include "confined.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
put_file(const char *folder, const char *name, const char *text)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;

	if (file_replace(AT_FDCWD, path_join(&arena, folder, name), str_of(text), 0644,
		    FILE_NO_SYNC, &err) < 0)
		fail_msg("%s", err.message);
}

static void
put_folder(const char *folder, const char *name)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;

	if (dir_make_all(AT_FDCWD, path_join(&arena, folder, name), 0755, &err) < 0)
		fail_msg("%s", err.message);
}

static void
make_places(struct confined *c)
{
	(void)snprintf(c->path, sizeof(c->path), "/tmp/lily-confined-XXXXXX");
	assert_non_null(mkdtemp(c->path));
	(void)snprintf(c->workspace, sizeof(c->workspace), "%s/ws", c->path);
	(void)snprintf(c->home, sizeof(c->home), "%s/home", c->path);
	(void)snprintf(c->store, sizeof(c->store), "%s/home/store", c->path);
	put_folder(c->workspace, ".git/hooks");
	put_folder(c->workspace, ".git/modules/sub/hooks");
	put_folder(c->workspace, "deep/er");
	put_folder(c->workspace, "secret/below");
	put_folder(c->store, "runs");
	put_folder(c->path, "outside");
	put_file(c->workspace, ".git/HEAD", "ref: refs/heads/main\n");
	put_file(c->workspace, ".git/config", "[core]\n");
	put_file(c->workspace, ".git/modules/sub/HEAD", "ref: refs/heads/main\n");
	put_file(c->workspace, ".git/modules/sub/config", "[core]\n");
	put_file(c->workspace, ".env", "TOKEN=1\n");
	put_file(c->workspace, "secret/below/key", "key\n");
	put_file(c->workspace, "file", "text\n");
	put_file(c->home, "private", "private\n");
	put_file(c->store, "lily.db", "events\n");
	put_file(c->path, "outside/file", "outside\n");
}

static void
add(struct confined *c, struct policy_path *list, struct policy_paths *paths, const char *path)
{
	size_t n = 0;

	while (n < ARRAY_SIZE(c->names) - 1 && c->names[n][0])
		n++;
	if (path[0] != '/' &&
		(size_t)snprintf(c->names[n], sizeof(c->names[n]), "%s/%s", c->workspace,
			path) >= sizeof(c->names[n]))
		fail_msg("%s is too long", path);
	list[paths->n] = (struct policy_path){.path = path[0] == '/' ? path : c->names[n]};
	paths->items = list;
	paths->n++;
}

static void
add_pattern(struct confined *c, const char *path)
{
	add(c, c->protect, &c->policy.protect, path);
	c->protect[c->policy.protect.n - 1].is_pattern = true;
}

static void
make_policy(struct confined *c)
{
	static const char *const hidden[] = {
		"/root", "/run", "/tmp", "/media", "/mnt", "/home"};
	static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full",
		"/dev/random", "/dev/urandom", "/dev/tty"};

	c->policy = (struct policy){.name = STR("default"),
		.reads_all = true,
		.any_tools = true,
		.any_env = true,
		.net = POLICY_NET_DENY};
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		add(c, c->hidden, &c->policy.hidden, hidden[i]);
	add(c, c->hidden, &c->policy.hidden, c->home);
	add(c, c->hidden, &c->policy.hidden, c->store);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		add(c, c->devices, &c->policy.devices, devices[i]);
	add(c, c->write, &c->policy.write, c->workspace);
	add(c, c->deny, &c->policy.deny, ".env");
	add(c, c->deny, &c->policy.deny, "secret/below");
	add(c, c->deny, &c->policy.deny, "later/denied");
	add(c, c->protect, &c->policy.protect, ".lily");
	add_pattern(c, ".git/hooks");
	add_pattern(c, ".git/config");
	add_pattern(c, ".git/info/attributes");
}

void
confined_open(struct confined *c, enum lane_mode mode)
{
	*c = (struct confined){.path = ""};
	make_places(c);
	make_policy(c);
	if (mode == LANE_MODE_SUBREAPER) {
		c->policy.deny.n = 0;
		c->policy.protect.n = 0;
	}
	rig_open(&c->rig,
		&(struct rig_options){
			.workspace = c->workspace, .policy = &c->policy, .mode = mode});
}

void
confined_lay(struct confined *c, enum confined_below below)
{
	static unsigned number;

	if (below == CONFINED_ON_THE_LAST) {
		memcpy(c->layer_paths[2], c->layer_paths[0], sizeof(c->layer_paths[0]));
		c->layer.over = c->layer_paths[2];
	} else {
		c->layer.over = NULL;
	}
	number++;
	(void)snprintf(c->layer_paths[0], sizeof(c->layer_paths[0]), "%s/layers/%u:,/upper",
		c->path, number);
	(void)snprintf(c->layer_paths[1], sizeof(c->layer_paths[1]), "%s/layers/%u:,/work",
		c->path, number);
	put_folder("/", c->layer_paths[0]);
	put_folder("/", c->layer_paths[1]);
	c->layer.path = c->workspace;
	c->layer.upper = c->layer_paths[0];
	c->layer.work = c->layer_paths[1];
}

void
confined_close(struct confined *c)
{
	struct err err = ERR_INIT;

	rig_close(&c->rig);
	if (tree_remove(AT_FDCWD, c->path, &err) < 0)
		fail_msg("%s", err.message);
}

void
confined_run(struct confined *c, const char *script, struct rig_result *ret_result)
{
	static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	char variables[4][128];
	char *environment[] = {
		path, variables[0], variables[1], variables[2], variables[3], NULL};
	struct rig_step step = {.script = script,
		.environ = environment,
		.cwd = c->workspace,
		.policy = c->is_bare ? NULL : &c->policy,
		.layer = c->layer.path ? &c->layer : NULL,
		.timeout_us = 20000000};

	(void)snprintf(variables[0], sizeof(variables[0]), "WS=%s", c->workspace);
	(void)snprintf(variables[1], sizeof(variables[1]), "HOME_=%s", c->home);
	(void)snprintf(variables[2], sizeof(variables[2]), "STORE=%s", c->store);
	(void)snprintf(variables[3], sizeof(variables[3]), "OUTSIDE=%s/outside", c->path);
	rig_run(&c->rig, &step, ret_result);
}

void
confined_expect(struct confined *c, const char *script)
{
	struct rig_result result;

	confined_run(c, script, &result);
	if (result.end.exit_code != 0)
		fail_msg("%s\n%s%s%s", script, buf_cstr(&result.out), buf_cstr(&result.err),
			result.end.start_error.message);
	rig_release(&c->rig, &result);
}

void
confined_refuse(struct confined *c, const char *script)
{
	struct rig_result result;

	confined_run(c, script, &result);
	if (!result.end.started)
		fail_msg("did not start: %s", result.end.start_error.message);
	if (result.end.exit_code == 0)
		fail_msg("could be done: %s\n%s", script, buf_cstr(&result.out));
	rig_release(&c->rig, &result);
}
