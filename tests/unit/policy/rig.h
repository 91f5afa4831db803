/*
 * rig: what the tests of this folder share: a home with a workspace in it, and policies from text.
 *
 *	HOME/            .cargo/bin/ (in PATH) .cargo/credentials  .ssh/  data/
 *	HOME/project/    the workspace: src/ build/ .git/ .lily  link → ../data  tools/gen
 *	HOME/state/      the store
 */
#ifndef LILY_TESTS_POLICY_RIG_H
#define LILY_TESTS_POLICY_RIG_H

#include "base/file.h"
#include "policy/resolve.h"
#include "json/yaml.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct rig {
	struct arena arena;
	const char *root;
	struct policy_surroundings surroundings;
};

static struct rig rig;

static inline void
rig_folder(const char *name)
{
	struct err err = ERR_INIT;

	if (dir_make_all(AT_FDCWD, arena_printf(&rig.arena, "%s/%s", rig.root, name), 0755,
		    &err) < 0)
		fail_msg("%s", err.message);
}

static inline void
rig_file(const char *name, mode_t mode)
{
	struct err err = ERR_INIT;

	if (file_replace(AT_FDCWD, arena_printf(&rig.arena, "%s/%s", rig.root, name),
		    STR("#!\n"), mode, FILE_NO_SYNC, &err) < 0)
		fail_msg("%s", err.message);
}

static inline int
rig_begin(void **state)
{
	static const char *const folders[] = {"home/.cargo/bin", "home/.ssh", "home/data",
		"home/project/src", "home/project/build", "home/project/.git/hooks",
		"home/project/tools", "home/state"};
	char template[] = "/tmp/lily-policy-XXXXXX";
	struct err err = ERR_INIT;
	struct str root;

	(void)state;
	rig.arena = ARENA_INIT;
	if (!mkdtemp(template) || path_real(template, &rig.arena, &root, &err) < 0)
		return -1;
	rig.root = root.p;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		rig_folder(folders[i]);
	rig_file("home/.cargo/credentials", 0600);
	rig_file("home/.cargo/bin/cargo", 0755);
	rig_file("home/project/tools/gen", 0755);
	rig_file("home/project/.lily", 0644);
	if (symlink("../data", arena_printf(&rig.arena, "%s/home/project/link", rig.root)) < 0)
		return -1;
	rig.surroundings = (struct policy_surroundings){
		.workspace = arena_printf(&rig.arena, "%s/home/project", rig.root),
		.home = arena_printf(&rig.arena, "%s/home", rig.root),
		.store = arena_printf(&rig.arena, "%s/home/state", rig.root),
		.search =
			arena_printf(&rig.arena, "%s/home/.cargo/bin:/usr/bin:/bin", rig.root),
	};
	return 0;
}

static inline int
rig_end(void **state)
{
	(void)state;
	(void)tree_remove(AT_FDCWD, rig.root, NULL);
	arena_done(&rig.arena);
	return 0;
}

static inline const struct value *
rig_value(struct arena *arena, struct source *source)
{
	const struct value *v = NULL;
	struct err err = ERR_INIT;

	if (yaml_parse(arena, source, NULL, &v, &err) < 0)
		fail_msg("%s", err.message);
	return v;
}

static inline void
rig_describe(const struct findings *findings, const struct source *source, struct buf *b)
{
	for (size_t i = 0; i < findings->n; i++) {
		source_describe(
			source, findings->items[i].offset, findings->items[i].message, b);
		buf_add_char(b, '\n');
	}
}

/* Policies without errors, from a map of them. */
static inline struct declared_policies
rig_policies(struct arena *arena, const char *file, struct str text)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);
	struct source *source = ARENA_NEW(arena, struct source);
	struct declared_policies policies;
	struct findings findings;

	*source = (struct source){.name = file, .text = arena_str(arena, text)};
	findings_init(&findings, arena);
	declared_policies_read(&findings, arena, source, rig_value(arena, source), &policies);
	rig_describe(&findings, source, &b);
	if (findings.errors)
		fail_msg("%.*s: %s", STR_ARG(text), buf_cstr(&b));
	findings_done(&findings);
	return policies;
}

static inline struct policy
rig_resolve(struct arena *arena, const struct policy_origins *origins, const char *name)
{
	struct err err = ERR_INIT;
	struct policy policy;

	if (policy_resolve(origins, str_of(name), &rig.surroundings, arena, &policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

/* The policy of that name in a workflow that declares these. */
static inline struct policy
rig_policy(struct arena *arena, struct str policies, const char *name)
{
	struct policy_origins origins = {0};

	origins.of[POLICY_OF_WORKFLOW] = rig_policies(arena, "flow.lily.yaml", policies);
	return rig_resolve(arena, &origins, name);
}

/* "W/…" in the workspace, "~/…" in the home, else as it is. */
static inline const char *
rig_path(struct arena *arena, struct str text)
{
	const char *start = text.p[0] == 'W' ? rig.surroundings.workspace
		: text.p[0] == '~'           ? rig.surroundings.home
					     : NULL;

	return start ? arena_printf(arena, "%s%.*s", start, (int)(text.n - 1), text.p + 1)
		     : arena_cstr(arena, text);
}

/* The way back. */
static inline const char *
rig_short(struct arena *arena, struct str path)
{
	struct str workspace = str_of(rig.surroundings.workspace);
	struct str home = str_of(rig.surroundings.home);

	if (str_starts(path, workspace))
		return arena_printf(
			arena, "W%.*s", (int)(path.n - workspace.n), path.p + workspace.n);
	if (str_starts(path, home))
		return arena_printf(arena, "~%.*s", (int)(path.n - home.n), path.p + home.n);
	return arena_cstr(arena, path);
}

#endif
