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
#include <sys/vfs.h>
#include <time.h>

#include "base/io.h"
#include "base/proc.h"
#include "base/sys.h"
#include "jail/child.h"
#include "jail/cputime.h"
#include "jail/enter.h"
#include "jail/hints.h"
#include "jail/jail.h"
#include "jail/layers.h"
#include "jail/network.h"
#include "jail/report.h"
#include "jail/result_cgroup.h"
#include "jail/template.h"
#include "jail/userns.h"
#include "storage/diskimage.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = FD_NONE;
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
	_cleanup_close_ int sysfs = FD_NONE;
	struct launch *l;
	uint64_t mask;
	char *mem;
	int pid, r = 0;

	mem = proc_memory(launch_size(p));
	if (!mem)
		return err_sys(err, errno, "memory for a launch");
	j->stacks = mem;
	sysfs = network_sysfs(p, err);
	if (sysfs < 0 && sysfs != FD_NONE)
		return sysfs;
	l = (struct launch *)(mem + 2 * CHILD_STACK);
	l->child = (struct child){
		.plan = p,
		.cgroup = &j->cgroup,
		.ctl = child_ctl,
		.launcher_ctl = j->ctl,
		.trees = l->trees,
		.root = FD_NONE,
		.scratch = FD_NONE,
		.upper = j->upper.name,
		.pts = FD_NONE,
		.sysfs = sysfs,
		.tty_slave = io->tty_slave,
		.stdio = io->stdio,
		.std = {io->std[0], io->std[1], io->std[2]},
		.exec_fd = p->exec_fd,
		.park = io->park,
		.wait_go = true,
		.wait_net = network_is_late(p),
		.stack_top = mem + CHILD_STACK,
	};
	for (unsigned i = 0; i < p->n_mounts; i++)
		l->trees[i] = FD_NONE;
	if (p->share_memory)
		flags |= CLONE_VM;
	if (io->template) {
		r = template_enter(io->template, err);
		if (r < 0)
			return r;
	}
	/* No handler of ours may run in the child; it starts with everything blocked. */
	sys_sigmask(SIG_SETMASK, &all, &mask);
	pid = proc_clone(flags, p->own_process ? SIGCHLD : 0, child_guard_main, &l->child,
			 mem + 2 * CHILD_STACK, CHILD_STACK, &j->guard_fd, FD_NONE);
	sys_sigmask(SIG_SETMASK, &mask, NULL);
	if (io->template)
		r = template_leave(io->template, err);
	if (pid < 0) {
		j->guard_fd = FD_NONE;
		return err_sys(err, pid, "make the jail's namespaces");
	}
	j->guard = j->pid = pid;
	return r;
}

/* make_groups() - those of the plan. One that only counts is not worth a failed launch. */
static int make_groups(struct jail *j, struct err *err)
{
	const struct watch_plan *w = &j->plan->watch;
	int r = cgroup_create(j->plan->cgroup, &j->cgroup, err);

	if (r < 0 || !w->cpu_ns || !w->cpu_counter || cgroup_counts_cpu(&j->cgroup))
		return r;
	if (j->plan->require >> PROTECT_CPU_LIMIT & 1)
		return err_set(err, EOPNOTSUPP,
			       "require: %s: a group that counts could not be made",
			       receipt_name(PROTECT_CPU_LIMIT));
	result_weaker(&j->result, PROTECT_CPU_LIMIT, PROTECTION_DEGRADED, RECEIPT_UNCOUNTED);
	return 0;
}

/* start_in_network() - the guard is cloned in a namespace that has its interfaces and rules. */
static int start_in_network(struct jail *j, int child_ctl, const struct jail_io *io,
			    const char **step, struct err *err)
{
	int r = network_before(j, err);

	if (r >= 0) {
		r = start_guard(j, child_ctl, io, err);
		if (r < 0)
			return r;
		r = network_after(j, err);
	}
	if (r < 0)
		*step = "network";
	return r;
}

/* make_places() - what is there before the first process: control groups, the root's upper layer. */
static int make_places(struct jail *j, const char **step, struct err *err)
{
	const struct jail_plan *p = j->plan;
	int r = p->cgroup ? make_groups(j, err) : 0;

	if (r < 0) {
		*step = "cgroup";
		return r;
	}
	if (!p->upper || p->upper->kind == UPPER_TMPFS)
		return 0;
	*step = "root";
	r = upper_prepare(p->upper, &j->upper, err);
	if (r >= 0)
		*step = "namespaces";
	return r;
}

