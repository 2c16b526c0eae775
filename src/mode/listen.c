// SPDX-License-Identifier: BSD-3-Clause
/*
 * One epoll loop for everything: listening sockets, signals, and for each connection its jail's
 * pidfd and reports and the client's hang-up. A client that is gone has its jail ended, after a
 * short grace in which a program that reads end-of-file can still finish what it says.
 */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/to_plan.h"
#include "jail/hints.h"
#include "jail/jail.h"
#include "jail/layers.h"
#include "jail/network.h"
#include "jail/template.h"
#include "mode/listen.h"
#include "mode/sockets.h"
#include "mode/tell.h"

enum {
	HANGUP_GRACE_MS = 1000,
	RETRY_AFTER_MS = 200, /* when a prepared jail ended before it was used */
	REFILL_AFTER_MS = 2,  /* without a connection: the program that got a jail goes first */
	EVENTS = 64,
};

/* What an epoll event belongs to; .conn is NULL for the server's own descriptors. */
struct watch {
	struct conn *conn;
	int fd;
};

struct conn {
	struct conn *prev, *next; /* oldest first: with one time limit that is deadline order */
	struct jail jail;
	struct watch guard, ctl, net, layers, client;
	bool parked, parting, dead;
	bool prepared;	     /* it was parked before it got its connection */
	unsigned generation; /* of the template, when it was parked */
	int fd;
	struct sockaddr_storage addr;
	char peer[80];
	uint64_t hangup_ms; /* when the client hung up; 0: not */
	time_t since;
};

struct server {
	const struct config *cfg;
	struct planned planned;
	struct template template;
	struct sockets sockets;
	struct watch listeners[SOCKETS_MAX], signal_watch, mounts_watch;
	int epoll, signals, mounts;
	struct conn *first, *last; /* with a client */
	struct conn *parked;	   /* ready ahead, linked by next */
	struct conn *dead;	   /* memory that events already taken in may still point to */
	unsigned n, n_parked, n_hung, n_parting;
	unsigned long served;
	uint64_t refill_ms; /* when to prepare the next jail */
	bool stop, park_failed;
	unsigned failed_generation; /* of the template, when that was */
	sigset_t old_mask;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int watch(struct server *s, struct watch *w, struct conn *conn, int fd, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = w};

