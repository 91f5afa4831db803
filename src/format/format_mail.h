/*
 * format_mail: email (Mailbox of RFC 5321, section 4.1.2) and idn-email (the same with what RFC 6531,
 * section 3.3 adds).
 *
 * The address alone: no names, comments or angle brackets. A domain keeps the limits of DNS; a local
 * part has none, because 64 octets is what everybody must be able to receive, not the most. Labels
 * beyond ASCII are U-labels once they are in NFC.
 */
#ifndef LILY_FORMAT_FORMAT_MAIL_H
#define LILY_FORMAT_FORMAT_MAIL_H

#include "base/str.h"

bool format_email(struct str text);
bool format_idn_email(struct str text);

#endif
