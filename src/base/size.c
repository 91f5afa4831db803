#include "base/size.h"

#include <inttypes.h>
#include <stdio.h>

/* The larger ones first. */
static const struct unit {
	const char *name;
	uint64_t bytes;
} units[] = {
	{"Ti", UINT64_C(1) << 40},
	{"T", UINT64_C(1000000000000)},
	{"Gi", UINT64_C(1) << 30},
	{"G", UINT64_C(1000000000)},
	{"Mi", UINT64_C(1) << 20},
	{"M", UINT64_C(1000000)},
	{"Ki", UINT64_C(1) << 10},
	{"k", UINT64_C(1000)},
	{"", UINT64_C(1)},
};

bool
size_parse(struct str s, uint64_t *ret_bytes)
{
	size_t digits = 0;
	struct str name;
	uint64_t number;

	while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
		digits++;
	if (!str_to_u64((struct str){s.p, digits}, INT64_MAX, &number))
		return false;
	name = (struct str){s.p + digits, s.n - digits};
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!str_is(name, units[i].name))
			continue;
		if (number > (uint64_t)INT64_MAX / units[i].bytes)
			return false;
		*ret_bytes = number * units[i].bytes;
		return true;
	}
	return false;
}

const char *
size_to_text(uint64_t bytes, char text[SIZE_TEXT_SIZE])
{
	char best[SIZE_TEXT_SIZE] = "";

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (bytes % units[i].bytes || (!bytes && units[i].bytes > 1))
			continue;
		(void)snprintf(text, SIZE_TEXT_SIZE, "%" PRIu64 "%s", bytes / units[i].bytes,
			units[i].name);
		if (!*best || strlen(text) < strlen(best))
			memcpy(best, text, SIZE_TEXT_SIZE);
	}
	memcpy(text, best, SIZE_TEXT_SIZE);
	return text;
}
