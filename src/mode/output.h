/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Limited output: pipes between the jail's stdout and stderr and the caller's, for --output_limit and
 * --output_truncate only.
 */
#ifndef TOASTAINER_MODE_OUTPUT_H
#define TOASTAINER_MODE_OUTPUT_H

#include <poll.h>

#include "jail/jail.h"

/* struct output_budget - what may still be passed on, of everything that the jail writes */
struct output_budget {
	uint64_t limit; /* bytes; UINT64_MAX: none */
	bool truncate;	/* what is beyond is dropped; else it ends the jail */
	uint64_t passed, dropped;
	bool over; /* there was more than the limit */
};

/** output_admit() - @n bytes were read that are to be passed on. Return: how many of them may be. */
size_t output_admit(struct output_budget *b, size_t n);

/* One pipe, and where it leads. */
struct output_stream {
	int from, jail_end; /* the pipe's ends; FD_NONE: not in use (any more) */
	int to;		    /* borrowed, unless own_to */
	bool own_to;
	bool copy;   /* splice(2) cannot be used */
	bool socket; /* ... nor write(2) without the danger of waiting */
	bool full;   /* where it leads takes no more for now */
	char data[4096];
	size_t at, n; /* copy: what was read and not yet written */
};

struct output {
	struct output_budget budget;
	struct output_stream s[2];
	unsigned n;
	int null;  /* where dropped bytes go */
	int input; /* read-only copy of a stdin that could be written to, or FD_NONE */
};

#define OUTPUT_INIT                                                                                \
	{                                                                                          \
		.budget.limit = UINT64_MAX, .null = FD_NONE, .input = FD_NONE                      \
	}

/**
 * output_prepare() - make the pipes that a plan's limits need; nothing without limits.
 * @relayed: terminals among 0, 1, 2 are relayed, and counted there
 * @io: the jail's ends, to start it with
 */
int output_prepare(struct output *o, const struct jail_plan *plan, bool relayed, struct jail_io *io,
		   struct err *err);

/** output_started() - the jail has its ends: close ours of them. */
void output_started(struct output *o);

enum { OUTPUT_FDS = 2 };

/** output_poll() - what to wait for. @fds: OUTPUT_FDS entries to fill. */
void output_poll(const struct output *o, struct pollfd *fds);

/** output_pump() - move what can be moved, without waiting. */
void output_pump(struct output *o);

/**
 * output_drain() - the jail is gone: pass on what it wrote last.
 * @signals: a signalfd: one that asks us to end ends the waiting
 * @patient: wait for a slow reader; else give up when nothing moves for a while
 * What nobody took counts as dropped. Return: whether it was ended so.
 */
bool output_drain(struct output *o, int signals, bool patient);

/** output_result() - put the figures. */
void output_result(const struct output *o, struct result *r);

/** output_close() - close everything; harmless twice. */
void output_close(struct output *o);

#endif
