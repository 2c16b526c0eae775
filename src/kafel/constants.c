// SPDX-License-Identifier: BSD-3-Clause
/*
 * Kernel constants that a policy may use by name. Called by the parser for names that are neither
 * a #define nor an argument.
 */
#include "base/str.h"
#include "kafel/syscalls.h"

/* clang-format off */
/* Sorted by name. The second value is that of arm and aarch64. */
static const struct {
	char name[24];
	uint32_t value, arm;
} constants[] = {
	{"AF_ALG", 0x26, 0x26},
	{"AF_APPLETALK", 5, 5},
	{"AF_ASH", 0x12, 0x12},
	{"AF_ATMPVC", 8, 8},
	{"AF_ATMSVC", 0x14, 0x14},
	{"AF_AX25", 3, 3},
	{"AF_BLUETOOTH", 0x1f, 0x1f},
	{"AF_BRIDGE", 7, 7},
	{"AF_CAIF", 0x25, 0x25},
	{"AF_CAN", 0x1d, 0x1d},
	{"AF_ECONET", 0x13, 0x13},
	{"AF_IB", 0x1b, 0x1b},
	{"AF_IEEE802154", 0x24, 0x24},
	{"AF_INET", 2, 2},
	{"AF_INET6", 0xa, 0xa},
	{"AF_IPX", 4, 4},
	{"AF_IRDA", 0x17, 0x17},
	{"AF_ISDN", 0x22, 0x22},
	{"AF_IUCV", 0x20, 0x20},
	{"AF_KCM", 0x29, 0x29},
	{"AF_KEY", 0xf, 0xf},
	{"AF_LLC", 0x1a, 0x1a},
	{"AF_LOCAL", 1, 1},
	{"AF_MCTP", 0x2d, 0x2d},
	{"AF_MPLS", 0x1c, 0x1c},
	{"AF_NETBEUI", 0xd, 0xd},
	{"AF_NETLINK", 0x10, 0x10},
	{"AF_NETROM", 6, 6},
	{"AF_NFC", 0x27, 0x27},
	{"AF_PACKET", 0x11, 0x11},
	{"AF_PHONET", 0x23, 0x23},
	{"AF_PPPOX", 0x18, 0x18},
	{"AF_QIPCRTR", 0x2a, 0x2a},
	{"AF_RDS", 0x15, 0x15},
	{"AF_ROSE", 0xb, 0xb},
	{"AF_ROUTE", 0x10, 0x10},
	{"AF_RXRPC", 0x21, 0x21},
	{"AF_SECURITY", 0xe, 0xe},
	{"AF_SMC", 0x2b, 0x2b},
	{"AF_SNA", 0x16, 0x16},
	{"AF_TIPC", 0x1e, 0x1e},
	{"AF_UNIX", 1, 1},
	{"AF_UNSPEC", 0, 0},
	{"AF_VSOCK", 0x28, 0x28},
	{"AF_WANPIPE", 0x19, 0x19},
	{"AF_X25", 9, 9},
	{"AF_XDP", 0x2c, 0x2c},
	{"AT_EMPTY_PATH", 0x1000, 0x1000},
	{"AT_FDCWD", 0xffffff9c, 0xffffff9c},
	{"AT_NO_AUTOMOUNT", 0x800, 0x800},
	{"AT_REMOVEDIR", 0x200, 0x200},
	{"AT_SYMLINK_FOLLOW", 0x400, 0x400},
	{"AT_SYMLINK_NOFOLLOW", 0x100, 0x100},
	{"CLONE_CHILD_CLEARTID", 0x200000, 0x200000},
	{"CLONE_CHILD_SETTID", 0x1000000, 0x1000000},
	{"CLONE_DETACHED", 0x400000, 0x400000},
	{"CLONE_FILES", 0x400, 0x400},
	{"CLONE_FS", 0x200, 0x200},
	{"CLONE_IO", 0x80000000, 0x80000000},
	{"CLONE_NEWCGROUP", 0x2000000, 0x2000000},
	{"CLONE_NEWIPC", 0x8000000, 0x8000000},
	{"CLONE_NEWNET", 0x40000000, 0x40000000},
	{"CLONE_NEWNS", 0x20000, 0x20000},
	{"CLONE_NEWPID", 0x20000000, 0x20000000},
	{"CLONE_NEWTIME", 0x80, 0x80},
	{"CLONE_NEWUSER", 0x10000000, 0x10000000},
	{"CLONE_NEWUTS", 0x4000000, 0x4000000},
	{"CLONE_PARENT", 0x8000, 0x8000},
	{"CLONE_PARENT_SETTID", 0x100000, 0x100000},
	{"CLONE_PIDFD", 0x1000, 0x1000},
	{"CLONE_PTRACE", 0x2000, 0x2000},
	{"CLONE_SETTLS", 0x80000, 0x80000},
	{"CLONE_SIGHAND", 0x800, 0x800},
	{"CLONE_SYSVSEM", 0x40000, 0x40000},
	{"CLONE_THREAD", 0x10000, 0x10000},
	{"CLONE_UNTRACED", 0x800000, 0x800000},
	{"CLONE_VFORK", 0x4000, 0x4000},
	{"CLONE_VM", 0x100, 0x100},
	{"CSIGNAL", 0xff, 0xff},
	{"FASYNC", 0x2000, 0x2000},
	{"F_DUPFD", 0, 0},
	{"F_DUPFD_CLOEXEC", 0x406, 0x406},
	{"F_GETFD", 1, 1},
	{"F_GETFL", 3, 3},
	{"F_SETFD", 2, 2},
	{"F_SETFL", 4, 4},
	{"MAP_ANONYMOUS", 0x20, 0x20},
	{"MAP_DENYWRITE", 0x800, 0x800},
	{"MAP_FIXED", 0x10, 0x10},
	{"MAP_FIXED_NOREPLACE", 0x100000, 0x100000},
	{"MAP_GROWSDOWN", 0x100, 0x100},
	{"MAP_HUGETLB", 0x40000, 0x40000},
	{"MAP_LOCKED", 0x2000, 0x2000},
	{"MAP_NONBLOCK", 0x10000, 0x10000},
	{"MAP_NORESERVE", 0x4000, 0x4000},
	{"MAP_POPULATE", 0x8000, 0x8000},
	{"MAP_PRIVATE", 2, 2},
	{"MAP_SHARED", 1, 1},
	{"MAP_SHARED_VALIDATE", 3, 3},
	{"MAP_STACK", 0x20000, 0x20000},
	{"MAP_SYNC", 0x80000, 0x80000},
	{"O_ACCMODE", 3, 3},
	{"O_APPEND", 0x400, 0x400},
	{"O_ASYNC", 0x2000, 0x2000},
	{"O_CLOEXEC", 0x80000, 0x80000},
	{"O_CREAT", 0x40, 0x40},
	{"O_DIRECT", 0x4000, 0x10000},
	{"O_DIRECTORY", 0x10000, 0x4000},
	{"O_DSYNC", 0x1000, 0x1000},
	{"O_EXCL", 0x80, 0x80},
	{"O_LARGEFILE", 0x8000, 0x20000},
	{"O_NDELAY", 0x800, 0x800},
	{"O_NOATIME", 0x40000, 0x40000},
	{"O_NOCTTY", 0x100, 0x100},
	{"O_NOFOLLOW", 0x20000, 0x8000},
	{"O_NONBLOCK", 0x800, 0x800},
	{"O_PATH", 0x200000, 0x200000},
	{"O_RDONLY", 0, 0},
	{"O_RDWR", 2, 2},
	{"O_SYNC", 0x101000, 0x101000},
	{"O_TMPFILE", 0x410000, 0x404000},
	{"O_TRUNC", 0x200, 0x200},
	{"O_WRONLY", 1, 1},
	{"PROT_EXEC", 4, 4},
	{"PROT_GROWSDOWN", 0x1000000, 0x1000000},
	{"PROT_GROWSUP", 0x2000000, 0x2000000},
	{"PROT_NONE", 0, 0},
	{"PROT_READ", 1, 1},
	{"PROT_SEM", 8, 8},
	{"PROT_WRITE", 2, 2},
	{"SOCK_CLOEXEC", 0x80000, 0x80000},
	{"SOCK_DCCP", 6, 6},
	{"SOCK_DGRAM", 2, 2},
	{"SOCK_NONBLOCK", 0x800, 0x800},
	{"SOCK_PACKET", 0xa, 0xa},
	{"SOCK_RAW", 3, 3},
	{"SOCK_RDM", 4, 4},
	{"SOCK_SEQPACKET", 5, 5},
	{"SOCK_STREAM", 1, 1},
	{"TIOCLINUX", 0x541c, 0x541c},
	{"TIOCSTI", 0x5412, 0x5412},
};
/* clang-format on */

