/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a run ended and what it used.
 */
#ifndef TOASTAINER_JAIL_RESULT_H
#define TOASTAINER_JAIL_RESULT_H

#include "base/err.h"
#include "base/str.h"
#include "cgroup/cgroup.h"

enum result_reason {
	RESULT_EXITED,		  /* by itself: exit_code */
	RESULT_SIGNALED,	  /* by a signal that is not ours: signal */
	RESULT_TIME_LIMIT,	  /* killed at its wall clock limit */
	RESULT_SETUP_FAILED,	  /* the program never ran: err */
	RESULT_SUPERVISOR_SIGNAL, /* the launcher was told to end it: signal is what told it */
	RESULT_KILLED,		  /* the library's caller ended it */
	RESULT_MEMORY_LIMIT,	  /* killed at the memory limit of its own control group */
	RESULT_REASONS
};

struct result {
	enum result_reason reason;
	int exit_code;	  /* RESULT_EXITED, and others where the program got to exit; else -1 */
	int signal;	  /* 0: none */
	bool core;	  /* a core file was written */
	uint64_t wall_us; /* from the clone to the end */
	uint64_t user_us, sys_us;   /* CPU time of all the jail's processes */
	uint64_t peak_kib;	    /* largest resident set of one process */
	struct cgroup_usage cgroup; /* what its control groups counted; have is 0 without */
	struct err err;		    /* RESULT_SETUP_FAILED: step, cause, hint */
};

/** result_reason_name() - as it stands in the JSON. */
const char *result_reason_name(enum result_reason reason);

/** result_json() - the result as one JSON object and a newline. */
void result_json(const struct result *r, struct sbuf *b);

#endif
