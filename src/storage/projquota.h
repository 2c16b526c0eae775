/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Project quotas of ext4 and xfs on a directory (quotactl(2)).
 */
#ifndef TOASTAINER_STORAGE_PROJQUOTA_H
#define TOASTAINER_STORAGE_PROJQUOTA_H

#include "base/err.h"

/** projquota_enabled() - whether the file system of a directory enforces project quotas. */
bool projquota_enabled(int dir);

/**
 * projquota_set() - make @dir, and what will be made in it, a project of its own with limits.
 * @bytes: 0: no limit. @inodes: as well
 * A directory that is a project already keeps its number.
 * Fails where the file system was not mounted with prjquota.
 */
int projquota_set(int dir, uint64_t bytes, uint64_t inodes, uint32_t *ret_project, struct err *err);

/** projquota_get() - what the project uses. */
int projquota_get(int dir, uint32_t project, uint64_t *bytes, uint64_t *inodes);

#endif
