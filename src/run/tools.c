#include "run/tools.h"

#include "base/file.h"
#include "base/memory.h"
#include "exec/program.h"

#include <fcntl.h>

#define LINE_BYTES 256
/* A script whose interpreter is a script, and so on; the kernel goes as far (BINPRM_MAX_RECURSION). */
#define DEPTH_MAX 4

/* A program that was looked at, with what its first line leads to. */
struct known {
	const char *name;
	const char *path;
	const char *cwd;
	struct key_tool *tools;
	size_t n;
};

struct tools {
	struct memo *memo;
	struct trail *trail;
	struct program_cache programs;
	struct arena arena; /* of what is known */
	struct map by_name;
	struct known *known;
	size_t n;
	size_t capacity;
};

struct tools *
tools_new(struct memo *memo, struct trail *trail)
{
	struct tools *tools = memory_zeroed(1, sizeof(*tools));

	tools->memo = memo;
	tools->trail = trail;
	tools->programs = PROGRAM_CACHE_INIT;
	tools->by_name = MAP_INIT;
	return tools;
}

void
tools_free(struct tools *tools)
{
	if (!tools)
		return;
	program_cache_done(&tools->programs);
	map_done(&tools->by_name);
	arena_done(&tools->arena);
	free(tools->known);
	free(tools);
}

void
tools_forget(struct tools *tools)
{
	if (!tools->n)
		return;
	map_done(&tools->by_name);
	tools->by_name = MAP_INIT;
	arena_reset(&tools->arena);
	tools->n = 0;
}

/* Of the step itself, else the caller's. */
static int
path_of(const struct tools_request *request, const char **ret_path, struct err *err)
{
	const struct step *step = request->step;
	const struct step_settings *settings = step->settings;
	const struct template *found = NULL;
	struct str text;
	int r = 0;

	*ret_path = request->path;
	for (uint32_t i = 0; i < settings->n_env; i++)
		if (str_is(settings->env[i].name, "PATH"))
			found = &settings->env[i].value;
	for (uint32_t i = 0; i < step->n_env; i++)
		if (str_is(step->env[i].name, "PATH"))
			found = &step->env[i].value;
	if (found)
		r = values_text(request->values, found, &text, err);
	if (r == 0 && found)
		*ret_path = arena_cstr(request->values->arena, text);
	for (uint32_t i = 0; i < settings->n_pass_env; i++)
		if (str_is(settings->pass_env[i], "PATH") && getenv("PATH"))
			*ret_path = getenv("PATH");
	return r;
}

/* The words of a first line, from "#!" on; empty where it is none. */
static int
read_first_line(int fd, struct arena *arena, struct str *ret_line, struct err *err)
{
	char *line = arena_bytes(arena, LINE_BYTES + 1);
	ssize_t n = pread(fd, line, LINE_BYTES, 0);
	size_t end;

	if (n < 0)
		return err_sys(err, "read");
	line[n] = '\0';
	end = strcspn(line, "\n");
	*ret_line = n > 2 && line[0] == '#' && line[1] == '!'
		? str_trim((struct str){line + 2, end - 2})
		: STR_EMPTY;
	return 0;
}

static struct str
next_word(struct str *line)
{
	struct str rest = str_trim(*line);
	size_t n = 0;

	while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '\t')
		n++;
	*line = (struct str){rest.p + n, rest.n - n};
	return (struct str){rest.p, n};
}

/* What env(1) starts: its first word that is neither an option nor a variable. */
static struct str
behind_env(struct str line)
{
	struct str word;

	while ((word = next_word(&line)).n)
		if (word.p[0] != '-' && str_find(word, '=') < 0)
			return word;
	return STR_EMPTY;
}

static bool
is_env(struct str program)
{
	return str_is(program, "env") || str_ends(program, STR("/env"));
}

struct lookup {
	struct tools *tools;
	const char *path;
	const char *cwd;
	struct key_tool found[2 * DEPTH_MAX + 1];
	size_t n;
};

/* A file that the memo does not know yet is too young to be told from another. */
static void
note(const struct lookup *lookup, const char *name, const char *file, int fd,
	const struct digest *expected)
{
	struct trail *trail = lookup->tools->trail;
	struct digest digest;
	struct stat status;

	if (fstat(fd, &status) == 0 && memo_find(lookup->tools->memo, &status, &digest) &&
		digest_equal(&digest, expected))
		trail_add_program(trail, lookup->path, lookup->cwd, name, file, &status);
	else
		trail_break(trail);
}

/* Adds one program; *ret_line is its first line where it is a script. */
static int
add(struct lookup *lookup, struct str name, bool is_interpreter, struct str *ret_line,
	struct err *err)
{
	struct arena *arena = &lookup->tools->arena;
	struct key_tool *tool = &lookup->found[lookup->n];
	AUTO_CLOSE int fd = -1;
	struct stat status;
	const char *file;
	int r = program_find(&lookup->tools->programs, lookup->path, lookup->cwd,
		arena_cstr(arena, name), &file, err);

