#include "exec/relay_link.h"

#include "base/err.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/util.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Of one side that the other has not taken yet; about what a fast connection has under way. */
#define HELD_MAX ((size_t)256 << 10)
#define CONNECT_SECONDS 15

enum side { INNER, OUTER }; /* the attempt's, the host's */

struct end {
	struct bufferevent *stream;
	bool has_ended; /* nothing more comes from it */
	bool is_told;   /* that nothing more comes to it */
};

struct relay_link {
	struct relay_link_spec spec;
	struct relay_link *next;
	struct relay_link *previous;
	struct evdns_getaddrinfo_request *lookup;
	struct evutil_addrinfo *addresses;
	struct evutil_addrinfo *address; /* the one that is tried */
	struct end ends[2];
	struct relay_report report;
	bool is_decided;
};

struct relay_link *
relay_link_new(const struct relay_link_spec *spec)
{
	struct relay_link *link = memory_zeroed(1, sizeof(*link));

	link->spec = *spec;
	link->report.target = spec->target;
	return link;
}

static void
end(struct relay_link *link)
{
	link->spec.ops->ended(link->spec.context, link);
}

void
relay_link_finish(struct relay_link *link)
{
	link->spec.is_last = true;
	if (link->is_decided && link->ends[OUTER].is_told)
		end(link);
}

struct relay_link *
relay_link_next(const struct relay_link *link)
{
	return link->next;
}

bool
relay_link_is_decided(const struct relay_link *link)
{
	return link->is_decided;
}

size_t
relay_link_target(const struct relay_link *link)
{
	return link->spec.target;
}

void
relay_link_add(struct relay_link **list, struct relay_link *link)
{
	link->next = *list;
	link->previous = NULL;
	if (link->next)
		link->next->previous = link;
	*list = link;
}

void
relay_link_remove(struct relay_link **list, struct relay_link *link)
{
	if (link->previous)
		link->previous->next = link->next;
	else
		*list = link->next;
	if (link->next)
		link->next->previous = link->previous;
}

static void
decide(struct relay_link *link, enum relay_outcome outcome)
{
	link->is_decided = true;
	link->report.outcome = outcome;
	link->spec.ops->decided(link->spec.context, &link->report);
}

static void
note_reason(struct relay_link *link, const char *reason)
{
	(void)snprintf(link->report.reason, sizeof(link->report.reason), "%s", reason);
}

/* --- addresses --- */

static bool
is_private_inet(uint32_t a)
{
	static const struct {
		uint32_t net;
		unsigned bits;
	} nets[] = {
		{0x00000000, 8},  /* this network, RFC 791 */
		{0x0a000000, 8},  /* private, RFC 1918 */
		{0x64400000, 10}, /* shared, RFC 6598 */
		{0x7f000000, 8},  /* loopback, RFC 1122 */
		{0xa9fe0000, 16}, /* link local, RFC 3927 */
		{0xac100000, 12}, /* private, RFC 1918 */
		{0xc0000000, 24}, /* protocol assignments, RFC 6890 */
		{0xc0a80000, 16}, /* private, RFC 1918 */
		{0xc6120000, 15}, /* benchmarks, RFC 2544 */
		{0xe0000000, 3},  /* groups, RFC 5771, and reserved, RFC 1112 */
	};

	for (size_t i = 0; i < ARRAY_SIZE(nets); i++)
		if ((a ^ nets[i].net) >> (32 - nets[i].bits) == 0)
			return true;
	return false;
}

