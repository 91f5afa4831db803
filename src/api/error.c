#include "api/handle.h"

#include "lily/error.h"

#include <stdlib.h>

_Static_assert((int)LILY_ERROR_SYSTEM == (int)ERR_SYS &&
		(int)LILY_ERROR_NOT_FOUND == (int)ERR_NOT_FOUND &&
		(int)LILY_ERROR_INVALID == (int)ERR_INVALID &&
		(int)LILY_ERROR_DENIED == (int)ERR_DENIED &&
		(int)LILY_ERROR_CORRUPT == (int)ERR_CORRUPT &&
		(int)LILY_ERROR_LIMIT == (int)ERR_LIMIT &&
		(int)LILY_ERROR_POLICY == (int)ERR_POLICY,
	"the public codes are the internal ones");
_Static_assert(LILY_ERROR_MESSAGE_SIZE == ERR_MESSAGE_SIZE, "a message is copied whole");

const char *
lily_version(void)
{
	return LILY_VERSION;
}

void
lily_free(void *memory)
{
	free(memory);
}

int
error_give(const struct err *err, struct lily_error *ret_error)
{
	/* A failure without a code would look like success to the caller. */
	int code = err->code < 0 ? err->code : ERR_SYS;

	if (ret_error) {
		ret_error->code = code;
		ret_error->system_errno = err->sys_errno;
		memcpy(ret_error->message, err->message, sizeof(ret_error->message));
	}
	return code;
}
