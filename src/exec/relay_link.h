/*
 * relay_link: one connection of a relay (exec/relay.h), for its own files only: from the accepted socket
 * to the target's.
 *
 *	relay_link_new → relay_link_begin → decided (once) → [carried …] → ended
 *
 * Each side's end is passed on to the other once what came before it has been sent; a side that does
 * not read holds the other up, so that little of either is kept.
 */
#ifndef LILY_EXEC_RELAY_LINK_H
#define LILY_EXEC_RELAY_LINK_H

#include "exec/relay.h"

#include <event2/dns.h>

struct relay_link;

/* `ended` frees it; all may be called from within relay_link_begin. */
struct relay_link_ops {
	void (*decided)(void *context, const struct relay_report *report);
	void (*carried)(
		void *context, const struct relay_link *link, size_t sent, size_t received);
	void (*ended)(void *context, struct relay_link *link);
};

struct relay_link_spec {
	struct event_base *base;
	struct evdns_base *resolver;
	const struct reach_target *host;
	size_t target;
	int socket;   /* the link's */
	bool is_last; /* as after relay_link_finish */
	const struct relay_link_ops *ops;
	void *context;
};

struct relay_link *relay_link_new(const struct relay_link_spec *spec);
void relay_link_begin(struct relay_link *link);

/* Nobody is there any more to hear the host: the link ends when all that was sent to it is with it. May end it
 * at once. */
void relay_link_finish(struct relay_link *link);

struct relay_link *relay_link_next(const struct relay_link *link);
bool relay_link_is_decided(const struct relay_link *link);
size_t relay_link_target(const struct relay_link *link);

/* Closes both sides, and resets each that was not told the other's end. Calls nobody. */
void relay_link_free(struct relay_link *link);

/* A list of them, the newest first. */
void relay_link_add(struct relay_link **list, struct relay_link *link);
void relay_link_remove(struct relay_link **list, struct relay_link *link);

#endif
