/*
 * format_ip: addresses in numbers, alone and as parts of a URI and of a mail address.
 *
 * ipv4 is RFC 2673's dotted quad as RFC 3986 narrows it (no leading zeros), ipv6 is RFC 4291,
 * section 2.2: a "::" stands for one or more groups, zones and prefix lengths are not part of it.
 */
#ifndef LILY_FORMAT_FORMAT_IP_H
#define LILY_FORMAT_FORMAT_IP_H

#include "base/str.h"

bool format_ipv4(struct str text);
bool format_ipv6(struct str text);

/* The same as RFC 5321, section 4.1.3 has it: numbers may have leading zeros, up to three digits, and
 * a "::" stands for two or more groups. */
bool format_ipv4_of_mail(struct str text);
bool format_ipv6_of_mail(struct str text);

#endif
