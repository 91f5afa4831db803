/*
 * attack [--layer] CASES [NAME…]: programs that try to get out of a lane under the default policy, one by one;
 * with --layer a layer lies over the workspace, all of which then has to stay as it was.
 *
 * A case is a script in sh or Python, in a file of its own, that exits 0 if what it tries worked. Its
 * head says, each in a comment: `clause` of the policy that it is about; `stopped`, words of which one has
 * to be in what it says when it failed, so that no misspelt attack counts as stopped; `control`, the users
 * (root, user) for whom it works without a policy, which is tried, too; `users` who try it. Instead of
 * stopped, `detected` names the clause that is reported afterwards; `gone` names a program of which no
 * process may be left.
 *
 * Each runs in a workspace, home and store of its own, with a victim: a process of the same user outside,
 * which also listens. What lies outside of the workspace, or is protected in it, is looked at before and
 * after. As root all is done twice, the second time as an ordinary user. Prints TAP, and what stopped each.
 */
#include "../unit/exec/confined.h"

#include "base/file.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define CASE_MAX ((size_t)64 << 10)
#define NOBODY 65534
#define PROCESSES_MAX 100
#define FILE_MAX 50000000

struct attack {
	const char *name;
	const char *path;
	struct str clause;
	struct str stopped;
	struct str control;
	struct str users;
	struct str detected;
	struct str gone;
	struct str text;
};

/* Who is attacked from inside. */
struct victim {
	pid_t pid;
	int sockets[4];
	char port[16];
	char abstract[64];
};

static bool is_layered;
static unsigned n_tried;
static unsigned n_failed;

static void
die(const char *what)
{
	(void)fprintf(stderr, "attack: %s: %s\n", what, strerror(errno));
	exit(99);
}

static struct str
find_head(struct str text, const char *key)
{
	struct str line;
	struct str rest = text;

	while (rest.n) {
		line = str_cut(rest, '\n', &rest);
		if (line.n < 2 || line.p[0] != '#')
			break;
		line = str_trim((struct str){line.p + 1, line.n - 1});
		if (str_starts(line, str_of(key)) && line.n > strlen(key) &&
			line.p[strlen(key)] == ':')
			return str_trim((struct str){
				line.p + strlen(key) + 1, line.n - strlen(key) - 1});
	}
	return STR_EMPTY;
}

/* Whether one of the words, between bars or blanks, is in the text. */
static bool
has_one_of(struct str text, struct str words, char between)
{
	while (words.n) {
		struct str word = str_cut(words, between, &words);

		if (word.n && memmem(text.p, text.n, word.p, word.n))
			return true;
	}
	return false;
}

static int
listen_at(int family, const void *address, socklen_t size)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, address, size) != 0 || listen(fd, 8) != 0)
		die("listen");
	return fd;
}

static int
listen_by_path(const char *folder, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name) >=
		(int)sizeof(address.sun_path))
		die("a socket's path");
	return listen_at(AF_UNIX, &address, sizeof(address));
}

static int
listen_abstract(struct victim *victim)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(victim->abstract, sizeof(victim->abstract), "lily-attack-%d", getpid());
	memcpy(address.sun_path + 1, victim->abstract, strlen(victim->abstract));
	return listen_at(AF_UNIX, &address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			strlen(victim->abstract)));
}

static void
victim_start(struct victim *victim, const struct confined *c)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	AUTO_ARENA struct arena arena = ARENA_INIT;

	victim->sockets[0] = listen_at(AF_INET, &address, sizeof(address));
	if (getsockname(victim->sockets[0], (struct sockaddr *)(void *)&address, &size) != 0)
		die("getsockname");
	(void)snprintf(victim->port, sizeof(victim->port), "%u", ntohs(address.sin_port));
	victim->sockets[1] = listen_abstract(victim);
	victim->sockets[2] = listen_by_path(c->workspace, "daemon.sock");
	victim->sockets[3] =
		listen_by_path(path_join(&arena, c->path, "outside"), "daemon.sock");
	victim->pid = fork();
	if (victim->pid == 0) {
		(void)execl("/bin/sleep", "sleep", "600", (char *)NULL);
		_exit(127);
	}
	/* Until it is what it is to be, it is a copy of this process. */
	(void)usleep(20000);
}

static bool
victim_is_alive(const struct victim *victim)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)victim->pid, &info,
		       WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
		info.si_pid == 0;
}

static void
victim_end(struct victim *victim)
{
	for (size_t i = 0; i < ARRAY_SIZE(victim->sockets); i++)
		(void)close(victim->sockets[i]);
	(void)kill(victim->pid, SIGKILL);
	(void)waitpid(victim->pid, NULL, 0);
}

