/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPU time of a process and everything that descends from it, read from outside while they run.
 */
#ifndef TOASTAINER_JAIL_CPUTIME_H
#define TOASTAINER_JAIL_CPUTIME_H

#include "base/err.h"

/**
 * cputime_below() - CPU time of all descendants of a process, nanoseconds.
 * @pid: of our pid namespace; its own time does not count
 * Those that ended count if they were waited for. What is missed: processes of a parent that ignores
 * SIGCHLD, and some of those that are made or end while we look. Without memory: too little.
 */
uint64_t cputime_below(pid_t pid);

/** cputime_check() - whether /proc shows what cputime_below() needs. Return: 0 or a negative errno. */
int cputime_check(struct err *err);

#endif
