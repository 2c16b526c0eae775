// SPDX-License-Identifier: BSD-3-Clause
/*
 * The launcher's half of a jail: clone, id maps, "go", then following what the jail's processes
 * report. Used by the modes and by the library; knows nothing of terminals, signals of its own
 * process or exit codes. Whatever fails, nothing is left behind: the guard is killed and reaped, and
 * everything else hangs on it.
 */
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "base/io.h"
#include "base/proc.h"
#include "base/sys.h"
#include "jail/child.h"
#include "jail/jail.h"
#include "jail/report.h"
#include "jail/userns.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* Memory for one launch: the stacks of its two processes and what the child works with. */
struct launch {
	struct child child;
	int trees[];
};

static size_t launch_size(const struct jail_plan *plan)
{
	size_t n = 2 * CHILD_STACK + sizeof(struct launch) + plan->n_mounts * sizeof(int);

	return (n + 4095) & ~(size_t)4095;
}

/* start_guard() - clone the jail's first process. It waits for our "go" before it does anything. */
static int start_guard(struct jail *j, int child_ctl, const struct jail_io *io, struct err *err)
{
	const struct jail_plan *p = j->plan;
	uint64_t flags = child_guard_namespaces(p) | CLONE_PIDFD;
	const uint64_t all = ~0ULL;
	struct launch *l;
	uint64_t mask;
	char *mem;
	int pid;

	mem = mmap(NULL, launch_size(p), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	if (mem == MAP_FAILED)
		return err_sys(err, errno, "memory for a launch");
	j->stacks = mem;
	l = (struct launch *)(mem + 2 * CHILD_STACK);
	l->child = (struct child){
		.plan = p,
		.cgroup = &j->cgroup,
		.ctl = child_ctl,
		.launcher_ctl = j->ctl,
		.trees = l->trees,
		.root = FD_NONE,
		.scratch = FD_NONE,
		.pts = FD_NONE,
		.tty_slave = io->tty_slave,
		.stdio = io->stdio,
		.exec_fd = p->exec_fd,
		.park = io->park,
		.wait_go = true,
		.stack_top = mem + CHILD_STACK,
	};
	for (unsigned i = 0; i < p->n_mounts; i++)
		l->trees[i] = FD_NONE;
	if (p->share_memory)
		flags |= CLONE_VM;
	/* No handler of ours may run in the child; it starts with everything blocked. */
	sys_sigmask(SIG_SETMASK, &all, &mask);
	pid = proc_clone(flags, p->own_process ? SIGCHLD : 0, child_guard_main, &l->child,
			 mem + 2 * CHILD_STACK, CHILD_STACK, &j->guard_fd, FD_NONE);
	sys_sigmask(SIG_SETMASK, &mask, NULL);
	if (pid < 0) {
		j->guard_fd = FD_NONE;
		return err_sys(err, pid, "make the jail's namespaces");
	}
	j->guard = j->pid = pid;
	return 0;
}

int jail_start(const struct jail_plan *plan, const struct jail_io *io, struct jail *j,
	       struct err *err)
{
	static const struct jail_io nothing = JAIL_IO_INIT;
	_cleanup_close_ int child_ctl = FD_NONE;
	const char *step = "namespaces";
	int pair[2], r;

	*j = (struct jail)JAIL_INIT;
	j->plan = plan;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "make the control socket");
	j->ctl = pair[0];
	child_ctl = pair[1];
	j->started_ns = now_ns();
	r = plan->cgroup ? cgroup_create(plan->cgroup, &j->cgroup, err) : 0;
	if (r < 0)
		step = "cgroup";
	else
		r = start_guard(j, child_ctl, io ?: &nothing, err);
	if (r >= 0 && plan->clone_flags & CLONE_NEWUSER) {
		step = "idmap";
		r = userns_write_maps(plan, j->guard, err);
	}
	if (r >= 0 && sys(SYS_sendto, j->ctl, "g", 1, MSG_NOSIGNAL, NULL, 0) < 0)
		r = err_set(err, EPIPE, "the jail's first process died");
	if (r < 0) {
		snprintf(err->step, sizeof(err->step), "%s", step);
		jail_release(j);
		return r;
	}
	if (plan->cgroup)
		cgroup_tidy(plan->cgroup); /* while the jail sets itself up */
	if (plan->time_limit && !(io && io->park))
		j->deadline_ns = j->started_ns + plan->time_limit * 1000000000ULL;
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = FD_NONE;
}

/* take_report() - one message of the control socket. Return: false when there is none now. */
static bool take_report(struct jail *j)
{
	struct report rep;
	ssize_t n;
	int fd;

	if (j->ctl_eof)
		return false;
	n = io_recv_fd(j->ctl, &rep, sizeof(rep), MSG_DONTWAIT, &fd);
	if (n < (ssize_t)offsetof(struct report, err)) {
		j->ctl_eof = n == 0;
		return false;
	}
	switch (rep.kind) {
	case REPORT_ERROR:
		/* The child is ours until exec, but it reports from inside: keep strings ended. */
		j->result.reason = RESULT_SETUP_FAILED;
		j->result.err = rep.err;
		err_clean(&j->result.err);
		break;
	case REPORT_EXIT:
		j->program_reported = true;
		j->program_status = rep.status;
		break;
	case REPORT_TTY:
		if (j->tty_master < 0)
			j->tty_master = take_fd(&fd);
		break;
	case REPORT_WARN: break;
	}
	close_fd(&fd);
	return true;
}

