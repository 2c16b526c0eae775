/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a run ended, what it used, and what it was protected by. docs/result.md describes the JSON.
 *
 * To add a figure: a line in enum result_figure, one in the table of result.c, and result_put() where it
 * is known. A figure that nobody put is null.
 */
#ifndef TOASTAINER_JAIL_RESULT_H
#define TOASTAINER_JAIL_RESULT_H

#include "base/err.h"
#include "base/str.h"
#include "jail/receipt.h"
#include "trace/trace.h"

/* The numbers are also those of the library. */
enum result_reason {
	RESULT_EXITED,		  /* by itself: exit_code */
	RESULT_SIGNALED,	  /* by a signal that is not ours: signal */
	RESULT_TIME_LIMIT,	  /* ended at its wall clock limit */
	RESULT_SETUP_FAILED,	  /* the program never ran: err */
	RESULT_SUPERVISOR_SIGNAL, /* the launcher was told to end it: signal is what told it */
	RESULT_KILLED,		  /* the library's caller ended it */
	RESULT_MEMORY_LIMIT,	  /* its cgroup's memory: killed by the kernel */
	RESULT_CPU_LIMIT,	  /* CPU time of all its processes */
	RESULT_HOST_OOM,	  /* killed by the kernel because the machine had no memory left */
	RESULT_OUTPUT_LIMIT,
	RESULT_IDLE_LIMIT,
	RESULT_SECCOMP, /* by its system call policy: signal is SIGSYS */
	RESULT_REASONS
};

/* Where a figure comes from. */
enum result_source {
	FROM_NOWHERE,	/* not known: null */
	FROM_RUSAGE,	/* wait4(2): processes that were waited for */
	FROM_CGROUP,	/* the jail's own control group */
	FROM_MACHINE,	/* all of the machine, during the run */
	FROM_LAUNCHER,	/* counted by us */
	FROM_INTERFACE, /* the network interface that connects it */
	RESULT_SOURCES
};

/* The numbers are also those of the library: new ones come last. */
enum result_figure {
	FIG_CPU,	 /* microseconds, user and system */
	FIG_MEMORY_PEAK, /* bytes */
	FIG_SWAP_PEAK,	 /* bytes */
	FIG_MINOR_FAULTS,
	FIG_MAJOR_FAULTS,
	FIG_PROCESSES_PEAK,
	FIG_READ,  /* bytes from devices */
	FIG_WRITE, /* bytes to devices */
	FIG_VOLUNTARY_SWITCHES,
	FIG_INVOLUNTARY_SWITCHES,
	FIG_THROTTLED,	 /* microseconds in which a CPU quota held it back */
	FIG_CPU_SOME,	 /* pressure, microseconds: some task waited for a CPU */
	FIG_MEMORY_SOME, /* ... for memory */
	FIG_MEMORY_FULL, /* ... all tasks waited for memory */
	FIG_IO_SOME,
	FIG_IO_FULL,
	FIG_STEAL,  /* microseconds that the hypervisor took from the machine's CPUs */
	FIG_OUTPUT, /* bytes passed on, when output is limited */
	FIG_OUTPUT_DROPPED,
	FIG_DISK_USED,	 /* bytes in the limited file systems at the end */
	FIG_INODES_USED, /* files in them */
	FIG_NET_IN,	 /* bytes that came into the jail over its connection, headers included */
	FIG_NET_IN_PACKETS,
	FIG_NET_OUT,
	FIG_NET_OUT_PACKETS,
	RESULT_FIGURES
};

/* Limits that were touched without ending the run. */
enum result_hit {
	HIT_PIDS,
	HIT_DISK,
	HIT_INODES,
	HIT_MEMORY_HIGH,
	HIT_MEMORY_MAX,
	HIT_SWAP,
	HIT_CPU_THROTTLED,
	HIT_FILE_SIZE,
	HIT_RLIMIT_CPU,
	HIT_OUTPUT_TRUNCATED,
	RESULT_HITS
};

/* What may have disturbed a timing. */
enum result_disturbance {
	DISTURBED_STEAL,
	DISTURBED_CPU,
	DISTURBED_MEMORY,
	DISTURBED_IO,
	DISTURBED_THROTTLED,
	DISTURBED_SWAP,
	DISTURBED_PREEMPTED,
	RESULT_DISTURBANCES
};

/* A protection that is not there as asked. */
struct result_note {
	enum protection protection;
	enum protection_state state;
	char text[116];
};

struct result {
	enum result_reason reason;
	int exit_code;	  /* RESULT_EXITED, and others where the program got to exit; else -1 */
	int signal;	  /* 0: none */
	bool core;	  /* a core file was written */
	uint64_t wall_us; /* from the clone to the end */
	uint64_t user_us, sys_us; /* CPU time of all the jail's processes */
	uint64_t peak_kib;	  /* largest resident set of one process */
	/* for a reason that is a limit: its value, and what was used; unit: result_limit_unit() */
	uint64_t limit, used;
	uint64_t figures[RESULT_FIGURES]; /* result_put() */
	uint8_t sources[RESULT_FIGURES];  /* enum result_source */
	unsigned hits;			  /* 1 << enum result_hit */
	bool watched;			  /* disturbances were looked for */
	unsigned disturbances;		  /* 1 << enum result_disturbance */
	uint64_t asked, degraded, absent; /* 1 << enum protection */
	unsigned n_notes;
	struct result_note notes[8]; /* more protections can be degraded than can be explained */
	const char *upper;	     /* kind of the root's writable layer; NULL: it has none */
	unsigned layers;	     /* below it */
	/* of the image file that is the layer, and how it is mounted; NULL: there is none */
	const char *image_format, *image_way;
	const char *overlay; /* who else than the kernel makes the root of its layers, or NULL */
	bool upper_kept;
	int aftermath;		    /* errno of what was to be done after the end and failed; 0 */
	struct err err;		    /* RESULT_SETUP_FAILED: step, cause, hint */
	struct trace_outcome trace; /* what watching brought; owned */
};

/** result_reason_name() - as it stands in the JSON. */
const char *result_reason_name(enum result_reason reason);

/** result_is_limit() - whether the launcher ended it at a limit that it watches. */
static inline bool result_is_limit(enum result_reason reason)
{
	return reason == RESULT_TIME_LIMIT || reason == RESULT_CPU_LIMIT ||
	       reason == RESULT_OUTPUT_LIMIT || reason == RESULT_IDLE_LIMIT;
}

/** result_limit_unit() - "us" or "bytes" for a reason that is a limit, NULL for any other. */
const char *result_limit_unit(enum result_reason reason);

/** result_put() - set a figure. */
static inline void result_put(struct result *r, enum result_figure f, uint64_t value,
			      enum result_source from)
{
	r->figures[f] = value;
	r->sources[f] = (uint8_t)from;
}

/** result_hit() - a limit was touched. */
static inline void result_hit(struct result *r, enum result_hit hit)
{
	r->hits |= 1U << hit;
}

/** result_weaker() - a protection is not there as asked. @note: why, a part of a line. */
void result_weaker(struct result *r, enum protection p, enum protection_state state,
		   const char *note);

/** result_hit_name() - as it stands in the JSON. */
const char *result_hit_name(enum result_hit hit);

/** result_figure_name() - as it stands in the JSON. */
const char *result_figure_name(enum result_figure f);

/** result_free() - free what a result owns; harmless twice. */
void result_free(struct result *r);

/** result_json() - the result as one JSON object and a newline. */
void result_json(const struct result *r, struct sbuf *b);

#endif
