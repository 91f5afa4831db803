/* What a lane is told to build for a policy, in which order, and what cannot be built. */
#include "policy/walls.h"

#include "base/file.h"
#include "sandbox/landlock.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
	struct arena arena;
	char path[64];
	struct policy_path write;
	struct policy_path hidden[2];
	struct policy_path guarded[4];
	struct policy policy;
	struct walls_surroundings surroundings;
	struct walls_plan plan;
	struct err err;
};

static const char *
in(struct fixture *f, const char *name)
{
	return path_join(&f->arena, f->path, name);
}

static void
folder(struct fixture *f, const char *name)
{
	assert_int_equal(dir_make_all(AT_FDCWD, in(f, name), 0755, &f->err), 0);
}

static void
file(struct fixture *f, const char *name)
{
	assert_int_equal(
		file_replace(AT_FDCWD, in(f, name), STR("x"), 0644, FILE_NO_SYNC, &f->err), 0);
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)snprintf(f->path, sizeof(f->path), "/var/tmp/lily-walls-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	folder(f, "home/ws/.git/hooks");
	folder(f, "home/ws/.git/modules/a/b/hooks");
	folder(f, "home/ws/deep/er/.git");
	file(f, "home/ws/.git/modules/a/b/HEAD");
	file(f, "home/ws/.git/config");
	file(f, "home/ws/deep/er/key");
	f->write.path = in(f, "home/ws");
	f->hidden[0].path = in(f, "home");
	f->hidden[1].path = "/tmp";
	f->policy = (struct policy){.name = STR("p"),
		.write = {&f->write, 1},
		.hidden = {f->hidden, 2},
		.reads_all = true,
		.any_tools = true};
	f->surroundings = (struct walls_surroundings){.workspace = f->write.path,
		.slots = in(f, "home/store/runs/1/slots"),
		.tier = WALLS_S2};
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	int r = tree_remove(AT_FDCWD, f->path, &f->err);

	arena_done(&f->arena);
	free(f);
	return r;
}

static void
plan(struct fixture *f)
{
	if (walls_plan(&f->policy, &f->surroundings, &f->arena, &f->plan, &f->err) < 0)
		fail_msg("%s", f->err.message);
}

/* Where it stands in the list; -1: nowhere. */
static int
find(const struct fixture *f, enum wall_kind kind, const char *path)
{
	for (size_t i = 0; i < f->plan.walls.n_mounts; i++)
		if (f->plan.walls.mounts[i].kind == kind &&
			strcmp(f->plan.walls.mounts[i].path, path) == 0)
			return (int)i;
	return -1;
}

static bool
is_absent(const struct fixture *f, const char *path)
{
	for (size_t i = 0; i < f->plan.n_absent; i++)
		if (strcmp(f->plan.absent[i].path, path) == 0)
			return true;
	return false;
}

