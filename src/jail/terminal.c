// SPDX-License-Identifier: BSD-3-Clause
/*
 * Steps "stdio" and "tty": what descriptors 0, 1 and 2 are. A jail with a terminal of its own gets
 * it from its own devpts where it has one, so that ttyname(3) works inside; the other end goes to the
 * launcher over the control socket. Nothing is opened by a path inside the jail's root.
 */
#include <sys/ioctl.h>

#include "base/io.h"
#include "base/sys.h"
#include "jail/report.h"
#include "jail/steps.h"
#include "jail/target.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int connect_stdio(int fd, struct err *err)
{
	int r = 0;

	for (int to = 0; to <= 2 && r >= 0; to++)
		r = fd == to ? 0 : (int)sys(SYS_dup3, fd, to, 0);
	return r < 0 ? err_sys(err, r, "connect to the client") : 0;
}

int terminal_stdio(struct child *c, struct err *err)
{
	const struct jail_plan *p = c->plan;
	int r = 0;

	if (c->stdio >= 0)
		r = connect_stdio(c->stdio, err);
	for (int fd = 0; fd <= 2 && r >= 0; fd++)
		if (c->std[fd] >= 0 && sys(SYS_dup3, c->std[fd], fd, 0) < 0)
			r = err_set(err, EBADF, "connect descriptor %d", fd);
	if (r < 0)
		return r;
	if (p->stdio == STDIO_KEEP)
		return 0;
	for (int fd = p->stdio == STDIO_NULL ? 0 : 2; fd <= 2 && r >= 0; fd++)
		r = p->null_fd == fd ? 0 : (int)sys(SYS_dup3, p->null_fd, fd, 0);
	return r < 0 ? err_sys(err, r, "connect to /dev/null") : 0;
}

/* A jail prepared ahead waits here; what comes is one byte and the client's socket. */
int terminal_await(struct child *c, struct err *err)
{
	char go;
	int fd, r;

	if (!c->park)
		return 0;
	r = (int)io_recv_fd(c->ctl, &go, 1, 0, &fd);
	if (r != 1 || fd < 0)
		return err_set(err, ECANCELED, "the launcher is gone");
	r = connect_stdio(fd, err);
	if (fd > 2)
		sys_close(fd);
	if (r >= 0 && c->plan->stdio == STDIO_STDERR_NULL)
		r = err_set(err, EINVAL, "stderr_to_null and prepared jails exclude each other");
	return r;
}

/* Return: the slave of a new terminal of the jail's own devpts. */
static int open_own(struct child *c, struct err *err)
{
	const struct report rep = {.kind = REPORT_TTY};
	int unlock = 0, slave = FD_NONE, r;
	int master = sys_openat(c->pts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW, 0);

	if (master < 0)
		return err_sys(err, master, "open /dev/pts/ptmx");
	r = (int)sys(SYS_ioctl, master, TIOCSPTLCK, &unlock);
	if (r >= 0)
		r = slave = (int)sys(SYS_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	if (r >= 0)
		r = (int)io_send_fd(c->ctl, &rep, report_size(&rep), master);
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
		sys_move_mount(tree, "", target, "",
			       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
		sys_close(tree);
	}
	sys_close(target);
}

int terminal_take(struct child *c, struct err *err)
{
	struct winsize size;
	int slave, r = 0;

	if (!c->plan->tty)
		return 0;
	slave = c->pts >= 0 ? open_own(c, err) : c->tty_slave;
	if (slave < 0)
		return slave;
	for (int fd = 0; fd <= 2 && r >= 0; fd++) {
		if (sys(SYS_ioctl, fd, TIOCGWINSZ, &size) < 0) /* no terminal */
			continue;
		/* The launcher's relay does it too, but the program may ask before. */
		sys(SYS_ioctl, slave, TIOCSWINSZ, &size);
		r = (int)sys(SYS_dup3, slave, fd, 0);
	}
	if (r >= 0)
		r = (int)sys(SYS_ioctl, slave, TIOCSCTTY, 0);
	sys_close(slave);
	if (r >= 0)
		show_as_console(c);
	return r < 0 ? err_sys(err, r, "take the terminal") : 0;
}
