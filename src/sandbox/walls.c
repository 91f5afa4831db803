#include "sandbox/walls.h"

#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define MAGIC UINT32_C(0x6c697761)
#define HOST_NAME_BYTES 253 /* RFC 1035, 2.3.4, as it is written */

#define NAMESPACES \
	((uint64_t)(CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID))

/* Path, upper, work and over of a layer. */
#define LAYER_PATHS 4
#define NO_STRING UINT64_MAX

struct walls_header {
	uint32_t magic;
	uint32_t flags;
	uint32_t uid;
	uint32_t gid;
	uint64_t namespaces;
	uint64_t handled_fs;
	uint64_t handled_net;
	uint64_t scoped;
	uint32_t n_mounts;
	uint32_t n_rules;
	uint32_t n_limits;
	uint32_t n_listeners;
	uint32_t n_filter;
	uint32_t reserved; /* 0 */
	uint64_t strings_size;
	struct wall_bounds bounds;
	uint64_t layer[LAYER_PATHS]; /* offsets in the strings, or NO_STRING */
};

struct walls_mount {
	uint32_t kind;
	uint32_t flags;
	uint64_t size;
	uint64_t path; /* offset in the strings */
};

struct walls_rule {
	uint64_t access;
	uint64_t path;
};

struct walls_limit {
	uint64_t resource;
	uint64_t value;
};

struct walls_listener {
	uint64_t name; /* offset in the strings, or NO_STRING */
	uint8_t address[16];
	uint32_t family;
	uint32_t port;
};

const char *
wall_kind_name(enum wall_kind kind)
{
	static const char *const names[] = {
#define X(name, text) [WALL_##name] = (text),
		WALL_KINDS(X)
#undef X
	};

	return names[kind];
}

static uint64_t
add_string(struct buf *strings, const char *text)
{
	uint64_t at = strings->n;

	buf_add(strings, text, strlen(text) + 1);
	return at;
}

static void
add_layer(
	const struct wall_layer *layer, uint64_t ret_offsets[LAYER_PATHS], struct buf *strings)
{
	const char *const paths[LAYER_PATHS] = {
		layer->path, layer->upper, layer->work, layer->over};

	for (size_t i = 0; i < LAYER_PATHS; i++)
		ret_offsets[i] =
			layer->path && paths[i] ? add_string(strings, paths[i]) : NO_STRING;
}

static int
check_counts(const struct walls_header *header, struct err *err)
{
	if (header->n_mounts > WALLS_MOUNTS_MAX || header->n_rules > WALLS_RULES_MAX)
		return err_set(err, ERR_LIMIT,
			"%u paths are set apart and %u allowed, more than the limit of %d",
			header->n_mounts, header->n_rules, WALLS_MOUNTS_MAX);
	if (header->n_limits > WALLS_LIMITS_MAX || header->n_filter > WALLS_FILTER_MAX)
		return err_set(err, ERR_LIMIT, "%u limits and %u instructions of a filter",
			header->n_limits, header->n_filter);
	if (header->n_listeners > WALLS_LISTENERS_MAX)
		return err_set(err, ERR_LIMIT,
			"%u hosts can be reached, more than the limit of %d",
			header->n_listeners, WALLS_LISTENERS_MAX);
	return 0;
}

static void
add_records(const struct walls *walls, struct buf *records, struct buf *strings)
{
	for (size_t i = 0; i < walls->n_mounts; i++) {
		const struct wall_mount *mount = &walls->mounts[i];
		struct walls_mount record = {
			.kind = (uint32_t)mount->kind,
			.flags = mount->flags,
			.size = mount->size,
			.path = add_string(strings, mount->path),
		};

		buf_add(records, &record, sizeof(record));
	}
	for (size_t i = 0; i < walls->n_rules; i++) {
		struct walls_rule record = {
			walls->rules[i].access, add_string(strings, walls->rules[i].path)};

		buf_add(records, &record, sizeof(record));
	}
	for (size_t i = 0; i < walls->n_limits; i++) {
		struct walls_limit record = {walls->limits[i].resource, walls->limits[i].value};

		buf_add(records, &record, sizeof(record));
	}
	for (size_t i = 0; i < walls->n_listeners; i++) {
		const struct wall_listener *listener = &walls->listeners[i];
		struct walls_listener record = {
			.name = listener->name ? add_string(strings, listener->name)
					       : NO_STRING,
			.family = listener->family,
			.port = listener->port,
		};

		memcpy(record.address, listener->address, sizeof(record.address));
		buf_add(records, &record, sizeof(record));
	}
	buf_add(records, walls->filter, walls->n_filter * sizeof(*walls->filter));
}

