/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The settings table as a schema for other programs.
 */
#ifndef TOASTAINER_CONFIG_PROTOSCHEMA_H
#define TOASTAINER_CONFIG_PROTOSCHEMA_H

#include "base/str.h"

/** protoschema_proto() - append the .proto of the configuration. */
void protoschema_proto(struct sbuf *out);

/** protoschema_json() - append a JSON Schema (draft 2020-12) of the JSON form. */
void protoschema_json(struct sbuf *out);

#endif
