/*
 * place: opening the store that the call means, and telling its owner what there is to know of it.
 */
#ifndef LILY_CLI_PLACE_H
#define LILY_CLI_PLACE_H

#include "cli/call.h"

/* 0 and the store (lily_store_close), or the status after saying why not. flags: enum
 * lily_store_flag. */
int place_open(const struct call *call, unsigned flags, struct lily_store **ret_store);

/* Writes all of it to standard output through stdio. */
void place_print(const struct text *text);

#endif
