#include "graph/layout_line.h"

#include "base/memory.h"

#include <yaml.h>

#define STEP 2
#define COLUMNS_KEPT 256

enum line_kind {
	LINE_UNTOUCHED, /* blank or a comment: no token is on it */
	LINE_CONTENT,   /* indent says where its first token goes */
	LINE_PLAIN,     /* goes on with a text without quotes */
	LINE_QUOTED,    /* goes on with a quoted text */
	LINE_BLOCK,     /* within a block scalar */
	LINE_FLOW,      /* goes on with { } or [ ] */
};

struct line {
	struct str text; /* without its indentation and line end */
	size_t old;      /* indentation */
	size_t indent;   /* the new one */
	uint32_t dashes; /* "- - x": list entries that begin on it */
	enum line_kind kind;
	bool keep_end; /* blanks at its end are content, and so is its being empty */
};

/* A block collection that is open. */
struct level {
	size_t old;
	size_t indent;
	bool is_list;
	bool is_flush; /* a list as far left as the keys of its map: no token opens it */
};

struct layouter {
	struct line *lines;
	size_t n_lines;
	size_t line_capacity;
	struct level *levels;
	size_t n_levels;
	size_t level_capacity;
	size_t flow_line; /* where the outermost open { or [ stands */
	size_t flow;      /* how many are open */
};

static void
split_lines(struct layouter *l, struct str text)
{
	if (str_starts(text, STR("\xEF\xBB\xBF")))
		text = (struct str){text.p + 3, text.n - 3};
	while (text.n) {
		struct str line = str_cut(text, '\n', &text);
		size_t old = 0;

		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		while (old < line.n && line.p[old] == ' ')
			old++;
		l->lines =
			memory_grow(l->lines, l->n_lines, &l->line_capacity, sizeof(*l->lines));
		l->lines[l->n_lines++] = (struct line){
			.text = {line.p + old, line.n - old}, .old = old, .indent = old};
	}
}

static bool
is_blank(const struct line *line)
{
	return !str_trim(line->text).n;
}

static size_t
inner_indent(const struct layouter *l)
{
	return l->n_levels ? l->levels[l->n_levels - 1].indent + STEP : 0;
}

static void
push(struct layouter *l, size_t old, bool is_list, bool is_flush)
{
	struct level level = {old, inner_indent(l), is_list, is_flush};

	l->levels = memory_grow(l->levels, l->n_levels, &l->level_capacity, sizeof(*l->levels));
	l->levels[l->n_levels++] = level;
}

/* Gives a line its indentation by the first token on it. */
static void
settle(struct layouter *l, size_t number, size_t indent)
{
	struct line *line;

	if (number >= l->n_lines)
		return;
	line = &l->lines[number];
	if (line->kind != LINE_UNTOUCHED)
		return;
	line->kind = LINE_CONTENT;
	line->indent = indent;
}

static size_t
shifted(const struct line *first, const struct line *line)
{
	size_t moved = line->old + first->indent;

	return moved > first->old ? moved - first->old : 0;
}

/* Lines of a text that began further up. */
static void
continue_text(struct layouter *l, size_t first, size_t last, bool quoted)
{
	if (quoted && last > first && first < l->n_lines)
		l->lines[first].keep_end = true;
	for (size_t i = first + 1; i <= last && i < l->n_lines; i++) {
		struct line *line = &l->lines[i];

		line->kind = quoted ? LINE_QUOTED : LINE_PLAIN;
		line->keep_end = true;
		if (is_blank(line)) {
			line->text.n = 0;
			line->indent = 0;
		} else if (quoted) {
			line->indent = MAX(shifted(&l->lines[first], line), inner_indent(l));
		} else {
			line->indent = inner_indent(l);
			line->keep_end = false;
		}
	}
}

/* "|2-": the digit, 0 where the indentation is that of the first line; *ret_keeps for "+". */
static size_t
read_block_header(const struct line *line, size_t column, bool *ret_keeps)
{
	size_t at = column - line->old;
	size_t digit = 0;

	*ret_keeps = false;
	for (at++; at < line->text.n; at++) {
		char c = line->text.p[at];

		if (c >= '1' && c <= '9')
			digit = (size_t)(c - '0');
		else if (c == '+')
			*ret_keeps = true;
		else if (c != '-')
			break;
	}
	return digit;
}

static size_t
first_indentation(const struct layouter *l, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		if (!is_blank(&l->lines[i]))
			return l->lines[i].old;
	/* Nothing but blanks: the longest decides (YAML 1.2, 8.1.1.1). */
	return SIZE_MAX;
}

