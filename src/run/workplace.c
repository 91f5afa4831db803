#include "run/workplace.h"

#include "store/event.h"
#include "json/json.h"

#include <stdio.h>
#include <sys/stat.h>

#define INODE_SIZE 48

static int
read_inode(const char *path, char ret_text[INODE_SIZE], struct err *err)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return err_sys(err, "stat %s", path);
	(void)snprintf(ret_text, INODE_SIZE, "%llx:%llx", (unsigned long long)status.st_dev,
		(unsigned long long)status.st_ino);
	return 0;
}

int
workplace_describe(const char *path, struct buf *b, struct err *err)
{
	char inode[INODE_SIZE];
	int r = read_inode(path, inode, err);

	if (r < 0)
		return r;
	buf_printf(b, "{\"inode\":\"%s\",\"path\":", inode);
	json_write_string(str_of(path), b);
	buf_add_char(b, '}');
	return 0;
}

/* The member of the run's run.planned, copied; NULL where there is none. */
static int
read_planned(struct store *store, int64_t run, struct arena *arena,
	const struct value **ret_workspace, struct err *err)
{
	struct event_reader *reader;
	struct event event;
	int r = event_reader_open(store, run, 0, &reader, err);

	*ret_workspace = NULL;
	if (r < 0)
		return r;
	while ((r = event_reader_next(reader, &event, err)) > 0) {
		const struct value *payload;

		if (event.type != EVENT_RUN_PLANNED)
			continue;
		event.payload = arena_str(arena, event.payload);
		if (!event.removed &&
			(r = event_parse_payload(&event, arena, &payload, err)) == 0)
			*ret_workspace = value_get(payload, STR("workspace"));
		break;
	}
	event_reader_close(reader);
	return MIN(r, 0);
}

int
workplace_check(struct store *store, int64_t run, const char *path, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *planned;
	const struct value *was;
	const struct value *inode;
	char text[INODE_SIZE];
	int r = read_planned(store, run, &arena, &planned, err);

	if (r == 0)
		r = read_inode(path, text, err);
	if (r < 0 || !planned)
		return r;
	was = value_get(planned, STR("path"));
	inode = value_get(planned, STR("inode"));
	if (!was || str_is(value_text(was), path) || (inode && str_is(value_text(inode), text)))
		return 0;
	return err_set(err, ERR_INVALID,
		"belongs to the workspace %.*s, and this is %s; go there, then resume it",
		(int)MIN(was->n, 300), was->text, path);
}
