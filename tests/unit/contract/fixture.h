/*
 * fixture: a collection with one schema, written into a test as text.
 */
#ifndef LILY_TESTS_FIXTURE_H
#define LILY_TESTS_FIXTURE_H

#include "contract/report.h"
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FIXTURE_URI STR("https://lily.example/schema.json")

struct fixture {
	struct arena arena;
	struct collection *collection;
	const struct schema *schema;
	struct checker *checker;
	struct report *report;
	struct source instance;
};

#define FIXTURE_INIT ((struct fixture){.arena = ARENA_INIT})
#define AUTO_FIXTURE __attribute__((cleanup(fixture_done)))

static inline const struct value *
fixture_parse(struct fixture *f, const char *name, const char *text, const struct source **ret)
{
	struct source *source = ARENA_NEW(&f->arena, struct source);
	struct json_limits limits = {1U << 20, 20000};
	const struct value *v;
	struct err err = ERR_INIT;

	*source = (struct source){name, str_of(text)};
	if (json_parse(&f->arena, source, 0, &limits, &v, &err))
		fail_msg("%s", err.message);
	*ret = source;
	return v;
}

/* Adds a document; 0 or the error. */
static inline int
fixture_add(
	struct fixture *f, const char *uri, const char *text, enum draft draft, struct err *err)
{
	const struct source *source;
	const struct value *root = fixture_parse(f, "schema.json", text, &source);

	if (!f->collection)
		f->collection = collection_new(NULL);
	return collection_add(f->collection, str_of(uri), root, source, draft, err);
}

/* Compiles the schema; 0 or the error. */
static inline int
fixture_try(struct fixture *f, const char *text, enum draft draft, struct err *err)
{
	int code = fixture_add(f, FIXTURE_URI.p, text, draft, err);

	f->checker = f->checker ? f->checker : checker_new(NULL);
	f->report = f->report ? f->report : report_new();
	return code ? code : collection_get(f->collection, FIXTURE_URI, &f->schema, err);
}

static inline void
fixture_open(struct fixture *f, const char *text)
{
	struct err err = ERR_INIT;

	if (fixture_try(f, text, DRAFT_2020_12, &err))
		fail_msg("%s", err.message);
}

/* Whether the instance is valid, in both modes; or a limit's code. */
static inline int
fixture_check(struct fixture *f, const char *text)
{
	const struct source *source;
	const struct value *v = fixture_parse(f, "instance.json", text, &source);
	struct err err = ERR_INIT;
	int valid = schema_is_valid(f->schema, f->checker, v, &err);

	f->instance = *source;
	if (schema_check(f->schema, f->checker, v, 0, f->report, &err) != valid)
		fail_msg("both modes differ: %s: %s", text, err.message);
	return valid;
}

static inline void
fixture_done(struct fixture *f)
{
	checker_free(f->checker);
	report_free(f->report);
	collection_free(f->collection);
	arena_done(&f->arena);
}

#endif