static int let_go(struct jail *j, struct err *err)
{
	if (sys(SYS_sendto, j->ctl, "g", 1, MSG_NOSIGNAL, NULL, 0) < 0)
		return err_set(err, EPIPE, "the jail's first process died");
	return 0;
}

/* start_clocks() - the program's time begins. */
static void start_clocks(struct jail *j)
{
	watch_start(&j->watch, &j->plan->watch, j->started_ns);
	j->measure_ns = j->plan->measure ? j->started_ns + MEASURE_AFTER_NS : 0;
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
	r = make_places(j, &step, err);
	if (r < 0)
		; /* nothing is there yet */
	else if (plan->net)
		r = start_in_network(j, child_ctl, io ?: &nothing, &step, err);
	else
		r = start_guard(j, child_ctl, io ?: &nothing, err);
	if (r >= 0 && plan->clone_flags & CLONE_NEWUSER) {
		step = "idmap";
		r = userns_write_maps(plan, j->guard, err);
	}
	if (r >= 0 && plan->n_given) {
		step = "root";
		r = layers_send(j, err);
	}
	if (r >= 0 && plan->enter) {
		step = "enter";
		r = enter_cgroups(plan->enter, j->guard, err);
	}
	if (r >= 0 && !network_is_late(plan)) {
		step = "network";
		r = network_ready(j, err);
	}
	if (r >= 0)
		r = let_go(j, err);
	if (r >= 0 && network_is_late(plan)) {
		step = "network";
		r = network_ready(j, err);
		if (r >= 0)
			let_go(j, NULL); /* if it died meanwhile, it has said why */
	}
	if (r < 0) {
		snprintf(err->step, sizeof(err->step), "%s", step);
		jail_release(j);
		return r;
	}
	if (plan->cgroup)
		cgroup_tidy(&j->cgroup); /* while the jail sets itself up */
	if (!(io && io->park))
		start_clocks(j);
	return 0;
}

/* The program waits to be followed; whether that works or not, it goes on. */
static void follow_program(struct jail *j, int pidfd)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	if (!j->trace.exits)
		trace_exits(&j->trace, j->plan->trace, trace_number_in(path, "Pid:\t"), NULL);
	sys(SYS_sendto, j->ctl, "g", 1, MSG_NOSIGNAL, NULL, 0);
}

/* Without an answer to its calls the jail could only hang. */
static void answer_listener(struct jail *j, int *listener)
{
	struct err err = ERR_INIT;

	if (trace_calls(&j->trace, j->plan->trace, take_fd(listener), &err) == 0)
		return;
	j->result.reason = RESULT_SETUP_FAILED;
	j->result.err = err;
	jail_end(j, RESULT_SETUP_FAILED, 0);
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
		if (j->ended_by == RESULT_SETUP_FAILED)
			break; /* we know the cause; this is what came of it */
		/* The child is ours until exec, but it reports from inside: keep strings ended. */
		j->result.reason = RESULT_SETUP_FAILED;
		j->result.err = rep.err;
		err_clean(&j->result.err);
		hint_plan(j->plan, &j->result.err);
		break;
	case REPORT_START: j->started = j->result.reason != RESULT_SETUP_FAILED; break;
	case REPORT_EXIT:
		j->program_reported = true;
		j->program_status = rep.status;
		break;
	case REPORT_TTY:
		if (j->tty_master < 0)
			j->tty_master = take_fd(&fd);
		break;
	case REPORT_FOLLOW: follow_program(j, fd); break;
	case REPORT_LISTENER:
		if (fd >= 0)
			answer_listener(j, &fd);
		break;
	case REPORT_FS:
		if (j->n_file_systems < ARRAY_SIZE(j->file_systems) && fd >= 0)
			j->file_systems[j->n_file_systems++] = take_fd(&fd);
		break;
	case REPORT_HELD:
		if ((unsigned)rep.status < HELD && fd >= 0 && j->held[rep.status] < 0)
			j->held[rep.status] = take_fd(&fd);
		break;
	case REPORT_WARN:
		err_clean(&rep.err);
		result_weaker(&j->result,
			      (enum protection)MIN((unsigned)rep.status, PROTECTIONS - 1U),
			      rep.absent ? PROTECTION_ABSENT : PROTECTION_DEGRADED, rep.err.msg);
		break;
	}
	close_fd(&fd);
	return true;
}

