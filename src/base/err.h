/*
 * err: why an operation could not be done.
 *
 * A function that can fail takes a struct err * as its last parameter and returns 0 (or a useful
 * value >= 0) on success and a negative enum err_code on failure. The struct is a value on the
 * caller's stack: nothing is allocated or freed on the failure path, and it is untouched on
 * success. Each layer on the way up may add one noun with err_wrap, so that a message reads from
 * outside in: "run 0193…: step build: open out/report.json: Permission denied".
 *
 * A failed step or check is a result, never an err. A broken invariant is BUG().
 */
#ifndef LILY_BASE_ERR_H
#define LILY_BASE_ERR_H

#include "base/attr.h"

#include <stdarg.h>

/* The whole vocabulary: callers decide on these, people read the message. */
enum err_code {
	ERR_SYS = -1,       /* the operating system or the store refused; sys_errno says why */
	ERR_NOT_FOUND = -2, /* the thing that was named does not exist */
	ERR_INVALID = -3,   /* data or arguments break their rules */
	ERR_DENIED = -4,    /* a policy or a lock forbids it */
	ERR_CORRUPT = -5,   /* stored data is not what was stored */
	ERR_LIMIT = -6,     /* a stated bound was reached */
	ERR_POLICY = -7,    /* what a policy says cannot be held here: nothing runs under it */
};

#define ERR_MESSAGE_SIZE 1024

struct err {
	int code;      /* an enum err_code, 0 when unset */
	int sys_errno; /* with ERR_SYS: errno, or 0 */
	char message[ERR_MESSAGE_SIZE];
};

#define ERR_INIT ((struct err){0})

/* Sets code and message; err may be NULL. Returns code. */
int err_set(struct err *err, int code, const char *format, ...) ATTR_PRINTF(3, 4);
int err_setv(struct err *err, int code, const char *format, va_list args) ATTR_PRINTF(3, 0);

/* Sets ERR_SYS from errno: the message becomes "FORMAT: strerror". ENOENT, ENOTDIR and ESRCH become
 * ERR_NOT_FOUND, EACCES and EPERM ERR_DENIED, ELOOP and ENAMETOOLONG, which are the path's fault,
 * ERR_INVALID; sys_errno is kept in each case. Returns the code. */
int err_sys(struct err *err, const char *format, ...) ATTR_PRINTF(2, 3);

/* Puts "FORMAT: " before the message. Returns err's code, ERR_SYS if err is NULL. */
int err_wrap(struct err *err, const char *format, ...) ATTR_PRINTF(2, 3);

#ifdef __clang_analyzer__
/* The analyzer sees one file at a time: that codes are negative tells it which paths exist. */
static inline int
err_negative(int code)
{
	return code < 0 ? code : -1;
}
#define err_set(...) err_negative(err_set(__VA_ARGS__))
#define err_setv(...) err_negative(err_setv(__VA_ARGS__))
#define err_sys(...) err_negative(err_sys(__VA_ARGS__))
#define err_wrap(...) err_negative(err_wrap(__VA_ARGS__))
#endif

/* Prints where and what to stderr and aborts; for states that no input can reach. */
#define BUG(...) err_bug(__FILE__, __LINE__, __VA_ARGS__)
void err_bug(const char *file, int line, const char *format, ...)
	ATTR_PRINTF(3, 4) ATTR_NORETURN;

#endif
