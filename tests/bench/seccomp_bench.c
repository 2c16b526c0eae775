// SPDX-License-Identifier: BSD-3-Clause
/*
 * What a filter costs a system call: nanoseconds per getppid() without a filter, with the filter of
 * an allow-list of usual size as kafel compiles it, and with the same list as a chain of comparisons.
 * Once as it is, where the kernel knows from its bitmap that the call is always allowed and runs no
 * filter; and once with a condition on an argument, so that the filter runs.
 *
 *	seccomp_bench [ROUNDS]
 *
 * Every measurement is a process of its own, the kinds take turns, and the median of the rounds is
 * printed, with the instructions that the filter executes.
 */
#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/str.h"
#include "kafel/bpf.h"
#include "kafel/kafel.h"
#include "kafel/syscalls.h"

#define CALLS	   400000
#define MAX_ROUNDS 101

static const char list[] =
	"read write close newstat newfstat newlstat poll lseek mmap mprotect munmap brk "
	"rt_sigaction "
	"rt_sigprocmask rt_sigreturn ioctl pread64 pwrite64 readv writev access pipe select "
	"sched_yield mremap madvise dup dup2 nanosleep getpid socket connect sendto recvfrom "
	"sendmsg "
	"recvmsg bind listen getsockname setsockopt getsockopt clone execve exit wait4 kill "
	"newuname "
	"fcntl fsync getcwd chdir rename mkdir unlink readlink chmod umask gettimeofday getrusage "
	"getuid getgid geteuid getegid sigaltstack arch_prctl gettid futex sched_getaffinity "
	"getdents64 set_tid_address clock_gettime clock_nanosleep exit_group epoll_wait epoll_ctl "
	"openat newfstatat pselect6 ppoll set_robust_list prlimit64 getrandom statx rseq pipe2 "
	"dup3 "
	"accept4 epoll_pwait faccessat2 clone3 getppid";

enum kind { NONE, BITMAP_OURS, BITMAP_BUILTIN, BITMAP_CHAIN, RUN_OURS, RUN_CHAIN, KINDS };

static const char *const titles[KINDS] = {
	"no filter",
	"always allowed: kafel",
	"always allowed: toastainer_default",
	"always allowed: chain of comparisons",
	"by an argument: kafel",
	"by an argument: chain of comparisons",
};

/* getppid() is made with this argument, which the conditions ask for. */
#define ARGUMENT 7

static int ours(struct arena *a, bool by_argument, struct sock_fprog *ret, struct err *err)
{
	_cleanup_sbuf_ struct sbuf text = {0};
	struct kafel_options opts = {0};

	sbuf_puts(&text, "ALLOW { ");
	for (const char *s = list; *s; s++)
		sbuf_put(&text, *s == ' ' ? "," : s, 1);
	sbuf_printf(&text, "%s } DEFAULT ERRNO(1)", by_argument ? "(a) { a == 7 }" : "");
	return kafel_compile(&opts, text.s, text.n, "bench", a, ret, err);
}

/* The calls one after the other, as they stand in the list. */
static int chain(struct arena *a, bool by_argument, struct sock_fprog *ret)
{
	const struct syscalls_arch *arch = syscalls_arch(SYSCALLS_NATIVE_ARCH);
	struct sock_filter *f = arena_alloc(a, 400 * sizeof(*f));
	struct syscalls_call call;
	unsigned n = 0;

	if (!f)
		return -ENOMEM;
	f[n++] = (struct sock_filter){BPF_LD | BPF_W | BPF_ABS, 0, 0, 4};
	f[n++] = (struct sock_filter){BPF_JMP | BPF_JEQ, 1, 0, SYSCALLS_NATIVE_ARCH};
	f[n++] = (struct sock_filter){BPF_RET, 0, 0, SECCOMP_RET_KILL_THREAD};
	f[n++] = (struct sock_filter){BPF_LD | BPF_W | BPF_ABS, 0, 0, 0};
	for (const char *s = list, *end; *s; s = end + (*end == ' ')) {
		end = strchrnul(s, ' ');
		if (!syscalls_find(arch, s, (size_t)(end - s), &call))
			return -EINVAL;
		if (call.nr == SYS_getppid && by_argument) {
			f[n++] = (struct sock_filter){BPF_JMP | BPF_JEQ, 0, 5, call.nr};
			f[n++] = (struct sock_filter){BPF_LD | BPF_W | BPF_ABS, 0, 0, 20};
			f[n++] = (struct sock_filter){BPF_JMP | BPF_JEQ, 0, 3, 0};
			f[n++] = (struct sock_filter){BPF_LD | BPF_W | BPF_ABS, 0, 0, 16};
			f[n++] = (struct sock_filter){BPF_JMP | BPF_JEQ, 0, 1, ARGUMENT};
		} else {
			f[n++] = (struct sock_filter){BPF_JMP | BPF_JEQ, 0, 1, call.nr};
		}
		f[n++] = (struct sock_filter){BPF_RET, 0, 0, SECCOMP_RET_ALLOW};
	}
	f[n++] = (struct sock_filter){BPF_RET, 0, 0, SECCOMP_RET_ERRNO | 1};
	*ret = (struct sock_fprog){(unsigned short)n, f};
	return 0;
}