static uint64_t tv_us(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * 1000000ULL + (uint64_t)tv->tv_usec;
}

/*
 * by_policy() - whether a signal is the policy's kill. When nobody followed the program this is what it
 * looks like, no more.
 */
static bool by_policy(const struct jail *j, int sig)
{
	const struct trace_outcome *t = &j->result.trace;

	if (sig != SIGSYS || !j->plan->seccomp_kills)
		return false;
	/* A thread that could not be followed (CLONE_UNTRACED) may have been killed unseen. */
	return !t->explained || (t->n_violations && trace_culprit(t)->program) || !t->signalled;
}

/* What wait4(2) tells of all the jail's processes, and what the plan says of its own protections. */
static void put_usage(struct jail *j, const struct rusage *ru)
{
	struct result *r = &j->result;
	enum protection p;
	const char *note;

	r->wall_us = (now_ns() - j->started_ns) / 1000;
	r->user_us = tv_us(&ru->ru_utime);
	r->sys_us = tv_us(&ru->ru_stime);
	r->peak_kib = (uint64_t)ru->ru_maxrss;
	result_put(r, FIG_CPU, r->user_us + r->sys_us, FROM_RUSAGE);
	result_put(r, FIG_MEMORY_PEAK, r->peak_kib << 10, FROM_RUSAGE);
	result_put(r, FIG_MINOR_FAULTS, (uint64_t)ru->ru_minflt, FROM_RUSAGE);
	result_put(r, FIG_MAJOR_FAULTS, (uint64_t)ru->ru_majflt, FROM_RUSAGE);
	result_put(r, FIG_READ, (uint64_t)ru->ru_inblock << 9, FROM_RUSAGE);
	result_put(r, FIG_WRITE, (uint64_t)ru->ru_oublock << 9, FROM_RUSAGE);
	result_put(r, FIG_VOLUNTARY_SWITCHES, (uint64_t)ru->ru_nvcsw, FROM_RUSAGE);
	result_put(r, FIG_INVOLUNTARY_SWITCHES, (uint64_t)ru->ru_nivcsw, FROM_RUSAGE);
	/* What it burnt before we killed it may have been seen, but not counted by the kernel. */
	if (j->watch.used_ns / 1000 > r->user_us + r->sys_us)
		result_put(r, FIG_CPU, j->watch.used_ns / 1000, FROM_LAUNCHER);
	r->asked = receipt_asked(j->plan);
	for (unsigned i = 0; (p = receipt_known(j->plan, i, &note)) != PROTECTIONS; i++)
		result_weaker(r, p, PROTECTION_DEGRADED, note);
}

/* How full the limited file systems are; we are the last to hold them. */
static void put_file_systems(struct jail *j)
{
	struct result *r = &j->result;
	uint64_t bytes = 0, files = 0;
	struct upper_use use;

	for (unsigned i = 0; i < j->n_file_systems; i++) {
		struct statfs fs;

		if (fstatfs(j->file_systems[i], &fs) < 0)
			continue;
		bytes += (uint64_t)(fs.f_blocks - fs.f_bfree) * (uint64_t)fs.f_bsize;
		files += (uint64_t)(fs.f_files - fs.f_ffree);
		if (fs.f_blocks && !fs.f_bfree)
			result_hit(r, HIT_DISK);
		if (fs.f_files && !fs.f_ffree)
			result_hit(r, HIT_INODES);
	}
	if (j->upper.dir >= 0 && (j->plan->account || j->plan->disk_limit) &&
	    upper_use(&j->upper, &use) >= 0) {
		bytes += use.bytes;
		files += use.inodes;
		if (use.full)
			result_hit(r, HIT_DISK);
		if (use.no_inodes)
			result_hit(r, HIT_INODES);
	} else if (!j->n_file_systems) {
		return;
	}
	result_put(r, FIG_DISK_USED, bytes, FROM_LAUNCHER);
	result_put(r, FIG_INODES_USED, files, FROM_LAUNCHER);
}

/* What a program's death by a signal tells of its resource limits. */
static void put_signal(struct result *r)
{
	if (r->signal == SIGXFSZ)
		result_hit(r, HIT_FILE_SIZE);
	if (r->signal == SIGXCPU && r->reason == RESULT_SIGNALED)
		result_hit(r, HIT_RLIMIT_CPU);
}

