/*
 * file_uri: paths as URIs and back (RFC 8089): file:///home/x/a%20b.json.
 */
#ifndef LILY_CONTRACT_FILE_URI_H
#define LILY_CONTRACT_FILE_URI_H

#include "base/arena.h"
#include "base/err.h"

/* Of a path, relative ones from the current directory, "." and ".." taken out by name. ERR_SYS where
 * there is no current directory. */
int file_uri_of(const char *path, struct arena *arena, struct str *ret_uri, struct err *err);

/* The path, in the arena; NULL where the URI is of another kind, names another host, or holds what no
 * path can. */
const char *file_uri_path(struct str uri, struct arena *arena);

/* Whether a reference has no scheme: it names something relative to where it stands. */
bool uri_is_relative(struct str reference);

#endif
