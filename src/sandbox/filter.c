#include "sandbox/filter.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define SET_ID (S_ISUID | S_ISGID)
#define NEW_NAMESPACES                                                            \
	((unsigned)(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
		CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET))
#define NEW_TIME 0x80U /* CLONE_NEWTIME, for unshare only */

/* Refused whatever the arguments are. ENOSYS where programs then take the older way. */
static const struct {
	const char *name;
	int error;
} refused[] = {
	/* Its flags lie behind a pointer; libc falls back on clone. */
	{"clone3", ENOSYS},
	{"io_uring_setup", ENOSYS},
	{"io_uring_enter", ENOSYS},
	{"io_uring_register", ENOSYS},
	{"userfaultfd", EPERM},
	{"bpf", EPERM},
	{"perf_event_open", EPERM},
	{"add_key", EPERM},
	{"keyctl", EPERM},
	{"request_key", EPERM},
	{"mount", EPERM},
	{"umount", EPERM},
	{"umount2", EPERM},
	{"mount_setattr", EPERM},
	{"move_mount", EPERM},
	{"open_tree", EPERM},
	{"fsopen", EPERM},
	{"fsconfig", EPERM},
	{"fsmount", EPERM},
	{"fspick", EPERM},
	{"pivot_root", EPERM},
	{"chroot", EPERM},
	{"setns", EPERM},
	{"open_by_handle_at", EPERM},
	{"fanotify_init", EPERM},
	{"quotactl", EPERM},
	{"quotactl_fd", EPERM},
	{"acct", EPERM},
	{"swapon", EPERM},
	{"swapoff", EPERM},
	{"reboot", EPERM},
	{"kexec_load", EPERM},
	{"kexec_file_load", EPERM},
	{"init_module", EPERM},
	{"finit_module", EPERM},
	{"delete_module", EPERM},
	{"iopl", EPERM},
	{"ioperm", EPERM},
	{"syslog", EPERM},
	{"vhangup", EPERM},
	{"settimeofday", EPERM},
	{"clock_settime", EPERM},
	{"lookup_dcookie", EPERM},
	{"nfsservctl", EPERM},
};

/* Refused where (argument & mask) == value. Only 32 bits are compared of what the kernel takes for an
 * int: the upper half would be a way around it. */
struct refusal {
	const char *name;
	int error;
	unsigned argument;
	uint64_t mask;
	uint64_t value;
};

static const struct refusal terminal[] = {
	{"ioctl", EPERM, 1, UINT32_MAX, TIOCSTI},
	{"ioctl", EPERM, 1, UINT32_MAX, TIOCLINUX},
};

static const struct refusal set_id[] = {
	{"chmod", EPERM, 1, S_ISUID, S_ISUID},
	{"chmod", EPERM, 1, S_ISGID, S_ISGID},
	{"fchmod", EPERM, 1, S_ISUID, S_ISUID},
	{"fchmod", EPERM, 1, S_ISGID, S_ISGID},
	{"fchmodat", EPERM, 2, S_ISUID, S_ISUID},
	{"fchmodat", EPERM, 2, S_ISGID, S_ISGID},
	{"mkdir", EPERM, 1, S_ISGID, S_ISGID},
	{"mkdirat", EPERM, 2, S_ISGID, S_ISGID},
	{"mknod", EPERM, 1, S_ISUID, S_ISUID},
	{"mknod", EPERM, 1, S_ISGID, S_ISGID},
	{"mknodat", EPERM, 2, S_ISUID, S_ISUID},
	{"mknodat", EPERM, 2, S_ISGID, S_ISGID},
	{"creat", EPERM, 1, S_ISUID, S_ISUID},
	{"creat", EPERM, 1, S_ISGID, S_ISGID},
};

