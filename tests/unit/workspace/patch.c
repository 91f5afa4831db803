#include "layer.h"

#include "workspace/patch.h"

static const char *
patch_of(struct fixture *f, const struct write_set *set)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);

	must(patch_write(f->store, set, &b, &f->err));
	return arena_cstr(&f->arena, buf_str(&b));
}

struct question {
	const char *before;
	const char *script;
	uint64_t lines;
	const char *answer;
};

static const struct question questions[] = {
	{"echo a >a", "touch a", 0, ""},
	{"printf 'a\\nb\\n' >a", "echo c >>a", 1,
		"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,3 @@\n a\n b\n+c\n"},
	{"true", "mkdir d; echo x >d/n; chmod +x d/n", 1,
		"diff --git a/d/n b/d/n\nnew file mode 100755\n--- /dev/null\n+++ b/d/n\n"
		"@@ -0,0 +1 @@\n+x\n"},
	{"echo x >a", "rm a", 1,
		"diff --git a/a b/a\ndeleted file mode 100644\n--- a/a\n+++ /dev/null\n"
		"@@ -1 +0,0 @@\n-x\n"},
	{"echo x >a", "chmod +x a", 0,
		"diff --git a/a b/a\nold mode 100644\nnew mode 100755\n"},
	{"true", "true >empty", 0, "diff --git a/empty b/empty\nnew file mode 100644\n"},
	{"echo x >a", "printf 'a\\0b' >a", 0,
		"diff --git a/a b/a\nBinary files a/a and b/a differ\n"},
	{"echo x >a", "rm a; ln -s b a", 2,
		"diff --git a/a b/a\ndeleted file mode 100644\n--- a/a\n+++ /dev/null\n"
		"@@ -1 +0,0 @@\n-x\n"
		"diff --git a/a b/a\nnew file mode 120000\n--- /dev/null\n+++ b/a\n"
		"@@ -0,0 +1 @@\n+b\n\\ No newline at end of file\n"},
	{"true", "echo 1 >\"$(printf 'a\\n\"\\001')\"", 1,
		"diff --git \"a/a\\n\\\"\\001\" \"b/a\\n\\\"\\001\"\nnew file mode 100644\n"
		"--- /dev/null\n+++ \"b/a\\n\\\"\\001\"\n@@ -0,0 +1 @@\n+1\n"},
};

static void
test_patches(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		const struct question *q = &questions[i];
		void *fresh = NULL;
		struct fixture *f;
		struct layer layer;
		struct write_set set;
		uint64_t lines;

		assert_int_equal(fixture_open_dir(&fresh), 0);
		f = fresh;
		layer = layer_make(f);
		shell("cd %s && { %s; }", layer.workspace, q->before);
		if (!layer_work(&layer, layer_run_script, q->script)) {
			(void)fixture_close(&fresh);
			skip();
		}
		set = layer_read(&layer);
		assert_string_equal(patch_of(f, &set), q->answer);
		must(patch_count_lines(f->store, &set, &lines, &f->err));
		assert_int_equal(lines, q->lines);
		(void)fixture_close(&fresh);
	}
}

/* Git makes of the workspace what the step saw, but for empty folders. */
static void
test_git_takes_it(void **state)
{
	struct fixture *f = *state;
	struct layer layer = layer_make(f);
	const char *patch = arena_printf(&f->arena, "%s/patch", f->dir);
	struct write_set set;
	struct digest expected;
	struct digest found;

	if (system("git --version >/dev/null 2>&1") != 0)
		skip();
	shell("cd %s && mkdir d && seq 1 200 >a && seq 50 90 >d/b && echo x >gone && ln -s a l "
	      "&& "
	      "printf 'no end' >e && echo r >'sp ace' && echo k >kind",
		layer.workspace);
	if (!layer_work(&layer, layer_run_script,
		    "sed -i -e 3d -e 100s/1/one/ -e '$a end' a; sed -i 5,30d d/b; rm gone; "
		    "ln -sfn d l; printf 'more\nno end' >e; chmod +x e; echo s >>'sp ace'; "
		    "mkdir -p n/m; echo \"$(printf 'tab\\there')\" >\"n/m/$(printf 't\\tb')\"; "
		    "rm kind; ln -s e kind"))
		skip();
	set = layer_read(&layer);
	must(file_replace(
		AT_FDCWD, patch, str_of(patch_of(f, &set)), 0644, FILE_NO_SYNC, &f->err));
	shell("cd %s && git apply %s", layer.workspace, patch);
	expected = tree_digest(f, layer.copy);
	found = tree_digest(f, layer.workspace);
	assert_true(digest_equal(&expected, &found));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patches),
		cmocka_unit_test_setup_teardown(
			test_git_takes_it, fixture_open_dir, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
