#include "cli/watch.h"

#include "cli/drive.h"
#include "cli/field.h"
#include "cli/tally.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define FRAME_MS 100
#define LOOK_US 1000000 /* how often it is asked whether anybody drives the run still */

struct watch {
	const struct call *call;
	struct signals *signals;
	struct follow follow;
	struct screen screen;
	struct text lines;
	struct termios before; /* of standard input */
	bool reads_keys;
	bool left;
	enum watch_items items;
	int64_t looked_us;
};

/* Keys arrive one by one and are not shown; Ctrl-C and Ctrl-Z stay signals. */
static void
keys_begin(struct watch *watch)
{
	struct termios keys;

	watch->reads_keys = isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
		tcgetattr(STDIN_FILENO, &watch->before) == 0;
	if (!watch->reads_keys)
		return;
	keys = watch->before;
	keys.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

static void
keys_end(struct watch *watch)
{
	if (watch->reads_keys)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &watch->before);
	watch->reads_keys = false;
}

/* Opens the items, or folds them again. */
static void
turn_items(struct watch *watch)
{
	struct lily_error ignored = {0};

	watch->items = watch->items == WATCH_FOLDED ? WATCH_OPEN : WATCH_FOLDED;
	/* Without a name an item has no line before something happens to it: no harm. */
	if (watch->items == WATCH_OPEN)
		(void)follow_read_names(&watch->follow, &ignored);
}

static void
wait_for_keys(struct watch *watch)
{
	struct pollfd fds[] = {
		{.fd = watch->signals->fd, .events = POLLIN},
		{.fd = watch->reads_keys ? STDIN_FILENO : -1, .events = POLLIN},
	};
	char key = 0;

	(void)poll(fds, 2, FRAME_MS);
	if (fds[1].revents && read(STDIN_FILENO, &key, 1) <= 0)
		keys_end(watch);
	if (key == 'q' || key == 'Q')
		watch->left = true;
	if (key == 'i' || key == 'I')
		turn_items(watch);
	signals_read(watch->signals);
	if (watch->signals->stops > 0)
		watch->left = true;
	if (watch->signals->suspend) {
		screen_erase(&watch->screen);
		keys_end(watch);
		signals_suspend(watch->signals);
		keys_begin(watch);
	}
}

static void
add_header(struct text *text, const struct watch *watch, size_t columns)
{
	const struct lily_run_counts *counts = &watch->follow.counts;
	const struct term *term = &watch->call->out;
	AUTO_TEXT struct text line = TEXT_INIT;

	text_add_string(&line, "run ");
	field_add_run(&line, watch->follow.run_id);
	text_add_string(&line, "  ");
	tally_add_place(&line, counts);
	text_add_char(&line, ' ');
	tally_add(&line, counts, TALLY_RUNNING);
	if (watch->follow.cancelling)
		text_add_string(&line, ", stopping");
	if (watch->reads_keys && watch->follow.n_loops > 0)
		text_add_string(&line,
			watch->items == WATCH_FOLDED ? "   i shows items" : "   i folds items");
	text_add_string(&line, watch->reads_keys ? "   q leaves" : "");
	text_add_string(text, term_on(term, PAINT_BOLD));
	text_add_cut(text, line.bytes, line.size, columns);
	text_format(text, "%s\n", term_off(term));
}

static void
draw(struct watch *watch)
{
	static const struct text nothing = {0};
	size_t columns, rows;

	term_size(&watch->call->out, &columns, &rows);
	text_clear(&watch->lines);
	add_header(&watch->lines, watch, columns);
	watch_steps(&watch->lines, &watch->call->out, &watch->follow, watch->items, columns,
		rows > 4 ? rows - 2 : 2);
	screen_draw(&watch->screen, &nothing, &watch->lines);
}

/* 1 left by the user, 0 the run has ended or nobody drives it, < 0. */
static int
watch_loop(struct watch *watch, struct lily_error *error)
{
	struct lily_run_event event;
	int n = 1;

	while (n > 0) {
		while ((n = follow_next(&watch->follow, &event, error)) > 0)
			;
		if (n < 0)
			return n;
		draw(watch);
		n = !watch->follow.ended;
		if (n && progress_now_us() - watch->looked_us >= LOOK_US) {
			watch->looked_us = progress_now_us();
			n = follow_is_driven(&watch->follow, error);
		}
		if (n > 0)
			wait_for_keys(watch);
		if (watch->left)
			return 1;
	}
	return n;
}

static int
say_end(const struct call *call, struct lily_store *store, const struct follow *follow)
{
	if (follow->ended)
		return drive_report(call, store, follow->run_id);
	call_complain(
		call, "run %.*s was interrupted: nobody drives it", RUN_SHORT, follow->run_id);
	call_hint(call, "`lily resume %.*s` goes on with it", RUN_SHORT, follow->run_id);
	return STATUS_SYSTEM;
}

int
watch_run(const struct call *call, struct lily_store *store, const char *address,
	struct signals *signals)
{
	struct watch watch = {.call = call, .signals = signals};
	struct lily_error error = {0};
	int status;
	int n = follow_open(&watch.follow, store, address, FOLLOW_STEPS, &error);

	if (n < 0)
		return call_fail(call, &error);
	screen_init(&watch.screen, &call->out);
	keys_begin(&watch);
	n = watch_loop(&watch, &error);
	keys_end(&watch);
	/* The last frame stays, and what follows begins on a line of its own. */
	if (watch.screen.drawn > 0)
		(void)putchar('\n');
	status = n < 0  ? call_fail(call, &error)
		: n > 0 ? STATUS_DONE
			: say_end(call, store, &watch.follow);
	screen_done(&watch.screen);
	text_done(&watch.lines);
	follow_close(&watch.follow);
	return status;
}