	*w = (struct watch){conn, fd};
	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

/* ---- jails */

/*
 * Out of the epoll set by hand: closing is not enough while a jail that is just being started has
 * inherited the same open files (epoll(7)).
 */
static void unwatch(struct server *s, struct watch *w)
{
	if (w->conn && w->fd >= 0)
		epoll_ctl(s->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	w->fd = FD_NONE;
}

static void forget_jail(struct server *s, struct conn *c)
{
	unwatch(s, &c->guard);
	unwatch(s, &c->ctl);
	unwatch(s, &c->net);
	unwatch(s, &c->layers);
	jail_release(&c->jail);
}

static void free_conn(struct server *s, struct conn *c)
{
	forget_jail(s, c);
	unwatch(s, &c->client);
	s->n_parting -= c->parting;
	if (c->fd >= 0) {
		shutdown(c->fd, SHUT_WR); /* a jail that is being started may still hold a copy */
		close(c->fd);
	}
	c->dead = true;
	c->next = s->dead;
	s->dead = c;
}

static void bury(struct server *s)
{
	while (s->dead) {
		struct conn *c = s->dead;

		s->dead = c->next;
		free(c);
	}
}

/* launch() - a jail for @c, which is new or whose jail could not be set up from the template. */
static int launch(struct server *s, struct conn *c, int fd, struct err *err)
{
	struct jail_io io = JAIL_IO_INIT;
	int r;

	io.stdio = fd;
	io.park = c->parked;
	if (c->parked)
		c->generation = template_look(&s->template);
	r = template_start(&s->template, &io, &c->jail, err);
	if (r < 0)
		return r;
	r = watch(s, &c->guard, c, c->jail.guard_fd, EPOLLIN);
	if (r >= 0)
		r = watch(s, &c->ctl, c, c->jail.ctl, EPOLLIN | EPOLLET);
	if (r >= 0 && network_fd(&c->jail) >= 0)
		r = watch(s, &c->net, c, network_fd(&c->jail), EPOLLIN);
	if (r >= 0 && layers_fd(&c->jail) >= 0)
		r = watch(s, &c->layers, c, layers_fd(&c->jail), EPOLLIN);
	return r < 0 ? err_sys(err, r, "watch the jail") : 0;
}

static struct conn *start_jail(struct server *s, int fd, bool park, struct err *err)
{
	struct conn *c = mem_alloc(sizeof(*c));

	if (!c) {
		err_oom(err);
		return NULL;
	}
	c->fd = FD_NONE;
	c->parked = park;
	c->jail = (struct jail)JAIL_INIT;
	if (launch(s, c, fd, err) < 0) {
		free_conn(s, c);
		return NULL;
	}
	return c;
}

static bool wants_parked(const struct server *s)
{
	return s->n_parked < s->cfg->listen_prefork && !s->stop &&
	       !(s->park_failed && s->failed_generation == s->template.generation);
}

/* Trying again at once would only fail as fast as it can: not before the host's mounts change. */
static void park_failed(struct server *s)
{
	s->park_failed = true;
	s->failed_generation = s->template.generation;
}

/* Prepared jails that were used up or died are replaced, and the oldest serves first. */
static void park_one(struct server *s)
{
	struct err err = ERR_INIT;
	struct conn **end = &s->parked, *c = start_jail(s, FD_NONE, true, &err);

	if (!c) {
		hint_add(&err);
		log_err(LOG_ERROR, &err);
		park_failed(s);
		return;
	}
	while (*end)
		end = &(*end)->next;
	*end = c;
	s->n_parked++;
}

/* A jail that was prepared before the host's mounts or a source changed shows what was there then. */
static void discard_outdated(struct server *s)
{
	unsigned generation = template_look(&s->template);

	for (struct conn **at = &s->parked, *c; (c = *at);) {
		if (c->generation == generation) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		s->n_parked--;
		free_conn(s, c);
	}
}

/* take_parked() - a prepared jail that takes the connection, or NULL. */
static struct conn *take_parked(struct server *s, int fd)
{
	if (s->cfg->listen_prefork)
		discard_outdated(s);
	while (s->parked) {
		struct conn *c = s->parked;

		s->parked = c->next;
		s->n_parked--;
		c->next = NULL;
		if (jail_hand_over(&c->jail, fd) == 0) {
			c->parked = false;
			c->prepared = true;
			s->refill_ms = now_ms() + REFILL_AFTER_MS;
			return c;
		}
		free_conn(s, c);
	}
	return NULL;
}

static void link_conn(struct server *s, struct conn *c)
{
	c->prev = s->last;
	c->next = NULL;
	if (s->last)
		s->last->next = c;
	else
		s->first = c;
	s->last = c;
	s->n++;
}

static void unlink_conn(struct server *s, struct conn *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		s->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		s->last = c->prev;
	s->n--;
	s->n_hung -= c->hangup_ms != 0;
}

/* ---- connections */

/* refusal() - why this client gets no jail, or NULL. */
static const char *refusal(const struct server *s, const struct sockaddr_storage *addr)
{
	unsigned same = 0;

	if (s->cfg->max_conns && s->n >= s->cfg->max_conns)
		return "max_conns is reached";
	if (!s->cfg->max_conns_per_ip)
		return NULL;
	for (const struct conn *c = s->first; c; c = c->next)
		same += sockets_same_host(&c->addr, addr);
	return same >= s->cfg->max_conns_per_ip ? "max_conns_per_ip is reached for this address"
						: NULL;
}

static void serve(struct server *s, int fd, const struct sockaddr_storage *addr)
{
	struct err err = ERR_INIT;
	char peer[sizeof(((struct conn *)0)->peer)];
	const char *why;
	struct conn *c;

	sockets_peer(fd, addr, peer, sizeof(peer));
	why = refusal(s, addr);
	if (why) {
		log_warn("refused %s: %s", peer, why);
		close(fd);
		return;
	}
	c = take_parked(s, fd);
	if (!c)
		c = start_jail(s, fd, false, &err);
	if (!c) {
		hint_add(&err);
		log_err(LOG_ERROR, &err);
		close(fd);
		return;
	}
	c->fd = fd;
	c->addr = *addr;
	c->since = time(NULL);
	memcpy(c->peer, peer, sizeof(peer));
	link_conn(s, c);
	s->served++;
	watch(s, &c->client, c, fd, EPOLLRDHUP | EPOLLET);
	log_info("PID: %d: a jail for %s, %u now", c->jail.pid, peer, s->n);
}

static void accept_all(struct server *s, int listener)
{
	for (;;) {
		struct sockaddr_storage addr = {0};
		socklen_t len = sizeof(addr);
		int fd = accept4(listener, (struct sockaddr *)&addr, &len, SOCK_CLOEXEC);

		if (fd < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
				log_warn("accept: %s", strerror(errno));
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
			    errno == ENOBUFS)
				usleep(10000); /* the client waits in the queue meanwhile */
			if (errno != EINTR && errno != ECONNABORTED)
				return;
			continue;
		}
		serve(s, fd, &addr);
	}
}

static void log_end(const struct server *s, const struct conn *c)
{
	const struct result *r = &c->jail.result;
	struct err err = ERR_INIT;
	char name[24], who[120];

	snprintf(who, sizeof(who), "pid=%d (%s)", c->jail.pid, c->peer);
	if (tell_trace(&r->trace, s->planned.trace_fd, who, &err) < 0)
		log_err(LOG_ERROR, &err);
	if (r->reason == RESULT_SETUP_FAILED) {
		err = r->err;
		hint_add(&err);
		log_err(LOG_ERROR, &err);
	} else if (r->reason == RESULT_TIME_LIMIT) {
		log_info("pid=%d (%s): run time >= time limit, killed", c->jail.pid, c->peer);
	} else if (result_limit_unit(r->reason)) {
		log_info("pid=%d (%s): %s reached, ended", c->jail.pid, c->peer,
			 result_reason_name(r->reason));
	} else if (r->signal) {
		log_info("pid=%d (%s) terminated with signal: %s (%d)", c->jail.pid, c->peer,
			 str_signal(r->signal, name, sizeof(name)), r->signal);
	} else {
		log_info("pid=%d (%s) exited with status: %d", c->jail.pid, c->peer, r->exit_code);
	}
}

static void unpark(struct server *s, struct conn *c)
{
	struct conn **at = &s->parked;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at) {
		*at = c->next;
		s->n_parked--;
	}
	if (c->jail.result.reason == RESULT_SETUP_FAILED)
		park_failed(s);
	s->refill_ms = now_ms() + RETRY_AFTER_MS;
}

