/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A config that names an image: what the store has of it, put where nothing else was asked for.
 */
#ifndef TOASTAINER_CONFIG_IMAGE_USE_H
#define TOASTAINER_CONFIG_IMAGE_USE_H

#include "config/config.h"

/**
 * image_use() - look cfg->image up in the store; hold it; take its layers, environment, working
 * directory, user and command. What was given explicitly stays. A path is an image file, and mounted.
 * To be called once, before to_plan().
 */
int image_use(struct config *cfg, struct err *err);

/**
 * image_use_copy() - the same for a copy, which leaves the config as it is.
 * @from: must outlive the copy, whose strings may be its; may be used by several at once
 * @ret: config_free() it
 */
int image_use_copy(const struct config *from, struct config *ret, struct err *err);

#endif
