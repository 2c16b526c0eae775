// SPDX-License-Identifier: BSD-3-Clause
/*
 * File input and output for set-up work. Never used on foreign paths inside a jail's root: those go
 * through base/path.
 */
#include <sys/socket.h>

#include "base/io.h"
#include "base/sys.h"

int io_write_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t r = sys_write(fd, s, n);

		if (r == -EINTR)
			continue;
		if (r < 0)
			return (int)r;
		s += r;
		n -= (size_t)r;
	}
	return 0;
}

int io_write_file(int dirfd, const char *path, const char *s)
{
	int fd = sys_openat(dirfd, path, O_WRONLY, 0);
	size_t n = strlen(s);
	ssize_t r;

	if (fd < 0)
		return fd;
	r = sys_write(fd, s, n);
	sys_close(fd);
	return r < 0 ? (int)r : (size_t)r == n ? 0 : -EIO;
}

int io_read_file(struct arena *a, int dirfd, const char *path, size_t max, char **ret,
		 size_t *ret_n, struct err *err)
{
	_cleanup_close_ int fd = sys_openat(dirfd, path, O_RDONLY | O_NOCTTY, 0);
	size_t n = 0, cap = 4096;
	_cleanup_free_ char *buf = NULL;
	char *s;

	if (fd < 0)
		return err_sys(err, fd, "open '%s'", path);
	for (;;) {
		ssize_t r;

		if (!buf || n == cap) {
			if (n > max)
				return err_set(err, EFBIG, "read '%s': larger than %zu bytes", path,
					       max);
			cap *= buf ? 2 : 1;
			s = mem_realloc(buf, cap);
			if (!s)
				return err_oom(err);
			buf = s;
		}
		r = sys_read(fd, buf + n, cap - n);
		if (r == -EINTR)
			continue;
		if (r < 0)
			return err_sys(err, (int)r, "read '%s'", path);
		if (r == 0)
			break;
		n += (size_t)r;
	}
	if (n > max)
		return err_set(err, EFBIG, "read '%s': larger than %zu bytes", path, max);
	s = arena_dup(a, buf, n);
	if (!s)
		return err_oom(err);
	*ret = s;
	if (ret_n)
		*ret_n = n;
	return 0;
}

ssize_t io_read_small(int dirfd, const char *path, char *buf, size_t n)
{
	int fd = sys_openat(dirfd, path, O_RDONLY | O_NOCTTY, 0);
	ssize_t r;

	if (fd < 0)
		return fd;
	do
		r = sys_read(fd, buf, n - 1);
	while (r == -EINTR);
	sys_close(fd);
	if (r >= 0)
		buf[r] = 0;
	return r;
}

/* Room for one descriptor beside a message. */
union control {
	char buf[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

ssize_t io_send_fd(int sock, const void *p, size_t n, int fd)
{
	struct iovec iov = {(void *)p, n};
	union control u = {{0}};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = u.buf,
			     .msg_controllen = sizeof(u.buf)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sys(SYS_sendmsg, sock, &msg, MSG_NOSIGNAL);
}

ssize_t io_recv_fd(int sock, void *p, size_t n, int flags, int *fd)
{
	struct iovec iov = {p, n};
	union control u;
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = u.buf,
			     .msg_controllen = sizeof(u.buf)};
	struct cmsghdr *cmsg;
	ssize_t r;

	*fd = FD_NONE;
	do
		r = sys(SYS_recvmsg, sock, &msg, flags | MSG_CMSG_CLOEXEC);
	while (r == -EINTR);
	cmsg = r < 0 ? NULL : CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(cmsg), sizeof(int));
	return r;
}
