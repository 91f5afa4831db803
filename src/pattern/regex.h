/*
 * regex: a regular expression of ECMA-262 (2024 edition, flag "u", without Annex B) as a tree.
 *
 * A container (group, look) has a sequence for each of its alternatives; a sequence has terms; a
 * repeat has one term. The root is a group that captures nothing. Classes and escapes are resolved
 * to sets of characters; flags inside groups and names that two alternatives share, both younger
 * than that edition, are refused. Nothing here knows how an expression is matched.
 */
#ifndef LILY_PATTERN_REGEX_H
#define LILY_PATTERN_REGEX_H

#include "base/err.h"
#include "pattern/code_set.h"

#define REGEX_TEXT_MAX ((size_t)64 << 10)
#define REGEX_DEPTH_MAX 200
#define REGEX_FOREVER UINT32_MAX

enum regex_kind {
	REGEX_GROUP,
	REGEX_LOOK,
	REGEX_SEQUENCE,
	REGEX_REPEAT,
	REGEX_CHAR,
	REGEX_SET,
	REGEX_START, /* ^ */
	REGEX_END,   /* $ */
	REGEX_BOUNDARY,
	REGEX_REFERENCE,
};

/* One \p{…} of a class, by PCRE2's name of it. */
struct regex_property {
	const char *name;
	bool negated;
	const struct regex_property *next;
};

struct regex_set {
	struct code_set codes; /* settled */
	const struct regex_property *properties;
	bool negated; /* only where there are properties: else codes is complemented already */
};

struct regex_node {
	enum regex_kind kind;
	bool consumes;   /* every match takes at least one character */
	bool negated;    /* look, boundary */
	bool behind;     /* look */
	bool lazy;       /* repeat */
	bool referenced; /* group: a reference needs what it captured */
	bool empty;      /* reference: to a group that can have captured nothing yet */
	uint32_t at;     /* byte in the text where it begins */
	uint32_t size;   /* characters, sets and so on in it, each as often as it is counted */
	uint32_t min;    /* repeat */
	uint32_t max;    /* repeat; REGEX_FOREVER */
	union {
		uint32_t code;               /* char */
		uint32_t number;             /* group, reference; 0 captures nothing */
		const struct regex_set *set; /* set */
	};
	struct regex_node *parent;
	struct regex_node *first;
	struct regex_node *last;
	struct regex_node *previous;
	struct regex_node *next;
	struct regex_node *next_reference; /* reference */
	struct str name;                   /* reference by name */
};

struct regex {
	struct str text;
	struct regex_node *root;
	struct regex_node **groups; /* by number; [0] is the root */
	uint32_t n_groups;          /* the root counted */
	struct regex_node *references;
	bool has_look;
	bool has_boundary;
	bool has_property;
};

/* All in the arena, text (UTF-8) borrowed. ERR_INVALID, ERR_LIMIT (too long, too deep). */
int regex_parse(struct arena *arena, struct str text, struct regex *ret_regex, struct err *err);

/* The tree without recursion: each node is met on the way down, with leaving false, and again on
 * the way up. false after the root was left. Begin with REGEX_WALK(root). */
struct regex_walk {
	const struct regex_node *root;
	const struct regex_node *node;
	bool leaving;
};

#define REGEX_WALK(top) ((struct regex_walk){(top), NULL, false})

bool regex_walk_next(struct regex_walk *walk);

/* "character N: MESSAGE", the first being 1; at counts bytes of the text. Returns code. */
int regex_error(struct str text, size_t at, int code, struct err *err, const char *format, ...)
	ATTR_PRINTF(5, 6);

#endif
