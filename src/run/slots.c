#include "run/slots.h"

#include "base/str.h"
#include "exec/local.h"

#include <sys/sysinfo.h>

unsigned
slots_count(unsigned asked, unsigned said, uint32_t n_steps)
{
	unsigned slots = asked ? asked : said;

	if (!slots)
		slots = (unsigned)MAX(1, get_nprocs());
	return MIN(MIN(slots, LOCAL_SLOTS_MAX), MAX(1, n_steps));
}
