/* Connections are carried whole, both ways, to the targets that there are and nowhere else. */
#include "exec/relay.h"

#include "base/clock.h"
#include "base/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/dns.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#define MANY ((size_t)3 << 20)
#define REPORTS_MAX 256
#define PATIENCE_US INT64_C(20000000)

struct fixture {
	struct loop *loop;
	struct evdns_base *names; /* of the test's own, or NULL */
	struct reach_target target;
	struct wall_listener listener;
	struct reach reach;
	struct relay *relay;
	struct sockaddr_in at; /* where the relay listens */
	atomic_bool drained;
	struct relay_report reports[REPORTS_MAX];
	size_t n_reports;
	struct err err;
};

/* What happens on the other sides of the relay, in a thread, while the test turns the loop. */
struct worker {
	pthread_t thread;
	const struct fixture *fixture;
	int socket; /* that listens, or is connected */
	size_t n;   /* bytes that came */
	int error;
	atomic_bool done;
};

static void
on_report(void *context, const struct relay_report *report)
{
	struct fixture *f = context;

	assert_true(f->n_reports < REPORTS_MAX);
	f->reports[f->n_reports++] = *report;
}

static void
on_drained(void *context)
{
	struct fixture *f = context;

	assert_false(atomic_load(&f->drained));
	atomic_store(&f->drained, true);
}

static int
listen_somewhere(struct sockaddr_in *ret_at, int flags)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(fd, 128), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	*ret_at = at;
	return fd;
}

static void
make_relay(struct fixture *f)
{
	const struct relay_options options = {.loop = f->loop,
		.resolver = f->names,
		.report = on_report,
		.drained = on_drained,
		.context = f};
	int socket = listen_somewhere(&f->at, SOCK_NONBLOCK);

	f->reach = (struct reach){&f->listener, &f->target, 1};
	assert_int_equal(relay_new(&options, &f->reach, &socket, &f->relay, &f->err), 0);
	relay_begin(f->relay);
}

/* A relay to a server of the test. */
static int
make_server(struct fixture *f)
{
	struct sockaddr_in at;
	int server = listen_somewhere(&at, 0);

	f->target = (struct reach_target){"127.0.0.1", ntohs(at.sin_port), true};
	make_relay(f);
	return server;
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	return loop_new(&f->loop, &f->err);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	relay_free(f->relay);
	if (f->names)
		evdns_base_free(f->names, 0);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void
start(struct worker *worker, void *(*run)(void *))
{
	assert_int_equal(pthread_create(&worker->thread, NULL, run, worker), 0);
}

static void
turn_until(struct fixture *f, const atomic_bool *done)
{
	int64_t deadline = clock_boot_us() + PATIENCE_US;

	while (!atomic_load(done) && clock_boot_us() < deadline)
		assert_int_equal(loop_turn(f->loop, 10000, &f->err), 0);
	assert_true(atomic_load(done));
}

static void
turn_until_reports(struct fixture *f, size_t n)
{
	int64_t deadline = clock_boot_us() + PATIENCE_US;

	while (f->n_reports < n && clock_boot_us() < deadline)
		assert_int_equal(loop_turn(f->loop, 10000, &f->err), 0);
	assert_int_equal(f->n_reports, n);
}

static void
join(struct worker *worker)
{
	assert_int_equal(pthread_join(worker->thread, NULL), 0);
}

static int
connect_to_relay(const struct fixture *f)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&f->at, sizeof(f->at)), 0);
	return fd;
}

static void
send_many(int fd)
{
	static char bytes[1 << 16];
	size_t left = MANY;

	memset(bytes, 'x', sizeof(bytes));
	while (left > 0) {
		ssize_t n = send(fd, bytes, MIN(left, sizeof(bytes)), MSG_NOSIGNAL);

		if (n < 0)
			return;
		left -= (size_t)n;
	}
}

