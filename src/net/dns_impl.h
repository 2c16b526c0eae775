/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the name forwarder share: dns.c (sockets, UDP), dns_tcp.c, dns_message.c,
 * resolvers.c.
 */
#ifndef TOASTAINER_NET_DNS_IMPL_H
#define TOASTAINER_NET_DNS_IMPL_H

#include <netinet/in.h>
#include <sys/epoll.h>
#include <time.h>

#include "net/dns.h"

enum {
	DNS_HEADER = 12,
	DNS_QUESTION_MAX = 4096, /* bytes; a longer one is dropped */
	DNS_ANSWER_MAX = 65535,
	DNS_QUESTIONS = 64,   /* over UDP, in flight */
	DNS_CONNECTIONS = 16, /* over TCP */
	DNS_RATE = 500,	      /* questions a second */
	DNS_BURST = 1000,
	DNS_TICK_MS = 100,    /* how exact deadlines are */
	DNS_WAIT_MS = 2000,   /* for one resolver */
	DNS_CLIENT_MS = 10000 /* for the other end of a TCP connection to go on */
};

enum dns_rcode { DNS_SERVFAIL = 2, DNS_NOTIMP = 4 };

/* struct resolver - whom to ask */
struct resolver {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to;
};

/* struct resolvers - all of them, in order */
struct resolvers {
	struct resolver v[8];
	unsigned n;
	unsigned first;	      /* the one that answered last: is asked first, for a while */
	uint64_t first_ms;    /* since when */
	uint64_t looked_ms;   /* at the file; 0: never */
	struct timespec time; /* the file's */
	ino_t inode;
};

/* struct dns_question - one that came over UDP and is in flight */
struct dns_question {
	bool used;
	int fd; /* connected to the resolver */
	struct sockaddr_in client;
	uint16_t id;   /* the client's, as it came */
	uint16_t ours; /* towards the resolver */
	unsigned tries;
	uint64_t deadline_ms;
	size_t len;
	uint8_t packet[DNS_QUESTION_MAX];
};

enum dns_state { DNS_READ_QUESTION, DNS_ASK, DNS_READ_ANSWER, DNS_ANSWER };

/* struct dns_connection - one over TCP, and the question in it */
struct dns_connection {
	bool used;
	int client, server; /* the server: a resolver, FD_NONE: none now */
	enum dns_state state;
	uint16_t id, ours;
	unsigned tries;
	uint64_t deadline_ms;
	unsigned wakes; /* by the client, in this state */
	size_t done;	/* bytes of what is read or written now */
	size_t len;	/* of the question; messages have their length in two bytes before them */
	size_t out;	/* of what the client gets: *reply, or the question, refused */
	uint8_t question[2 + DNS_QUESTION_MAX];
	uint8_t head[2];
	uint8_t *reply; /* memory for the answer, NULL: none */
};

struct dns {
	const struct net_policy *policy;
	struct dns_counters counters;
	int epoll, timer, udp, tcp;
	uint64_t now_ms;
	unsigned tokens; /* questions that may be taken now */
	uint64_t refilled_ms;
	unsigned n_questions, n_connections;
	bool ticking, udp_on, tcp_on; /* what the kernel has been told */
	uint16_t random[32];
	unsigned n_random; /* of them not used yet */
	struct resolvers resolvers;
	struct dns_connection connections[DNS_CONNECTIONS];
	struct dns_question questions[DNS_QUESTIONS];
	uint8_t buffer[DNS_ANSWER_MAX];
};

/* What an epoll event is about: the kind, and the number of a question or connection. */
enum dns_event { DNS_TIMER, DNS_UDP, DNS_TCP, DNS_UDP_ANSWER, DNS_CLIENT, DNS_SERVER };

int dns_watch(struct dns *d, int op, int fd, enum dns_event kind, size_t n, uint32_t events);

/** dns_drop_fd() - out of the epoll set, then closed; @fd is FD_NONE after. */
void dns_drop_fd(struct dns *d, int *fd);

/** dns_number() - a random identifier. */
uint16_t dns_number(struct dns *d);

/** dns_take_token() - whether one more question may be taken. */
bool dns_take_token(struct dns *d);

/* dns_tcp.c */
void dns_tcp_accept(struct dns *d);
void dns_tcp_event(struct dns *d, size_t n, enum dns_event kind, uint32_t events);
void dns_tcp_deadlines(struct dns *d);
void dns_tcp_free(struct dns *d, struct dns_connection *c);

/* dns_message.c */
enum dns_kind { DNS_IS_JUNK, DNS_IS_OTHER, DNS_IS_QUESTION };

/**
 * dns_message_kind() - junk gets no answer, other requests (updates, transfers of notice...) are refused.
 */
enum dns_kind dns_message_kind(const uint8_t *p, size_t n);

/** dns_message_refuse() - makes a request the answer to it. @n: at least DNS_HEADER */
void dns_message_refuse(uint8_t *p, enum dns_rcode code);

/** dns_message_answers() - whether @p is an answer to the question with this identifier. */
bool dns_message_answers(const uint8_t *p, size_t n, uint16_t id);

/** dns_message_id() - the identifier; dns_message_set_id(): change it. */
uint16_t dns_message_id(const uint8_t *p);
void dns_message_set_id(uint8_t *p, uint16_t id);

/* resolvers.c */

/** resolvers_parse() - the nameserver lines of a resolv.conf(5). */
void resolvers_parse(struct resolvers *r, const char *text);

/**
 * resolvers_look() - make the list if there is none, or the host's has changed.
 * @p: resolvers that were named, instead of the host's
 */
void resolvers_look(struct resolvers *r, const struct net_policy *p, uint64_t now_ms);

/** resolvers_pick() - whom to ask at the @nth try; NULL: all were asked. */
const struct resolver *resolvers_pick(const struct resolvers *r, unsigned nth);

/** resolvers_worked() - the one of the @nth try answered. */
void resolvers_worked(struct resolvers *r, unsigned nth, uint64_t now_ms);

/** resolvers_connect() - a socket of @type, connected (TCP: perhaps not yet). Return: it or -errno. */
int resolvers_connect(const struct resolver *to, int type);

#endif
