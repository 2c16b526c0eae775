/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the upper layer of an overlay changes in the layers below: docs/disposable.md has the format.
 */
#ifndef TOASTAINER_STORAGE_CHANGES_H
#define TOASTAINER_STORAGE_CHANGES_H

#include "base/err.h"

/* struct changes - what is compared */
struct changes {
	int upper;	   /* the upper directory */
	const int *layers; /* directories, topmost first */
	unsigned n;
	bool other_ids; /* owners below are those inside: no use to compare them */
	/* Paths, absolute, where directories and empty files are ours: mount targets; ended by NULL */
	const char *const *targets;
};

/**
 * changes_write() - one JSON object a line to the descriptor @fd.
 * Return: 0 or a negative errno.
 */
int changes_write(const struct changes *c, int fd, struct err *err);

/** changes_whiteout() - whether this is how an overlay notes that a name is gone. */
struct stat;
bool changes_whiteout(const struct stat *st);

#endif
