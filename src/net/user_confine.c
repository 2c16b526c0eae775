// SPDX-License-Identifier: BSD-3-Clause
/*
 * The helper gives up what it does not need, before the jail's program runs. Called by user.c. What
 * remains are sockets: it can open no file, start no process, signal nobody. It reads what a hostile
 * jail and whoever it talks to send.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "base/sys.h"
#include "net/user_impl.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define ARCH AUDIT_ARCH_RISCV64
#endif

/* Not in all installed headers. */
enum { LANDLOCK_CREATE_RULESET = 444, LANDLOCK_RESTRICT_SELF = 446, LANDLOCK_ALL_FILES = 0x1fff };

#define WORD(field)                                                                                \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, action)
#define IS(v, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(v), yes, no)
#define ALLOW(nr)      IS(nr, 0, 1), ANSWER(SECCOMP_RET_ALLOW)
#define NO	       (SECCOMP_RET_ERRNO | EPERM)

static int filter_calls(struct err *err)
{
	/* By how often they are made. */
	static const struct sock_filter code[] = {
		WORD(arch),
		IS(ARCH, 1, 0),
		ANSWER(SECCOMP_RET_KILL_PROCESS),
		WORD(nr),
		ALLOW(SYS_splice),
		ALLOW(SYS_epoll_pwait),
		ALLOW(SYS_recvfrom),
		ALLOW(SYS_sendto),
		ALLOW(SYS_recvmsg),
		ALLOW(SYS_close),
		ALLOW(SYS_epoll_ctl),
		ALLOW(SYS_setsockopt),
		ALLOW(SYS_getsockopt),
		ALLOW(SYS_connect),
		ALLOW(SYS_accept4),
		ALLOW(SYS_getsockname),
		ALLOW(SYS_shutdown),
		ALLOW(SYS_pipe2),
		ALLOW(SYS_read),
		ALLOW(SYS_write),
		ALLOW(SYS_clock_gettime),
		ALLOW(SYS_sendmsg), /* from here on: what answering names takes (dns.c), and its memory */
		ALLOW(SYS_timerfd_settime),
		ALLOW(SYS_getrandom),
		ALLOW(SYS_brk),
		ALLOW(SYS_mmap),
		ALLOW(SYS_munmap),
		ALLOW(SYS_mremap),
		ALLOW(SYS_madvise),
#ifdef SYS_epoll_wait
		ALLOW(SYS_epoll_wait),
#endif
		ALLOW(SYS_exit_group),
#ifdef SANITIZED
		ALLOW(SYS_sigaltstack),
		ALLOW(SYS_futex),
#endif
		IS(SYS_socket, 0, 4), /* of the internet's */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		IS(AF_INET, 1, 0),
		IS(AF_INET6, 0, 5),
		ANSWER(SECCOMP_RET_ALLOW),
		IS(SYS_fcntl, 0, 3), /* to make a pipe larger */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		IS(F_SETPIPE_SZ, 0, 1),
		ANSWER(SECCOMP_RET_ALLOW),
		ANSWER(NO),
	};
	const struct sock_fprog filter = {ARRAY_SIZE(code), (struct sock_filter *)(uintptr_t)code};
	int r = (int)sys(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);

	return r < 0 ? err_sys(err, r, "restrict the network helper's system calls") : 0;
}

/* No file at all, also where the filter above were wrong. Before Linux 5.13: not there. */
static void forget_files(void)
{
	const uint64_t handled = LANDLOCK_ALL_FILES;
	int fd = (int)sys(LANDLOCK_CREATE_RULESET, &handled, sizeof(handled), 0);

	if (fd < 0)
		return;
	sys(LANDLOCK_RESTRICT_SELF, fd, 0);
	sys_close(fd);
}

int user_confine(struct err *err)
{
	static const uint32_t none[6];
	const uint32_t head[2] = {0x20080522, 0}; /* _LINUX_CAPABILITY_VERSION_3 */
	int r = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	if (r >= 0)
		r = (int)sys(SYS_capset, head, none);
	if (r < 0)
		return err_sys(err, r, "drop the network helper's privileges");
	forget_files();
	return filter_calls(err);
}
