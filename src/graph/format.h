/*
 * format: the layout of a workflow file put in order.
 *
 * Only layout changes: blocks are indented by two spaces, lists within maps too, lines end without
 * blanks and by LF, at most one empty line stands between others, and one line end closes the file.
 * Comments stay where they are; the insides of quoted texts and block scalars stay what they are.
 * The result is read again: where it does not say exactly what the file said, nothing is changed.
 * Formatting what was formatted changes nothing. Not laid out anew are files with keys in the form
 * `? key`.
 */
#ifndef LILY_GRAPH_FORMAT_H
#define LILY_GRAPH_FORMAT_H

#include "base/buf.h"

/* Appends the formatted text. path is for messages. ERR_INVALID where the text is no YAML of the
 * subset that lily reads (JSON included), or has line ends that YAML alone knows; ERR_LIMIT. */
int workflow_format(const char *path, struct str text, struct buf *b, struct err *err);

#endif
