// SPDX-License-Identifier: BSD-3-Clause
/*
 * The child half of a launch.
 *
 * Two processes. The *guard* is the first in the new namespaces; it starts the program's process,
 * waits, and says how it ended. Because a pid namespace dies with its first process, and the guard
 * gets SIGKILL when the launcher is gone, nothing survives, whatever the program does about its own
 * parent-death signal. The program is pid 1 of a further namespace (nsjail's way), or pid 2 beside
 * the guard as its init (`run`).
 *
 * The program's process walks the step table and executes the program. Both may run in the
 * launcher's memory until then, so they make system calls directly and own nothing.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/io.h"
#include "base/proc.h"
#include "base/sys.h"
#include "jail/enter.h"
#include "jail/mounts.h"
#include "jail/report.h"
#include "jail/steps.h"
#include "trace/trace.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static void send_report(int ctl, const struct report *r)
{
	sys(SYS_sendto, ctl, r, report_size(r), MSG_NOSIGNAL, NULL, 0);
}

int child_weaker(struct child *c, enum protection p, enum protection_state state, struct err *err)
{
	struct report r = {.kind = REPORT_WARN, .status = (int)p};

	if (c->plan->require >> p & 1)
		return err_wrap(err, "require: %s", receipt_name(p));
	r.absent = state == PROTECTION_ABSENT;
	r.err = *err;
	send_report(c->ctl, &r);
	return 0;
}

/* ---- steps that are too small for a file */

/*
 * Before anything is done or made in the program's name. Only then the cgroup namespace: its top is
 * the group that the process is in.
 */
static int step_cgroup(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	bool own = p->clone_flags & CLONE_NEWCGROUP, limits = p->cgroup && p->cgroup->limits;
	int r = p->cgroup ? cgroup_enter(c->cgroup, c->born_inside, err) : 0;

	if (r >= 0 && p->cgroup && own) {
		r = (int)sys(SYS_unshare, CLONE_NEWCGROUP);
		if (r < 0)
			err_sys(err, r, "make a cgroup namespace");
	}
	if (r < 0 || !p->cgroup_seal)
		return r;
	r = cgroup_seal(own, err);
	/* With another owner, or none, the jail's own limits at least are not its to write. */
	if (r < 0 && (!limits || c->cgroup->disowned))
		r = child_weaker(c, limits ? PROTECT_CGROUPS : PROTECT_CGROUP_NS,
				 PROTECTION_DEGRADED, err);
	return r;
}

/*
 * In mode execve the process may lead a process group, as a shell's job does, and then cannot have a
 * session of its own (setsid(2)). What matters is that the program cannot push input into the terminal.
 */
static int leave_terminal(struct err *err)
{
	int fd = sys_openat(AT_FDCWD, "/dev/tty", O_RDWR | O_NOCTTY, 0);
	int r;

	if (fd < 0)
		return 0; /* there is none to leave */
	r = sys(SYS_getsid, 0) == sys(SYS_getpid) ? -EBUSY : (int)sys(SYS_ioctl, fd, TIOCNOTTY);
	sys_close(fd);
	if (r >= 0)
		return 0;
	err_sys(err, r, "leave the caller's terminal");
	return err_hint(err,
			"a session leader cannot: start it from a shell or by setsid(1), or use "
			"--skip_setsid and trust the program");
}

/* await_go() - a byte from the launcher. */
static int await_go(struct child *c, struct err *err)
{
	char go;
	ssize_t n;

	do
		n = sys(SYS_recvfrom, c->ctl, &go, 1, 0, NULL, NULL);
	while (n == -EINTR);
	return n == 1 ? 0 : err_set(err, ECANCELED, "the launcher is gone");
}

/* Before "go" come the layers of the root, when only the launcher can make their mounts. */
static int take_layers(struct child *c, struct err *err)
{
	for (unsigned i = 1; i <= c->plan->n_given; i++) {
		char kind;
		ssize_t n = io_recv_fd(c->ctl, &kind, 1, 0, &c->trees[i]);

		if (n != 1 || c->trees[i] < 0)
			return err_set(err, ECANCELED, "the launcher gives no layers");
	}
	return 0;
}

