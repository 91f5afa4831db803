/*
 * unit: how a report is kept.
 *
 * Units stand in one array, parents before children. While a schema is explained, its unit is open;
 * when it is closed, what came to nothing is dropped from the end: annotations below a schema that
 * failed, errors below one that did not. Text lies in one buffer.
 *
 * A report that is full opens no further units, but closes those that are open: what was found first
 * stays, with all that it is part of. What is dropped makes room again.
 */
#ifndef LILY_CONTRACT_UNIT_H
#define LILY_CONTRACT_UNIT_H

#include "contract/report.h"
#include "contract/schema_handle.h"

/* A piece of text in the report's buffer. */
struct piece {
	uint32_t at;
	uint32_t n;
};

struct unit {
	uint32_t level;
	uint8_t keyword; /* KEYWORD_N: unknown, or a schema itself */
	bool is_valid;
	bool is_schema;
	bool is_whole;  /* the message says all that there is to say */
	uint8_t kinds;  /* that "type" allows, a mask */
	bool is_hidden; /* from people: in a branch that was not the nearest */
	uint32_t node;  /* of the schema that has the keyword */
	struct piece keyword_location;
	struct piece instance_location;
	struct piece message; /* n is 0 where there is none */
	uint64_t distance;    /* of what failed, from what would not have; less is nearer */
	const struct value *value;
	const struct value *annotation; /* NULL where there is none */
	struct str name;                /* of the keyword; of a schema empty */
};

struct report {
	const struct schema *schema;
	const struct value *value;
	struct arena arena; /* of annotations that had to be made */
	struct buf text;
	struct unit *units;
	size_t n;
	size_t capacity;
	size_t allowed;
	bool is_valid;
	bool is_cut; /* something was left out that would have been part of it */
};

/* How far a report has come. */
struct report_mark {
	size_t n;
	size_t text;
	bool is_cut;
};

/* A step on the way through the schema or the value, on the stack of whoever took it. */
struct place {
	const struct place *outer;
	struct str text;
	uint32_t index; /* where text.p is NULL */
};

/* Whether there is no room for one more. */
bool unit_is_full(const struct report *report);

/* Opens a unit at the given level; returns where it stands, for unit_close, or SIZE_MAX where the
 * report is full. */
size_t unit_open(struct report *report, uint32_t level);

/* Ends it: fills it in where it has a message, an annotation or children that stay; drops it
 * otherwise. */
void unit_close(struct report *report, size_t at, const struct unit *unit,
	const struct place *path, const struct place *where);

/* Keeps below `at` only what is valid, or only what is not. */
void unit_filter(struct report *report, size_t at, bool keep_valid);

struct report_mark unit_mark(const struct report *report);
/* Drops all that was added since, with its text. */
void unit_drop(struct report *report, struct report_mark mark);

/* Keeps a message, while it has a unit to belong to. */
struct piece unit_message(struct report *report, struct str text);

/* Index behind the unit and all below it. */
size_t unit_end(const struct report *report, size_t at);

/* Of the branches below the unit of "anyOf" or "oneOf" the nearest, or 0 where there are none. */
size_t unit_nearest(const struct report *report, size_t at);

/* Marks what people need not see. */
void unit_hide(struct report *report);

static inline struct str
piece_str(const struct report *report, struct piece piece)
{
	return (struct str){report->text.p ? report->text.p + piece.at : "", piece.n};
}

#endif
