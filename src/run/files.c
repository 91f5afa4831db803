#include "run/files.h"

#include "base/file.h"
#include "store/object.h"

#include <fcntl.h>

static int
fetch(void *context, const char *path, struct buf *b, struct err *err)
{
	(void)context;
	return file_read(AT_FDCWD, path, b, err);
}

const struct workflow_files files_of_disk = {.fetch = fetch};

int
files_keep(struct store *store, const struct workflow *workflow, struct sources *sources,
	struct err *err)
{
	size_t n;
	const struct workflow *const *parts = workflow_parts(workflow, &n);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct source *source = workflow_source(parts[i]);
		struct source_read read = {.kind = SOURCE_KIND_FILE,
			.name = workflow_name(parts[i]),
			.path = str_of(source->name)};

		r = object_put(store, source->text, &read.digest, err);
		sources_add(sources, &read);
	}
	return r;
}
