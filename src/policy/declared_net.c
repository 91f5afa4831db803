#include "policy/reading.h"

#include "format/format_host.h"
#include "format/format_ip.h"
#include "json/word.h"

enum { HOST_HOST, HOST_LISTEN, HOST_KEYS };

static const struct key of_host[] = {
	KEY_ENTRY(
		"host", HOST_HOST, KEY_TEXT, "a host and a port, such as db.example.com:5432"),
	KEY_ENTRY("listen", HOST_LISTEN, KEY_TEXT | KEY_NUMBER,
		"a port, or an address and a port, such as 127.0.0.1:5432"),
};

static const struct key_table host_keys = {
	"a host of \"net\"", of_host, ARRAY_SIZE(of_host), HOST_KEYS, NULL};

/* "name:1", "1.2.3.4:1", "[::1]:1" into its parts; false where there are none such. */
static bool
split(struct str text, struct str *ret_host, uint16_t *ret_port)
{
	const char *colon = text.n ? memrchr(text.p, ':', text.n) : NULL;
	struct str host;
	uint64_t port;

	if (!colon)
		return false;
	host = (struct str){text.p, (size_t)(colon - text.p)};
	if (!str_to_u64((struct str){colon + 1, text.n - host.n - 1}, UINT16_MAX, &port) ||
		!port)
		return false;
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']') {
		host = (struct str){host.p + 1, host.n - 2};
		if (!format_ipv6(host))
			return false;
	} else if (!format_hostname(host) && !format_ipv4(host)) {
		return false;
	}
	*ret_host = host;
	*ret_port = (uint16_t)port;
	return true;
}

static const char *
hint(struct str text)
{
	if (str_find(text, '*') >= 0)
		return "there are no patterns: name each host";
	if (memmem(text.p, text.n, "://", 3))
		return "write the host and its port alone, such as api.example.com:443";
	if (str_find(text, ':') < 0)
		return "the port is missing: write HOST:443 for https";
	return "write HOST:PORT, such as api.example.com:443 or [::1]:8080";
}

static bool
read_host(struct policy_reading *r, const struct value *v, struct policy_host *host)
{
	struct str text = value_text(v);

	if (v->kind == VALUE_STRING && split(text, &host->host, &host->port))
		return true;
	if (v->kind == VALUE_STRING)
		finding_error(r->findings, &r->place, v->offset,
			"\"%.*s\" is no host with a port; %s", (int)MIN(text.n, 100), text.p,
			hint(text));
	else
		finding_error(r->findings, &r->place, v->offset,
			"\"net\" holds hosts with a port, such as \"api.example.com:443\", not "
			"%s",
			value_describe(r->arena, v));
	return false;
}

static bool
read_listen(struct policy_reading *r, const struct value *v, struct policy_host *host)
{
	struct str text = value_text(v);
	struct str address;
	uint16_t port;

	if (v->kind == VALUE_NUMBER)
		text = str_of(
			arena_printf(r->arena, "127.0.0.1:%.*s", (int)MIN(text.n, 20), text.p));
	host->listen = text;
	if (split(text, &address, &port) && format_ipv4(address) &&
		str_starts(address, STR("127.")))
		return true;
	finding_error(r->findings, &r->place, v->offset,
		"\"listen\" must be an address of the loopback and a port, such as "
		"127.0.0.1:5432, "
		"not %s",
		value_describe(r->arena, v));
	return false;
}

static bool
read_entry(struct policy_reading *r, const struct value *v, struct policy_host *host)
{
	const struct value *keys[HOST_KEYS];
	size_t errors = r->findings->errors;

	if (v->kind != VALUE_OBJECT)
		return read_host(r, v, host);
	keys_read(r->findings, &r->place, &host_keys, v, keys, NULL);
	if (!keys[HOST_HOST]) {
		/* It may only be misspelled. */
		if (r->findings->errors == errors)
			finding_error(r->findings, &r->place, v->offset,
				"\"host\" is missing; write { host: \"db.example.com:5432\", "
				"listen: \"127.0.0.1:5432\" }");
		return false;
	}
	return read_host(r, keys[HOST_HOST], host) &&
		(!keys[HOST_LISTEN] || read_listen(r, keys[HOST_LISTEN], host));
}

