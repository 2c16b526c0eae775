/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mount targets that an image lacks: made before a build, taken away after it.
 *
 * A bare image has no /proc, no /dev, no /etc/resolv.conf to mount something on. A process of its
 * own, the keeper, makes them as empty directories and an empty file, waits for the end of the
 * build's process, and removes them again, so that even SIGKILL leaves nothing behind. It removes
 * only what it made, is the same inode still, and still empty, each through the descriptor of the
 * directory that it was made in: no path is walked again, no link followed.
 */
#ifndef TOASTAINER_IMAGE_TARGETS_H
#define TOASTAINER_IMAGE_TARGETS_H

#include "base/err.h"

/* struct target - a path that must exist in an image */
struct target {
	const char *path; /* absolute */
	bool is_dir;
};

/* struct targets - the keeper, seen from the build */
struct targets {
	int pipe; /* its end ends the keeper; FD_NONE: there is none */
	pid_t keeper;
};

#define TARGETS_INIT                                                                               \
	{                                                                                          \
		.pipe = FD_NONE                                                                    \
	}

/**
 * targets_make() - make sure that paths exist in an image.
 * @root: descriptor of the image directory, with its lock: the keeper holds it until it is done
 * @want: what must exist. Links on the way are followed as a process inside would follow them, also
 *	a last one that leads nowhere yet; missing directories on the way are made too
 * A failure leaves nothing behind.
 */
int targets_make(struct targets *t, int root, const struct target *want, unsigned n,
		 struct err *err);

/** targets_remove() - take away what was made, and end the keeper; harmless twice. */
void targets_remove(struct targets *t);

#endif
