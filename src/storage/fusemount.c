// SPDX-License-Identifier: BSD-3-Clause
/*
 * FUSE mounts. Called by jail/layers.c. The kernel wants /dev/fuse to be opened, and the file system to be
 * made, by somebody in the user namespace that the mount is to belong to: a process goes there, does
 * both, sends the two descriptors and ends. Whoever serves the mount then needs no privilege at all: it
 * is a jail of ours, with the image, the device, and the host's programs and libraries read-only.
 * Fails where /dev/fuse cannot be opened, or the kernel has no FUSE.
 */
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/proc.h"
#include "base/sys.h"
#include "storage/fusemount.h"

enum { STACK = 65536, ASK_MS = 300 };

struct maker {
	const struct fuse_where *where;
	int userns, out;
};

static int configure(int fs, int device, const struct fuse_where *w)
{
	static const char *const flags[] = {"allow_other", "default_permissions", "ro"};
	size_t n_flags = ARRAY_SIZE(flags) - w->writable;
	const struct {
		const char *key;
		unsigned base, value;
	} numbers[] = {
		{"fd", 10, (unsigned)device},
		{"rootmode", 8, S_IFDIR},
		{"user_id", 10, w->uid},
		{"group_id", 10, w->gid},
	};
	int r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "toastainer", 0);

	for (size_t i = 0; i < ARRAY_SIZE(numbers) && r >= 0; i++) {
		char text[16];

		snprintf(text, sizeof(text), numbers[i].base == 8 ? "%o" : "%u", numbers[i].value);
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, numbers[i].key, text, 0);
	}
	for (size_t i = 0; i < n_flags && r >= 0; i++)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, flags[i], NULL, 0);
	return r < 0 ? r : sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

static int make(const struct maker *m, int *device, struct err *err)
{
	int fs, r = 0;

	if (m->userns >= 0)
		r = sys_setns(m->userns, CLONE_NEWUSER);
	if (r >= 0)
		r = (int)sys(SYS_unshare, CLONE_NEWNS);
	if (r < 0)
		return err_sys(err, r, "enter the jail's user namespace to mount by FUSE");
	*device = sys_openat(AT_FDCWD, "/dev/fuse", O_RDWR, 0);
	if (*device < 0) {
		err_sys(err, *device, "open /dev/fuse, to mount without privileges");
		return err_hint(err, "the user must be able to read and write it: mode 0666");
	}
	fs = sys_fsopen("fuse", FSOPEN_CLOEXEC);
	r = fs < 0 ? fs : configure(fs, *device, m->where);
	if (r >= 0)
		r = sys_fsmount(fs, FSMOUNT_CLOEXEC,
				MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					(m->where->writable ? 0 : MOUNT_ATTR_RDONLY));
	return r < 0 ? err_sys(err, r, "mount by FUSE") : r;
}

static int maker_main(void *arg)
{
	const struct maker *m = arg;
	struct err err = ERR_INIT;
	int device = FD_NONE, mount = make(m, &device, &err);

	if (mount < 0) {
		sys(SYS_sendto, m->out, &err, sizeof(err), MSG_NOSIGNAL, NULL, 0);
		return 1;
	}
	io_send_fd(m->out, &err, sizeof(err), mount);
	io_send_fd(m->out, &err, sizeof(err), device);
	return 0;
}

/* in_process() - run a function in a process with a copy of our memory. Return: its pid. */
static pid_t in_process(int (*fn)(void *), void *arg, int *pidfd)
{
	char *stack = proc_memory(STACK);
	pid_t pid;

	if (!stack)
		return -ENOMEM;
	pid = proc_clone(CLONE_PIDFD, 0, fn, arg, stack + STACK, STACK, pidfd, FD_NONE);
	munmap(stack, STACK);
	return pid;
}

static void reap(pid_t pid)
{
	while (sys_wait4(pid, NULL, __WALL, NULL) == -EINTR)
		;
}

