#include "run/shell.h"

#include "base/file.h"
#include "base/memory.h"
#include "exec/machine.h"
#include "exec/program.h"
#include "exec/secret_files.h"
#include "graph/step_surroundings.h"
#include "policy/walls.h"
#include "run/bounds.h"
#include "run/layers.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>

#define STRINGS_MAX ((size_t)16 << 20)
#define READY_MS 10000
#define GRACE_US 2000000

struct shell {
	struct replica replica;
	struct arena arena;
	char *home;        /* a folder of its own; NULL before it is made */
	const char *slots; /* in it, what a step sees nothing of but `path` */
	const char *path;  /* that of its lane's folders */
	int directory;
	struct bounds *bounds;
	struct walls_plan plan;
	bool has_plan;            /* of its policy; or nothing but a layer */
	struct lane_walls *walls; /* NULL: none */
	struct lane *lane;
	const char *program;
	const char *cwd;
};

static int
make_folders(struct shell *shell, const char *folder, struct err *err)
{
	char *home =
		memory_copy_string(arena_printf(&shell->arena, "%s/lily-shell-XXXXXX", folder));
	int r;

	if (!mkdtemp(home)) {
		r = err_sys(err, "make a folder in %s", folder);
		free(home);
		return r;
	}
	shell->home = home;
	shell->slots = arena_printf(&shell->arena, "%s/slots", home);
	shell->path = arena_printf(&shell->arena, "%s/0", shell->slots);
	r = dir_make_all(AT_FDCWD, shell->path, 0700, err);
	if (r == 0)
		r = dir_open(AT_FDCWD, shell->path, &shell->directory, err);
	return r < 0 ? r : lane_directories_make(shell->directory, err);
}