/* To the end; -1 where it did not come. */
static size_t
receive_all(int fd, int *ret_error)
{
	static _Thread_local char bytes[1 << 14];
	size_t all = 0;
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		all += (size_t)n;
	*ret_error = n < 0 ? errno : 0;
	return all;
}

/* Reads to the end, answers with as much. */
static void *
serve(void *argument)
{
	struct worker *worker = argument;
	int fd = accept4(worker->socket, NULL, NULL, SOCK_CLOEXEC);

	worker->n = receive_all(fd, &worker->error);
	send_many(fd);
	(void)close(fd);
	atomic_store(&worker->done, true);
	return NULL;
}

static void *
ask(void *argument)
{
	struct worker *worker = argument;

	send_many(worker->socket);
	(void)shutdown(worker->socket, SHUT_WR);
	worker->n = receive_all(worker->socket, &worker->error);
	atomic_store(&worker->done, true);
	return NULL;
}

static void *
hear(void *argument)
{
	struct worker *worker = argument;

	worker->n = receive_all(worker->socket, &worker->error);
	atomic_store(&worker->done, true);
	return NULL;
}

static void
test_all_is_carried_and_each_end_passed_on(void **state)
{
	struct fixture *f = *state;
	struct worker server = {.socket = make_server(f)};
	struct worker client = {.socket = connect_to_relay(f)};
	const struct relay_count *count = relay_counts(f->relay);

	start(&server, serve);
	start(&client, ask);
	turn_until(f, &client.done);
	join(&client);
	join(&server);
	assert_int_equal(server.error, 0);
	assert_int_equal(server.n, MANY);
	assert_int_equal(client.error, 0);
	assert_int_equal(client.n, MANY);
	assert_int_equal(f->n_reports, 1);
	assert_int_equal(f->reports[0].outcome, RELAY_CONNECTED);
	assert_string_equal(f->reports[0].address, "127.0.0.1");
	assert_int_equal(count->connected, 1);
	assert_int_equal(count->sent, MANY);
	assert_int_equal(count->received, MANY);
	(void)close(client.socket);
	(void)close(server.socket);
}

