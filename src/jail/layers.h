/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The layers of a jail's root that only the launcher can mount: those whose ids are the jail's, and those
 * that are an image file.
 */
#ifndef TOASTAINER_JAIL_LAYERS_H
#define TOASTAINER_JAIL_LAYERS_H

#include "jail/jail.h"

/** layers_send() - make plan->n_given mounts, and give them to the jail, which waits for them. */
int layers_send(struct jail *j, struct err *err);

/** layers_fd() - readable when what serves an image has ended; FD_NONE: nothing does. */
int layers_fd(const struct jail *j);

/**
 * layers_step() - end a jail whose image nobody serves any more.
 * @now: CLOCK_MONOTONIC
 */
void layers_step(struct jail *j, uint64_t now);

/** layers_explain() - the jail could not be set up, and is gone: maybe because nobody serves its image. */
void layers_explain(struct jail *j);

/** layers_ending() - the jail was killed: it may still wait for what serves its image, for a while. */
void layers_ending(struct jail *j, uint64_t now);

/** layers_release() - harmless twice. */
void layers_release(struct jail *j);

#endif
