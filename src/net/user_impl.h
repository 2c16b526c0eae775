/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of the helper process, for the files user*.c alone. It is one process with one loop and
 * without an allocator: all it has lies in struct user.
 */
#ifndef TOASTAINER_NET_USER_IMPL_H
#define TOASTAINER_NET_USER_IMPL_H

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "net/dns.h"
#include "net/user.h"
#include "net/user_proxy.h"

enum {
	USER_FLOWS = 16384, /* at a time, all protocols */
	USER_BUCKETS = 16384,
	USER_PIPES = 256,   /* empty ones that are kept */
	USER_PIPE = 262144, /* bytes in one */
	USER_PORT = 1,	    /* where what comes from the jail is caught */
	USER_HEADERS = 120, /* bytes of a packet without data */
	USER_PACKET = 65536,
	USER_FORWARDS = 1024,
};

/* struct user_key - who talks to whom, from the jail's view; no padding: compared as bytes */
struct user_key {
	struct user_end src, dst;
	uint8_t proto;	 /* IPPROTO_TCP, _UDP, _ICMP (echo, of either family; src.port is its id) */
	uint8_t inwards; /* begun outside; dst is the jail then */
	uint8_t zero[2];
};

enum flow_state {
	FLOW_FREE,
	FLOW_CONNECTING, /* TCP: the outer connection is being made */
	FLOW_PROXY,	 /* ... and talks to a proxy */
	FLOW_ANSWERING,	 /* TCP: the jail's SYN was let through, its connection is to come */
	FLOW_OPEN,
	FLOW_CALLING, /* TCP from outside: the connection into the jail is being made */
};

/* struct half - bytes that go one way */
struct half {
	int pipe[2];	/* FD_NONE: nothing is under way */
	size_t pending; /* bytes in it */
	bool urgent;	/* it has had something urgent (MSG_OOB) */
	bool eof;	/* the sender has ended */
	bool ended;	/* the receiver was told */
};

struct flow {
	enum flow_state state;
	struct user_key key;
	struct user_end target; /* where it really goes */
	bool proxied;		/* through the proxy that is its target */
	int fd[2];		/* the jail's side, the outer side; FD_NONE: not there */
	struct half half[2];	/* from the jail, into the jail */
	uint32_t next;		/* in its bucket, in the list of free ones, or of busy ones */
	uint32_t busy_next;
	bool busy;	  /* there is more to do, and no event will say so */
	uint64_t expires; /* seconds of CLOCK_MONOTONIC; 0: does not */
	struct user_proxy proxy;
	int control;	  /* UDP by SOCKS5: the TCP connection that keeps it */
	uint32_t forward; /* UDP from outside: by which of the plan's */
	uint16_t len;	  /* the packet that began it, without data */
	uint8_t packet[USER_HEADERS];
};

/* struct user_rate - how much may pass, one way */
struct user_rate {
	uint64_t rate; /* bytes a second; 0: whatever there is */
	int64_t left;  /* millionths of a byte; below 0: more has passed than might */
};

/* struct user - the helper */
struct user {
	const struct user_plan *plan;
	pid_t launcher;
	int ctl;			     /* our end of the launcher's socket */
	volatile struct user_counts *counts; /* shared with the launcher */
	/* sockets in the namespace on the other end of the jail's wire */
	int wire;	    /* packets that begin something */
	int tcp[2], udp[2]; /* IPv4, IPv6: what is caught */
	int raw[2];	    /* packets that we make */
	int maker;	    /* makes further sockets there, or FD_NONE */
	bool has[2];	    /* families */
	int route;	    /* asks the host's routes, or FD_NONE */
	struct dns *dns;    /* answers names, or NULL */
	struct net_policy
		names; /* what it goes by: the resolvers are known before the confinement */
	struct net_addr resolvers[8];
	int forwards[USER_FORWARDS];
	int epoll;
	struct user_rate rates[2]; /* from the jail, into the jail */
	uint64_t now_us, moment_us,
		meal_us;	       /* when those that are busy, or starved, are looked at */
	uint64_t now;		       /* seconds */
	bool ending;		       /* the jail has gone: only what it sent last is to go out */
	uint64_t ends_ms, patience_ms; /* then: at the latest, and when nothing more moves */
	uint32_t n_timed;
	uint32_t n_flows; /* that were ever used */
	uint32_t max_flows;
	uint32_t free, busy, last_busy, dead;
	bool hurry;   /* of those that are busy one can go on at once */
	bool starved; /* something waits for descriptors */
	uint32_t buckets[USER_BUCKETS];
	struct flow flows[USER_FLOWS];
	int pipes[USER_PIPES][2];
	unsigned n_pipes;
	uint8_t buf[USER_PACKET + 256];
};

