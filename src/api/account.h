/*
 * account: who this process is run by, as records name people.
 */
#ifndef LILY_API_ACCOUNT_H
#define LILY_API_ACCOUNT_H

#include "base/arena.h"

/* The name of the effective account, else its number; in the arena. */
struct str account_name(struct arena *arena);

#endif