static int
refuse(scmp_filter_ctx filter, const char *name, int error, unsigned n,
	const struct scmp_arg_cmp *arguments, struct err *err)
{
	int number = seccomp_syscall_resolve_name(name);
	int r;

	if (number == __NR_SCMP_ERROR)
		return 0; /* younger than this libseccomp: see add_young */
	r = seccomp_rule_add_array(
		filter, SCMP_ACT_ERRNO((unsigned)error), number, n, arguments);
	/* -EDOM: this architecture does not have it. */
	if (r == 0 || r == -EDOM)
		return 0;
	errno = -r;
	return err_sys(err, "refuse %s (libseccomp)", name);
}

static int
refuse_where(scmp_filter_ctx filter, const struct refusal *refusals, size_t n, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct refusal *x = &refusals[i];
		const struct scmp_arg_cmp argument =
			SCMP_CMP64(x->argument, SCMP_CMP_MASKED_EQ, x->mask, x->value);

		r = refuse(filter, x->name, x->error, 1, &argument, err);
	}
	return r;
}

/* One rule for each flag: a filter compares for equality only. */
static int
refuse_namespaces(scmp_filter_ctx filter, struct err *err)
{
	int r = 0;

	for (unsigned bit = 1U << 31; r == 0 && bit; bit >>= 1) {
		const struct refusal flag[] = {
			{"unshare", EPERM, 0, bit, bit},
			{"clone", EPERM, 0, bit, bit},
		};

		if (bit & NEW_NAMESPACES)
			r = refuse_where(filter, flag, 2, err);
		else if (bit & NEW_TIME)
			r = refuse_where(filter, flag, 1, err);
	}
	return r;
}

static int
refuse_family(scmp_filter_ctx filter, enum scmp_compare how, int family, struct err *err)
{
	const struct scmp_arg_cmp argument = SCMP_CMP64(0, how, (scmp_datum_t)family);

	return refuse(filter, "socket", EAFNOSUPPORT, 1, &argument, err);
}

static int
refuse_protocol(scmp_filter_ctx filter, int protocol, struct err *err)
{
	const struct scmp_arg_cmp arguments[] = {
		SCMP_CMP64(0, SCMP_CMP_EQ, AF_NETLINK),
		SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, UINT32_MAX, (scmp_datum_t)protocol),
	};

	return refuse(filter, "socket", EPROTONOSUPPORT, 2, arguments, err);
}

/* Families that can be made are numbers up to AF_NETLINK; what lies between them is refused one by one.
 * Of netlink only what shows addresses and routes of the network namespace. */
static int
refuse_sockets(scmp_filter_ctx filter, uint32_t flags, struct err *err)
{
	const struct scmp_arg_cmp stream_only =
		SCMP_CMP64(0, SCMP_CMP_NE, AF_UNIX); /* of pairs, others make no sense */
	int r = refuse_family(filter, SCMP_CMP_GT, AF_NETLINK, err);

	for (int family = 0; r == 0 && family <= AF_NETLINK; family++) {
		bool allowed = (family == AF_UNIX && flags & FILTER_UNIX) ||
			((family == AF_INET || family == AF_INET6 || family == AF_NETLINK) &&
				flags & FILTER_INTERNET);

		if (!allowed)
			r = refuse_family(filter, SCMP_CMP_EQ, family, err);
	}
	for (int protocol = 1; r == 0 && flags & FILTER_INTERNET && protocol < MAX_LINKS;
		protocol++)
		r = refuse_protocol(filter, protocol, err);
	return r < 0 ? r : refuse(filter, "socketpair", EAFNOSUPPORT, 1, &stream_only, err);
}

/* Of open only a mode counts that comes with O_CREAT or O_TMPFILE; openat2 has it behind a pointer. */
static int
refuse_set_id(scmp_filter_ctx filter, struct err *err)
{
	static const scmp_datum_t makes[] = {O_CREAT, O_TMPFILE & ~O_DIRECTORY};
	static const scmp_datum_t bits[] = {S_ISUID, S_ISGID};
	int r = refuse_where(filter, set_id, ARRAY_SIZE(set_id), err);

	for (size_t i = 0; r == 0 && i < 4; i++) {
		scmp_datum_t make = makes[i / 2];
		scmp_datum_t bit = bits[i % 2];
		const struct scmp_arg_cmp open_arguments[] = {
			SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, make, make),
			SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, bit, bit),
		};
		const struct scmp_arg_cmp openat_arguments[] = {
			SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, make, make),
			SCMP_CMP64(3, SCMP_CMP_MASKED_EQ, bit, bit),
		};

		r = refuse(filter, "open", EPERM, 2, open_arguments, err);
		if (r == 0)
			r = refuse(filter, "openat", EPERM, 2, openat_arguments, err);
	}
	return r < 0 ? r : refuse(filter, "openat2", ENOSYS, 0, NULL, err);
}