static void
lay_block(struct layouter *l, const yaml_token_t *token)
{
	size_t first = token->start_mark.line + 1;
	size_t end = token->end_mark.line + (token->end_mark.column > 0);
	size_t from = l->n_levels ? l->levels[l->n_levels - 1].old : 0;
	size_t to = l->n_levels ? l->levels[l->n_levels - 1].indent : 0;
	size_t digit;
	size_t base;
	bool keeps;

	end = MIN(end, l->n_lines);
	digit = read_block_header(&l->lines[first - 1], token->start_mark.column, &keeps);
	base = digit ? from + digit : first_indentation(l, first, end);
	/* At the root, too, a block's lines stand further in than nothing. */
	to = digit ? to + digit : MAX(inner_indent(l), STEP);
	while (!keeps && end > first && is_blank(&l->lines[end - 1]) &&
		l->lines[end - 1].old + l->lines[end - 1].text.n <= base)
		end--;
	for (size_t i = first; i < end; i++) {
		struct line *line = &l->lines[i];
		bool inside = line->old >= base;

		line->kind = LINE_BLOCK;
		line->keep_end = true;
		line->indent = inside ? line->old - base + to : 0;
		if (is_blank(line) && line->old + line->text.n <= base)
			line->indent = 0;
	}
}

static void
lay_scalar(struct layouter *l, const yaml_token_t *token)
{
	size_t first = token->start_mark.line;
	yaml_scalar_style_t style = token->data.scalar.style;

	settle(l, first, inner_indent(l));
	if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE)
		lay_block(l, token);
	else
		continue_text(l, first, token->end_mark.line, style != YAML_PLAIN_SCALAR_STYLE);
	if (style != YAML_PLAIN_SCALAR_STYLE && token->end_mark.line > first &&
		token->end_mark.line < l->n_lines)
		l->lines[token->end_mark.line].keep_end =
			l->lines[token->end_mark.line].kind == LINE_BLOCK;
}

static void
close_flow(struct layouter *l, size_t last)
{
	const struct line *first = &l->lines[l->flow_line];

	if (--l->flow)
		return;
	for (size_t i = l->flow_line + 1; i <= last && i < l->n_lines; i++) {
		struct line *line = &l->lines[i];

		if (!line->text.n)
			continue;
		line->indent = shifted(first, line);
		if (line->kind == LINE_UNTOUCHED || line->kind == LINE_CONTENT)
			line->kind = LINE_FLOW;
	}
}

static void
lay_entry(struct layouter *l, size_t number, size_t column)
{
	const struct level *top = l->n_levels ? &l->levels[l->n_levels - 1] : NULL;

	if (top && !top->is_list)
		push(l, column, true, true);
	if (l->n_levels)
		settle(l, number, l->levels[l->n_levels - 1].indent);
	l->lines[number].dashes++;
}

static void
lay_key(struct layouter *l, size_t number)
{
	if (l->n_levels && l->levels[l->n_levels - 1].is_flush)
		l->n_levels--;
	settle(l, number, l->n_levels ? l->levels[l->n_levels - 1].indent : 0);
}

static void
close_block(struct layouter *l)
{
	if (l->n_levels && l->levels[l->n_levels - 1].is_flush)
		l->n_levels--;
	if (l->n_levels)
		l->n_levels--;
}

/* Within { } and [ ] only texts over several lines matter. */
static void
lay_flow_token(struct layouter *l, const yaml_token_t *token)
{
	switch ((int)token->type) {
	case YAML_FLOW_SEQUENCE_START_TOKEN:
	case YAML_FLOW_MAPPING_START_TOKEN: l->flow++; break;
	case YAML_FLOW_SEQUENCE_END_TOKEN:
	case YAML_FLOW_MAPPING_END_TOKEN: close_flow(l, token->end_mark.line); break;
	case YAML_SCALAR_TOKEN:
		continue_text(l, token->start_mark.line, token->end_mark.line,
			token->data.scalar.style != YAML_PLAIN_SCALAR_STYLE);
		break;
	default: break;
	}
}

static void
lay_token(struct layouter *l, const yaml_token_t *token)
{
	size_t number = token->start_mark.line;
	size_t column = token->start_mark.column;

	if (l->flow) {
		lay_flow_token(l, token);
		return;
	}
	switch ((int)token->type) {
	case YAML_STREAM_START_TOKEN:
	case YAML_STREAM_END_TOKEN: break;
	case YAML_BLOCK_SEQUENCE_START_TOKEN: push(l, column, true, false); break;
	case YAML_BLOCK_MAPPING_START_TOKEN: push(l, column, false, false); break;
	case YAML_BLOCK_END_TOKEN: close_block(l); break;
	case YAML_BLOCK_ENTRY_TOKEN: lay_entry(l, number, column); break;
	case YAML_KEY_TOKEN: lay_key(l, number); break;
	case YAML_SCALAR_TOKEN: lay_scalar(l, token); break;
	case YAML_FLOW_SEQUENCE_START_TOKEN:
	case YAML_FLOW_MAPPING_START_TOKEN:
		settle(l, number, inner_indent(l));
		l->flow = 1;
		l->flow_line = number;
		break;
	case YAML_VERSION_DIRECTIVE_TOKEN:
	case YAML_TAG_DIRECTIVE_TOKEN:
	case YAML_DOCUMENT_START_TOKEN:
	case YAML_DOCUMENT_END_TOKEN: settle(l, number, 0); break;
	default: settle(l, number, inner_indent(l)); break;
	}
}

