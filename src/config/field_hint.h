/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What to write instead of a field that does not exist.
 */
#ifndef TOASTAINER_CONFIG_FIELD_HINT_H
#define TOASTAINER_CONFIG_FIELD_HINT_H

#include "config/schema.h"

/**
 * field_hint() - the setting that does what the unknown field @name of @m was meant to do: a
 * field of former versions, an option's name, a field of another message.
 * Return: whether there is one; @buf is untouched otherwise.
 */
bool field_hint(const struct message *m, const char *name, char *buf, size_t size);

#endif