/* Memory does not grow with what one side sends and the other does not read. */
static void
test_who_does_not_read_holds_the_other_up(void **state)
{
	struct fixture *f = *state;
	int server = make_server(f);
	struct worker client = {.socket = connect_to_relay(f)};
	int small = 4096;
	int64_t until;
	int fd;

	assert_int_equal(setsockopt(server, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	start(&client, ask);
	turn_until_reports(f, 1);
	fd = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	until = clock_boot_us() + 300000;
	while (clock_boot_us() < until)
		assert_int_equal(loop_turn(f->loop, 10000, &f->err), 0);
	/* What was taken lies in the buffers of two sockets and in the relay's own. */
	assert_true(relay_counts(f->relay)->sent < MANY);
	(void)close(fd);
	turn_until(f, &client.done);
	join(&client);
	(void)close(client.socket);
	(void)close(server);
}

static void
test_a_target_that_is_not_there_resets(void **state)
{
	struct fixture *f = *state;
	struct worker client;
	int server = make_server(f);

	(void)close(server);
	client = (struct worker){.socket = connect_to_relay(f)};
	start(&client, hear);
	turn_until(f, &client.done);
	join(&client);
	assert_int_equal(client.error, ECONNRESET);
	assert_int_equal(f->n_reports, 1);
	assert_int_equal(f->reports[0].outcome, RELAY_FAILED);
	assert_string_equal(f->reports[0].reason, "Connection refused");
	assert_int_equal(relay_counts(f->relay)->failed, 1);
	(void)close(client.socket);
}

/* The names of the test's own, as hosts(5) has them. */
static void
know_names(struct fixture *f, const char *lines)
{
	char path[] = "/tmp/lily-names-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, lines, strlen(lines), &f->err), 0);
	f->names = evdns_base_new(loop_base(f->loop), EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	assert_non_null(f->names);
	assert_int_equal(evdns_base_load_hosts(f->names, path), 0);
	(void)close(fd);
	(void)unlink(path);
}

static void
test_a_name_leads_to_no_private_address(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in at;
	int server = listen_somewhere(&at, SOCK_NONBLOCK);
	struct worker client;

	know_names(f, "127.0.0.1 inside.example\n");
	f->target = (struct reach_target){"inside.example", ntohs(at.sin_port), false};
	make_relay(f);
	client = (struct worker){.socket = connect_to_relay(f)};
	start(&client, hear);
	turn_until(f, &client.done);
	join(&client);
	assert_int_equal(client.error, ECONNRESET);
	assert_int_equal(f->reports[0].outcome, RELAY_REFUSED);
	assert_string_equal(f->reports[0].address, "127.0.0.1");
	assert_int_equal(relay_counts(f->relay)->refused, 1);
	/* Nobody came. */
	assert_int_equal(accept4(server, NULL, NULL, SOCK_CLOEXEC), -1);
	assert_int_equal(errno, EAGAIN);
	(void)close(client.socket);
	(void)close(server);
}

static void
test_the_end_of_an_attempt_ends_its_connections(void **state)
{
	struct fixture *f = *state;
	int server = make_server(f);
	struct worker open = {.socket = connect_to_relay(f)};
	struct worker waiting;

	turn_until_reports(f, 1);
	waiting = (struct worker){.socket = connect_to_relay(f)}; /* not accepted yet */
	relay_end(f->relay);
	/* libevent closes what it was told to in its next turn. */
	assert_int_equal(loop_turn(f->loop, 0, &f->err), 0);
	start(&open, hear);
	start(&waiting, hear);
	join(&open);
	join(&waiting);
	assert_int_equal(open.error, ECONNRESET);
	assert_int_equal(f->n_reports, 1);
	assert_int_equal(relay_counts(f->relay)->connected, 1);

	/* The next one answers for its own alone. */
	relay_begin(f->relay);
	assert_int_equal(relay_counts(f->relay)->connected, 0);
	assert_int_equal(loop_turn(f->loop, 0, &f->err), 0);
	assert_int_equal(f->n_reports, 1);
	(void)close(open.socket);
	(void)close(waiting.socket);
	(void)close(server);
}

/* Sent a moment before the last process ended, on connections that nobody has accepted yet. */
static void
test_what_a_dead_attempt_sent_arrives(void **state)
{
	struct fixture *f = *state;
	int server = make_server(f);
	char bytes[1000];
	int error;

	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 3; i++) {
		int client = connect_to_relay(f);

		assert_int_equal(send(client, bytes, sizeof(bytes), 0), sizeof(bytes));
		(void)close(client);
	}
	assert_false(relay_drain(f->relay));
	turn_until(f, &f->drained);
	relay_end(f->relay);
	assert_int_equal(relay_counts(f->relay)->sent, 3 * sizeof(bytes));
	assert_int_equal(loop_turn(f->loop, 0, &f->err), 0);
	for (int i = 0; i < 3; i++) {
		int peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);

		assert_int_equal(receive_all(peer, &error), sizeof(bytes));
		assert_int_equal(error, 0);
		(void)close(peer);
	}
	/* Once more there is nothing to wait for. */
	assert_true(relay_drain(f->relay));
	(void)close(server);
}

static void
test_more_than_the_limit_wait_their_turn(void **state)
{
	struct fixture *f = *state;
	int server = make_server(f);
	int clients[RELAY_OPEN_MAX + 8];
	int64_t until;

	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		clients[i] = connect_to_relay(f);
	turn_until_reports(f, RELAY_OPEN_MAX);
	until = clock_boot_us() + 100000;
	while (clock_boot_us() < until)
		assert_int_equal(loop_turn(f->loop, 10000, &f->err), 0);
	assert_int_equal(f->n_reports, RELAY_OPEN_MAX);
	/* Both sides have to end, and the server is the test. */
	for (size_t i = 0; i < RELAY_OPEN_MAX; i++) {
		(void)close(accept4(server, NULL, NULL, SOCK_CLOEXEC));
		(void)close(clients[i]);
	}
	turn_until_reports(f, ARRAY_SIZE(clients));
	for (size_t i = RELAY_OPEN_MAX; i < ARRAY_SIZE(clients); i++)
		(void)close(clients[i]);
	(void)close(server);
}

/* A name server that never answers: what waits for it is let go of, and of the answer nobody hears. */
static void
test_a_lookup_under_way_is_called_off(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int silent = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int client;

	assert_int_equal(bind(silent, (struct sockaddr *)&at, n), 0);
	assert_int_equal(getsockname(silent, (struct sockaddr *)&at, &n), 0);
	know_names(f, "");
	assert_int_equal(
		evdns_base_nameserver_sockaddr_add(f->names, (struct sockaddr *)&at, n, 0), 0);
	f->target = (struct reach_target){"nowhere.example", 80, false};
	make_relay(f);
	client = connect_to_relay(f);
	for (int i = 0; i < 10; i++)
		assert_int_equal(loop_turn(f->loop, 10000, &f->err), 0);
	relay_end(f->relay);
	relay_free(f->relay);
	f->relay = NULL;
	assert_int_equal(f->n_reports, 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(loop_turn(f->loop, 1000, &f->err), 0);
	(void)close(client);
	(void)close(silent);
}

static void
test_what_is_private(void **state)
{
	static const struct {
		const char *address;
		bool is_private;
	} cases[] = {
		{"0.0.0.0", true},
		{"10.255.255.255", true},
		{"11.0.0.0", false},
		{"100.63.255.255", false},
		{"100.64.0.0", true},
		{"100.127.255.255", true},
		{"127.0.0.53", true},
		{"169.254.169.254", true},
		{"169.255.0.0", false},
		{"172.15.255.255", false},
		{"172.16.0.0", true},
		{"172.31.255.255", true},
		{"172.32.0.0", false},
		{"192.0.0.8", true},
		{"192.168.1.1", true},
		{"198.19.0.1", true},
		{"203.0.113.5", false},
		{"223.255.255.255", false},
		{"224.0.0.1", true},
		{"255.255.255.255", true},
		{"1.1.1.1", false},
		{"::", true},
		{"::1", true},
		{"::ffff:10.0.0.1", true},
		{"::ffff:1.1.1.1", false},
		{"64:ff9b::a00:1", true},
		{"64:ff9b::101:101", false},
		{"2002:a00:1::", true},
		{"2002:101:101::", false},
		{"2001:0:1::", true},
		{"2606:4700::1111", false},
		{"fc00::1", true},
		{"fd12:3456::1", true},
		{"fe80::1", true},
		{"ff02::1", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sockaddr_in inet = {.sin_family = AF_INET};
		struct sockaddr_in6 inet6 = {.sin6_family = AF_INET6};
		bool is_inet6 = strchr(cases[i].address, ':') != NULL;

		assert_int_equal(
			inet_pton(is_inet6 ? AF_INET6 : AF_INET, cases[i].address,
				is_inet6 ? (void *)&inet6.sin6_addr : (void *)&inet.sin_addr),
			1);
		if (relay_address_is_private(
			    is_inet6 ? (struct sockaddr *)&inet6 : (struct sockaddr *)&inet) !=
			cases[i].is_private)
			fail_msg("%s", cases[i].address);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_all_is_carried_and_each_end_passed_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_who_does_not_read_holds_the_other_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_target_that_is_not_there_resets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_name_leads_to_no_private_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_the_end_of_an_attempt_ends_its_connections, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_what_a_dead_attempt_sent_arrives, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_more_than_the_limit_wait_their_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_lookup_under_way_is_called_off, set_up, tear_down),
		cmocka_unit_test(test_what_is_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