/* Numbers that are the same on every architecture, since Linux 5.1; this libseccomp may not know
 * their names. */
static int
add_young(scmp_filter_ctx filter, uint32_t flags, struct err *err)
{
	enum { OPEN_TREE_ATTR = 467, FCHMODAT2 = 452 };
	const struct scmp_arg_cmp set_user =
		SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, S_ISUID, S_ISUID);
	const struct scmp_arg_cmp set_group =
		SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, S_ISGID, S_ISGID);
	int r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), OPEN_TREE_ATTR, 0);

	if (r == 0 && flags & FILTER_NO_SET_ID)
		r = seccomp_rule_add_array(
			filter, SCMP_ACT_ERRNO(EPERM), FCHMODAT2, 1, &set_user);
	if (r == 0 && flags & FILTER_NO_SET_ID)
		r = seccomp_rule_add_array(
			filter, SCMP_ACT_ERRNO(EPERM), FCHMODAT2, 1, &set_group);
	if (r == 0)
		return 0;
	errno = -r;
	return err_sys(err, "refuse what is younger than libseccomp");
}

static int
add_all(scmp_filter_ctx filter, uint32_t flags, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(refused); i++)
		r = refuse(filter, refused[i].name, refused[i].error, 0, NULL, err);
	if (r == 0)
		r = refuse_where(filter, terminal, ARRAY_SIZE(terminal), err);
	if (r == 0)
		r = refuse_namespaces(filter, err);
	if (r == 0)
		r = refuse_sockets(filter, flags, err);
	if (r == 0 && flags & FILTER_NO_SET_ID)
		r = refuse_set_id(filter, err);
	if (r == 0 && flags & FILTER_NO_NEW_PROGRAMS)
		r = refuse(filter, "memfd_create", EPERM, 0, NULL, err);
	if (r == 0 && flags & FILTER_NO_NEW_PROGRAMS)
		r = refuse(filter, "execveat", EPERM, 0, NULL, err);
	return r < 0 ? r : add_young(filter, flags, err);
}

/* libseccomp writes a program to a descriptor only. */
static int
export_program(scmp_filter_ctx filter, struct arena *arena, struct sock_filter **ret_filter,
	size_t *ret_n, struct err *err)
{
	AUTO_CLOSE int fd = memfd_create("lily-filter", MFD_CLOEXEC);
	AUTO_BUF struct buf bytes = BUF_INIT(WALLS_FILTER_MAX * sizeof(struct sock_filter));
	int r;

	if (fd < 0)
		return err_sys(err, "memfd_create");
	r = seccomp_export_bpf(filter, fd);
	if (r < 0) {
		errno = -r;
		return err_sys(err, "write a filter (libseccomp)");
	}
	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_sys(err, "lseek");
	r = file_read_fd(fd, "a filter", &bytes, err);
	if (r < 0)
		return r;
	*ret_n = bytes.n / sizeof(struct sock_filter);
	*ret_filter = ARENA_ARRAY(arena, *ret_n, struct sock_filter);
	memcpy(*ret_filter, bytes.p, *ret_n * sizeof(struct sock_filter));
	return 0;
}

int
filter_make(uint32_t flags, struct arena *arena, struct sock_filter **ret_filter, size_t *ret_n,
	struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (!filter)
		return err_set(err, ERR_SYS, "libseccomp makes no filter");
	(void)seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree, not a list */
	r = add_all(filter, flags, err);
	if (r == 0)
		r = export_program(filter, arena, ret_filter, ret_n, err);
	seccomp_release(filter);
	return r;
}
