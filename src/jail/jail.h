/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A running jail, from the launcher's side: start it, follow it, end it, learn how it went.
 */
#ifndef TOASTAINER_JAIL_JAIL_H
#define TOASTAINER_JAIL_JAIL_H

#include "cgroup/cgroup.h"
#include "jail/measure.h"
#include "jail/plan.h"
#include "jail/result.h"
#include "jail/watch.h"
#include "net/net.h"
#include "jail/report.h"
#include "storage/fusemount.h"
#include "storage/upper.h"
#include "trace/trace.h"

struct template;
struct user_run;

struct jail {
	const struct jail_plan *plan; /* borrowed until jail_release() */
	pid_t pid;		      /* the guard's number, also when it is gone: for the log */
	pid_t guard;		      /* first process of the jail; 0: none (any more) */
	int guard_fd;	/* its pidfd: readable when it ended; FD_NONE without pidfds */
	int ctl;	/* reports of the jail's processes; open until the release */
	bool ctl_eof;	/* nobody will report any more: no use to poll it */
	int tty_master; /* the jail's terminal, once it has one */
	void *stacks;
	struct net_run *net;   /* its network, when the plan has one */
	struct user_run *user; /* ... the process that makes it */
	uint64_t patience_ns;  /* how long what it sent last may take to go out; CLOCK_MONOTONIC */
	bool parting;	       /* this process is about to end: do not wait for the former */
	struct cgroup cgroup;  /* when the plan asks for groups */
	uint64_t started_ns;   /* CLOCK_MONOTONIC */
	struct watch_state watch;
	enum result_reason ended_by; /* why we ended it; RESULT_EXITED: we did not */
	int ended_signal;
	bool started;	     /* the program runs, or ran (plan.report_start) */
	bool killing;	     /* the guard was told to end everything, or is killed */
	int file_systems[8]; /* limited ones, kept to see how full they are */
	unsigned n_file_systems;
	int held[HELD];		   /* of the jail's files, where the plan asks for it */
	struct fuse_server server; /* serves the image that its root is; not always */
	uint64_t server_ns;	   /* when that must be gone, or 0 */
	struct upper upper; /* the layer that its root is written to, when it is on the host */
	struct measure measure;
	uint64_t measure_ns; /* when it is to begin; 0: it has begun, or nobody wants it */
	bool finished;
	bool program_reported; /* result has the program's status */
	int program_status;
	struct trace trace;   /* who watches it */
	struct result result; /* valid when finished; what it owns goes with the release */
};

/* struct jail_io - descriptors of one launch */
struct jail_io {
	int tty_slave;	     /* terminal for a jail without devpts of its own, or FD_NONE */
	int stdio;	     /* becomes 0, 1 and 2 (a connection), or FD_NONE: the launcher's */
	int std[3];	     /* become 0, 1 and 2 each, where not FD_NONE; above 2 */
	bool input_writable; /* output is limited, and stdin would be a way around it */
	bool park;	     /* prepare the jail and wait for jail_hand_over() */
	/* where it is cloned (template.h, template_start()), or NULL: among the host's mounts */
	const struct template *template;
};

#define JAIL_IO_INIT                                                                               \
	{                                                                                          \
		.tty_slave = FD_NONE, .stdio = FD_NONE, .std = { FD_NONE, FD_NONE, FD_NONE }       \
	}

#define JAIL_INIT                                                                                  \
	{                                                                                          \
		.guard_fd = FD_NONE, .ctl = FD_NONE, .tty_master = FD_NONE, .trace = TRACE_INIT,   \
		.held = {FD_NONE, FD_NONE, FD_NONE}, .upper = UPPER_INIT,                          \
		.server = FUSE_SERVER_INIT                                                         \
	}

/**
 * jail_start() - clone, write the id maps, let the jail's processes go on.
 * Set-up then goes on in parallel; what fails there is in the result.
 * @io: borrowed; NULL: nothing special
 * Return: 0, or a negative errno with err->step; nothing is left then.
 */
int jail_start(const struct jail_plan *plan, const struct jail_io *io, struct jail *j,
	       struct err *err);

/**
 * jail_step() - take in what happened, without waiting.
 * Return: 1 when the jail has ended and its result is there, else 0.
 */
int jail_step(struct jail *j);

/** jail_next_ns() - when to step again though nothing happened, CLOCK_MONOTONIC; 0: never. */
uint64_t jail_next_ns(const struct jail *j);

/** jail_timeout_ms() - how long to wait for events at most; -1: forever. */
int jail_timeout_ms(const struct jail *j);

/**
 * jail_limit() - it has reached a limit: ask the program to end, and kill everything after the grace
 * period; at once where there is none.
 * One that has ended by itself meanwhile has still reached it.
 * @limit: its value, and what was @used: in the unit of the reason
 */
void jail_limit(struct jail *j, enum result_reason reason, uint64_t limit, uint64_t used);

/**
 * jail_end() - kill everything in the jail.
 * @reason: what the result will say
 * @sig: the signal behind it, 0: none
 */
void jail_end(struct jail *j, enum result_reason reason, int sig);

/**
 * jail_hand_over() - let a parked jail go on with a connection as its 0, 1 and 2.
 * Its time counts from here.
 * Return: 0 or a negative errno (it died while it waited).
 */
int jail_hand_over(struct jail *j, int fd);

/** jail_signal() - pass a signal on to the program. Return: 0 or a negative errno. */
int jail_signal(struct jail *j, int sig);

/** jail_release() - end it if it runs, reap it, free and close everything; harmless twice. */
void jail_release(struct jail *j);

#endif
