/*
 * attr: what the compiler is asked to check. Nothing here has a meaning of its own.
 */
#ifndef LILY_BASE_ATTR_H
#define LILY_BASE_ATTR_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define ATTR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ATTR_NODISCARD __attribute__((warn_unused_result))
#define ATTR_NORETURN __attribute__((noreturn))
#define ATTR_NOINLINE __attribute__((noinline))
#define ATTR_UNUSED __attribute__((unused))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* AUTO_CLOSE int fd = …: closed at the end of the scope; -1 means nothing to close. */
#define AUTO_CLOSE __attribute__((cleanup(fd_close_at_scope_end)))

static inline void
fd_close_at_scope_end(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* Moves a descriptor out of an AUTO_CLOSE variable. */
static inline int
fd_take(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

/* Closes *fd if it is open and marks it closed. */
static inline void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

#endif
