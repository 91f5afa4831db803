#include "run/secrets.h"

#include "base/file.h"
#include "base/memory.h"
#include "run/secret_program.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct secret {
	char *bytes;
	size_t n;
	atomic_bool is_known; /* the value will not change any more */
	bool is_published;
};

struct secrets {
	const struct graph *graph;
	char *workspace;
	struct secret *items; /* beside the graph's */
	pthread_mutex_t reading;
	struct redactor *redactor;
	struct redactor **former; /* others may still ask them */
	size_t n_former;
	size_t former_capacity;
};

struct secrets *
secrets_new(const struct graph *graph, const char *workspace)
{
	struct secrets *secrets;

	if (!graph->n_secrets)
		return NULL;
	secrets = memory_zeroed(1, sizeof(*secrets));
	secrets->graph = graph;
	secrets->workspace = memory_copy_string(workspace);
	secrets->items = memory_zeroed(graph->n_secrets, sizeof(*secrets->items));
	if (pthread_mutex_init(&secrets->reading, NULL) != 0)
		BUG("pthread_mutex_init");
	return secrets;
}

static void
wipe(char *bytes, size_t n)
{
	if (bytes)
		explicit_bzero(bytes, n);
	free(bytes);
}

void
secrets_free(struct secrets *secrets)
{
	if (!secrets)
		return;
	for (uint32_t i = 0; i < secrets->graph->n_secrets; i++)
		wipe(secrets->items[i].bytes, secrets->items[i].n);
	for (size_t i = 0; i < secrets->n_former; i++)
		redactor_free(secrets->former[i]);
	redactor_free(secrets->redactor);
	(void)pthread_mutex_destroy(&secrets->reading);
	free(secrets->former);
	free(secrets->items);
	free(secrets->workspace);
	free(secrets);
}

static const struct step_secret *
secrets_of(const struct step *step, uint32_t *ret_n)
{
	*ret_n = step->surroundings ? step->surroundings->n_secrets : 0;
	return step->surroundings ? step->surroundings->secrets : NULL;
}

bool
secrets_are_missing(struct secrets *secrets, const struct step *step)
{
	uint32_t n;
	const struct step_secret *given = secrets_of(step, &n);

	for (uint32_t i = 0; i < n; i++)
		if (!atomic_load(&secrets->items[given[i].secret].is_known))
			return true;
	return false;
}

static struct str
without_newline(struct str value)
{
	if (value.n && value.p[value.n - 1] == '\n')
		value.n--;
	return value;
}

static int
read_variable(const struct secret_source *source, struct buf *b, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *value = getenv(arena_cstr(&arena, source->from));

	if (!value)
		return err_set(err, ERR_NOT_FOUND,
			"the variable %.*s is not set where lily was started; export it",
			STR_ARG(source->from));
	buf_add_cstr(b, value);
	return 0;
}

/* Absolute, below the caller's home, or relative to the workspace. */
static int
read_file(const struct secrets *secrets, const struct secret_source *source, struct buf *b,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str path = source->from;
	const char *home = getenv("HOME");
	const char *start = secrets->workspace;

	if (str_starts(path, STR("~/")) && home) {
		start = home;
		path = (struct str){path.p + 2, path.n - 2};
	}
	return file_read(AT_FDCWD, path_join(&arena, start, arena_cstr(&arena, path)), b, err);
}

static int
read_value(const struct secrets *secrets, const struct secret_source *source, struct buf *b,
	struct err *err)
{
	switch (source->origin) {
	case SECRET_FROM_ENV: return read_variable(source, b, err);
	case SECRET_FROM_FILE: return read_file(secrets, source, b, err);
	case SECRET_FROM_EXEC: return secret_program_run(source, secrets->workspace, b, err);
	}
	BUG("a secret from %d", (int)source->origin);
}

static int
check_value(const struct buf *b, struct err *err)
{
	struct str value = without_newline(buf_str(b));

	if (b->overflowed || value.n > REDACTOR_VALUE_MAX)
		return err_set(err, ERR_LIMIT, "the value has more than %zu bytes",
			REDACTOR_VALUE_MAX);
	if (value.n < REDACTOR_VALUE_MIN)
		return err_set(err, ERR_INVALID,
			"the value has %zu bytes; a secret has at least %zu, since less cannot "
			"be "
			"told from ordinary text",
			value.n, REDACTOR_VALUE_MIN);
	return 0;
}