static uint64_t tv_us(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * 1000000ULL + (uint64_t)tv->tv_usec;
}

/* finish() - the guard is dead: make the result of what is known. */
static void finish(struct jail *j, int guard_status, const struct rusage *ru)
{
	struct result *r = &j->result;
	int status = j->program_reported ? j->program_status : guard_status;

	r->wall_us = (now_ns() - j->started_ns) / 1000;
	r->user_us = tv_us(&ru->ru_utime);
	r->sys_us = tv_us(&ru->ru_stime);
	r->peak_kib = (uint64_t)ru->ru_maxrss;
	r->exit_code = -1;
	cgroup_usage(&j->cgroup, &r->cgroup);
	j->finished = true;
	if (r->reason == RESULT_SETUP_FAILED)
		return;
	if (WIFSIGNALED(status)) {
		r->reason = RESULT_SIGNALED;
		r->signal = WTERMSIG(status);
		r->core = WCOREDUMP(status);
		if (r->signal == SIGKILL && r->cgroup.own_oom)
			r->reason = RESULT_MEMORY_LIMIT;
	} else {
		r->reason = RESULT_EXITED;
		r->exit_code = WEXITSTATUS(status);
	}
	if (j->ended_by == RESULT_EXITED)
		return;
	r->reason = j->ended_by;
	if (j->ended_signal)
		r->signal = j->ended_signal;
}

int jail_step(struct jail *j)
{
	struct rusage ru;
	int status, r;

	while (take_report(j))
		;
	if (j->finished)
		return 1;
	if (j->deadline_ns && !j->ended_by && now_ns() >= j->deadline_ns)
		jail_end(j, RESULT_TIME_LIMIT, 0);
	/* A guard that has reported is on its way out: a process that is all ours just waits. */
	r = sys_wait4(j->guard, &status,
		      __WALL | (j->program_reported && j->plan->own_process ? 0 : WNOHANG), &ru);
	if (r <= 0)
		return 0;
	while (take_report(j)) /* said before it died */
		;
	j->guard = 0;
	finish(j, status, &ru);
	return 1;
}

int jail_timeout_ms(const struct jail *j)
{
	uint64_t now;

	if (!j->deadline_ns || j->ended_by)
		return -1;
	now = now_ns();
	if (now >= j->deadline_ns)
		return 0;
	return (int)MIN((j->deadline_ns - now + 999999) / 1000000, 3600000ULL);
}

static void kill_guard(const struct jail *j, int sig)
{
	if (!j->guard)
		return;
	if (sys_pidfd_send_signal(j->guard_fd, sig) < 0)
		sys(SYS_kill, j->guard, sig); /* our unreaped child: the number is still its own */
}

void jail_end(struct jail *j, enum result_reason reason, int sig)
{
	if (j->ended_by == RESULT_EXITED) {
		j->ended_by = reason;
		j->ended_signal = sig;
	}
	/* Without a pid namespace the guard does the killing: see CHILD_SIG_ORPHANED. */
	kill_guard(j, j->plan->pid_role == PID_SHARED ? CHILD_SIG_ORPHANED : SIGKILL);
	if (j->plan->pid_role == PID_SHARED)
		cgroup_kill(&j->cgroup);
}

int jail_signal(struct jail *j, int sig)
{
	if (!j->guard)
		return -ESRCH;
	kill_guard(j, sig);
	return 0;
}

int jail_hand_over(struct jail *j, int fd)
{
	ssize_t r = j->ctl_eof ? -ESRCH : io_send_fd(j->ctl, "g", 1, fd);

	if (r < 0)
		return (int)r;
	j->started_ns = now_ns();
	if (j->plan->time_limit)
		j->deadline_ns = j->started_ns + j->plan->time_limit * 1000000000ULL;
	return 0;
}

/*
 * Without a pid namespace only the guard can end what descends from it: let it, for a while that a
 * process which is not ours to stop cannot make endless.
 */
static void let_guard_clean_up(struct jail *j)
{
	struct pollfd fd = {j->guard_fd, POLLIN, 0};

	if (j->plan->pid_role != PID_SHARED)
		return;
	kill_guard(j, CHILD_SIG_ORPHANED);
	while (poll(&fd, 1, 5000) < 0 && errno == EINTR)
		;
}

void jail_release(struct jail *j)
{
	if (j->guard) {
		let_guard_clean_up(j);
		kill_guard(j, SIGKILL);
		while (sys_wait4(j->guard, NULL, __WALL, NULL) == -EINTR)
			;
		j->guard = 0;
	}
	cgroup_remove(&j->cgroup);
	close_fd(&j->guard_fd);
	close_fd(&j->ctl);
	close_fd(&j->tty_master);
	if (j->stacks)
		munmap(j->stacks, launch_size(j->plan));
	j->stacks = NULL;
}
