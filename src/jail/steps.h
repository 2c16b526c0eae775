/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The child's steps besides the mounts. Each makes only system calls and says what failed.
 */
#ifndef TOASTAINER_JAIL_STEPS_H
#define TOASTAINER_JAIL_STEPS_H

#include "jail/child.h"

/* identity.c */
int identity_become(struct child *c, struct err *err);	   /* uid, gid, no supplementary groups */
int identity_bound_caps(struct child *c, struct err *err); /* the bounding set */
int identity_drop_caps(struct child *c, struct err *err);  /* all others become plan->caps too */

/* limits.c */
int limits_oom_score(struct child *c, struct err *err); /* needs the host's /proc */
int limits_apply(struct child *c, struct err *err);

/* loopback.c */
int loopback_up(struct child *c, struct err *err);

/* terminal.c */
int terminal_stdio(struct child *c, struct err *err); /* --silent and the like */
int terminal_await(struct child *c, struct err *err); /* a parked jail's connection */
int terminal_take(struct child *c, struct err *err);  /* a terminal of the jail's own */

#endif
