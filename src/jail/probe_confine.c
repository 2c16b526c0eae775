// SPDX-License-Identifier: BSD-3-Clause
/*
 * Probes of what confines a program further: seccomp filters, their notifications, Landlock. Each
 * in a child, which a filter may hold or kill without harm.
 */
#include <sys/prctl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "jail/probe_impl.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif
#define LANDLOCK_ASK_VERSION 1

/* A filter that allows everything. @arg: flags. */
static int try_filter(struct trial *t, const void *arg)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {.len = 1, .filter = &allow};
	const unsigned long *flags = arg;
	long r = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	if (r < 0)
		return trial_fail(t, "no_new_privs", r);
	r = sys(SYS_seccomp, SECCOMP_SET_MODE_FILTER, *flags, &prog);
	return r < 0 ? trial_fail(t, "seccomp", r) : 0;
}

void probe_seccomp(const struct probe_env *env, const struct probe *probe UNUSED,
		   struct probe_result *r)
{
	const unsigned long flags = SECCOMP_FILTER_FLAG_LOG;
	const char *around = probe_status_field("Seccomp") == 2 ? "; a filter is around us" : "";
	struct trial t;
	char text[160];

	if (probe_try(env, 0, try_filter, &flags, &t) == 0) {
		probe_say(r, PROBE_OK, "filter installed, with logging%s", around);
		return;
	}
	probe_say(r, PROBE_MISSING, "refused at %s", trial_text(&t, text, sizeof(text)));
	if (t.code == EINVAL || (t.code == ENOSYS && !*around)) {
		probe_cause(r, "this kernel was built without seccomp filters");
		probe_cure(r, "a kernel with CONFIG_SECCOMP_FILTER");
	} else {
		probe_blame(env, &t, "seccomp filters", r);
	}
}

void probe_unotify(const struct probe_env *env, const struct probe *probe UNUSED,
		   struct probe_result *r)
{
	const unsigned long plain = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	const unsigned long killable = plain | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	struct trial t;
	char text[160];

	if (probe_try(env, 0, try_filter, &killable, &t) == 0) {
		probe_say(r, PROBE_OK, "listener made, with killable waits");
		return;
	}
	if (probe_try(env, 0, try_filter, &plain, &t) == 0) {
		probe_say(r, PROBE_OK, "listener made, without killable waits (Linux 5.19)");
		return;
	}
	probe_say(r, PROBE_MISSING, "refused at %s", trial_text(&t, text, sizeof(text)));
	if (t.code == EBUSY) {
		probe_cause(r, "a filter with a listener is around us, and the kernel allows one");
		probe_cure(r, "start outside of that container or sandbox");
	} else {
		probe_blame(env, &t, "seccomp notifications", r);
	}
}

static int try_landlock(struct trial *t, const void *arg UNUSED)
{
	long r = sys(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_ASK_VERSION);

	if (r < 0)
		return trial_fail(t, "landlock_create_ruleset", r);
	t->value = (int)r;
	return 0;
}

void probe_landlock(const struct probe_env *env, const struct probe *probe UNUSED,
		    struct probe_result *r)
{
	struct trial t;

	if (probe_try(env, 0, try_landlock, NULL, &t) == 0) {
		probe_say(r, PROBE_OK, "ABI version %d", t.value);
		return;
	}
	probe_say(r, PROBE_MISSING, "refused (%s)", strerror(t.code));
	if (t.code == EOPNOTSUPP) {
		probe_cause(r, "the kernel has Landlock, but it was not enabled at boot");
		probe_cure(r, "boot with landlock in the list of the parameter lsm=");
	} else if (t.code == ENOSYS && probe_status_field("Seccomp") != 2) {
		probe_cause(r, "this kernel was built without Landlock (Linux 5.13)");
		probe_cure(r, "a kernel with CONFIG_SECURITY_LANDLOCK");
	} else {
		probe_blame(env, &t, "Landlock", r);
	}
}
