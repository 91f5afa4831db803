#include "run/sent_back.h"

#include "base/file.h"
#include "exec/log.h"
#include "run/revisit.h"
#include "run/try.h"
#include "json/builder.h"
#include "json/json.h"

#define DOCUMENT_MAX ((size_t)8 << 20)
#define PRINTED_MAX 4000

/* The end of what the attempt printed; empty where there is none. */
static int
read_printed(struct engine *engine, const struct digest *log, struct arena *arena,
	struct str *ret_printed, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct log_reader *reader;
	uint64_t size;
	int r = log ? object_open(engine->store, log, &fd, &size, err) : 0;

	*ret_printed = STR_EMPTY;
	if (r < 0 || !log)
		return r;
	reader = log_reader_new(fd);
	*ret_printed = log_end(reader, PRINTED_MAX, arena);
	log_reader_free(reader);
	return 0;
}

/* What its own retry would have found. */
static int
read_found(struct engine *engine, const struct revisit_cause *cause, struct arena *arena,
	const struct value **ret_list, struct err *err)
{
	bool has_list = cause->class &&
		(strcmp(cause->class, "schema") == 0 || strcmp(cause->class, "gate") == 0);
	const struct digest *feedback = has_list ? engine_feedback(engine, cause->step) : NULL;
	struct buf bytes = BUF_INIT(DOCUMENT_MAX);
	struct source source = {.name = "what was found"};
	int r;

	*ret_list = NULL;
	if (!feedback)
		return 0;
	r = object_get(engine->store, feedback, &bytes, err);
	if (r == 0) {
		source.text = arena_str(arena, buf_str(&bytes));
		r = json_parse(arena, &source, 0, NULL, ret_list, err);
	}
	buf_done(&bytes);
	return r;
}

static void
add_cause(struct builder *b, const struct engine *engine, const struct revisit_cause *cause,
	struct str rule, struct str printed)
{
	builder_object(b, NULL);
	builder_text(b, "sent_back_by", engine->graph->steps[cause->step].name);
	builder_text(b, "rule", rule);
	builder_cstr(b, "status", cause->class ? "failed" : "succeeded");
	if (cause->class)
		builder_cstr(b, "class", cause->class);
	if (cause->exit_code >= 0)
		builder_i64(b, "exit", cause->exit_code);
	if (cause->message.n)
		builder_text(b, "message", cause->message);
	if (printed.n)
		builder_text(b, "printed", printed);
	builder_end(b);
}

int
sent_back_keep(struct engine *engine, const struct revisit_cause *cause, struct str rule,
	struct record_artifact *ret_feedback, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUILDER struct builder list = BUILDER_INIT(&arena);
	AUTO_BUF struct buf text = BUF_INIT(DOCUMENT_MAX);
	const struct value *found;
	struct str printed;
	struct digest digest;
	int r = read_printed(engine, cause->log, &arena, &printed, err);

	if (r == 0)
		r = read_found(engine, cause, &arena, &found, err);
	if (r < 0)
		return err_wrap(err, "feedback of rule %.*s", STR_ARG(rule));
	builder_array(&list, NULL);
	add_cause(&list, engine, cause, rule, printed);
	for (uint32_t i = 0; found && found->kind == VALUE_ARRAY && i < found->n; i++)
		builder_add(&list, NULL, found->items[i]);
	builder_end(&list);
	(void)json_canonical(builder_root(&list), JSON_NUMBERS_NEAREST, &text, NULL);
	buf_add_char(&text, '\n');
	r = buf_check(&text, "feedback", err);
	if (r == 0)
		r = object_put(engine->store, buf_str(&text), &digest, err);
	if (r < 0)
		return r;
	*ret_feedback = (struct record_artifact){.name = STR("feedback"),
		.digest = digest,
		.size = text.n,
		.number = engine->hold.next_artifact++,
		.kind = "json",
		.type = STR_EMPTY};
	return 0;
}
