// SPDX-License-Identifier: BSD-3-Clause
/*
 * Step "loopback": lo comes up in a new network namespace, with 127.0.0.1 and ::1 by itself.
 */
#include <net/if.h>
#include <sys/socket.h>

#include "base/sys.h"
#include "jail/steps.h"

#define SIOCSIFFLAGS_ 0x8914 /* linux/sockios.h clashes with musl's net/if.h */

int loopback_up(struct child *c, struct err *err)
{
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd, r;

	if (!c->plan->loopback_up)
		return 0;
	fd = (int)sys(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, fd, "open a socket to bring up lo");
	r = (int)sys(SYS_ioctl, fd, SIOCSIFFLAGS_, &req);
	sys_close(fd);
	return r < 0 ? err_sys(err, r, "bring up lo") : 0;
}
