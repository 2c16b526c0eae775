/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies of an image's layers whose files have the ids of a map outside: what a jail with that map needs
 * where mounts cannot have other ids.
 */
#ifndef TOASTAINER_IMAGE_SHIFT_H
#define TOASTAINER_IMAGE_SHIFT_H

#include "image/ids.h"
#include "image/import.h"

/**
 * shift_map() - "INSIDE:OUTSIDE:COUNT[,...]".
 * Return: 0; -EINVAL: not that.
 */
int shift_map(struct arena *a, const char *text, struct id_map *ret, struct err *err);

/** shift_id() - who @id is outside; IDSHIFT_NOBODY where the map does not have it. */
uint32_t shift_id(const struct id_map *m, uint32_t id);

/**
 * shift_image() - make the copies that are not there yet.
 * A file whose owner is not in the map gets one that is in none, and loses its set-id bits and
 * capabilities. Layers stay as they are.
 * @ret: how many were made, and what is in them
 */
int shift_image(const struct store *s, const char *name, const char *uids, const char *gids,
		struct import_report *ret, struct err *err);

#endif
