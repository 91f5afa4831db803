#include "run/trial.h"

#include "base/clock.h"
#include "run/comparing.h"

/* The verdict; and what was compared with must still be what it was. */
static int
conclude(struct trial *trial, struct err *err)
{
	struct gate_turn *turn = trial_turn(trial);

	*turn = (struct gate_turn){
		.status = GATE_PASSED, .exit_code = -1, .reason = trial->lacking};
	if (trial->faults.n) {
		turn->status = GATE_FAILED;
		turn->reason = faults_summary(&trial->faults, 400, &trial->arena);
		trial->report.faults = &trial->faults;
	}
	return trial_look_again(trial, err);
}

/* What cannot be read has not been compared, and is no reason to end the run. */
static int
weigh(int r, struct err *err)
{
	if (r == ERR_CORRUPT)
		err->code = r = ERR_INVALID;
	return r;
}

static int
finish(struct trial *trial, struct err *err)
{
	int r = comparing_finish(trial->comparing_job, &trial->faults, err);

	trial->comparing_job = NULL;
	return weigh(r, err);
}

static void
do_comparing_work(void *context)
{
	comparing_work(((struct trial *)context)->comparing_job);
}

static void
on_compared(void *context)
{
	struct trial *trial = context;
	int r = finish(trial, &trial->err);

	trial_go_on(trial, r, conclude);
}

int
trial_compare(struct trial *trial, struct err *err)
{
	AUTO_BUF struct buf lacking = BUF_INIT((size_t)1 << 20);
	struct err why = ERR_INIT;
	int r = weigh(comparing_begin(trial, &lacking, &trial->comparing_job, &why), &why);

	trial->report.started_us = clock_utc_us();
	trial->lacking = lacking.n ? arena_cstr(&trial->arena, buf_str(&lacking)) : NULL;
	if (r == 0 && trial->comparing_job && !comparing_is_small(trial->comparing_job)) {
		trial->err = ERR_INIT;
		pool_submit(trial_engine(trial)->pool, do_comparing_work, on_compared, trial);
		return 0;
	}
	if (r == 0 && trial->comparing_job) {
		comparing_work(trial->comparing_job);
		r = finish(trial, &why);
	}
	return r < 0 ? trial_end_error(trial, r, &why, err) : conclude(trial, err);
}
