// SPDX-License-Identifier: BSD-3-Clause
/*
 * The process that follows a jail's processes to their ends (ptrace(2)), to see which call a policy
 * killed. Started by trace_exits(). Between start and end the processes run as if nobody watched:
 * every signal and stop is passed through as it is, no call is stopped at, TRACE of a policy still says
 * ENOSYS. If we die, so does the jail (PTRACE_O_EXITKILL).
 *
 * A process that the policy kills stops in its exit with the call's number and arguments still in its
 * registers. The policy itself is then asked about them, and what it does not refuse was not its doing.
 */
#include <elf.h>
#include <linux/ptrace.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "base/io.h"
#include "base/sys.h"
#include "trace/filter.h"
#include "trace/trace.h"

enum {
	MOST = 16,	/* violations that are described */
	PATIENCE = 1000 /* ms for one description */
};

struct exits {
	const struct trace_settings *settings;
	pid_t program;
	int out;
	unsigned told;
};

static long ptrace_call(unsigned request, pid_t pid, unsigned long addr, const void *data)
{
	return sys(SYS_ptrace, request, pid, addr, data);
}

/* ---- registers */

#if defined(__x86_64__)
static bool registers(pid_t pid, struct seccomp_data *d)
{
	struct user_regs_struct r;

	if (ptrace_call(PTRACE_GETREGS, pid, 0, &r) < 0)
		return false;
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
static bool registers(pid_t pid, struct seccomp_data *d)
{
	union {
		uint64_t wide[40];
		uint32_t narrow[80];
	} r = {{0}};
	struct iovec v = {&r, sizeof(r)};
	unsigned first = 0, nr = 8;

	if (ptrace_call(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v) < 0)
		return false;
#if defined(__riscv)
	first = 10; /* pc, ra, sp, gp, tp, t0-t2, s0, s1, a0 */
	nr = 17;
#endif
	d->nr = (int)(d->arch == AUDIT_ARCH_ARM ? r.narrow[7] : r.wide[nr]);
	for (unsigned i = 0; i < SYSCALLS_MAX_ARGS; i++)
		d->args[i] = d->arch == AUDIT_ARCH_ARM ? r.narrow[i] : r.wide[first + i];
	return true;
}
#endif

/* call_of() - the call that a stopped thread was in. */
static bool call_of(pid_t pid, struct seccomp_data *d)
{
	struct ptrace_syscall_info info;

	if (ptrace_call(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
		return false;
	*d = (struct seccomp_data){.arch = info.arch,
				   .instruction_pointer = info.instruction_pointer};
	return registers(pid, d);
}

/* ---- telling */

static void describe(const struct exits *e, const struct seccomp_data *data,
		     const struct kafel_decision *d, pid_t pid, bool program, bool with_memory)
{
	struct memory m = memory_of(pid);
	struct violation v;
	struct call c;

	decode_call(data, with_memory ? &m : NULL, &c);
	violation_fill(&v, &c, d, with_memory ? &m : NULL);
	v.pid = pid;
	v.program = program;
	io_write_all(e->out, &v, sizeof(v));
}

/*
 * Memory is read by a process that we need not wait for: a page of the dead program's may belong to
 * another one, which answers when it likes, and that one may need us to go on.
 */
static void tell(const struct exits *e, const struct seccomp_data *data,
		 const struct kafel_decision *d, pid_t pid, bool program)
{
	int done[2] = {FD_NONE, FD_NONE};
	struct pollfd fd;
	pid_t teller = -1;

	if (pipe2(done, O_CLOEXEC) == 0)
		teller = fork();
	if (teller == 0) {
		sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		describe(e, data, d, pid, program, true);
		io_write_all(done[1], "d", 1);
		_exit(0);
	}
	if (done[1] >= 0)
		close(done[1]);
	fd = (struct pollfd){done[0], POLLIN, 0};
	if (teller < 0 || poll(&fd, 1, PATIENCE) <= 0 || !(fd.revents & POLLIN)) {
		if (teller > 0)
			kill(teller, SIGKILL);
		describe(e, data, d, pid, program, false);
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

/* look_at_exit() - a thread is about to end: was it the policy? */
static void look_at_exit(struct exits *e, pid_t pid)
{
	unsigned long code = 0;
	struct seccomp_data data;
	struct kafel_decision d;

	if (ptrace_call(PTRACE_GETEVENTMSG, pid, 0, &code) < 0 || (code & 0x7f) != SIGSYS)
		return;
	if (e->told == MOST || !call_of(pid, &data))
		return;
	kafel_decide(e->settings->policy, &data, &d);
	switch (d.action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP: break;
	default: return; /* someone sent the signal, or a filter of its own */
	}
	e->told++;
	tell(e, &data, &d, pid, process_of(pid) == e->program);
}

/* ---- following */

static void go_on(struct exits *e, pid_t pid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	switch (event) {
	case 0: /* a signal on its way to the program */ break;
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
	int r = (int)ptrace_call(PTRACE_SEIZE, pid, 0, (const void *)options);

	if (io_write_all(out, &r, sizeof(r)) < 0 || r < 0)
		_exit(1);
	for (;;) {
		int status;
		pid_t who = sys_wait4(-1, &status, __WALL, NULL);

		if (who < 0 && who != -EINTR)
			_exit(0); /* none left */
		if (who > 0 && WIFSTOPPED(status))
			go_on(&e, who, status);
	}
}
