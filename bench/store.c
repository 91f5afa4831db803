/*
 * bench/store: what recording one step costs: four events and the rows derived from them.
 *
 *	store DIR [STEPS [PAUSE_US]]
 *
 * Prints, for each tenth of the steps, the CPU time per step of the submitting thread and of the
 * writer thread, and at the end the bytes per step on disk. PAUSE_US is slept, on average, between
 * two steps: 0 (the default) fills groups of 1000 rows, 115 is two steps of 0.23 ms at a time.
 */
#include "base/clock.h"
#include "base/file.h"
#include "store/object.h"
#include "store/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#define NAP_STEPS 10

static double
seconds(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
must(int r, const struct err *err)
{
	if (r >= 0)
		return;
	(void)fprintf(stderr, "store: %s\n", err->message);
	exit(1);
}

static void
append(struct run_hold *hold, enum event_type type, const char *payload)
{
	struct err err = ERR_INIT;

	must(event_append(hold->store, &hold->chain, type, clock_utc_us(), str_of(payload),
		     NULL, &err),
		&err);
}

static void
record_step(struct run_hold *hold, unsigned i)
{
	unsigned long long now = (unsigned long long)clock_utc_us();
	char text[512];

	(void)snprintf(text, sizeof(text),
		"{\"handle\":{\"lane\":{\"boot\":\"5e0b3b9c-1c6f-4a53-9f6e-0d5b3a1f2c4d\","
		"\"pid\":31337,\"pidns\":4026531836,\"start\":123456789}},\"i\":%u,\"n\":%u,"
		"\"step\":\"step-%06u\",\"try\":1}",
		i, i + 1, i);
	append(hold, EVENT_ATTEMPT_SUBMITTED, text);
	(void)snprintf(text, sizeof(text), "{\"at\":%llu,\"n\":%u,\"pid\":%u}", now, i + 1,
		30000 + i % 1000);
	append(hold, EVENT_ATTEMPT_STARTED, text);
	(void)snprintf(text, sizeof(text),
		"{\"at\":%llu,\"cpu\":812,\"exit\":0,\"n\":%u,\"rss\":1480}", now + 900, i + 1);
	append(hold, EVENT_ATTEMPT_ENDED, text);
	(void)snprintf(text, sizeof(text), "{\"n\":%u}", i + 1);
	append(hold, EVENT_ATTEMPT_ACCEPTED, text);
}

static void
plan(struct run_hold *hold, unsigned steps)
{
	char hex[DIGEST_HEX_SIZE];
	struct err err = ERR_INIT;
	struct digest digest;
	char text[256];

	must(object_put(hold->store, STR("{}"), &digest, &err), &err);
	(void)snprintf(text, sizeof(text), "{\"inputs\":[],\"plan\":\"%s\",\"steps\":%u}",
		digest_to_hex(&digest, hex), steps);
	append(hold, EVENT_RUN_PLANNED, text);
	append(hold, EVENT_RUN_STARTED, "{\"pid\":1,\"slots\":2}");
}

static uint64_t
disk_use(const char *dir)
{
	static const char *const names[] = {"lily.db", "lily.db-wal"};
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t total = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct stat status;

		if (fstatat(fd, names[i], &status, 0) == 0)
			total += (uint64_t)status.st_size;
	}
	return total;
}

static void
nap(unsigned steps, long pause_us)
{
	struct timespec pause = {0, (long)steps * pause_us * 1000};

	if (pause_us)
		(void)nanosleep(&pause, NULL);
}

static void
record(struct run_hold *hold, unsigned steps, long pause_us)
{
	double own = seconds(CLOCK_THREAD_CPUTIME_ID);
	double all = seconds(CLOCK_PROCESS_CPUTIME_ID);
	struct err err = ERR_INIT;

	for (unsigned i = 0; i < steps; i++) {
		double own_now;
		double all_now;

		record_step(hold, i);
		if (i % NAP_STEPS == NAP_STEPS - 1)
			nap(NAP_STEPS, pause_us);
		if ((i + 1) % (steps / 10))
			continue;
		must(store_flush(hold->store, &err), &err);
		own_now = seconds(CLOCK_THREAD_CPUTIME_ID);
		all_now = seconds(CLOCK_PROCESS_CPUTIME_ID);
		(void)printf("%7u steps: submitting %.2f us, writing %.2f us a step\n", i + 1,
			(own_now - own) / (steps / 10) * 1e6,
			(all_now - all - (own_now - own)) / (steps / 10) * 1e6);
		own = own_now;
		all = all_now;
	}
}

int
main(int argc, char **argv)
{
	unsigned steps = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100000;
	long pause_us = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
	struct run_create_spec spec = {.kind = "start", .workflow = STR("bench")};
	struct err err = ERR_INIT;
	struct run_hold hold;
	struct store *store;
	uint64_t before;
	double began;

	if (argc < 2 || steps < 10) {
		(void)fprintf(stderr, "usage: store DIR [STEPS [PAUSE_US]]\n");
		return 2;
	}
	must(store_open(argv[1], STORE_WRITE, &store, &err), &err);
	must(run_create(store, &spec, &hold, NULL, &err), &err);
	plan(&hold, steps);
	must(store_flush(store, &err), &err);
	before = disk_use(argv[1]);
	began = seconds(CLOCK_MONOTONIC);
	record(&hold, steps, pause_us);
	append(&hold, EVENT_RUN_FINISHED, "{\"status\":\"succeeded\"}");
	run_release(&hold);
	store_close(store);
	(void)printf("%u steps in %.2f s; %.0f bytes a step on disk\n", steps,
		seconds(CLOCK_MONOTONIC) - began,
		(double)(disk_use(argv[1]) - MIN(before, disk_use(argv[1]))) / steps);
	return 0;
}
