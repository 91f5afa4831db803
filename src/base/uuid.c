#include "base/uuid.h"

#include "base/clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/random.h>

/* Milliseconds and 12 bits of their fraction of the newest identity made by this process. */
static _Atomic uint64_t newest;

static uint64_t
next_stamp(void)
{
	uint64_t micros = (uint64_t)clock_utc_us();
	uint64_t stamp = (micros / 1000) << 12 | ((micros % 1000) * 4096 / 1000);
	uint64_t last = atomic_load(&newest);

	do {
		if (stamp <= last)
			stamp = last + 1;
	} while (!atomic_compare_exchange_weak(&newest, &last, stamp));
	return stamp;
}

int
uuid_new(struct uuid *ret_uuid, struct err *err)
{
	struct uuid uuid;
	uint64_t stamp;

	if (getrandom(uuid.bytes, sizeof(uuid.bytes), 0) != sizeof(uuid.bytes))
		return err_sys(err, "getrandom");
	stamp = next_stamp();
	for (size_t i = 0; i < 6; i++)
		uuid.bytes[i] = (uint8_t)(stamp >> (52 - 8 * i));
	uuid.bytes[6] = (uint8_t)(0x70 | (stamp >> 8 & 0x0F));
	uuid.bytes[7] = (uint8_t)stamp;
	uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x3F));
	*ret_uuid = uuid;
	return 0;
}

static bool
is_hyphen_at(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

const char *
uuid_to_text(const struct uuid *uuid, char text[UUID_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < sizeof(uuid->bytes); i++) {
		if (is_hyphen_at(at))
			text[at++] = '-';
		text[at++] = digits[uuid->bytes[i] >> 4];
		text[at++] = digits[uuid->bytes[i] & 15];
	}
	text[at] = '\0';
	return text;
}

bool
uuid_parse(struct str text, struct uuid *ret_uuid)
{
	struct uuid uuid = {{0}};
	size_t nibble = 0;

	if (text.n != UUID_TEXT_SIZE - 1)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		unsigned digit;

		if (is_hyphen_at(i)) {
			if (c != '-')
				return false;
			continue;
		}
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned)((c | 0x20) - 'a' + 10);
		else
			return false;
		uuid.bytes[nibble / 2] |= (uint8_t)(nibble % 2 ? digit : digit << 4);
		nibble++;
	}
	*ret_uuid = uuid;
	return true;
}
