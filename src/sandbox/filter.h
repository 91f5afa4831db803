/*
 * filter: the seccomp filter of a step, made by libseccomp in lily's process and handed to the lane
 * as a BPF program.
 *
 * It names what no step needs and refuses that; everything else is allowed. It is no boundary by
 * itself: it closes doors of the kernel that neither mounts nor namespaces close (new namespaces and
 * mounts, keys, io_uring, bpf, terminals' input, families of sockets). Only numbers are compared,
 * never what a pointer points at. System calls of another architecture than lily's fail with ENOSYS.
 */
#ifndef LILY_SANDBOX_FILTER_H
#define LILY_SANDBOX_FILTER_H

#include "sandbox/walls.h"

enum filter_flag {
	FILTER_INTERNET = 1 << 0,  /* sockets of AF_INET, AF_INET6 and for routes can be made */
	FILTER_UNIX = 1 << 1,      /* likewise AF_UNIX; pairs can always be made */
	FILTER_NO_SET_ID = 1 << 2, /* no file gets a set-id bit */
	FILTER_NO_NEW_PROGRAMS = 1
		<< 3, /* no files in memory, no execveat: for lists of programs */
};

/* The program, in the arena. */
int filter_make(uint32_t flags, struct arena *arena, struct sock_filter **ret_filter,
	size_t *ret_n, struct err *err);

#endif