static int builtin(struct arena *a, struct sock_fprog *ret, struct err *err)
{
	static const char text[] = "USE toastainer_default";
	struct kafel_options opts = {.builtins = kafel_builtins};

	return kafel_compile(&opts, text, strlen(text), "bench", a, ret, err);
}

static double clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds a call, in a process that then ends; negative when something failed. */
static double measure(const struct sock_fprog *prog)
{
	double ns = -1;
	int fds[2];
	pid_t pid;

	if (pipe(fds) < 0 || (pid = fork()) < 0)
		return -1;
	if (pid == 0) {
		double start;

		if (prog && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
			     prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, prog, 0, 0) < 0))
			_exit(1);
		for (int i = 0; i < 1000; i++)
			syscall(SYS_getppid, ARGUMENT);
		start = clock_ns();
		for (int i = 0; i < CALLS; i++)
			syscall(SYS_getppid, ARGUMENT);
		ns = (clock_ns() - start) / CALLS;
		_exit(write(fds[1], &ns, sizeof(ns)) == (ssize_t)sizeof(ns) ? 0 : 1);
	}
	close(fds[1]);
	if (read(fds[0], &ns, sizeof(ns)) != (ssize_t)sizeof(ns))
		ns = -1;
	close(fds[0]);
	waitpid(pid, NULL, 0);
	return ns;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int build(struct arena *a, struct sock_fprog *progs)
{
	struct err err = ERR_INIT;
	int r = ours(a, false, &progs[BITMAP_OURS], &err);

	if (r == 0)
		r = builtin(a, &progs[BITMAP_BUILTIN], &err);
	if (r == 0)
		r = ours(a, true, &progs[RUN_OURS], &err);
	if (r == 0)
		r = chain(a, false, &progs[BITMAP_CHAIN]);
	if (r == 0)
		r = chain(a, true, &progs[RUN_CHAIN]);
	for (int k = BITMAP_OURS; r == 0 && k < KINDS; k++)
		r = bpf_check(&progs[k], &err);
	if (r < 0)
		fprintf(stderr, "seccomp_bench: %s\n", err.msg[0] ? err.msg : strerror(-r));
	return r;
}

int main(int argc, char **argv)
{
	static double ns[KINDS][MAX_ROUNDS];
	struct seccomp_data call = {
		.nr = SYS_getppid, .arch = SYSCALLS_NATIVE_ARCH, .args = {ARGUMENT}};
	struct sock_fprog progs[KINDS] = {{0}};
	struct arena a = {0};
	uint32_t rounds = 11;

	if (argc > 2 ||
	    (argc == 2 && (str_u32(argv[1], &rounds) < 0 || rounds < 1 || rounds > MAX_ROUNDS))) {
		fprintf(stderr, "usage: seccomp_bench [ROUNDS, at most %d]\n", MAX_ROUNDS);
		return 2;
	}
	if (build(&a, progs) < 0)
		return 1;
	for (uint32_t i = 0; i < rounds; i++) {
		for (int k = 0; k < KINDS; k++) {
			ns[k][i] = measure(k == NONE ? NULL : &progs[k]);
			if (ns[k][i] < 0) {
				fprintf(stderr, "seccomp_bench: '%s' failed\n", titles[k]);
				return 1;
			}
		}
	}
	printf("getppid(), median of %u rounds of %d calls\n", rounds, CALLS);
	for (int k = 0; k < KINDS; k++) {
		unsigned steps = 0;

		qsort(ns[k], rounds, sizeof(ns[k][0]), ascending);
		if (k != NONE)
			bpf_run(&progs[k], &call, &steps);
		printf("%8.1f ns  %-38s", ns[k][rounds / 2], titles[k]);
		if (k != NONE)
			printf(" %3u instructions, %3u executed", progs[k].len, steps);
		printf("\n");
	}
	arena_free(&a);
	return 0;
}
