/* Steps under a policy, in real lanes: what works, what does not, and what is said of it. */
#include "confined.h"

#include "base/file.h"
#include "policy/resolve.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int
set_up(void **state)
{
	struct confined *c = calloc(1, sizeof(*c));

	confined_open(c, LANE_MODE_PID_NAMESPACE);
	*state = c;
	return 0;
}

static int
tear_down(void **state)
{
	confined_close(*state);
	free(*state);
	return 0;
}

static void
test_work_is_unharmed(void **state)
{
	struct confined *c = *state;

	confined_expect(c, "echo hello >made && mkdir -p a/b && mv made a/b/ && cat a/b/made");
	confined_expect(c, "cat file && touch -d '2000-01-01' file && chmod 600 file");
	confined_expect(
		c, "echo x >/tmp/t && cat /tmp/t && echo y >/dev/shm/y && cat /dev/shm/y");
	confined_expect(c, "echo x >$TMPDIR/t && echo h >$HOME/h && echo o >$LILY_OUT/o");
	confined_expect(c,
		"head -c 4 /dev/urandom >/dev/null && cat </dev/zero | head -c 1 >/dev/null");
	confined_expect(
		c, "sh -c 'exit 0' & wait && ls /proc/self >/dev/null && test -e /dev/fd");
	confined_expect(
		c, "touch .git/index && mkdir -p .git/objects/ab && rm -r .git/objects");
	confined_expect(c,
		"python3 -c 'import socket; socket.socketpair()' || test ! -e "
		"/usr/bin/python3");
}

static void
test_writes_stay_in_the_workspace(void **state)
{
	struct confined *c = *state;

	confined_refuse(c, "echo x >/etc/lily-test");
	confined_refuse(c, "echo x >/lily-test");
	confined_refuse(c, "echo x >$OUTSIDE/file");
	confined_refuse(c, "echo x >$OUTSIDE/../lily-test");
	confined_refuse(c, "echo x >$WS/../lily-test");
	confined_refuse(c, "chmod 777 /etc/passwd");
	confined_refuse(c, "touch /usr");
	confined_refuse(c, "echo x >/var/tmp/lily-test");
	confined_refuse(c, "echo x >$LILY_OUT/../../../lily-test");
	confined_refuse(c, "ln -s /etc link && echo x >link/lily-test");
}

static void
test_what_is_hidden_cannot_be_read(void **state)
{
	struct confined *c = *state;

	confined_refuse(c, "cat $HOME_/private");
	confined_refuse(c, "cat $STORE/lily.db");
	confined_refuse(c, "cat $OUTSIDE/file");
	confined_refuse(c, "ls /root/.[a-z]*");
	confined_refuse(c, "ln -s $HOME_/private p && cat p");
	confined_expect(c, "test -z \"$(ls /run /mnt /media 2>/dev/null | grep -v :)\"");
}

static void
test_denied_inside_the_workspace(void **state)
{
	struct confined *c = *state;

	confined_refuse(c, "cat .env");
	confined_refuse(c, "echo x >.env");
	confined_refuse(c, "rm -f .env");
	confined_refuse(c, "mv .env x");
	confined_refuse(c, "cat secret/below/key");
	confined_refuse(c, "mv secret other");
	confined_refuse(c, "ln .env hard && cat hard");
	confined_expect(c, "echo fine >secret/beside");
}

static void
test_protected_inside_the_workspace(void **state)
{
	struct confined *c = *state;

	confined_expect(c, "cat .git/config && ls .git/hooks");
	confined_refuse(c, "echo x >.git/hooks/pre-commit");
	confined_refuse(c, "echo x >>.git/config");
	confined_refuse(c, "mv .git x; mkdir -p .git/hooks && echo x >.git/hooks/pre-commit");
	confined_refuse(c, "mv .git/hooks .git/h && mkdir .git/hooks");
	confined_refuse(c, "echo x >new && mv new .git/config");
	confined_refuse(c, "chmod 777 .git/hooks");
	confined_refuse(c, "echo x >.git/modules/sub/hooks/post-checkout");
	confined_refuse(c,
		"rm -rf .git/modules/sub; mkdir -p .git/modules/sub/hooks && "
		"echo x >.git/modules/sub/hooks/x");
}

