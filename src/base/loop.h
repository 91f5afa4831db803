/*
 * loop: one thread waiting for descriptors and times, on libevent.
 *
 * A watch or timer is removed synchronously: after watch_stop, watch_free, timer_stop or
 * timer_free its callback is not called again. Callbacks may stop and free any watch, themselves
 * included.
 */
#ifndef LILY_BASE_LOOP_H
#define LILY_BASE_LOOP_H

#include "base/err.h"

#include <stdbool.h>

struct loop;
struct watch;
struct timer;
struct event_base;
struct evdns_base;

typedef void watch_fn(void *context);

int loop_new(struct loop **ret_loop, struct err *err);
void loop_free(struct loop *loop);

/* Waits at most timeout_us (-1: until something happens), calls what is due, returns. */
int loop_turn(struct loop *loop, int64_t timeout_us, struct err *err);

/* The libevent base, for libraries that bring their own events (libcurl). */
struct event_base *loop_base(struct loop *loop);

/* Looks names up as this machine does (resolv.conf(5), hosts(5)), the same each time; NULL where libevent
 * has none. Lookups that were called off may be answered after all, with EVUTIL_EAI_CANCEL, in a later
 * turn. */
struct evdns_base *loop_resolver(struct loop *loop);

/* A place for one descriptor at a time, called while it is readable. Not started yet. */
struct watch *watch_new(struct loop *loop, watch_fn *callback, void *context);
void watch_start(struct watch *watch, int fd);
void watch_stop(struct watch *watch);
void watch_free(struct watch *watch);

/* Called once, delay_us after timer_start; starting again moves it. */
struct timer *timer_new(struct loop *loop, watch_fn *callback, void *context);
void timer_start(struct timer *timer, int64_t delay_us);
void timer_stop(struct timer *timer);
void timer_free(struct timer *timer);

#endif
