/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A config as a file: what reads back as the same config.
 */
#ifndef TOASTAINER_CONFIG_DUMP_H
#define TOASTAINER_CONFIG_DUMP_H

#include "base/str.h"
#include "config/config.h"

/**
 * dump_text() - append @cfg in the text format: what was given, and what is not the face's default.
 */
int dump_text(const struct config *cfg, struct sbuf *out, struct err *err);

/**
 * dump_json() - the same as a JSON object.
 * Fails with EILSEQ when a string is not UTF-8: JSON cannot carry it.
 */
int dump_json(const struct config *cfg, struct sbuf *out, struct err *err);

#endif