/* What is not there cannot be shut; it is looked for afterwards. */
static void
test_what_came_to_be_is_told(void **state)
{
	struct confined *c = *state;
	struct rig_result result;

	confined_run(c, "echo fine >file2", &result);
	assert_null(result.end.made);
	rig_release(&c->rig, &result);
	confined_run(c, "mkdir .lily", &result);
	assert_int_equal(result.end.exit_code, 0);
	assert_non_null(result.end.made);
	assert_int_equal(result.end.made->clause, POLICY_PROTECT);
	rig_release(&c->rig, &result);
}

static void
test_nothing_is_left_for_the_next(void **state)
{
	struct confined *c = *state;

	confined_expect(
		c, "echo x >/tmp/left; mkdir -p /tmp/d/e; touch /tmp/d/e/f; chmod 0 /tmp/d/e");
	confined_expect(c, "test -z \"$(ls /tmp | grep -v lily-)\"");
	confined_expect(c, "echo x >/dev/shm/left; echo x >$HOME/left; echo x >$TMPDIR/left");
	confined_expect(c, "test -z \"$(ls -A /dev/shm $HOME $TMPDIR | grep -v :)\"");
	confined_expect(c, "ipcmk -M 4096 -S 3 -Q >/dev/null");
	confined_expect(c, "test -z \"$(ipcs | grep ^0x)\"");
}

static void
test_no_network(void **state)
{
	struct confined *c = *state;

	confined_refuse(c, "bash -c 'echo >/dev/tcp/127.0.0.1/22'");
	confined_refuse(c, "bash -c 'echo >/dev/udp/192.0.2.1/53'");
}

static void
test_other_processes_are_out_of_reach(void **state)
{
	struct confined *c = *state;

	confined_expect(c, "test $(ls -d /proc/[0-9]* | wc -l) -le 6");
	/* A signal to the first of its namespace is taken and does nothing. */
	confined_expect(c, "kill -9 1; kill -STOP 1; true");
	confined_refuse(c, "cat /proc/1/environ");
	confined_refuse(c, "readlink /proc/1/fd/3");
	confined_refuse(c, "ls /proc/1/root/");
	confined_refuse(c, "cat /proc/1/maps");
	confined_refuse(c, "dd if=/proc/1/mem bs=1 count=1 skip=4096");
	confined_refuse(c, "echo 1000 >/proc/1/oom_score_adj");
	confined_refuse(c, "unshare -U true");
	confined_refuse(c, "unshare -m true");
	confined_refuse(c, "mount -t tmpfs none /mnt");
	confined_refuse(c, "echo 1 >/proc/sys/kernel/printk");
	confined_refuse(c, "echo h >/proc/sysrq-trigger");
}

/* The lane is replaced by one of the other policy, and back; inputs go with it. */
static void
test_policies_change_lanes(void **state)
{
	struct confined *c = *state;
	struct policy open = c->policy;
	struct policy none = {.is_none = true};

	open.deny.n = 0;
	confined_refuse(c, "cat .env");
	for (int i = 0; i < 3; i++) {
		struct rig_result result;

		rig_run(&c->rig,
			&(struct rig_step){
				.script = "cat .env", .cwd = c->workspace, .policy = &open},
			&result);
		assert_int_equal(result.end.exit_code, 0);
		rig_release(&c->rig, &result);
		rig_run(&c->rig,
			&(struct rig_step){.script = "cat ../home/private",
				.cwd = c->workspace,
				.policy = i ? &none : NULL},
			&result);
		assert_int_equal(result.end.exit_code, 0);
		rig_release(&c->rig, &result);
		confined_refuse(c, "cat .env");
	}
}

