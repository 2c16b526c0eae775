/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Modes "once" and "rerun": run one jail and follow it to its end, or one after another.
 */
#ifndef TOASTAINER_MODE_ONCE_H
#define TOASTAINER_MODE_ONCE_H

#include "config/config.h"
#include "jail/result.h"

/**
 * once_run() - plan, launch, supervise: signals, terminal, time limit.
 * For a process that is all ours: it blocks and restores signals and may set the terminal raw.
 * @cfg: what to run
 * In mode rerun the same plan is launched again: rerun_count, rerun_delay, rerun_stop.
 * @ret: result_free() afterwards; how it (the last one) ended, also when the jail could not be set up (RESULT_SETUP_FAILED)
 * Return: 0 with @ret filled, or a negative errno when nothing could even be planned: then
 *	@ret says RESULT_SETUP_FAILED with the same error.
 */
int once_run(const struct config *cfg, struct result *ret, struct err *err);

/**
 * once_committer - makes an image of what a jail wrote.
 * @upper: path of the upper layer, as long as this function runs
 */
typedef int (*once_committer)(const struct config *cfg, const char *upper, struct err *err);

/** once_run_commit() - once_run(), and when the program has exited with 0, @commit. */
int once_run_commit(const struct config *cfg, once_committer commit, struct result *ret,
		    struct err *err);

struct enter_plan;
struct sock_fprog;

/**
 * once_enter() - as once_run(), but in a jail that runs already.
 * @cfg: the jail's, with another program
 * @enter: the jail (enter_prepare())
 * @filter: its system call policy as installed; len 0: none
 */
int once_enter(const struct config *cfg, struct enter_plan *enter, const struct sock_fprog *filter,
	       struct result *ret, struct err *err);

#endif
