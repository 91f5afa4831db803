/*
 * keys: whether all keys of an object differ.
 */
#ifndef LILY_JSON_KEYS_H
#define LILY_JSON_KEYS_H

#include "json/value.h"

/* Room that is kept from one object to the next. */
struct keys {
	uint32_t *slots;
	size_t capacity;
};

#define KEYS_INIT ((struct keys){NULL, 0})

void keys_done(struct keys *keys);

/* 0, or ERR_INVALID at the second of two equal keys, naming the place of the first. */
int keys_check_unique(struct keys *keys, const struct source *source,
	const struct value *object, struct err *err);

#endif
