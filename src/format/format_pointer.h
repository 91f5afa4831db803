/*
 * format_pointer: json-pointer (RFC 6901) and relative-json-pointer (draft-bhutton-relative-json-
 * pointer-00, whose "0+1" and "0-1/name" earlier drafts of JSON Schema did not have).
 */
#ifndef LILY_FORMAT_FORMAT_POINTER_H
#define LILY_FORMAT_FORMAT_POINTER_H

#include "base/str.h"

/* As a string, not as a URI fragment. */
bool format_json_pointer(struct str text);
bool format_relative_json_pointer(struct str text);

#endif