	if (r < 0)
		return r;
	fd = open(path_join(arena, lookup->cwd, file), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(err, "program %s", file);
	/* Before its bytes are read: what is written from now on makes it another. */
	if (fstat(fd, &status) < 0)
		return err_sys(err, "program %s", file);
	r = memo_digest(lookup->tools->memo, fd, &tool->digest, NULL, err);
	if (r < 0)
		return err_wrap(err, "program %s", file);
	note(lookup, arena_cstr(arena, name), file, fd, &tool->digest);
	tool->name = arena_str(arena, name);
	tool->is_interpreter = is_interpreter;
	tool->device = status.st_dev;
	tool->inode = status.st_ino;
	tool->changed_ns = status.st_ctim.tv_sec * INT64_C(1000000000) + status.st_ctim.tv_nsec;
	lookup->n++;
	return read_first_line(fd, arena, ret_line, err);
}

static int
look_up(struct lookup *lookup, struct str name, struct err *err)
{
	struct str line;
	int r = add(lookup, name, false, &line, err);

	for (int depth = 0; r == 0 && line.n && depth < DEPTH_MAX; depth++) {
		struct str interpreter = next_word(&line);
		struct str behind = is_env(interpreter) ? behind_env(line) : STR_EMPTY;

		r = add(lookup, interpreter, true, &line, err);
		if (r == 0 && behind.n)
			r = add(lookup, behind, true, &line, err);
	}
	return r;
}

static const struct known *
find_known(const struct tools *tools, const char *name, const char *path, const char *cwd)
{
	uint32_t at = map_get(&tools->by_name, str_of(name));
	const struct known *known = at == MAP_NONE ? NULL : &tools->known[at];

	return known && strcmp(known->path, path) == 0 && strcmp(known->cwd, cwd) == 0 ? known
										       : NULL;
}

/* One program by its name, remembered. */
static int
find_one(struct tools *tools, const char *name, const char *path, const char *cwd,
	const struct known **ret_known, struct err *err)
{
	struct lookup lookup = {.tools = tools, .path = path, .cwd = cwd};
	const struct known *before = find_known(tools, name, path, cwd);
	struct known *known;
	int r;

	if (before) {
		*ret_known = before;
		return 0;
	}
	r = look_up(&lookup, str_of(name), err);
	if (r < 0)
		return r;
	tools->known =
		memory_grow(tools->known, tools->n, &tools->capacity, sizeof(*tools->known));
	known = &tools->known[tools->n];
	*known = (struct known){.name = arena_cstr(&tools->arena, str_of(name)),
		.path = arena_cstr(&tools->arena, str_of(path)),
		.cwd = arena_cstr(&tools->arena, str_of(cwd)),
		.tools = ARENA_ARRAY(&tools->arena, lookup.n, struct key_tool),
		.n = lookup.n};
	memcpy(known->tools, lookup.found, lookup.n * sizeof(*known->tools));
	(void)map_add(&tools->by_name, str_of(known->name), (uint32_t)tools->n++);
	*ret_known = known;
	return 0;
}

static bool
is_listed(const struct key_tool *list, size_t n, const struct key_tool *tool)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].is_interpreter == tool->is_interpreter &&
			str_equal(list[i].name, tool->name))
			return true;
	return false;
}

static size_t
is_own_input(const struct template *template)
{
	for (uint32_t i = 0; i < template->n; i++)
		if (template->parts[i].is_reference &&
			template->parts[i].reference.kind == REFERENCE_IN)
			return 1;
	return 0;
}

int
tools_find(struct tools *tools, const struct tools_request *request,
	struct key_tool **ret_tools, size_t *ret_n, struct err *err)
{
	const struct step *step = request->step;
	struct arena *arena = request->values->arena;
	size_t n_names = (size_t)step->settings->n_tools + 1;
	struct key_tool *all =
		ARENA_ARRAY(arena, n_names * (2 * DEPTH_MAX + 1), struct key_tool);
	struct str program = STR_EMPTY;
	const char *path;
	size_t n = 0;
	/* A program that is an input counts as that. */
	size_t first = is_own_input(&step->argv[0]);
	int r = path_of(request, &path, err);

	if (r == 0 && !first)
		r = values_text(request->values, &step->argv[0], &program, err);
	for (size_t i = first; r == 0 && i < n_names; i++) {
		struct str name = i ? step->settings->tools[i - 1] : program;
		const struct known *known;

		r = find_one(tools, arena_cstr(arena, name), path, request->cwd, &known, err);
		for (size_t j = 0; r == 0 && j < known->n; j++)
			if (!is_listed(all, n, &known->tools[j]))
				all[n++] = known->tools[j];
	}
	if (r < 0)
		return r;
	*ret_tools = all;
	*ret_n = n;
	return 0;
}
