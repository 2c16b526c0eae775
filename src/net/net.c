// SPDX-License-Identifier: BSD-3-Clause
/*
 * The network namespace of one launch. Called by jail/network.c and mode/execve.c.
 *
 * It is made by the launcher, before the jail's user namespace, so that it belongs to the user
 * namespace around the jail: capabilities inside do not count for it. The launcher's thread is in it
 * for a moment; the jail's first process is cloned there. (With jails_own it is the jail's, and there
 * already.) Order: rules, then interfaces, so that no packet passes without rules.
 *
 * Interfaces of the host have to come back. A namespace that dies takes virtual interfaces with it,
 * and sends hardware to the first namespace of the machine, which may not be the one where it was. A
 * socket keeps the namespace alive until they are moved back. Should the launcher be killed, a process
 * of its own, the keeper, does it.
 */
#include <linux/netlink.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "base/io.h"
#include "base/proc.h"
#include "base/sys.h"
#include "net/dns.h"
#include "net/links.h"
#include "net/nat.h"
#include "net/netlink.h"
#include "net/net.h"

#define OWN_NAMESPACE "/proc/thread-self/ns/net"
enum { KEEPER_STACK = 32768 };

/* In memory that the keeper shares. */
struct net_run {
	const struct net_plan *plan;
	size_t size;
	int host_ns;
	int host, jail; /* rtnetlink sockets of both namespaces */
	pid_t launcher, keeper;
	bool inside; /* the launcher's thread is in the jail's namespace */
	struct nat nat;
	struct dns *dns; /* who answers names; NULL: nobody */
	struct link_state state[];
};

static bool has_moved(const struct net_plan *p)
{
	for (unsigned i = 0; i < p->n_links; i++)
		if (p->links[i].kind == NET_MOVED)
			return true;
	return false;
}

/* ---- keeper */

/* close_others() - all descriptors but the three of @n. */
static void close_others(const struct net_run *n)
{
	const unsigned keep[] = {(unsigned)n->host_ns, (unsigned)n->host, (unsigned)n->jail};
	unsigned from = 0, next;

	do {
		next = ~0U;
		for (size_t i = 0; i < ARRAY_SIZE(keep); i++)
			if (keep[i] >= from)
				next = MIN(next, keep[i]);
		if (next > from && sys_close_range(from, next - (next != ~0U), 0) < 0)
			for (unsigned fd = from; fd < MIN(next, 65536U); fd++)
				sys_close((int)fd);
		from = next + 1;
	} while (next != ~0U);
}

static int keeper_main(void *arg)
{
	struct net_run *n = arg;
	const uint64_t end = 1ULL << (SIGTERM - 1);

	sys_prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	sys(SYS_setsid); /* what is meant for the launcher's group is not for us */
	sys(SYS_chdir, "/");
	close_others(n);
	/* All signals are blocked; this one comes when the launcher is gone. */
	if (sys(SYS_getppid) == n->launcher)
		while (sys(SYS_rt_sigtimedwait, &end, NULL, NULL, sizeof(end)) == -EINTR)
			;
	links_give_back(n->plan, n->host, n->jail, n->host_ns, n->state, NULL);
	return 0;
}

