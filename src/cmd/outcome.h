/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the commands that run a jail have in common: log, result file, exit status.
 */
#ifndef TOASTAINER_CMD_OUTCOME_H
#define TOASTAINER_CMD_OUTCOME_H

#include "config/config.h"
#include "jail/result.h"

/** outcome_status() - the exit status that tells a result. */
int outcome_status(enum config_face face, const struct result *r);

/** outcome_tell() - one line to a person when a limit ended the run, or was touched. */
void outcome_tell(const struct result *r);

/**
 * outcome_log() - set up the log as the config says.
 * A file that cannot be opened is not fatal: as with nsjail, the log stays on stderr.
 */
void outcome_log(const struct config *cfg);

/**
 * outcome_open() - open where the result goes, before the jail starts.
 * @ret: the descriptor, the caller's; untouched when no result was asked for
 */
int outcome_open(const struct config *cfg, int *ret, struct err *err);

/** outcome_write() - write the result as JSON; @fd FD_NONE: nowhere. */
int outcome_write(int fd, const struct result *result, struct err *err);

#endif
