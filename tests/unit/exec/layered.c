/* Steps with a layer over the workspace, in real lanes, under a policy and under none: what they write goes to
 * the layer, and nothing of it is mounted any more when their end is told. */
#include "confined.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cmocka.h>

static int
open_confined(void **state, bool is_bare)
{
	struct confined *c = calloc(1, sizeof(*c));

	confined_open(c, LANE_MODE_PID_NAMESPACE);
	c->is_bare = is_bare;
	confined_lay(c, CONFINED_ALONE);
	*state = c;
	return 0;
}

static int
set_up(void **state)
{
	return open_confined(state, false);
}

static int
set_up_bare(void **state)
{
	return open_confined(state, true);
}

static int
tear_down(void **state)
{
	confined_close(*state);
	free(*state);
	return 0;
}

/* A file of a folder as text, "" where there is none. */
static const char *
text_of(int folder, const char *name)
{
	static char text[256];
	AUTO_CLOSE int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	text[MAX(n, 0)] = '\0';
	return text;
}

static const char *
text_at(const char *folder, const char *name)
{
	static char text[256];
	AUTO_CLOSE int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)snprintf(text, sizeof(text), "%s", text_of(fd, name));
	return text;
}

static void
test_writes_go_to_the_layer(void **state)
{
	struct confined *c = *state;
	struct rig_result result;

	confined_run(c,
		"cat file >copy && echo changed >file && echo new >new && mkdir -p a/b && "
		"echo deep >a/b/c && rm -r deep && mv secret moved && cat file",
		&result);
	if (result.end.exit_code != 0)
		/* A folder with something denied in it cannot be moved; without a policy it can. */
		fail_msg("%s%s", buf_cstr(&result.err), result.end.start_error.message);
	assert_true(result.end.view >= 0);
	assert_string_equal(buf_cstr(&result.out), "changed\n");
	assert_string_equal(text_of(result.end.view, "file"), "changed\n");
	assert_string_equal(text_of(result.end.view, "copy"), "text\n");
	assert_string_equal(text_of(result.end.view, "a/b/c"), "deep\n");
	assert_int_equal(faccessat(result.end.view, "deep", F_OK, 0), -1);
	assert_string_equal(text_at(c->workspace, "file"), "text\n");
	assert_string_equal(text_at(c->workspace, "new"), "");
	assert_string_equal(text_at(c->workspace, "secret/below/key"), "key\n");
	assert_string_equal(text_at(c->layer.upper, "file"), "changed\n");
	rig_release(&c->rig, &result);
}

static void
test_what_was_removed_is_a_whiteout(void **state)
{
	struct confined *c = *state;
	char path[256];
	char value[8];
	struct stat status;

	confined_expect(c, "rm file && rm -r deep && mkdir deep && echo x >deep/x");
	(void)snprintf(path, sizeof(path), "%s/file", c->layer.upper);
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0));
	(void)snprintf(path, sizeof(path), "%s/deep", c->layer.upper);
	assert_int_equal(lgetxattr(path, "user.overlay.opaque", value, sizeof(value)), 1);
	assert_string_equal(text_at(c->workspace, "file"), "text\n");
}

/* And a layer is seen through the next one. */
static void
test_a_layer_lies_on_another(void **state)
{
	struct confined *c = *state;

	confined_expect(c, "echo one >one && rm file && rm -r deep && mkdir deep");
	confined_lay(c, CONFINED_ON_THE_LAST);
	confined_expect(c,
		"grep -q one one && test ! -e file && test ! -e deep/er && echo two >one && "
		"echo again >file");
	assert_string_equal(text_at(c->layer.over, "one"), "one\n");
	assert_string_equal(text_at(c->layer.upper, "one"), "two\n");
	confined_lay(c, CONFINED_ALONE);
	confined_expect(c, "test ! -e one && grep -q text file && test -d deep/er");
}

/* Without one the next step writes to the workspace itself, and with one again it does not. */
static void
test_layers_come_and_go(void **state)
{
	struct confined *c = *state;
	struct wall_layer layer = c->layer;

	for (int i = 0; i < 3; i++) {
		c->layer.path = NULL;
		confined_expect(c, "echo live >>live");
		c->layer = layer;
		confined_lay(c, CONFINED_ALONE);
		layer = c->layer;
		confined_expect(c, "echo layer >>live; test $(wc -l <live) -gt 1");
	}
	assert_string_equal(text_at(c->workspace, "live"), "live\nlive\nlive\n");
}

