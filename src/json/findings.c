#include "json/findings.h"

#include "base/memory.h"

#include <stdio.h>

#define PLACES_MAX 8
/* 100 findings in a file of 100 000 names would otherwise cost seconds. */
#define CANDIDATES_MAX 10000
#define QUOTED_MAX 200

void
findings_init(struct findings *findings, struct arena *arena)
{
	*findings = (struct findings){.arena = arena};
}

void
findings_done(struct findings *findings)
{
	free(findings->items);
	findings->items = NULL;
	findings->n = 0;
	findings->capacity = 0;
}

static void
add_place(const struct place *place, struct buf *b)
{
	const struct place *levels[PLACES_MAX];
	size_t n = 0;

	for (; place && n < PLACES_MAX; place = place->outer)
		levels[n++] = place;
	while (n--) {
		if (!levels[n]->noun)
			continue;
		buf_add_cstr(b, levels[n]->noun);
		if (levels[n]->name.n)
			buf_printf(b, " \"%.*s\"", (int)MIN(levels[n]->name.n, QUOTED_MAX),
				levels[n]->name.p);
		buf_add_cstr(b, ": ");
	}
}

/* A message is one line of UTF-8, whatever a file's names and values are and wherever a long one
 * was cut. */
static void
make_printable(struct buf *b)
{
	size_t bad;

	for (size_t i = 0; i < b->n; i++)
		if ((unsigned char)b->p[i] < 0x20 || b->p[i] == 0x7F)
			b->p[i] = ' ';
	while (!str_is_utf8(buf_str(b), &bad))
		b->p[bad] = '?';
}

static void add_finding(struct findings *findings, const struct place *place,
	struct finding finding, const char *format, va_list args) ATTR_PRINTF(4, 0);

static void
add_finding(struct findings *findings, const struct place *place, struct finding finding,
	const char *format, va_list args)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);
	char text[ERR_MESSAGE_SIZE];

	add_place(place, &b);
	(void)vsnprintf(text, sizeof(text), format, args);
	buf_add_cstr(&b, text);
	make_printable(&b);
	finding.message = arena_str(findings->arena, buf_str(&b));
	findings->items = memory_grow(
		findings->items, findings->n, &findings->capacity, sizeof(*findings->items));
	findings->items[findings->n++] = finding;
}

void
finding_error(struct findings *findings, const struct place *place, uint32_t offset,
	const char *format, ...)
{
	va_list args;

	if (findings->errors++ >= FINDINGS_KEPT)
		return;
	va_start(args, format);
	add_finding(findings, place, (struct finding){FINDING_ERROR, offset, STR_EMPTY}, format,
		args);
	va_end(args);
}

void
finding_later(struct findings *findings, const struct place *place, uint32_t offset,
	const char *format, ...)
{
	va_list args;

	findings->later++;
	if (findings->errors++ >= FINDINGS_KEPT)
		return;
	va_start(args, format);
	add_finding(findings, place, (struct finding){FINDING_LATER, offset, STR_EMPTY}, format,
		args);
	va_end(args);
}

void
finding_warning(struct findings *findings, const struct place *place, uint32_t offset,
	const char *format, ...)
{
	va_list args;

	if (findings->warnings++ >= FINDINGS_KEPT)
		return;
	va_start(args, format);
	add_finding(findings, place, (struct finding){FINDING_WARNING, offset, STR_EMPTY},
		format, args);
	va_end(args);
}

/* qsort is not stable; the number keeps the order of discovery at one place. */
struct ordered {
	struct finding finding;
	size_t number;
};

static int
compare_ordered(const void *left, const void *right)
{
	const struct ordered *a = left;
	const struct ordered *b = right;

	if (a->finding.offset != b->finding.offset)
		return a->finding.offset < b->finding.offset ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static void
add_rest(struct findings *findings, size_t all, const char *noun)
{
	struct finding rest = {FINDING_WARNING, SOURCE_NOWHERE, STR_EMPTY};

	if (all <= FINDINGS_KEPT)
		return;
	rest.message = str_of(arena_printf(findings->arena, "and %zu more %s%s",
		all - FINDINGS_KEPT, noun, all - FINDINGS_KEPT == 1 ? "" : "s"));
	findings->items = memory_grow(
		findings->items, findings->n, &findings->capacity, sizeof(*findings->items));
	findings->items[findings->n++] = rest;
}

void
findings_finish(struct findings *findings)
{
	struct ordered *ordered;

	if (findings->n > 1) {
		ordered = memory_new(findings->n, sizeof(*ordered));
		for (size_t i = 0; i < findings->n; i++)
			ordered[i] = (struct ordered){findings->items[i], i};
		qsort(ordered, findings->n, sizeof(*ordered), compare_ordered);
		for (size_t i = 0; i < findings->n; i++)
			findings->items[i] = ordered[i].finding;
		free(ordered);
	}
	add_rest(findings, findings->errors, "error");
	add_rest(findings, findings->warnings, "warning");
}

const char *
finding_suggestion(struct findings *findings, struct str wrong, const struct str *candidates,
	size_t n_candidates)
{
	struct str nearest;

	/* Past what is kept nobody reads it. */
	if (n_candidates > CANDIDATES_MAX || findings->errors >= FINDINGS_KEPT)
		return "";
	nearest = str_nearest(wrong, candidates, n_candidates);
	if (!nearest.n)
		return "";
	return arena_printf(findings->arena, "; did you mean \"%.*s\"?", STR_ARG(nearest));
}

void
findings_show_errors(const struct findings *findings, const struct source *source,
	enum findings_kind kind, struct buf *b, size_t *shown)
{
	for (size_t i = 0; i < findings->n && *shown < FINDINGS_SHOWN; i++) {
		const struct finding *f = &findings->items[i];
		size_t before = b->n;

		if (!finding_is_error(f) || (kind == FINDINGS_OWN && f->level == FINDING_LATER))
			continue;
		source_describe(source, f->offset, f->message, b);
		if (b->n && b->p[b->n - 1] != '\n')
			buf_add_char(b, '\n');
		/* Room for the last line; the first one is shown in any case. */
		if (*shown && b->n > ERR_MESSAGE_SIZE - 64) {
			b->n = before;
			return;
		}
		(*shown)++;
	}
}

int
findings_refuse(struct buf *b, size_t errors, size_t shown, const char *remedy, struct err *err)
{
	if (errors > shown)
		buf_printf(b, "and %zu more error%s: %s", errors - shown,
			errors - shown == 1 ? "" : "s", remedy);
	while (b->n && b->p[b->n - 1] == '\n')
		b->n--;
	if (b->n >= ERR_MESSAGE_SIZE)
		for (b->n = ERR_MESSAGE_SIZE - 1; !str_is_utf8(buf_str(b), NULL);)
			b->n--;
	return err_set(err, ERR_INVALID, "%.*s", STR_ARG(buf_str(b)));
}
