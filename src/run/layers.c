#include "run/layers.h"

#include "base/file.h"
#include "exec/machine.h"
#include "exec/probe.h"
#include "graph/step_surroundings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FOLDERS "layers"
#define NAME_SIZE 32

static void
name_of(char name[NAME_SIZE], uint32_t number)
{
	(void)snprintf(name, NAME_SIZE, FOLDERS "/%u", number);
}

/* What steps see of the workspace's root is what the layer's own is. */
static int
dress(const struct layers *layers, int folder, struct err *err)
{
	struct stat status;

	if (fstat(layers->workspace, &status) != 0)
		return err_sys(err, "stat %s", layers->workspace_path);
	if (geteuid() == 0 && fchownat(folder, "upper", status.st_uid, status.st_gid, 0) != 0)
		return err_sys(err, "give a layer to whom the workspace belongs to");
	if (fchmodat(folder, "upper", status.st_mode & 07777, 0) != 0)
		return err_sys(err, "chmod a layer");
	return 0;
}

int
layers_make(const struct layers *layers, uint32_t number, const char *over, struct arena *arena,
	struct wall_layer *ret_layer, struct err *err)
{
	AUTO_CLOSE int folder = -1;
	char name[NAME_SIZE];
	int r = dir_make(layers->run_directory, FOLDERS, 0700, err);

	name_of(name, number);
	if (r == 0)
		r = tree_remove(layers->run_directory, name, err);
	if (r == 0)
		r = dir_make(layers->run_directory, name, 0700, err);
	if (r == 0)
		r = dir_open(layers->run_directory, name, &folder, err);
	if (r == 0)
		r = dir_make(folder, "upper", 0700, err);
	if (r == 0)
		r = dir_make(folder, "work", 0700, err);
	if (r == 0)
		r = dress(layers, folder, err);
	if (r < 0)
		return r;
	*ret_layer = (struct wall_layer){.path = layers->workspace_path,
		.upper = arena_printf(arena, "%s/%s/upper", layers->run_path, name),
		.work = arena_printf(arena, "%s/%s/work", layers->run_path, name),
		.over = over};
	return 0;
}

void
layers_remove(const struct layers *layers, uint32_t number)
{
	struct err ignored = ERR_INIT;
	char name[NAME_SIZE];

	name_of(name, number);
	(void)tree_remove(layers->run_directory, name, &ignored);
}

void
layers_clear(const struct layers *layers)
{
	struct err ignored = ERR_INIT;

	(void)tree_remove(layers->run_directory, FOLDERS, &ignored);
}

static int
refuse(const char *why, struct err *err)
{
	return err_set(err, ERR_POLICY,
		"%s; keep the store on a local disk (--store), use a kernel from 5.11 on with "
		"overlayfs, or leave `workspace` out",
		why);
}

int
layers_probe(const struct layers_question *question, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *pattern = arena_printf(&arena, "%s/layer-XXXXXX", question->store);
	char *folder =
		memcpy(arena_bytes(&arena, strlen(pattern) + 1), pattern, strlen(pattern) + 1);
	const char *mounted = machine_find_mount(question->workspace, &arena);
	struct err why = ERR_INIT;
	int r;

	if (mounted)
		return err_set(err, ERR_POLICY,
			"nothing can be laid over the workspace: %s is mounted within it; "
			"unmount that, or leave `workspace` out",
			mounted);
	if (!mkdtemp(folder))
		return err_sys(err, "make a directory %s", folder);
	r = probe_layer(question->lane, folder, question->workspace, &why);
	(void)tree_remove(AT_FDCWD, folder, NULL);
	return r < 0 ? refuse(why.message, err) : 0;
}

int
layers_refuse(
	const struct graph *graph, const struct layers_question *question, struct err *err)
{
	const struct step *first = NULL;
	int r;

	if (!graph->has_layers || !question->lane)
		return 0;
	for (uint32_t i = 0; i < graph->n_planned && !first; i++)
		if (step_has_layer(&graph->steps[i]))
			first = &graph->steps[i];
	if (!first)
		return 0;
	r = layers_probe(question, err);
	return r < 0 ? err_wrap(err, "step %.*s: workspace", STR_ARG(first->name)) : 0;
}
