// SPDX-License-Identifier: BSD-3-Clause
/*
 * The helper of a network without privileges: its start and its end. Called by jail/network.c, in the
 * launcher. The helper is a copy of the launcher that runs our code only, in the launcher's network
 * namespace, as the launcher's user. What it cannot set up it says over its socket, and ends.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/proc.h"
#include "base/sys.h"
#include "net/netlink.h"
#include "net/user_impl.h"

enum { STACK = 262144, SETUP_STACK = 65536 };
enum { OTHER_FILES = 40, FLOW_FILES = 3 };

/* struct user_run - the launcher's side */
struct user_run {
	pid_t pid, jail;
	int ctl;
	bool pasta; /* the helper has a child, and ends it itself */
	bool told;  /* that the jail has ended */
	bool ports; /* it holds ports of the host, which the next one may want */
	volatile struct user_counts *counts;
};

/* ---- the helper */

struct start {
	const struct user_plan *plan;
	pid_t launcher;
	int ctl;
	volatile struct user_counts *counts;
};

struct setup {
	struct user *u;
	struct err *err;
	int r;
};

static int setup_main(void *arg)
{
	struct setup *s = arg;

	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* it waits for the jail */
	s->r = user_setup(s->u, s->err);
	return 0;
}

/* in_namespaces() - from there an ordinary user cannot come back: so somebody else goes. */
static int in_namespaces(struct user *u, struct err *err)
{
	struct setup s = {u, err, -ECANCELED};
	char *stack = proc_memory(SETUP_STACK);
	pid_t pid;

	if (!stack)
		return err_sys(err, errno, "memory for the network's set-up");
	pid = proc_clone(CLONE_VM | CLONE_VFORK | CLONE_FILES, 0, setup_main, &s,
			 stack + SETUP_STACK, SETUP_STACK, NULL, FD_NONE);
	if (pid < 0)
		return err_sys(err, pid, "start the network's set-up");
	while (sys_wait4(pid, NULL, __WALL, NULL) == -EINTR)
		;
	return s.r;
}

