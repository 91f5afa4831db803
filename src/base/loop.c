#include "base/loop.h"

#include "base/memory.h"

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/eventfd.h>

/* More than a new event base opens. */
#define DESCRIPTORS 8

struct loop {
	struct event_base *base;
	struct evdns_base *resolver; /* NULL: no name was looked up yet */
	struct event wake;           /* bounds one turn */
};

struct watch {
	struct event event;
	struct event_base *base;
	watch_fn *callback;
	void *context;
	bool started;
};

struct timer {
	struct event event;
	watch_fn *callback;
	void *context;
};

static void
on_wake(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

/* libevent ends the program where it cannot have its descriptors, and libraries do not do that. */
static int
check_descriptors(struct err *err)
{
	int fds[DESCRIPTORS];
	int n = 0;
	int r = 0;

	while (r == 0 && n < DESCRIPTORS) {
		fds[n] = eventfd(0, EFD_CLOEXEC);
		if (fds[n] < 0)
			r = err_sys(err, "make an event loop");
		else
			n++;
	}
	while (n > 0)
		(void)close(fds[--n]);
	return r;
}

/* What it warns of is also returned. */
static void
on_warning(int severity, const char *text)
{
	(void)severity;
	(void)text;
}

int
loop_new(struct loop **ret_loop, struct err *err)
{
	struct event_config *config;
	struct event_base *base = NULL;
	struct loop *loop;
	int r = check_descriptors(err);

	if (r < 0)
		return r;
	event_set_log_callback(on_warning);
	config = event_config_new();
	if (config) {
		/* Deadlines come from the precise clock, read anew for each: a time cached before a
		 * long callback would end a timer early. No environment variable changes the back end. */
		(void)event_config_set_flag(config,
			EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV |
				EVENT_BASE_FLAG_PRECISE_TIMER | EVENT_BASE_FLAG_NO_CACHE_TIME);
		base = event_base_new_with_config(config);
		event_config_free(config);
	}
	if (!base)
		return err_set(err, ERR_SYS, "no event loop could be made");
	loop = memory_zeroed(1, sizeof(*loop));
	loop->base = base;
	if (evtimer_assign(&loop->wake, base, on_wake, NULL) != 0)
		BUG("event_assign refused a timer");
	*ret_loop = loop;
	return 0;
}

void
loop_free(struct loop *loop)
{
	if (!loop)
		return;
	(void)event_del(&loop->wake);
	if (loop->resolver) {
		/* The answers of lookups that were called off, which hold its memory. */
		(void)event_base_loop(loop->base, EVLOOP_NONBLOCK);
		evdns_base_free(loop->resolver, 0);
	}
	event_base_free(loop->base);
	free(loop);
}

struct event_base *
loop_base(struct loop *loop)
{
	return loop->base;
}

struct evdns_base *
loop_resolver(struct loop *loop)
{
	if (!loop->resolver)
		loop->resolver = evdns_base_new(loop->base,
			EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	return loop->resolver;
}

static struct timeval
timeval_of(int64_t us)
{
	return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

int
loop_turn(struct loop *loop, int64_t timeout_us, struct err *err)
{
	int flags = EVLOOP_ONCE;

	if (timeout_us == 0)
		flags |= EVLOOP_NONBLOCK;
	if (timeout_us > 0) {
		struct timeval wait = timeval_of(timeout_us);

		(void)event_add(&loop->wake, &wait);
	}
	if (event_base_loop(loop->base, flags) < 0)
		return err_set(err, ERR_SYS, "the event loop failed");
	if (timeout_us > 0)
		(void)event_del(&loop->wake);
	return 0;
}

static void
on_watch(evutil_socket_t fd, short what, void *context)
{
	struct watch *watch = context;

	(void)fd;
	(void)what;
	watch->callback(watch->context);
}

struct watch *
watch_new(struct loop *loop, watch_fn *callback, void *context)
{
	struct watch *watch = memory_zeroed(1, sizeof(*watch));

	watch->base = loop->base;
	watch->callback = callback;
	watch->context = context;
	return watch;
}

void
watch_start(struct watch *watch, int fd)
{
	watch_stop(watch);
	if (event_assign(&watch->event, watch->base, fd, EV_READ | EV_PERSIST, on_watch,
		    watch) != 0 ||
		event_add(&watch->event, NULL) != 0)
		BUG("descriptor %d cannot be watched", fd);
	watch->started = true;
}

void
watch_stop(struct watch *watch)
{
	if (watch->started)
		(void)event_del(&watch->event);
	watch->started = false;
}

void
watch_free(struct watch *watch)
{
	if (!watch)
		return;
	watch_stop(watch);
	free(watch);
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	struct timer *timer = context;

	(void)fd;
	(void)what;
	timer->callback(timer->context);
}

struct timer *
timer_new(struct loop *loop, watch_fn *callback, void *context)
{
	struct timer *timer = memory_zeroed(1, sizeof(*timer));

	timer->callback = callback;
	timer->context = context;
	if (evtimer_assign(&timer->event, loop->base, on_timer, timer) != 0)
		BUG("event_assign refused a timer");
	return timer;
}

void
timer_start(struct timer *timer, int64_t delay_us)
{
	struct timeval wait = timeval_of(MAX(delay_us, 0));

	if (evtimer_add(&timer->event, &wait) != 0)
		BUG("a timer cannot be started");
}

void
timer_stop(struct timer *timer)
{
	(void)evtimer_del(&timer->event);
}

void
timer_free(struct timer *timer)
{
	if (!timer)
		return;
	timer_stop(timer);
	free(timer);
}
