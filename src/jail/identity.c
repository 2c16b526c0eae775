// SPDX-License-Identifier: BSD-3-Clause
/*
 * Steps "identity", "bounding" and "capabilities": who the program is and what it may do.
 * See capabilities(7), user_namespaces(7).
 */
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include "base/sys.h"
#include "jail/steps.h"

/* A user namespace around may deny setgroups(2) for good, as one made without privilege does. */
static bool setgroups_denied(void)
{
	int fd = sys_openat(AT_FDCWD, "/proc/self/setgroups", O_RDONLY, 0);
	char first = 0;

	if (fd < 0)
		return false;
	sys_read(fd, &first, 1);
	sys_close(fd);
	return first == 'd'; /* "deny" */
}

int identity_become(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	int r;

	if (!p->set_ids)
		return 0;
	/* Keep capabilities over the change of user: the steps to come need them. */
	r = sys_prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS, 0, 0, 0);
	if (r < 0)
		return err_sys(err, r, "keep capabilities over the change of user");
	if (!p->deny_setgroups) {
		r = (int)sys(SYS_setgroups, 0, NULL);
		if (r < 0 && !(r == -EPERM && setgroups_denied()))
			return err_sys(err, r, "drop supplementary groups");
	}
	r = (int)sys(SYS_setresgid, p->gid, p->gid, p->gid);
	if (r < 0)
		return err_sys(err, r, "become group %u", p->gid);
	r = (int)sys(SYS_setresuid, p->uid, p->uid, p->uid);
	if (r < 0)
		return err_sys(err, r, "become user %u", p->uid);
	/* The change of user cleared it (prctl(2)). */
	r = sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	return r < 0 ? err_sys(err, r, "set the parent-death signal") : 0;
}

static int drop_bounding(uint64_t keep, struct err *err)
{
	for (unsigned cap = 0; cap < 64; cap++) {
		int r;

		if (keep >> cap & 1)
			continue;
		r = sys_prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
		if (r == -EINVAL) /* the kernel knows no higher capability */
			return 0;
		if (r < 0)
			return err_sys(err, r, "drop capability %u from the bounding set", cap);
	}
	return 0;
}

int identity_bound_caps(struct child *c, struct err *err)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct have[2];
	int r = (int)sys(SYS_capget, &head, have);

	if (r < 0)
		return err_sys(err, r, "read capabilities");
	c->caps = have[0].permitted | (uint64_t)have[1].permitted << 32;
	/* Without CAP_SETPCAP nothing can be dropped from the bounding set, nor is it needed. */
	return c->caps >> CAP_SETPCAP & 1 ? drop_bounding(c->plan->caps & c->caps, err) : 0;
}

int identity_drop_caps(struct child *c, struct err *err)
{
	uint64_t keep = c->plan->caps & c->caps;
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	int r;

	if (c->plan->caps != UINT64_MAX && keep != c->plan->caps)
		return err_set(err, EPERM, "capabilities asked for are not there to keep");
	if (c->caps >> CAP_SETPCAP & 1) {
		r = sys_prctl(PR_SET_SECUREBITS, 0, 0, 0, 0);
		if (r < 0)
			return err_sys(err, r, "reset securebits");
	}
	for (int i = 0; i < 2; i++) {
		uint32_t word = (uint32_t)(keep >> 32 * i);

		data[i] = (struct __user_cap_data_struct){word, word, word};
	}
	sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	r = (int)sys(SYS_capset, &head, data);
	if (r < 0)
		return err_sys(err, r, "set capabilities");
	for (unsigned cap = 0; cap < 64 && keep >> cap; cap++) {
		if (!(keep >> cap & 1))
			continue;
		r = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
		if (r < 0)
			return err_sys(err, r, "make capability %u ambient", cap);
	}
	return 0;
}
