/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Running a program of the host (busybox, mmdebstrap, debootstrap) and being interruptible
 * meanwhile: what was made until then must be taken away again.
 */
#ifndef TOASTAINER_IMAGE_TOOL_H
#define TOASTAINER_IMAGE_TOOL_H

#include <signal.h>

#include "base/err.h"
#include "base/mem.h"

/* struct tool_signals - SIGINT, SIGTERM, SIGHUP and SIGCHLD held back until we look */
struct tool_signals {
	sigset_t held, before;
};

void tool_hold_signals(struct tool_signals *s);

/** tool_release_signals() - as they were; one that came since we looked takes effect now. */
void tool_release_signals(const struct tool_signals *s);

/** tool_interrupted() - take one that came. Return: 0, or -EINTR with its error. */
int tool_interrupted(const struct tool_signals *s, struct err *err);

/** tool_find() - a program in PATH and the directories of the superuser. NULL: not there. */
char *tool_find(struct arena *a, const char *name);

/**
 * tool_run() - run a program of the host and wait for it.
 * @argv: [0] is its path; its standard error is ours
 * @out_fd: its standard output; FD_NONE: ours
 * @own_mounts: give it a mount namespace, so that no mount of it can stay behind
 * It gets SIGTERM when we are interrupted or killed.
 * Return: 0; -EINTR after an interruption; -EIO when it failed.
 */
int tool_run(const struct tool_signals *s, const char *const *argv, int out_fd, bool own_mounts,
	     struct err *err);

/** tool_output() - run a program and collect at most @max bytes of what it prints. */
int tool_output(const struct tool_signals *s, struct arena *a, const char *const *argv, size_t max,
		char **ret, struct err *err);

#endif