static int start_keeper(struct net_run *n, struct err *err)
{
	const uint64_t all = ~0ULL;
	uint64_t mask;
	char *stack = mmap(NULL, KEEPER_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	if (stack == MAP_FAILED)
		return err_sys(err, errno, "memory for the interfaces' keeper");
	n->launcher = (pid_t)sys(SYS_getpid);
	sys_sigmask(SIG_SETMASK, &all, &mask);
	/* No signal at its end, so that nobody but us sees this child (wait(2), __WCLONE). */
	n->keeper =
		proc_clone(0, 0, keeper_main, n, stack + KEEPER_STACK, KEEPER_STACK, NULL, FD_NONE);
	sys_sigmask(SIG_SETMASK, &mask, NULL);
	munmap(stack, KEEPER_STACK);
	if (n->keeper < 0) {
		int r = n->keeper;

		n->keeper = 0;
		return err_sys(err, r, "start the interfaces' keeper");
	}
	return 0;
}

static void end_keeper(struct net_run *n)
{
	if (!n->keeper)
		return;
	sys(SYS_kill, n->keeper, SIGKILL);
	while (sys_wait4(n->keeper, NULL, __WALL, NULL) == -EINTR)
		;
	n->keeper = 0;
}

/* ---- enter */

static int open_sockets(struct net_run *n, int ns, struct err *err)
{
	int r;

	n->host_ns = sys_openat(AT_FDCWD, OWN_NAMESPACE, O_RDONLY, 0);
	if (n->host_ns < 0)
		return err_sys(err, n->host_ns, "open %s", OWN_NAMESPACE);
	n->host = nl_open(NETLINK_ROUTE);
	if (n->host < 0)
		return err_sys(err, n->host, "open a netlink socket");
	/* Where this is refused there would be no way back: root of a container's user namespace. */
	r = sys_setns(n->host_ns, CLONE_NEWNET);
	if (r < 0)
		return err_sys(err, r, "come back to the caller's network namespace");
	r = ns >= 0 ? sys_setns(ns, CLONE_NEWNET) : (int)sys(SYS_unshare, CLONE_NEWNET);
	if (r < 0)
		return err_sys(err, r,
			       ns >= 0 ? "enter the jail's network namespace"
				       : "make a network namespace");
	n->inside = true;
	n->jail = nl_open(NETLINK_ROUTE);
	return n->jail < 0 ? err_sys(err, n->jail, "open a netlink socket in the jail") : 0;
}

static int send_rules(const struct net_plan *p, struct err *err)
{
	_cleanup_close_ int sock = nl_open(NETLINK_NETFILTER);
	struct nl_answer answer = {0};
	int r = sock < 0 ? sock : nl_send(sock, p->rules, p->rules_len, &answer);

	if (r >= 0)
		return 0;
	/* messages about a rule carry its number */
	if (answer.seq)
		err_sys(err, r, "set traffic rule %u", answer.seq);
	else
		err_sys(err, r, "set the traffic rules");
	if (answer.why[0])
		err_set(err, -r, "%s (%s)", strdupa(err->msg), answer.why);
	if (r == -ENOENT || r == -EOPNOTSUPP || r == -EPROTONOSUPPORT || r == -EINVAL)
		err_hint(err,
			 "the kernel needs nf_tables for both families (CONFIG_NF_TABLES_INET), "
			 "with nft_reject_inet and nft_ct: see 'toastainer doctor'");
	return r;
}

/*
 * What capabilities inside would give in a namespace of the jail's own. These files show the namespace
 * of whoever opens them. A jail that cannot have it is told so when it tries.
 */
static void open_doors(const struct net_plan *p)
{
	if (p->low_ports)
		io_write_file(AT_FDCWD, "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
	if (p->ping)
		io_write_file(AT_FDCWD, "/proc/sys/net/ipv4/ping_group_range", p->ping);
}

static int enter(struct net_run *n, int ns, struct err *err)
{
	const struct net_plan *p = n->plan;
	_cleanup_close_ int jail_ns = FD_NONE;
	bool nat = p->kind == NET_NAT;
	int r = nat ? nat_begin(&n->nat, p->policy, err) : 0;

	if (r >= 0)
		r = open_sockets(n, ns, err);
	if (r >= 0 && p->rules)
		r = send_rules(p, err);
	if (r >= 0 && nat)
		r = nat_rules(&n->nat, p->policy, err);
	if (r >= 0 && has_moved(p))
		r = start_keeper(n, err);
	if (r >= 0 && (p->n_links || nat)) {
		jail_ns = sys_openat(AT_FDCWD, OWN_NAMESPACE, O_RDONLY, 0);
		if (jail_ns < 0)
			r = err_sys(err, jail_ns, "open %s", OWN_NAMESPACE);
	}
	if (r >= 0)
		r = links_bring(p, n->host, n->jail, jail_ns, n->state, err);
	if (r >= 0)
		r = nat ? nat_connect(&n->nat, p, n->host, n->jail, jail_ns, err)
			: links_set_up(p, n->jail, n->state, err);
	if (r >= 0 && nat && p->dns)
		r = dns_open(p->policy, &n->dns, err);
	if (r >= 0)
		open_doors(p);
	return r;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		sys_close(*fd);
	*fd = FD_NONE;
}

int net_enter(const struct net_plan *plan, int ns, struct net_run **ret, struct err *err)
{
	size_t size = sizeof(struct net_run) + plan->n_links * sizeof(struct link_state);
	struct net_run *n =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (n == MAP_FAILED)
		return err_sys(err, errno, "memory for the jail's network");
	n->plan = plan;
	n->size = size;
	n->host_ns = n->host = n->jail = FD_NONE;
	n->nat = (struct nat)NAT_INIT;
	r = enter(n, ns, err);
	if (r < 0) {
		net_release(n, NULL);
		return r;
	}
	*ret = n;
	return 0;
}

const char *net_obstacle(const struct net_run *n)
{
	return n->nat.host.blocked_by[0] ? n->nat.host.blocked_by : NULL;
}

bool net_count(const struct net_run *n, struct net_count *ret)
{
	return n->nat.index && n->host >= 0 && nat_count(&n->nat, n->host, ret) == 0;
}

int net_leave(struct net_run *n, bool count, struct err *err)
{
	int r = n->inside ? sys_setns(n->host_ns, CLONE_NEWNET) : 0;

	if (r < 0)
		return err_sys(err, r, "return to the host's network namespace");
	n->inside = false;
	/* Only what has to come back, go or be counted needs the namespace once more. */
	if (!n->keeper && !links_must_go(n->plan) && !(count && n->nat.index)) {
		close_fd(&n->jail);
		close_fd(&n->host);
		close_fd(&n->host_ns);
	}
	return 0;
}

int net_fd(const struct net_run *n)
{
	return n && n->dns ? dns_fd(n->dns) : FD_NONE;
}

void net_step(struct net_run *n)
{
	if (n->dns)
		dns_step(n->dns);
}

int net_release(struct net_run *n, struct err *err)
{
	int r = 0;

	if (!n)
		return 0;
	if (n->inside)
		net_leave(n, false, NULL);
	dns_close(take_ptr(n->dns));
	if (n->jail >= 0) {
		r = links_give_back(n->plan, n->host, n->jail, n->host_ns, n->state, err);
		links_remove(n->plan, n->jail, n->state);
	}
	end_keeper(n);
	if (n->plan->kind == NET_NAT)
		nat_release(&n->nat, n->plan->policy);
	close_fd(&n->jail);
	close_fd(&n->host);
	close_fd(&n->host_ns);
	munmap(n, n->size);
	return r;
}
