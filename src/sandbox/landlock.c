#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define ABI_MAX 7
#define CREATE_VERSION 1U
#define RULE_BELOW 1

/* As the kernel has them; the size says which ABI is meant. */
struct ruleset_attributes {
	uint64_t handled_fs;
	uint64_t handled_net;
	uint64_t scoped;
};

struct below_attributes {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

int
landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	return abi < 0 ? 0 : (int)MIN(abi, ABI_MAX);
}

uint64_t
landlock_known_fs(uint64_t access, int abi)
{
	static const struct {
		uint64_t access;
		int abi;
	} known[] = {
#define X(name, bit, abi) {UINT64_C(1) << (bit), abi},
		LANDLOCK_ACCESSES(X)
#undef X
	};
	uint64_t found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].abi <= abi)
			found |= known[i].access & access;
	return found;
}

uint64_t
landlock_known_net(uint64_t access, int abi)
{
	return abi >= 4 ? access & (LANDLOCK_NET_BIND | LANDLOCK_NET_CONNECT) : 0;
}

uint64_t
landlock_known_scoped(uint64_t scoped, int abi)
{
	return abi >= 6 ? scoped & (LANDLOCK_SCOPE_ABSTRACT | LANDLOCK_SCOPE_SIGNAL) : 0;
}

static int
add_rule(int ruleset, const struct wall_rule *rule, uint64_t handled, struct err *err)
{
	/* Of what is no directory only these can be allowed. */
	const uint64_t of_files = LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE |
		LANDLOCK_TRUNCATE | LANDLOCK_DEVICE_IOCTL;
	AUTO_CLOSE int fd = open(rule->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct below_attributes below = {.access = rule->access & handled, .fd = fd};
	struct stat status;

	if (fd < 0 || fstat(fd, &status) != 0 || S_ISLNK(status.st_mode))
		return 0;
	if (!S_ISDIR(status.st_mode))
		below.access &= of_files;
	if (!below.access)
		return 0;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_BELOW, &below, 0) != 0)
		return err_sys(err, "allow %s (Landlock)", rule->path);
	return 0;
}

int
landlock_ruleset(const struct walls *walls, const char *slot, int *ret_fd, struct err *err)
{
	const uint64_t executes = walls->flags & WALLS_NO_NEW_PROGRAMS ? 0 : LANDLOCK_EXECUTE;
	const struct wall_rule own = {
		LANDLOCK_READ_FILE | LANDLOCK_READ_DIRECTORY | LANDLOCK_WRITES | executes,
		slot};
	int abi = landlock_abi();
	struct ruleset_attributes attributes = {
		.handled_fs = landlock_known_fs(walls->handled_fs, abi),
		.handled_net = landlock_known_net(walls->handled_net, abi),
		.scoped = landlock_known_scoped(walls->scoped, abi),
	};
	size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
	AUTO_CLOSE int fd = -1;
	int r;

	if (!walls->handled_fs && !walls->handled_net && !walls->scoped) {
		*ret_fd = -1;
		return 0;
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
	if (fd < 0)
		return err_sys(err, "make a Landlock ruleset (ABI %d)", abi);
	r = attributes.handled_fs ? add_rule(fd, &own, attributes.handled_fs, err) : 0;
	for (size_t i = 0; r == 0 && i < walls->n_rules; i++)
		r = add_rule(fd, &walls->rules[i], attributes.handled_fs, err);
	if (r < 0)
		return r;
	*ret_fd = fd_take(&fd);
	return 0;
}

int
landlock_restrict(int ruleset)
{
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}