static void
test_masks_come_before_what_is_opened_in_them(void **state)
{
	struct fixture *f = *state;

	plan(f);
	assert_int_equal(find(f, WALL_SEAL, "/"), 0);
	assert_true(find(f, WALL_HIDE, f->hidden[0].path) > 0);
	assert_true(find(f, WALL_OPEN, f->write.path) > find(f, WALL_HIDE, f->hidden[0].path));
	assert_true(find(f, WALL_SLOT, "/") > find(f, WALL_HIDE, f->hidden[0].path));
	assert_true(find(f, WALL_TEMPORARY, "/tmp") > 0);
	assert_int_equal(f->plan.walls.namespaces, CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
	assert_int_equal(f->plan.walls.handled_fs, 0);
	assert_true(f->plan.walls.n_filter > 0);
}

static void
test_what_is_denied_is_pinned(void **state)
{
	struct fixture *f = *state;

	f->guarded[0].path = in(f, "home/ws/deep/er/key");
	f->policy.deny = (struct policy_paths){f->guarded, 1};
	plan(f);
	assert_true(
		find(f, WALL_PIN, in(f, "home/ws/deep")) > find(f, WALL_OPEN, f->write.path));
	assert_true(find(f, WALL_PIN, in(f, "home/ws/deep/er")) >
		find(f, WALL_PIN, in(f, "home/ws/deep")));
	assert_true(find(f, WALL_HIDE, f->guarded[0].path) >
		find(f, WALL_PIN, in(f, "home/ws/deep/er")));
	assert_int_equal(find(f, WALL_PIN, f->write.path), -1);
}

static void
test_every_git_directory_is_guarded(void **state)
{
	struct fixture *f = *state;

	f->guarded[0] =
		(struct policy_path){.path = in(f, "home/ws/.git/hooks"), .is_pattern = true};
	f->guarded[1] =
		(struct policy_path){.path = in(f, "home/ws/.git/config"), .is_pattern = true};
	f->policy.protect = (struct policy_paths){f->guarded, 2};
	plan(f);
	assert_true(f->plan.searched_all);
	assert_true(find(f, WALL_LOCK, in(f, "home/ws/.git/hooks")) > 0);
	assert_true(find(f, WALL_LOCK, in(f, "home/ws/.git/config")) > 0);
	assert_true(find(f, WALL_LOCK, in(f, "home/ws/.git/modules/a/b/hooks")) >
		find(f, WALL_PIN, in(f, "home/ws/.git/modules/a/b")));
	assert_true(is_absent(f, in(f, "home/ws/.git/modules/a/b/config")));
	assert_true(is_absent(f, in(f, "home/ws/deep/er/.git/hooks")));
	assert_false(is_absent(f, in(f, "home/ws/.git/modules/a/hooks")));
}

/* Of what gives way to an entry of `write` at or below it, and of what lies outside anyway, nothing. */
static void
test_what_yields_is_left_alone(void **state)
{
	struct fixture *f = *state;

	f->guarded[0] = (struct policy_path){.path = f->write.path, .yields = true};
	f->guarded[1] = (struct policy_path){.path = "/etc"};
	f->policy.protect = (struct policy_paths){f->guarded, 2};
	plan(f);
	assert_int_equal(find(f, WALL_LOCK, f->write.path), -1);
	assert_int_equal(find(f, WALL_LOCK, "/etc"), -1);
	assert_int_equal(f->plan.n_absent, 0);
}

/* So that it can be replaced; what is above it is pinned all the same where it is shut. */
static void
test_a_file_in_an_open_folder_needs_no_mount(void **state)
{
	struct fixture *f = *state;
	struct policy_path write[] = {{.path = in(f, "home/ws")},
		{.path = in(f, "home/ws/.git/config")}, {.path = in(f, "home/ws/deep")}};

	f->policy.write = (struct policy_paths){write, 3};
	plan(f);
	assert_int_equal(find(f, WALL_OPEN, write[1].path), -1);
	assert_true(find(f, WALL_OPEN, write[2].path) > 0);
	f->guarded[0].path = write[1].path;
	f->policy.deny = (struct policy_paths){f->guarded, 1};
	plan(f);
	assert_true(
		find(f, WALL_HIDE, write[1].path) > find(f, WALL_PIN, in(f, "home/ws/.git")));
	assert_true(find(f, WALL_PIN, in(f, "home/ws/.git")) > 0);
}

static void
test_what_comes_later_is_found(void **state)
{
	struct fixture *f = *state;
	size_t at = 0;

	f->guarded[0].path = in(f, "home/ws/later/.env");
	f->policy.deny = (struct policy_paths){f->guarded, 1};
	plan(f);
	assert_null(walls_find_new(&f->plan, &at));
	folder(f, "home/ws/later/.env");
	at = 0;
	assert_string_equal(walls_find_new(&f->plan, &at)->path, f->guarded[0].path);
	assert_null(walls_find_new(&f->plan, &at));
}

static void
test_a_link_cannot_be_kept(void **state)
{
	struct fixture *f = *state;

	f->guarded[0].path = in(f, "home/ws/link");
	f->policy.deny = (struct policy_paths){f->guarded, 1};
	assert_int_equal(symlink("deep", f->guarded[0].path), 0);
	assert_int_equal(walls_plan(&f->policy, &f->surroundings, &f->arena, &f->plan, &f->err),
		ERR_INVALID);
	assert_non_null(strstr(f->err.message, "link"));
}

/* What git goes by is found where a link leads: in the workspace that is shut, and the link is looked at. */
static void
test_a_link_of_git_is_kept_with_what_it_leads_to(void **state)
{
	struct fixture *f = *state;
	const char *link = in(f, "home/ws/deep/er/.git/hooks");
	size_t at = 0;

	folder(f, "home/ws/scripts/hooks");
	assert_int_equal(symlink("../../../scripts/hooks", link), 0);
	f->guarded[0] = (struct policy_path){
		.path = in(f, "home/ws/.git/hooks"), .is_pattern = true, .yields = true};
	f->policy.protect = (struct policy_paths){f->guarded, 1};
	plan(f);
	assert_true(find(f, WALL_LOCK, in(f, "home/ws/scripts/hooks")) >
		find(f, WALL_PIN, in(f, "home/ws/scripts")));
	assert_int_equal(find(f, WALL_LOCK, link), -1);
	assert_null(walls_find_new(&f->plan, &at));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("elsewhere", link), 0);
	at = 0;
	assert_string_equal(walls_find_new(&f->plan, &at)->path, link);
}