static int step_idmap(struct child *c, struct err *err)
{
	int r = c->wait_go && c->plan->n_given ? take_layers(c, err) : 0;

	return r >= 0 && c->wait_go ? await_go(c, err) : r;
}

/* The process that makes the network says to the launcher when it is there. */
static int step_network(struct child *c, struct err *err)
{
	return c->wait_net ? await_go(c, err) : 0;
}

/* Whoever explains violations attaches now: later, this process may have become someone else. */
static int step_follow(struct child *c, struct err *err)
{
	const struct report rep = {.kind = REPORT_FOLLOW};
	ssize_t n;
	int self;

	if (!c->plan->follow)
		return 0;
	self = sys_pidfd_open((pid_t)sys(SYS_getpid));
	n = self < 0 ? sys(SYS_sendto, c->ctl, &rep, report_size(&rep), MSG_NOSIGNAL, NULL, 0)
		     : io_send_fd(c->ctl, &rep, report_size(&rep), self);
	if (self >= 0)
		sys_close(self);
	return n < 0 ? err_set(err, ECANCELED, "the launcher is gone") : await_go(c, err);
}

static int step_session(struct child *c, struct err *err)
{
	int r = sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

	if (r < 0)
		return err_sys(err, r, "set the parent-death signal");
	c->umask = (mode_t)sys(SYS_umask, 022);
	if (c->plan->new_session && sys(SYS_setsid) < 0)
		return leave_terminal(err);
	return 0;
}

static int step_enter(struct child *c, struct err *err)
{
	return c->plan->enter ? enter_program(c->plan, err) : 0;
}

static int step_hostname(struct child *c, struct err *err)
{
	const char *name = c->plan->hostname;
	int r = name ? (int)sys(SYS_sethostname, name, strlen(name)) : 0;

	return r < 0 ? err_sys(err, r, "set the host name to '%s'", name) : 0;
}

/* close_between() - close the descriptors from @first to @last, both included. */
static void close_between(unsigned first, unsigned last)
{
	if (first <= last && sys_close_range(first, last, 0) < 0)
		for (unsigned fd = first; fd <= MIN(last, 65535U); fd++)
			sys_close((int)fd);
}

/* close_others() - close everything but 0, 1, 2, what was asked to pass, and @also. */
static void close_others(const struct jail_plan *p, const int *also, unsigned n)
{
	unsigned from = 3, keep;

	do {
		keep = ~0U; /* the lowest descriptor to keep at or above `from` */
		for (unsigned i = 0; i < p->n_pass_fds; i++)
			if (p->pass_fds[i] >= 0 && (unsigned)p->pass_fds[i] >= from)
				keep = MIN(keep, (unsigned)p->pass_fds[i]);
		for (unsigned i = 0; i < n; i++)
			if (also[i] >= 0 && (unsigned)also[i] >= from)
				keep = MIN(keep, (unsigned)also[i]);
		if (keep > from)
			close_between(from, keep == ~0U ? ~0U : keep - 1);
		from = keep + 1;
	} while (keep != ~0U);
}

static int step_descriptors(struct child *c, struct err *err UNUSED)
{
	const struct jail_plan *p = c->plan;
	const int also[] = {c->ctl, c->exec_fd}; /* these end by themselves at exec */

	close_others(p, also, ARRAY_SIZE(also));
	for (unsigned i = 0; i < p->n_pass_fds; i++)
		sys(SYS_fcntl, p->pass_fds[i], F_SETFD, 0); /* EBADF: was not open, as nsjail */
	return 0;
}

/* After the descriptors: /proc/self/fd/N must not lead to anything of the host. */
static int step_cwd(struct child *c, struct err *err)
{
	char where[PATH_MAX];
	long r = sys(SYS_chdir, c->plan->cwd);

	if (r < 0)
		return err_sys(err, (int)r, "working directory '%s'", c->plan->cwd);
	r = sys(SYS_getcwd, where, sizeof(where));
	if (r < 0 || where[0] != '/')
		return err_set(err, EXDEV, "working directory '%s' is outside the jail",
			       c->plan->cwd);
	return 0;
}

