#include "cli/contents.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
contents_read(const struct call *call, const char *path, size_t most, struct text *bytes)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	AUTO_TEXT struct text limit = TEXT_INIT;
	char block[65536];
	size_t n;
	int status = 0;

	while (file && bytes->size <= most && (n = fread(block, 1, sizeof(block), file)) > 0)
		text_add(bytes, block, n);
	if (!file || ferror(file)) {
		call_complain(call, "%s: %s", path, strerror(errno));
		status = STATUS_INVALID;
	} else if (bytes->size > most) {
		text_add_size(&limit, most);
		call_complain(call, "%s: more than %s", path, text_string(&limit));
		status = STATUS_LIMIT;
	}
	if (file && file != stdin)
		(void)fclose(file);
	return status;
}
