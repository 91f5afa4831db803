#include "base/recall.h"

static _Thread_local const atomic_bool *flag_of_thread;

void
recall_watch(const atomic_bool *flag)
{
	flag_of_thread = flag;
}

int
recall_check(struct err *err)
{
	const atomic_bool *flag = flag_of_thread;

	if (!flag || !atomic_load_explicit(flag, memory_order_relaxed))
		return 0;
	return err_set(err, ERR_SYS, "given up: nobody waits for it any more");
}