static int
read_one(struct secrets *secrets, uint32_t number, struct err *err)
{
	const struct secret_source *source = &secrets->graph->secrets[number];
	struct secret *secret = &secrets->items[number];
	struct buf b = BUF_INIT(REDACTOR_VALUE_MAX + 1);
	int r = read_value(secrets, source, &b, err);

	if (r == 0 || b.overflowed)
		r = check_value(&b, err);
	if (r == 0) {
		secret->n = b.n;
		secret->bytes = buf_take(&b);
		atomic_store(&secret->is_known, true);
		return 0;
	}
	wipe(buf_take(&b), b.n);
	return err_wrap(err, "secret %.*s", STR_ARG(source->name));
}

/* As a variable it ends at its first NUL. */
static int
check_form(const struct secrets *secrets, const struct step_secret *given, struct err *err)
{
	struct str name = secrets->graph->secrets[given->secret].name;
	struct str text = secrets_text(secrets, given->secret);

	if (given->as_file || !memchr(text.p, '\0', text.n))
		return 0;
	return err_set(err, ERR_INVALID,
		"secret %.*s: the value contains a NUL byte, which no variable can hold; hand "
		"it "
		"over as a file: secrets: { %.*s: file }",
		STR_ARG(name), STR_ARG(name));
}

int
secrets_read(struct secrets *secrets, const struct step *step, struct err *err)
{
	uint32_t n;
	const struct step_secret *given = secrets_of(step, &n);
	int r = 0;

	(void)pthread_mutex_lock(&secrets->reading);
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		if (!atomic_load(&secrets->items[given[i].secret].is_known))
			r = read_one(secrets, given[i].secret, err);
		if (r == 0)
			r = check_form(secrets, &given[i], err);
	}
	(void)pthread_mutex_unlock(&secrets->reading);
	return r;
}

void
secrets_publish(struct secrets *secrets)
{
	const struct graph *graph = secrets->graph;
	struct redactor *redactor = redactor_new();
	bool is_new = false;

	for (uint32_t i = 0; i < graph->n_secrets; i++) {
		struct secret *secret = &secrets->items[i];

		if (!atomic_load(&secret->is_known))
			continue;
		is_new |= !secret->is_published;
		secret->is_published = true;
		redactor_add(redactor, graph->secrets[i].name, secrets_text(secrets, i));
	}
	if (!is_new) {
		redactor_free(redactor);
		return;
	}
	redactor_finish(redactor);
	if (secrets->redactor) {
		secrets->former = memory_grow(secrets->former, secrets->n_former,
			&secrets->former_capacity, sizeof(struct redactor *));
		secrets->former[secrets->n_former++] = secrets->redactor;
	}
	secrets->redactor = redactor;
}

const struct redactor *
secrets_redactor(const struct secrets *secrets)
{
	return secrets ? secrets->redactor : NULL;
}

const struct redactor *const *
secrets_redactor_place(const struct secrets *secrets)
{
	return secrets ? (const struct redactor *const *)&secrets->redactor : NULL;
}

struct str
secrets_value(const struct secrets *secrets, uint32_t secret)
{
	return (struct str){secrets->items[secret].bytes, secrets->items[secret].n};
}

struct str
secrets_text(const struct secrets *secrets, uint32_t secret)
{
	return without_newline(secrets_value(secrets, secret));
}

size_t
secrets_list_files(const struct secrets *secrets, const struct step_surroundings *surroundings,
	struct arena *arena, struct secret_file **ret_files)
{
	struct secret_file *files =
		ARENA_ARRAY(arena, surroundings->n_secrets, struct secret_file);
	size_t n = 0;

	for (uint32_t i = 0; i < surroundings->n_secrets; i++)
		if (surroundings->secrets[i].as_file)
			files[n++] = (struct secret_file){
				arena_cstr(arena, surroundings->secrets[i].name),
				secrets_value(secrets, surroundings->secrets[i].secret)};
	*ret_files = files;
	return n;
}