/*
 * A guard that the program can see still has capabilities when the program starts, and shares this
 * memory: the program must not be able to attach to it. The flag of the program's own memory is new.
 * (A launcher that lends its memory has a guard that cannot be seen, and must stay able to write the
 * next jail's id maps.) Before any policy of the caller's could make it fail in silence.
 */
static int step_guard(struct child *c, struct err *err)
{
	int r = c->plan->share_memory ? 0 : sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);

	return r < 0 ? err_sys(err, r, "protect the jail's init") : 0;
}

static int step_no_new_privs(struct child *c, struct err *err)
{
	int r = c->plan->no_new_privs ? sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) : 0;

	return r < 0 ? err_sys(err, r, "set no_new_privs") : 0;
}

/* send_listener() - the one call that a filter with a listener lets through by its cookie (filter.c). */
static int send_listener(const struct child *c, int listener)
{
	struct report rep = {.kind = REPORT_LISTENER};
	struct iovec iov = {&rep, report_size(&rep)};
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = {.align = {.cmsg_level = SOL_SOCKET,
			 .cmsg_type = SCM_RIGHTS,
			 .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = u.buf,
			     .msg_controllen = sizeof(u.buf)};

	memcpy(CMSG_DATA(&u.align), &listener, sizeof(int));
	return (int)sys(SYS_sendmsg, c->ctl, &msg, MSG_NOSIGNAL, 0, 0, c->plan->trace->cookie);
}

/* A filter that asks: whoever answers gets the listener; ours ends with the exec. */
static int install_listener(const struct child *c, unsigned flags, struct err *err)
{
	const unsigned killable = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	int fd;

	flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	fd = (int)sys(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | killable, c->plan->seccomp);
	if (fd == -EINVAL) /* before Linux 5.19: signals interrupt a call that is looked at */
		fd = (int)sys(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, c->plan->seccomp);
	if (fd == -EBUSY)
		return err_set(err, EBUSY,
			       "install the tracing filter: we are traced in this way ourselves, "
			       "and a process can have one listener only");
	if (fd >= 0)
		fd = send_listener(c, fd);
	return fd < 0 ? err_sys(err, fd, "install the tracing filter") : 0;
}

static int install_seccomp(const struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	unsigned flags = p->seccomp_log ? SECCOMP_FILTER_FLAG_LOG : 0;
	int r;

	if (p->seccomp_asks)
		return install_listener(c, flags, err);
	r = (int)sys(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, p->seccomp);
	return r < 0 ? err_sys(err, r, "install the system call policy") : 0;
}

/* Without no_new_privs a filter needs CAP_SYS_ADMIN, which is about to go. */
static int step_seccomp_privileged(struct child *c, struct err *err)
{
	return c->plan->seccomp && !c->plan->no_new_privs ? install_seccomp(c, err) : 0;
}

static int step_seccomp(struct child *c, struct err *err)
{
	return c->plan->seccomp && c->plan->no_new_privs ? install_seccomp(c, err) : 0;
}

/* SIG_DFL as the kernel's struct sigaction: handler, flags, restorer, mask. */
static const uint64_t default_action[4];

/* As the program expects them; before a policy, which need not allow this. */
static int step_signals(struct child *c UNUSED, struct err *err UNUSED)
{
	const uint64_t none = 0;

	for (int sig = 1; sig <= 64; sig++)
		sys(SYS_rt_sigaction, sig, default_action, NULL, sizeof(none));
	sys_sigmask(SIG_SETMASK, &none, NULL);
	return 0;
}

static int step_exec(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	int r = -ENOENT;

	if (c->exec_fd >= 0) {
		r = (int)sys(SYS_execveat, c->exec_fd, "", p->argv, p->envp, AT_EMPTY_PATH);
		return err_sys(err, r, "execute '%s' by descriptor", p->exec_paths[0]);
	}
	for (const char *const *path = p->exec_paths; *path; path++) {
		int e = (int)sys(SYS_execve, *path, p->argv, p->envp);

		/* As execvp(3): a file that may not be executed is remembered, the search goes on. */
		if (r != -EACCES)
			r = e;
		if (e != -ENOENT && e != -EACCES && e != -ENOTDIR)
			break;
	}
	return err_sys(err, r, "execute '%s'", p->exec_paths[1] ? p->argv[0] : p->exec_paths[0]);
}

/* The order of confinement. */
static const struct step {
	const char *name;
	int (*run)(struct child *c, struct err *err);
} steps[] = {
	{"idmap", step_idmap},
	{"cgroup", step_cgroup},
	{"follow", step_follow},
	{"session", step_session},
	{"hostname", step_hostname},
	{"loopback", loopback_up},
	{"oom_score", limits_oom_score},
	{"stdio", terminal_stdio},
	{"sources", mounts_sources},
	{"identity", identity_become},
	{"enter", step_enter},
	{"root", mounts_root},
	{"mounts", mounts_attach},
	{"mounts", mounts_hold},
	{"readonly", mounts_readonly},
	{"tty", terminal_take},
	{"pivot", mounts_pivot},
	{"descriptors", step_descriptors},
	{"cwd", step_cwd},
	{"bounding", identity_bound_caps},
	{"network", step_network},
	{"park", terminal_await},
	{"limits", limits_apply},
	{"guard", step_guard},
	{"signals", step_signals},
	{"seccomp", step_seccomp_privileged},
	{"capabilities", identity_drop_caps},
	{"no_new_privs", step_no_new_privs},
	{"seccomp", step_seccomp},
	{"exec", step_exec},
};

int child_confine_and_exec(struct child *c, struct err *err)
{
	for (const struct step *s = steps; s < steps + ARRAY_SIZE(steps); s++) {
		int r = s->run(c, err);

		if (r < 0) {
			snprintf(err->step, sizeof(err->step), "%s", s->name);
			return r;
		}
	}
	return -EINVAL; /* exec does not come back with success */
}

/* guard_failed() - what the guard itself could not do. Return: its exit status. */
static int guard_failed(const struct child *c, struct report *r, const char *step)
{
	snprintf(r->err.step, sizeof(r->err.step), "%s", step);
	send_report(c->ctl, r);
	return 255;
}

static int program_main(void *arg)
{
	struct child *c = arg;
	struct report r;

	r.kind = REPORT_ERROR;
	r.err.code = 0;
	child_confine_and_exec(c, &r.err);
	/* The policy may be in force already, and few of them allow to send. */
	if (sys(SYS_write, c->ctl, &r, report_size(&r)) < 0)
		c->unsent = r.err; /* the guard, which shares our memory, is in no group */
	return 255;
}

/* Signals that the guard passes on: those that ask a program for something. */
static const uint64_t forwarded =
	1ULL << (SIGHUP - 1) | 1ULL << (SIGINT - 1) | 1ULL << (SIGQUIT - 1) |
	1ULL << (SIGTERM - 1) | 1ULL << (SIGUSR1 - 1) | 1ULL << (SIGUSR2 - 1) |
	1ULL << (SIGWINCH - 1) | 1ULL << (SIGCONT - 1) | 1ULL << (SIGXCPU - 1);

/* wait_program() - reap whatever ends, pass signals on. Return: the program's wait status. */
static int wait_program(pid_t program)
{
	const uint64_t set = forwarded | 1ULL << (SIGCHLD - 1) | 1ULL << (CHILD_SIG_ORPHANED - 1);
	int status;

	for (;;) {
		pid_t pid;
		int sig;

		while ((pid = sys_wait4(-1, &status, WNOHANG, NULL)) > 0)
			if (pid == program)
				return status;
		sig = (int)sys(SYS_rt_sigtimedwait, &set, NULL, NULL, sizeof(set));
		if (sig > 0 && sig != SIGCHLD)
			sys(SYS_kill, program, sig == CHILD_SIG_ORPHANED ? SIGKILL : sig);
	}
}

/*
 * kill_descendants() - without a pid namespace: everything that became a child of ours. Not atomic
 * against a fork bomb, hence the rounds.
 */
static void kill_descendants(int children)
{
	const struct timespec pause = {.tv_nsec = 200000};
	char buf[4096];

	for (;;) {
		ssize_t n = children < 0 ? 0 : sys(SYS_pread64, children, buf, sizeof(buf) - 1, 0);
		char *s = buf;

		if (n <= 0)
			break;
		buf[n] = 0;
		for (long pid; (pid = strtol(s, &s, 10)) > 0;)
			sys(SYS_kill, pid, SIGKILL);
		/* Their own children become ours: never wait for one that was not killed yet. */
		while (sys_wait4(-1, NULL, WNOHANG, NULL) > 0)
			;
		sys(SYS_nanosleep, &pause, NULL);
	}
}

/*
 * reap_all() - what the kernel kills with a pid namespace it does not count. So end and reap all others
 * first, for most of a second, as they need a processor to die: one that is not ours to kill, having
 * another user, is left to the kernel. The launcher waits a little longer (COUNTING_NS).
 */
static void reap_all(void)
{
	const struct timespec pause = {.tv_nsec = 500000};

	/* Not pid 1: we were sent into a jail (`exec`), and the others are not ours. */
	if (sys(SYS_getpid) != 1 || sys(SYS_kill, -1, SIGKILL) < 0)
		return;
	for (int rounds = 0; rounds < 1600; rounds++) {
		int r;

		do
			r = sys_wait4(-1, NULL, __WALL | WNOHANG, NULL);
		while (r > 0);
		if (r < 0)
			return;
		sys(SYS_nanosleep, &pause, NULL);
	}
}

/* The guard keeps nothing: no capability, no descriptor but the control socket and @also. */
static void confine_guard(struct child *c, int also)
{
	static const uint32_t none[6];
	const uint32_t head[2] = {0x20080522, 0}; /* _LINUX_CAPABILITY_VERSION_3 */
	unsigned lo = (unsigned)(also >= 0 ? MIN(also, c->ctl) : c->ctl);
	unsigned hi = (unsigned)MAX(also, c->ctl);

	if (!c->plan->share_memory)
		sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	sys(SYS_capset, head, none);
	sys(SYS_chdir, "/"); /* not the caller's directory */
	close_between(0, lo - 1);
	if (lo != hi)
		close_between(lo + 1, hi - 1);
	close_between(hi + 1, ~0U);
}

/*
 * A page table is charged to the group of who needs it first. Where the group has no room for one, the kernel
 * tries again for ever: who shares our memory as vfork(2) does is not killed for want of memory.
 */
static void prepare_stack(const struct child *c)
{
	volatile char *top = c->stack_top;

	top[-1] = top[-CHILD_STACK] = 0; /* in two tables at most */
}

/* start_program() - in the jail's v2 group from the beginning, where the kernel can. */
static pid_t start_program(struct child *c, uint64_t flags)
{
	int group = c->plan->cgroup ? cgroup_v2_dir(c->cgroup) : FD_NONE;
	pid_t pid;

	if (c->plan->cgroup)
		prepare_stack(c);
	c->born_inside = group >= 0; /* before the clone: it is in our memory */
	pid = proc_clone(flags, SIGCHLD, program_main, c, c->stack_top, CHILD_STACK, NULL, group);
	if (pid != -ENOSYS || group < 0)
		return pid;
	c->born_inside = false;
	return proc_clone(flags, SIGCHLD, program_main, c, c->stack_top, CHILD_STACK, NULL,
			  FD_NONE);
}

/* A parked jail waits for long: other clients' sockets must not stay open in it. */
static void close_for_park(struct child *c)
{
	int also[4 + CGROUP_PLACES] = {c->ctl, c->plan->exec_fd, c->plan->null_fd, c->sysfs};
	unsigned n = 4;

	for (unsigned i = 0; c->plan->cgroup && i < CGROUP_PLACES; i++)
		also[n++] = c->cgroup->dir[i];
	close_others(c->plan, also, n);
}

static bool launcher_is_gone(int ctl)
{
	struct pollfd fd = {ctl, 0, 0};
	const struct timespec now = {0};

	return sys(SYS_ppoll, &fd, 1, &now, NULL, 0) > 0; /* POLLHUP */
}

static void die_with_launcher(const struct jail_plan *p)
{
	sys_prctl(PR_SET_PDEATHSIG, p->pid_role == PID_SHARED ? CHILD_SIG_ORPHANED : SIGKILL, 0, 0,
		  0);
}

/* join_jail() - into a running jail, once the launcher has put us into its control groups. */
static int join_jail(struct child *c, struct err *err)
{
	int r = step_idmap(c, err);

	c->wait_go = false;
	if (r >= 0)
		r = enter_guard(c->plan, err);
	die_with_launcher(c->plan); /* a change of rights may have cleared it */
	if (r >= 0 && launcher_is_gone(c->ctl))
		r = err_set(err, ECANCELED, "the launcher is gone");
	return r;
}

int child_guard_main(void *arg)
{
	struct child *c = arg;
	const struct jail_plan *p = c->plan;
	struct report r;
	uint64_t flags = CLONE_VM | CLONE_VFORK;
	int children = FD_NONE;
	pid_t program;

	if (!p->share_memory && p->args)
		memset(p->args, 0, p->args_len);
	sys_close(c->launcher_ctl);
	/* Ignored by our caller, it would have children reaped behind our back. */
	sys(SYS_rt_sigaction, SIGCHLD, default_action, NULL, sizeof(uint64_t));
	die_with_launcher(p);
	if (launcher_is_gone(c->ctl)) /* before it could be signalled */
		return 255;
	if (c->park)
		close_for_park(c);
	flags |= p->clone_flags & ~child_guard_namespaces(p) & ~(uint64_t)CLONE_NEWTIME;
	if (p->cgroup)
		flags &= ~(uint64_t)CLONE_NEWCGROUP;
	if (p->pid_role == PID_ONE)
		flags |= CLONE_NEWPID; /* a further one, nested in ours */
	if (p->pid_role == PID_SHARED) {
		sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
		children = sys_openat(AT_FDCWD, "/proc/thread-self/children", O_RDONLY, 0);
	}
	r.kind = REPORT_ERROR;
	/* clone3 takes CLONE_NEWTIME only where its low byte is not the signal's: unshare does. */
	if (p->clone_flags & CLONE_NEWTIME) {
		int e = (int)sys(SYS_unshare, CLONE_NEWTIME);

		if (e < 0) {
			err_sys(&r.err, e, "make a time namespace");
			return guard_failed(c, &r, "namespaces");
		}
	}
	if (p->enter && join_jail(c, &r.err) < 0)
		return guard_failed(c, &r, "enter");
	program = start_program(c, flags);
	/* Older kernels (6.1) share no memory across time namespaces. */
	if (program == -EINVAL && p->clone_flags & CLONE_NEWTIME)
		program = start_program(c, flags & ~(uint64_t)CLONE_VM);
	if (program < 0) {
		err_sys(&r.err, program, "start the program's process");
		return guard_failed(c, &r, "namespaces");
	}
	if (c->unsent.code) {
		r.err = c->unsent;
		send_report(c->ctl, &r);
	}
	/* Here the program runs already, or has failed and said so. */
	confine_guard(c, children);
	if (p->report_start) {
		r.kind = REPORT_START;
		send_report(c->ctl, &r);
	}
	r.kind = REPORT_EXIT;
	r.status = wait_program(program);
	if (p->account && p->pid_role == PID_INIT)
		reap_all();
	kill_descendants(children);
	send_report(c->ctl, &r);
	return 0;
}
