/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Jails with a name: one file each in /run/toastainer (root) or $XDG_RUNTIME_DIR/toastainer, which
 * says what `ps`, `stats`, `kill` and `exec` need. Its supervisor holds a lock (flock(2)) on it as
 * long as the jail is there. The kernel drops the lock with the last process that has it, so a file
 * without one is the remains of a supervisor that was killed: whoever finds it removes it.
 */
#ifndef TOASTAINER_MODE_REGISTRY_H
#define TOASTAINER_MODE_REGISTRY_H

#include <linux/filter.h>

#include "config/config.h"
#include "jail/jail.h"

enum { REGISTRY_NAME_MAX = 64 };

/* struct claim - a name that is ours; CLAIM_INIT: none */
struct claim {
	int dir, file;
	char name[REGISTRY_NAME_MAX + 1];
};

#define CLAIM_INIT                                                                                 \
	{                                                                                          \
		.dir = FD_NONE, .file = FD_NONE                                                    \
	}

/**
 * registry_claim() - take a name for a jail that is about to start.
 * Fails with EEXIST when a living jail has it, EINVAL when it is no name.
 */
int registry_claim(const char *name, struct claim *ret, struct err *err);

/** registry_publish() - say what runs under the claimed name, once its program runs. */
int registry_publish(const struct claim *c, const struct config *cfg, const struct jail *j,
		     struct err *err);

/** registry_withdraw() - the jail has ended, the name is kept for the next. */
void registry_withdraw(const struct claim *c);

/** registry_release() - the jail is gone: so is its name. Harmless without a claim, and twice. */
void registry_release(struct claim *c);

/* struct entry - a named jail as another process sees it */
struct entry {
	char name[REGISTRY_NAME_MAX + 1];
	pid_t supervisor, guard; /* guard 0: it is starting */
	int64_t started;	 /* seconds since 1970 */
	enum config_face face;
	const char *command; /* its words, joined with blanks */
	const char *config;  /* the effective config in text form */
	size_t config_len;
	struct sock_fprog filter; /* its system call policy as compiled; len 0: none */
};

/**
 * registry_find() - a living jail by its name.
 * @a: owns what the entry points to
 * Waits up to two seconds for one that is starting.
 * Fails with ENOENT when there is none, EAGAIN when it is still starting then.
 */
int registry_find(struct arena *a, const char *name, struct entry *ret, struct err *err);

/**
 * registry_list() - all living jails, by name. Removes what killed supervisors left.
 * @ret: array in the arena
 */
int registry_list(struct arena *a, struct entry **ret, size_t *ret_n, struct err *err);

/**
 * registry_supervisor() - a pidfd of the jail's supervisor, surely that and not another process
 * that got its number.
 */
int registry_supervisor(const struct entry *e, struct err *err);

/**
 * registry_program() - the number of the jail's program, from the outside.
 * Return: the pid, or a negative errno when it has ended.
 */
pid_t registry_program(const struct entry *e);

#endif
