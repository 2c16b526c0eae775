/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What to do about an error whose cause is known.
 */
#ifndef TOASTAINER_JAIL_HINTS_H
#define TOASTAINER_JAIL_HINTS_H

#include "base/err.h"

struct jail_plan;

/**
 * hint_add() - give an error of a launch its hint, if the cause is known.
 * @err: step, code and msg as the child or the clone left them. A hint that is there stays.
 *
 * May try things in children (jail/probe.h): for the parent, after the launch has failed.
 */
void hint_add(struct err *err);

/** hint_plan() - the hints of causes that lie in the plan: a program that was mounted nowhere. */
void hint_plan(const struct jail_plan *plan, struct err *err);

#endif
