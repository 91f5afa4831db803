/*
 * format_idna: labels of internationalized names: U-labels and A-labels of RFC 5890, 2.3.2.1.
 *
 * libidn2 knows which code points are allowed where (RFC 5892) and how they are encoded (RFC 3492).
 * Here stands what it lacks: its Bidi rule looks at one label alone, misses condition 4 of RFC 5893
 * and forgets condition 3 before marks; it takes A-labels in lower case only, and ASCII unseen.
 */
#ifndef LILY_FORMAT_FORMAT_IDNA_H
#define LILY_FORMAT_FORMAT_IDNA_H

#include "base/str.h"

enum idna_form {
	IDNA_NFC,      /* must be in normalization form C */
	IDNA_ANY_FORM, /* what it is in that form counts */
};

struct idna_label {
	bool is_right_to_left; /* has a character of class R, AL or AN: its name is a Bidi name */
	bool fits_bidi;        /* may stand in a Bidi name */
};

/* Octets of the A-label for this U-label, 0 where it is none. */
size_t idna_u_label(struct str label, enum idna_form form, struct idna_label *ret_info);

/* label.n where the label, "xn--" in any case and letters, digits, hyphens, is an A-label, else 0. */
size_t idna_a_label(struct str label, struct idna_label *ret_info);

#endif