/* put_result() - the guard is dead: make the result of what is known. */
static void put_result(struct jail *j, int guard_status, const struct rusage *ru)
{
	struct result *r = &j->result;
	struct cgroup_usage groups;
	int status = j->program_reported ? j->program_status : guard_status;

	put_usage(j, ru);
	cgroup_usage(&j->cgroup,
		     !(j->plan->measure || j->plan->account) ? CGROUP_OF_LIMITS
		     : r->wall_us < MEASURE_PRESSURE_US	     ? CGROUP_COUNTED
							     : CGROUP_ALL,
		     &groups);
	r->exit_code = -1;
	if (r->reason != RESULT_SETUP_FAILED) {
		trace_finish(&j->trace, &r->trace);
		if (WIFSIGNALED(status)) {
			r->reason =
				by_policy(j, WTERMSIG(status)) ? RESULT_SECCOMP : RESULT_SIGNALED;
			r->signal = WTERMSIG(status);
			r->core = WCOREDUMP(status);
			if (j->plan->cgroup)
				result_cgroup_reason(r, &groups, j->plan->cgroup->memory_max);
		} else {
			r->reason = RESULT_EXITED;
			r->exit_code = WEXITSTATUS(status);
		}
		if (j->ended_by != RESULT_EXITED)
			r->reason = j->ended_by;
		if (j->ended_by != RESULT_EXITED && j->ended_signal)
			r->signal = j->ended_signal;
		put_signal(r);
	}
	if (j->plan->upper) {
		r->upper = upper_kind_name(j->plan->upper->kind);
		r->upper_kept = j->plan->upper->keep;
		r->layers = j->plan->n_layers;
		r->overlay = j->plan->overlay_server ? "fuse" : NULL;
		if (j->plan->image) {
			r->image_format = diskimage_format_name(j->plan->image->format);
			r->image_way = diskimage_way_name(j->plan->image->way);
		}
	}
	put_file_systems(j);
	if (j->plan->measure && !j->measure_ns)
		measure_end(&j->measure, r);
	result_cgroup_figures(r, &groups);
	measure_judge(r);
}

static void kill_guard(const struct jail *j, int sig)
{
	if (!j->guard)
		return;
	if (sys_pidfd_send_signal(j->guard_fd, sig) < 0)
		sys(SYS_kill, j->guard, sig); /* our unreaped child: the number is still its own */
}

/* How long a guard that was told to end everything may take, before it is killed itself. */
enum { COUNTING_NS = 1000000000 };

/* cpu_time() - what all of its processes have used so far, nanoseconds. */
static uint64_t cpu_time(const struct jail *j)
{
	uint64_t ns;

	if (j->plan->watch.cpu_counter && cgroup_cpu_ns(&j->cgroup, &ns))
		return ns;
	return cputime_below(j->guard);
}

/* watch_limits() - whatever the clock says that has to be done now. */
static void watch_limits(struct jail *j)
{
	const struct watch_plan *p = &j->plan->watch;
	uint64_t next = watch_next(&j->watch), now;

	if (!next)
		return;
	now = now_ns();
	if (now < next)
		return;
	if (j->watch.kill_ns) {
		jail_end(j, j->ended_by, 0);
	} else if (watch_is_due(&j->watch, now)) {
		enum watch_verdict v = watch_look(&j->watch, p, cpu_time(j), now);

		if (v == WATCH_CPU)
			jail_limit(j, RESULT_CPU_LIMIT, p->cpu_ns / 1000, j->watch.used_ns / 1000);
		else if (v == WATCH_IDLE)
			jail_limit(j, RESULT_IDLE_LIMIT, p->idle_ns / 1000,
				   (now - j->watch.active_ns) / 1000);
	}
	if (j->watch.deadline_ns && now >= j->watch.deadline_ns)
		jail_limit(j, RESULT_TIME_LIMIT, p->time_ns / 1000, (now - j->started_ns) / 1000);
}

/* guard_ended() - reap it, if there is something to reap. */
static bool guard_ended(struct jail *j)
{
	struct rusage ru;
	int status, r;

	watch_limits(j);
	if (j->measure_ns && now_ns() >= j->measure_ns) {
		measure_begin(&j->measure);
		j->measure_ns = 0;
	}
	/* A guard that has reported is on its way out: a process that is all ours just waits. */
	r = sys_wait4(j->guard, &status,
		      __WALL | (j->program_reported && j->plan->own_process ? 0 : WNOHANG), &ru);
	if (r <= 0)
		return false;
	while (take_report(j)) /* said before it died */
		;
	j->guard = 0;
	layers_explain(j);
	put_result(j, status, &ru);
	return true;
}

