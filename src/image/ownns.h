/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Being root over one's own ids: files of an image have many owners.
 */
#ifndef TOASTAINER_IMAGE_OWNNS_H
#define TOASTAINER_IMAGE_OWNNS_H

#include "base/err.h"

/**
 * ownns_enter() - go into a user namespace in which we are root and have our subordinate ids.
 * Nothing for root. What is opened by path stays what it is.
 * @ret_one: only one id exists there: owners of files cannot be kept
 */
int ownns_enter(bool *ret_one, struct err *err);

#endif
