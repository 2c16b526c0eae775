/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The limits that the launcher watches: wall clock, CPU time, idle time, and the grace period from
 * asking the program to end to killing it. Decides only; jail.c acts.
 */
#ifndef TOASTAINER_JAIL_WATCH_H
#define TOASTAINER_JAIL_WATCH_H

#include "jail/plan.h"

struct watch_state {
	uint64_t deadline_ns; /* wall clock limit, CLOCK_MONOTONIC as all of these; 0: none */
	uint64_t look_ns;     /* when to look at the CPU time again; 0: never */
	uint64_t kill_ns;     /* the grace period ends; 0: there is none */
	uint64_t used_ns;     /* CPU time at the last look */
	uint64_t active_ns;   /* when that had last grown */
	unsigned cpus;
};

/** watch_start() - the program's time begins now. */
void watch_start(struct watch_state *w, const struct watch_plan *p, uint64_t now);

/** watch_next() - when something has to be done; 0: never. */
uint64_t watch_next(const struct watch_state *w);

/** watch_is_due() - whether the CPU time has to be looked at. */
static inline bool watch_is_due(const struct watch_state *w, uint64_t now)
{
	return w->look_ns && now >= w->look_ns;
}

enum watch_verdict { WATCH_NOTHING, WATCH_CPU, WATCH_IDLE };

/**
 * watch_look() - judge a reading, and say when the next is needed.
 * @used_ns: CPU time of the jail so far
 */
enum watch_verdict watch_look(struct watch_state *w, const struct watch_plan *p, uint64_t used_ns,
			      uint64_t now);

/** watch_ending() - the jail was told to end: nothing counts any more but the grace period. */
void watch_ending(struct watch_state *w, const struct watch_plan *p, uint64_t now);

#endif