/* What an event of the loop is about: the low bits of its data say what kind the number is. */
enum user_event {
	EVENT_WIRE,
	EVENT_TCP,
	EVENT_UDP,
	EVENT_CTL,
	EVENT_FLOW_IN,
	EVENT_FLOW_OUT,
	EVENT_FORWARD,
	EVENT_CONTROL,
	EVENT_DNS
};

static inline unsigned user_family(uint8_t family)
{
	return family == AF_INET6;
}

/* user_setup.c: in the jail's namespaces; user_nft.c */
int user_setup(struct user *u, struct err *err);
int user_nft(const char *iface, struct err *err);

/* user_names.c: before user_setup(), which opens it */
void user_names(struct user *u);

/* user_pasta.c: all of the helper, for plan->pasta. Return: its exit status */
int user_pasta(const struct user_plan *plan, int ctl);

/* user.c: wait for user_tell(). Return: the jail's process, or -1: there will be none */
pid_t user_hear(int ctl);

/* user_confine.c */
int user_confine(struct err *err);

/* user_loop.c */
void user_loop(struct user *u) NORETURN;
int user_watch(struct user *u, int fd, enum user_event kind, uint32_t i, uint32_t events);
struct flow *user_find(struct user *u, const struct user_key *key);
struct flow *user_new(struct user *u, const struct user_key *key); /* NULL: too many */
void user_free(struct user *u, struct flow *f);
void user_expire(struct user *u, struct flow *f, unsigned seconds); /* 0: never */
void user_busy(struct user *u, struct flow *f, bool hurry); /* @hurry: at once, else in a moment */
size_t user_room(const struct user *u,
		 unsigned from); /* bytes that may pass now; @from: 0: the jail */
void user_passed(struct user *u, unsigned from, size_t n);
bool user_datagram(struct user *u, unsigned from, size_t n); /* whether it may; then it has */
static inline uint32_t user_index(const struct user *u, const struct flow *f)
{
	return (uint32_t)(f - u->flows);
}

/* user_decide.c: what becomes of what the jail begins. @target: where it really goes */
enum user_action user_decide(struct user *u, const struct user_key *key, struct user_end *target);

/* user_tcp.c */
void user_tcp_syn(struct user *u, const struct user_key *key, const uint8_t *packet, size_t n);
void user_tcp_accept(struct user *u, unsigned family);
void user_tcp_event(struct user *u, struct flow *f, unsigned side, uint32_t events);
void user_tcp_pump(struct user *u, struct flow *f);
void user_tcp_forward(struct user *u, unsigned i);
void user_tcp_drop_pipes(struct user *u);
void user_urgent_inline(int fd); /* also of what it accepts: an urgent byte has its place */

/* user_udp.c */
void user_udp_out(struct user *u, unsigned family);
void user_udp_event(struct user *u, struct flow *f, unsigned side);
void user_udp_control(struct user *u, struct flow *f, uint32_t events);
void user_udp_forward(struct user *u, unsigned i);
void user_ping(struct user *u, const struct user_key *key, uint8_t *echo, size_t n);

/* user_send.c: packets into the jail */
void user_send_unreachable(struct user *u, const struct user_key *key, const uint8_t *packet,
			   size_t n, int error);
void user_send_reset(struct user *u, const struct user_key *key, const uint8_t *packet, size_t n);
void user_send_syn(struct user *u, const struct flow *f);
void user_send_udp(struct user *u, const struct user_end *from, const struct user_end *to,
		   uint8_t *data, size_t n);
void user_send_echo(struct user *u, const struct user_key *key, uint8_t *data, size_t n);

/* sockets */
socklen_t user_sockaddr(const struct user_end *e, struct sockaddr_storage *ret);
void user_from_sockaddr(const struct sockaddr_storage *s, struct user_end *ret);
int user_outer(const struct user_end *to, int type, int protocol);
int user_make(struct user *u, uint8_t family, int type); /* a socket on the jail's side */
int user_socket_error(int fd);				 /* SO_ERROR */

/*
 * user_talk() - with a proxy, as far as it goes without waiting. @ours: it is our turn to speak
 * Return: 1: done (@bound is set), 0: it has to answer, or a negative errno.
 */
int user_talk(int fd, struct user_proxy *p, const struct user_end *to, bool ours,
	      struct user_end *bound);

#endif