/* receive() - what the maker sends. Return: a descriptor, or what it says went wrong. */
static int receive(int sock, struct err *err)
{
	struct err said = ERR_INIT;
	int fd;
	ssize_t n = io_recv_fd(sock, &said, sizeof(said), 0, &fd);

	if (n == (ssize_t)sizeof(said) && fd >= 0)
		return fd;
	if (n != (ssize_t)sizeof(said) || !said.code)
		return err_set(err, ECANCELED, "the process that mounts the image died");
	if (err)
		*err = said;
	return -said.code;
}

int fusemount_make(const struct fuse_where *where, int *ret_device, struct err *err)
{
	struct maker m = {.where = where, .userns = FD_NONE};
	_cleanup_close_ int userns = FD_NONE, pidfd = FD_NONE;
	int pair[2], mount, device = FD_NONE;
	char path[40];
	pid_t pid;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", where->pid);
	m.userns = userns = where->pid ? sys_openat(AT_FDCWD, path, O_RDONLY, 0) : FD_NONE;
	if (where->pid && userns < 0)
		return err_sys(err, userns, "open the jail's user namespace");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "mount the image");
	m.out = pair[1];
	pid = in_process(maker_main, &m, &pidfd);
	close(pair[1]);
	mount = pid < 0 ? err_sys(err, pid, "start a process to mount the image")
			: receive(pair[0], err);
	if (mount >= 0)
		device = receive(pair[0], err);
	if (mount >= 0 && device < 0) {
		close(mount);
		mount = device;
	}
	close(pair[0]);
	if (pid > 0)
		reap(pid);
	if (mount >= 0)
		*ret_device = device;
	return mount;
}

struct serving {
	char *const *argv;
	int image, device;
	pid_t launcher;
};

static int server_main(void *arg)
{
	static char *const env[] = {(char *)(uintptr_t) "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	const struct serving *s = arg;
	const uint64_t none = 0;
	/* all above what they become */
	int null = (int)sys(SYS_fcntl, sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0),
			    F_DUPFD_CLOEXEC, 5);
	int image = (int)sys(SYS_fcntl, s->image, F_DUPFD_CLOEXEC, 5);
	int device = (int)sys(SYS_fcntl, s->device, F_DUPFD_CLOEXEC, 5);

	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (sys(SYS_getppid) != s->launcher)
		return 127;
	sys(SYS_setsid); /* what a terminal sends is for the program */
	sys(SYS_dup3, null, 0, 0);
	sys(SYS_dup3, null, 1, 0);
	if (image >= 0)
		sys(SYS_dup3, image, FUSE_IMAGE_FD, 0);
	else
		sys_close(FUSE_IMAGE_FD);
	sys(SYS_dup3, device, FUSE_DEVICE_FD, 0);
	sys_close_range(FUSE_DEVICE_FD + 1, ~0U, 0);
	sys_sigmask(SIG_SETMASK, &none, NULL);
	sys(SYS_execve, "/proc/self/exe", s->argv, env);
	return 127;
}

int fusemount_serve(char *const *argv, int image, int device, struct fuse_server *ret,
		    struct err *err)
{
	struct serving s = {argv, image, device, (pid_t)sys(SYS_getpid)};
	pid_t pid = in_process(server_main, &s, &ret->fd);

	if (pid < 0) {
		ret->fd = FD_NONE;
		return err_sys(err, pid, "start what serves the image");
	}
	ret->pid = pid;
	return 0;
}

bool fusemount_ended(struct fuse_server *s, bool *ret_failed)
{
	int status;

	if (s->pid <= 0 || sys_wait4(s->pid, &status, __WALL | WNOHANG, NULL) <= 0)
		return false;
	s->pid = 0;
	*ret_failed = status != 0;
	return true;
}

void fusemount_stop(struct fuse_server *s)
{
	if (s->pid > 0) { /* our unreaped child: the number is its own */
		struct pollfd end = {s->fd, POLLIN, 0};

		/* Asked, it reaps what is in its jail; killed, it leaves that to whoever reaps orphans. */
		sys(SYS_kill, s->pid, SIGTERM);
		poll(&end, 1, ASK_MS);
		sys(SYS_kill, s->pid, SIGKILL);
		reap(s->pid);
	}
	s->pid = 0;
	if (s->fd >= 0)
		close(take_fd(&s->fd));
}
