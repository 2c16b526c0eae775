/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writing the id maps of a jail's user namespace, from outside (user_namespaces(7)).
 */
#ifndef TOASTAINER_JAIL_USERNS_H
#define TOASTAINER_JAIL_USERNS_H

#include "base/err.h"
#include "jail/plan.h"

/**
 * userns_write_maps() - both maps, and setgroups when it must be denied.
 * @pid: a process in the new user namespace
 */
int userns_write_maps(const struct jail_plan *plan, pid_t pid, struct err *err);

#endif
