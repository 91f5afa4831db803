/*
 * bench-lines: writes documents as JSON, one line each, as they were written: members in order,
 * numbers by lexeme.
 *
 *	bench-lines FILE…
 *
 * What ends with ".json" is JSON, all else YAML. A file that is neither leaves its line empty, and says why
 * on stderr.
 */
#include "base/file.h"
#include "json/yaml.h"

#include <fcntl.h>
#include <stdio.h>

#define FILE_MAX ((size_t)1 << 28)

static void
write_line(const char *path)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(FILE_MAX);
	AUTO_BUF struct buf line = BUF_INIT(FILE_MAX);
	bool is_json = str_ends(str_of(path), STR(".json"));
	struct err err = ERR_INIT;
	const struct value *v;
	int code = file_read(AT_FDCWD, path, &text, &err);

	if (!code) {
		struct source source = {path, buf_str(&text)};

		code = is_json ? json_parse(&arena, &source, 0, NULL, &v, &err)
			       : yaml_parse(&arena, &source, NULL, &v, &err);
	}
	if (code)
		(void)fprintf(stderr, "%s\n", err.message);
	else
		json_write(v, &line);
	(void)printf("%.*s\n", STR_ARG(buf_str(&line)));
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		write_line(argv[i]);
	return fflush(stdout) != 0;
}