/*
 * launch_again() - when the jail could not be set up for a reason that a new one may not have: it was
 * made from the template, or ahead of the connection, as things were then.
 * Return: whether the jail is another one now.
 */
static bool launch_again(struct server *s, struct conn *c)
{
	struct err err = ERR_INIT;
	bool early = c->prepared && c->jail.result.reason == RESULT_SETUP_FAILED;

	if (!template_to_blame(&s->template, &c->jail) && !early)
		return false;
	log_debug("%s%s", c->jail.result.err.msg,
		  s->template.off ? ": no template from now on" : ": launching again");
	c->prepared = false;
	forget_jail(s, c);
	s->n_parting -= c->parting;
	c->parting = false;
	if (launch(s, c, c->fd, &err) >= 0)
		return true;
	c->jail.result.reason = RESULT_SETUP_FAILED;
	c->jail.result.err = err;
	return false;
}

/*
 * part() - the program has ended, but what it sent last to its network is on its way: the client need not
 * wait for that. One whose jail could not be set up may get another one.
 */
static void part(struct server *s, struct conn *c)
{
	unwatch(s, &c->guard);
	s->n_parting += !c->parting;
	c->parting = true;
	if (c->fd < 0 || c->jail.result.reason == RESULT_SETUP_FAILED)
		return;
	unwatch(s, &c->client);
	shutdown(c->fd, SHUT_WR);
	close(take_fd(&c->fd));
	s->n_hung -= c->hangup_ms != 0;
	c->hangup_ms = 0;
}

