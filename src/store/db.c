#include "store/db.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#define BUSY_LONGEST_MS 60000
#define BUSY_STEP_MS 10
#define URI_MAX ((size_t)16 << 10)
#define WRITER_PRAGMAS                                          \
	"PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;" \
	"PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY;"    \
	"PRAGMA foreign_keys=OFF; PRAGMA secure_delete=OFF"
#define READER_PRAGMAS                                       \
	"PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0;" \
	"PRAGMA cache_size=-2048; PRAGMA temp_store=MEMORY"
/* Each names its schema: without one, SQLite would mean lily.db as well. */
#define EXAMINER_PRAGMAS                                              \
	"PRAGMA main.cache_size=-32768; PRAGMA main.synchronous=OFF;" \
	"PRAGMA main.journal_mode=MEMORY; PRAGMA store.cache_size=-8192"

/* Writers queue at commit.lock, so this is waited for only while another process recovers the WAL
 * or finishes a checkpoint. */
static int
wait_while_busy(void *context, int count)
{
	struct timespec pause = {0, BUSY_STEP_MS * 1000000L};

	(void)context;
	if (count < 5)
		pause.tv_nsec = 500000L * (count + 1);
	(void)nanosleep(&pause, NULL);
	return count < BUSY_LONGEST_MS / BUSY_STEP_MS;
}

void
db_wait_while_busy(sqlite3 *db)
{
	(void)sqlite3_busy_handler(db, wait_while_busy, NULL);
}

static void
set_up(sqlite3 *db)
{
	db_wait_while_busy(db);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	/* The last one out would checkpoint and delete the WAL, outside of commit.lock. */
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

static int
open_file(const char *path, int flags, sqlite3 **ret_db, struct err *err)
{
	sqlite3 *db = NULL;
	int r;

	flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
		if (!db)
			memory_exhausted(0);
		r = db_error(db, path[0] ? path : "scratch database", err);
		(void)sqlite3_close(db);
		return r;
	}
	set_up(db);
	*ret_db = db;
	return 0;
}

/* Whether the file can be read, but not what a WAL needs be made beside it. */
static bool
is_read_only(const char *path)
{
	return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 &&
		faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0;
}

static bool
has_wal(const char *path)
{
	AUTO_BUF struct buf wal = BUF_INIT(8192);
	struct stat status;

	buf_printf(&wal, "%s-wal", path);
	return stat(buf_cstr(&wal), &status) == 0 && status.st_size > 0;
}

/* A WAL needs a writable directory even for reading, unless its -shm is there. On a read-only
 * medium there is no writer either: without a WAL to recover, the file alone is the truth. */
static int
immutable_uri(const char *path, struct buf *uri, struct err *err)
{
	if (has_wal(path))
		return err_set(err, ERR_SYS,
			"%s cannot be read: its directory is not writable and %s-wal holds "
			"what "
			"is not in it yet; make the directory writable once",
			path, DB_NAME);
	buf_add_cstr(uri, "file:");
	for (const char *p = path; *p; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			(*p >= '0' && *p <= '9') || strchr("/._-", *p);

		buf_printf(uri, plain ? "%c" : "%%%02X", (unsigned char)*p);
	}
	buf_add_cstr(uri, "?immutable=1");
	return buf_check(uri, "the path of the store", err);
}

static int
open_immutable(const char *path, sqlite3 **ret_db, struct err *err)
{
	AUTO_BUF struct buf uri = BUF_INIT(URI_MAX);
	int r = immutable_uri(path, &uri, err);

	return r < 0 ? r
		     : open_file(buf_cstr(&uri), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, ret_db,
			       err);
}

static int
open_reader(const char *path, sqlite3 **ret_db, struct err *err)
{
	struct err first = ERR_INIT;
	int64_t ignored;
	sqlite3 *db;
	int r = open_file(path, SQLITE_OPEN_READWRITE, &db, &first);

	if (r == 0) {
		r = db_query_int(db, "SELECT count(*) FROM sqlite_schema", &ignored, &first);
		if (r >= 0) {
			*ret_db = db;
			return 0;
		}
		db_close(db);
	}
	if (r != ERR_CORRUPT && is_read_only(path))
		return open_immutable(path, ret_db, err);
	if (err)
		*err = first;
	return r;
}

