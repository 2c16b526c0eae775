// SPDX-License-Identifier: BSD-3-Clause
/*
 * The jail's wire. Called by user.c, in a process that shares the helper's memory and descriptors: it
 * enters namespaces, from which an ordinary user cannot come back, and leaves sockets there.
 *
 * A veth pair: one end is the jail's interface, the other lies in a namespace of its own, the *landing*,
 * where every address is local and nothing leads further. The landing belongs to the user namespace that
 * we are in; to the jail's where we may not make one otherwise. That is no hole: whoever rules the
 * landing can send the helper whatever he likes, and the helper decides about it by the destination.
 */
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "base/io.h"
#include "base/proc.h"
#include "base/sys.h"
#include "net/netlink.h"
#include "net/user_impl.h"

#define WIRE "wire"

enum { GET_INDEX = 0x8933, LOOPBACK = 1, WIRE_MTU = 65535 };
enum { OPT_RECVORIGDSTADDR = 20, OPT_V6_RECVORIGDSTADDR = 74, OPT_V6_HDRINCL = 36 };
enum { OPT_TRANSPARENT = 19, OPT_V6_TRANSPARENT = 75 };

static int index_of(int sock, const char *name)
{
	struct ifreq req = {0};
	int r;

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	r = (int)sys(SYS_ioctl, sock, GET_INDEX, &req);
	return r < 0 ? r : req.ifr_ifindex;
}

/* ---- links, addresses, routes */

static void put_veth(struct nl *b, const char *name, int jail_ns)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC};
	size_t info, data, peer;

	nl_begin(b, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0);
	nl_put(b, &head, sizeof(head));
	nl_str(b, IFLA_IFNAME, WIRE);
	nl_u32(b, IFLA_MTU, WIRE_MTU);
	info = nl_nest(b, IFLA_LINKINFO);
	nl_str(b, IFLA_INFO_KIND, "veth");
	data = nl_nest(b, IFLA_INFO_DATA);
	peer = nl_nest(b, VETH_INFO_PEER);
	nl_put(b, &head, sizeof(head));
	nl_str(b, IFLA_IFNAME, name);
	nl_u32(b, IFLA_MTU, WIRE_MTU);
	nl_u32(b, IFLA_NET_NS_FD, (uint32_t)jail_ns);
	nl_end(b, peer);
	nl_end(b, data);
	nl_end(b, info);
}

static void put_up(struct nl *b, int index)
{
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC,
				       .ifi_index = index,
				       .ifi_flags = IFF_UP,
				       .ifi_change = IFF_UP};

	nl_begin(b, RTM_SETLINK, NLM_F_ACK, 0);
	nl_put(b, &head, sizeof(head));
}

static size_t ip_size(const struct net_addr *a)
{
	return a->family == AF_INET ? 4 : 16;
}

static void put_address(struct nl *b, const struct net_addr *a, int index)
{
	const struct ifaddrmsg head = {.ifa_family = a->family,
				       .ifa_prefixlen = a->prefix,
				       .ifa_flags = a->family == AF_INET6 ? IFA_F_NODAD : 0,
				       .ifa_index = (unsigned)index};

	nl_begin(b, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0);
	nl_put(b, &head, sizeof(head));
	nl_attr(b, IFA_LOCAL, a->ip, ip_size(a));
	nl_attr(b, IFA_ADDRESS, a->ip, ip_size(a));
}

/* put_default() - @gateway NULL: every address is local */
static void put_default(struct nl *b, uint8_t family, const struct net_addr *gateway, int index)
{
	const struct rtmsg head = {.rtm_family = family,
				   .rtm_table = RT_TABLE_MAIN,
				   .rtm_protocol = RTPROT_BOOT,
				   .rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_HOST,
				   .rtm_type = gateway ? RTN_UNICAST : RTN_LOCAL};

	nl_begin(b, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0);
	nl_put(b, &head, sizeof(head));
	if (gateway)
		nl_attr(b, RTA_GATEWAY, gateway->ip, ip_size(gateway));
	nl_u32(b, RTA_OIF, (uint32_t)index);
}

static int talk(int sock, struct nl *b, const char *what, struct err *err)
{
	struct nl_answer answer = {0};
	int r = nl_talk(sock, b, &answer);

	if (r < 0 && answer.why[0])
		return err_set(err, -r, "%s: %s (%s)", what, strerror(-r), answer.why);
	return r < 0 ? err_sys(err, r, "%s", what) : 0;
}

/* family_up() - addresses and routes of one family, in the landing (@jail false) or in the jail. */
static int family_up(const struct user_plan *p, bool v6, bool jail, int sock, int index,
		     struct err *err)
{
	const struct net_addr *ip = v6 ? &p->ip6 : &p->ip4, *gw = v6 ? &p->gw6 : &p->gw4;
	struct net_addr gateway = *gw;
	char buf[512] NL_ALIGNED;
	struct nl b = NL_STACK(buf);

