#include "cli/patience.h"

#include "cli/field.h"
#include "cli/status.h"
#include "cli/text.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define MOMENT_MS 100

static void
say(struct patience *patience, const struct lily_wait *wait)
{
	AUTO_TEXT struct text line = TEXT_INIT;

	if (patience->has_said && strcmp(patience->said, wait->run_id) == 0)
		return;
	patience->has_said = true;
	(void)snprintf(patience->said, sizeof(patience->said), "%s", wait->run_id);
	if (*wait->run_id) {
		text_format(&line, "waiting for run %.*s, which has the key \"", RUN_SHORT,
			wait->run_id);
	} else {
		text_add_string(&line, "waiting for another run with the key \"");
	}
	text_add_safe(&line, wait->key, strlen(wait->key), TEXT_LINE);
	text_add_char(&line, '"');
	if (wait->since_us) {
		text_add_string(&line, " since ");
		text_add_local_time(&line, wait->since_us);
	}
	if (wait->cancels)
		text_add_string(&line, ", and is being cancelled");
	call_say(patience->call, "%s", text_string(&line));
}

static int
look(void *context, const struct lily_wait *wait)
{
	struct patience *patience = context;
	struct pollfd signals = {.fd = patience->signals->fd, .events = POLLIN};

	say(patience, wait);
	(void)poll(&signals, 1, MOMENT_MS);
	signals_read(patience->signals);
	if (patience->signals->suspend)
		signals_suspend(patience->signals);
	patience->gave_up = patience->signals->stops > 0;
	return patience->gave_up;
}

void
patience_begin(struct patience *patience, const struct call *call, struct lily_store *store,
	struct signals *signals)
{
	*patience = (struct patience){.call = call, .signals = signals};
	lily_store_on_wait(store, look, patience);
}

int
patience_status(const struct patience *patience, int status)
{
	return patience->gave_up ? STATUS_CANCELLED : status;
}
