/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The upper layer of a jail's root where it is a directory of the host: made before the launch, locked
 * while the jail is there, removed or kept after. A tmpfs needs nothing of this, the jail makes it.
 */
#ifndef TOASTAINER_STORAGE_UPPER_H
#define TOASTAINER_STORAGE_UPPER_H

#include "base/err.h"

enum upper_kind { UPPER_TMPFS, UPPER_DIR, UPPER_BTRFS, UPPER_QUOTA, UPPER_KINDS };

/* struct upper_plan - what was asked for */
struct upper_plan {
	enum upper_kind kind;
	const char *dir; /* kept: the layer's own; else where one is made for each jail */
	bool keep;
	uint64_t bytes, inodes; /* 0: no limit */
	bool chown;		/* the jail's user is not the caller */
	uid_t uid;		/* of the jail's user, outside */
	gid_t gid;
};

/* struct upper - the layer of one jail; UPPER_INIT: none */
struct upper {
	const struct upper_plan *plan;
	int parent;    /* plan->dir */
	int dir;       /* the layer's directory; holds the lock */
	char name[32]; /* its name below the parent, "." when it is the parent */
	uint32_t project;
};

#define UPPER_INIT                                                                                 \
	{                                                                                          \
		.parent = FD_NONE, .dir = FD_NONE                                                  \
	}

/** upper_kind_name() - as it stands in the result. */
const char *upper_kind_name(enum upper_kind kind);

/**
 * upper_prepare() - make the directory, its lock and its limits.
 * Removes what killed launchers left beside it.
 * Fails with EBUSY when another jail uses a kept one.
 */
int upper_prepare(const struct upper_plan *plan, struct upper *ret, struct err *err);

/* struct upper_use - how much was written */
struct upper_use {
	uint64_t bytes, inodes;
	bool full, no_inodes; /* the limit was reached */
};

/**
 * upper_use() - count what is in the layer.
 * Return: 0, or a negative errno when it cannot be known.
 */
int upper_use(const struct upper *u, struct upper_use *ret);

/** upper_release() - remove it unless it is kept; harmless twice. */
void upper_release(struct upper *u);

#endif
