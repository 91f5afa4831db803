#include "exec/relay.h"

#include "base/memory.h"
#include "exec/relay_link.h"

#include <errno.h>
#include <event2/listener.h>
#include <poll.h>
#include <sys/socket.h>

#define AGAIN_US 100000
#define CONNECTING_MAX 4

struct port {
	struct relay *relay;
	struct evconnlistener *listener;
	size_t target;
	size_t n_connecting; /* accepted, and the host has not answered yet */
};

struct relay {
	struct relay_options options;
	const struct reach *reach;
	struct timer *again; /* to accept, where there were no descriptors left */
	struct port *ports;
	struct relay_count *counts;
	struct relay_link *links; /* open ones, a list */
	size_t n_links;
	struct timer *patience; /* of draining */
	bool is_begun;
	bool is_draining;
};

const char *
relay_outcome_name(enum relay_outcome outcome)
{
	static const char *const names[] = {"connected", "refused", "failed"};

	return names[outcome];
}

/* Accepts as long as there is room, and the host keeps up: what it cannot take at once it would have to be
 * asked for again, later and later. */
static void
set_listening(struct relay *relay)
{
	bool has_room = relay->is_begun && relay->n_links < RELAY_OPEN_MAX;

	for (size_t i = 0; i < relay->reach->n; i++) {
		struct port *port = &relay->ports[i];

		if (!port->listener)
			continue;
		if (has_room && port->n_connecting < CONNECTING_MAX)
			(void)evconnlistener_enable(port->listener);
		else
			(void)evconnlistener_disable(port->listener);
	}
}

static void
on_decided(void *context, const struct relay_report *report)
{
	struct relay *relay = context;
	struct relay_count *count = &relay->counts[report->target];

	relay->ports[report->target].n_connecting--;
	set_listening(relay);
	count->connected += report->outcome == RELAY_CONNECTED;
	count->refused += report->outcome == RELAY_REFUSED;
	count->failed += report->outcome == RELAY_FAILED;
	if (relay->options.report)
		relay->options.report(relay->options.context, report);
}

static void
on_carried(void *context, const struct relay_link *link, size_t sent, size_t received)
{
	struct relay *relay = context;
	struct relay_count *count = &relay->counts[relay_link_target(link)];

	count->sent += sent;
	count->received += received;
}

static void
drop(struct relay *relay, struct relay_link *link)
{
	if (!relay_link_is_decided(link))
		relay->ports[relay_link_target(link)].n_connecting--;
	relay_link_remove(&relay->links, link);
	relay_link_free(link);
	relay->n_links--;
}

/* Whether a connection is still to be accepted. */
static bool
has_waiting(const struct relay *relay)
{
	for (size_t i = 0; i < relay->reach->n; i++) {
		struct pollfd ready = {.fd = -1, .events = POLLIN};

		if (relay->ports[i].listener)
			ready.fd = evconnlistener_get_fd(relay->ports[i].listener);
		if (poll(&ready, 1, 0) > 0)
			return true;
	}
	return false;
}

static void
end_draining(struct relay *relay)
{
	relay->is_draining = false;
	timer_stop(relay->patience);
	relay->options.drained(relay->options.context);
}

static void
on_impatient(void *context)
{
	struct relay *relay = context;

	if (relay->is_draining)
		end_draining(relay);
}

static void
on_ended(void *context, struct relay_link *link)
{
	struct relay *relay = context;

	drop(relay, link);
	set_listening(relay);
	if (relay->is_draining && !relay->links && !has_waiting(relay))
		end_draining(relay);
}

static struct evdns_base *
resolver_of(const struct relay *relay)
{
	return relay->options.resolver ? relay->options.resolver
				       : loop_resolver(relay->options.loop);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int n,
	void *context)
{
	static const struct relay_link_ops ops = {on_decided, on_carried, on_ended};
	struct port *port = context;
	struct relay *relay = port->relay;
	struct relay_link *link;

	(void)listener;
	(void)peer;
	(void)n;
	link = relay_link_new(&(struct relay_link_spec){.base = loop_base(relay->options.loop),
		.resolver = resolver_of(relay),
		.host = &relay->reach->targets[port->target],
		.target = port->target,
		.socket = fd,
		.is_last = relay->is_draining,
		.ops = &ops,
		.context = relay});
	relay_link_add(&relay->links, link);
	relay->n_links++;
	port->n_connecting++;
	set_listening(relay);
	relay_link_begin(link);
}

