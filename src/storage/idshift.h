/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layers whose files have the ids of a jail's id map: by a mount where the kernel can, else by copies in
 * the store. Used by the launcher, which looks, and by the helper, which makes the copies.
 */
#ifndef TOASTAINER_STORAGE_IDSHIFT_H
#define TOASTAINER_STORAGE_IDSHIFT_H

#include <limits.h>

#include "base/err.h"

#define IDSHIFT_NAME (NAME_MAX + 1)

/* An owner that is in no id map: of files whose own id is not in the map that a copy is made for. */
#define IDSHIFT_NOBODY ((uint32_t)-2)

/**
 * idshift_name() - the copy's name beside its layer.
 * @uids, @gids: "INSIDE:OUTSIDE:COUNT[,...]"
 * Return: 0, or -ENAMETOOLONG: maps of so many lines have no copies.
 */
int idshift_name(const char *uids, const char *gids, char ret[static IDSHIFT_NAME]);

/**
 * idshift_can_mount() - whether a directory can be mounted with other ids, and that be a layer of an
 * overlay. Tries it, which takes a short process.
 */
bool idshift_can_mount(const char *dir);

#endif
