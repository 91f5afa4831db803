#include "store/event.h"

static const char *const names[] = {
#define X(name, text) text,
	EVENT_TYPES(X)
#undef X
};

const char *
event_type_name(enum event_type type)
{
	return (unsigned)type < EVENT_TYPE_COUNT ? names[type] : "unknown";
}

bool
event_type_parse(struct str name, enum event_type *ret_type)
{
	ptrdiff_t index = str_index(name, names, ARRAY_SIZE(names));

	if (index >= 0)
		*ret_type = (enum event_type)index;
	return index >= 0;
}

static void
put_u64(uint8_t *at, uint64_t number)
{
	for (size_t i = 0; i < 8; i++)
		at[i] = (uint8_t)(number >> (56 - 8 * i));
}

void
event_hash(const struct digest *previous, const struct uuid *run, uint64_t seq, struct str type,
	int64_t time_us, const struct digest *payload, struct digest *ret_hash)
{
	/* One block of memory is one call into libcrypto: a stream of seven costs three times it. */
	uint8_t text[DIGEST_SIZE + sizeof(run->bytes) + 8 + 1 + UINT8_MAX + 8 + DIGEST_SIZE];
	uint8_t *p = text;

	if (type.n > UINT8_MAX)
		BUG("an event type of %zu bytes", type.n);
	p = (uint8_t *)mempcpy(p, previous->bytes, DIGEST_SIZE);
	p = (uint8_t *)mempcpy(p, run->bytes, sizeof(run->bytes));
	put_u64(p, seq);
	p[8] = (uint8_t)type.n;
	p = (uint8_t *)mempcpy(p + 9, type.p, type.n);
	put_u64(p, (uint64_t)time_us);
	p = (uint8_t *)mempcpy(p + 8, payload->bytes, DIGEST_SIZE);
	digest_of(text, (size_t)(p - text), ret_hash);
}