/* What waits to be accepted stays; to be told of it again at once helps nobody. */
static void
on_accept_failed(struct evconnlistener *listener, void *context)
{
	struct port *port = context;

	(void)listener;
	for (size_t i = 0; i < port->relay->reach->n; i++)
		if (port->relay->ports[i].listener)
			(void)evconnlistener_disable(port->relay->ports[i].listener);
	timer_start(port->relay->again, AGAIN_US);
}

static void
on_again(void *context)
{
	set_listening(context);
}

int
relay_new(const struct relay_options *options, const struct reach *reach, const int *sockets,
	struct relay **ret_relay, struct err *err)
{
	struct relay *relay = memory_zeroed(1, sizeof(*relay));
	int r = 0;

	relay->options = *options;
	relay->reach = reach;
	relay->again = timer_new(options->loop, on_again, relay);
	relay->patience = timer_new(options->loop, on_impatient, relay);
	relay->ports = memory_zeroed(reach->n, sizeof(*relay->ports));
	relay->counts = memory_zeroed(reach->n, sizeof(*relay->counts));
	for (size_t i = 0; i < reach->n; i++) {
		struct port *port = &relay->ports[i];

		*port = (struct port){.relay = relay, .target = i};
		if (r == 0)
			port->listener =
				evconnlistener_new(loop_base(options->loop), on_accept, port,
					LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
						LEV_OPT_DISABLED,
					0, sockets[i]);
		if (port->listener) {
			evconnlistener_set_error_cb(port->listener, on_accept_failed);
			continue;
		}
		(void)close(sockets[i]);
		r = err_set(err, ERR_SYS, "libevent does not take a socket that listens");
	}
	if (r < 0)
		relay_free(relay);
	else
		*ret_relay = relay;
	return r;
}

void
relay_begin(struct relay *relay)
{
	memset(relay->counts, 0, relay->reach->n * sizeof(*relay->counts));
	relay->is_begun = true;
	set_listening(relay);
}

/* Those of a dead tree that were not accepted yet; the next attempt is not to answer for them. */
static void
refuse_waiting(struct relay *relay)
{
	for (size_t i = 0; i < relay->reach->n; i++) {
		int fd;

		if (!relay->ports[i].listener)
			continue;
		while ((fd = accept4(evconnlistener_get_fd(relay->ports[i].listener), NULL,
				NULL, SOCK_CLOEXEC)) >= 0 ||
			errno == ECONNABORTED || errno == EINTR)
			if (fd >= 0)
				(void)close(fd);
	}
}

bool
relay_drain(struct relay *relay)
{
	struct relay_link *next;

	if (!relay->links && !has_waiting(relay))
		return true;
	relay->is_draining = true;
	timer_start(relay->patience, RELAY_DRAIN_US);
	for (struct relay_link *link = relay->links; link; link = next) {
		next = relay_link_next(link);
		relay_link_finish(link);
	}
	/* They may all have had nothing left, which was told already. */
	return false;
}

void
relay_end(struct relay *relay)
{
	relay->is_begun = false;
	relay->is_draining = false;
	timer_stop(relay->patience);
	timer_stop(relay->again);
	set_listening(relay);
	while (relay->links)
		drop(relay, relay->links);
	refuse_waiting(relay);
}

const struct relay_count *
relay_counts(const struct relay *relay)
{
	return relay->counts;
}

void
relay_free(struct relay *relay)
{
	if (!relay)
		return;
	while (relay->links)
		drop(relay, relay->links);
	for (size_t i = 0; i < relay->reach->n; i++)
		if (relay->ports[i].listener)
			evconnlistener_free(relay->ports[i].listener);
	timer_free(relay->again);
	timer_free(relay->patience);
	free(relay->ports);
	free(relay->counts);
	free(relay);
}
