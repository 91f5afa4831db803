/*
 * relay: carries the connections of a confined attempt to the hosts that its policy names.
 *
 * A lane listens in its own network namespace (policy/reach.h) and hands the sockets over; here they are
 * accepted, and each connection is carried, both ways, to its target, which this side looks up and
 * connects to. What a step sends goes to that host and port and nowhere else, whatever it says.
 *
 * A name may not lead to an address that is private or link-local (relay_address_is_private), nor to one of
 * this machine's own: whoever answers for a name does not decide what of the own network a step reaches. Such an
 * address is written as one. A connection that is refused, or whose target cannot be reached, is reset.
 *
 *	relay_new → relay_begin (an attempt starts) → … [→ relay_drain (its tree is dead) → drained] →
 *	relay_end → relay_free
 */
#ifndef LILY_EXEC_RELAY_H
#define LILY_EXEC_RELAY_H

#include "base/loop.h"
#include "base/str.h"
#include "policy/reach.h"

/* Connections at once, of one lane; those beyond wait to be accepted. */
#define RELAY_OPEN_MAX 64

/* How long what a dead attempt sent is waited for. */
#define RELAY_DRAIN_US INT64_C(5000000)

/* Text of an address that was connected to. */
#define RELAY_ADDRESS_SIZE 46

enum relay_outcome {
	RELAY_CONNECTED,
	RELAY_REFUSED, /* the name leads to private addresses only */
	RELAY_FAILED,  /* looking it up or connecting to it */
};

/* "connected", "refused", "failed". */
const char *relay_outcome_name(enum relay_outcome outcome);

/* What came of one connection, told when it is open or given up. */
struct relay_report {
	size_t target; /* in the reach */
	enum relay_outcome outcome;
	char address[RELAY_ADDRESS_SIZE]; /* of the host, or of the first one refused; or "" */
	char reason[160];                 /* of one that is not connected */
};

typedef void relay_fn(void *context, const struct relay_report *report);

/* Of one target, since relay_begin. */
struct relay_count {
	uint64_t connected;
	uint64_t refused;
	uint64_t failed;
	uint64_t sent;     /* bytes of the attempt's that were taken for the host */
	uint64_t received; /* bytes of the host's */
};

struct relay_options {
	struct loop *loop;
	struct evdns_base
		*resolver; /* NULL: the loop's, which looks names up as this machine does */
	relay_fn *report;
	void (*drained)(
		void *context); /* nothing that the attempt sent is under way any more */
	void *context;
};

struct relay;
struct sockaddr;

/* The sockets (as many as the reach has) are the relay's from now on, also where it fails; the reach
 * outlives it. Nobody is accepted yet. */
int relay_new(const struct relay_options *options, const struct reach *reach,
	const int *sockets, struct relay **ret_relay, struct err *err);

void relay_begin(struct relay *relay);

/* The attempt is dead: carries what it sent to the end, for RELAY_DRAIN_US at most, also of connections that
 * are not open yet. True: there is nothing; else `drained` is called later, once. */
bool relay_drain(struct relay *relay);

/* Ends every connection, and those that nobody has accepted. */
void relay_end(struct relay *relay);

/* As many as the reach has targets, valid until the next relay_begin. */
const struct relay_count *relay_counts(const struct relay *relay);

void relay_free(struct relay *relay);

/* Of the loopback, a link, a private network (RFC 1918, RFC 4193, RFC 6598), this host, a group or no one
 * yet; also where such an IPv4 address is inside an IPv6 one. */
bool relay_address_is_private(const struct sockaddr *address);

#endif
