/*
 * contents: the whole of a file that a person named, or of standard input ("-").
 */
#ifndef LILY_CLI_CONTENTS_H
#define LILY_CLI_CONTENTS_H

#include "cli/call.h"

/* Adds the bytes to the text. 0, or the status after saying what is wrong: STATUS_INVALID where it cannot
 * be read, STATUS_LIMIT where it has more than `most` bytes. */
int contents_read(const struct call *call, const char *path, size_t most, struct text *bytes);

#endif
