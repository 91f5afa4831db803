#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifdef __clang_analyzer__
#undef err_set
#undef err_setv
#undef err_sys
#undef err_wrap
#endif

int
err_setv(struct err *err, int code, const char *format, va_list args)
{
	if (!err)
		return code;
	err->code = code;
	err->sys_errno = 0;
	(void)vsnprintf(err->message, sizeof(err->message), format, args);
	return code;
}

int
err_set(struct err *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)err_setv(err, code, format, args);
	va_end(args);
	return code;
}

static int
code_of_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ESRCH: return ERR_NOT_FOUND;
	case EACCES:
	case EPERM: return ERR_DENIED;
	case ELOOP:
	case ENAMETOOLONG: return ERR_INVALID;
	default: return ERR_SYS;
	}
}

int
err_sys(struct err *err, const char *format, ...)
{
	int error = errno;
	int code = code_of_errno(error);
	char reason[128];
	const char *text;
	va_list args;
	size_t used;

	if (!err)
		return code;
	va_start(args, format);
	(void)err_setv(err, code, format, args);
	va_end(args);
	err->sys_errno = error;
	text = strerror_r(error, reason, sizeof(reason));
	/* A long path may be cut, the reason not. */
	used = MIN(strlen(err->message), sizeof(err->message) - sizeof(": ") - strlen(text));
	(void)snprintf(err->message + used, sizeof(err->message) - used, ": %s", text);
	return code;
}

int
err_wrap(struct err *err, const char *format, ...)
{
	char inner[ERR_MESSAGE_SIZE];
	va_list args;
	size_t used;

	if (!err)
		return ERR_SYS;
	memcpy(inner, err->message, sizeof(inner));
	va_start(args, format);
	(void)vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	used = strlen(err->message);
	(void)snprintf(err->message + used, sizeof(err->message) - used, ": %s", inner);
	return err->code;
}

void
err_bug(const char *file, int line, const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "lily: broken invariant at %s:%d: ", file, line);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	abort();
}