static void
test_nothing_is_mounted_afterwards(void **state)
{
	struct confined *c = *state;
	AUTO_BUF struct buf mounts = BUF_INIT((size_t)1 << 20);
	struct err err = ERR_INIT;

	confined_expect(c, "sleep 100 & echo x >x");
	assert_int_equal(file_read(AT_FDCWD, "/proc/self/mountinfo", &mounts, &err), 0);
	assert_null(strstr(buf_cstr(&mounts), c->workspace));
	assert_int_equal(rig_count_processes("sleep 100"), 0);
	/* The kernel keeps a layer that is mounted from being a part of another one's work. */
	assert_int_equal(tree_remove(AT_FDCWD, c->layer.upper, &err), 0);
	assert_int_equal(tree_remove(AT_FDCWD, c->layer.work, &err), 0);
}

/* A layer serves one step. */
static void
expect_anew(struct confined *c, const char *script)
{
	confined_lay(c, CONFINED_ALONE);
	confined_expect(c, script);
}

static void
refuse_anew(struct confined *c, const char *script)
{
	confined_lay(c, CONFINED_ALONE);
	confined_refuse(c, script);
}

/* What a step cannot do to the overlay itself. */
static void
test_nobody_makes_whiteouts_by_hand(void **state)
{
	struct confined *c = *state;

	refuse_anew(c, "mknod w c 0 0");
	expect_anew(c,
		"mkdir o; ! /usr/bin/python3 -c 'import os; os.setxattr(\"o\", "
		"\"user.overlay.opaque\", b\"y\"); os.setxattr(\"deep\", "
		"\"user.overlay.opaque\", b\"y\")' 2>/dev/null || test -d deep/er");
	refuse_anew(c, "mount -t tmpfs none .");
	refuse_anew(c, "umount $WS");
}

/* Walls stand on top of the layer. */
static void
test_the_policy_holds_above_it(void **state)
{
	struct confined *c = *state;

	refuse_anew(c, "cat .env");
	refuse_anew(c, "echo x >.env");
	refuse_anew(c, "mv secret other");
	refuse_anew(c, "echo x >.git/hooks/pre-commit");
	refuse_anew(c, "mv .git x");
	refuse_anew(c, "echo x >$OUTSIDE/file");
	refuse_anew(c, "cat $HOME_/private");
	refuse_anew(c, "ls $WS/../layers/* && echo x >$WS/../layers/left");
}

/* Only what a policy opens can be written, within a layer, too. */
static void
test_a_list_of_what_is_written_holds_above_it(void **state)
{
	struct confined *c = *state;
	struct policy_path deep = {.path = NULL};
	AUTO_ARENA struct arena arena = ARENA_INIT;

	deep.path = path_join(&arena, c->workspace, "deep");
	c->policy.write = (struct policy_paths){&deep, 1};
	refuse_anew(c, "echo x >x");
	expect_anew(c, "echo x >deep/x && echo y >deep/er/y");
	assert_string_equal(text_at(c->workspace, "deep/x"), "");
	assert_string_equal(text_at(c->layer.upper, "deep/x"), "x\n");
}

static void
test_a_layer_that_cannot_be_laid_stops_the_step(void **state)
{
	struct confined *c = *state;
	struct rig_result result;

	c->layer.work = c->layer.upper;
	confined_run(c, "true", &result);
	assert_false(result.end.started);
	assert_int_equal(result.end.view, -1);
	assert_int_equal(result.end.start_error.code, ERR_POLICY);
	assert_non_null(strstr(result.end.start_error.message, c->workspace));
	rig_release(&c->rig, &result);
	confined_lay(c, CONFINED_ALONE);
	confined_expect(c, "echo x >x");
}

int
main(void)
{
#define EACH_WAY(test)                                                        \
	{#test, test, set_up, tear_down, NULL},                               \
	{                                                                     \
#test " without a policy", test, set_up_bare, tear_down, NULL \
	}
	const struct CMUnitTest tests[] = {
		{"test_writes_go_to_the_layer", test_writes_go_to_the_layer, set_up_bare,
			tear_down, NULL},
		EACH_WAY(test_what_was_removed_is_a_whiteout),
		EACH_WAY(test_a_layer_lies_on_another),
		EACH_WAY(test_layers_come_and_go),
		EACH_WAY(test_nothing_is_mounted_afterwards),
		EACH_WAY(test_a_layer_that_cannot_be_laid_stops_the_step),
		{"test_nobody_makes_whiteouts_by_hand", test_nobody_makes_whiteouts_by_hand,
			set_up, tear_down, NULL},
		{"test_the_policy_holds_above_it", test_the_policy_holds_above_it, set_up,
			tear_down, NULL},
		{"test_a_list_of_what_is_written_holds_above_it",
			test_a_list_of_what_is_written_holds_above_it, set_up, tear_down, NULL},
	};

	if (!rig_has_namespaces())
		return 77;
	return rig_main("exec/layered", tests, ARRAY_SIZE(tests));
}
