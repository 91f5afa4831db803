#include "contract/fault.h"

#include "json/builder.h"
#include "json/json.h"

#include <stdio.h>

static struct str
keep(struct arena *arena, struct str text)
{
	size_t n = FAULT_TEXT_MAX;

	if (!text.p || text.n <= FAULT_TEXT_MAX)
		return text.p ? arena_str(arena, text) : text;
	/* Not within a character. */
	while (n && (text.p[n] & 0xC0) == 0x80)
		n--;
	return str_of(arena_printf(arena, "%.*s…", (int)n, text.p));
}

bool
faults_are_full(const struct faults *faults)
{
	return faults->n == FAULTS_KEPT;
}

void
faults_add(struct faults *faults, const struct fault *fault)
{
	struct fault *kept;

	if (!faults->items)
		faults->items = ARENA_ARRAY(faults->arena, FAULTS_KEPT, struct fault);
	if (faults->n == FAULTS_KEPT) {
		faults->more++;
		return;
	}
	kept = &faults->items[faults->n++];
	*kept = *fault;
	kept->name = keep(faults->arena, fault->name);
	kept->file = keep(faults->arena, fault->file);
	kept->instance = keep(faults->arena, fault->instance);
	kept->keyword = keep(faults->arena, fault->keyword);
	kept->message = keep(faults->arena, fault->message);
}

void
faults_join(struct faults *faults, const struct faults *other)
{
	for (size_t i = 0; i < other->n; i++)
		faults_add(faults, &other->items[i]);
	faults->more += other->more;
}

static const char *
port_name(enum fault_port port)
{
	return port == FAULT_INPUT ? "input" : "output";
}

static void
add_place(const struct fault *fault, struct buf *b)
{
	buf_add_str(b, fault->file);
	buf_printf(b, ":%u:%u", fault->line, fault->column);
}

void
fault_describe(const struct fault *fault, struct buf *b)
{
	buf_printf(b, "%s %.*s", port_name(fault->port), STR_ARG(fault->name));
	if (fault->line) {
		buf_add_cstr(b, ": ");
		add_place(fault, b);
		buf_add_char(b, ':');
	} else if (fault->instance.n) {
		buf_printf(b, ": %.*s:", (int)MIN(fault->instance.n, 200), fault->instance.p);
	} else {
		buf_add_char(b, ':');
	}
	buf_add_char(b, ' ');
	buf_add_str(b, fault->message);
}

const char *
faults_summary(const struct faults *faults, size_t room, struct arena *arena)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);
	size_t shown = 0;
	size_t all = faults->n + faults->more;

	while (shown < faults->n) {
		size_t before = b.n;

		if (shown)
			buf_add_cstr(&b, "; ");
		fault_describe(&faults->items[shown], &b);
		/* The first one is shown in any case. */
		if (shown && b.n + sizeof("; and 18446744073709551615 more") > room) {
			b.n = before;
			break;
		}
		shown++;
	}
	if (all > shown)
		buf_printf(&b, "; and %zu more", all - shown);
	return arena_cstr(arena, buf_str(&b));
}

static void
add_optional(struct builder *b, const char *key, struct str text)
{
	if (text.p)
		builder_text(b, key, text);
	else
		builder_null(b, key);
}

static void
add_fault(struct builder *b, const struct fault *fault)
{
	AUTO_BUF struct buf at = BUF_INIT((size_t)1 << 16);

	builder_object(b, NULL);
	builder_text(b, port_name(fault->port), fault->name);
	add_optional(b, "instance", fault->instance);
	add_optional(b, "keyword", fault->keyword);
	if (fault->line) {
		add_place(fault, &at);
		builder_text(b, "at", buf_str(&at));
		builder_u64(b, "line", fault->line);
		builder_u64(b, "column", fault->column);
	} else {
		builder_null(b, "at");
		builder_null(b, "line");
		builder_null(b, "column");
	}
	builder_text(b, "message", fault->message);
	builder_end(b);
}

void
faults_write(const struct faults *faults, struct buf *b)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUILDER struct builder list = BUILDER_INIT(&arena);
	char more[80];

	builder_array(&list, NULL);
	for (size_t i = 0; i < faults->n; i++)
		add_fault(&list, &faults->items[i]);
	if (faults->more) {
		(void)snprintf(more, sizeof(more), "%zu more are left out", faults->more);
		builder_object(&list, NULL);
		builder_cstr(&list, "message", more);
		builder_end(&list);
	}
	builder_end(&list);
	(void)json_canonical(builder_root(&list), JSON_NUMBERS_EXACT, b, NULL);
	buf_add_char(b, '\n');
}
