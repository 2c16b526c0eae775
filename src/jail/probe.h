/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Probes: what this machine lets the caller do. Each is tried for real, in a child that takes what
 * it made with it, so that nothing stays behind. `doctor` shows them all; the hints of errors ask
 * single ones for the cause.
 */
#ifndef TOASTAINER_JAIL_PROBE_H
#define TOASTAINER_JAIL_PROBE_H

#include "base/err.h"
#include "base/mem.h"

/* The order and the names (probe_status_name()) are part of `doctor --json`. */
enum probe_status {
	PROBE_OK,	/* works */
	PROBE_DEGRADED, /* works with limits: see cause */
	PROBE_MISSING,	/* does not work: see cause */
	PROBE_UNNEEDED, /* absent, and something else does its work here */
	PROBE_STATUSES
};

struct probe_result {
	enum probe_status status;
	char found[512]; /* what was found, one line */
	char cause[512]; /* why not, or "" */
	char cure[400];	 /* what to do about it, or "" */
};

/* struct trial - how an attempt in a child ended. */
struct trial {
	int code;	  /* 0: worked, else a positive errno */
	const char *step; /* what failed, a literal; NULL when nothing did */
	int value;	  /* what the attempt found out, when it worked */
	bool done;	  /* false: the child was killed before it could say */
};

/* struct probe_env - what all probes need to know about the caller; made once. */
struct probe_env {
	uid_t uid; /* effective */
	gid_t gid;
	uint64_t caps;	     /* effective, bit CAP_* */
	struct trial userns; /* a user namespace with a map of one id, tried */
	uint64_t ns;	     /* with these flags a child has all rights in its namespaces */
	bool can;	     /* false: no way to them, neither a user namespace nor CAP_SYS_ADMIN */
	const char *mountinfo; /* /proc/self/mountinfo, or "" */
	struct arena arena;
};

struct probe {
	const char *name; /* stable: a key of doctor --json */
	const char *use;  /* what it is good for */
	bool required;	  /* `toastainer run` with its defaults cannot do without */
	uint64_t arg;
	void (*run)(const struct probe_env *env, const struct probe *probe, struct probe_result *r);
};

/**
 * probe_env_init() - look at the caller and try a user namespace.
 * Never fails: what cannot be read counts as absent. Release with probe_env_free().
 */
void probe_env_init(struct probe_env *env);
void probe_env_free(struct probe_env *env);

/** probe_table() - all probes, in the order to show them. */
const struct probe *probe_table(size_t *ret_n);

/** probe_run() - one probe. @r is filled completely. */
void probe_run(const struct probe_env *env, const struct probe *probe, struct probe_result *r);

/** probe_run_named() - the probe of that name. Return: false when there is none. */
bool probe_run_named(const struct probe_env *env, const char *name, struct probe_result *r);

/** probe_status_name() - "ok", "degraded", "missing", "not needed". */
const char *probe_status_name(enum probe_status status);

#endif
