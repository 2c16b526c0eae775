// SPDX-License-Identifier: BSD-3-Clause
/*
 * Without a supervisor: no time limit, no result, no clean-up after a killed parent. Whoever may not
 * write their own id maps has a child outside the new user namespace do it.
 */
#include <signal.h>
#include <sys/prctl.h>

#include "base/log.h"
#include "base/sys.h"
#include "config/to_plan.h"
#include "jail/child.h"
#include "jail/hints.h"
#include "jail/network.h"
#include "jail/userns.h"
#include "mode/execve.h"

/* write_maps_from_outside() - a child that stays in our old user namespace, told over a pipe. */
static pid_t write_maps_from_outside(const struct jail_plan *plan, int *ret_go, struct err *err)
{
	pid_t self = getpid(), pid;
	int go[2];

	if (pipe2(go, O_CLOEXEC) < 0)
		return err_sys(err, errno, "make a pipe");
	pid = fork();
	if (pid == 0) {
		struct err e = ERR_INIT;
		char c;

		close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(0); /* unshare failed: nothing to do */
		if (userns_write_maps(plan, self, &e) < 0) {
			log_err(LOG_FATAL, &e);
			_exit(1);
		}
		_exit(0);
	}
	close(go[0]);
	if (pid < 0) {
		close(go[1]);
		return err_sys(err, errno, "start a process to write the id maps");
	}
	*ret_go = go[1];
	return pid;
}

static int unshare_all(const struct jail_plan *plan, struct err *err)
{
	_cleanup_close_ int go = FD_NONE;
	pid_t writer = 0;
	int status = 0, r;

	if (plan->clone_flags & CLONE_NEWUSER) {
		writer = write_maps_from_outside(plan, &go, err);
		if (writer < 0)
			return writer;
	}
	r = (int)sys(SYS_unshare, plan->clone_flags);
	if (r < 0)
		err_sys(err, r, "make the jail's namespaces");
	else if (writer && write(go, "g", 1) != 1)
		r = err_set(err, EPIPE, "the process that writes the id maps died");
	close(take_fd(&go));
	while (writer && sys_wait4(writer, &status, 0, NULL) == -EINTR)
		;
	if (r >= 0 && status)
		r = err_set(err, EPERM, "the id maps could not be written");
	if (r < 0)
		snprintf(err->step, sizeof(err->step), "namespaces");
	return r;
}

/*
 * The first process of a pid namespace must live as long as the namespace is to take new ones. The
 * program is not in it, so a process of ours is: it reaps, and dies with the program.
 */
static int start_pid_one(struct err *err)
{
	static const uint32_t none[6];
	const uint32_t head[2] = {0x20080522, 0}; /* _LINUX_CAPABILITY_VERSION_3 */
	int ready[2] = {FD_NONE, FD_NONE};
	pid_t pid = pipe2(ready, O_CLOEXEC) < 0 ? -1 : fork();
	char c;

	if (pid < 0) {
		err_sys(err, errno, "start the first process of the pid namespace");
		snprintf(err->step, sizeof(err->step), "namespaces");
	}
	if (pid != 0) {
		/* A program that ends at once must not end before its end is noticed. */
		close(take_fd(&ready[1]));
		while (pid > 0 && read(ready[0], &c, 1) < 0 && errno == EINTR)
			;
		close(take_fd(&ready[0]));
		return pid < 0 ? -err->code : 0;
	}
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	close(ready[0]); /* or else a parent that has ended already goes unnoticed */
	if (write(ready[1], "g", 1) != 1)
		_exit(0);
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	sys(SYS_capset, head, none);
	sys_close_range(0, ~0U, 0);
	signal(SIGCHLD, SIG_IGN); /* children are reaped by the kernel */
	for (;;)
		pause();
}

/*
 * The network's namespace is made before the others and stays ours. An interface of the host that is
 * in there is given back by its keeper, which outlives the program.
 */
static int enter_network(struct child *c, struct err *err)
{
	struct net_run *run; /* ends with this process, and with that of the keeper */
	int r = net_enter(c->plan->net, FD_NONE, &run, err);

	if (r < 0) {
		snprintf(err->step, sizeof(err->step), "network");
		return r;
	}
	r = network_sysfs(c->plan, err);
	c->sysfs = r;
	return r == FD_NONE ? 0 : r;
}

/* Only the program's children are in the new pid namespace, and the user namespace wants its /proc. */
static void add_hint(const struct jail_plan *plan, struct err *err)
{
	const uint64_t both = CLONE_NEWUSER | CLONE_NEWPID;

	if (err->code == EPERM && (plan->clone_flags & both) == both &&
	    strstr(err->msg, "mount proc"))
		err_hint(err,
			 "in mode execve the program stays outside of its pid namespace, whose "
			 "/proc a user namespace then may not mount: --disable_proc, or as root "
			 "--disable_clone_newuser, or mode once");
	hint_plan(plan, err);
	hint_add(err);
}

int execve_run(const struct config *cfg, struct err *err)
{
	struct planned planned = PLANNED_INIT;
	struct child c = {.plan = &planned.plan,
			  .ctl = FD_NONE,
			  .root = FD_NONE,
			  .scratch = FD_NONE,
			  .pts = FD_NONE,
			  .sysfs = FD_NONE,
			  .tty_slave = FD_NONE,
			  .stdio = FD_NONE,
			  .std = {FD_NONE, FD_NONE, FD_NONE},
			  .exec_fd = FD_NONE};
	int r = to_plan(cfg, &planned, err);

	for (unsigned i = 0; i < planned.n_warnings; i++)
		log_warn("%s", planned.warnings[i]);
	if (r >= 0) {
		c.trees = arena_alloc(&planned.arena, (planned.plan.n_mounts + 1) * sizeof(int));
		r = c.trees ? 0 : err_oom(err);
	}
	for (unsigned i = 0; r >= 0 && i < planned.plan.n_mounts; i++)
		c.trees[i] = FD_NONE;
	c.exec_fd = planned.plan.exec_fd;
	if (r >= 0 && planned.plan.net)
		r = enter_network(&c, err);
	if (r >= 0)
		r = unshare_all(&planned.plan, err);
	if (r >= 0 && planned.plan.clone_flags & CLONE_NEWPID)
		r = start_pid_one(err);
	if (r >= 0)
		r = child_confine_and_exec(&c, err);
	if (r < 0)
		add_hint(&planned.plan, err);
	planned_free(&planned);
	return r;
}
