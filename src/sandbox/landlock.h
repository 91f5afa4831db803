/*
 * landlock: rules of the kernel for files, TCP ports, abstract sockets and signals that a process gives
 * itself and all that descend from it (landlock(7)).
 *
 * The kernel says which ABI it has; what an older one does not know is left out of a ruleset, so that
 * whoever makes the rules has to ask landlock_abi what will hold. Own constants, of Linux 6.18: the
 * headers of Debian 12 are older than the kernels in use.
 */
#ifndef LILY_SANDBOX_LANDLOCK_H
#define LILY_SANDBOX_LANDLOCK_H

#include "sandbox/walls.h"

/* Accesses, their bits, and the ABI that brought them. */
#define LANDLOCK_ACCESSES(X)           \
	X(EXECUTE, 0, 1)               \
	X(WRITE_FILE, 1, 1)            \
	X(READ_FILE, 2, 1)             \
	X(READ_DIRECTORY, 3, 1)        \
	X(REMOVE_DIRECTORY, 4, 1)      \
	X(REMOVE_FILE, 5, 1)           \
	X(MAKE_CHARACTER_DEVICE, 6, 1) \
	X(MAKE_DIRECTORY, 7, 1)        \
	X(MAKE_FILE, 8, 1)             \
	X(MAKE_SOCKET, 9, 1)           \
	X(MAKE_FIFO, 10, 1)            \
	X(MAKE_BLOCK_DEVICE, 11, 1)    \
	X(MAKE_LINK, 12, 1)            \
	X(REFER, 13, 2)                \
	X(TRUNCATE, 14, 3)             \
	X(DEVICE_IOCTL, 15, 5)

enum landlock_access {
#define X(name, bit, abi) LANDLOCK_##name = 1 << (bit),
	LANDLOCK_ACCESSES(X)
#undef X
};

#define LANDLOCK_READS \
	((uint64_t)(LANDLOCK_EXECUTE | LANDLOCK_READ_FILE | LANDLOCK_READ_DIRECTORY))
#define LANDLOCK_WRITES                                                                      \
	((uint64_t)(LANDLOCK_WRITE_FILE | LANDLOCK_REMOVE_DIRECTORY | LANDLOCK_REMOVE_FILE | \
		LANDLOCK_MAKE_DIRECTORY | LANDLOCK_MAKE_FILE | LANDLOCK_MAKE_SOCKET |        \
		LANDLOCK_MAKE_FIFO | LANDLOCK_MAKE_LINK | LANDLOCK_REFER | LANDLOCK_TRUNCATE))
/* Never allowed by a rule. */
#define LANDLOCK_DEVICES \
	((uint64_t)(LANDLOCK_MAKE_CHARACTER_DEVICE | LANDLOCK_MAKE_BLOCK_DEVICE))

#define LANDLOCK_NET_BIND UINT64_C(1) /* ABI 4 */
#define LANDLOCK_NET_CONNECT UINT64_C(2)
#define LANDLOCK_SCOPE_ABSTRACT UINT64_C(1) /* ABI 6 */
#define LANDLOCK_SCOPE_SIGNAL UINT64_C(2)

/* The newest ABI that lily knows and the kernel has; 0: none. */
int landlock_abi(void);

/* Those of these accesses that this ABI knows. */
uint64_t landlock_known_fs(uint64_t access, int abi);
uint64_t landlock_known_net(uint64_t access, int abi);
uint64_t landlock_known_scoped(uint64_t scoped, int abi);

/* A ruleset of the walls, which allows everything in the slot, but for devices; -1: they have none.
 * *ret_fd is the caller's. */
int landlock_ruleset(const struct walls *walls, const char *slot, int *ret_fd, struct err *err);

/* Binds this thread, which must have no new privileges: 0, or -1 and errno. For a child that shares
 * memory: nothing but the system call. */
int landlock_restrict(int ruleset);

#endif
