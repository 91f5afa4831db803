#include "store/workspace.h"

#include "base/digest.h"
#include "base/file.h"
#include "json/json.h"

#include <fcntl.h>
#include <stdio.h>

#define RECORD_MAX ((size_t)64 << 10)
#define ID_NAME_MOST 40
#define ID_DIGITS 12

int
workspace_look(const char *path, struct workspace *ret_workspace)
{
	struct statx status;

	if (statx(AT_FDCWD, path, 0, STATX_TYPE | STATX_INO | STATX_BTIME, &status) != 0 ||
		!S_ISDIR(status.stx_mode))
		return ERR_NOT_FOUND;
	*ret_workspace = (struct workspace){
		.path = path,
		.device = (uint64_t)status.stx_dev_major << 32 | status.stx_dev_minor,
		.inode = status.stx_ino,
	};
	if (status.stx_mask & STATX_BTIME)
		ret_workspace->born_us =
			status.stx_btime.tv_sec * 1000000 + status.stx_btime.tv_nsec / 1000;
	return 0;
}

bool
workspace_same_folder(const struct workspace *a, const struct workspace *b)
{
	return a->inode == b->inode && a->born_us == b->born_us &&
		(a->born_us || a->device == b->device);
}

const char *
workspace_id(const struct workspace *workspace, struct arena *arena)
{
	const char *slash = strrchr(workspace->path, '/');
	const char *last = slash ? slash + 1 : workspace->path;
	char name[ID_NAME_MOST + 1];
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;
	size_t n = 0;

	for (; n < ID_NAME_MOST && last[n]; n++) {
		char one[2] = {last[n], '\0'};

		name[n] = str_is_name(str_of(one)) ? last[n] : '_';
	}
	name[n] = '\0';
	digest_of(workspace->path, strlen(workspace->path), &digest);
	return arena_printf(
		arena, "%s-%.*s", n ? name : "root", ID_DIGITS, digest_to_hex(&digest, hex));
}

static bool
get_number(const struct value *record, const char *member, int64_t *ret_number)
{
	const struct value *v = value_get(record, str_of(member));

	return v && v->kind == VALUE_NUMBER && value_to_i64(v, ret_number);
}

static bool
understand(struct str text, struct arena *arena, struct workspace *ret_workspace)
{
	struct source source = {.name = "workspace.json", .text = text};
	const struct value *record;
	const struct value *path;
	int64_t device;
	int64_t inode;
	int64_t born;

	if (json_parse(arena, &source, 0, NULL, &record, NULL) < 0)
		return false;
	path = value_get(record, STR("path"));
	if (!path || path->kind != VALUE_STRING || !get_number(record, "device", &device) ||
		!get_number(record, "inode", &inode) || !get_number(record, "born", &born))
		return false;
	*ret_workspace = (struct workspace){
		.path = arena_cstr(arena, value_text(path)),
		.device = (uint64_t)device,
		.inode = (uint64_t)inode,
		.born_us = born,
	};
	return true;
}

int
workspace_read(int root, const char *id, struct arena *arena, struct workspace *ret_workspace,
	struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(RECORD_MAX);
	const char *path = arena_printf(arena, "%s/workspace.json", id);
	struct err why = ERR_INIT;
	int r = file_read(root, path, &text, &why);

	if (r == ERR_NOT_FOUND || r == ERR_INVALID)
		return 0;
	if (r < 0) {
		if (err)
			*err = why;
		return r;
	}
	return understand(buf_str(&text), arena, ret_workspace) ? 1 : 0;
}

int
workspace_write(int root, const char *id, const struct workspace *workspace, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(RECORD_MAX);
	char file[256];

	buf_add_cstr(&text, "{ \"workspace\": 1, \"path\": ");
	json_write_string(str_of(workspace->path), &text);
	buf_printf(&text, ", \"device\": %lld, \"inode\": %lld, \"born\": %lld }\n",
		(long long)workspace->device, (long long)workspace->inode,
		(long long)workspace->born_us);
	if (buf_check(&text, "workspace.json", err) < 0)
		return ERR_LIMIT;
	(void)snprintf(file, sizeof(file), "%s/workspace.json", id);
	return file_replace(root, file, buf_str(&text), 0600, FILE_SYNC, err);
}