	gateway.prefix = ip->prefix;
	if (jail) {
		put_address(&b, ip, index);
		put_default(&b, ip->family, gw, index);
	} else {
		put_address(&b, &gateway, index);
		put_default(&b, ip->family, NULL, LOOPBACK);
	}
	return talk(sock, &b, v6 ? "IPv6 addresses and routes" : "IPv4 addresses and routes", err);
}

static int side_up(struct user *u, bool jail, struct err *err)
{
	_cleanup_close_ int sock = nl_open(NETLINK_ROUTE);
	int index = sock < 0 ? sock : index_of(sock, jail ? u->plan->name : WIRE), r;
	char buf[256] NL_ALIGNED;
	struct nl b = NL_STACK(buf);

	if (index < 0)
		return err_sys(err, index, "find interface '%s'", jail ? u->plan->name : WIRE);
	if (!jail)
		put_up(&b, LOOPBACK);
	put_up(&b, index);
	r = talk(sock, &b, "bring up the jail's interface", err);
	if (r >= 0 && u->has[0])
		r = family_up(u->plan, false, jail, sock, index, err);
	/* IPv6 may be switched off on this machine: then without. */
	if (r >= 0 && u->has[1] && family_up(u->plan, true, jail, sock, index, NULL) < 0)
		u->has[1] = false;
	return r;
}

/* ---- sockets in the landing */

static int option(int fd, int level, int name)
{
	const int on = 1;

	return (int)sys(SYS_setsockopt, fd, level, name, &on, sizeof(on));
}

