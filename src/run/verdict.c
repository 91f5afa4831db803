#include "run/verdict.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/size.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>

/* Names of steps of items hold those of their groups and keys; what is beyond does not count. */
#define STEP_NAME_MAX 4096

bool
verdict_is_good(const struct attempt_end *end)
{
	return end->state == ATTEMPT_EXITED && end->started && !end->timed_out &&
		!end->cancelled && !end->exceeded && end->signal == 0 && end->exit_code == 0;
}

int
verdict_exit(const struct attempt_end *end)
{
	bool by_itself = end->state == ATTEMPT_EXITED && end->started && !end->signal;

	return by_itself ? end->exit_code : -1;
}

static void
describe_exceeded(const struct attempt_end *end, char ret_message[static ERR_MESSAGE_SIZE])
{
	char duration[CLOCK_DURATION_SIZE];
	char size[SIZE_TEXT_SIZE];

	switch (end->exceeded) {
	case WALL_BOUND_PROCESSES:
		(void)snprintf(ret_message, ERR_MESSAGE_SIZE,
			"it had more than %llu processes at once, which `limits` of its policy "
			"allow",
			(unsigned long long)end->bounds.processes);
		break;
	case WALL_BOUND_CPU:
		(void)snprintf(ret_message, ERR_MESSAGE_SIZE,
			"it took more than %s of processor time, which `limits` of its policy "
			"allow",
			clock_duration_to_text((int64_t)end->bounds.cpu_us, duration));
		break;
	case WALL_BOUND_MEMORY:
	case WALL_BOUND_NONE:
	case WALL_BOUND_COUNT:
		(void)snprintf(ret_message, ERR_MESSAGE_SIZE,
			"it took more than %s of memory, which `limits` of its policy allow",
			size_to_text(end->bounds.memory, size));
	}
}

enum failure_class
verdict_of(const struct attempt_end *end, const struct step_settings *settings,
	char ret_message[static ERR_MESSAGE_SIZE])
{
	char duration[CLOCK_DURATION_SIZE];

	if (end->state == ATTEMPT_LOST) {
		(void)snprintf(ret_message, ERR_MESSAGE_SIZE,
			"its lane died; all of its processes are dead");
		return FAILURE_LOST;
	}
	if (!end->started) {
		(void)snprintf(ret_message, ERR_MESSAGE_SIZE, "%s", end->start_error.message);
		return end->start_error.code == ERR_POLICY ? FAILURE_POLICY : FAILURE_START;
	}
	if (end->exceeded) {
		describe_exceeded(end, ret_message);
		return FAILURE_VIOLATION;
	}
	if (end->timed_out) {
		(void)snprintf(ret_message, ERR_MESSAGE_SIZE, "timed out after %s",
			clock_duration_to_text(settings->timeout_us, duration));
		return FAILURE_TIMEOUT;
	}
	if (end->out_of_memory) {
		(void)snprintf(ret_message, ERR_MESSAGE_SIZE, "out of memory");
		return FAILURE_OOM;
	}
	if (end->signal) {
		const char *name = sigabbrev_np(end->signal);

		(void)snprintf(ret_message, ERR_MESSAGE_SIZE, "killed by signal %d (SIG%s)",
			end->signal, name ? name : "?");
		return FAILURE_SIGNAL;
	}
	(void)snprintf(ret_message, ERR_MESSAGE_SIZE, "exit status %d", end->exit_code);
	return FAILURE_EXIT;
}

bool
verdict_may_retry(const struct retry_rule *rule, enum failure_class class,
	const struct attempt_end *end, uint32_t try_number)
{
	if (class == FAILURE_START || class == FAILURE_SECRET || class == FAILURE_POLICY ||
		class == FAILURE_VIOLATION || try_number >= rule->attempts)
		return false;
	if (rule->classes & 1U << class)
		return true;
	for (uint32_t i = 0; class == FAILURE_EXIT && i < rule->n_exit_codes; i++)
		if (rule->exit_codes[i] == end->exit_code)
			return true;
	return false;
}

/* From 0 up to, but without, 1. */
static double
draw(const struct uuid *run, struct str step, uint32_t try_number)
{
	uint8_t text[sizeof(run->bytes) + sizeof(try_number) + STEP_NAME_MAX];
	struct digest digest;
	uint64_t drawn = 0;
	uint8_t *p = mempcpy(text, run->bytes, sizeof(run->bytes));

	for (unsigned shift = 0; shift < 32; shift += 8)
		*p++ = (uint8_t)(try_number >> shift);
	p = mempcpy(p, step.p, MIN(step.n, STEP_NAME_MAX));
	digest_of(text, (size_t)(p - text), &digest);
	for (size_t i = 0; i < sizeof(drawn); i++)
		drawn = drawn << 8 | digest.bytes[i];
	/* As many bits as a double holds: more would round up to 1. */
	return (double)(drawn >> 11) / (double)(UINT64_C(1) << 53);
}

int64_t
verdict_backoff(const struct retry_rule *rule, const struct uuid *run, struct str step,
	uint32_t try_number)
{
	double delay = (double)rule->backoff_us * pow(rule->factor, (double)(try_number - 1));

	if (!(delay < (double)rule->max_backoff_us))
		delay = (double)rule->max_backoff_us;
	return (int64_t)(rule->full_jitter ? delay * draw(run, step, try_number) : delay);
}
