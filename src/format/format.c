#include "format/format.h"

#include "format/cursor.h"
#include "format/format_host.h"
#include "format/format_ip.h"
#include "format/format_mail.h"
#include "format/format_pointer.h"
#include "format/format_time.h"
#include "format/format_uri.h"
#include "pattern/pattern.h"

/* Units of work, of parsing a regular expression and of libidn2. */
#define WORK_OF_REGEX 32
#define WORK_OF_REGEX_BYTE 8
#define WORK_OF_NAME 32
#define WORK_OF_NAME_BYTE 12
#define BYTES_A_UNIT 2 /* of all others */

static const char *const names[] = {
#define X(id, name, example) [FORMAT_##id] = (name),
	FORMAT_LIST(X)
#undef X
};

static const char *const examples[] = {
#define X(id, name, example) [FORMAT_##id] = (example),
	FORMAT_LIST(X)
#undef X
};

/* RFC 4122, section 3, as a string; any variant and version. */
static bool
format_uuid(struct str text)
{
	static const char shape[] = "00000000-0000-0000-0000-000000000000";

	if (text.n != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		uint32_t byte = (unsigned char)text.p[i];

		if (shape[i] == '-' ? byte != '-' : !ascii_is_hex(byte))
			return false;
	}
	return true;
}

static bool
format_regex(struct str text)
{
	struct err err = ERR_INIT;

	return pattern_check(text, &err) == 0;
}

static bool (*const checks[])(struct str text) = {
	[FORMAT_DATE] = format_date,
	[FORMAT_DATE_TIME] = format_date_time,
	[FORMAT_DURATION] = format_duration,
	[FORMAT_EMAIL] = format_email,
	[FORMAT_HOSTNAME] = format_hostname,
	[FORMAT_IDN_EMAIL] = format_idn_email,
	[FORMAT_IDN_HOSTNAME] = format_idn_hostname,
	[FORMAT_IPV4] = format_ipv4,
	[FORMAT_IPV6] = format_ipv6,
	[FORMAT_IRI] = format_iri,
	[FORMAT_IRI_REFERENCE] = format_iri_reference,
	[FORMAT_JSON_POINTER] = format_json_pointer,
	[FORMAT_REGEX] = format_regex,
	[FORMAT_RELATIVE_JSON_POINTER] = format_relative_json_pointer,
	[FORMAT_TIME] = format_time,
	[FORMAT_URI] = format_uri,
	[FORMAT_URI_REFERENCE] = format_uri_reference,
	[FORMAT_URI_TEMPLATE] = format_uri_template,
	[FORMAT_UUID] = format_uuid,
};

_Static_assert(ARRAY_SIZE(names) == FORMAT_UNKNOWN, "every format has a name");
_Static_assert(ARRAY_SIZE(checks) == FORMAT_UNKNOWN, "every format has a check");

enum format
format_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_is(name, names[i]))
			return (enum format)i;
	return FORMAT_UNKNOWN;
}

const char *
format_name(enum format format)
{
	return format < FORMAT_UNKNOWN ? names[format] : "";
}

const char *
format_example(enum format format)
{
	return format < FORMAT_UNKNOWN ? examples[format] : "";
}

uint64_t
format_work(enum format format, size_t n)
{
	if (format == FORMAT_REGEX)
		return WORK_OF_REGEX + (uint64_t)n * WORK_OF_REGEX_BYTE;
	if (format == FORMAT_IDN_HOSTNAME || format == FORMAT_IDN_EMAIL)
		return WORK_OF_NAME + (uint64_t)n * WORK_OF_NAME_BYTE;
	return 1 + n / BYTES_A_UNIT;
}

bool
format_check(enum format format, struct str text)
{
	return format >= FORMAT_UNKNOWN || checks[format](text);
}