int
walls_encode(const struct walls *walls, struct buf *ret_bytes, struct err *err)
{
	AUTO_BUF struct buf records = BUF_INIT(WALLS_SIZE_MAX);
	AUTO_BUF struct buf strings = BUF_INIT(WALLS_SIZE_MAX);
	struct walls_header header = {
		.magic = MAGIC,
		.flags = walls->flags,
		.uid = walls->uid,
		.gid = walls->gid,
		.namespaces = walls->namespaces,
		.handled_fs = walls->handled_fs,
		.handled_net = walls->handled_net,
		.scoped = walls->scoped,
		.n_mounts = (uint32_t)walls->n_mounts,
		.n_rules = (uint32_t)walls->n_rules,
		.n_limits = (uint32_t)walls->n_limits,
		.bounds = walls->bounds,
		.n_listeners = (uint32_t)walls->n_listeners,
		.n_filter = (uint32_t)walls->n_filter,
	};
	int r = check_counts(&header, err);

	if (r < 0)
		return r;
	add_records(walls, &records, &strings);
	add_layer(&walls->layer, header.layer, &strings);
	header.strings_size = strings.n;
	buf_add(ret_bytes, &header, sizeof(header));
	buf_add_str(ret_bytes, buf_str(&records));
	buf_add_str(ret_bytes, buf_str(&strings));
	if (strings.overflowed || ret_bytes->n > WALLS_SIZE_MAX)
		return err_set(err, ERR_LIMIT, "the paths of a policy take more than %zu bytes",
			WALLS_SIZE_MAX);
	return buf_check(ret_bytes, "the paths of a policy", err);
}

/* What is still to be read. */
struct reader {
	const char *p;
	size_t left;
	const char *strings;
	size_t strings_size;
};

static const void *
take(struct reader *reader, size_t n, size_t size)
{
	const void *taken = reader->p;

	if (n > reader->left / size)
		return NULL;
	reader->p += n * size;
	reader->left -= n * size;
	return taken;
}

/* "/", or "/a/b": each component has a name. */
static bool
is_plain_path(const char *path)
{
	if (path[0] != '/')
		return false;
	if (!path[1])
		return true;
	while (*path == '/') {
		size_t n = strcspn(path + 1, "/");

		if (n == 0 || (n == 1 && path[1] == '.') ||
			(n == 2 && path[1] == '.' && path[2] == '.'))
			return false;
		path += 1 + n;
	}
	return true;
}

static const char *
path_at(const struct reader *reader, uint64_t offset)
{
	const char *path;

	if (offset >= reader->strings_size)
		return NULL;
	path = reader->strings + offset;
	return is_plain_path(path) ? path : NULL;
}

static bool
read_mounts(struct reader *reader, const struct walls_mount *records, struct walls *walls)
{
	for (size_t i = 0; i < walls->n_mounts; i++) {
		struct walls_mount record;

		memcpy(&record, &records[i], sizeof(record));
		walls->mounts[i] = (struct wall_mount){
			.kind = (enum wall_kind)record.kind,
			.flags = record.flags,
			.path = path_at(reader, record.path),
			.size = record.size,
		};
		if (record.kind >= WALL_KIND_COUNT || record.flags & ~(uint32_t)WALL_IF_THERE ||
			!walls->mounts[i].path)
			return false;
	}
	return true;
}

static bool
read_rules(struct reader *reader, const struct walls_rule *records, struct walls *walls)
{
	for (size_t i = 0; i < walls->n_rules; i++) {
		struct walls_rule record;

		memcpy(&record, &records[i], sizeof(record));
		walls->rules[i] =
			(struct wall_rule){record.access, path_at(reader, record.path)};
		if (!walls->rules[i].path)
			return false;
	}
	return true;
}

static bool
read_limits(const struct walls_limit *records, struct walls *walls)
{
	for (size_t i = 0; i < walls->n_limits; i++) {
		struct walls_limit record;

		memcpy(&record, &records[i], sizeof(record));
		if (record.resource >= RLIM_NLIMITS)
			return false;
		walls->limits[i] = (struct wall_limit){(uint32_t)record.resource, record.value};
	}
	return true;
}

/* All of it or nothing, but for what lies between. */
static bool
read_layer(const struct reader *reader, const uint64_t offsets[LAYER_PATHS],
	struct wall_layer *layer)
{
	const char *paths[LAYER_PATHS];

	for (size_t i = 0; i < LAYER_PATHS; i++) {
		paths[i] = offsets[i] == NO_STRING ? NULL : path_at(reader, offsets[i]);
		if (offsets[i] != NO_STRING && !paths[i])
			return false;
	}
	*layer = (struct wall_layer){paths[0], paths[1], paths[2], paths[3]};
	return layer->path ? layer->upper && layer->work
			   : !layer->upper && !layer->work && !layer->over;
}

