#include "expr/lexer.h"

#include <stdio.h>

int
lexer_refuse(struct lexer *l, size_t at, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = err_setv(l->err, ERR_INVALID, format, args);
	va_end(args);
	l->fault_at = (uint32_t)at;
	return r;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_name_byte(char c)
{
	return is_name_start(c) || is_digit(c) || c == '-';
}

/* The byte i behind the place, '\0' past the end. */
static char
byte_at(const struct lexer *l, size_t i)
{
	return l->at + i < l->text.n ? l->text.p[l->at + i] : '\0';
}

char
lexer_peek(struct lexer *l)
{
	while (is_blank(byte_at(l, 0)))
		l->at++;
	return byte_at(l, 0);
}

bool
lexer_take(struct lexer *l, const char *word)
{
	(void)lexer_peek(l);
	if (!str_starts((struct str){l->text.p + l->at, l->text.n - l->at}, str_of(word)))
		return false;
	l->at += strlen(word);
	return true;
}

bool
lexer_name(struct lexer *l, bool behind_dot, struct str *ret_name)
{
	size_t n = 0;

	if (!is_name_start(byte_at(l, 0)) && !(behind_dot && is_digit(byte_at(l, 0))))
		return false;
	while (is_name_byte(byte_at(l, n)))
		n++;
	*ret_name = (struct str){l->text.p + l->at, n};
	l->at += n;
	return true;
}

/* Digits from byte i on; where they end. */
static size_t
skip_digits(const struct lexer *l, size_t i)
{
	while (is_digit(byte_at(l, i)))
		i++;
	return i;
}

/* The bytes of the JSON number that begins here, 0 where there is none. */
static size_t
measure_number(const struct lexer *l)
{
	size_t i = byte_at(l, 0) == '-';
	size_t end;

	if (!is_digit(byte_at(l, i)))
		return 0;
	i = byte_at(l, i) == '0' ? i + 1 : skip_digits(l, i);
	if (byte_at(l, i) == '.' && is_digit(byte_at(l, i + 1)))
		i = skip_digits(l, i + 1);
	if (byte_at(l, i) != 'e' && byte_at(l, i) != 'E')
		return i;
	end = i + 1;
	if (byte_at(l, end) == '+' || byte_at(l, end) == '-')
		end++;
	return is_digit(byte_at(l, end)) ? skip_digits(l, end) : i;
}

int
lexer_number(struct lexer *l, struct str *ret_lexeme)
{
	size_t n = measure_number(l);
	size_t end = n;

	while (is_name_byte(byte_at(l, end)) || byte_at(l, end) == '.')
		end++;
	if (!n && byte_at(l, 0) == '-')
		return lexer_refuse(l, l->at,
			"there is no arithmetic in expressions; let a step compute it");
	if (end != n)
		return lexer_refuse(l, l->at,
			"\"%.*s\" is not a number; numbers are written as in JSON, such as 10, "
			"-1 or 0.5",
			(int)MIN(end, 60), l->text.p + l->at);
	*ret_lexeme = (struct str){l->text.p + l->at, n};
	l->at += n;
	return 0;
}

int
lexer_text(struct lexer *l, struct str *ret_text)
{
	size_t start = l->at;
	char *text = arena_bytes(l->arena, l->text.n - start + 1);
	size_t n = 0;

	for (l->at++; l->at < l->text.n; l->at++) {
		if (byte_at(l, 0) == '\'') {
			if (byte_at(l, 1) != '\'') {
				l->at++;
				text[n] = '\0';
				*ret_text = (struct str){text, n};
				return 0;
			}
			l->at++;
		}
		text[n++] = byte_at(l, 0);
	}
	return lexer_refuse(l, start,
		"the text is not closed; it ends with ' (and a ' in it is written '')");
}

int
lexer_operator(struct lexer *l, enum node_kind *ret_kind)
{
	static const struct {
		const char *text;
		enum node_kind kind;
		const char *refusal; /* for those of other languages */
	} rows[] = {
		{"===", NODE_KINDS, "write == : there is only one kind of equality"},
		{"!==", NODE_KINDS, "write != : there is only one kind of equality"},
		{"==", NODE_EQUAL, NULL},
		{"!=", NODE_NOT_EQUAL, NULL},
		{"=~", NODE_KINDS,
			"there are no patterns; use contains, startsWith or endsWith"},
		{"=", NODE_KINDS, "write == to compare"},
		{"<=", NODE_LESS_EQUAL, NULL},
		{">=", NODE_GREATER_EQUAL, NULL},
		{"<>", NODE_KINDS, "write != for \"is not\""},
		{"<", NODE_LESS, NULL},
		{">", NODE_GREATER, NULL},
		{"&&", NODE_AND, NULL},
		{"||", NODE_OR, NULL},
		{"&", NODE_KINDS, "write && for \"and\""},
		{"|", NODE_KINDS, "write || for \"or\"; there are no pipes"},
		{"??", NODE_KINDS, "write default(a, b) for \"a, or b if there is none\""},
		{"?", NODE_KINDS, "write condition && value || other"},
		{"+", NODE_KINDS,
			"there is no arithmetic in expressions; texts are put "
			"together by writing ${{ }} after each other, or by join"},
		{"-", NODE_KINDS,
			"there is no arithmetic in expressions; let a step compute it"},
		{"*", NODE_KINDS,
			"there is no arithmetic in expressions; let a step compute it"},
		{"/", NODE_KINDS,
			"there is no arithmetic in expressions; let a step compute it"},
		{"%", NODE_KINDS,
			"there is no arithmetic in expressions; let a step compute it"},
	};
	size_t at;

	(void)lexer_peek(l);
	at = l->at;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!lexer_take(l, rows[i].text))
			continue;
		if (rows[i].refusal)
			return lexer_refuse(l, at, "%s", rows[i].refusal);
		*ret_kind = rows[i].kind;
		return 1;
	}
	return 0;
}

/* Bytes of the character that begins here. */
static int
character_bytes(const struct lexer *l)
{
	int n = 1;

	while (((unsigned char)byte_at(l, (size_t)n) & 0xC0) == 0x80)
		n++;
	return n;
}

int
lexer_refuse_operand(struct lexer *l)
{
	static const struct {
		char byte;
		const char *refusal;
	} rows[] = {
		{'"', "a text stands in single quotes, such as 'high'"},
		{'$', "${{ }} does not stand within an expression; write the name alone"},
		{'[', "a list cannot be written within an expression; declare it as a param"},
		{'{', "a map cannot be written within an expression; declare it as a param"},
		{'*', "there is no *: name the member, or let a step put the list together"},
		{'.', "a number begins with a digit, and a name with a letter"},
		{'+', "a number has no + in front of it"},
	};
	char c = lexer_peek(l);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (c == rows[i].byte)
			return lexer_refuse(l, l->at, "%s", rows[i].refusal);
	if (l->at == l->text.n)
		return lexer_refuse(l, l->at, "a value is missing at the end");
	return lexer_refuse(l, l->at, "a value is missing before \"%.*s\"", character_bytes(l),
		l->text.p + l->at);
}
