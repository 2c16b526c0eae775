// SPDX-License-Identifier: BSD-3-Clause
/*
 * Sockets of mode "listen". The protocols of socket activation and readiness are small and stable
 * (sd_listen_fds(3), sd_notify(3)), and the launcher links no library.
 */
#include <arpa/inet.h>
#include <sys/un.h>

#include "base/str.h"
#include "base/sys.h"
#include "mode/sockets.h"

enum { FIRST_PASSED_FD = 3 };

static int take_passed(struct sockets *s, struct err *err)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint32_t p, n;

	if (!pid || !fds || str_u32(pid, &p) < 0 || p != (uint32_t)getpid())
		return 0;
	if (str_u32(fds, &n) < 0 || n == 0 || n > SOCKETS_MAX)
		return err_set(err, EINVAL, "LISTEN_FDS is '%s': expected 1 to %d sockets", fds,
			       SOCKETS_MAX);
	for (uint32_t i = 0; i < n; i++) {
		int fd = FIRST_PASSED_FD + (int)i, on = 0;
		socklen_t len = sizeof(on);

		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) < 0 || !on)
			return err_set(err, ENOTSOCK,
				       "descriptor %d of LISTEN_FDS is not a listening socket", fd);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		s->fd[s->n++] = fd;
	}
	return 0;
}

/* A socket left by a dead process is removed; one that somebody serves is not. */
static int remove_stale(const struct sockaddr_un *addr)
{
	struct stat st;
	int fd, r;

	if (lstat(addr->sun_path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ? -errno : -EADDRINUSE;
	close(fd);
	return r == -ECONNREFUSED ? (unlink(addr->sun_path) < 0 ? -errno : 0) : r;
}

static int open_unix(const char *path, struct sockets *s, struct err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd, r;

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_sys(err, ENAMETOOLONG, "socket '%s'", path);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	r = remove_stale(&addr);
	if (r < 0)
		return err_sys(err, r, "socket '%s'", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, errno, "make a socket");
	s->fd[s->n++] = fd;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(err, errno, "bind to '%s'", path);
	s->path = path;
	return listen(fd, SOMAXCONN) < 0 ? err_sys(err, errno, "listen on '%s'", path) : 0;
}

static int open_inet(const struct config *cfg, struct sockets *s, struct err *err)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)cfg->port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)cfg->port)};
	bool is_six = inet_pton(AF_INET6, cfg->bindhost, &six.sin6_addr) == 1;
	int fd, on = 1, off = 0, r;

	if (!is_six && inet_pton(AF_INET, cfg->bindhost, &four.sin_addr) != 1)
		return err_set(err, EINVAL, "bindhost '%s' is no IPv4 or IPv6 address, nor a path",
			       cfg->bindhost);
	fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 && is_six && errno == EAFNOSUPPORT && IN6_IS_ADDR_UNSPECIFIED(&six.sin6_addr)) {
		is_six = false; /* a kernel without IPv6: "any address" is then 0.0.0.0 */
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	}
	if (fd < 0)
		return err_sys(err, errno, "make a socket");
	s->fd[s->n++] = fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (is_six) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
		r = bind(fd, (struct sockaddr *)&six, sizeof(six));
	} else {
		r = bind(fd, (struct sockaddr *)&four, sizeof(four));
	}
	if (r < 0) {
		r = err_sys(err, errno, "bind to %s port %u", cfg->bindhost, cfg->port);
		return r == -EADDRINUSE
			       ? err_hint(err, "another program serves that port: `ss -ltnp` "
					       "says which")
			       : r;
	}
	return listen(fd, SOMAXCONN) < 0 ? err_sys(err, errno, "listen on port %u", cfg->port) : 0;
}

int sockets_open(const struct config *cfg, struct sockets *s, struct err *err)
{
	int r = take_passed(s, err);

	if (r < 0 || s->n)
		return r;
	if (cfg->bindhost[0] == '/')
		return open_unix(cfg->bindhost, s, err);
	if (!cfg->port) {
		err_set(err, EINVAL, "mode listen needs a port");
		return err_hint(err, "--port N, or a path for --bindhost");
	}
	return open_inet(cfg, s, err);
}

void sockets_close(struct sockets *s)
{
	for (unsigned i = 0; i < s->n; i++)
		close(s->fd[i]);
	s->n = 0;
	if (s->path)
		unlink(s->path);
	s->path = NULL;
}

void sockets_peer(int fd, const struct sockaddr_storage *addr, char *buf, size_t n)
{
	char ip[INET6_ADDRSTRLEN] = "?";
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (addr->ss_family == AF_INET6) {
		const struct sockaddr_in6 *six = (const void *)addr;

		inet_ntop(AF_INET6, &six->sin6_addr, ip, sizeof(ip));
		snprintf(buf, n, "[%s]:%u", ip, ntohs(six->sin6_port));
	} else if (addr->ss_family == AF_INET) {
		const struct sockaddr_in *four = (const void *)addr;

		inet_ntop(AF_INET, &four->sin_addr, ip, sizeof(ip));
		snprintf(buf, n, "%s:%u", ip, ntohs(four->sin_port));
	} else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0) {
		snprintf(buf, n, "unix:uid=%u,pid=%d", cred.uid, cred.pid);
	} else {
		snprintf(buf, n, "unix");
	}
}

bool sockets_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET6)
		return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
			      &((const struct sockaddr_in6 *)b)->sin6_addr,
			      sizeof(struct in6_addr)) == 0;
	if (a->ss_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return false;
}

void sockets_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (!n || n >= sizeof(addr.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(addr.sun_path, path, n);
	if (path[0] == '@')
		addr.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&addr,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}
