#include "run/comparing.h"

#include "base/file.h"
#include "base/memory.h"
#include "gate/comparison.h"
#include "run/baseline.h"
#include "run/boundary.h"
#include "json/json.h"

/* Up to this size comparing takes about a millisecond. */
#define AT_ONCE_MAX ((uint64_t)256 << 10)

struct comparing_item {
	struct compared compared; /* without bytes */
	struct digest judged;
	struct digest with;
	int judged_fd; /* -1: not open */
	int with_fd;
	uint64_t size; /* of both */
};

struct comparing_job {
	struct comparing_item *items;
	uint32_t n;
	struct arena arena;
	struct faults faults;
	int failed;
	struct err err;
};

/* As what it is compared: what its step, or the gate, says that it is. */
static enum compared_as
form_of(const struct trial *trial, const struct input_found *found,
	const struct gate_comparison *comparison, enum payload_format *ret_format)
{
	const struct graph *graph = trial_engine(trial)->graph;
	const struct step_input *declared = found->declared;
	const struct reference *from = &declared->reference;
	bool is_known = boundary_input_format(graph, declared, found->path, ret_format);

	if (found->is_tree)
		return COMPARED_TREE;
	if (!is_known && declared->as == INPUT_AS_FOUND &&
		declared->source == INPUT_REFERENCE && from->kind == REFERENCE_STEP_OUT)
		is_known = boundary_output_format(
			&graph->steps[from->step].outputs[from->output], ret_format);
	if (is_known && *ret_format != PAYLOAD_TEXT)
		return COMPARED_VALUE;
	*ret_format = PAYLOAD_TEXT;
	return comparison->tolerance.n ? COMPARED_TEXT : COMPARED_BYTES;
}

/* A file that holds YAML may stand for JSON, and the other way round. */
static enum payload_format
format_of_with(struct str path, enum payload_format judged)
{
	enum payload_format named = payload_format_of(path);

	if (judged == PAYLOAD_JSON || judged == PAYLOAD_YAML)
		return named == PAYLOAD_YAML ? PAYLOAD_YAML : PAYLOAD_JSON;
	return judged;
}

static void
add_fault(struct trial *trial, const struct input_found *found, const char *message)
{
	faults_add(&trial->faults,
		&(struct fault){.port = FAULT_INPUT,
			.name = found->declared->name,
			.file = STR_EMPTY,
			.instance = {NULL, 0},
			.keyword = {NULL, 0},
			.message = str_of(message)});
}

/* "golden.json", or "make:out:report of run 0199…". */
static struct str
describe(struct trial *trial, const struct input_found *with)
{
	const struct reference *from = &with->declared->reference;
	const struct earlier *earlier;
	char id[UUID_TEXT_SIZE];

	if (with->declared->source != INPUT_REFERENCE)
		return with->path;
	earlier = trial_engine(trial)->graph->inputs[from->input].earlier;
	return str_of(arena_printf(&trial->arena, "run %s", uuid_to_text(&earlier->run, id)));
}

static const struct earlier *
earlier_of(struct trial *trial, const struct input_found *with)
{
	const struct step_input *declared = with->declared;

	return declared->source == INPUT_REFERENCE
		? trial_engine(trial)->graph->inputs[declared->reference.input].earlier
		: NULL;
}

/* One of them is not there. A file that is compared with always is. */
static void
note_absent(struct trial *trial, const struct input_found *judged,
	const struct input_found *with, struct buf *ret_lacking)
{
	const struct earlier *earlier = earlier_of(trial, with);
	const struct gate_before before = {.has_run = earlier && earlier->has_run,
		.run = earlier ? earlier->run : (struct uuid){{0}}};

	if (with->present)
		add_fault(trial, judged,
			arena_printf(&trial->arena, "was not made, and is there in %.*s",
				STR_ARG(describe(trial, with))));
	else
		buf_printf(ret_lacking, "%s%.*s was not compared: %s",
			ret_lacking->n ? "; " : "", STR_ARG(judged->declared->name),
			baseline_lack(trial, &before));
}

static int
add_item(struct trial *trial, const struct gate_comparison *comparison,
	struct comparing_job **job, struct err *err)
{
	struct store *store = trial_engine(trial)->store;
	const struct input_found *judged = &trial->inputs.items[comparison->judged];
	const struct input_found *with = &trial->inputs.items[comparison->with];
	struct comparing_item *item;
	enum payload_format format;
	int r;

