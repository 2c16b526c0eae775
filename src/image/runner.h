/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a jail is run. Image building needs jails, and the modes are of its own layer: the command
 * that brings both together passes once_run() down.
 */
#ifndef TOASTAINER_IMAGE_RUNNER_H
#define TOASTAINER_IMAGE_RUNNER_H

#include "config/config.h"
#include "jail/result.h"

typedef int image_runner(const struct config *cfg, struct result *ret, struct err *err);

#endif
