/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of capabilities (capabilities(7)).
 */
#ifndef TOASTAINER_JAIL_CAPABILITIES_H
#define TOASTAINER_JAIL_CAPABILITIES_H

#include "base/defs.h"

/*
 * What docker gives a container: chown dac_override fowner fsetid kill setgid setuid setpcap
 * net_bind_service net_raw sys_chroot mknod audit_write setfcap.
 */
#define CAPABILITIES_DOCKER 0xa80425fbULL

/** capability_number() - of "CAP_CHOWN" or "chown". Return: -EINVAL for none. */
int capability_number(const char *name);

/** capability_name() - "CAP_CHOWN"; NULL for an unknown number. */
const char *capability_name(unsigned cap);

#endif