/* A wall that cannot be built stops the step, and says which it was. */
static void
test_a_wall_that_fails_stops_the_step(void **state)
{
	struct confined *c = *state;
	struct policy broken = c->policy;
	struct rig_result result;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct policy_path read = {.path = path_join(&arena, c->path, "outside/folder")};

	assert_int_equal(dir_make(AT_FDCWD, read.path, 0755, &err), 0);
	broken.read = (struct policy_paths){&read, 1};
	rig_run(&c->rig, &(struct rig_step){.script = "true", .policy = &broken}, &result);
	assert_int_equal(result.end.exit_code, 0);
	rig_release(&c->rig, &result);
	/* Its lane is gone with the next policy; the new one does not find the folder. */
	confined_expect(c, "true");
	assert_int_equal(tree_remove(AT_FDCWD, read.path, &err), 0);
	rig_run(&c->rig, &(struct rig_step){.script = "true", .policy = &broken}, &result);
	assert_false(result.end.started);
	assert_int_equal(result.end.start_error.code, ERR_POLICY);
	assert_non_null(strstr(result.end.start_error.message, "outside/folder"));
	assert_non_null(strstr(result.end.start_error.message, "show"));
	rig_release(&c->rig, &result);
	confined_expect(c, "true");
}

static void
test_a_hidden_program_is_named(void **state)
{
	struct confined *c = *state;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *program = path_join(&arena, c->path, "outside/program");
	char *argv[] = {(char *)(uintptr_t)program, NULL};
	struct rig_result result;
	struct err err = ERR_INIT;

	assert_int_equal(
		file_replace(AT_FDCWD, program, STR("#!/bin/sh\n"), 0755, FILE_NO_SYNC, &err),
		0);
	rig_run(&c->rig, &(struct rig_step){.argv = argv, .policy = &c->policy}, &result);
	assert_false(result.end.started);
	assert_non_null(strstr(result.end.start_error.message, "read: ["));
	rig_release(&c->rig, &result);
}

/* As lily itself resolves it, with all that it hides and guards. */
static void
test_the_default_policy(void **state)
{
	struct confined *c = *state;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct policy_origins nobody = {0};
	const struct policy_surroundings surroundings = {.workspace = c->workspace,
		.home = c->home,
		.store = c->store,
		.search = "/usr/bin:/bin"};
	struct err err = ERR_INIT;

	/* No lane was started yet, so that this is the one that they are started with. */
	if (policy_resolve(&nobody, STR("default"), &surroundings, &arena, &c->policy, &err) <
		0)
		fail_msg("%s", err.message);
	confined_expect(c, "echo x >made && cat .env made >/dev/null && echo t >/tmp/t");
	confined_refuse(c, "cat $HOME_/private");
	confined_refuse(c, "cat $STORE/lily.db");
	confined_refuse(c, "echo x >.git/hooks/pre-commit");
	confined_refuse(c, "mv .git aside");
	confined_refuse(c, "echo x >/etc/lily-test");
	confined_refuse(c, "bash -c 'echo >/dev/udp/192.0.2.1/53'");
	/* What was resolved ends here, and with it every lane that is known by it. */
	confined_close(c);
	confined_open(c, LANE_MODE_PID_NAMESPACE);
}

/* Where a program is not installed there is nothing to be seen of it. */
static void
test_programs_work_unharmed(void **state)
{
	static const char *const scripts[] = {
		"command -v gcc make >/dev/null || exit 0; printf 'int main(void){return 0;}' "
		">m.c "
		"&& "
		"printf 'm: m.o\n\tgcc -o m m.o\nm.o: m.c\n\tgcc -c m.c\n' >Makefile && "
		"make -j2 >/dev/null && ./m",
		"command -v git >/dev/null || exit 0; export GIT_AUTHOR_NAME=a "
		"GIT_AUTHOR_EMAIL=a@b "
		"GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b; echo .env >.gitignore && "
		"git add file .gitignore && git commit -qm one && git branch topic && git tag "
		"v1 && "
		"git checkout -q topic && git log --oneline | grep -q one && git status "
		"--short",
		"command -v git >/dev/null || exit 0; git init -q sub && cd sub && "
		"git config user.name x && git clone -q .. copy 2>/dev/null && test -d "
		"copy/.git",
		"test -x /usr/bin/python3 || exit 0; /usr/bin/python3 -m venv --without-pip "
		"venv && "
		"venv/bin/python -c 'import json, multiprocessing as m; m.Queue(); m.Lock()'",
		"command -v node >/dev/null || exit 0; case $(command -v node) in /usr/*) ;; "
		"*) exit 0 "
		";; esac; node -e 'require(\"fs\").writeFileSync(\"n\", \"x\")' && test -s n",
		"perl -e 'open(F, \">p\") or die; print F 1; close F; fork // die' && test -s "
		"p",
		"mkdir t && echo x >t/x && tar cf t.tar t && rm -r t && tar xf t.tar && test "
		"-s t/x",
		"command -v sqlite3 >/dev/null || exit 0; sqlite3 d.db 'create table t(a); "
		"insert into "
		"t values (1)' && test -s d.db",
		"i=0; while [ $i -lt 500 ]; do i=$((i + 1)); echo $i >>lines; done; wc -l "
		"<lines | "
		"grep -q 500; f=$(mktemp) && echo x >$f && sort $f | tee $f.2 >/dev/null && rm "
		"$f $f.2",
		"bash -c 'cat <(echo x) >/dev/null; read -r l <<<here; coproc cat; kill "
		"$COPROC_PID'",
	};
	struct confined *c = *state;
	char command[256];

	(void)snprintf(command, sizeof(command),
		"cd %s && rm -rf .git && { git init -q . || mkdir .git; } 2>/dev/null",
		c->workspace);
	assert_int_equal(system(command), 0);
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
		confined_expect(c, scripts[i]);
}