static int
open_examiner(const char *path, sqlite3 **ret_db, struct err *err)
{
	AUTO_BUF struct buf uri = BUF_INIT(URI_MAX);
	sqlite3_stmt *attach = NULL;
	sqlite3 *db;
	int r = is_read_only(path) && !has_wal(path) ? immutable_uri(path, &uri, err) : 0;

	if (r == 0)
		r = open_file("", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI,
			&db, err);
	if (r < 0)
		return r;
	r = db_prepare(db, "ATTACH ?1 AS store", &attach, err);
	if (r == 0) {
		db_bind_text(attach, 1, uri.n ? buf_str(&uri) : str_of(path));
		r = db_run(attach, err);
	}
	(void)sqlite3_finalize(attach);
	if (r < 0)
		db_close(db);
	else
		*ret_db = db;
	return r;
}

int
db_open(const char *directory, enum db_role role, sqlite3 **ret_db, struct err *err)
{
	static const char *const pragmas[] = {
		[DB_WRITER] = WRITER_PRAGMAS,
		[DB_READER] = READER_PRAGMAS,
		[DB_EXAMINER] = EXAMINER_PRAGMAS,
	};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *path = arena_printf(&arena, "%s/%s", directory, DB_NAME);
	sqlite3 *db = NULL;
	int r;

	if (role == DB_WRITER)
		r = open_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, err);
	else if (role == DB_READER)
		r = open_reader(path, &db, err);
	else
		r = open_examiner(path, &db, err);
	if (r < 0)
		return r;
	r = db_exec(db, pragmas[role], err);
	if (r < 0) {
		db_close(db);
		return r;
	}
	*ret_db = db;
	return 0;
}

void
db_close(sqlite3 *db)
{
	(void)sqlite3_close_v2(db);
}

const char *
db_network_file_system(long type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} known[] = {
		{0x6969, "NFS"},
		{0xFF534D42, "CIFS"},
		{0xFE534D42, "SMB"},
		{0x517B, "SMB"},
		{0x5346414F, "AFS"},
		{0x6B414653, "AFS"},
		{0x73757245, "Coda"},
		{0x00C36400, "Ceph"},
		{0x0BD00BD0, "Lustre"},
		{0x47504653, "GPFS"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].type == (uint32_t)type)
			return known[i].name;
	return NULL;
}

/* 9p and FUSE carry anything from a local disk to another machine; what SQLite needs of them is
 * that its locks work. */
static bool
needs_probe(long type)
{
	return (uint32_t)type == 0x01021997 || (uint32_t)type == 0x65735546;
}

int
db_check_file_system(int directory, int lock, struct err *err)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct statfs status;
	const char *name;

	if (fstatfs(directory, &status) != 0)
		return err_sys(err, "statfs");
	name = db_network_file_system((long)status.f_type);
	if (!name && needs_probe((long)status.f_type)) {
		if (fcntl(lock, F_SETLK, &whole) != 0)
			name = "one without file locks";
		whole.l_type = F_UNLCK;
		(void)fcntl(lock, F_SETLK, &whole);
	}
	if (name)
		return err_set(err, ERR_INVALID,
			"%s cannot be on a network file system (%s): two machines would not "
			"see "
			"each other's locks; put the store on a local disk (--store DIR, or "
			"XDG_STATE_HOME)",
			DB_NAME, name);
	return 0;
}

static int
sys_error(struct err *err, int error, const char *what, const char *advice)
{
	char reason[128];
	int r = err_set(err, ERR_SYS, "%s: %s; %s", what,
		strerror_r(error, reason, sizeof(reason)), advice);

	if (err)
		err->sys_errno = error;
	return r;
}

