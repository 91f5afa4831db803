/*
 * format: the values of the keyword "format" that JSON Schema defines, as checks of a string.
 */
#ifndef LILY_FORMAT_FORMAT_H
#define LILY_FORMAT_FORMAT_H

#include "base/str.h"

/* One list: enum, name in a schema, a text that has it. */
#define FORMAT_LIST(X)                                                \
	X(DATE, "date", "2026-01-31")                                 \
	X(DATE_TIME, "date-time", "2026-01-31T08:30:00Z")             \
	X(DURATION, "duration", "P1DT12H")                            \
	X(EMAIL, "email", "ada@example.com")                          \
	X(HOSTNAME, "hostname", "www.example.com")                    \
	X(IDN_EMAIL, "idn-email", "ada@example.com")                  \
	X(IDN_HOSTNAME, "idn-hostname", "www.example.com")            \
	X(IPV4, "ipv4", "192.0.2.1")                                  \
	X(IPV6, "ipv6", "2001:db8::1")                                \
	X(IRI, "iri", "https://example.com/page")                     \
	X(IRI_REFERENCE, "iri-reference", "../page")                  \
	X(JSON_POINTER, "json-pointer", "/items/0")                   \
	X(REGEX, "regex", "^[a-z]+$")                                 \
	X(RELATIVE_JSON_POINTER, "relative-json-pointer", "1/name")   \
	X(TIME, "time", "08:30:00Z")                                  \
	X(URI, "uri", "https://example.com/page")                     \
	X(URI_REFERENCE, "uri-reference", "../page")                  \
	X(URI_TEMPLATE, "uri-template", "https://example.com/{name}") \
	X(UUID, "uuid", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")

enum format {
#define X(id, name, example) FORMAT_##id,
	FORMAT_LIST(X)
#undef X
		FORMAT_UNKNOWN, /* also the number of formats */
};

enum format format_find(struct str name);
const char *format_name(enum format format);

/* A text that has it, for people; empty for FORMAT_UNKNOWN. */
const char *format_example(enum format format);

/* What checking n bytes takes at the most, in units of about 10 ns. */
uint64_t format_work(enum format format, size_t n);

/* Whether text (UTF-8) has the format; of FORMAT_UNKNOWN everything. Linear in its length. */
bool format_check(enum format format, struct str text);

#endif