/* A network that does not hold to its own limits is ended. */
static const uint64_t PATIENCE_NS = 7000000000;

int jail_step(struct jail *j)
{
	while (take_report(j))
		;
	if (j->finished)
		return 1;
	if (j->guard && j->server.fd >= 0)
		layers_step(j, now_ns());
	if (j->guard && !guard_ended(j)) {
		network_step(j);
		return 0;
	}
	if (!network_finish(j)) {
		if (!j->patience_ns)
			j->patience_ns = now_ns() + PATIENCE_NS;
		else if (now_ns() >= j->patience_ns)
			network_give_up(j);
		return 0;
	}
	network_figures(j);
	j->finished = true;
	return 1;
}

/* sooner() - the earlier one of two times, of which 0 is none. */
static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a && (!b || a < b) ? a : b;
}

uint64_t jail_next_ns(const struct jail *j)
{
	uint64_t next = watch_next(&j->watch);

	if (!j->guard)
		return j->finished ? 0 : j->patience_ns;
	next = sooner(next, j->server_ns);
	return sooner(next, j->measure_ns);
}

int jail_timeout_ms(const struct jail *j)
{
	uint64_t next = jail_next_ns(j), now;

	if (!next)
		return -1;
	now = now_ns();
	if (now >= next)
		return 0;
	return (int)MIN((next - now + 999999) / 1000000, 3600000ULL);
}

void jail_limit(struct jail *j, enum result_reason reason, uint64_t limit, uint64_t used)
{
	const struct watch_plan *p = &j->plan->watch;

	if (j->ended_by != RESULT_EXITED || j->result.reason == RESULT_SETUP_FAILED)
		return;
	j->result.limit = limit;
	j->result.used = used;
	if (!j->guard) { /* by itself, before we noticed */
		j->ended_by = j->result.reason = reason;
		return;
	}
	if (!p->grace_ns) {
		jail_end(j, reason, 0);
		return;
	}
	j->ended_by = reason;
	watch_ending(&j->watch, p, now_ns());
	kill_guard(j, reason == RESULT_CPU_LIMIT ? SIGXCPU : SIGTERM);
}

void jail_end(struct jail *j, enum result_reason reason, int sig)
{
	static const struct watch_plan at_once, counting = {.grace_ns = COUNTING_NS};

	if (!j->guard) {
		network_give_up(j);
		return;
	}
	if (j->ended_by == RESULT_EXITED) {
		j->ended_by = reason;
		j->ended_signal = sig;
	}
	/*
	 * Without a pid namespace the guard does the killing: see CHILD_SIG_ORPHANED. With one, only it
	 * learns what the killed have used; it gets some time for that.
	 */
	if (j->plan->pid_role == PID_SHARED || (j->plan->account && !j->killing)) {
		if (j->plan->account && cputime_check(NULL) == 0)
			j->watch.used_ns = MAX(j->watch.used_ns, cpu_time(j));
		kill_guard(j, CHILD_SIG_ORPHANED);
		if (j->plan->pid_role == PID_SHARED)
			cgroup_kill(&j->cgroup);
		watch_ending(&j->watch, j->plan->pid_role == PID_SHARED ? &at_once : &counting,
			     now_ns());
	} else {
		kill_guard(j, SIGKILL);
		watch_ending(&j->watch, &at_once, 0);
		if (j->server.pid > 0)
			layers_ending(j, now_ns());
	}
	j->killing = true;
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
	start_clocks(j);
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
	layers_release(j); /* so that nobody waits for it who is to die */
	if (j->guard) {
		let_guard_clean_up(j);
		kill_guard(j, SIGKILL);
		while (sys_wait4(j->guard, NULL, __WALL, NULL) == -EINTR)
			;
		j->guard = 0;
	}
	network_release(j);
	cgroup_remove(&j->cgroup);
	close_fd(&j->guard_fd);
	close_fd(&j->ctl);
	close_fd(&j->tty_master);
	trace_release(&j->trace);
	result_free(&j->result);
	while (j->n_file_systems)
		close_fd(&j->file_systems[--j->n_file_systems]);
	for (unsigned i = 0; i < HELD; i++)
		close_fd(&j->held[i]);
	upper_release(&j->upper);
	if (j->stacks)
		munmap(j->stacks, launch_size(j->plan));
	j->stacks = NULL;
}
