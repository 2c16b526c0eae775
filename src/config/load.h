/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configuration files in either form.
 */
#ifndef TOASTAINER_CONFIG_LOAD_H
#define TOASTAINER_CONFIG_LOAD_H

#include "config/config.h"

/**
 * load_text() - replace @cfg by a config given as text: nsjail's text format or its JSON form.
 * On error @cfg is as it was.
 * @file: name for messages
 * @text: NUL-terminated besides its length @n
 */
int load_text(struct config *cfg, const char *file, const char *text, size_t n, struct err *err);

#endif
