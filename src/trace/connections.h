/*
 * connections: what attempts asked of the hosts that their policies name.
 *
 *	"connections": [{"at", "by": "gate"|"program" or null, "host", "port", "outcome":
 *	  "connected"|"refused"|"failed", "address", "reason"}]
 */
#ifndef LILY_TRACE_CONNECTIONS_H
#define LILY_TRACE_CONNECTIONS_H

#include "trace/shape.h"

struct connection;

/* Those of a run, in order, in the arena. */
struct connections {
	const struct connection *items;
	size_t n;
};

int connections_read(struct store *store, int64_t run, struct arena *arena,
	struct connections *ret_connections, struct err *err);

/* The array of those of an attempt. */
void connections_add(
	struct builder *b, const struct connections *connections, uint32_t attempt);

#endif
