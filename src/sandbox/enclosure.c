#include "sandbox/enclosure.h"

#include "base/file.h"
#include "sandbox/landlock.h"
#include "sandbox/layer.h"
#include "sandbox/mounts.h"
#include "sandbox/network.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define CHILD_STACK ((size_t)256 << 10)

int
enclosure_read(int fd, const char *slot, struct enclosure *ret_enclosure, struct err *err)
{
	struct enclosure enclosure = {.arena = ARENA_INIT, .slot = slot, .ruleset = -1};
	AUTO_CLOSE int file = fd;
	struct stat status;
	char *bytes;
	int r;

	if (fstat(fd, &status) != 0 || (uint64_t)status.st_size > WALLS_SIZE_MAX)
		return err_set(err, ERR_INVALID, "what a lane was given is no list of walls");
	/* The offset is shared with every other lane that has these. */
	bytes = arena_bytes(&enclosure.arena, (size_t)status.st_size);
	if (pread(file, bytes, (size_t)status.st_size, 0) != status.st_size)
		return err_sys(err, "read the walls of a lane");
	r = walls_decode(
		bytes, (size_t)status.st_size, &enclosure.arena, &enclosure.walls, err);
	if (r == 0)
		*ret_enclosure = enclosure;
	return r;
}

int
enclosure_build(struct enclosure *enclosure, int *ret_view, struct err *err)
{
	const struct walls *walls = &enclosure->walls;
	int r = walls->layer.path ? layer_mount(&walls->layer, ret_view, err) : 0;

	if (r == 0 && walls->n_mounts)
		r = mounts_carry_out(walls, enclosure->slot, err);
	if (r == 0)
		r = network_build(walls, enclosure->sockets, err);
	if (r == 0)
		r = landlock_ruleset(walls, enclosure->slot, &enclosure->ruleset, err);
	return r < 0 ? r : residue_open(walls, &enclosure->residue, err);
}

/* Capabilities that nobody here can come by again. Without CAP_SETPCAP, which a lane without
 * namespaces does not have, it has none that could be inherited either. */
static int
empty_bounding_set(struct err *err)
{
	for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0 && errno != EPERM)
			return err_sys(err, "drop capability %lu from the bounding set", i);
	return 0;
}

static int
set_filter(const struct walls *walls, struct err *err)
{
	struct sock_fprog program = {
		.len = (unsigned short)walls->n_filter, .filter = walls->filter};

	if (!walls->n_filter)
		return 0;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		return err_sys(err, "set a seccomp filter");
	return 0;
}

struct trial {
	const struct enclosure *enclosure;
	struct err err;
	enum lane_stage stage;
	int error;
	int result;
};

static int
try_in_child(void *argument)
{
	struct trial *trial = argument;

	trial->stage = enclosure_enter(trial->enclosure);
	trial->error = errno;
	if (!trial->stage)
		trial->result = canary_try(trial->enclosure, &trial->err);
	return 0; /* ends the child, clone(2) */
}

static int
send_canary(const struct enclosure *enclosure, struct err *err)
{
	static _Alignas(16) char stack[CHILD_STACK];
	struct trial trial = {.enclosure = enclosure};
	pid_t pid = clone(
		try_in_child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, &trial);
	int status = 0;

	if (pid < 0)
		return err_sys(err, "start a canary");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (trial.stage) {
		errno = trial.error;
		return err_sys(err, "%s", lane_stage_name(trial.stage));
	}
	if (!WIFEXITED(status))
		return err_set(err, ERR_SYS, "a canary was killed");
	if (trial.result < 0)
		*err = trial.err;
	return trial.result;
}

int
enclosure_close(struct enclosure *enclosure, struct err *err)
{
	int r;

	/* A session keyring of nobody's; where the kernel has no keys there is nothing to shut off. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return err_sys(err, "start a session keyring");
	r = empty_bounding_set(err);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_sys(err, "give up new privileges");
	r = set_filter(&enclosure->walls, err);
	return r < 0 ? r : send_canary(enclosure, err);
}

static bool
become_user(const struct walls *walls)
{
	return syscall(SYS_setgroups, 0, NULL) == 0 &&
		syscall(SYS_setresgid, walls->gid, walls->gid, walls->gid) == 0 &&
		syscall(SYS_setresuid, walls->uid, walls->uid, walls->uid) == 0;
}

static bool
limit(const struct walls *walls)
{
	for (size_t i = 0; i < walls->n_limits; i++) {
		struct rlimit now;
		struct rlimit most = {walls->limits[i].value, walls->limits[i].value};

		/* Never above what was so far; only root could. */
		if (getrlimit(walls->limits[i].resource, &now) != 0)
			return false;
		most.rlim_max = MIN(most.rlim_max, now.rlim_max);
		most.rlim_cur = MIN(most.rlim_cur, most.rlim_max);
		if (setrlimit(walls->limits[i].resource, &most) != 0)
			return false;
	}
	return true;
}

static bool
drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, none) == 0;
}

enum lane_stage
enclosure_enter(const struct enclosure *enclosure)
{
	const struct walls *walls = &enclosure->walls;

	if (!limit(walls))
		return LANE_STAGE_LIMITS;
	if (walls->flags & WALLS_USER && !become_user(walls))
		return LANE_STAGE_USER;
	if (!drop_capabilities())
		return LANE_STAGE_CAPABILITIES;
	if (enclosure->ruleset >= 0 && landlock_restrict(enclosure->ruleset) != 0)
		return LANE_STAGE_LANDLOCK;
	return LANE_STAGE_NONE;
}

int
enclosure_clear(const struct enclosure *enclosure, struct err *err)
{
	return residue_clear(&enclosure->residue, err);
}
