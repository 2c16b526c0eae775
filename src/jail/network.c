// SPDX-License-Identifier: BSD-3-Clause
/*
 * The launcher's part of a jail's network: when in a launch it is made, and that it is released.
 * Called by jail.c, network_sysfs() also by mode/execve.c. Errors are those of net/net.c.
 */
#include "base/log.h"
#include "base/sys.h"
#include "jail/mounts.h"
#include "jail/network.h"
#include "net/user.h"

int network_before(struct jail *j, struct err *err)
{
	const struct net_plan *net = j->plan->net;
	const char *obstacle;
	int r;

	if (net && net->user) {
		r = user_start(net->user, &j->user, err);
		if (r < 0)
			return r;
	}
	if (!net || net->jails_own)
		return 0;
	r = net_enter(net, FD_NONE, &j->net, err);
	obstacle = r < 0 ? NULL : net_obstacle(j->net);
	if (obstacle)
		log_warn("forwarded packets may be dropped by %s", obstacle);
	return r;
}

/* The guard's namespace is the jail's own: it is there now, and the jail waits for our "go". */
static int enter_guards(struct jail *j, struct err *err)
{
	_cleanup_close_ int ns = FD_NONE;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", j->guard);
	ns = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
	if (ns < 0)
		return err_sys(err, ns, "open %s", path);
	return net_enter(j->plan->net, ns, &j->net, err);
}

int network_after(struct jail *j, struct err *err)
{
	const struct net_plan *net = j->plan->net;
	/* An ordinary user may not enter it: only where there is something to do. */
	int r = net && net->jails_own && net->n_links ? enter_guards(j, err) : 0;

	if (r >= 0 && j->net)
		r = net_leave(j->net, j->plan->account, err);
	if (r >= 0 && j->user)
		user_tell(j->user, j->guard);
	return r;
}

int network_ready(struct jail *j, struct err *err)
{
	return j->user ? user_wait(j->user, err) : 0;
}

int network_fd(const struct jail *j)
{
	return j->user ? user_fd(j->user) : net_fd(j->net);
}

void network_step(struct jail *j)
{
	if (j->net)
		net_step(j->net);
	if (!j->user || j->killing || !user_gone(j->user))
		return;
	err_set(&j->result.err, EPIPE, "the network helper has ended, and the jail with it");
	snprintf(j->result.err.step, sizeof(j->result.err.step), "network");
	j->result.reason = RESULT_SETUP_FAILED;
	jail_end(j, RESULT_SETUP_FAILED, 0);
}

bool network_finish(struct jail *j)
{
	if (!j->user)
		return true;
	user_finish(j->user);
	return user_gone(j->user);
}

void network_give_up(struct jail *j)
{
	if (j->user)
		user_give_up(j->user);
}

void network_figures(struct jail *j)
{
	struct result *r = &j->result;
	struct user_counts u;
	struct net_count c;

	if (j->user && user_counts(j->user, &u)) { /* of the data: the helper sees no packets */
		result_put(r, FIG_NET_IN, u.bytes_in, FROM_LAUNCHER);
		result_put(r, FIG_NET_OUT, u.bytes_out, FROM_LAUNCHER);
	}
	if (!j->net || !net_count(j->net, &c))
		return;
	result_put(r, FIG_NET_IN, c.in_bytes, FROM_INTERFACE);
	result_put(r, FIG_NET_IN_PACKETS, c.in_packets, FROM_INTERFACE);
	result_put(r, FIG_NET_OUT, c.out_bytes, FROM_INTERFACE);
	result_put(r, FIG_NET_OUT_PACKETS, c.out_packets, FROM_INTERFACE);
}

void network_release(struct jail *j)
{
	struct err err = ERR_INIT;

	user_stop(j->user, !j->parting);
	j->user = NULL;
	if (!j->net)
		return;
	if (net_release(j->net, &err) < 0)
		log_err(LOG_WARNING, &err);
	j->net = NULL;
}

int network_sysfs(const struct jail_plan *p, struct err *err)
{
	static const char *const readonly[] = {"ro", NULL};

	for (unsigned i = 0; i < p->n_mounts && p->net; i++) {
		struct mount_plan m = p->mounts[i];
		int r;

		if (!m.by_launcher)
			continue;
		/* The file system itself, not only its mount, which the jail may be able to change. */
		if (m.attrs & MOUNT_ATTR_RDONLY)
			m.options = readonly;
		r = mounts_make_fs(&m, err);
		return r < 0 && m.optional ? FD_NONE : r;
	}
	return FD_NONE;
}
