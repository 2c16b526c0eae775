/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Protobuf's text format.
 */
#ifndef TOASTAINER_CONFIG_TEXTPROTO_H
#define TOASTAINER_CONFIG_TEXTPROTO_H

#include "config/config.h"

/**
 * textproto_parse() - fill @cfg from a text.
 * @cfg: as config_init() left it; on error partly filled
 * @file: name for messages
 * @text: NUL-terminated besides its length @n
 */
int textproto_parse(struct config *cfg, const char *file, const char *text, size_t n,
		    struct err *err);

#endif
