#include "policy/reach.h"

#include "format/format_ip.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define LOCALHOST "localhost"
#define LOOPBACK "127.0.0.1"
/* 127.86.0.0/16: away from what programs listen on. */
#define OWN_NET UINT32_C(0x7f560000)

struct planning {
	const struct policy *policy;
	struct arena *arena;
	struct wall_listener *listeners;
	struct reach_target *targets;
	size_t n;
};

static void
set_address(struct wall_listener *listener, const char *text)
{
	listener->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	/* The policy was read: it is one. */
	if (inet_pton((int)listener->family, text, listener->address) != 1)
		BUG("%s is no address", text);
}

static bool
is_place_of(const struct wall_listener *a, const struct wall_listener *b)
{
	return a->family == b->family && a->port == b->port &&
		memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

/* The one that listens there already; -1: none. */
static ptrdiff_t
find_place(const struct planning *p, const struct wall_listener *listener)
{
	for (size_t i = 0; i < p->n; i++)
		if (is_place_of(&p->listeners[i], listener))
			return (ptrdiff_t)i;
	return -1;
}

/* The address of the name's other ports, else the next one: one address a name, since a name leads to
 * one. False where it has none yet. */
static bool
has_address(const struct planning *p, const char *name, struct wall_listener *listener)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->listeners[i].name && strcasecmp(p->listeners[i].name, name) == 0) {
			memcpy(listener->address, p->listeners[i].address,
				sizeof(listener->address));
			return true;
		}
	return false;
}

static bool
is_address_taken(const struct planning *p, const struct wall_listener *listener)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->listeners[i].family == AF_INET &&
			memcmp(p->listeners[i].address, listener->address, 4) == 0)
			return true;
	return false;
}

static void
choose_address(const struct planning *p, struct wall_listener *listener)
{
	uint32_t number = OWN_NET;

	listener->family = AF_INET;
	if (has_address(p, listener->name, listener))
		return;
	do {
		uint32_t address = htonl(++number);

		memcpy(listener->address, &address, sizeof(address));
	} while (is_address_taken(p, listener));
}

static int
add(struct planning *p, const struct wall_listener *listener, const struct reach_target *target,
	struct err *err)
{
	ptrdiff_t other = find_place(p, listener);
	char text[INET6_ADDRSTRLEN] = "";

	if (other >= 0) {
		(void)inet_ntop((int)listener->family, listener->address, text, sizeof(text));
		return err_set(err, ERR_INVALID,
			"net: %s:%u and %s:%u would both be found at %s port %u; give one of "
			"them another `listen`",
			p->targets[other].host, p->targets[other].port, target->host,
			target->port, text, listener->port);
	}
	p->listeners[p->n] = *listener;
	p->targets[p->n++] = *target;
	return 0;
}

/* "address:port", as it was read. */
static void
set_listen(const struct planning *p, const struct policy_host *host,
	struct wall_listener *listener)
{
	const char *text = arena_cstr(p->arena, host->listen);
	const char *colon = strrchr(text, ':');

	set_address(listener, arena_cstr(p->arena, (struct str){text, (size_t)(colon - text)}));
	listener->port = (uint16_t)strtoul(colon + 1, NULL, 10);
}

static bool
is_localhost(struct str host)
{
	return host.n == strlen(LOCALHOST) && strncasecmp(host.p, LOCALHOST, host.n) == 0;
}

/* Those that say where they are come first, and the others keep clear of them. */
static int
add_hosts(struct planning *p, bool with_place, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->policy->n_hosts; i++) {
		const struct policy_host *host = &p->policy->hosts[i];
		bool is_local = is_localhost(host->host);
		bool is_address = format_ipv4(host->host) || format_ipv6(host->host);
		struct reach_target target = {
			.host = is_local ? LOOPBACK : arena_cstr(p->arena, host->host),
			.port = host->port,
			.is_literal = is_local || is_address,
		};
		struct wall_listener listener = {.port = host->port};

		if ((target.is_literal || host->listen.n) != with_place)
			continue;
		if (host->listen.n) {
			set_listen(p, host, &listener);
		} else if (with_place) {
			set_address(&listener, target.host);
		} else {
			listener.name = target.host;
			choose_address(p, &listener);
		}
		r = add(p, &listener, &target, err);
	}
	return r;
}

int
reach_plan(const struct policy *policy, struct arena *arena, struct reach *ret_reach,
	struct err *err)
{
	struct planning p = {
		.policy = policy,
		.arena = arena,
		.listeners = ARENA_ARRAY(arena, policy->n_hosts, struct wall_listener),
		.targets = ARENA_ARRAY(arena, policy->n_hosts, struct reach_target),
	};
	int r = add_hosts(&p, true, err);

	if (r == 0)
		r = add_hosts(&p, false, err);
	if (r == 0)
		*ret_reach = (struct reach){p.listeners, p.targets, p.n};
	return r;
}

bool
reach_has_names(const struct reach *reach)
{
	for (size_t i = 0; i < reach->n; i++)
		if (reach->listeners[i].name)
			return true;
	return false;
}
