// SPDX-License-Identifier: BSD-3-Clause
/*
 * Overlays by fsconfig(2): one "lowerdir+" a layer where the kernel has that (6.5). Else it takes one
 * string of 255 bytes: then the layers are attached below a directory of ours, by short relative names.
 * So are detached mounts that another user namespace made, of which none takes a layer. Called by the
 * child's step "root". Fails with what the kernel says.
 */
#include "base/sys.h"
#include "storage/overlay.h"

static int set_string(int fs, const char *key, const char *value)
{
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

/* Names of one or two characters, so that many fit. */
static void short_name(char buf[3], unsigned i)
{
	static const char digits[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const unsigned base = sizeof(digits) - 1;

	buf[0] = digits[i % base];
	buf[1] = i < base ? 0 : digits[i / base - 1];
	buf[2] = 0;
}

static int attach_one(const struct overlay *o, int layer, const char *name)
{
	int tree = o->foreign ? layer
			      : sys_open_tree(layer, "",
					      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	int r = tree < 0 ? tree : sys_move_mount(tree, "", o->place, name, MOVE_MOUNT_F_EMPTY_PATH);

	if (!o->foreign && tree >= 0)
		sys_close(tree);
	return r;
}

static int attach_layers(const struct overlay *o)
{
	int r = 0;

	for (unsigned i = 0; i < o->n && r >= 0; i++) {
		char name[3];

		short_name(name, i);
		r = sys_mkdirat(o->place, name, 0700);
		if (r >= 0)
			r = attach_one(o, o->layers[i], name);
	}
	return r < 0 ? r : (int)sys(SYS_fchdir, o->place);
}

/* Since Linux 6.13 a layer may be a descriptor: half the time of a name in /proc. */
static int add_fd(int fs, int layer)
{
	char said[200];
	int r = sys_fsconfig(fs, FSCONFIG_SET_FD, "lowerdir+", NULL, layer);

	if (r < 0) /* that this kernel takes none is not what went wrong, if something does */
		sys_read(fs, said, sizeof(said));
	return r;
}

/* One key a layer. -EINVAL: the kernel does not know it. */
static int add_each(int fs, const struct overlay *o, bool attached)
{
	bool fds = !attached;
	int r = 0;

	for (unsigned i = 0; i < o->n && r >= 0; i++) {
		char path[40];

		if (fds && add_fd(fs, o->layers[i]) >= 0)
			continue;
		fds = false;
		if (attached)
			short_name(path, i);
		else
			snprintf(path, sizeof(path), "/proc/self/fd/%d", o->layers[i]);
		r = set_string(fs, "lowerdir+", path);
	}
	return r;
}

static int add_joined(int fs, const struct overlay *o)
{
	char all[256];
	size_t at = 0;

	for (unsigned i = 0; i < o->n; i++) {
		char name[3];

		short_name(name, i);
		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s", i ? ":" : "", name);
		if (at >= sizeof(all))
			return -E2BIG;
	}
	return set_string(fs, "lowerdir", all);
}

static int add_upper(int fs, const struct overlay *o)
{
	char path[128];
	int r;

	/* Before Linux 5.11 there is no such option, and a user namespace may mount no overlay. */
	sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0);
	if (!o->upper)
		return 0;
	snprintf(path, sizeof(path), "%s/upper", o->upper);
	r = set_string(fs, "upperdir", path);
	snprintf(path, sizeof(path), "%s/work", o->upper);
	if (r >= 0)
		r = set_string(fs, "workdir", path);
	return r;
}

static int create(int fs, int r)
{
	if (r >= 0)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
}

enum way { IN_PLACE, ATTACHED, JOINED, WAYS };

/* one_way() - a file system context of its own, since a failed one cannot be used again. */
static int one_way(const struct overlay *o, enum way way, struct err *err)
{
	int fs = sys_fsopen("overlay", FSOPEN_CLOEXEC), r;
	char text[200];
	ssize_t n;

	if (fs < 0)
		return err_sys(err, fs, "make an overlay of the root");
	r = add_upper(fs, o);
	if (r >= 0)
		r = way == JOINED ? add_joined(fs, o) : add_each(fs, o, way == ATTACHED);
	r = create(fs, r);
	if (r < 0) {
		n = sys_read(fs, text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = 0;
		if (n > 2)
			err_set(err, -r, "make an overlay of the root: %s (%s)", strerror(-r),
				text + 2); /* after "e " */
		else
			err_sys(err, r, "make an overlay of the root");
	}
	sys_close(fs);
	return r;
}

int overlay_mount(const struct overlay *o, struct err *err)
{
	int r = -EINVAL;

	err_sys(err, r, "attach the layers of the root"); /* when that fails */
	for (enum way way = IN_PLACE; way < WAYS; way++) {
		if (way != IN_PLACE || !o->foreign)
			r = one_way(o, way, err);
		if (r != -EINVAL && r != -EPERM)
			return r;
		if (way == IN_PLACE && attach_layers(o) < 0)
			return r;
	}
	return r;
}

int overlay_options(const struct overlay *o, char *buf, size_t size)
{
	size_t at = 0;

	for (unsigned i = 0; i < o->n && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s/proc/self/fd/%d",
				       i ? ":" : "userxattr,lowerdir=", o->layers[i]);
	if (o->upper && at < size)
		at += (size_t)snprintf(buf + at, size - at, ",upperdir=%s/upper,workdir=%s/work",
				       o->upper, o->upper);
	return at < size ? 0 : -E2BIG;
}
