/*
 * bench-json: how fast JSON is read, against cJSON and jansson, in one run.
 *
 *	bench-json [ROUNDS] [FOLDER]
 *
 * Two documents of about 5 MB: the tables of Debian's iso-codes (FOLDER, by default
 * /usr/share/iso-codes/json) one after the other until that size is reached, and a made one of
 * records with numbers, short texts, escapes and nesting. Each round reads the document once with
 * each reader, in turn, so that whatever else the machine does meets all of them; the time counts
 * from text to tree and the release of the tree. The ratio is taken within a round.
 */
#include "json/json.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>

#define DOCUMENT_BYTES ((size_t)5 << 20)
#define DOCUMENT_MAX ((size_t)16 << 20)
#define ROUNDS 15
#define ROUNDS_MAX 10000

static bool
read_by_lily(struct str text, unsigned flags)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct source source = {"bench", text};
	const struct value *v;
	struct err err = ERR_INIT;

	return json_parse(&arena, &source, flags, NULL, &v, &err) == 0;
}

static bool
read_copying(struct str text)
{
	return read_by_lily(text, 0);
}

/* As lily reads its own files: in place, duplicate keys refused. */
static bool
read_strictly(struct str text)
{
	return read_by_lily(text, JSON_BORROW_TEXT | JSON_UNIQUE_KEYS);
}

static bool
read_by_cjson(struct str text)
{
	cJSON *root = cJSON_ParseWithLength(text.p, text.n);

	cJSON_Delete(root);
	return root != NULL;
}

static bool
read_by_jansson(struct str text)
{
	json_error_t error;
	json_t *root = json_loadb(text.p, text.n, 0, &error);

	json_decref(root);
	return root != NULL;
}

static const struct reader {
	const char *name;
	bool (*read)(struct str text);
} readers[] = {
	{"lily", read_copying},
	{"lily, in place, unique keys", read_strictly},
	{"cJSON", read_by_cjson},
	{"jansson", read_by_jansson},
};

#define READERS ARRAY_SIZE(readers)
#define BASELINE 2 /* cJSON */

struct series {
	double *values;
	size_t n;
};

static int
compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

static void
print_spread(struct series *series, int width, int digits)
{
	qsort(series->values, series->n, sizeof(*series->values), compare_doubles);
	(void)printf("%*.*f%8.*f%8.*f", width, digits, series->values[0], digits,
		series->values[series->n / 2], digits, series->values[series->n - 1]);
}

/* Seconds of one reading; ends the program where it fails. */
static double
time_reading(const struct reader *reader, struct str text)
{
	int64_t start = clock_boot_us();

	if (!reader->read(text)) {
		(void)fprintf(stderr, "%s cannot read the document\n", reader->name);
		exit(1);
	}
	return (double)MAX(clock_boot_us() - start, 1) / 1e6;
}

static void
measure(const char *name, struct str text, size_t rounds)
{
	struct series speeds[READERS];
	struct series ratios[READERS];

	for (size_t i = 0; i < READERS; i++) {
		speeds[i] = (struct series){memory_new(rounds, sizeof(double)), rounds};
		ratios[i] = (struct series){memory_new(rounds, sizeof(double)), rounds};
	}
	for (size_t round = 0; round < rounds; round++) {
		double seconds[READERS];

		for (size_t i = 0; i < READERS; i++)
			seconds[i] = time_reading(&readers[i], text);
		for (size_t i = 0; i < READERS; i++) {
			speeds[i].values[round] = (double)text.n / 1e6 / seconds[i];
			ratios[i].values[round] = seconds[BASELINE] / seconds[i];
		}
	}
	(void)printf("%s, %zu bytes, %zu rounds\n%-30s%10s%8s%8s%14s%8s%8s\n", name, text.n,
		rounds, "", "MB/s: min", "median", "max", "x cJSON: min", "median", "max");
	for (size_t i = 0; i < READERS; i++) {
		(void)printf("%-30s", readers[i].name);
		print_spread(&speeds[i], 10, 0);
		print_spread(&ratios[i], 14, 2);
		(void)putchar('\n');
		free(speeds[i].values);
		free(ratios[i].values);
	}
}

/* The tables of a folder as the items of one array; false where there are none. */
static bool
add_tables(struct buf *b, const char *folder)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str *names;
	size_t n;
	size_t added = 0;

	if (dir_list(AT_FDCWD, folder, &arena, &names, &n, &err) < 0)
		return false;
	do {
		for (size_t i = 0; i < n; i++) {
			const char *path =
				path_join(&arena, folder, arena_cstr(&arena, names[i]));

			if (!str_starts(names[i], STR("iso_")))
				continue;
			buf_add_char(b, added++ ? ',' : '[');
			if (file_read(AT_FDCWD, path, b, &err) < 0)
				return false;
		}
	} while (added && b->n < DOCUMENT_BYTES);
	buf_add_char(b, ']');
	return added > 0 && !b->overflowed;
}

static void
add_records(struct buf *b)
{
	uint32_t random = 1;

	for (unsigned i = 0; b->n < DOCUMENT_BYTES; i++) {
		random = random * 1664525 + 1013904223;
		buf_printf(b,
			"%c{\"id\":%u,\"name\":\"record %u\",\"price\":%u.%02u,\"ratio\":%.17g,"
			"\"tags\":[\"a\",\"longer tag\",\"%x\"],\"ok\":%s,\"none\":null,"
			"\"text\":\"a line\\nand \\\"quotes\\\" in it, café, 東京\","
			"\"place\":{\"x\":-%u,\"y\":%u,\"in\":{\"deep\":[[%u],[]]}}}",
			i ? ',' : '[', i, random % 1000, random % 10000, random % 100,
			(double)random / 4294967296.0, random, random & 1 ? "true" : "false",
			random >> 20, random >> 12, i);
	}
	buf_add_char(b, ']');
}

int
main(int argc, char **argv)
{
	AUTO_BUF struct buf tables = BUF_INIT(DOCUMENT_MAX);
	AUTO_BUF struct buf records = BUF_INIT(DOCUMENT_MAX);
	const char *folder = argc > 2 ? argv[2] : "/usr/share/iso-codes/json";
	uint64_t rounds = ROUNDS;

	if (argc > 1 && (!str_to_u64(str_of(argv[1]), ROUNDS_MAX, &rounds) || !rounds)) {
		(void)fprintf(stderr, "usage: bench-json [ROUNDS] [FOLDER]\n");
		return 2;
	}
	if (add_tables(&tables, folder))
		measure("iso-codes tables", buf_str(&tables), rounds);
	else
		(void)printf("%s has no tables; install iso-codes\n", folder);
	add_records(&records);
	measure("made records", buf_str(&records), rounds);
	return 0;
}