static void jail_event(struct server *s, struct conn *c)
{
	if (!jail_step(&c->jail)) {
		if (!c->jail.guard)
			part(s, c);
		return;
	}
	if (launch_again(s, c))
		return;
	log_end(s, c);
	if (c->parked)
		unpark(s, c);
	else
		unlink_conn(s, c);
	free_conn(s, c);
}

static void client_gone(struct server *s, struct conn *c)
{
	if (c->hangup_ms || c->fd < 0)
		return;
	c->hangup_ms = now_ms();
	s->n_hung++;
}

/* ---- time */

static bool has_limits(const struct server *s)
{
	const struct watch_plan *w = &s->planned.plan.watch;

	return w->time_ns || w->cpu_ns || w->idle_ns;
}

/* With a time limit alone, the oldest that is not being ended already has the nearest deadline. */
static bool oldest_first(const struct server *s)
{
	const struct watch_plan *w = &s->planned.plan.watch;

	return !w->cpu_ns && !w->idle_ns && !w->grace_ns;
}

static int timeout_ms(const struct server *s)
{
	int left = -1;

	for (const struct conn *c = s->first; c; c = c->next) {
		int t = jail_timeout_ms(&c->jail);

		if (t >= 0 && (left < 0 || t < left))
			left = t;
		if (oldest_first(s) && t >= 0)
			break;
		if (!has_limits(s))
			break;
	}
	if ((s->n_hung || s->n_parting) && (left < 0 || left > 100))
		left = 100;
	if (wants_parked(s)) {
		uint64_t now = now_ms();
		int wait = now < s->refill_ms ? (int)(s->refill_ms - now) : 0;

		left = left < 0 ? wait : MIN(left, wait);
	}
	return left;
}

static void check_deadlines(struct server *s)
{
	uint64_t now = s->n_hung ? now_ms() : 0;

	for (struct conn *c = s->first, *next; c; c = next) {
		next = c->next;
		if (c->hangup_ms && now >= c->hangup_ms + HANGUP_GRACE_MS)
			jail_end(&c->jail, RESULT_SUPERVISOR_SIGNAL, SIGHUP);
		else if (jail_timeout_ms(&c->jail) == 0)
			jail_step(
				&c->jail); /* an end that it finds shows on the guard's pidfd, too */
		else if (!s->n_hung && !s->n_parting && oldest_first(s) &&
			 jail_timeout_ms(&c->jail) > 0)
			return; /* the rest is younger */
	}
}

/* ---- signals */

/* Somebody asked for it by a signal, so `run` shows it at its default level. */
static void list_jails(const struct server *s)
{
	enum log_level level = s->cfg->face == FACE_NSJAIL ? LOG_INFO : LOG_WARNING;

	log_line(level, "Total number of spawned namespaces: %u", s->n);
	for (const struct conn *c = s->first; c; c = c->next)
		log_line(level, "PID: %d, Remote host: %s, Run time: %ld sec.", c->jail.pid,
			 c->peer, (long)(time(NULL) - c->since));
	log_line(level, "Prepared ahead: %u, served: %lu", s->n_parked, s->served);
}

static void take_signals(struct server *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		int sig = (int)info.ssi_signo;
		char name[24];

		if (sig == SIGUSR1 || sig == SIGQUIT) {
			list_jails(s);
		} else if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP) {
			log_info("Received %s: ending %u jails",
				 str_signal(sig, name, sizeof(name)), s->n);
			s->stop = true;
		}
	}
}

static int catch_signals(struct server *s, struct err *err)
{
	static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGPIPE};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(caught); i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, &s->old_mask);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals < 0 ? err_sys(err, errno, "make a signalfd") : 0;
}

/* ---- the loop */

