#include "contract/file_uri.h"

#include "base/buf.h"
#include "contract/uri.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#define URI_MAX ((size_t)64 << 10)
#define SCHEME "file://"

/* What may stand in a path as it is (RFC 3986, 3.3). */
static bool
is_plain(unsigned char c)
{
	return isalnum(c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@/", c));
}

static void
add_encoded(struct buf *b, const char *path)
{
	for (const char *p = path; *p; p++)
		if (is_plain((unsigned char)*p))
			buf_add_char(b, *p);
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)*p);
}

int
file_uri_of(const char *path, struct arena *arena, struct str *ret_uri, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(URI_MAX);
	int r;

	buf_add_cstr(&b, SCHEME);
	if (path[0] != '/') {
		char *here = getcwd(NULL, 0);

		if (!here)
			return err_sys(err, "the current directory");
		add_encoded(&b, here);
		buf_add_char(&b, '/');
		free(here);
	}
	add_encoded(&b, path);
	r = buf_check(&b, "a path", err);
	if (r == 0)
		*ret_uri = uri_resolve(arena, STR_EMPTY, buf_str(&b));
	return r;
}

const char *
file_uri_path(struct str uri, struct arena *arena)
{
	struct str host;
	struct str path;

	if (!str_starts(uri, STR(SCHEME)))
		return NULL;
	uri.p += sizeof(SCHEME) - 1;
	uri.n -= sizeof(SCHEME) - 1;
	path = (struct str){memchr(uri.p, '/', uri.n), 0};
	if (!path.p)
		return NULL;
	host = (struct str){uri.p, (size_t)(path.p - uri.p)};
	path.n = uri.n - host.n;
	path = uri_decode(arena, path);
	if ((host.n && !str_is(host, "localhost")) || memchr(path.p, '\0', path.n))
		return NULL;
	return arena_cstr(arena, path);
}

bool
uri_is_relative(struct str reference)
{
	for (size_t i = 0; i < reference.n; i++) {
		if (strchr("/?#", reference.p[i]))
			return true;
		if (reference.p[i] == ':')
			return false;
	}
	return true;
}
