/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's settings (sysctl) that --net nat changes, and how they were before.
 */
#ifndef TOASTAINER_NET_HOSTSYSCTL_H
#define TOASTAINER_NET_HOSTSYSCTL_H

#include "net/hostnet.h"

bool hostsysctl_has_ipv6(void);

/** hostsysctl_learn() - how things are, into @h. */
void hostsysctl_learn(struct hostnet *h);

/** hostsysctl_on() - the host forwards packets. */
int hostsysctl_on(const struct hostnet *h, struct err *err);

/** hostsysctl_back() - all is as it was when hostsysctl_learn() looked. */
int hostsysctl_back(const struct hostnet *h, struct err *err);

#endif
