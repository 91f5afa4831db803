/* Directories that go from one run to the next: only clean ones, and looked at again. */
#include "rig.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define INODE "stat -c %i $(dirname $HOME)"
#define LOOK "find $HOME $TMPDIR $LILY_IN $LILY_OUT -mindepth 1; stat -c %a $HOME"

struct place {
	char path[64]; /* of the spare sets */
};

static void
place_open(struct place *place)
{
	(void)snprintf(place->path, sizeof(place->path), "/tmp/lily-spare-XXXXXX");
	assert_non_null(mkdtemp(place->path));
}

static void
place_close(struct place *place)
{
	struct err err = ERR_INIT;

	assert_int_equal(tree_remove(AT_FDCWD, place->path, &err), 0);
}

static size_t
count_sets(const struct place *place)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str *names;
	size_t n;

	assert_int_equal(dir_list(AT_FDCWD, place->path, &arena, &names, &n, &err), 0);
	return n;
}

/* A run of one step in a slot; what it printed. */
static void
run_once(const struct place *place, const char *script, char *ret_out, size_t size)
{
	struct rig_result result;
	struct rig rig;

	rig_open(&rig, &(struct rig_options){.spare_path = place->path});
	rig_run(&rig, &(struct rig_step){.script = script, .grace_us = 50000}, &result);
	(void)snprintf(ret_out, size, "%s", buf_cstr(&result.out));
	rig_release(&rig, &result);
	rig_close(&rig);
}

/* One run leaves its directories to the next, also where its last step wrote to them. */
static void
test_clean_ones_are_used_again(void **state)
{
	char first[64];
	char next[64];
	struct place place;

	(void)state;
	place_open(&place);
	run_once(&place, INODE, first, sizeof(first));
	assert_int_equal(count_sets(&place), 1);
	run_once(&place, INODE "; echo x > $LILY_OUT/x; mkdir $HOME/d", next, sizeof(next));
	assert_string_equal(first, next);
	run_once(&place, INODE, next, sizeof(next));
	assert_string_equal(first, next);
	run_once(&place, LOOK, next, sizeof(next));
	assert_string_equal(next, "700\n");
	assert_int_equal(count_sets(&place), 1);
	place_close(&place);
}

/* What somebody did to them while they lay there is not what a step finds. */
static void
test_meddled_ones_are_made_anew(void **state)
{
	static const char *const meddling[] = {
		"for d in */0/home; do echo trap > $d/.profile; done",
		"for d in */0; do touch $d/more; done",
		"chmod 777 */0/tmp",
		"for d in */0/out; do rmdir $d && ln -s /etc $d; done",
		"rm -r */0",
		"for d in *; do rm -r $d/0 && ln -s /etc $d/0; done",
		"for d in *; do mkdir ../o-$$ && mv $d/0 ../o-$$ && rm -r $d && ln -s ../o-$$ "
		"$d; done; "
		"rm -r ../o-$$",
		"chmod 755 *",
		"rm -r * && ln -s /etc x",
		"rm -r * && touch x",
	};
	struct place place;

	(void)state;
	place_open(&place);
	for (size_t i = 0; i < ARRAY_SIZE(meddling); i++) {
		char script[200];
		char out[200];

		run_once(&place, "true", out, sizeof(out));
		(void)snprintf(script, sizeof(script), "cd %s && %s", place.path, meddling[i]);
		assert_int_equal(system(script), 0);
		run_once(&place, LOOK, out, sizeof(out));
		if (strcmp(out, "700\n") != 0)
			fail_msg("after \"%s\": %s", meddling[i], out);
	}
	place_close(&place);
}

/* A slot whose lane died, or an attempt that was not released, leaves nothing to anybody. */
static void
test_others_are_removed(void **state)
{
	struct rig_result result;
	struct err err = ERR_INIT;
	struct attempt_place used;
	struct place place;
	struct rig rig;

	(void)state;
	place_open(&place);
	rig_open(&rig, &(struct rig_options){.spare_path = place.path});
	assert_int_equal(rig.executor->ops->prepare(rig.executor, 1, &used, &err), 1);
	assert_int_equal(file_replace(used.in_dir, "x", STR("x"), 0444, FILE_NO_SYNC, &err), 0);
	rig_close(&rig);
	assert_int_equal(count_sets(&place), 0);
	rig_open(&rig, &(struct rig_options){.spare_path = place.path});
	rig_run(&rig, &(struct rig_step){.script = "mv ${HOME%/home} ${HOME%/home}.gone"},
		&result);
	rig_release(&rig, &result);
	rig_close(&rig);
	assert_int_equal(count_sets(&place), 0);
	place_close(&place);
}

/* As many runs at one time as there are: each has its own, and no more are kept than some. */
static void
test_runs_beside_each_other(void **state)
{
	struct rig rigs[12];
	struct place place;

	(void)state;
	place_open(&place);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(rigs); i++) {
			rig_open(&rigs[i], &(struct rig_options){.spare_path = place.path});
			rig_expect(&rigs[i], LOOK, "700\n");
		}
		assert_int_equal(count_sets(&place), 0);
		for (size_t i = 0; i < ARRAY_SIZE(rigs); i++)
			rig_close(&rigs[i]);
		assert_in_range(count_sets(&place), 1, 8);
	}
	place_close(&place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean_ones_are_used_again),
		cmocka_unit_test(test_meddled_ones_are_made_anew),
		cmocka_unit_test(test_others_are_removed),
		cmocka_unit_test(test_runs_beside_each_other),
	};

	return rig_main("spare", tests, ARRAY_SIZE(tests));
}