/* Where there is nothing yet, what it leads to must not come to be; nor is a loop followed for ever. */
static void
test_a_link_of_git_may_lead_nowhere(void **state)
{
	struct fixture *f = *state;
	const char *link = in(f, "home/ws/deep/er/.git/hooks");
	size_t at = 0;

	f->guarded[0] = (struct policy_path){
		.path = in(f, "home/ws/.git/hooks"), .is_pattern = true, .yields = true};
	f->policy.protect = (struct policy_paths){f->guarded, 1};
	assert_int_equal(symlink("../../later", link), 0);
	plan(f);
	folder(f, "home/ws/deep/later");
	assert_string_equal(walls_find_new(&f->plan, &at)->path, in(f, "home/ws/deep/later"));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("hooks", link), 0);
	plan(f);
	at = 0;
	assert_null(walls_find_new(&f->plan, &at));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("/etc", link), 0);
	plan(f);
	assert_true(is_absent(f, link));
	assert_int_equal(find(f, WALL_LOCK, "/etc"), -1);
}

static void
test_what_needs_no_walls(void **state)
{
	struct fixture *f = *state;

	f->policy.is_none = true;
	assert_int_equal(walls_plan(&f->policy, &f->surroundings, &f->arena, &f->plan, &f->err),
		ERR_INVALID);
}

static void
test_net(void **state)
{
	struct fixture *f = *state;

	f->policy.net = POLICY_NET_LOOPBACK;
	plan(f);
	assert_true(f->plan.walls.namespaces & CLONE_NEWNET);
	assert_true(f->plan.walls.flags & WALLS_LOOPBACK);
	f->policy.net = POLICY_NET_ALLOW;
	plan(f);
	assert_false(f->plan.walls.namespaces & CLONE_NEWNET);
	assert_int_equal(f->plan.walls.n_listeners, 0);
}

static void
test_hosts(void **state)
{
	static const struct policy_host host = {.host = {"a.example", 9}, .port = 443};
	struct fixture *f = *state;

	f->policy.net = POLICY_NET_HOSTS;
	f->policy.hosts = &host;
	f->policy.n_hosts = 1;
	if (access("/etc/hosts", F_OK) != 0) {
		assert_int_equal(
			walls_plan(&f->policy, &f->surroundings, &f->arena, &f->plan, &f->err),
			ERR_POLICY);
		assert_non_null(strstr(f->err.message, "/etc/hosts"));
		return;
	}
	plan(f);
	assert_true(f->plan.walls.namespaces & CLONE_NEWNET);
	assert_true(f->plan.walls.flags & WALLS_LOOPBACK);
	assert_int_equal(f->plan.walls.n_listeners, 1);
	assert_string_equal(f->plan.walls.listeners[0].name, "a.example");
	assert_string_equal(f->plan.reach.targets[0].host, "a.example");
	assert_true(find(f, WALL_NAMES, "/etc/hosts") > find(f, WALL_SEAL, "/"));
	f->surroundings.tier = WALLS_S1;
	assert_int_equal(walls_plan(&f->policy, &f->surroundings, &f->arena, &f->plan, &f->err),
		ERR_POLICY);
}

static void
test_without_namespaces_rules_say_it_all(void **state)
{
	struct fixture *f = *state;

	f->surroundings.tier = WALLS_S1;
	plan(f);
	assert_int_equal(f->plan.walls.n_mounts, 0);
	assert_int_equal(f->plan.walls.namespaces, 0);
	assert_int_equal(f->plan.walls.handled_fs, LANDLOCK_WRITES | LANDLOCK_DEVICES);
	assert_int_equal(f->plan.walls.scoped, LANDLOCK_SCOPE_ABSTRACT | LANDLOCK_SCOPE_SIGNAL);
	assert_string_equal(f->plan.walls.rules[0].path, f->write.path);
	assert_true(f->plan.walls.rules[0].access & LANDLOCK_TRUNCATE);
	assert_false(f->plan.walls.rules[0].access & LANDLOCK_DEVICES);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_masks_come_before_what_is_opened_in_them),
		TEST(test_what_is_denied_is_pinned),
		TEST(test_every_git_directory_is_guarded),
		TEST(test_what_yields_is_left_alone),
		TEST(test_a_file_in_an_open_folder_needs_no_mount),
		TEST(test_what_comes_later_is_found),
		TEST(test_a_link_cannot_be_kept),
		TEST(test_what_needs_no_walls),
		TEST(test_a_link_of_git_is_kept_with_what_it_leads_to),
		TEST(test_a_link_of_git_may_lead_nowhere),
		TEST(test_net),
		TEST(test_hosts),
		TEST(test_without_namespaces_rules_say_it_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
