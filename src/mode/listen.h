/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mode "listen": a jail for each connection.
 */
#ifndef TOASTAINER_MODE_LISTEN_H
#define TOASTAINER_MODE_LISTEN_H

#include "config/config.h"

/**
 * listen_run() - serve until SIGTERM or SIGINT, which end all jails.
 * Sockets: those that systemd passes (LISTEN_FDS), else bindhost and port, else a Unix socket when
 * bindhost is a path.
 * @ready: called with @arg once connections are accepted
 * Return: 0 after a signal to end, or a negative errno when it could not start to serve.
 */
int listen_run(const struct config *cfg, void (*ready)(void *arg), void *arg, struct err *err);

#endif