static int
fill_in(struct shell *shell, struct err *err)
{
	AUTO_CLOSE int in = openat(shell->directory, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (in < 0)
		return err_sys(err, "open %s/in", shell->path);
	r = replica_write_inputs(&shell->replica, in, err);
	/* In a folder of the user's own, which goes with the shell. */
	if (r == 0 && shell->replica.n_secret_files)
		r = secret_files_make(
			shell->replica.secret_files, shell->replica.n_secret_files, in, err);
	return r;
}

/* An attempt without the workspace begins in an empty folder. */
static int
find_start(struct shell *shell, struct err *err)
{
	shell->cwd = shell->replica.cwd;
	if (shell->cwd)
		return 0;
	shell->cwd = arena_printf(&shell->arena, "%s/tmp/work", shell->path);
	return dir_make(AT_FDCWD, shell->cwd, 0700, err);
}

static void
add(struct buf *b, const char *name, const char *value)
{
	buf_add_cstr(b, name);
	buf_add_cstr(b, value);
	buf_add_char(b, '\0');
}

static bool
is_variable(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

static bool
has_variable(char *const *environ_list, const char *name)
{
	for (; *environ_list; environ_list++)
		if (is_variable(*environ_list, name))
			return true;
	return false;
}

/* The step's, and those that name places, as the executor adds them (exec/attempt.c). */
static uint32_t
write_environment(struct shell *shell, const char *term, struct buf *b)
{
	static const struct {
		const char *name, *folder;
		bool replaces;
	} places[] = {{"HOME", "/home", false}, {"TMPDIR", "/tmp", false},
		{"LILY_IN", "/in", true}, {"LILY_OUT", "/out", true},
		{"LILY_SECRETS", "/in/" SECRET_FILES_NAME, true}};
	uint32_t n = 0;

	for (char *const *p = shell->replica.environ; *p; p++) {
		bool is_place = term && is_variable(*p, "TERM");

		for (size_t i = 0; i < ARRAY_SIZE(places); i++)
			is_place |= places[i].replaces && is_variable(*p, places[i].name);
		if (is_place)
			continue;
		add(b, *p, "");
		n++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		bool is_secret = strcmp(places[i].name, "LILY_SECRETS") == 0;

		if (is_secret ? !shell->replica.n_secret_files
			      : !places[i].replaces &&
					has_variable(shell->replica.environ, places[i].name))
			continue;
		add(b, places[i].name,
			arena_printf(&shell->arena, "=%s%s", shell->path, places[i].folder));
		n++;
	}
	if (!term)
		return n;
	add(b, "TERM=", term);
	return n + 1;
}

static int
find_program(struct shell *shell, const char *name, struct err *err)
{
	struct program_cache cache = PROGRAM_CACHE_INIT;
	const char *path = NULL;
	const char *file;
	int r;

	for (char *const *p = shell->replica.environ; *p; p++)
		if (is_variable(*p, "PATH"))
			path = *p + sizeof("PATH");
	r = program_find(&cache, path, shell->cwd, name, &file, err);
	if (r >= 0)
		shell->program = arena_cstr(&shell->arena, str_of(file));
	program_cache_done(&cache);
	return MIN(r, 0);
}

static int
await_ready(struct shell *shell, struct err *err)
{
	for (;;) {
		struct pollfd ready = {.fd = lane_socket(shell->lane), .events = POLLIN};
		struct lane_report report;
		int r = lane_next(shell->lane, &report, err);

		if (r < 0)
			return r;
		if (r > 0 && report.type == LANE_READY)
			return 0;
		if (r == 0 && poll(&ready, 1, READY_MS) == 0)
			return err_set(err, ERR_LIMIT, "the lane does not report");
	}
}

/* What held the attempt, as it would be resolved now. */
static int
plan_walls(struct shell *shell, const struct shell_options *options, const char *state,
	struct lane_spec *spec, struct err *err)
{
	const struct step *step = shell->replica.step;
	const struct walls_surroundings surroundings = {.workspace = options->workspace,
		.slots = shell->slots,
		.tier = spec->mode == LANE_MODE_SUBREAPER ? WALLS_S1 : WALLS_S2,
		.is_root = geteuid() == 0};
	const struct bounding *bound = bounds_of_step(shell->bounds, step);
	const struct policy *policy = bound ? &bound->policy : NULL;

	if (!policy || policy->is_none)
		return 0;
	if (step->surroundings && step->surroundings->keeps_state)
		policy = bounds_open_state(shell->bounds, bound, state);
	shell->has_plan = true;
	return walls_plan(policy, &surroundings, &shell->arena, &shell->plan, err);
}

/* What is written in a copy of a private step is thrown away, as it was then. */
static int
lay_over(struct shell *shell, const struct shell_options *options, struct err *err)
{
	AUTO_CLOSE int home = -1;
	AUTO_CLOSE int workspace = -1;
	struct layers layers = {.run_path = shell->home, .workspace_path = options->workspace};
	int r = dir_open(AT_FDCWD, shell->home, &home, err);

	if (r == 0)
		r = dir_open(AT_FDCWD, options->workspace, &workspace, err);
	layers.run_directory = home;
	layers.workspace = workspace;
	if (!shell->has_plan)
		shell->plan.walls.flags = WALLS_BARE;
	return r < 0
		? r
		: layers_make(&layers, 1, NULL, &shell->arena, &shell->plan.walls.layer, err);
}

/* Folders that lily made are the step's where it runs as somebody else. */
static int
give_away(const struct shell *shell, const char *path, struct err *err)
{
	const struct walls *walls = &shell->plan.walls;

	if (!(walls->flags & WALLS_USER))
		return 0;
	if (fchownat(AT_FDCWD, path, walls->uid, walls->gid, AT_SYMLINK_NOFOLLOW) != 0)
		return err_sys(err, "give away %s", path);
	return 0;
}

static int
give_secrets(const struct shell *shell, struct err *err)
{
	const struct walls *walls = &shell->plan.walls;
	AUTO_CLOSE int in = -1;

	if (!(walls->flags & WALLS_USER) || !shell->replica.n_secret_files)
		return 0;
	in = openat(shell->directory, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in < 0)
		return err_sys(err, "open %s/in", shell->path);
	return secret_files_give(shell->replica.secret_files, shell->replica.n_secret_files, in,
		walls->uid, walls->gid, err);
}

/* What the attempt was held by, its policy and its view of the workspace. */
static int
confine(struct shell *shell, const struct shell_options *options, struct lane_spec *spec,
	struct err *err)
{
	const char *state = arena_printf(&shell->arena, "%s/tmp/state", shell->path);
	const struct step *step = shell->replica.step;
	int r;

	spec->mode = bounds_mode(shell->bounds);
	r = plan_walls(shell, options, state, spec, err);
	if (r == 0 && step_has_layer(step))
		r = lay_over(shell, options, err);
	if (r < 0 || (!shell->has_plan && !step_has_layer(step)))
		return r;
	if (!shell->replica.cwd)
		r = give_away(shell, shell->cwd, err);
	if (r == 0 && step->surroundings && step->surroundings->keeps_state)
		r = give_away(shell, state, err);
	if (r == 0)
		r = give_secrets(shell, err);
	if (r == 0)
		r = lane_walls_new(&shell->plan.walls, &shell->walls, err);
	spec->walls = shell->walls;
	return r;
}

static int
start(struct shell *shell, const struct shell_options *options, struct err *err)
{
	AUTO_BUF struct buf strings = BUF_INIT(STRINGS_MAX);
	struct lane_spec spec = {
		.program = options->lane, .path = shell->path, .mode = LANE_MODE_PID_NAMESPACE};
	struct lane_step step = {.number = 1,
		.cwd = shell->cwd,
		.below = shell->replica.below,
		.stdout_fd = options->stdout_fd,
		.stderr_fd = options->stderr_fd,
		.has_stdin = true,
		.stdin_fd = options->stdin_fd,
		.has_terminal = options->has_terminal,
		.grace_us = GRACE_US};
	int r = find_program(shell, options->argv[0], err);

	if (r < 0)
		return r;
	for (const char *const *p = options->argv; *p; p++, step.n_argv++)
		add(&strings, *p, "");
	step.n_environ = write_environment(shell, options->term, &strings);
	step.program = shell->program;
	step.strings = buf_str(&strings);
	r = buf_check(&strings, "arguments and environment", err);
	if (r == 0)
		r = confine(shell, options, &spec, err);
	if (r == 0)
		r = lane_start(&spec, &shell->lane, err);
	if (r == 0)
		r = await_ready(shell, err);
	if (r == 0)
		r = lane_run(shell->lane, &step, err);
	explicit_bzero(strings.p, strings.n);
	return r;
}

static int
find_bounds(struct shell *shell, struct store *store, const struct shell_options *options,
	struct err *err)
{
	struct policy_machine machine;
	const struct bounds_request request = {.graph = shell->replica.graph,
		.workspace = options->workspace,
		.store = store_path(store),
		.machine = &machine};

	machine_probe(options->lane, &machine);
	return bounds_new(&request, &shell->bounds, err);
}

int
shell_open(struct store *store, const struct run_row *run, const struct attempt_row *attempt,
	const struct shell_options *options, struct shell **ret_shell, struct err *err)
{
	struct shell *shell = memory_zeroed(1, sizeof(*shell));
	struct replica_place place = {.workspace = options->workspace};
	int r;

	shell->directory = -1;
	shell->arena = ARENA_INIT;
	shell->replica.arena = ARENA_INIT;
	r = make_folders(shell, options->folder, err);
	if (r == 0) {
		place.in = arena_printf(&shell->arena, "%s/in", shell->path);
		place.state = arena_printf(&shell->arena, "%s/tmp/state", shell->path);
		r = replica_make(store, run, attempt, &place, &shell->replica, err);
	}
	if (r == 0 && shell->replica.step->surroundings &&
		shell->replica.step->surroundings->keeps_state)
		r = dir_make(AT_FDCWD, place.state, 0700, err);
	if (r == 0)
		r = fill_in(shell, err);
	if (r == 0)
		r = find_start(shell, err);
	if (r == 0)
		r = find_bounds(shell, store, options, err);
	if (r == 0)
		r = start(shell, options, err);
	if (r < 0) {
		shell_close(shell);
		return r;
	}
	*ret_shell = shell;
	return 0;
}

const struct replica *
shell_replica(const struct shell *shell)
{
	return &shell->replica;
}

const char *
shell_out(struct shell *shell)
{
	return arena_printf(&shell->arena, "%s/out", shell->path);
}

bool
shell_is_layered(const struct shell *shell)
{
	return shell->plan.walls.layer.path != NULL;
}

int
shell_socket(const struct shell *shell)
{
	return lane_socket(shell->lane);
}

int
shell_next(struct shell *shell, int *ret_status, struct err *err)
{
	struct lane_report report;
	int r;

	while ((r = lane_next(shell->lane, &report, err)) > 0) {
		if (report.type != LANE_EXITED)
			continue;
		if (report.stage)
			return program_explain_start(
				shell->program, shell->cwd, shell->replica.below, &report, err);
		*ret_status = WIFEXITED(report.status) ? WEXITSTATUS(report.status)
						       : 128 + WTERMSIG(report.status);
		return 1;
	}
	return r;
}

void
shell_close(struct shell *shell)
{
	struct err ignored = ERR_INIT;

	if (!shell)
		return;
	lane_free(shell->lane);
	lane_walls_free(shell->walls);
	bounds_free(shell->bounds);
	fd_close(&shell->directory);
	if (shell->home)
		(void)tree_remove(AT_FDCWD, shell->home, &ignored);
	free(shell->home);
	replica_done(&shell->replica);
	arena_done(&shell->arena);
	free(shell);
}
