/* The list of walls: what is written is read again, what is malformed is refused. */
#include "sandbox/walls.h"
#include "sandbox/filter.h"
#include "sandbox/landlock.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct wall_mount mounts[] = {
	{WALL_SEAL, 0, "/", 0},
	{WALL_HIDE, WALL_IF_THERE, "/a/b c", 0},
	{WALL_MEMORY, 0, "/dev/shm", 4096},
};
static struct wall_rule rules[] = {{LANDLOCK_READS, "/usr"}};
static struct wall_limit limits[] = {{RLIMIT_CORE, 1}};
static struct sock_filter filter[] = {{6, 0, 0, 0x7fff0000}};

static struct wall_listener listeners[] = {
	{"a.example", AF_INET, {127, 86, 0, 1}, 443},
	{NULL, AF_INET6, {0x26, 0x06, [15] = 1}, 8080},
};

static const struct walls sample = {
	.namespaces = CLONE_NEWNET | CLONE_NEWIPC,
	.flags = WALLS_LOOPBACK | WALLS_USER,
	.uid = 7,
	.gid = 8,
	.layer = {"/w", "/l/upper", "/l/work", "/k/upper"},
	.mounts = mounts,
	.n_mounts = ARRAY_SIZE(mounts),
	.rules = rules,
	.n_rules = ARRAY_SIZE(rules),
	.handled_fs = LANDLOCK_READS,
	.handled_net = LANDLOCK_NET_BIND,
	.scoped = LANDLOCK_SCOPE_SIGNAL,
	.limits = limits,
	.n_limits = ARRAY_SIZE(limits),
	.bounds = {3, 4, 5},
	.listeners = listeners,
	.n_listeners = ARRAY_SIZE(listeners),
	.filter = filter,
	.n_filter = ARRAY_SIZE(filter),
};

static void
test_what_is_written_is_read(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf bytes = BUF_INIT(WALLS_SIZE_MAX);
	AUTO_BUF struct buf again = BUF_INIT(WALLS_SIZE_MAX);
	struct walls walls;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(walls_encode(&sample, &bytes, &err), 0);
	assert_int_equal(walls_decode(bytes.p, bytes.n, &arena, &walls, &err), 0);
	assert_int_equal(walls.n_mounts, 3);
	assert_int_equal(walls.mounts[1].kind, WALL_HIDE);
	assert_int_equal(walls.mounts[1].flags, WALL_IF_THERE);
	assert_string_equal(walls.mounts[1].path, "/a/b c");
	assert_int_equal(walls.mounts[2].size, 4096);
	assert_string_equal(walls.rules[0].path, "/usr");
	assert_int_equal(walls.limits[0].value, 1);
	assert_int_equal(walls.filter[0].k, 0x7fff0000);
	assert_string_equal(walls.listeners[0].name, "a.example");
	assert_int_equal(walls.listeners[0].port, 443);
	assert_null(walls.listeners[1].name);
	assert_memory_equal(walls.listeners[1].address, listeners[1].address, 16);
	assert_int_equal(walls.bounds.memory, 5);
	assert_int_equal(walls.uid, 7);
	assert_string_equal(walls.layer.path, "/w");
	assert_string_equal(walls.layer.upper, "/l/upper");
	assert_string_equal(walls.layer.work, "/l/work");
	assert_string_equal(walls.layer.over, "/k/upper");
	assert_int_equal(walls_encode(&walls, &again, &err), 0);
	assert_true(str_equal(buf_str(&bytes), buf_str(&again)));
}

static int
take_layer(struct wall_layer layer, struct wall_layer *ret_layer)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf bytes = BUF_INIT(WALLS_SIZE_MAX);
	struct walls walls = {.flags = WALLS_BARE, .layer = layer};
	struct err err = ERR_INIT;
	int r;

	assert_int_equal(walls_encode(&walls, &bytes, &err), 0);
	r = walls_decode(bytes.p, bytes.n, &arena, &walls, &err);
	if (r == 0)
		*ret_layer = (struct wall_layer){walls.layer.path ? "/" : NULL, NULL, NULL,
			walls.layer.over ? "/" : NULL};
	return r;
}

/* All of it but for what lies between, or nothing. */
static void
test_a_layer_is_whole(void **state)
{
	struct wall_layer taken;

	(void)state;
	assert_int_equal(take_layer((struct wall_layer){"/w", "/u", "/k", NULL}, &taken), 0);
	assert_non_null(taken.path);
	assert_null(taken.over);
	assert_int_equal(take_layer((struct wall_layer){NULL, NULL, NULL, NULL}, &taken), 0);
	assert_null(taken.path);
	assert_int_equal(
		take_layer((struct wall_layer){"/w", NULL, "/k", NULL}, &taken), ERR_INVALID);
	assert_int_equal(
		take_layer((struct wall_layer){"/w", "/u", NULL, NULL}, &taken), ERR_INVALID);
	assert_int_equal(
		take_layer((struct wall_layer){"/w", "/u", "/k", "o"}, &taken), ERR_INVALID);
	assert_int_equal(take_layer((struct wall_layer){"/w", "/u/../x", "/k", NULL}, &taken),
		ERR_INVALID);
}

