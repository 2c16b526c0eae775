/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watching a jail's system calls from outside: by a listener (SECCOMP_RET_USER_NOTIF) for traces and
 * audits, by exit tracing (ptrace(2)) for naming what a policy killed. Each is done by a process of its
 * own: a hostile program can make whoever reads its memory wait, and the launcher must not wait.
 */
#ifndef TOASTAINER_TRACE_TRACE_H
#define TOASTAINER_TRACE_TRACE_H

#include "base/err.h"
#include "base/str.h"
#include "kafel/kafel.h"
#include "trace/decode.h"

/* struct trace_settings - what is watched */
struct trace_settings {
	const struct kafel_policy *policy; /* NULL: none */
	bool explain;			   /* name what it kills */
	bool files;			   /* which files and addresses are used */
	bool audit;			   /* what it would refuse; nothing is refused */
	bool json;			   /* the report of files is JSON */
	uint64_t cookie;		   /* see filter.h */
};

/* struct violation - a call that a policy answered with death; fits into one write to a pipe */
struct violation {
	int32_t nr;
	uint32_t arch; /* AUDIT_ARCH_* */
	uint64_t args[SYSCALLS_MAX_ARGS], ip;
	pid_t pid;    /* the thread, as seen by the launcher */
	bool program; /* it was of the jail's program itself, not of one that it started */
	bool certain; /* no other thread of a process that dies looks like this one */
	uint32_t n_args;
	uint32_t action; /* SECCOMP_RET_* */
	char name[24];
	char rule[256]; /* "policy:3:12", or why there is no line */
	char call[800]; /* openat(AT_FDCWD, "/etc/shadow", O_RDONLY) */
	char arg[SYSCALLS_MAX_ARGS][400];
};
static_assert(sizeof(struct violation) < PIPE_BUF, "written in one piece");

/* struct trace_outcome - what came of it; zero-initialised is nothing */
struct trace_outcome {
	struct violation *violations; /* the first of them */
	unsigned n_violations;
	uint64_t seen;	/* violations, described or not */
	bool explained; /* exit tracing worked from start to end */
	bool signalled; /* someone else's SIGSYS ended the program */
	char *report;	/* of files and addresses; NULL: none */
	char *audit_json, *audit_text;
	uint64_t audit_dropped; /* calls that are not in the audit */
	char failed[200];	/* why something is missing, or "" */
};

/* struct trace - the processes that watch one jail */
struct trace {
	pid_t exits, calls; /* 0: none */
	int exits_out, calls_out;
	char failed[200];
};

#define TRACE_INIT                                                                                 \
	{                                                                                          \
		.exits_out = FD_NONE, .calls_out = FD_NONE                                         \
	}

/**
 * trace_exits() - follow a process and its descendants to their ends.
 * @pid: it waits for us, and has not become anyone else yet
 * Return: 0, or a negative errno: then the outcome will say so.
 */
int trace_exits(struct trace *t, const struct trace_settings *s, pid_t pid, struct err *err);

/**
 * trace_calls() - answer a listener.
 * @listener: taken over
 */
int trace_calls(struct trace *t, const struct trace_settings *s, int listener, struct err *err);

/**
 * trace_finish() - the jail is gone: gather what was found, within seconds.
 * @ret: trace_outcome_free() afterwards
 */
void trace_finish(struct trace *t, struct trace_outcome *ret);

/** trace_release() - end the processes that are still there; harmless twice. */
void trace_release(struct trace *t);

void trace_outcome_free(struct trace_outcome *o);

/**
 * trace_culprit() - the violation that the program died of, else the first, or NULL.
 * One that killed a single thread comes after one that killed them all.
 */
const struct violation *trace_culprit(const struct trace_outcome *o);

/** trace_number_in() - the number after "@key" at a line's start in a file of /proc; 0: none. */
pid_t trace_number_in(const char *path, const char *key);

/** violation_fill() - describe a call that a policy refuses. @m: NULL leaves pointers numbers */
void violation_fill(struct violation *v, const struct call *c, const struct kafel_decision *d,
		    const struct memory *m);

/** violation_ends_all() - whether an action kills the whole process, not perhaps one thread of it. */
bool violation_ends_all(uint32_t action);

/** violation_text() - for the log: what happened in one line. */
void violation_text(const struct violation *v, struct sbuf *out);

/** violation_json() - as a JSON object. */
void violation_json(const struct violation *v, struct sbuf *out);

/* The two processes: what they run, until there is nothing left to watch. */
NORETURN void exits_main(const struct trace_settings *s, pid_t pid, int out);
NORETURN void calls_main(const struct trace_settings *s, int listener, int out);

/* struct exits_tail - what exits_main() writes when all have ended, behind the violations */
struct exits_tail {
	uint64_t seen;
	bool signalled;
};

/* struct calls_head - what calls_main() writes: this, then the texts one after the other */
struct calls_head {
	uint64_t audit_dropped;
	uint32_t report, audit_json, audit_text; /* bytes */
};

#endif