/* Everything that no step may change, in words. */
static void
take_witness(const struct confined *c, struct buf *ret_witness)
{
	static const char *const names[] = {"outside", "outside/file", "home", "home/private",
		"home/store", "home/store/lily.db", "ws/.git", "ws/.git/hooks",
		"ws/.git/config", "ws/.git/modules/sub/hooks", "ws/.git/modules/sub/config",
		"ws/.env", "ws/secret/below/key"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const char *path = path_join(&arena, c->path, names[i]);
		struct stat status = {0};
		bool is_git = strcmp(names[i], "ws/.git") == 0;

		(void)lstat(path, &status);
		/* Git works in its own folder. */
		if (is_git)
			status.st_mtim = (struct timespec){0};
		buf_printf(ret_witness, "%s %llo %llu %llu %lld.%ld\n", names[i],
			(unsigned long long)status.st_mode, (unsigned long long)status.st_ino,
			S_ISREG(status.st_mode) ? (unsigned long long)status.st_size : 0,
			(long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
	}
}

static int
compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* The workspace with all that is in it. */
static void
take_whole(const struct confined *c, struct buf *ret_witness)
{
	char *const paths[] = {(char *)(uintptr_t)c->workspace, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, compare_names);
	FTSENT *entry;

	while (tree && (entry = fts_read(tree)))
		if (entry->fts_info != FTS_DP && entry->fts_statp)
			buf_printf(ret_witness, "%s %o %llu %lld %lld.%ld %lu\n",
				entry->fts_path, entry->fts_statp->st_mode,
				(unsigned long long)entry->fts_statp->st_ino,
				S_ISREG(entry->fts_statp->st_mode)
					? (long long)entry->fts_statp->st_size
					: 0,
				(long long)entry->fts_statp->st_mtim.tv_sec,
				entry->fts_statp->st_mtim.tv_nsec,
				(unsigned long)entry->fts_statp->st_nlink);
	if (!tree || fts_close(tree) != 0)
		die("look at the workspace");
}

static void
witness(const struct confined *c, struct buf *ret_witness)
{
	take_witness(c, ret_witness);
	if (is_layered)
		take_whole(c, ret_witness);
}

struct command {
	const char *argv[3];
	const char *environment[12];
	int script; /* is its standard input */
};

static struct command
command_of(const struct confined *c, const struct attack *attack, const struct victim *victim,
	struct arena *arena)
{
	bool is_python = str_ends(str_of(attack->name), STR(".py"));
	struct command command = {
		.argv = {is_python ? "/usr/bin/python3" : "/bin/sh", is_python ? "-" : "-s"},
		.environment = {"PATH=/usr/local/bin:/usr/bin:/bin",
			arena_printf(arena, "WS=%s", c->workspace),
			arena_printf(arena, "HOME_=%s", c->home),
			arena_printf(arena, "STORE=%s", c->store),
			arena_printf(arena, "OUTSIDE=%s/outside", c->path),
			arena_printf(arena, "VICTIM=%d", victim->pid),
			arena_printf(arena, "PORT=%s", victim->port),
			arena_printf(arena, "PORT6=%s", victim->port),
			arena_printf(arena, "ABSTRACT=%s", victim->abstract)},
		.script = open(attack->path, O_RDONLY | O_CLOEXEC),
	};

	if (command.script < 0)
		die(attack->path);
	return command;
}

static void
run(struct confined *c, const struct attack *attack, const struct victim *victim,
	struct rig_result *ret_result)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct command command = command_of(c, attack, victim, &arena);

	rig_run(&c->rig,
		&(struct rig_step){.argv = (char *const *)(uintptr_t)command.argv,
			.environ = (char *const *)(uintptr_t)command.environment,
			.cwd = c->workspace,
			.stdin_fd = command.script,
			.policy = &c->policy,
			.layer = is_layered ? &c->layer : NULL,
			.timeout_us = 20000000},
		ret_result);
	(void)close(command.script);
}

/* Like that, but as a program that anybody starts, in no lane at all. */
static bool
run_freely(const struct confined *c, const struct attack *attack, const struct victim *victim)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct command command = command_of(c, attack, victim, &arena);
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (dup2(command.script, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
			chdir(c->workspace) != 0)
			_exit(126);
		(void)execve(command.argv[0], (char *const *)(uintptr_t)command.argv,
			(char *const *)(uintptr_t)command.environment);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("run without lily");
	(void)close(command.script);
	return status == 0;
}

static struct str
last_line(const struct buf *said)
{
	struct str text = str_trim(buf_str(said));
	size_t at = text.n;

	while (at && text.p[at - 1] != '\n')
		at--;
	return (struct str){text.p + at, text.n - at};
}

static void
report(const struct attack *attack, const char *user, const char *wrong, struct str said)
{
	n_tried++;
	n_failed += wrong != NULL;
	(void)printf("%sok %u - %s as %s (%.*s): %s%.*s\n", wrong ? "not " : "", n_tried,
		attack->name, user, STR_ARG(attack->clause), wrong ? wrong : "", STR_ARG(said));
	(void)fflush(stdout);
}

/* NULL: it was held. */
static const char *
judge(const struct attack *attack, const struct rig_result *result)
{
	if (result->end.state != ATTEMPT_EXITED)
		return "the lane is gone: ";
	if (!result->end.started)
		return "it did not start: ";
	/* With a layer it is nowhere, which the witness tells. */
	if (attack->detected.n &&
		(!result->end.made != is_layered || result->end.exit_code != 0))
		return "what it made was not seen: ";
	if (attack->detected.n)
		return NULL;
	if (result->end.exit_code == 0)
		return "IT WORKED ";
	if (!has_one_of(buf_str(&result->err), attack->stopped, '|') &&
		!has_one_of(buf_str(&result->out), attack->stopped, '|'))
		return "stopped by something else: ";
	return NULL;
}

static void
try_confined(const struct attack *attack, const char *user)
{
	AUTO_BUF struct buf before = BUF_INIT((size_t)64 << 10);
	AUTO_BUF struct buf after = BUF_INIT((size_t)64 << 10);
	struct rig_result result;
	struct victim victim;
	struct confined c;
	const char *wrong;

	confined_open(&c, LANE_MODE_PID_NAMESPACE);
	c.policy.limits.processes = PROCESSES_MAX;
	c.policy.limits.file_size = FILE_MAX;
	if (is_layered)
		confined_lay(&c, CONFINED_ALONE);
	victim_start(&victim, &c);
	witness(&c, &before);
	run(&c, attack, &victim, &result);
	witness(&c, &after);
	wrong = judge(attack, &result);
	if (!wrong && !str_equal(buf_str(&before), buf_str(&after)))
		wrong = "something changed that must not: ";
	if (!wrong && !victim_is_alive(&victim))
		wrong = "the victim is dead: ";
	if (!wrong && attack->gone.n && rig_count_processes("424242"))
		wrong = "a process is left: ";
	report(attack, user, wrong,
		!result.end.started    ? str_of(result.end.start_error.message)
			: result.err.n ? last_line(&result.err)
				       : last_line(&result.out));
	victim_end(&victim);
	rig_release(&c.rig, &result);
	confined_close(&c);
}

/* What cannot be done without walls either would prove nothing. */
static void
try_control(const struct attack *attack, const char *user)
{
	struct victim victim;
	struct confined c;

	confined_open(&c, LANE_MODE_PID_NAMESPACE);
	victim_start(&victim, &c);
	if (!run_freely(&c, attack, &victim))
		report(attack, user, "without a policy it does not work either", STR_EMPTY);
	victim_end(&victim);
	confined_close(&c);
}

static void
try_case(const char *folder, struct str name, const char *user)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(CASE_MAX);
	struct attack attack = {.name = arena_cstr(&arena, name),
		.path = path_join(&arena, folder, arena_cstr(&arena, name))};
	struct err err = ERR_INIT;

	if (file_read(AT_FDCWD, attack.path, &text, &err) < 0) {
		(void)fprintf(stderr, "attack: %s\n", err.message);
		exit(99);
	}
	attack.text = buf_str(&text);
	attack.clause = find_head(attack.text, "clause");
	attack.stopped = find_head(attack.text, "stopped");
	attack.control = find_head(attack.text, "control");
	attack.users = find_head(attack.text, "users");
	attack.detected = find_head(attack.text, "detected");
	attack.gone = find_head(attack.text, "gone");
	if (!has_one_of(attack.users, str_of(user), ' '))
		return;
	try_confined(&attack, user);
	if (has_one_of(attack.control, str_of(user), ' '))
		try_control(&attack, user);
}