static void handle(struct server *s, const struct watch *w)
{
	struct conn *c = w->conn;

	if (!c && w->fd == s->signals)
		take_signals(s);
	else if (!c && w->fd == s->mounts)
		discard_outdated(
			s); /* and what keeps file systems busy that the host may be done with */
	else if (!c)
		accept_all(s, w->fd);
	else if (w == &c->client)
		client_gone(s, c);
	else
		jail_event(s, c);
}

static int loop(struct server *s, struct err *err)
{
	struct epoll_event events[EVENTS];

	while (!s->stop) {
		int n = epoll_wait(s->epoll, events, EVENTS, timeout_ms(s));

		if (n < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for events");
		for (int i = 0; i < n; i++) {
			const struct watch *w = events[i].data.ptr;

			if (!w->conn || !w->conn->dead)
				handle(s, w);
		}
		/* One at a time, when there is nothing else to do. */
		if (n == 0 && wants_parked(s) && now_ms() >= s->refill_ms)
			park_one(s);
		bury(s);
		check_deadlines(s);
	}
	return 0;
}

/* Each connection needs three descriptors: take as many as we may have. */
static void raise_nofile(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
}

static int prepare(struct server *s, struct err *err)
{
	int r;

	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0)
		return err_sys(err, errno, "make an epoll descriptor");
	/* plan first: limits are the caller's, not the ones that we raise for ourselves */
	r = to_plan(s->cfg, &s->planned, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < s->planned.n_warnings; i++)
		log_warn("%s", s->planned.warnings[i]);
	s->planned.plan.own_process = true;
	s->planned.plan.share_memory = s->planned.plan.pid_role == PID_ONE;
	raise_nofile();
	template_init(&s->template, &s->planned.plan, &s->planned.arena);
	template_prepare(&s->template);
	if (s->template.off)
		log_debug("no template: %s", s->template.off);
	r = sockets_open(s->cfg, &s->sockets, err);
	if (r >= 0)
		r = catch_signals(s, err);
	if (r >= 0)
		r = watch(s, &s->signal_watch, NULL, s->signals, EPOLLIN);
	/* One more than the template's own, which must not miss what this one has told already. */
	s->mounts = sys_openat(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY, 0);
	if (r >= 0 && s->mounts >= 0)
		r = watch(s, &s->mounts_watch, NULL, s->mounts, EPOLLPRI);
	for (unsigned i = 0; i < s->sockets.n && r >= 0; i++)
		r = watch(s, &s->listeners[i], NULL, s->sockets.fd[i], EPOLLIN);
	return r;
}

static void clean_up(struct server *s)
{
	sockets_notify("STOPPING=1");
	sockets_close(&s->sockets);
	for (struct conn *c = s->first; c; c = c->next)
		jail_end(&c->jail, RESULT_SUPERVISOR_SIGNAL, SIGTERM); /* all at once, then reap */
	while (s->first) {
		struct conn *c = s->first;

		unlink_conn(s, c);
		free_conn(s, c);
	}
	while (s->parked) {
		struct conn *c = s->parked;

		s->parked = c->next;
		free_conn(s, c);
	}
	bury(s);
	if (s->signals >= 0) {
		close(s->signals);
		sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
	}
	if (s->epoll >= 0)
		close(s->epoll);
	if (s->mounts >= 0)
		close(s->mounts);
	template_free(&s->template);
	planned_free(&s->planned);
}

int listen_run(const struct config *cfg, void (*ready)(void *arg), void *arg, struct err *err)
{
	struct server s = {.cfg = cfg,
			   .planned = PLANNED_INIT,
			   .template = TEMPLATE_INIT,
			   .epoll = FD_NONE,
			   .signals = FD_NONE,
			   .mounts = FD_NONE};
	int r = prepare(&s, err);

	if (r >= 0) {
		while (wants_parked(&s))
			park_one(&s);
		sockets_notify("READY=1");
		ready(arg);
		log_info("Listening on %s port %u", cfg->bindhost, cfg->port);
		r = loop(&s, err);
	}
	clean_up(&s);
	return r;
}