/* Where steps find a host that is not known by its name: false where it is. */
static bool
place_of(const struct policy_host *host, struct str *ret_address, uint16_t *ret_port)
{
	if (host->listen.n)
		return split(host->listen, ret_address, ret_port);
	*ret_port = host->port;
	*ret_address = str_is(host->host, "localhost") ? STR("127.0.0.1") : host->host;
	return format_ipv4(*ret_address) || format_ipv6(*ret_address);
}

static bool
is_in_place(const struct policy_host *a, const struct policy_host *b)
{
	struct str address_a;
	struct str address_b;
	uint16_t port_a;
	uint16_t port_b;

	return place_of(a, &address_a, &port_a) && place_of(b, &address_b, &port_b) &&
		port_a == port_b && str_equal(address_a, address_b);
}

static bool
check_new(struct policy_reading *r, const struct declared_host *hosts, size_t n)
{
	const struct policy_host *host = &hosts[n].host;

	for (size_t i = 0; i < n; i++) {
		const struct policy_host *other = &hosts[i].host;
		bool is_same = other->port == host->port && str_equal(other->host, host->host);

		if (!is_same && !is_in_place(other, host))
			continue;
		finding_error(r->findings, &r->place, hosts[n].offset,
			is_same ? "\"%.*s\" with this port stands in \"net\" already"
				: "another host is found there already, so that \"%.*s\" "
				  "cannot "
				  "be; "
				  "write { host, listen } with an address or port of its own",
			(int)MIN(host->host.n, 100), host->host.p);
		return false;
	}
	return true;
}

static void
read_hosts(struct policy_reading *r, const struct value *list)
{
	struct declared_host *hosts;
	size_t n = 0;

	r->policy->net = list->n ? POLICY_NET_HOSTS : POLICY_NET_DENY;
	if (list->n > POLICY_HOSTS_MAX) {
		finding_error(r->findings, &r->place, list->offset,
			"\"net\" has %u hosts; at most %d are allowed", list->n,
			POLICY_HOSTS_MAX);
		return;
	}
	hosts = ARENA_ARRAY(r->arena, list->n, struct declared_host);
	for (uint32_t i = 0; i < list->n; i++) {
		hosts[n] = (struct declared_host){.offset = list->items[i].offset};
		if (read_entry(r, &list->items[i], &hosts[n].host) && check_new(r, hosts, n))
			n++;
	}
	r->policy->hosts = hosts;
	r->policy->n_hosts = n;
}

void
policy_read_net(struct policy_reading *r, const struct value *v)
{
	static const struct word words[] = {
		{"deny", NULL, POLICY_NET_DENY},
		{"loopback", NULL, POLICY_NET_LOOPBACK},
		{"allow", NULL, POLICY_NET_ALLOW},
	};
	struct str candidates[ARRAY_SIZE(words)];
	const struct word *word = word_find(words, ARRAY_SIZE(words), value_text(v));
	struct policy_host host;

	if (v->kind == VALUE_ARRAY) {
		read_hosts(r, v);
		return;
	}
	if (word) {
		r->policy->net = (enum policy_net)word->number;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		candidates[i] = str_of(words[i].name);
	if (split(value_text(v), &host.host, &host.port))
		finding_error(r->findings, &r->place, v->offset,
			"\"net\" must be deny, loopback, allow or a list; write [ \"%.*s\" ]",
			(int)MIN(v->n, 100), v->text);
	else
		finding_error(r->findings, &r->place, v->offset,
			"\"net\" must be deny, loopback, allow or a list such as [ "
			"\"api.example.com:443\" ], not %s%s",
			value_describe(r->arena, v),
			finding_suggestion(r->findings, value_text(v), candidates,
				ARRAY_SIZE(candidates)));
}