static void
expect_secret(struct confined *c)
{
	const struct secret_file secret = {"KEY", STR("value")};
	struct rig_result result;

	rig_run(&c->rig,
		&(struct rig_step){.script = "cat $LILY_SECRETS/KEY && echo x >f && ls -A",
			.in_scratch = true,
			.secret_files = &secret,
			.n_secret_files = 1,
			.policy = &c->policy},
		&result);
	assert_string_equal(buf_cstr(&result.out), "valuef\n");
	rig_release(&c->rig, &result);
}

/* lily writes them into a file system of the lane that steps see read-only. */
static void
test_secrets_come_through(void **state)
{
	struct confined *c = *state;

	expect_secret(c);
	confined_refuse(c, "echo x >${LILY_OUT%/out}/memory/x");
	expect_secret(c);
}

/* Of a namespace of their own: servers of steps, and nobody else's. */
static void
test_loopback(void **state)
{
	static const char script[] =
		"test -x /usr/bin/python3 || exit 0; /usr/bin/python3 -c '\n"
		"import socket\n"
		"s = socket.create_server((\"127.0.0.1\", 0))\n"
		"c = socket.create_connection(s.getsockname())\n"
		"c.sendall(b\"x\")\n"
		"assert s.accept()[0].recv(1) == b\"x\"'";
	struct confined *c = *state;

	/* Before the first lane is started. */
	c->policy.net = POLICY_NET_LOOPBACK;
	confined_expect(c, script);
	confined_refuse(c, "bash -c 'echo >/dev/udp/192.0.2.1/53'");
	confined_refuse(c, "bash -c 'echo >/dev/tcp/127.0.0.1/22'");
}

/* Only these can be executed, and what they are executed by; nothing that a step makes. */
static void
test_a_list_of_programs(void **state)
{
	struct confined *c = *state;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy_path tools[3] = {{0}};
	struct policy few = c->policy;
	struct rig_result result;
	struct err err = ERR_INIT;
	struct str sh;
	struct str cat;
	struct str change;

	assert_int_equal(path_real("/bin/sh", &arena, &sh, &err), 0);
	assert_int_equal(path_real("/bin/cat", &arena, &cat, &err), 0);
	assert_int_equal(path_real("/bin/chmod", &arena, &change, &err), 0);
	tools[0].path = sh.p;
	tools[1].path = cat.p;
	tools[2].path = change.p;
	few.any_tools = false;
	few.tools = (struct policy_paths){tools, 3};
	rig_run(&c->rig,
		&(struct rig_step){
			.script = "cat file; ls || echo no ls; cat /bin/ls >l; "
				  "cat /bin/ls >$LILY_OUT/l; chmod +x l $LILY_OUT/l || "
				  "exit 1; ./l || echo no copy; "
				  "$LILY_OUT/l || echo nor out",
			.cwd = c->workspace,
			.policy = &few},
		&result);
	assert_string_equal(buf_cstr(&result.out), "text\nno ls\nno copy\nnor out\n");
	rig_release(&c->rig, &result);
}

