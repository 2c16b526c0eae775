/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a traced program touched: files and network addresses, each once with how often and by which
 * calls; and what an audited policy would have refused.
 */
#ifndef TOASTAINER_TRACE_COLLECT_H
#define TOASTAINER_TRACE_COLLECT_H

#include "kafel/kafel.h"
#include "trace/decode.h"

struct touched;
struct refused;

/* Kinds of refused calls in an audit: more than the calls of all architectures of a machine. */
#define COLLECT_REFUSED 2048

/* Addresses that one call has at most: the kernel's limit of sendmmsg(2). */
#define COLLECT_MESSAGES 1024

/* struct collection - zero-initialised is empty */
struct collection {
	struct touched *first, *last, **buckets;
	struct refused *refused, *last_refused;
	size_t memory; /* bytes in use: a program must not make it grow without end */
	unsigned n_refused;
	uint64_t refused_dropped; /* refused calls of kinds that there was no room for */
	uint64_t dropped;	  /* new entries that there was no room for */
	uint64_t unreadable;	  /* arguments that led nowhere */
};

/* struct touch - what one call touches: paths, addresses; collected when the call is still waiting */
struct touch {
	struct {
		bool net;
		char path[DECODE_PATH];
		int jail_type, main_type; /* index into the names of file types */
		int mode;		  /* index into the names of modes */
		struct endpoint end;
	} item[COLLECT_MESSAGES];
	unsigned n;
	unsigned unreadable;
	struct sbuf args; /* what else there is to say of the call */
};

/**
 * collect_look() - find out what a call is about to touch, from the caller's memory and /proc.
 * @ret: collect_forget() afterwards
 */
void collect_look(const struct call *c, const struct memory *m, struct touch *ret);

/** collect_add() - count what collect_look() found. */
void collect_add(struct collection *all, const struct call *c, const struct touch *t);

void collect_forget(struct touch *t);

/**
 * collect_refused() - count a call that a policy would have refused.
 * Numbers that no call has are one kind: a program has four thousand million of them.
 * @m: for its first description
 */
void collect_refused(struct collection *all, const struct call *c,
		     const struct kafel_decision *decision, const struct memory *m);

/** collect_text() - the report in nsjail's form: protobuf text of its message unotify.Stat. */
void collect_text(const struct collection *all, struct sbuf *out);

/** collect_json() - the same as one JSON object and a newline. */
void collect_json(const struct collection *all, struct sbuf *out);

/** collect_refused_json() - the audited calls as a JSON array. */
void collect_refused_json(const struct collection *all, struct sbuf *out);

/** collect_refused_text() - the same as a table for people, a line each. */
void collect_refused_text(const struct collection *all, struct sbuf *out);

void collect_free(struct collection *all);

#endif
