// SPDX-License-Identifier: BSD-3-Clause
/*
 * Forwarding, and what the kernel changes along with it. Called by hostnet.c, in the host's network
 * namespace. Writing can fail, as in containers with a read-only /proc/sys.
 *
 * Telling the host to forward sets the same for each interface, and telling it not to clears it for
 * each; for IPv4 accept_redirects of "all" is set to the opposite, also on the way back. A host that
 * forwards IPv6 does not listen to router advertisements any more, and would lose its own way to the
 * internet when they expire: where it does, it is told to listen nevertheless.
 */
#include <dirent.h>
#include <sys/ioctl.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "net/hostsysctl.h"

enum { GET_INDEX = 0x8933 }; /* linux/sockios.h clashes with musl's net/if.h */

#define CONF4	  "/proc/sys/net/ipv4/conf"
#define CONF6	  "/proc/sys/net/ipv6/conf"
#define FORWARD4  "/proc/sys/net/ipv4/ip_forward"
#define FORWARD6  CONF6 "/all/forwarding"
#define REDIRECTS CONF4 "/all/accept_redirects"

static int sysctl(const char *path)
{
	char text[16];

	return io_read_small(AT_FDCWD, path, text, sizeof(text)) < 0 ? -1
								     : (int)strtol(text, NULL, 10);
}

/* of_interface() - the value of a setting of one interface. */
static int of_interface(const char *conf, const char *name, const char *setting)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s/%s", conf, name, setting);
	return sysctl(path);
}

bool hostnet_forwarding(uint8_t family)
{
	return sysctl(family == AF_INET ? FORWARD4 : FORWARD6) > 0;
}

bool hostsysctl_has_ipv6(void)
{
	return sysctl(CONF6 "/all/disable_ipv6") == 0 && sysctl(CONF6 "/default/disable_ipv6") == 0;
}

static void note(struct hostnet *h, uint32_t kind, int index)
{
	if (h->n_set < HOSTNET_SET_MAX)
		h->set[h->n_set++] = kind | (uint32_t)index;
}

static void learn_interface(struct hostnet *h, int sock, const char *conf, const char *name)
{
	bool v4 = str_eq(conf, CONF4);
	struct ifreq req = {0};

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%.15s", name);
	if (str_eq(name, HOSTNET_BRIDGE) ||
	    (!str_eq(name, "default") && sys(SYS_ioctl, sock, GET_INDEX, &req) < 0))
		return;
	if (of_interface(conf, name, "forwarding") > 0)
		note(h, v4 ? SET_FORWARDS4 : SET_FORWARDS6, req.ifr_ifindex);
	else if (!v4 && req.ifr_ifindex && !str_eq(name, "lo") &&
		 of_interface(conf, name, "accept_ra") == 1)
		note(h, SET_LISTENS, req.ifr_ifindex);
}

static void learn_interfaces(struct hostnet *h, const char *conf)
{
	_cleanup_close_ int sock = (int)sys(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	DIR *dir = opendir(conf);
	const struct dirent *d;

	while (dir && (d = readdir(dir)))
		if (strlen(d->d_name) < IFNAMSIZ && d->d_name[0] != '.')
			learn_interface(h, sock, conf, d->d_name);
	if (dir)
		closedir(dir);
}

void hostsysctl_learn(struct hostnet *h)
{
	h->was4 = hostnet_forwarding(AF_INET);
	h->redirects = sysctl(REDIRECTS) > 0;
	if (!h->was4)
		learn_interfaces(h, CONF4);
	if (!h->v6.family)
		return;
	h->was6 = hostnet_forwarding(AF_INET6);
	if (!h->was6)
		learn_interfaces(h, CONF6);
}

/* set_noted() - the setting of each noted interface, where it is @from. */
static void set_noted(const struct hostnet *h, uint32_t kind, const char *from, const char *to)
{
	char name[IFNAMSIZ], path[128], now[16];

	for (unsigned i = 0; i < h->n_set; i++) {
		uint32_t index = h->set[i] & ~(uint32_t)SET_KIND;

		if ((h->set[i] & SET_KIND) != kind)
			continue;
		snprintf(name, sizeof(name), "default");
		if (index && !if_indextoname(index, name))
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", kind == SET_FORWARDS4 ? CONF4 : CONF6,
			 name, kind == SET_LISTENS ? "accept_ra" : "forwarding");
		if (io_read_small(AT_FDCWD, path, now, sizeof(now)) > 0 && now[0] == from[0])
			io_write_file(AT_FDCWD, path, to);
	}
}

int hostsysctl_on(const struct hostnet *h, struct err *err)
{
	int r = 0;

	if (h->v6.family && !hostnet_forwarding(AF_INET6)) {
		set_noted(h, SET_LISTENS, "1", "2");
		r = io_write_file(AT_FDCWD, FORWARD6, "1");
	}
	if (r >= 0 && !hostnet_forwarding(AF_INET))
		r = io_write_file(AT_FDCWD, FORWARD4, "1");
	if (r >= 0)
		return 0;
	err_sys(err, r, "let the host forward packets (%s)", FORWARD4);
	return err_hint(err, "this file must be writable: in a container, start it with "
			     "--privileged or --sysctl net.ipv4.ip_forward=1");
}

int hostsysctl_back(const struct hostnet *h, struct err *err)
{
	int r4 = 0, r6 = 0, r;

	if (!h->was4) {
		r4 = io_write_file(AT_FDCWD, FORWARD4, "0");
		io_write_file(AT_FDCWD, REDIRECTS, h->redirects ? "1" : "0");
		set_noted(h, SET_FORWARDS4, "0", "1");
	}
	if (h->v6.family && !h->was6) {
		r6 = io_write_file(AT_FDCWD, FORWARD6, "0");
		set_noted(h, SET_LISTENS, "2", "1");
		set_noted(h, SET_FORWARDS6, "0", "1");
	}
	r = r4 < 0 ? r4 : r6;
	return r < 0 ? err_sys(err, r, "switch forwarding off again") : 0;
}