static bool
is_asked_for(struct str name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (str_is(name, argv[i]))
			return true;
	return argc <= 2;
}

static void
try_all(int argc, char **argv, const char *user)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str *names;
	size_t n;

	if (dir_list(AT_FDCWD, argv[1], &arena, &names, &n, &err) < 0) {
		(void)fprintf(stderr, "attack: %s\n", err.message);
		exit(99);
	}
	for (size_t i = 0; i < n; i++)
		if (is_asked_for(names[i], argc, argv))
			try_case(argv[1], names[i], user);
}

/* As a program that such a user started: a change of user alone takes /proc/self away. */
static void
become_nobody(void)
{
	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
		setresuid(NOBODY, NOBODY, NOBODY) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0)
		die("become an ordinary user");
}

int
main(int argc, char **argv)
{
	int status = 0;
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "--layer") == 0) {
		is_layered = true;
		argc--;
		argv++;
	}
	if (argc < 2) {
		(void)fputs("Usage: attack [--layer] CASES [NAME...]\n", stderr);
		return 2;
	}
	if (!rig_has_namespaces())
		return 77;
	if (geteuid() != 0) {
		try_all(argc, argv, "user");
		(void)printf("1..%u\n", n_tried);
		return n_failed != 0;
	}
	try_all(argc, argv, "root");
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		become_nobody();
		try_all(argc, argv, "user");
		(void)printf("1..%u\n", n_tried);
		(void)fflush(NULL);
		_exit(n_failed != 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("wait");
	return n_failed || status != 0;
}
