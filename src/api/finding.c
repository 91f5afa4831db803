#include "api/finding.h"

void
finding_add(struct builder *b, const struct source *source, const struct finding *finding)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 20);

	source_describe(source, finding->offset, finding->message, &text);
	builder_object(b, NULL);
	builder_cstr(b, "level", finding_is_error(finding) ? "error" : "warning");
	builder_cstr(b, "file", source->name);
	if (finding->offset == SOURCE_NOWHERE) {
		builder_null(b, "line");
		builder_null(b, "column");
	} else {
		struct position position = source_position(source, finding->offset);

		builder_u64(b, "line", position.line);
		builder_u64(b, "column", position.column);
	}
	builder_text(b, "message", finding->message);
	builder_text(b, "text", buf_str(&text));
	builder_end(b);
}
