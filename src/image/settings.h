/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Adding to the config of a build what depends on the image and on the user.
 */
#ifndef TOASTAINER_IMAGE_SETTINGS_H
#define TOASTAINER_IMAGE_SETTINGS_H

#include "config/config.h"

/** settings_append() - a new element of a repeated top-level setting. NULL: no memory. */
void *settings_append(struct config *cfg, const char *field);

/**
 * settings_file() - a read-only file with content.
 * @dst: NULL is taken as a failed allocation, as arena_printf() has them
 */
int settings_file(struct config *cfg, const char *dst, const char *text, size_t n, struct err *err);

/**
 * settings_program() - what to run: @words, then the command that the user gave as their arguments.
 * @words: path and arguments; the strings outlive the config
 */
int settings_program(struct config *cfg, const char *const *words, unsigned n, struct err *err);

/**
 * settings_ids() - root inside and all further ids that we may hand out, unless maps were given.
 * @ret_one: whether only root exists inside
 */
int settings_ids(struct config *cfg, bool *ret_one, struct err *err);

#endif
