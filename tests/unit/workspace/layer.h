/* layer: a workspace, and what an overlay over it holds after something was done in the merged view.
 * Included by each test once. */
#ifndef LILY_TESTS_WORKSPACE_LAYER_H
#define LILY_TESTS_WORKSPACE_LAYER_H

#include "../store/fixture.h"

#include "store/stage.h"
#include "workspace/upper.h"

#include <sched.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define MAY_NOT_MOUNT 77

struct layer {
	struct fixture *f;
	const char *workspace; /* what is below; stays as it is */
	const char *upper;
	const char *work;
	const char *merged; /* where it is mounted, for the one that works in it */
	const char *copy;   /* what that one saw at the end */
};

static ATTR_UNUSED void ATTR_PRINTF(1, 2) shell(const char *format, ...)
{
	char command[4096];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0)
		fail_msg("%s", command);
}

static ATTR_UNUSED struct layer
layer_make(struct fixture *f)
{
	struct layer layer = {.f = f};
	const char **paths[] = {
		&layer.workspace, &layer.upper, &layer.work, &layer.merged, &layer.copy};
	static const char *const names[] = {"workspace", "upper", "work", "merged", "copy"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		*paths[i] = arena_printf(&f->arena, "%s/%s", f->dir, names[i]);
		if (i < 4)
			must(dir_make(AT_FDCWD, *paths[i], 0755, &f->err));
	}
	return layer;
}

static void
write_line(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		_exit(3);
	(void)close(fd);
}

static void
enter_namespaces(void)
{
	unsigned uid = geteuid();
	unsigned gid = getegid();
	char line[64];

	if (unshare(uid == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0)
		_exit(MAY_NOT_MOUNT);
	if (uid != 0) {
		write_line("/proc/self/setgroups", "deny");
		(void)snprintf(line, sizeof(line), "%u %u 1\n", uid, uid);
		write_line("/proc/self/uid_map", line);
		(void)snprintf(line, sizeof(line), "%u %u 1\n", gid, gid);
		write_line("/proc/self/gid_map", line);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		_exit(MAY_NOT_MOUNT);
}

/* Runs `work` in the merged view, then copies what it sees there. False where nothing can be mounted. No
 * store is open yet: a process with threads cannot be forked to do anything at all. */
static ATTR_UNUSED bool
layer_work(const struct layer *layer, void (*work)(const void *), const void *what)
{
	char options[1024];
	char copy[1024];
	int status;
	pid_t pid;

	(void)snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s,userxattr",
		layer->workspace, layer->upper, layer->work);
	(void)snprintf(copy, sizeof(copy), "cp -a . %s", layer->copy);
	pid = fork();
	if (pid == 0) {
		enter_namespaces();
		if (mount("overlay", layer->merged, "overlay", 0, options) != 0)
			_exit(MAY_NOT_MOUNT);
		if (chdir(layer->merged) != 0)
			_exit(3);
		work(what);
		_exit(system(copy) == 0 ? 0 : 4);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == MAY_NOT_MOUNT)
		return false;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("what was done in the merged view ended with %d", status);
	return true;
}

static ATTR_UNUSED void
layer_run_script(const void *script)
{
	if (system(script) != 0)
		_exit(5);
}

/* Opens the store. The set, with the content of both sides in there. */
static ATTR_UNUSED struct write_set
layer_read(const struct layer *layer)
{
	struct fixture *f = layer->f;
	AUTO_CLOSE int upper = -1;
	AUTO_CLOSE int workspace = -1;
	struct object_staged *staged;
	struct write_set set;
	struct digest digest;
	struct upper_spec spec;

	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	must(dir_open(AT_FDCWD, layer->upper, &upper, &f->err));
	must(dir_open(AT_FDCWD, layer->workspace, &workspace, &f->err));
	must(object_stage_new(f->store, &staged, &f->err));
	spec = (struct upper_spec){f->store, staged, upper, workspace};
	must(upper_read(&spec, &f->arena, &set, &f->err));
	must(stage_add_bytes(f->store, staged, STR("{}"), &f->err));
	must(object_commit(f->store, staged, &digest, NULL, &f->err));
	must(store_flush(f->store, &f->err));
	return set;
}

static ATTR_UNUSED struct digest
tree_digest(struct fixture *f, const char *path)
{
	struct digest digest;
	uint64_t size;

	must(object_hash_tree(AT_FDCWD, path, NULL, &digest, &size, &f->err));
	return digest;
}

#endif
