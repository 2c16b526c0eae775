// SPDX-License-Identifier: BSD-3-Clause
/*
 * Layers made by the launcher. Called by jail.c, while the jail's processes wait at their step "idmap".
 * Fails where the kernel cannot mount with other ids, and as storage/diskimage.c and fusemount.c do.
 */
#include <poll.h>

#include "base/io.h"
#include "base/sys.h"
#include "jail/layers.h"
#include "storage/diskimage.h"

/* serve() - what the kernel does not mount for us is a process's: an image, or the whole root. */
static int serve(struct jail *j, struct err *err)
{
	const struct jail_plan *p = j->plan;
	const struct fuse_where where = {
		.pid = p->clone_flags & CLONE_NEWUSER ? j->guard : 0,
		.uid = p->clone_flags & CLONE_NEWUSER ? p->uid : geteuid(),
		.gid = p->clone_flags & CLONE_NEWUSER ? p->gid : getegid(),
		.writable = p->overlay_server,
	};
	_cleanup_close_ int device = FD_NONE;
	int fd = fusemount_make(&where, &device, err), r;

	if (fd < 0)
		return fd;
	r = fusemount_serve(p->overlay_server ?: p->image->server,
			    p->overlay_server ? FD_NONE : p->image->file, device, &j->server, err);
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

/* layer_tree() - a detached mount of the layer @i; beyond them the upper one, which is held already. */
static int layer_tree(struct jail *j, unsigned i, struct err *err)
{
	const struct jail_plan *p = j->plan;
	int fd;

	if (p->overlay_server)
		return serve(j, err);
	if (i <= p->n_layers && p->image)
		return p->image->way == DISKIMAGE_FUSE ? serve(j, err)
						       : diskimage_tree(p->image, err);
	if (i > p->n_layers)
		fd = sys_open_tree(j->upper.dir, "",
				   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	else
		fd = sys_open_tree(AT_FDCWD, p->mounts[i].src, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return fd < 0 ? err_sys(err, fd, "layer '%s'", p->mounts[i].src) : fd;
}

/*
 * With other ids they are mounts whose ids are those of the jail's user namespace: a file of user 0 belongs
 * to the jail's user 0, whoever that is outside. Nothing is written for that.
 */
int layers_send(struct jail *j, struct err *err)
{
	const struct jail_plan *p = j->plan;
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	_cleanup_close_ int ns = FD_NONE;
	char path[40];
	int r = 0;

	if (p->shift_ids) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", j->guard);
		ns = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
		if (ns < 0)
			return err_sys(err, ns, "open the jail's user namespace");
		attr.userns_fd = (uint64_t)ns;
	}
	for (unsigned i = 1; i <= p->n_given; i++) {
		_cleanup_close_ int fd = layer_tree(j, i, err);

		if (fd < 0)
			return fd;
		if (p->shift_ids)
			r = sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr);
		if (r < 0) {
			err_sys(err, r, "layer '%s' with the jail's ids", p->mounts[i].src);
			return err_hint(err, "needs Linux 5.19 and a file system that can be "
					     "mounted with other ids");
		}
		r = (int)io_send_fd(j->ctl, "l", 1, fd);
		if (r < 0)
			return err_sys(err, r, "give the jail its layers");
	}
	return 0;
}

int layers_fd(const struct jail *j)
{
	return j->server.pid > 0 ? j->server.fd : FD_NONE;
}

/*
 * A process that waits for an answer dies only when that has come. One that never comes must not hold the
 * jail; but who looks at its files after the end needs the others.
 */
enum { ENDING_NS = 1000000000, EXPLAIN_MS = 200 };

void layers_ending(struct jail *j, uint64_t now)
{
	if (j->server.pid > 0 && !j->server_ns)
		j->server_ns = now + ENDING_NS;
}

/* blame_server() - the result says that the server's end is the jail's. */
static void blame_server(struct jail *j)
{
	if (j->plan->image)
		err_set(&j->result.err, EIO,
			"what serves image '%s' has ended, and the jail with it",
			j->plan->image->path);
	else
		err_set(&j->result.err, EIO, "fuse-overlayfs has ended, and the jail with it");
	if (j->plan->image && !j->started)
		err_hint(&j->result.err, "it is damaged, or packed as its program does not know");
	snprintf(j->result.err.step, sizeof(j->result.err.step), "root");
	j->result.reason = RESULT_SETUP_FAILED;
}

/*
 * A mount is gone, and its server told so, a moment before those are seen to be gone whose root it was.
 * If they are not, it was ended all the same.
 */
void layers_step(struct jail *j, uint64_t now)
{
	bool due = j->server_ns && now >= j->server_ns, failed = false;

	if (due && j->server.pid > 0) {
		fusemount_stop(&j->server);
		due = false;
		j->server_ns = 0;
	}
	if (fusemount_ended(&j->server, &failed) && !failed)
		j->server_ns = now + ENDING_NS;
	if (!failed && !due)
		return;
	j->server_ns = 0;
	if (j->killing)
		return;
	blame_server(j);
	jail_end(j, RESULT_SETUP_FAILED, 0);
}

void layers_explain(struct jail *j)
{
	struct pollfd end = {j->server.fd, POLLIN, 0};
	bool failed;

	if (j->server.pid <= 0 || j->result.reason != RESULT_SETUP_FAILED)
		return;
	poll(&end, 1, EXPLAIN_MS);
	/* The jail may have said that it cannot read the image; this is why. It sees that a moment earlier. */
	if (fusemount_ended(&j->server, &failed) && failed)
		blame_server(j);
}

void layers_release(struct jail *j)
{
	fusemount_stop(&j->server);
}
