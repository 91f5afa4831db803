#include "contract/uri.h"

/* RFC 3986, appendix B. A part that is not there has p NULL. */
struct parts {
	struct str scheme;
	struct str authority;
	struct str path;
	struct str query;
	struct str fragment;
};

static bool
is_scheme(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool is_other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';

		if (!is_letter && (i == 0 || !is_other))
			return false;
	}
	return s.n > 0;
}

static struct parts
split(struct str uri)
{
	struct parts parts = {.scheme = {NULL, 0}};
	struct str rest;
	struct str scheme;

	uri = str_cut(uri, '#', &parts.fragment);
	uri = str_cut(uri, '?', &parts.query);
	scheme = str_cut(uri, ':', &rest);
	if (rest.p && is_scheme(scheme)) {
		parts.scheme = scheme;
		uri = rest;
	}
	if (uri.n >= 2 && uri.p[0] == '/' && uri.p[1] == '/') {
		struct str after = {uri.p + 2, uri.n - 2};
		ptrdiff_t end = str_find(after, '/');

		parts.authority = (struct str){after.p, end < 0 ? after.n : (size_t)end};
		uri = (struct str){after.p + parts.authority.n, after.n - parts.authority.n};
	}
	parts.path = uri;
	return parts;
}

/* RFC 3986, 5.2.4. */
static void
add_without_dots(struct buf *b, struct str path)
{
	size_t start = b->n;

	while (str_starts(path, STR("./")) || str_starts(path, STR("../"))) {
		size_t n = path.p[1] == '/' ? 2 : 3;

		path = (struct str){path.p + n, path.n - n};
	}
	while (path.n) {
		size_t skip = path.p[0] == '/';
		size_t n = skip;

		while (n < path.n && path.p[n] != '/')
			n++;
		if (str_is((struct str){path.p + skip, n - skip}, "..")) {
			while (b->n > start && b->p[--b->n] != '/')
				;
			if (n == path.n)
				buf_add_char(b, '/');
		} else if (str_is((struct str){path.p + skip, n - skip}, ".")) {
			if (n == path.n)
				buf_add_char(b, '/');
		} else {
			buf_add(b, path.p, n);
		}
		path = (struct str){path.p + n, path.n - n};
	}
}

/* RFC 3986, 5.2.3, and the removal of dots. */
static void
add_merged(struct buf *b, const struct parts *base, struct str path)
{
	AUTO_BUF struct buf merged = BUF_INIT(SIZE_MAX - 1);
	size_t n = base->path.n;

	while (n && base->path.p[n - 1] != '/')
		n--;
	if (base->authority.p && !base->path.n)
		buf_add_char(&merged, '/');
	buf_add(&merged, base->path.p, n);
	buf_add_str(&merged, path);
	add_without_dots(b, buf_str(&merged));
}

static void
add_part(struct buf *b, const char *before, struct str part, const char *after)
{
	if (!part.p)
		return;
	buf_add_cstr(b, before);
	buf_add_str(b, part);
	buf_add_cstr(b, after);
}

struct str
uri_resolve(struct arena *arena, struct str base_uri, struct str reference)
{
	AUTO_BUF struct buf b = BUF_INIT(SIZE_MAX - 1);
	struct parts base = split(base_uri);
	struct parts r = split(reference);
	bool keeps_path = !r.scheme.p && !r.authority.p && !r.path.n;

	add_part(&b, "", r.scheme.p ? r.scheme : base.scheme, ":");
	add_part(&b, "//", r.scheme.p || r.authority.p ? r.authority : base.authority, "");
	if (keeps_path)
		buf_add_str(&b, base.path);
	else if (r.scheme.p || r.authority.p || r.path.p[0] == '/')
		add_without_dots(&b, r.path);
	else
		add_merged(&b, &base, r.path);
	add_part(&b, "?", keeps_path && !r.query.p ? base.query : r.query, "");
	add_part(&b, "#", r.fragment, "");
	return arena_str(arena, buf_str(&b));
}

struct str
uri_without_fragment(struct str uri, struct str *ret_fragment)
{
	return str_cut(uri, '#', ret_fragment);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct str
uri_decode(struct arena *arena, struct str text)
{
	char *decoded;
	size_t n = 0;

	if (str_find(text, '%') < 0)
		return text;
	decoded = arena_bytes(arena, text.n);
	for (size_t i = 0; i < text.n; i++) {
		int high = text.p[i] == '%' && i + 2 < text.n ? hex_digit(text.p[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(text.p[i + 2]) : -1;

		decoded[n++] = low >= 0 ? (char)(high << 4 | low) : text.p[i];
		i += low >= 0 ? 2 : 0;
	}
	return (struct str){decoded, n};
}

void
uri_encode_fragment(struct str text, struct buf *b)
{
	static const char others[] = "-._~!$&'()*+,;=:@/?";

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || (c && strchr(others, c));

		if (is_plain)
			buf_add_char(b, c);
		else
			buf_printf(b, "%%%02X", (unsigned char)c);
	}
}