static int open_forward(struct user *u, unsigned i, struct err *err)
{
	const struct user_forward *fw = &u->plan->forwards[i];
	struct user_end on = {.family = fw->on.family, .port = fw->host_port};
	struct sockaddr_storage sa;
	const int yes = 1;
	bool tcp = fw->proto == IPPROTO_TCP;
	socklen_t len;
	int fd, r;

	u->forwards[i] = FD_NONE;
	if (!u->has[user_family(fw->to.family)])
		return 0; /* IPv6 is switched off on this machine */
	memcpy(on.ip, fw->on.ip, sizeof(on.ip));
	len = user_sockaddr(&on, &sa);
	fd = u->forwards[i] = user_outer(&on, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
	if (fd < 0)
		return err_sys(err, fd, "open a socket");
	if (tcp)
		sys(SYS_setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (on.family == AF_INET6)
		sys(SYS_setsockopt, fd, SOL_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (tcp)
		user_urgent_inline(fd);
	r = (int)sys(SYS_bind, fd, &sa, len);
	if (r >= 0 && tcp)
		r = (int)sys(SYS_listen, fd, 4096);
	if (r < 0)
		return err_sys(err, r, "listen on port %u of the host", on.port);
	return user_watch(u, fd, EVENT_FORWARD, i, tcp ? EPOLLIN | EPOLLET : EPOLLIN);
}

static int watch_all(struct user *u, struct err *err)
{
	int r = user_watch(u, u->ctl, EVENT_CTL, 0, EPOLLIN | EPOLLRDHUP);

	if (r >= 0)
		r = user_watch(u, u->wire, EVENT_WIRE, 0, EPOLLIN);
	if (r >= 0 && u->dns)
		r = user_watch(u, dns_fd(u->dns), EVENT_DNS, 0, EPOLLIN);
	for (unsigned i = 0; i < 2 && r >= 0; i++) {
		if (!u->has[i])
			continue;
		r = user_watch(u, u->tcp[i], EVENT_TCP, i, EPOLLIN | EPOLLET);
		if (r >= 0)
			r = user_watch(u, u->udp[i], EVENT_UDP, i, EPOLLIN);
	}
	if (r < 0)
		return err_sys(err, r, "watch the jail's network");
	for (unsigned i = 0; i < u->plan->n_forwards && r >= 0; i++)
		r = open_forward(u, i, err);
	return r;
}

/*
 * take_files() - as many descriptors as we are allowed, and no more flows than they are enough for: a
 * connection takes one first, and must get the second one.
 */
static void take_files(struct user *u)
{
	rlim_t others = OTHER_FILES + u->plan->n_forwards;
	struct rlimit files = {0};

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	u->max_flows = 1;
	if (files.rlim_max > others + FLOW_FILES)
		u->max_flows = (uint32_t)MIN((files.rlim_max - others) / FLOW_FILES, USER_FLOWS);
}

static int prepare(struct user *u, struct err *err)
{
	int r;

	take_files(u);
	u->epoll = (int)sys(SYS_epoll_create1, EPOLL_CLOEXEC);
	u->route = nl_open(NETLINK_ROUTE);
	if (u->epoll < 0 || u->route < 0)
		return err_sys(err, MIN(u->epoll, u->route), "prepare the network helper");
	if (u->plan->names)
		user_names(u);
	r = in_namespaces(u, err);
	if (r >= 0)
		r = watch_all(u, err);
	return r < 0 ? r : user_confine(err);
}

static int helper_main(void *arg)
{
	const struct start *s = arg;
	struct err err = ERR_INIT;
	struct user *u;
	int ctl = s->ctl, r;

	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (sys(SYS_getppid) != s->launcher)
		return 1;
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	sys_prctl(PR_SET_NAME, (unsigned long)"toastainer-net", 0, 0, 0);
	sys(SYS_setsid); /* what is meant for the launcher's group is not for us */
	sys(SYS_chdir, "/");
	if (ctl > 0)
		sys_close_range(0, (unsigned)ctl - 1, 0);
	sys_close_range((unsigned)ctl + 1, ~0U, 0);
	if (s->plan->pasta)
		return user_pasta(s->plan, ctl);
	u = mmap(NULL, sizeof(*u), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (u == MAP_FAILED) {
		r = err_sys(&err, errno, "memory for the network helper");
	} else {
		u->plan = s->plan;
		u->counts = s->counts;
		u->ctl = ctl;
		u->maker = FD_NONE;
		if (s->plan->policy) {
			u->rates[0].rate = s->plan->policy->rate_out;
			u->rates[1].rate = s->plan->policy->rate_in;
		}
		u->has[0] = s->plan->ip4.family;
		u->has[1] = s->plan->ip6.family;
		r = prepare(u, &err);
	}
	sys(SYS_sendto, ctl, &err, sizeof(err), MSG_NOSIGNAL, NULL, 0);
	if (r < 0)
		return 1;
	user_loop(u);
}

/* ---- the launcher */

int user_start(const struct user_plan *p, struct user_run **ret, struct err *err)
{
	const uint64_t all = ~0ULL;
	struct user_run *run = mem_alloc(sizeof(*run));
	struct start s = {.plan = p, .launcher = (pid_t)sys(SYS_getpid)};
	char *stack = proc_memory(STACK);
	uint64_t mask;
	int pair[2];
	void *page;

	if (!run || !stack)
		return err_oom(err);
	*run = (struct user_run){.ctl = FD_NONE, .pasta = p->pasta, .ports = p->n_forwards};
	*ret = run;
	page = mmap(NULL, sizeof(*run->counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	if (page == MAP_FAILED)
		return err_sys(err, errno, "memory for the network helper");
	s.counts = run->counts = page;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "make the network helper's socket");
	run->ctl = pair[0];
	s.ctl = pair[1];
	sys_sigmask(SIG_SETMASK, &all, &mask);
	/* No signal at its end: nobody but us sees this child (wait(2), __WCLONE). */
	run->pid = proc_clone(0, 0, helper_main, &s, stack + STACK, STACK, NULL, FD_NONE);
	sys_sigmask(SIG_SETMASK, &mask, NULL);
	sys_close(pair[1]);
	munmap(stack, STACK);
	if (run->pid < 0)
		return err_sys(err, run->pid, "start the network helper");
	return 0;
}

static void tell(const struct user_run *u)
{
	sys(SYS_sendto, u->ctl, &u->jail, sizeof(u->jail), MSG_NOSIGNAL, NULL, 0);
}

void user_tell(struct user_run *u, pid_t pid)
{
	u->jail = pid;
	if (!u->pasta)
		tell(u);
}

pid_t user_hear(int ctl)
{
	pid_t pid;
	long n;

	do
		n = sys(SYS_recvfrom, ctl, &pid, sizeof(pid), 0, NULL, NULL);
	while (n == -EINTR);
	return n == sizeof(pid) ? pid : -1;
}

int user_wait(struct user_run *u, struct err *err)
{
	struct err said;
	long n;

	if (u->pasta) /* it enters the jail's user namespace: not before that has its maps */
		tell(u);
	do
		n = sys(SYS_recvfrom, u->ctl, &said, sizeof(said), 0, NULL, NULL);
	while (n == -EINTR);
	if (n != sizeof(said))
		return err_set(err, ECANCELED, "the network helper died");
	if (!said.code)
		return 0;
	*err = said;
	return -said.code;
}

int user_fd(const struct user_run *u)
{
	return u ? u->ctl : FD_NONE;
}

bool user_counts(const struct user_run *u, struct user_counts *ret)
{
	if (u->pasta)
		return false;
	*ret = (struct user_counts){u->counts->bytes_out, u->counts->bytes_in,
				    u->counts->connections, u->counts->flows, u->counts->refused};
	return true;
}

bool user_gone(const struct user_run *u)
{
	char said;

	return sys(SYS_recvfrom, u->ctl, &said, sizeof(said), MSG_DONTWAIT, NULL, NULL) != -EAGAIN;
}

void user_finish(struct user_run *u)
{
	if (!u->told)
		sys(SYS_shutdown, u->ctl, u->pasta ? SHUT_RDWR : SHUT_WR);
	u->told = true;
}

void user_give_up(struct user_run *u)
{
	if (!u->pasta)
		sys(SYS_kill, u->pid, SIGKILL);
}

void user_stop(struct user_run *u, bool wait)
{
	if (!u)
		return;
	/* A jail that is just being started may still hold a copy of it: closing is not enough. */
	if (u->pasta && u->ctl >= 0)
		sys(SYS_shutdown, u->ctl, SHUT_RDWR);
	if (u->pid > 0) {
		if (!u->pasta)
			sys(SYS_kill, u->pid, SIGKILL);
		while ((wait || u->ports) && sys_wait4(u->pid, NULL, __WALL, NULL) == -EINTR)
			;
	}
	if (u->ctl >= 0)
		sys_close(u->ctl);
	if (u->counts)
		munmap((void *)(uintptr_t)u->counts, sizeof(*u->counts));
	free(u);
}
