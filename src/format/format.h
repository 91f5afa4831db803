/*
 * format: the values of the keyword "format" that JSON Schema defines, as checks of a string.
 */
#ifndef LILY_FORMAT_FORMAT_H
#define LILY_FORMAT_FORMAT_H

#include "base/str.h"

/* One list: enum, name in a schema. */
#define FORMAT_LIST(X)                                    \
	X(DATE, "date")                                   \
	X(DATE_TIME, "date-time")                         \
	X(DURATION, "duration")                           \
	X(EMAIL, "email")                                 \
	X(HOSTNAME, "hostname")                           \
	X(IDN_EMAIL, "idn-email")                         \
	X(IDN_HOSTNAME, "idn-hostname")                   \
	X(IPV4, "ipv4")                                   \
	X(IPV6, "ipv6")                                   \
	X(IRI, "iri")                                     \
	X(IRI_REFERENCE, "iri-reference")                 \
	X(JSON_POINTER, "json-pointer")                   \
	X(REGEX, "regex")                                 \
	X(RELATIVE_JSON_POINTER, "relative-json-pointer") \
	X(TIME, "time")                                   \
	X(URI, "uri")                                     \
	X(URI_REFERENCE, "uri-reference")                 \
	X(URI_TEMPLATE, "uri-template")                   \
	X(UUID, "uuid")

enum format {
#define X(id, name) FORMAT_##id,
	FORMAT_LIST(X)
#undef X
		FORMAT_UNKNOWN, /* also the number of formats */
};

enum format format_find(struct str name);
const char *format_name(enum format format);

/* Whether text (UTF-8) has the format; of FORMAT_UNKNOWN everything. Linear in its length. */
bool format_check(enum format format, struct str text);

#endif
