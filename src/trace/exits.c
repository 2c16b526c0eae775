// SPDX-License-Identifier: BSD-3-Clause
/*
 * The process that follows a jail's processes to their ends (ptrace(2)), to see which call a policy
 * killed. Started by trace_exits(). Between start and end the processes run as if nobody watched:
 * every signal and stop is passed through as it is, no call is stopped at, TRACE of a policy still says
 * ENOSYS. If we die, so does the jail (PTRACE_O_EXITKILL).
 *
 * A thread that the policy kills stops in its exit with the call's number and arguments still in its
 * registers. The policy itself is then asked about them, and what it does not refuse was not its doing.
 * The other threads of its process end with the same code: those that are in no call say so (where the
 * number of a call is an ordinary register that may hold anything, nothing is certain). A SIGSYS that
 * someone sends stops its receiver before it dies; the kernel's own, since Linux 5.16, does not.
 */
#include <elf.h>
#include <linux/ptrace.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "base/io.h"
#include "base/sys.h"
#include "trace/filter.h"
#include "trace/trace.h"

enum {
	MOST = 16,	/* violations that are described */
	BY_SECCOMP = 1, /* si_code SYS_SECCOMP, which not every libc has */
	RESERVED = 2,	/* of them only for the program's own */
	PATIENCE = 1000 /* ms for one description */
};

struct exits {
	const struct trace_settings *settings;
	pid_t program;
	int out;
	unsigned told;
	uint64_t seen;
	bool own, own_end; /* one of the program's is told; one that kills it whole */
	bool signalled;	   /* the program gets a SIGSYS of someone's, and does not handle it */
};

static long ptrace_call(unsigned request, pid_t pid, unsigned long addr, const void *data)
{
	return sys(SYS_ptrace, request, pid, addr, data);
}

/* ---- registers */

/*
 * registers() - number and arguments of the call that a thread is in.
 * @ret_certain: whether the number cannot be one that the program left in a register
 * Return: whether it is in one.
 */
#if defined(__x86_64__)
static bool registers(pid_t pid, struct seccomp_data *d, bool *ret_certain)
{
	struct user_regs_struct r;

	if (ptrace_call(PTRACE_GETREGS, pid, 0, &r) < 0 || (int)r.orig_rax == -1)
		return false;
	*ret_certain = true;
	d->nr = (int)r.orig_rax;
	if (d->arch == AUDIT_ARCH_I386)
		for (unsigned i = 0; i < SYSCALLS_MAX_ARGS; i++)
			d->args[i] = (uint32_t)(const unsigned long long[]){r.rbx, r.rcx, r.rdx,
									    r.rsi, r.rdi, r.rbp}[i];
	else
		for (unsigned i = 0; i < SYSCALLS_MAX_ARGS; i++)
			d->args[i] = (const unsigned long long[]){r.rdi, r.rsi, r.rdx,
								  r.r10, r.r8,	r.r9}[i];
	return true;
}
#else
static bool registers(pid_t pid, struct seccomp_data *d, bool *ret_certain)
{
	union {
		uint64_t wide[40];
		uint32_t narrow[80];
	} r = {{0}};
	struct iovec v = {&r, sizeof(r)};
	unsigned first = 0, nr = 8;
#if defined(__aarch64__)
	int number = -1;
#endif

	if (ptrace_call(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v) < 0)
		return false;
#if defined(__riscv)
	first = 10; /* pc, ra, sp, gp, tp, t0-t2, s0, s1, a0 */
	nr = 17;
#endif
	d->nr = (int)(d->arch == AUDIT_ARCH_ARM ? r.narrow[7] : r.wide[nr]);
	*ret_certain = false;
#if defined(__aarch64__)
	/* The kernel's own copy of the number, -1 outside of calls; 32-bit programs have none. */
	v = (struct iovec){&number, sizeof(number)};
	if (d->arch == AUDIT_ARCH_AARCH64 &&
	    ptrace_call(PTRACE_GETREGSET, pid, NT_ARM_SYSTEM_CALL, &v) == 0) {
		if (number == -1)
			return false;
		d->nr = number;
		*ret_certain = true;
	}
#endif
	for (unsigned i = 0; i < SYSCALLS_MAX_ARGS; i++)
		d->args[i] = d->arch == AUDIT_ARCH_ARM ? r.narrow[i] : r.wide[first + i];
	return true;
}
#endif

