/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the jail's processes tell their launcher over the control socket (SOCK_SEQPACKET, so one
 * message a read), and how. The launcher's one message is a byte: go on, the id maps are written.
 */
#ifndef TOASTAINER_JAIL_REPORT_H
#define TOASTAINER_JAIL_REPORT_H

#include "base/err.h"

enum report_kind {
	REPORT_ERROR,	 /* a step failed: err */
	REPORT_START,	 /* the program runs; only when the plan asks for it */
	REPORT_EXIT,	 /* the program ended: status */
	REPORT_TTY,	 /* the jail's terminal: its master comes along as SCM_RIGHTS */
	REPORT_FS,	 /* a limited file system: its descriptor comes along */
	REPORT_WARN,	 /* a protection (status) is weaker than asked, or absent: err says why */
	REPORT_FOLLOW,	 /* the program's process waits to be followed; its pidfd comes along */
	REPORT_LISTENER, /* the listener of its filter comes along */
	REPORT_HELD,	 /* what the launcher holds of the jail's files (status: enum held) */
};

/* With a mount namespace held, the root keeps all that is mounted in it when the jail is gone. */
enum held { HELD_ROOT, HELD_NAMESPACE, HELD_UPPER, HELD };

struct report {
	enum report_kind kind;
	int status;  /* REPORT_EXIT: as from wait(2); REPORT_WARN: enum protection; REPORT_HELD */
	bool absent; /* REPORT_WARN */
	struct err err;
};

/* report_size() - how much of a report is sent. */
static inline size_t report_size(const struct report *r)
{
	return r->kind == REPORT_ERROR || r->kind == REPORT_WARN ? sizeof(*r)
								 : offsetof(struct report, err);
}

#endif
