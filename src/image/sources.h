/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a first root file system comes from: one function a source, all called by bootstrap_image()
 * with an empty, locked directory. What they made when they fail is removed by the caller.
 */
#ifndef TOASTAINER_IMAGE_SOURCES_H
#define TOASTAINER_IMAGE_SOURCES_H

#include "image/bootstrap.h"

struct bootstrap {
	const struct bootstrap_request *rq;
	const struct image_dir *dir;
	const struct tool_signals *signals;
	struct bootstrap_report *report;
	struct arena arena;
};

/** busybox_make() - Debian's static busybox, a link for each of its programs, a small /etc. */
int busybox_make(struct bootstrap *b, struct err *err);

/** debian_make() - a Debian by mmdebstrap or debootstrap, from the network. */
int debian_make(struct bootstrap *b, struct err *err);

/** hostview_make() - mount points, and a configuration that shows this machine's /usr there. */
int hostview_make(struct bootstrap *b, struct err *err);

#endif