static uint32_t
inet_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Only 2000::/3 is given out (RFC 4291); what leads to IPv4 from it, or is mapped, is judged by that. */
static bool
is_private_inet6(const uint8_t p[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t translated[12] = {0x00, 0x64, 0xff, 0x9b};

	if (memcmp(p, mapped, sizeof(mapped)) == 0 ||
		memcmp(p, translated, sizeof(translated)) == 0)
		return is_private_inet(inet_at(p + 12));
	if (p[0] == 0x20 && p[1] == 0x02) /* 6to4, RFC 3056 */
		return is_private_inet(inet_at(p + 2));
	if (inet_at(p) == 0x20010000) /* Teredo, RFC 4380 */
		return true;
	return p[0] >> 5 != 1;
}

bool
relay_address_is_private(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in inet;

		memcpy(&inet, address, sizeof(inet));
		return is_private_inet(ntohl(inet.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 inet6;

		memcpy(&inet6, address, sizeof(inet6));
		return is_private_inet6(inet6.sin6_addr.s6_addr);
	}
	return true;
}

static bool
is_same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	struct sockaddr_in inet[2];
	struct sockaddr_in6 inet6[2];

	if (!b || a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET) {
		memcpy(&inet[0], a, sizeof(inet[0]));
		memcpy(&inet[1], b, sizeof(inet[1]));
		return inet[0].sin_addr.s_addr == inet[1].sin_addr.s_addr;
	}
	if (a->sa_family != AF_INET6)
		return false;
	memcpy(&inet6[0], a, sizeof(inet6[0]));
	memcpy(&inet6[1], b, sizeof(inet6[1]));
	return memcmp(&inet6[0].sin6_addr, &inet6[1].sin6_addr, sizeof(inet6[0].sin6_addr)) ==
		0;
}

/* Whether it is one of this machine's own, which may be a public one. */
static bool
is_own(const struct sockaddr *address)
{
	struct ifaddrs *all;
	bool found = false;

	if (getifaddrs(&all) != 0)
		return false;
	for (const struct ifaddrs *one = all; one && !found; one = one->ifa_next)
		found = is_same_address(address, one->ifa_addr);
	freeifaddrs(all);
	return found;
}

static void
write_address(const struct sockaddr *address, char text[RELAY_ADDRESS_SIZE])
{
	const void *bytes = address->sa_family == AF_INET6
		? (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr
		: (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;

	text[0] = '\0';
	(void)inet_ntop(address->sa_family, bytes, text, RELAY_ADDRESS_SIZE);
}

/* --- carrying --- */

static struct end *
other_end(struct relay_link *link, const struct end *end)
{
	return &link->ends[end == &link->ends[INNER] ? OUTER : INNER];
}

static struct end *
end_of(struct relay_link *link, const struct bufferevent *stream)
{
	return &link->ends[link->ends[INNER].stream == stream ? INNER : OUTER];
}

static size_t
held_for(const struct end *end)
{
	return evbuffer_get_length(bufferevent_get_output(end->stream));
}

/* Tells this side that the other has ended, once all of that is sent. True: the link is over. */
static bool
pass_end_on(struct relay_link *link, struct end *to)
{
	if (other_end(link, to)->has_ended && !to->is_told && held_for(to) == 0) {
		(void)shutdown(bufferevent_getfd(to->stream), SHUT_WR);
		to->is_told = true;
	}
	return link->ends[OUTER].is_told && (link->ends[INNER].is_told || link->spec.is_last);
}

static void
on_read(struct bufferevent *stream, void *context)
{
	struct relay_link *link = context;
	struct end *from = end_of(link, stream);
	struct end *to = other_end(link, from);
	struct evbuffer *input = bufferevent_get_input(stream);
	size_t n = evbuffer_get_length(input);
	bool is_inner = from == &link->ends[INNER];

	link->spec.ops->carried(link->spec.context, link, is_inner ? n : 0, is_inner ? 0 : n);
	(void)evbuffer_add_buffer(bufferevent_get_output(to->stream), input);
	if (held_for(to) > HELD_MAX)
		(void)bufferevent_disable(stream, EV_READ);
}

/* All that was for this side is sent. */
static void
on_written(struct bufferevent *stream, void *context)
{
	struct relay_link *link = context;
	struct end *to = end_of(link, stream);
	struct end *from = other_end(link, to);

	if (!link->is_decided)
		return;
	if (!from->has_ended)
		(void)bufferevent_enable(from->stream, EV_READ);
	if (pass_end_on(link, to))
		end(link);
}

static void try_address(struct relay_link *link);

static void
carry(struct relay_link *link)
{
	for (int i = 0; i < 2; i++) {
		(void)bufferevent_set_timeouts(link->ends[i].stream, NULL, NULL);
		(void)bufferevent_enable(link->ends[i].stream, EV_READ | EV_WRITE);
	}
}

static void
on_inner_event(struct bufferevent *stream, short what, void *context)
{
	struct relay_link *link = context;
	struct end *from = end_of(link, stream);

	/* A dead attempt's end of the connection may have been reset; what it sent before counts. */
	if (!(what & BEV_EVENT_EOF) && !(link->spec.is_last && from == &link->ends[INNER])) {
		end(link);
		return;
	}
	from->has_ended = true;
	(void)bufferevent_disable(stream, EV_READ);
	if (pass_end_on(link, other_end(link, from)))
		end(link);
}

static void
on_outer_event(struct bufferevent *stream, short what, void *context)
{
	struct relay_link *link = context;

	if (link->is_decided) {
		on_inner_event(stream, what, context);
	} else if (what & BEV_EVENT_CONNECTED) {
		decide(link, RELAY_CONNECTED);
		carry(link);
	} else {
		note_reason(link,
			what & BEV_EVENT_TIMEOUT
				? "no answer"
				: evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
		link->address = link->address->ai_next;
		try_address(link);
	}
}

static bool
open_streams(struct relay_link *link)
{
	struct end *inner = &link->ends[INNER];
	struct end *outer = &link->ends[OUTER];

	if (outer->stream)
		bufferevent_free(outer->stream);
	outer->stream = bufferevent_socket_new(link->spec.base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!inner->stream) {
		inner->stream = bufferevent_socket_new(
			link->spec.base, link->spec.socket, BEV_OPT_CLOSE_ON_FREE);
		if (inner->stream)
			link->spec.socket = -1;
	}
	if (!inner->stream || !outer->stream)
		return false;
	bufferevent_setcb(inner->stream, on_read, on_written, on_inner_event, link);
	bufferevent_setcb(outer->stream, on_read, on_written, on_outer_event, link);
	/* What comes is taken out at once; more is not read than that. */
	bufferevent_setwatermark(inner->stream, EV_READ, 0, HELD_MAX);
	bufferevent_setwatermark(outer->stream, EV_READ, 0, HELD_MAX);
	return true;
}

/* Begins to connect: false where that fails at once. */
static bool
connect_to(struct relay_link *link, const struct evutil_addrinfo *address)
{
	const struct timeval patience = {.tv_sec = CONNECT_SECONDS};
	struct bufferevent *stream;

	if (!open_streams(link)) {
		note_reason(link, "libevent takes no more connections");
		return false;
	}
	stream = link->ends[OUTER].stream;
	(void)bufferevent_set_timeouts(stream, &patience, &patience);
	if (bufferevent_socket_connect(stream, address->ai_addr, (int)address->ai_addrlen) == 0)
		return true;
	note_reason(link, evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	return false;
}

/* Addresses in the order of the resolver, but for those that a name may not lead to. */
static void
try_address(struct relay_link *link)
{
	for (; link->address; link->address = link->address->ai_next) {
		const struct sockaddr *address = link->address->ai_addr;

		if (!link->spec.host->is_literal &&
			(relay_address_is_private(address) || is_own(address))) {
			if (!link->report.address[0])
				write_address(address, link->report.address);
			continue;
		}
		write_address(address, link->report.address);
		if (connect_to(link, link->address))
			return;
	}
	if (link->report.reason[0]) {
		decide(link, RELAY_FAILED);
		end(link);
		return;
	}
	note_reason(link,
		"it leads to a private address, or this machine's, which a name may not; write "
		"the address");
	decide(link, RELAY_REFUSED);
	end(link);
}

static const char *
explain_lookup(int result)
{
	switch (result) {
	case EVUTIL_EAI_NONAME:
	case EVUTIL_EAI_NODATA: return "there is no host of that name";
	case EVUTIL_EAI_AGAIN: return "no name server answered";
	default: return evutil_gai_strerror(result);
	}
}

static void
on_found(int result, struct evutil_addrinfo *addresses, void *context)
{
	struct relay_link *link = context;

	/* That comes later, and the link is gone. */
	if (result == EVUTIL_EAI_CANCEL)
		return;
	link->lookup = NULL;
	if (result) {
		note_reason(link, explain_lookup(result));
		decide(link, RELAY_FAILED);
		end(link);
		return;
	}
	link->addresses = addresses;
	link->address = addresses;
	try_address(link);
}

void
relay_link_begin(struct relay_link *link)
{
	const struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TCP,
		.ai_flags = link->spec.host->is_literal ? EVUTIL_AI_NUMERICHOST : 0};
	struct evdns_getaddrinfo_request *lookup;
	char port[8];

	(void)snprintf(port, sizeof(port), "%u", link->spec.host->port);
	if (link->spec.host->is_literal) {
		struct evutil_addrinfo *found = NULL;
		int result = evutil_getaddrinfo(link->spec.host->host, port, &hints, &found);

		on_found(result, found, link);
		return;
	}
	if (!link->spec.resolver) {
		note_reason(link, "this machine names no name server");
		decide(link, RELAY_FAILED);
		end(link);
		return;
	}
	/* NULL: on_found was called, and the link may be gone. */
	lookup = evdns_getaddrinfo(
		link->spec.resolver, link->spec.host->host, port, &hints, on_found, link);
	if (lookup)
		link->lookup = lookup;
}

/* A connection that led nowhere is reset rather than ended. */
static void
reset(int fd)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

void
relay_link_free(struct relay_link *link)
{
	struct bufferevent *inner = link->ends[INNER].stream;

	if (link->lookup)
		evdns_getaddrinfo_cancel(link->lookup);
	if (!link->ends[INNER].is_told)
		reset(inner ? bufferevent_getfd(inner) : link->spec.socket);
	if (link->ends[OUTER].stream && !link->ends[OUTER].is_told)
		reset(bufferevent_getfd(link->ends[OUTER].stream));
	for (int i = 0; i < 2; i++)
		if (link->ends[i].stream)
			bufferevent_free(link->ends[i].stream);
	if (link->spec.socket >= 0)
		(void)close(link->spec.socket);
	if (link->addresses)
		evutil_freeaddrinfo(link->addresses);
	free(link);
}
