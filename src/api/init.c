#include "base/init.h"
#include "lily/run.h"

#include <unistd.h>

int
lily_run_as_init(char *const argv[], int *ret_status)
{
	struct err ignored = ERR_INIT;

	return getpid() == 1 && init_run(argv, ret_status, &ignored) == 0;
}