/* catcher() - a socket for whatever destination. */
static int catcher(bool v6, int type)
{
	struct user_end any = {.family = v6 ? AF_INET6 : AF_INET, .port = USER_PORT};
	struct sockaddr_storage sa;
	socklen_t len = user_sockaddr(&any, &sa);
	int level = v6 ? SOL_IPV6 : SOL_IP;
	int fd = (int)sys(SYS_socket, any.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return fd;
	r = option(fd, level, v6 ? OPT_V6_TRANSPARENT : OPT_TRANSPARENT);
	if (r >= 0 && v6)
		r = option(fd, SOL_IPV6, IPV6_V6ONLY);
	if (r >= 0 && type == SOCK_DGRAM)
		r = option(fd, level, v6 ? OPT_V6_RECVORIGDSTADDR : OPT_RECVORIGDSTADDR);
	if (r >= 0)
		r = (int)sys(SYS_bind, fd, &sa, len);
	if (type == SOCK_STREAM)
		user_urgent_inline(fd);
	if (r >= 0 && type == SOCK_STREAM)
		r = (int)sys(SYS_listen, fd, 4096);
	if (r >= 0)
		return fd;
	sys_close(fd);
	return r;
}

/*
 * What begins something: a SYN, a ping. @index: the interface; also what we send is seen there, hence the
 * first lines.
 */
static int open_wire(int index)
{
	enum { V4_ECHO = 12, V6 = 14, V6_ECHO = 20, TAKE = 22, LEAVE = 23 };
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, LEAVE - 2, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, V6 - 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, LEAVE - 5),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, V4_ECHO - 8, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, LEAVE - 9),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 13),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, TAKE - 12, LEAVE - 12),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 8, TAKE - 14, LEAVE - 14),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, V6_ECHO - 16, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, LEAVE - 17),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 53),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, TAKE - 20, LEAVE - 20),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 128, TAKE - 22, LEAVE - 22),
		BPF_STMT(BPF_RET | BPF_K, 0x40000),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = {ARRAY_SIZE(code), code};
	struct sockaddr_ll sa = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
	const int room = 4 << 20;
	int fd = (int)sys(SYS_socket, AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return fd;
	sys(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	r = (int)sys(SYS_setsockopt, fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
	if (r >= 0)
		r = (int)sys(SYS_bind, fd, &sa, sizeof(sa));
	if (r >= 0)
		return fd;
	sys_close(fd);
	return r;
}

static int open_raw(bool v6)
{
	int fd = (int)sys(SYS_socket, v6 ? AF_INET6 : AF_INET,
			  SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
	const int room = 4 << 20;

	if (fd >= 0 && v6)
		option(fd, SOL_IPV6, OPT_V6_HDRINCL);
	if (fd >= 0)
		sys(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	return fd;
}

static int open_sockets(struct user *u, struct err *err)
{
	int index, r = 0;

	for (unsigned v6 = 0; v6 < 2 && r >= 0; v6++) {
		if (!u->has[v6])
			continue;
		u->tcp[v6] = catcher(v6, SOCK_STREAM);
		u->udp[v6] = catcher(v6, SOCK_DGRAM);
		u->raw[v6] = open_raw(v6);
		r = MIN(u->raw[v6], MIN(u->tcp[v6], u->udp[v6]));
	}
	if (r >= 0)
		index = r = index_of(u->has[0] ? u->udp[0] : u->udp[1], WIRE);
	if (r >= 0)
		r = u->wire = open_wire(index);
	return r < 0 ? err_sys(err, r, "open sockets on the jail's wire") : 0;
}

/* ---- the maker: further sockets in the landing, one for each connection into the jail */

static int maker_main(void *arg)
{
	const int sock = *(int *)arg;
	uint8_t ask[2];

	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (sock != 0)
		sys(SYS_dup3, sock, 0, O_CLOEXEC);
	sys_close_range(1, ~0U, 0);
	if (user_confine(NULL) < 0)
		return 1;
	sys(SYS_sendto, 0, "", 1, MSG_NOSIGNAL, NULL, 0); /* ready */
	while (sys(SYS_recvfrom, 0, ask, sizeof(ask), 0, NULL, NULL) == sizeof(ask)) {
		int fd = (int)sys(
			SYS_socket, ask[0],
			(ask[1] ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		if (io_send_fd(0, ask, sizeof(ask), fd) < 0)
			break;
		if (fd >= 0)
			sys_close(fd);
	}
	return 0;
}

static int start_maker(struct user *u, struct err *err)
{
	int pair[2], r;
	char *stack, c;

	if (!u->plan->n_forwards)
		return 0;
	stack = proc_memory(32768);
	if (!stack || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "start the maker of sockets");
	/* A child of the helper, not of this process, and with it gone. */
	r = proc_clone(CLONE_PARENT, 0, maker_main, &pair[1], stack + 32768, 32768, NULL, FD_NONE);
	sys_close(pair[1]);
	u->maker = pair[0];
	if (r < 0)
		return err_sys(err, r, "start the maker of sockets");
	if (sys(SYS_recvfrom, u->maker, &c, 1, 0, NULL, NULL) != 1)
		return err_set(err, ECANCELED, "the maker of sockets could not be confined");
	return 0;
}

int user_make(struct user *u, uint8_t family, int type)
{
	const uint8_t ask[2] = {family, type == SOCK_STREAM};
	uint8_t answer[2];
	int fd = FD_NONE;

	if (sys(SYS_sendto, u->maker, ask, sizeof(ask), MSG_NOSIGNAL, NULL, 0) < 0 ||
	    io_recv_fd(u->maker, answer, sizeof(answer), 0, &fd) < 0)
		return -EPIPE;
	return fd;
}

/* ---- */

static int open_ns(pid_t pid, const char *name, struct err *err)
{
	char path[48];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
	return fd < 0 ? err_sys(err, fd, "open %s", path) : fd;
}

/* enter_landing() - a new namespace, with our rules. Return: -EPERM: we may not */
static int enter_landing(struct err *err)
{
	int r = (int)sys(SYS_unshare, CLONE_NEWNET);

	return r < 0 ? err_sys(err, r, "make a network namespace") : user_nft(WIRE, err);
}

/* enter_jails_landing() - the same, in the jail's user namespace. */
static int enter_jails_landing(pid_t jail, struct err *err)
{
	_cleanup_close_ int user = open_ns(jail, "user", err);
	int r = user < 0 ? user : sys_setns(user, CLONE_NEWUSER);

	if (r >= 0)
		return enter_landing(err);
	err_sys(err, r, "make a network namespace");
	return err_hint(err, "without CAP_SYS_ADMIN it needs a user namespace of the jail's own");
}

static int make_wire(struct user *u, int jail_ns, struct err *err)
{
	_cleanup_close_ int sock = nl_open(NETLINK_ROUTE);
	char buf[512] NL_ALIGNED;
	struct nl b = NL_STACK(buf);
	int r;

	if (sock < 0)
		return err_sys(err, sock, "open a netlink socket");
	put_veth(&b, u->plan->name, jail_ns);
	r = talk(sock, &b, "make the jail's interface (veth)", err);
	return r == -EOPNOTSUPP ? err_hint(err, "as root: modprobe veth") : r;
}

int user_setup(struct user *u, struct err *err)
{
	_cleanup_close_ int net = FD_NONE;
	struct err early = ERR_INIT;
	int landing = enter_landing(&early), r; /* while the jail is being made */
	pid_t jail = user_hear(u->ctl);

	if (jail < 0)
		return err_set(err, ECANCELED, "there is no jail");
	r = net = open_ns(jail, "net", err);
	if (r >= 0 && landing == -EPERM) {
		r = enter_jails_landing(jail, err);
	} else if (r >= 0 && landing < 0) {
		*err = early;
		r = landing;
	}
	if (r >= 0)
		r = make_wire(u, net, err);
	if (r >= 0)
		r = side_up(u, false, err);
	if (r >= 0)
		r = open_sockets(u, err);
	if (r >= 0)
		r = start_maker(u, err);
	if (r >= 0) {
		r = sys_setns(net, CLONE_NEWNET);
		r = r < 0 ? err_sys(err, r, "enter the jail's network namespace")
			  : side_up(u, true, err);
	}
	if (r >= 0 && u->plan->names)
		r = dns_open(&u->names, &u->dns, err);
	return r;
}
