/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls as functions that return -errno, made directly: the child may share its memory with
 * the launcher until exec, so it must not touch the C library's errno (or anything else of it).
 * Also the numbers and structures that the installed headers are too old for.
 */
#ifndef TOASTAINER_BASE_SYS_H
#define TOASTAINER_BASE_SYS_H

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>

#include "base/defs.h"

/* Not in linux/sched.h before 6.x or clashing with libc's copy. */
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

#if defined(__x86_64__)
static inline long sys_call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static inline long sys_call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
}
#elif defined(__riscv) && __riscv_xlen == 64
static inline long sys_call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
			 : "memory");
	return a0;
}
#else
#error "no direct system calls for this architecture yet: see base/sys.h"
#endif

/* sys() - one system call; unused arguments are zero. Return: its value, or a negative errno. */
#define SYS_ARG_(x) ((long)(x))
#define SYS_6_(nr, a, b, c, d, e, f, ...)                                                          \
	sys_call6(nr, SYS_ARG_(a), SYS_ARG_(b), SYS_ARG_(c), SYS_ARG_(d), SYS_ARG_(e), SYS_ARG_(f))
#ifndef __clang_analyzer__
#define sys(nr, ...) SYS_6_(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#else /* it does not know that the kernel writes through pointers given to an asm statement */
#include <unistd.h>
#define sys(nr, ...) syscall(nr, ##__VA_ARGS__)
#endif

static inline int sys_openat(int dirfd, const char *path, int flags, mode_t mode)
{
	return (int)sys(SYS_openat, dirfd, path, flags | O_CLOEXEC, mode);
}

static inline int sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
	int r, tries = 0;

	/* EAGAIN: a rename or mount, anywhere on the machine, raced with the walk (openat2(2)). */
	do
		r = (int)sys(SYS_openat2, dirfd, path, &how, sizeof(how));
	while (r == -EAGAIN && ++tries < 1000);
	return r;
}

static inline int sys_close(int fd)
{
	return (int)sys(SYS_close, fd);
}

static inline ssize_t sys_read(int fd, void *p, size_t n)
{
	return sys(SYS_read, fd, p, n);
}

static inline ssize_t sys_write(int fd, const void *p, size_t n)
{
	return sys(SYS_write, fd, p, n);
}

static inline int sys_mkdirat(int dirfd, const char *path, mode_t mode)
{
	return (int)sys(SYS_mkdirat, dirfd, path, mode);
}

static inline int sys_fstat(int fd, struct stat *st)
{
	/* On the machines above, libc's struct is the kernel's. */
	return (int)sys(SYS_fstat, fd, st);
}

static inline int sys_mount(const char *src, const char *dst, const char *type, unsigned long flags,
			    const void *data)
{
	return (int)sys(SYS_mount, src, dst, type, flags, data);
}

static inline int sys_umount2(const char *path, int flags)
{
	return (int)sys(SYS_umount2, path, flags);
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)sys(SYS_pivot_root, new_root, put_old);
}

static inline int sys_open_tree(int dirfd, const char *path, unsigned flags)
{
	return (int)sys(SYS_open_tree, dirfd, path, flags);
}

static inline int sys_move_mount(int from, const char *from_path, int to, const char *to_path,
				 unsigned flags)
{
	return (int)sys(SYS_move_mount, from, from_path, to, to_path, flags);
}

static inline int sys_fsopen(const char *type, unsigned flags)
{
	return (int)sys(SYS_fsopen, type, flags);
}

static inline int sys_fsconfig(int fd, unsigned cmd, const char *key, const void *value, int aux)
{
	return (int)sys(SYS_fsconfig, fd, cmd, key, value, aux);
}

static inline int sys_fsmount(int fd, unsigned flags, unsigned attrs)
{
	return (int)sys(SYS_fsmount, fd, flags, attrs);
}

static inline int sys_mount_setattr(int dirfd, const char *path, unsigned flags,
				    const struct mount_attr *attr)
{
	return (int)sys(SYS_mount_setattr, dirfd, path, flags, attr, sizeof(*attr));
}

static inline int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)sys(SYS_close_range, first, last, flags);
}

static inline int sys_prctl(int op, unsigned long a, unsigned long b, unsigned long c,
			    unsigned long d)
{
	return (int)sys(SYS_prctl, op, a, b, c, d);
}

static inline int sys_pidfd_open(pid_t pid)
{
	return (int)sys(SYS_pidfd_open, pid, 0);
}

static inline int sys_pidfd_send_signal(int pidfd, int sig)
{
	return (int)sys(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

static inline int sys_setns(int fd, int type)
{
	return (int)sys(SYS_setns, fd, type);
}

/* The kernel's signal set is 64 bits everywhere we run. */
static inline int sys_sigmask(int how, const uint64_t *set, uint64_t *old)
{
	return (int)sys(SYS_rt_sigprocmask, how, set, old, sizeof(*set));
}

static inline int sys_wait4(pid_t pid, int *status, int options, struct rusage *ru)
{
	return (int)sys(SYS_wait4, pid, status, options, ru);
}

#endif
