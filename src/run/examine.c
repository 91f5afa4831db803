#include "run/examine.h"

#include "base/file.h"
#include "base/memory.h"
#include "json/json.h"

/* Up to this size checking takes about a millisecond. */
#define AT_ONCE_MAX ((uint64_t)256 << 10)

struct examine_item {
	struct payload payload; /* without bytes */
	const struct schema *schema;
	int fd;
};

struct examine_job {
	struct examine_item *items;
	uint32_t n;
	struct arena arena;
	struct faults faults;
	int failed;
	struct err err;
};

/* The examination of one step's inputs. */
struct examination {
	const struct values *values;
	struct boundary *boundary;
	const struct inputs *inputs;
	struct faults *faults;
	struct examine_job *job; /* NULL: nothing large was met */
};

/* What could not be checked is not valid. */
static int
check(const struct payload *payload, const struct schema *schema, struct checker *checker,
	struct faults *faults, struct err *err)
{
	struct err why = ERR_INIT;
	int r = payload_check(payload, schema, checker, faults, &why);

	if (r == ERR_LIMIT) {
		faults_add(faults,
			&(struct fault){.port = payload->port,
				.name = payload->name,
				.file = STR_EMPTY,
				.instance = {NULL, 0},
				.keyword = {NULL, 0},
				.message = str_of(why.message)});
		return 0;
	}
	if (r < 0)
		*err = why;
	return MIN(r, 0);
}

static void
add_fault(const struct input_found *found, struct faults *faults, const char *message)
{
	faults_add(faults,
		&(struct fault){.port = FAULT_INPUT,
			.name = found->declared->name,
			.file = STR_EMPTY,
			.instance = {NULL, 0},
			.keyword = {NULL, 0},
			.message = str_of(message)});
}

static int
examine_now(const struct examination *x, struct examine_item *item, const struct digest *digest,
	struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(AT_ONCE_MAX + 1);
	int r = object_get(x->values->store, digest, &bytes, err);

	item->payload.bytes = buf_str(&bytes);
	return r < 0 ? r
		     : check(&item->payload, item->schema, boundary_checker(x->boundary),
			       x->faults, err);
}

static int
examine_later(struct examination *x, struct examine_item *item, const struct digest *digest,
	struct err *err)
{
	struct examine_job *job = x->job;
	int r = object_open(x->values->store, digest, &item->fd, NULL, err);

	if (r < 0)
		return r;
	if (!job) {
		job = memory_zeroed(1, sizeof(*job));
		job->items = memory_zeroed(x->inputs->n, sizeof(*job->items));
		job->faults = FAULTS_INIT(&job->arena);
		x->job = job;
	}
	job->items[job->n++] = *item;
	return 0;
}

/* Whether it is the directory or file that it has to be. */
static bool
check_kind(const struct input_found *found, struct faults *faults)
{
	const struct step_input *declared = found->declared;

	if (declared->as == INPUT_AS_DIR && !found->is_tree)
		add_fault(found, faults, "is a file, as: dir is asked for");
	else if (found->is_tree && declared->as != INPUT_AS_FOUND &&
		declared->as != INPUT_AS_DIR)
		add_fault(found, faults, "is a directory, a file is asked for");
	else if (found->is_tree && declared->schema)
		add_fault(found, faults, "is a directory, which no schema checks");
	else
		return true;
	return false;
}

static int
examine_one(struct examination *x, const struct input_found *found, struct err *err)
{
	const struct step_input *declared = found->declared;
	struct examine_item item = {
		.payload = {.port = FAULT_INPUT, .name = declared->name, .file = found->path}};
	int r;

	if (!check_kind(found, x->faults) || found->is_tree ||
		!boundary_input_format(
			x->values->graph, declared, found->path, &item.payload.format))
		return 0;
	if (declared->source == INPUT_MADE && found->is_text && declared->as == INPUT_AS_FOUND)
		item.payload.format = PAYLOAD_TEXT;
	r = boundary_schema(x->boundary, declared->schema, &item.schema, err);
	if (r < 0)
		return r;
	if (found->artifact.size <= AT_ONCE_MAX)
		return examine_now(x, &item, &found->artifact.digest, err);
	return examine_later(x, &item, &found->artifact.digest, err);
}

static void
free_job(struct examine_job *job)
{
	if (!job)
		return;
	for (uint32_t i = 0; i < job->n; i++)
		fd_close(&job->items[i].fd);
	free(job->items);
	arena_done(&job->arena);
	free(job);
}

int
examine_inputs(const struct values *values, struct boundary *boundary,
	const struct inputs *inputs, struct faults *faults, struct examine_job **ret_job,
	struct err *err)
{
	struct examination x = {values, boundary, inputs, faults, NULL};

	for (uint32_t i = 0; i < inputs->n; i++) {
		const struct input_found *found = &inputs->items[i];
		int r;

		if (!found->present)
			continue;
		r = examine_one(&x, found, err);
		if (r < 0) {
			free_job(x.job);
			return err_wrap(err, "input %.*s", STR_ARG(found->declared->name));
		}
	}
	*ret_job = x.job;
	return 0;
}

void
examine_work(void *context)
{
	struct examine_job *job = context;
	struct checker *checker = checker_new(NULL);

	for (uint32_t i = 0; job->failed == 0 && i < job->n; i++) {
		AUTO_BUF struct buf bytes = BUF_INIT(json_default_limits.bytes);
		struct examine_item *item = &job->items[i];

		job->failed = file_read_fd(item->fd, "input", &bytes, &job->err);
		item->payload.bytes = buf_str(&bytes);
		if (job->failed == 0)
			job->failed = check(
				&item->payload, item->schema, checker, &job->faults, &job->err);
	}
	checker_free(checker);
}

int
examine_finish(struct examine_job *job, struct faults *faults, struct err *err)
{
	int r = job->failed;

	if (r < 0)
		*err = job->err;
	else
		faults_join(faults, &job->faults);
	free_job(job);
	return r;
}