static int
lay_tokens(struct layouter *l, const struct source *source, struct err *err)
{
	yaml_parser_t parser;
	yaml_token_t token;
	bool ended = false;
	int r = 0;

	if (!yaml_parser_initialize(&parser))
		memory_exhausted(sizeof(parser));
	yaml_parser_set_input_string(
		&parser, (const unsigned char *)source->text.p, source->text.n);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	while (!ended) {
		if (!yaml_parser_scan(&parser, &token)) {
			r = err_set(err, ERR_INVALID, "%s: %s", source->name,
				parser.problem ? parser.problem : "it cannot be read");
			break;
		}
		if (token.start_mark.line < l->n_lines)
			lay_token(l, &token);
		ended = token.type == YAML_STREAM_END_TOKEN;
		yaml_token_delete(&token);
	}
	yaml_parser_delete(&parser);
	return r;
}

/* Where comments go: with the line below if they stand with it, else with the nearest line above
 * that stood as far to the right. */
struct columns {
	size_t indent[COLUMNS_KEPT]; /* by old indentation; SIZE_MAX: nothing stands there */
};

static void
note_column(struct columns *columns, const struct line *line)
{
	if (line->kind != LINE_CONTENT || line->old >= COLUMNS_KEPT)
		return;
	columns->indent[line->old] = line->indent;
	for (size_t i = line->old + 1; i < COLUMNS_KEPT; i++)
		columns->indent[i] = SIZE_MAX;
}

static size_t
comment_indent(
	const struct columns *columns, const struct line *comment, const struct line *below)
{
	size_t at = MIN(comment->old, COLUMNS_KEPT - 1);

	if (below && below->old == comment->old)
		return below->indent;
	if (columns->indent[at] != SIZE_MAX)
		return columns->indent[at];
	if (below)
		return below->indent;
	while (at && columns->indent[at] == SIZE_MAX)
		at--;
	return columns->indent[at] == SIZE_MAX ? 0 : columns->indent[at];
}

static void
lay_comments(struct layouter *l)
{
	struct columns columns;
	size_t below = 0;

	memset(&columns, 0xFF, sizeof(columns));
	for (size_t i = 0; i < l->n_lines; i++) {
		struct line *line = &l->lines[i];

		note_column(&columns, line);
		if (line->kind != LINE_UNTOUCHED || is_blank(line))
			continue;
		below = MAX(below, i + 1);
		while (below < l->n_lines && l->lines[below].kind != LINE_CONTENT)
			below++;
		line->indent = comment_indent(
			&columns, line, below < l->n_lines ? &l->lines[below] : NULL);
	}
}

static void
add_spaces(size_t n, struct buf *b)
{
	static const char spaces[] = "                                ";

	for (; n; n -= MIN(n, sizeof(spaces) - 1))
		buf_add(b, spaces, MIN(n, sizeof(spaces) - 1));
}

static void
write_line(const struct line *line, struct buf *b)
{
	struct str text = line->text;

	add_spaces(line->indent, b);
	for (uint32_t i = 0; i < line->dashes; i++) {
		text = (struct str){text.p + 1, text.n - 1};
		while (text.n && (text.p[0] == ' ' || text.p[0] == '\t'))
			text = (struct str){text.p + 1, text.n - 1};
		buf_add_cstr(b, text.n ? "- " : "-");
	}
	while (!line->keep_end && text.n &&
		(text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t'))
		text.n--;
	buf_add_str(b, text);
	buf_add_char(b, '\n');
}

static void
write_lines(const struct layouter *l, struct buf *b)
{
	bool wants_empty = false;

	for (size_t i = 0; i < l->n_lines; i++) {
		const struct line *line = &l->lines[i];

		if (is_blank(line) && !line->keep_end) {
			wants_empty = b->n > 0;
			continue;
		}
		if (wants_empty)
			buf_add_char(b, '\n');
		wants_empty = false;
		write_line(line, b);
	}
}

int
layout_lines(const struct source *source, struct buf *b, struct err *err)
{
	struct layouter l = {0};
	int r;

	split_lines(&l, source->text);
	r = lay_tokens(&l, source, err);
	if (r == 0) {
		lay_comments(&l);
		write_lines(&l, b);
	}
	free(l.lines);
	free(l.levels);
	return r;
}