/* Root's lily, somebody else's workspace. */
static void
test_steps_are_the_owner_of_the_workspace(void **state)
{
	struct confined *c = *state;

	if (geteuid() != 0)
		skip();
	confined_close(c);
	confined_open(c, LANE_MODE_PID_NAMESPACE);
	assert_int_equal(chown(c->workspace, 12345, 23456), 0);
	confined_expect(c, "test $(id -u) = 12345 && test $(id -g) = 23456 && echo x >mine");
	confined_expect(c, "echo h >$HOME/h && echo t >$TMPDIR/t && echo o >$LILY_OUT/o");
	confined_expect(c, "echo t >/tmp/t && echo s >/dev/shm/s");
	confined_expect(c, "test -z \"$(ls -A $HOME $TMPDIR /dev/shm | grep -v :)\"");
	confined_refuse(c, "cat /etc/shadow");
	confined_refuse(c, "echo x >.git/HEAD");
	expect_secret(c);
}

/* Landlock and a filter alone: only `write` can be written, and there are no sockets. */
static void
test_without_namespaces(void **state)
{
	struct confined *c = *state;

	confined_close(c);
	confined_open(c, LANE_MODE_SUBREAPER);
	confined_expect(c, "echo x >made && mkdir d && mv made d/ && rm -r d");
	confined_expect(c, "echo x >$LILY_OUT/o && echo t >$TMPDIR/t && echo n >/dev/null");
	confined_refuse(c, "echo x >$OUTSIDE/file");
	confined_refuse(c, "echo x >/tmp/lily-test");
	confined_refuse(c, "echo x >$LILY_OUT/../../other");
	confined_refuse(c, "mv file $OUTSIDE/");
	confined_refuse(c, "ln -s $OUTSIDE o && echo x >o/file");
	confined_refuse(c, "bash -c 'echo >/dev/tcp/127.0.0.1/22'");
	confined_refuse(c, "unshare -U true");
}

/* As a list of what may be read, of which only these and what is the step's own is to be had. */
static void
test_a_list_of_what_may_be_read(void **state)
{
	struct confined *c = *state;
	struct policy_path read[] = {{.path = "/usr"}, {.path = "/etc"}, {.path = "/lib"},
		{.path = "/lib64"}, {.path = "/bin"}};
	struct policy few = c->policy;
	struct rig_result result;

	few.reads_all = false;
	few.read = (struct policy_paths){read, ARRAY_SIZE(read)};
	rig_run(&c->rig,
		&(struct rig_step){.script = "cat file && cat /etc/passwd >/dev/null && "
					     "echo x >new && cat /proc/self/stat >/dev/null && "
					     "ls /var",
			.cwd = c->workspace,
			.policy = &few},
		&result);
	assert_string_equal(buf_cstr(&result.out), "text\n");
	assert_int_not_equal(result.end.exit_code, 0);
	assert_non_null(strstr(buf_cstr(&result.err), "/var"));
	rig_release(&c->rig, &result);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_work_is_unharmed),
		TEST(test_the_default_policy),
		TEST(test_programs_work_unharmed),
		TEST(test_writes_stay_in_the_workspace),
		TEST(test_what_is_hidden_cannot_be_read),
		TEST(test_denied_inside_the_workspace),
		TEST(test_protected_inside_the_workspace),
		TEST(test_what_came_to_be_is_told),
		TEST(test_nothing_is_left_for_the_next),
		TEST(test_no_network),
		TEST(test_other_processes_are_out_of_reach),
		TEST(test_policies_change_lanes),
		TEST(test_a_wall_that_fails_stops_the_step),
		TEST(test_a_hidden_program_is_named),
		TEST(test_secrets_come_through),
		TEST(test_loopback),
		TEST(test_a_list_of_programs),
		TEST(test_steps_are_the_owner_of_the_workspace),
		TEST(test_without_namespaces),
		TEST(test_a_list_of_what_may_be_read),
	};

	if (!rig_has_namespaces())
		return 77;
	return rig_main("confined", tests, ARRAY_SIZE(tests));
}