/* call_of() - the call that a stopped thread was in, if it was in one. */
static bool call_of(pid_t pid, struct seccomp_data *d, bool *ret_certain)
{
	struct ptrace_syscall_info info;

	if (ptrace_call(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
		return false;
	*d = (struct seccomp_data){.arch = info.arch,
				   .instruction_pointer = info.instruction_pointer};
	return registers(pid, d, ret_certain);
}

/* ---- telling */

/* struct suspect - a thread that a policy has killed */
struct suspect {
	struct seccomp_data data;
	struct kafel_decision decision;
	pid_t pid;
	bool program, certain;
};

static void describe(const struct exits *e, const struct suspect *s, bool with_memory)
{
	struct memory m = memory_of(s->pid);
	struct violation v;
	struct call c;

	decode_call(&s->data, with_memory ? &m : NULL, &c);
	violation_fill(&v, &c, &s->decision, with_memory ? &m : NULL);
	v.pid = s->pid;
	v.program = s->program;
	v.certain = s->certain;
	io_write_all(e->out, &v, sizeof(v));
}

/*
 * Memory is read by a process that we need not wait for: a page of the dead program's may belong to
 * another one, which answers when it likes, and that one may need us to go on.
 */
static void tell(const struct exits *e, const struct suspect *s)
{
	int done[2] = {FD_NONE, FD_NONE};
	struct pollfd fd;
	pid_t teller = -1;

	if (pipe2(done, O_CLOEXEC) == 0)
		teller = fork();
	if (teller == 0) {
		sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		describe(e, s, true);
		io_write_all(done[1], "d", 1);
		_exit(0);
	}
	if (done[1] >= 0)
		close(done[1]);
	fd = (struct pollfd){done[0], POLLIN, 0};
	if (teller < 0 || poll(&fd, 1, PATIENCE) <= 0 || !(fd.revents & POLLIN)) {
		if (teller > 0)
			kill(teller, SIGKILL);
		describe(e, s, false);
	}
	if (done[0] >= 0)
		close(done[0]);
}

/* The process that a thread belongs to. */
static pid_t process_of(pid_t tid)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	return trace_number_in(path, "Tgid:\t");
}

/* wanted() - whether there is room to describe it: what the program died of always has some. */
static bool wanted(struct exits *e, const struct suspect *s)
{
	bool end = s->program && violation_ends_all(s->decision.action);
	bool first = (s->program && !e->own) || (end && !e->own_end);

	if (e->told >= MOST - RESERVED && !first)
		return false;
	e->own |= s->program;
	e->own_end |= end;
	e->told++;
	return true;
}

/* look_at_exit() - a thread is about to end: was it the policy? */
static void look_at_exit(struct exits *e, pid_t pid)
{
	struct suspect s = {.pid = pid};
	unsigned long code = 0;

	if (ptrace_call(PTRACE_GETEVENTMSG, pid, 0, &code) < 0 || (code & 0x7f) != SIGSYS)
		return;
	if (e->settings->audit || !call_of(pid, &s.data, &s.certain))
		return;
	kafel_decide(e->settings->policy, &s.data, &s.decision);
	switch (s.decision.action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP: break;
	default: return; /* someone sent the signal, or a filter of its own */
	}
	s.program = process_of(pid) == e->program;
	e->seen++;
	if (wanted(e, &s))
		tell(e, &s);
}

/* takes() - whether a signal set of /proc/PID/status has SIGSYS. */
static bool takes(const char *status, const char *set)
{
	const char *at = strstr(status, set);
	unsigned digit = 15 - (SIGSYS - 1) / 4;

	if (!at || strnlen(at, strlen(set) + 16) < strlen(set) + 16)
		return true; /* unknown */
	at += strlen(set) + digit;
	return (unsigned)(*at <= '9' ? *at - '0' : *at - 'a' + 10) >> (SIGSYS - 1) % 4 & 1;
}

/* is_init() - whether a process is the first of its pid namespace, which the signal does not kill. */
static bool is_init(const char *status)
{
	const char *at = strstr(status, "\nNStgid:"), *end = at ? strchr(at + 1, '\n') : NULL;

	return end && end[-1] == '1' && end[-2] == '\t';
}

/* look_at_signal() - SIGSYS on its way to a thread: who sent it to the program, and will it kill? */
static void look_at_signal(struct exits *e, pid_t pid)
{
	char path[40], status[4096];
	siginfo_t info;

	if (ptrace_call(PTRACE_GETSIGINFO, pid, 0, &info) < 0 || info.si_code == BY_SECCOMP ||
	    process_of(pid) != e->program)
		return;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (io_read_small(AT_FDCWD, path, status, sizeof(status)) < 0)
		return;
	e->signalled |=
		!is_init(status) && !takes(status, "\nSigIgn:\t") && !takes(status, "\nSigCgt:\t");
}

/* ---- following */

static void go_on(struct exits *e, pid_t pid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	switch (event) {
	case 0: /* a signal on its way to the program */
		if (sig == SIGSYS)
			look_at_signal(e, pid);
		break;
	case PTRACE_EVENT_EXIT:
		look_at_exit(e, pid);
		sig = 0;
		break;
	case PTRACE_EVENT_STOP:
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU) {
			/* stopped as a whole, until SIGCONT */
			ptrace_call(PTRACE_LISTEN, pid, 0, NULL);
			return;
		}
		FALLTHROUGH;
	default: sig = 0; break;
	}
	ptrace_call(PTRACE_CONT, pid, 0, (const void *)(intptr_t)sig);
}

NORETURN void exits_main(const struct trace_settings *s, pid_t pid, int out)
{
	const unsigned long options = PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK |
				      PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
	struct exits e = {.settings = s, .program = pid, .out = out};
	struct exits_tail tail;
	int r = (int)ptrace_call(PTRACE_SEIZE, pid, 0, (const void *)options);

	if (io_write_all(out, &r, sizeof(r)) < 0 || r < 0)
		_exit(1);
	for (;;) {
		int status;
		pid_t who = sys_wait4(-1, &status, __WALL, NULL);

		if (who < 0 && who != -EINTR)
			break; /* none left */
		if (who > 0 && WIFSTOPPED(status))
			go_on(&e, who, status);
	}
	memset(&tail, 0, sizeof(tail)); /* with its padding */
	tail.seen = e.seen;
	tail.signalled = e.signalled;
	io_write_all(out, &tail, sizeof(tail));
	_exit(0);
}
