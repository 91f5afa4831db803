/*
 * builder: making a value, member by member, in the order in which it shall be written.
 *
 *	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
 *
 *	builder_object(&b, NULL);
 *	builder_text(&b, "name", name);
 *	builder_array(&b, "sizes");
 *	builder_u64(&b, NULL, 3);
 *	builder_end(&b);
 *	builder_end(&b);
 *	root = builder_root(&b);
 *
 * Inside an object every call takes a key, inside an array and for the root itself it takes NULL;
 * anything else is a broken invariant of the caller. Keys are borrowed and must live as long as
 * the value: literals. Text is copied, NUL-terminated behind its end; bytes that are not UTF-8
 * become U+FFFD, one for each.
 */
#ifndef LILY_JSON_BUILDER_H
#define LILY_JSON_BUILDER_H

#include "json/value.h"

#define BUILDER_DEPTH 16 /* containers open at one time */

struct builder {
	struct arena *arena;    /* of the value */
	struct member *pending; /* members and items of the open containers, innermost last */
	size_t n_pending;
	size_t capacity;
	struct {
		size_t first; /* of its children in pending */
		bool is_object;
	} open[BUILDER_DEPTH];
	uint32_t depth;
};

#define BUILDER_INIT(where) ((struct builder){.arena = (where)})
#define AUTO_BUILDER __attribute__((cleanup(builder_done)))

/* Releases what building needed; the values stay. */
void builder_done(struct builder *b);

void builder_object(struct builder *b, const char *key);
void builder_array(struct builder *b, const char *key);
void builder_end(struct builder *b);

void builder_add(struct builder *b, const char *key, struct value v);
void builder_null(struct builder *b, const char *key);
void builder_bool(struct builder *b, const char *key, bool truth);
void builder_i64(struct builder *b, const char *key, int64_t number);
void builder_u64(struct builder *b, const char *key, uint64_t number);
void builder_text(struct builder *b, const char *key, struct str s);
void builder_cstr(struct builder *b, const char *key, const char *text);

/* The finished value, in the arena; every container must have ended. */
const struct value *builder_root(const struct builder *b);

#endif
