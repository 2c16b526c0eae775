/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is left of a jail that has ended: result files to copy, and what it changed in its root.
 */
#ifndef TOASTAINER_MODE_AFTERMATH_H
#define TOASTAINER_MODE_AFTERMATH_H

#include "config/to_plan.h"
#include "jail/jail.h"

/**
 * aftermath() - do what the plan says: --copy_out, --diff. Before jail_release().
 * Each copy is made or not by itself.
 * @log: failures go to the log, all of them
 * @err: the first thing that failed
 */
int aftermath(const struct planned *p, const struct jail *j, bool log, struct err *err);

/** aftermath_upper() - a path to the upper layer for programs that we start. Return: 0 or a negative errno. */
int aftermath_upper(const struct jail *j, char *path, size_t size);

#endif
