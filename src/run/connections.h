/*
 * connections: what steps, their gates and validators connected to under a policy that names hosts.
 */
#ifndef LILY_RUN_CONNECTIONS_H
#define LILY_RUN_CONNECTIONS_H

#include "exec/local.h"

/* Appends attempt.connected. A local_connection_fn; the context is the engine. */
int connections_note(void *context, uint32_t number, const struct reach *reach,
	const struct relay_report *report, struct err *err);

/* The member "net" of attempt.ended, with the comma before it, where anything was tried. */
void connections_add_counts(const struct attempt_end *end, struct buf *b);

#endif
