/*
 * format_uri: uri and uri-reference (RFC 3986), iri and iri-reference (RFC 3987), uri-template
 * (RFC 6570, levels 1 to 4).
 *
 * The grammars, not the schemes: "http:" is a URI. An IRI is a URI in which letters and signs beyond
 * ASCII may stand wherever a percent-encoded octet may, those for private use in the query only.
 */
#ifndef LILY_FORMAT_FORMAT_URI_H
#define LILY_FORMAT_FORMAT_URI_H

#include "base/str.h"

bool format_uri(struct str text);
bool format_uri_reference(struct str text);
bool format_iri(struct str text);
bool format_iri_reference(struct str text);
bool format_uri_template(struct str text);

/* ucschar and iprivate of RFC 3987, section 2.2. */
bool format_is_ucschar(uint32_t code_point);
bool format_is_iprivate(uint32_t code_point);

#endif
