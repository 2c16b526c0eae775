/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making processes: clone3(2) with clone(2) as the fallback.
 */
#ifndef TOASTAINER_BASE_PROC_H
#define TOASTAINER_BASE_PROC_H

#include "base/defs.h"

/**
 * proc_clone() - start a process that runs a function.
 * @flags: CLONE_* without a signal
 * @exit_signal: what we get when it ends: SIGCHLD, or 0 for a process that only waits with __WALL
 *	see, so that nobody else's wait(2) reaps it
 * @fn: the process; its value becomes the exit status
 * @stack_top: end of the memory for its stack (needed with CLONE_VM, else may be NULL when clone3
 *	is there); 16-byte aligned, at least @stack_size bytes below it
 * @pidfd: set when CLONE_PIDFD is among the flags
 * @cgroup: directory of the cgroup v2 group that it is to be born in, or FD_NONE; needs clone3:
 *	-ENOSYS without
 * Return: pid or a negative errno.
 */
pid_t proc_clone(uint64_t flags, int exit_signal, int (*fn)(void *), void *arg, char *stack_top,
		 size_t stack_size, int *pidfd, int cgroup);

/**
 * proc_memory() - zeroed pages for the stacks of processes that share our memory; munmap(2) frees them.
 * Return: NULL with errno when there are none.
 */
void *proc_memory(size_t size);

#endif
