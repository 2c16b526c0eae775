/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mode "execve": confine this very process and become the program; nobody supervises it.
 */
#ifndef TOASTAINER_MODE_EXECVE_H
#define TOASTAINER_MODE_EXECVE_H

#include "config/config.h"

/**
 * execve_run() - unshare, walk the steps, execute.
 * The process keeps its pid; a new pid namespace is for its children.
 * Return: only on failure: a negative errno. The process is then half confined: it must exit.
 */
int execve_run(const struct config *cfg, struct err *err);

#endif
