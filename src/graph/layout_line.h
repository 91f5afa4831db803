/*
 * layout_line: the lines of a YAML text with the indentation that they should have.
 */
#ifndef LILY_GRAPH_LAYOUT_LINE_H
#define LILY_GRAPH_LAYOUT_LINE_H

#include "json/source.h"

/* Appends the text with its lines laid out anew. The text has been read as YAML before. Whether the
 * result still means the same is for the caller to prove. */
int layout_lines(const struct source *source, struct buf *b, struct err *err);

#endif
