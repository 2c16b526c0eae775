/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small reads and writes on descriptors and files.
 */
#ifndef TOASTAINER_BASE_IO_H
#define TOASTAINER_BASE_IO_H

#include "base/err.h"
#include "base/mem.h"

/**
 * io_write_all() - write everything, going on after short writes and EINTR.
 * Return: 0 or a negative errno.
 */
int io_write_all(int fd, const void *p, size_t n);

/**
 * io_write_file() - write @s to an existing file in one write(2), as /proc and cgroup files want it.
 * @dirfd: directory descriptor or AT_FDCWD
 * Return: 0 or a negative errno of open or write.
 */
int io_write_file(int dirfd, const char *path, const char *s);

/**
 * io_read_file() - a whole file into the arena, NUL-terminated.
 * @max: larger files are refused with -EFBIG
 * @ret_n: length, without the NUL; may be NULL
 */
int io_read_file(struct arena *a, int dirfd, const char *path, size_t max, char **ret,
		 size_t *ret_n, struct err *err);

/** io_read_small() - up to @n - 1 bytes of a file, NUL-terminated. Return: length or -errno. */
ssize_t io_read_small(int dirfd, const char *path, char *buf, size_t n);

/**
 * io_send_fd() - one message and a descriptor over a Unix socket (SCM_RIGHTS, unix(7)).
 * Only system calls: also for a child that shares its launcher's memory.
 * Return: bytes sent or a negative errno.
 */
ssize_t io_send_fd(int sock, const void *p, size_t n, int fd);

/**
 * io_recv_fd() - one message, and a descriptor where one came along.
 * @flags: MSG_DONTWAIT or 0
 * @fd: set to the descriptor (close-on-exec) or to FD_NONE; a child's as well as io_send_fd()
 * Return: bytes received, 0 at the end, or a negative errno.
 */
ssize_t io_recv_fd(int sock, void *p, size_t n, int flags, int *fd);

#endif
