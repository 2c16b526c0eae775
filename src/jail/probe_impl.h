/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the probe_*.c files share: trying something in a child, filling a result, and the functions
 * of the table's rows. Nobody else includes this.
 */
#ifndef TOASTAINER_JAIL_PROBE_IMPL_H
#define TOASTAINER_JAIL_PROBE_IMPL_H

#include "base/sys.h"
#include "jail/probe.h"

typedef int (*trial_fn)(struct trial *t, const void *arg);

/**
 * probe_try() - run @fn in a child with new namespaces, and wait for it.
 * @flags: CLONE_NEW*, CLONE_FILES. With CLONE_NEWUSER the caller's ids become 0 there; with
 *	CLONE_NEWNS nothing that is mounted there reaches the caller.
 * @fn: makes only system calls; returns 0 or trial_fail(). May be NULL: the namespaces suffice.
 * @ret: always filled
 * Return: -ret->code.
 */
int probe_try(const struct probe_env *env, uint64_t flags, trial_fn fn, const void *arg,
	      struct trial *ret);

/** trial_fail() - note what failed. @step: a literal. @r: negative errno. Return: @r. */
int trial_fail(struct trial *t, const char *step, long r);

/** trial_text() - "STEP: text of the errno" in @buf. Return: @buf. */
const char *trial_text(const struct trial *t, char *buf, size_t n);

void probe_say(struct probe_result *r, enum probe_status status, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
void probe_cause(struct probe_result *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
void probe_cure(struct probe_result *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** probe_blocked() - true, with the result filled, when no child can have rights of its own. */
bool probe_blocked(const struct probe_env *env, struct probe_result *r);

/** probe_cap() - whether the caller has the capability in effect. */
bool probe_cap(const struct probe_env *env, unsigned cap);

/** probe_number() - a file that holds one number. Return: -1 when it cannot be read. */
int64_t probe_number(const char *path);

/**
 * probe_status_field() - the number after "NAME:" in /proc/self/status. Return: -1 without.
 */
int64_t probe_status_field(const char *name);

/**
 * probe_mount_line() - walk over the lines of mountinfo.
 * @cursor: start with env->mountinfo; moved on
 */
struct mount_line {
	char root[512], point[512], type[64], super[512], options[256];
};
bool probe_mount_line(const char **cursor, struct mount_line *ret);

/**
 * probe_blame() - why @t failed, as far as the errno and the machine's settings tell: fills cause
 * and cure. @what: the thing in words, for the case that nothing is known.
 */
void probe_blame(const struct probe_env *env, const struct trial *t, const char *what,
		 struct probe_result *r);

#define PROBE_ROW(name)                                                                            \
	void name(const struct probe_env *env, const struct probe *probe, struct probe_result *r)

PROBE_ROW(probe_kernel);
PROBE_ROW(probe_userns);
PROBE_ROW(probe_ns);
PROBE_ROW(probe_clone3);
PROBE_ROW(probe_subids);
PROBE_ROW(probe_mount_api);
PROBE_ROW(probe_proc);
PROBE_ROW(probe_overlay);
PROBE_ROW(probe_idmapped);
PROBE_ROW(probe_cgroup_v2);
PROBE_ROW(probe_cgroup_v1);
PROBE_ROW(probe_seccomp);
PROBE_ROW(probe_unotify);
PROBE_ROW(probe_landlock);
PROBE_ROW(probe_nftables);
PROBE_ROW(probe_link);
PROBE_ROW(probe_nat);
PROBE_ROW(probe_tun);

/* Rights over the host's network namespace, which links to it need. */
enum probe_link_kind { PROBE_VETH, PROBE_MACVLAN };

#endif
