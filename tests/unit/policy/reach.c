/* Hosts of a policy as what a lane listens on. */
#include "policy/reach.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HOST(name, at_port, place)                                                 \
	{                                                                          \
		.host = {(name), sizeof(name) - 1}, .port = (at_port), .listen = { \
			(place),                                                   \
			sizeof(place) - 1                                          \
		}                                                                  \
	}

struct fixture {
	struct arena arena;
	struct policy policy;
	struct reach reach;
	struct err err;
};

static int
set_up(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	arena_done(&f->arena);
	free(f);
	return 0;
}

static void
plan(struct fixture *f, const struct policy_host *hosts, size_t n)
{
	f->policy = (struct policy){.net = POLICY_NET_HOSTS, .hosts = hosts, .n_hosts = n};
	if (reach_plan(&f->policy, &f->arena, &f->reach, &f->err) < 0)
		fail_msg("%s", f->err.message);
	assert_int_equal(f->reach.n, n);
}

/* That of the host and port. */
static const struct wall_listener *
find(const struct fixture *f, const char *host, uint16_t port)
{
	for (size_t i = 0; i < f->reach.n; i++)
		if (strcmp(f->reach.targets[i].host, host) == 0 &&
			f->reach.targets[i].port == port)
			return &f->reach.listeners[i];
	fail_msg("%s:%u is not there", host, port);
	return NULL;
}

static const char *
address_of(struct fixture *f, const char *host, uint16_t port)
{
	const struct wall_listener *listener = find(f, host, port);
	char *text = arena_bytes(&f->arena, INET6_ADDRSTRLEN);

	return inet_ntop((int)listener->family, listener->address, text, INET6_ADDRSTRLEN);
}

static void
test_a_name_has_one_address_and_each_its_own(void **state)
{
	static const struct policy_host hosts[] = {HOST("a.example", 443, ""),
		HOST("b.example", 443, ""), HOST("A.Example", 80, "")};
	struct fixture *f = *state;

	plan(f, hosts, ARRAY_SIZE(hosts));
	assert_string_equal(address_of(f, "a.example", 443), "127.86.0.1");
	assert_string_equal(address_of(f, "b.example", 443), "127.86.0.2");
	assert_string_equal(address_of(f, "A.Example", 80), "127.86.0.1");
	assert_string_equal(find(f, "b.example", 443)->name, "b.example");
	assert_int_equal(find(f, "A.Example", 80)->port, 80);
	assert_false(f->reach.targets[0].is_literal);
}

static void
test_an_address_is_listened_on_itself(void **state)
{
	static const struct policy_host hosts[] = {HOST("10.1.2.3", 5432, ""),
		HOST("2606:4700::1111", 443, ""), HOST("localhost", 8080, "")};
	struct fixture *f = *state;

	plan(f, hosts, ARRAY_SIZE(hosts));
	assert_string_equal(address_of(f, "10.1.2.3", 5432), "10.1.2.3");
	assert_string_equal(address_of(f, "2606:4700::1111", 443), "2606:4700::1111");
	assert_string_equal(address_of(f, "127.0.0.1", 8080), "127.0.0.1");
	for (size_t i = 0; i < f->reach.n; i++) {
		assert_null(f->reach.listeners[i].name);
		assert_true(f->reach.targets[i].is_literal);
	}
}

static void
test_listen_is_where_it_is_found(void **state)
{
	static const struct policy_host hosts[] = {HOST("a.example", 443, ""),
		HOST("db.example", 5432, "127.86.0.1:15432"), HOST("c.example", 443, "")};
	struct fixture *f = *state;

	plan(f, hosts, ARRAY_SIZE(hosts));
	assert_string_equal(address_of(f, "db.example", 5432), "127.86.0.1");
	assert_int_equal(find(f, "db.example", 5432)->port, 15432);
	assert_null(find(f, "db.example", 5432)->name);
	/* A name is not private because of where it is found. */
	assert_false(f->reach.targets[0].is_literal);
	/* The others keep clear of it. */
	assert_string_equal(address_of(f, "a.example", 443), "127.86.0.2");
	assert_string_equal(address_of(f, "c.example", 443), "127.86.0.3");
}

static void
test_two_in_one_place_are_refused(void **state)
{
	static const struct policy_host hosts[] = {
		HOST("127.0.0.1", 5432, ""), HOST("db.example", 5432, "127.0.0.1:5432")};
	struct fixture *f = *state;

	f->policy = (struct policy){
		.net = POLICY_NET_HOSTS, .hosts = hosts, .n_hosts = ARRAY_SIZE(hosts)};
	assert_int_equal(reach_plan(&f->policy, &f->arena, &f->reach, &f->err), ERR_INVALID);
	assert_non_null(strstr(f->err.message, "db.example:5432"));
	assert_non_null(strstr(f->err.message, "listen"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_a_name_has_one_address_and_each_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_an_address_is_listened_on_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_listen_is_where_it_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_two_in_one_place_are_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
