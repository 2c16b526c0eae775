// SPDX-License-Identifier: BSD-3-Clause
/*
 * Steps "stdio" and "tty": what descriptors 0, 1 and 2 are. A jail with a terminal of its own gets
 * it from its own devpts where it has one, so that ttyname(3) works inside; the other end goes to the
 * launcher over the control socket. Nothing is opened by a path inside the jail's root.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/sys.h"
#include "jail/report.h"
#include "jail/steps.h"
#include "jail/target.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

int terminal_stdio(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	int r = 0;

	if (p->stdio == STDIO_KEEP)
		return 0;
	for (int fd = p->stdio == STDIO_NULL ? 0 : 2; fd <= 2 && r >= 0; fd++)
		r = p->null_fd == fd ? 0 : (int)sys(SYS_dup3, p->null_fd, fd, 0);
	return r < 0 ? err_sys(err, r, "connect to /dev/null") : 0;
}

static int send_master(int ctl, int master)
{
	struct report rep = {.kind = REPORT_TTY};
	struct iovec iov = {&rep, report_size(&rep)};
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = {{0}};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = u.buf,
			     .msg_controllen = sizeof(u.buf)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &master, sizeof(int));
	return (int)sys(SYS_sendmsg, ctl, &msg, MSG_NOSIGNAL);
}

/* Return: the slave of a new terminal of the jail's own devpts. */
static int open_own(struct child *c, struct err *err)
{
	int unlock = 0, slave = FD_NONE, r;
	int master = sys_openat(c->pts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW, 0);

	if (master < 0)
		return err_sys(err, master, "open /dev/pts/ptmx");
	r = (int)sys(SYS_ioctl, master, TIOCSPTLCK, &unlock);
	if (r >= 0)
		r = slave = (int)sys(SYS_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	if (r >= 0)
		r = send_master(c->ctl, master);
	sys_close(master);
	if (r < 0) {
		if (slave >= 0)
			sys_close(slave);
		return err_sys(err, r, "make a terminal");
	}
	return slave;
}

/* /dev/console is the terminal, where /dev is ours. Not worth failing for. */
static void show_as_console(struct child *c)
{
	int tree, target;

	if (c->plan->classic_mounts || c->pts < 0)
		return;
	target = target_find(c->root, "/dev/console", O_PATH, true);
	if (target < 0)
		return;
	tree = sys_open_tree(c->pts, "0", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree >= 0) {
		sys_move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
		sys_close(tree);
	}
	sys_close(target);
}

static bool is_terminal(int fd)
{
	struct winsize size;

	return sys(SYS_ioctl, fd, TIOCGWINSZ, &size) >= 0;
}

int terminal_take(struct child *c, struct err *err)
{
	int slave, r = 0;

	if (!c->plan->tty)
		return 0;
	slave = c->pts >= 0 ? open_own(c, err) : c->tty_slave;
	if (slave < 0)
		return slave;
	for (int fd = 0; fd <= 2 && r >= 0; fd++)
		if (is_terminal(fd))
			r = (int)sys(SYS_dup3, slave, fd, 0);
	if (r >= 0)
		r = (int)sys(SYS_ioctl, slave, TIOCSCTTY, 0);
	sys_close(slave);
	if (r >= 0)
		show_as_console(c);
	return r < 0 ? err_sys(err, r, "take the terminal") : 0;
}
