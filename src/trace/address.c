#include "trace/address.h"

#include "store/stats.h"

#define PREFIX_MIN 6
#define CHOICES_SHOWN 4

static int
refuse(struct str text, const char *why, struct err *err)
{
	return err_set(err, ERR_INVALID,
		"\"%.*s\" names no artifact: %s; it is RUN:N, [RUN/]STEP.OUT or sha256:HEX",
		STR_ARG(text), why);
}

/* --- sha256:HEX --- */

static bool
is_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}

static struct str
lower(struct arena *arena, struct str s)
{
	char *text = arena_bytes(arena, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		text[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'F' ? s.p[i] + 32 : s.p[i]);
	text[s.n] = '\0';
	return (struct str){text, s.n};
}

static int
refuse_several(struct str hex, const struct artifact_row *rows, size_t n, struct err *err)
{
	char digest[DIGEST_HEX_SIZE];
	AUTO_BUF struct buf list = BUF_INIT(CHOICES_SHOWN * 24);

	for (size_t i = 0; i < n && i < CHOICES_SHOWN; i++)
		buf_printf(&list, "%s%.12s…", i ? ", " : "",
			digest_to_hex(&rows[i].digest, digest));
	return err_set(err, ERR_INVALID, "several artifacts begin with sha256:%.*s: %s%s",
		STR_ARG(hex), buf_cstr(&list), n > CHOICES_SHOWN ? ", …" : "");
}

static int
by_digest(struct store *store, struct str text, struct arena *arena,
	struct artifact_row *ret_row, struct err *err)
{
	struct str hex = lower(arena, (struct str){text.p + 7, text.n - 7});
	struct artifact_row *rows;
	size_t n;
	int r;

	if (!is_hex(hex) || hex.n < PREFIX_MIN || hex.n > DIGEST_HEX_SIZE - 1)
		return refuse(text, "sha256: is followed by 6 to 64 hex digits", err);
	r = stats_artifacts_by_digest(store, hex, CHOICES_SHOWN + 1, arena, &rows, &n, err);
	if (r < 0)
		return r;
	if (!n)
		return err_set(err, ERR_NOT_FOUND, "there is no artifact %.*s", STR_ARG(text));
	if (n > 1)
		return refuse_several(hex, rows, n, err);
	*ret_row = rows[0];
	return 0;
}

/* --- RUN:N --- */

/* Whether text is "…:N". */
static bool
is_numbered(struct str text, struct str *ret_run, uint32_t *ret_number)
{
	size_t colon = text.n;
	uint64_t number;

	while (colon && text.p[colon - 1] != ':')
		colon--;
	if (!colon ||
		!str_to_u64((struct str){text.p + colon, text.n - colon}, UINT32_MAX, &number))
		return false;
	*ret_run = (struct str){text.p, colon - 1};
	*ret_number = (uint32_t)number;
	return true;
}

static int
by_number(struct store *store, struct str run, uint32_t number, struct arena *arena,
	struct artifact_row *ret_row, struct err *err)
{
	struct run_row row;
	int r = run_find(store, run, arena, &row, err);

	if (r < 0)
		return r;
	return artifact_find(store, row.number, number, arena, ret_row, err);
}

/* --- [RUN/]STEP.OUT --- */

/* One way to read a name: this step of this run, then every dot as the one before the output. */
struct reading {
	struct store *store;
	struct arena *arena;
	struct artifact_row found;
	bool is_found;
	bool is_ambiguous;
};

static int
try_split(struct reading *reading, int64_t run, struct str step, struct str output,
	struct err *err)
{
	struct artifact_filter filter = {.run = run, .producer = step, .name = output};
	struct artifact_row *rows;
	size_t n;
	int r = artifact_list(reading->store, &filter, reading->arena, &rows, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (!str_is(rows[i].role, "output"))
			continue;
		if (reading->is_found &&
			(reading->found.run != rows[i].run ||
				!str_equal(reading->found.producer, rows[i].producer)))
			reading->is_ambiguous = true;
		/* Within a step the newest is the one that counts. */
		reading->found = rows[i];
		reading->is_found = true;
	}
	return r;
}

static int
try_run(struct reading *reading, int64_t run, struct str path, struct err *err)
{
	int r = 0;

	for (size_t i = 1; r == 0 && i + 1 < path.n; i++)
		if (path.p[i] == '.')
			r = try_split(reading, run, (struct str){path.p, i},
				(struct str){path.p + i + 1, path.n - i - 1}, err);
	return r;
}

/* A group of steps may be what stands before the slash instead. */
static bool
is_run_like(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[0] != '@' && s.p[i] != '-' && !is_hex((struct str){s.p + i, 1}))
			return false;
	return s.n > 0;
}

/* The part before the first slash as a run: 1, or 0 where it is none. */
static int
run_before_slash(struct store *store, struct str text, struct arena *arena,
	struct run_row *ret_run, struct str *ret_path, struct err *err)
{
	struct err none = ERR_INIT;
	struct str path;
	struct str head = str_cut(text, '/', &path);
	int r;

	if (!path.p || !is_run_like(head))
		return 0;
	r = run_find(store, head, arena, ret_run, &none);
	if (r == 0) {
		*ret_path = path;
		return 1;
	}
	if (r == ERR_NOT_FOUND)
		return 0;
	if (err)
		*err = none;
	return r;
}

static int
by_name(struct store *store, struct str text, struct arena *arena, struct artifact_row *ret_row,
	struct err *err)
{
	struct reading reading = {.store = store, .arena = arena};
	struct run_row run = {0};
	struct str path = text;
	int named = run_before_slash(store, text, arena, &run, &path, err);
	int r = named < 0 ? named : 0;

	if (r == 0 && !named)
		r = run_find(store, STR("@last"), arena, &run, err);
	if (r == 0)
		r = try_run(&reading, run.number, path, err);
	if (r < 0)
		return r;
	if (reading.is_ambiguous)
		return err_set(err, ERR_INVALID,
			"\"%.*s\" can be read as outputs of different steps; name the artifact "
			"by "
			"its id, RUN:N",
			STR_ARG(text));
	if (!reading.is_found) {
		char id[UUID_TEXT_SIZE];

		return err_set(err, ERR_NOT_FOUND, "run %s has no accepted output \"%.*s\"",
			uuid_to_text(&run.id, id), STR_ARG(path));
	}
	*ret_row = reading.found;
	return 0;
}

int
address_artifact(struct store *store, struct str text, struct arena *arena,
	struct artifact_row *ret_row, struct err *err)
{
	struct str run;
	uint32_t number;

	if (!text.n)
		return refuse(text, "it is empty", err);
	if (str_starts(text, STR("sha256:")))
		return by_digest(store, text, arena, ret_row, err);
	if (is_numbered(text, &run, &number))
		return by_number(store, run, number, arena, ret_row, err);
	if (str_find(text, '.') < 0)
		return refuse(text, "there is neither a colon nor a dot in it", err);
	return by_name(store, text, arena, ret_row, err);
}

int
address_bytes(
	struct store *store, struct str text, struct address_bytes *ret_bytes, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err first = ERR_INIT;
	struct artifact_row row;
	struct digest digest;
	int r = address_artifact(store, text, &arena, &row, &first);

	if (r == 0) {
		*ret_bytes = (struct address_bytes){row.digest, str_is(row.kind, "dir")};
		return 0;
	}
	if (r == ERR_NOT_FOUND && str_starts(text, STR("sha256:")) &&
		digest_parse(text, &digest)) {
		*ret_bytes = (struct address_bytes){digest, false};
		return 0;
	}
	if (err)
		*err = first;
	return r;
}