bool syscalls_constant(const struct syscalls_arch *arch, const char *name, size_t n, uint64_t *ret)
{
	unsigned lo = 0, hi = ARRAY_SIZE(constants);

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		int c = strncmp(name, constants[mid].name, n);

		if (c == 0 && !constants[mid].name[n]) {
			*ret = arch->arm_flags ? constants[mid].arm : constants[mid].value;
			return true;
		}
		if (c <= 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

void syscalls_constant_nearest(const char *name, const char **best, unsigned *best_distance)
{
	for (unsigned i = 0; i < ARRAY_SIZE(constants); i++)
		str_nearest(name, constants[i].name, best, best_distance);
}

/* Of two constants for the same bits: the usual name, which is mostly the later one. */
static bool is_better(uint32_t v, uint32_t best, uint32_t value, const char *name)
{
	int more = __builtin_popcount(v) - __builtin_popcount(best);

	if ((v & value) != v || (!v && value))
		return false;
	return !best || more > 0 || (more == 0 && v < best) ||
	       (v == best && !str_eq(name, "AF_ROUTE"));
}

const char *syscalls_constant_name(const struct syscalls_arch *arch, const char *prefix,
				   uint32_t value, uint32_t *ret)
{
	const char *found = NULL;

	*ret = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(constants); i++) {
		uint32_t v = arch->arm_flags ? constants[i].arm : constants[i].value;

		if (str_starts(constants[i].name, prefix) &&
		    is_better(v, *ret, value, constants[i].name)) {
			found = constants[i].name;
			*ret = v;
		}
	}
	return found;
}
