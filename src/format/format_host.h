/*
 * format_host: names of hosts, and the domains of mail addresses.
 *
 * hostname is RFC 1123, section 2.1 (letters, digits, hyphens; 63 octets a label, 253 in all; no dot
 * at the end), where a label that begins with "xn--" must be an A-label of IDNA2008 (RFC 5890 to
 * 5893). idn-hostname allows U-labels too, and as separators what RFC 3490, section 3.1 names. So
 * every hostname is an idn-hostname. A name with a right-to-left label keeps the Bidi rule as a
 * whole. Nothing is mapped: upper case and compatibility forms make no U-label.
 */
#ifndef LILY_FORMAT_FORMAT_HOST_H
#define LILY_FORMAT_FORMAT_HOST_H

#include "base/str.h"

bool format_hostname(struct str text);
bool format_idn_hostname(struct str text);

/* Domain of RFC 5321, which knows nothing of A-labels; the second with U-labels, RFC 6531. */
bool format_mail_domain(struct str text);
bool format_idn_mail_domain(struct str text);

#endif
