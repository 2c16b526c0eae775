/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies from a hostile tree to a name on the host.
 */
#ifndef TOASTAINER_STORAGE_COPYFILE_H
#define TOASTAINER_STORAGE_COPYFILE_H

#include "storage/copy.h"

/**
 * copyfile_out() - copy @from below @root to the path @to of the host.
 * Links, devices and the like in a directory are left out and counted.
 * A file appears complete or not at all, in place of what has the name. A directory must be new. If @to
 * is a directory, or ends with a slash, the copy gets its own name in it.
 */
int copyfile_out(struct copy *c, int root, const char *from, const char *to, struct err *err);

#endif
