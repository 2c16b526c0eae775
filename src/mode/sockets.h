/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Listening sockets and telling the service manager, for mode "listen".
 */
#ifndef TOASTAINER_MODE_SOCKETS_H
#define TOASTAINER_MODE_SOCKETS_H

#include <sys/socket.h>

#include "config/config.h"

enum { SOCKETS_MAX = 16 };

struct sockets {
	int fd[SOCKETS_MAX];
	unsigned n;
	const char *path; /* of a Unix socket that we made, to be removed; NULL: none */
};

/** sockets_open() - open what @cfg says, or take what systemd passed. */
int sockets_open(const struct config *cfg, struct sockets *s, struct err *err);

void sockets_close(struct sockets *s);

/** sockets_peer() - the other end as text: "[2001:db8::1]:999", "unix:uid=0,pid=5". */
void sockets_peer(int fd, const struct sockaddr_storage *addr, char *buf, size_t n);

/** sockets_same_host() - whether two peers count as one address; never for Unix sockets. */
bool sockets_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/** sockets_notify() - sd_notify(3): "READY=1" and the like; nothing without a manager. */
void sockets_notify(const char *state);

#endif