int
db_error(sqlite3 *db, const char *what, struct err *err)
{
	int code = sqlite3_extended_errcode(db);
	int error = sqlite3_system_errno(db);

	switch (code & 0xFF) {
	case SQLITE_NOMEM: memory_exhausted(0);
	case SQLITE_FULL: return sys_error(err, ENOSPC, what, DB_ADVICE_FULL);
	case SQLITE_READONLY:
		return sys_error(
			err, EROFS, what, "make it writable, or choose another --store");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(err, ERR_CORRUPT,
			"%s: %s is damaged (%s); `lily fsck` says how far, a backup brings it "
			"back",
			what, DB_NAME, sqlite3_errmsg(db));
	case SQLITE_CONSTRAINT:
		return err_set(err, ERR_INVALID, "%s: %s", what, sqlite3_errmsg(db));
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_CANTOPEN:
		return sys_error(err, error ? error : EACCES, what,
			"check that its folder exists and is yours");
	case SQLITE_IOERR:
		if (error == ENOSPC || error == EDQUOT)
			return sys_error(err, error, what, DB_ADVICE_FULL);
		if (error)
			return sys_error(
				err, error, what, "check the disk, then `lily resume` goes on");
		break;
	default: break;
	}
	return err_set(err, ERR_SYS, "%s: %s (SQLite %d)", what, sqlite3_errmsg(db), code);
}

int
db_exec(sqlite3 *db, const char *sql, struct err *err)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_error(db, DB_NAME, err);
	return 0;
}

int
db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement, struct err *err)
{
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_statement, NULL) !=
		SQLITE_OK)
		return db_error(db, DB_NAME, err);
	return 0;
}

int
db_step(sqlite3_stmt *statement, struct err *err)
{
	int code = sqlite3_step(statement);
	int r = 0;

	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		r = db_error(sqlite3_db_handle(statement), DB_NAME, err);
	(void)sqlite3_reset(statement);
	return r;
}

int
db_run(sqlite3_stmt *statement, struct err *err)
{
	int r = db_step(statement, err);

	if (r > 0) {
		(void)sqlite3_reset(statement);
		r = 0;
	}
	return r;
}

static void
check_bound(int code)
{
	if (code == SQLITE_NOMEM)
		memory_exhausted(0);
	if (code != SQLITE_OK)
		BUG("a parameter could not be bound: %s", sqlite3_errstr(code));
}

void
db_bind_int(sqlite3_stmt *statement, int at, int64_t number)
{
	check_bound(sqlite3_bind_int64(statement, at, number));
}

void
db_bind_text(sqlite3_stmt *statement, int at, struct str text)
{
	check_bound(sqlite3_bind_text64(
		statement, at, text.p ? text.p : "", text.n, SQLITE_STATIC, SQLITE_UTF8));
}

void
db_bind_bytes(sqlite3_stmt *statement, int at, const void *bytes, size_t n)
{
	check_bound(sqlite3_bind_blob64(statement, at, bytes ? bytes : "", n, SQLITE_STATIC));
}

void
db_bind_null(sqlite3_stmt *statement, int at)
{
	check_bound(sqlite3_bind_null(statement, at));
}

int64_t
db_column_int(sqlite3_stmt *statement, int at)
{
	return sqlite3_column_int64(statement, at);
}

struct str
db_column_text(sqlite3_stmt *statement, int at)
{
	/* The order matters: asking for the bytes may convert, asking for the length does not. */
	const void *p = sqlite3_column_blob(statement, at);
	int n = sqlite3_column_bytes(statement, at);

	return p ? (struct str){p, (size_t)n} : STR_EMPTY;
}

bool
db_column_is_null(sqlite3_stmt *statement, int at)
{
	return sqlite3_column_type(statement, at) == SQLITE_NULL;
}

static int
column_bytes(sqlite3_stmt *statement, int at, void *bytes, size_t n, struct err *err)
{
	struct str column = db_column_text(statement, at);

	if (column.n != n)
		return err_set(err, ERR_CORRUPT,
			"%s: column %s has %zu bytes instead of %zu; `lily fsck` says more",
			DB_NAME, sqlite3_column_name(statement, at), column.n, n);
	memcpy(bytes, column.p, n);
	return 0;
}

int
db_column_digest(sqlite3_stmt *statement, int at, struct digest *ret_digest, struct err *err)
{
	return column_bytes(statement, at, ret_digest->bytes, sizeof(ret_digest->bytes), err);
}

int
db_column_uuid(sqlite3_stmt *statement, int at, struct uuid *ret_uuid, struct err *err)
{
	return column_bytes(statement, at, ret_uuid->bytes, sizeof(ret_uuid->bytes), err);
}

int
db_query_int(sqlite3 *db, const char *sql, int64_t *ret_number, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = db_prepare(db, sql, &statement, err);

	if (r == 0)
		r = db_step(statement, err);
	if (r > 0)
		*ret_number = db_column_int(statement, 0);
	return r;
}