/* Every shorter one, and every one with a byte more. */
static void
test_another_length_is_refused(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf bytes = BUF_INIT(WALLS_SIZE_MAX);
	struct walls walls;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(walls_encode(&sample, &bytes, &err), 0);
	for (size_t n = 0; n < bytes.n; n++)
		assert_int_equal(walls_decode(bytes.p, n, &arena, &walls, &err), ERR_INVALID);
	buf_add_char(&bytes, '\0');
	assert_int_equal(walls_decode(bytes.p, bytes.n, &arena, &walls, &err), ERR_INVALID);
}

static void
expect_refused(struct walls walls)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf bytes = BUF_INIT(WALLS_SIZE_MAX);
	struct walls decoded;
	struct err err = ERR_INIT;

	assert_int_equal(walls_encode(&walls, &bytes, &err), 0);
	assert_int_equal(walls_decode(bytes.p, bytes.n, &arena, &decoded, &err), ERR_INVALID);
}

static void
test_nonsense_is_refused(void **state)
{
	static const char *const paths[] = {
		"", "a", "/a/", "//a", "/a//b", "/a/./b", "/a/..", "/..", "/."};
	struct walls walls = sample;

	(void)state;
	walls.flags = 1 << 9;
	expect_refused(walls);
	walls = sample;
	walls.namespaces |= CLONE_NEWUSER;
	expect_refused(walls);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct wall_mount mount = {WALL_SHOW, 0, paths[i], 0};
		struct wall_rule rule = {1, paths[i]};

		walls = sample;
		walls.mounts = &mount;
		walls.n_mounts = 1;
		expect_refused(walls);
		walls = sample;
		walls.rules = &rule;
		expect_refused(walls);
	}
	walls = sample;
	walls.mounts = &(struct wall_mount){WALL_KIND_COUNT, 0, "/", 0};
	walls.n_mounts = 1;
	expect_refused(walls);
	walls.mounts = &(struct wall_mount){WALL_SEAL, 1 << 5, "/", 0};
	expect_refused(walls);
	walls = sample;
	walls.limits = &(struct wall_limit){RLIM_NLIMITS, 0};
	expect_refused(walls);
}

/* What would be written into a file of names, or opened outside of a namespace of its own. */
static void
test_listeners_that_are_none_are_refused(void **state)
{
	static const char *const names[] = {"", "a b", "a\n1.2.3.4\tb", "a/b", "a#"};
	struct wall_listener listener = listeners[0];
	struct walls walls = sample;

	(void)state;
	walls.listeners = &listener;
	walls.n_listeners = 1;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		listener.name = names[i];
		expect_refused(walls);
	}
	listener = listeners[0];
	listener.family = AF_UNIX;
	expect_refused(walls);
	listener = listeners[0];
	listener.port = 0;
	expect_refused(walls);
	listener = listeners[0];
	listener.address[4] = 1;
	expect_refused(walls);
	walls = sample;
	walls.namespaces = CLONE_NEWIPC;
	expect_refused(walls);
	walls = sample;
	walls.flags = 0;
	expect_refused(walls);
}

static void
test_too_many_are_refused(void **state)
{
	AUTO_BUF struct buf bytes = BUF_INIT(WALLS_SIZE_MAX);
	struct walls walls = sample;
	struct err err = ERR_INIT;

	(void)state;
	walls.n_mounts = WALLS_MOUNTS_MAX + 1;
	assert_int_equal(walls_encode(&walls, &bytes, &err), ERR_LIMIT);
	walls = sample;
	walls.n_listeners = WALLS_LISTENERS_MAX + 1;
	assert_int_equal(walls_encode(&walls, &bytes, &err), ERR_LIMIT);
}

/* An older ABI has fewer accesses, and none that a newer one does not have. */
static void
test_landlock_abis(void **state)
{
	(void)state;
	assert_int_equal(landlock_known_fs(UINT64_MAX, 0), 0);
	assert_int_equal(landlock_known_fs(UINT64_MAX, 1), (1 << 13) - 1);
	assert_int_equal(landlock_known_fs(UINT64_MAX, 2), (1 << 14) - 1);
	assert_int_equal(landlock_known_fs(UINT64_MAX, 3), (1 << 15) - 1);
	assert_int_equal(landlock_known_fs(UINT64_MAX, 5), (1 << 16) - 1);
	assert_int_equal(landlock_known_fs(LANDLOCK_TRUNCATE, 2), 0);
	assert_int_equal(landlock_known_net(UINT64_MAX, 3), 0);
	assert_int_equal(landlock_known_net(UINT64_MAX, 4), 3);
	assert_int_equal(landlock_known_scoped(UINT64_MAX, 5), 0);
	assert_int_equal(landlock_known_scoped(UINT64_MAX, 6), 3);
}

/* One program for all flags that a policy can have, within what the kernel takes. */
static void
test_filters_are_made(void **state)
{
	(void)state;
	for (uint32_t flags = 0; flags < 16; flags++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct sock_filter *made;
		struct err err = ERR_INIT;
		size_t n;

		if (filter_make(flags, &arena, &made, &n, &err) < 0)
			fail_msg("%s", err.message);
		assert_in_range(n, 10, WALLS_FILTER_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_a_layer_is_whole),
		cmocka_unit_test(test_another_length_is_refused),
		cmocka_unit_test(test_nonsense_is_refused),
		cmocka_unit_test(test_listeners_that_are_none_are_refused),
		cmocka_unit_test(test_too_many_are_refused),
		cmocka_unit_test(test_landlock_abis),
		cmocka_unit_test(test_filters_are_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
