/*
 * size: how many bytes, as people write it: 600, 200k, 2G in thousands, 64Ki, 2Gi in 1024s.
 */
#ifndef LILY_BASE_SIZE_H
#define LILY_BASE_SIZE_H

#include "base/str.h"

#define SIZE_TEXT_SIZE 24

/* k M G T and Ki Mi Gi Ti; false where s is anything else, or more than INT64_MAX. */
bool size_parse(struct str s, uint64_t *ret_bytes);

/* The shortest text that size_parse reads as the same number; returns text. */
const char *size_to_text(uint64_t bytes, char text[SIZE_TEXT_SIZE]);

#endif
