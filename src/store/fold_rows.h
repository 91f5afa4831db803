/*
 * fold_rows: the rows that a fold has in memory, between their reading and their writing.
 *
 * A row is looked for in memory, then in its table. All rows live until fold_rows_flush.
 */
#ifndef LILY_STORE_FOLD_ROWS_H
#define LILY_STORE_FOLD_ROWS_H

#include "base/map.h"
#include "store/fold.h"

/* The first bytes of every row, without padding: its key in the map. */
struct fold_key {
	uint32_t table; /* enum fold_table */
	uint32_t a;     /* step or number, 0 for a run */
	int64_t run;
};

enum fold_table { FOLD_RUNS, FOLD_VISITS, FOLD_ATTEMPTS, FOLD_TABLES };

struct fold_run_row {
	struct fold_key key;
	struct fold_run run;
};

struct fold_visit {
	struct fold_key key; /* run, step */
	bool stored;         /* the table has it, the state counts in the run */
	int64_t number;      /* which visit of the step it is, from 1: the newest */
	bool is_next;        /* the table has it under the number before */
	enum row_visit state;
	int64_t attempts;
	int64_t until_us, due_us;
	struct str by, boot; /* empty: NULL */
	struct str name;
	struct uuid origin;     /* adopted: the run, */
	int64_t origin_attempt; /* and its attempt; 0: not adopted */
	int64_t since;
};

enum { FOLD_TIMED_OUT = 1, FOLD_OUT_OF_MEMORY = 2, FOLD_TOLERATED = 4 };

struct fold_attempt {
	struct fold_key key; /* run, number */
	bool is_new;         /* the table does not have it */
	int64_t step, visit, try_number;
	enum row_attempt state;
	int64_t event;
	int64_t submitted_us, started_us, ended_us;
	int64_t pid;
	bool has_exit;
	int64_t exit_code;
	int64_t signal;
	int64_t flags;
	int64_t cpu_us, rss_kib;
	int64_t log; /* number of the object, or 0 */
	int64_t log_size, stdout_size, stderr_size;
	struct str class, message; /* empty: NULL */
};

enum fold_statement {
	FOLD_GET_RUN,
	FOLD_PUT_RUN,
	FOLD_GET_VISIT,
	FOLD_PUT_VISIT,
	FOLD_NEXT_VISIT,
	FOLD_GET_ATTEMPT,
	FOLD_PUT_ATTEMPT,
	FOLD_ADD_ATTEMPT,
	FOLD_STATEMENTS,
};

struct fold_rows {
	sqlite3_stmt *statements[FOLD_STATEMENTS];
	struct arena arena; /* rows and their text */
	struct fold_key **rows;
	size_t n, capacity;
	struct map by_key;
	struct fold_run_row *last_run; /* mostly the one asked for */
};

int fold_rows_init(struct fold_rows *rows, sqlite3 *db, struct err *err);
void fold_rows_done(struct fold_rows *rows);

/* ERR_NOT_FOUND where there is no such run, ERR_INVALID where there is no such attempt. */
int fold_rows_run(
	struct fold_rows *rows, int64_t run, struct fold_run **ret_run, struct err *err);
int fold_rows_attempt(struct fold_rows *rows, int64_t run, uint32_t number,
	struct fold_attempt **ret_attempt, struct err *err);

/* The newest visit of a step; one that is in neither place is the first, with stored = false. */
int fold_rows_visit(struct fold_rows *rows, int64_t run, uint32_t step,
	struct fold_visit **ret_visit, struct err *err);

/* A new row, zeroed; ERR_INVALID, at the latest by fold_rows_flush, where there is one. */
int fold_rows_new_attempt(struct fold_rows *rows, int64_t run, uint32_t number,
	struct fold_attempt **ret_attempt, struct err *err);

/* Writes all rows and forgets them. */
int fold_rows_flush(struct fold_rows *rows, struct err *err);

#endif
