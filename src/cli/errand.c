#include "cli/errand.h"

#include "cli/contents.h"
#include "cli/heap.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARAMS_MAX (16 << 20)

static bool
ends_with(const char *string, const char *end)
{
	size_t n = strlen(string);
	size_t m = strlen(end);

	return n > m && strcmp(string + n - m, end) == 0;
}

char *
errand_find_file(size_t *ret_count)
{
	DIR *folder = opendir(".");
	struct dirent *entry;
	char *found = NULL;

	*ret_count = 0;
	while (folder && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.' || !ends_with(entry->d_name, ".lily.yaml"))
			continue;
		if (++*ret_count == 1)
			found = heap_copy(entry->d_name, strlen(entry->d_name));
	}
	if (folder)
		(void)closedir(folder);
	if (*ret_count == 1)
		return found;
	free(found);
	return NULL;
}

/* A word is a file where there is one, or where it can only be meant as one. */
static bool
is_file(const char *word)
{
	struct stat stat_buffer;

	return strchr(word, '/') || ends_with(word, ".yaml") || ends_with(word, ".yml") ||
		ends_with(word, ".json") ||
		(stat(word, &stat_buffer) == 0 && S_ISREG(stat_buffer.st_mode));
}

static bool
is_folder(const char *word)
{
	struct stat stat_buffer;

	return stat(word, &stat_buffer) == 0 && S_ISDIR(stat_buffer.st_mode);
}

static int
no_file(const struct call *call, const char *word, size_t count)
{
	const char *verb = word ? command_suggest("run", word) : NULL;

	if (word && is_folder(word)) {
		call_complain(call, "%s is a folder; name a workflow file in it", word);
		return STATUS_INVALID;
	}
	if (word) {
		call_complain(call, "no such workflow file: %s", word);
		if (verb)
			call_hint(call, "did you mean `lily run %s`?", verb);
		return STATUS_INVALID;
	}
	if (count == 0)
		return call_usage(call, "which workflow? There is no *.lily.yaml here");
	return call_usage(
		call, "which workflow? There are %zu files *.lily.yaml here; name one", count);
}

static int
choose_file(struct errand *errand, const struct call *call)
{
	const char *word = call_argument(call, 0);
	size_t first_step = 1;
	size_t count = 0;

	if (word && is_file(word)) {
		errand->file = word;
	} else {
		errand->found = errand_find_file(&count);
		errand->file = errand->found;
		first_step = 0;
	}
	if (!errand->file)
		return no_file(call, word, count);
	if (call->n_arguments > first_step) {
		errand->arguments.steps = call->arguments + first_step;
		errand->arguments.n_steps = call->n_arguments - first_step;
	}
	return 0;
}

/* NAME=VALUE pairs of one option. */
static int
read_pairs(const struct call *call, size_t option, struct lily_named_text *pairs, char **names)
{
	const struct option_spec *spec = &call->command->options[option];
	const char *given;
	size_t cursor = 0;
	size_t n = 0;

	while ((given = call_next(call, option, &cursor))) {
		size_t length = strcspn(given, "=");

		if (length == 0 || !given[length])
			return call_usage(call, "--%s takes %s, not \"%s\"", spec->name,
				spec->value, given);
		memcpy(*names, given, length);
		pairs[n++] = (struct lily_named_text){*names, given + length + 1};
		*names += length + 1;
	}
	return 0;
}

static size_t
names_size(const struct call *call, size_t option)
{
	const char *given;
	size_t cursor = 0;
	size_t n = 0;

	while ((given = call_next(call, option, &cursor)))
		n += strcspn(given, "=") + 1;
	return n;
}

static int
read_params_file(struct errand *errand, const struct call *call, const char *path)
{
	AUTO_TEXT struct text text = TEXT_INIT;
	int status = contents_read(call, path, PARAMS_MAX, &text);

	if (status != 0)
		return status;
	if (memchr(text_string(&text), 0, text.size)) {
		call_complain(call, "%s: not JSON: it has a NUL byte", path);
		return STATUS_INVALID;
	}
	errand->params_json = heap_copy(text_string(&text), text.size);
	errand->arguments.params_json = errand->params_json;
	return 0;
}

int
errand_init(struct errand *errand, const struct call *call)
{
	int status;

	*errand = (struct errand){0};
	status = choose_file(errand, call);
	return status != 0 ? status : errand_read_values(errand, call);
}

int
errand_read_values(struct errand *errand, const struct call *call)
{
	const char *path = call_text(call, ERRAND_PARAMS_FILE);
	char *names;
	int status;

	errand->arguments.n_params = call_count(call, ERRAND_PARAM);
	errand->arguments.n_inputs = call_count(call, ERRAND_INPUT);
	errand->params = heap_new(errand->arguments.n_params, sizeof(*errand->params));
	errand->inputs = heap_new(errand->arguments.n_inputs, sizeof(*errand->inputs));
	errand->names =
		heap_new(names_size(call, ERRAND_PARAM) + names_size(call, ERRAND_INPUT), 1);
	errand->arguments.params = errand->params;
	errand->arguments.inputs = errand->inputs;
	names = errand->names;
	status = read_pairs(call, ERRAND_PARAM, errand->params, &names);
	if (status == 0)
		status = read_pairs(call, ERRAND_INPUT, errand->inputs, &names);
	if (status == 0 && path)
		status = read_params_file(errand, call, path);
	return status;
}

void
errand_done(struct errand *errand)
{
	free(errand->params);
	free(errand->inputs);
	free(errand->names);
	free(errand->params_json);
	free(errand->found);
}
