// SPDX-License-Identifier: BSD-3-Clause
/*
 * Steps "oom_score" and "limits": what a process may use, and how it is scheduled.
 */
#include <sys/personality.h>
#include <sys/prctl.h>

#include "base/io.h"
#include "base/sys.h"
#include "jail/steps.h"

#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE	     62
#define PR_SCHED_CORE_CREATE 1
#endif
#define SCHED_CORE_THREAD_GROUP 1 /* the scope's number, linux/sched.h */

int limits_oom_score(struct child *c, struct err *err)
{
	char text[16];
	int r;

	if (!c->plan->set_oom_score_adj)
		return 0;
	snprintf(text, sizeof(text), "%d", c->plan->oom_score_adj);
	r = io_write_file(AT_FDCWD, "/proc/self/oom_score_adj", text);
	return r < 0 ? err_sys(err, r, "set oom_score_adj to %s", text) : 0;
}

static int apply_scheduling(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	int r;

	if (p->set_nice) {
		r = (int)sys(SYS_setpriority, PRIO_PROCESS, 0, p->nice);
		if (r < 0) {
			err_sys(err, r, "set the nice value to %d", p->nice);
			err_hint(err, "below the caller's own it needs CAP_SYS_NICE outside the "
				      "user namespace: see --disable_clone_newuser");
			r = p->nice_must_work
				    ? r
				    : child_weaker(c, PROTECT_NICE, PROTECTION_ABSENT, err);
		}
		if (r < 0)
			return r;
	}
	if (p->cpus) {
		r = (int)sys(SYS_sched_setaffinity, 0, sizeof(*p->cpus), p->cpus);
		if (r < 0)
			return err_sys(err, r, "set the CPUs to run on");
	}
	if (p->core_scheduling) {
		r = sys_prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, SCHED_CORE_THREAD_GROUP, 0);
		if (r < 0)
			return err_sys(err, r, "core scheduling");
	}
	return 0;
}

int limits_apply(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	int r = apply_scheduling(c, err);

	if (r < 0)
		return r;
	sys(SYS_umask, p->umask >= 0 ? (mode_t)p->umask : c->umask);
	if (p->personality) {
		r = (int)sys(SYS_personality, p->personality);
		if (r < 0)
			return err_sys(err, r, "set personality %#lx", p->personality);
	}
#ifdef PR_SET_TSC
	if (p->disable_tsc) {
		r = sys_prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
		if (r < 0)
			return err_sys(err, r, "disable the time stamp counter");
	}
#endif
	for (unsigned i = 0; i < p->n_limits; i++) {
		const struct limit_plan *l = &p->limits[i];

		r = (int)sys(SYS_prlimit64, 0, l->resource, &l->value, NULL);
		if (r < 0) {
			err_sys(err, r, "set rlimit_%s to %llu/%llu", l->name,
				(unsigned long long)l->value.rlim_cur,
				(unsigned long long)l->value.rlim_max);
			return r == -EPERM ? err_hint(err, "the caller's hard limit is lower: "
							   "raising it takes "
							   "CAP_SYS_RESOURCE and no user namespace "
							   "(--disable_clone_newuser)")
					   : r;
		}
	}
	return 0;
}
