/*
 * acceptance: what a user said will do where the kernel, or a container, lacks what policies need.
 *
 *	${XDG_CONFIG_HOME:-~/.config}/lily/accept     "S1\n"; not there: nothing less than what a policy says
 *
 * It holds for all that this user runs here, until it is taken back.
 */
#ifndef LILY_EXEC_ACCEPTANCE_H
#define LILY_EXEC_ACCEPTANCE_H

#include "base/err.h"

#include <stdbool.h>

/* Whether S1 will do. Anything but the word in a file that can be read is a no. */
bool acceptance_of_s1(void);

/* Says so, or takes it back. ERR_NOT_FOUND: neither HOME nor XDG_CONFIG_HOME says where. */
int acceptance_set(bool s1, struct err *err);

#endif