bool
wall_is_host_name(const char *name)
{
	size_t n = strspn(
		name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");

	return n > 0 && n <= HOST_NAME_BYTES && !name[n];
}

/* Of AF_INET the rest of the address is zero, so that a listener has one form. */
static bool
is_listener(const struct walls_listener *record)
{
	static const uint8_t zeros[16];

	if (!record->port || record->port > UINT16_MAX)
		return false;
	return record->family == AF_INET6 ||
		(record->family == AF_INET && memcmp(record->address + 4, zeros, 12) == 0);
}

static bool
read_listeners(struct reader *reader, const struct walls_listener *records, struct walls *walls)
{
	for (size_t i = 0; i < walls->n_listeners; i++) {
		struct wall_listener *listener = &walls->listeners[i];
		struct walls_listener record;

		memcpy(&record, &records[i], sizeof(record));
		*listener = (struct wall_listener){
			.family = record.family, .port = (uint16_t)record.port};
		memcpy(listener->address, record.address, sizeof(record.address));
		if (record.name != NO_STRING) {
			if (record.name >= reader->strings_size)
				return false;
			listener->name = reader->strings + record.name;
		}
		if (!is_listener(&record) ||
			(listener->name && !wall_is_host_name(listener->name)))
			return false;
	}
	return true;
}

static bool
read_records(struct reader *reader, struct arena *arena, struct walls *walls)
{
	const void *mounts = take(reader, walls->n_mounts, sizeof(struct walls_mount));
	const void *rules =
		mounts ? take(reader, walls->n_rules, sizeof(struct walls_rule)) : NULL;
	const void *limits =
		rules ? take(reader, walls->n_limits, sizeof(struct walls_limit)) : NULL;
	const void *listeners =
		limits ? take(reader, walls->n_listeners, sizeof(struct walls_listener)) : NULL;
	const void *filter =
		listeners ? take(reader, walls->n_filter, sizeof(struct sock_filter)) : NULL;

	if (!filter || reader->left != reader->strings_size ||
		(reader->left && reader->p[reader->left - 1] != '\0'))
		return false;
	reader->strings = reader->p;
	walls->mounts = ARENA_ARRAY(arena, walls->n_mounts, struct wall_mount);
	walls->rules = ARENA_ARRAY(arena, walls->n_rules, struct wall_rule);
	walls->limits = ARENA_ARRAY(arena, walls->n_limits, struct wall_limit);
	walls->listeners = ARENA_ARRAY(arena, walls->n_listeners, struct wall_listener);
	walls->filter = ARENA_ARRAY(arena, walls->n_filter, struct sock_filter);
	memcpy(walls->filter, filter, walls->n_filter * sizeof(struct sock_filter));
	return read_mounts(reader, mounts, walls) && read_rules(reader, rules, walls) &&
		read_limits(limits, walls) && read_listeners(reader, listeners, walls);
}

int
walls_decode(const void *bytes, size_t n, struct arena *arena, struct walls *ret_walls,
	struct err *err)
{
	struct reader reader = {bytes, n, NULL, 0};
	struct walls_header header;
	struct walls walls;
	int r;

	if (n < sizeof(header) || n > WALLS_SIZE_MAX)
		return err_set(err, ERR_INVALID, "%zu bytes are no walls", n);
	memcpy(&header, take(&reader, 1, sizeof(header)), sizeof(header));
	r = check_counts(&header, err);
	if (r < 0)
		return r;
	walls = (struct walls){
		.namespaces = header.namespaces,
		.flags = header.flags,
		.uid = header.uid,
		.gid = header.gid,
		.n_mounts = header.n_mounts,
		.n_rules = header.n_rules,
		.handled_fs = header.handled_fs,
		.handled_net = header.handled_net,
		.scoped = header.scoped,
		.n_limits = header.n_limits,
		.bounds = header.bounds,
		.n_listeners = header.n_listeners,
		.n_filter = header.n_filter,
	};
	reader.strings_size = header.strings_size;
	if (header.magic != MAGIC || header.reserved || header.namespaces & ~NAMESPACES ||
		(header.n_listeners &&
			(!(header.namespaces & CLONE_NEWNET) ||
				!(header.flags & WALLS_LOOPBACK))) ||
		header.flags &
			~(uint32_t)(WALLS_LOOPBACK | WALLS_USER | WALLS_NO_NEW_PROGRAMS |
				WALLS_BARE) ||
		!read_records(&reader, arena, &walls) ||
		!read_layer(&reader, header.layer, &walls.layer))
		return err_set(err, ERR_INVALID, "what a lane was given is no list of walls");
	*ret_walls = walls;
	return 0;
}