	if (!*job) {
		*job = memory_zeroed(1, sizeof(**job));
		(*job)->items =
			memory_zeroed(trial->gate->n_comparisons, sizeof(*(*job)->items));
		(*job)->faults = FAULTS_INIT(&(*job)->arena);
	}
	item = &(*job)->items[(*job)->n++];
	item->compared.as = form_of(trial, judged, comparison, &format);
	item->compared.tolerance =
		(struct tolerance){comparison->tolerance, comparison->is_percent};
	item->compared.judged = (struct payload){.port = FAULT_INPUT,
		.name = judged->declared->name,
		.file = judged->path,
		.format = format};
	item->compared.with = (struct payload){.port = FAULT_INPUT,
		.name = with->declared->name,
		.file = describe(trial, with),
		.format = format_of_with(with->path, format)};
	if (item->compared.as == COMPARED_TREE)
		item->compared.judged.format = item->compared.with.format = PAYLOAD_JSON;
	item->judged = judged->artifact.digest;
	item->with = with->artifact.digest;
	item->size = judged->artifact.size + with->artifact.size;
	item->judged_fd = item->with_fd = -1;
	r = object_open(store, &item->judged, &item->judged_fd, NULL, err);
	if (r == 0)
		r = object_open(store, &item->with, &item->with_fd, NULL, err);
	return r < 0 ? err_wrap(err, "%.*s", STR_ARG(item->compared.with.file)) : 0;
}

static int
begin_one(struct trial *trial, const struct gate_comparison *comparison,
	struct buf *ret_lacking, struct comparing_job **job, struct err *err)
{
	const struct input_found *judged = &trial->inputs.items[comparison->judged];
	const struct input_found *with = &trial->inputs.items[comparison->with];

	if (!judged->present || !with->present)
		note_absent(trial, judged, with, ret_lacking);
	else if (judged->is_tree != with->is_tree)
		add_fault(trial, judged,
			arena_printf(&trial->arena, "is a %s, and %.*s a %s",
				judged->is_tree ? "directory" : "file",
				STR_ARG(describe(trial, with)),
				with->is_tree ? "directory" : "file"));
	else if (!digest_equal(&judged->artifact.digest, &with->artifact.digest))
		return add_item(trial, comparison, job, err);
	return 0;
}

static void
free_job(struct comparing_job *job)
{
	if (!job)
		return;
	for (uint32_t i = 0; i < job->n; i++) {
		fd_close(&job->items[i].judged_fd);
		fd_close(&job->items[i].with_fd);
	}
	arena_done(&job->arena);
	free(job->items);
	free(job);
}

int
comparing_begin(struct trial *trial, struct buf *ret_lacking, struct comparing_job **ret_job,
	struct err *err)
{
	struct comparing_job *job = NULL;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < trial->gate->n_comparisons; i++)
		r = begin_one(trial, &trial->gate->comparisons[i], ret_lacking, &job, err);
	if (r < 0)
		free_job(job);
	else
		*ret_job = job;
	return r;
}

bool
comparing_is_small(const struct comparing_job *job)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < job->n; i++)
		size += job->items[i].size;
	return size <= AT_ONCE_MAX;
}

static int
read_object(
	int fd, const struct digest *digest, struct str name, struct buf *b, struct err *err)
{
	struct digest found;
	int r = file_read_fd(fd, "what is compared", b, err);

	if (r < 0)
		return err_wrap(err, "%.*s", STR_ARG(name));
	digest_of(buf_cstr(b), b->n, &found);
	if (!digest_equal(&found, digest))
		return err_set(err, ERR_CORRUPT,
			"%.*s: what is stored of it is damaged; run lily fsck", STR_ARG(name));
	return 0;
}

static int
compare(struct comparing_job *job, struct comparing_item *item, struct err *err)
{
	AUTO_BUF struct buf judged = BUF_INIT(json_default_limits.bytes);
	AUTO_BUF struct buf with = BUF_INIT(json_default_limits.bytes);
	int r = read_object(
		item->judged_fd, &item->judged, item->compared.judged.name, &judged, err);

	if (r == 0)
		r = read_object(
			item->with_fd, &item->with, item->compared.with.file, &with, err);
	item->compared.judged.bytes = buf_str(&judged);
	item->compared.with.bytes = buf_str(&with);
	return r < 0 ? r : comparison_make(&item->compared, &job->faults, err);
}

void
comparing_work(void *context)
{
	struct comparing_job *job = context;

	for (uint32_t i = 0; job->failed == 0 && i < job->n; i++)
		job->failed = compare(job, &job->items[i], &job->err);
}

int
comparing_finish(struct comparing_job *job, struct faults *faults, struct err *err)
{
	int r = job->failed;

	if (r < 0)
		*err = job->err;
	else
		faults_join(faults, &job->faults);
	free_job(job);
	return r;
}
