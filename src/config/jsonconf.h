/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Protobuf's JSON mapping.
 */
#ifndef TOASTAINER_CONFIG_JSONCONF_H
#define TOASTAINER_CONFIG_JSONCONF_H

#include "config/config.h"

/**
 * jsonconf_parse() - fill @cfg from a JSON object.
 * @cfg: as config_init() left it; on error partly filled
 * @file: name for messages
 * @text: NUL-terminated besides its length @n
 */
int jsonconf_parse(struct config *cfg, const char *file, const char *text, size_t n,
		   struct err *err);

#endif
