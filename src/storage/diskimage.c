// SPDX-License-Identifier: BSD-3-Clause
/*
 * Image files. Called by config/image_use.c, and by jail_start() for each jail. A loop device is bound to
 * the file with LO_FLAGS_AUTOCLEAR while we have it open: then the mount alone keeps it, and however a
 * launcher ends, the kernel takes both away. Fails as the kernel does, and where it has no loop devices.
 */
#include <linux/loop.h>
#include <sys/ioctl.h>

#include "base/sys.h"
#include "storage/diskimage.h"

static const struct {
	const char *name; /* the kernel's, too */
	const char *magic;
	off_t at;
} formats[DISKIMAGE_FORMATS] = {
	[DISKIMAGE_SQUASHFS] = {"squashfs", "hsqs", 0},
	[DISKIMAGE_EROFS] = {"erofs", "\xe2\xe1\xf5\xe0", 1024},
};

const char *diskimage_format_name(enum diskimage_format format)
{
	return formats[format].name;
}

const char *diskimage_way_name(enum diskimage_way way)
{
	static const char *const names[DISKIMAGE_WAYS] = {"file", "loop", "fuse"};

	return names[way];
}

bool diskimage_is_path(const char *image)
{
	return image[0] == '/' || str_starts(image, "./") || str_starts(image, "../");
}

bool diskimage_look(int fd, enum diskimage_format *ret)
{
	struct stat st;
	char magic[4];

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	for (unsigned i = 0; i < DISKIMAGE_FORMATS; i++) {
		if (pread(fd, magic, sizeof(magic), formats[i].at) != sizeof(magic) ||
		    memcmp(magic, formats[i].magic, sizeof(magic)) != 0)
			continue;
		*ret = (enum diskimage_format)i;
		return true;
	}
	return false;
}

static int look(struct diskimage *d, struct err *err)
{
	struct stat st;

	if (diskimage_look(d->file, &d->format))
		return 0;
	err_set(err, EINVAL, "image '%s' is neither a squashfs nor an erofs file", d->path);
	return err_hint(err, fstat(d->file, &st) == 0 && S_ISDIR(st.st_mode)
				     ? "-c DIR --discard has a directory as the root"
				     : "`toastainer image import` takes archives into the store");
}

/* mount_failed() - with the kernel's own words, where it has some. */
static int mount_failed(const struct diskimage *d, int fs, int r, struct err *err)
{
	char text[200];
	ssize_t n = fs < 0 ? 0 : sys_read(fs, text, sizeof(text) - 1);

	err_sys(err, r, "mount image '%s' as %s", d->path, formats[d->format].name);
	if (n > 2) {
		text[n] = 0;
		err_set(err, -r, "mount image '%s' as %s: %s (%s)", d->path,
			formats[d->format].name, strerror(-r), text + 2); /* after "e " */
	}
	if (r == -EINVAL || r == -EUCLEAN || r == -EIO)
		err_hint(err, "it is damaged, cut off, or packed as this kernel does not know; the "
			      "kernel's log says more");
	return r;
}

/* mount_from() - of a file or a block device. Return: a detached mount, or a negative errno. */
static int mount_from(const struct diskimage *d, int source, struct err *err)
{
	int fs = sys_fsopen(formats[d->format].name, FSOPEN_CLOEXEC), r = fs;
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", source);
	if (r >= 0)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", path, 0);
	if (r >= 0)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0);
	if (r >= 0)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r >= 0)
		r = sys_fsmount(fs, FSMOUNT_CLOEXEC,
				MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (r < 0)
		mount_failed(d, fs, r, err);
	if (fs >= 0)
		sys_close(fs);
	return r;
}

/* Somebody else may take the number that was free. */
enum { TRIES = 64 };

static int open_loop(const struct diskimage *d, struct err *err)
{
	struct loop_config config = {
		.fd = (uint32_t)d->file,
		.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR,
	};
	_cleanup_close_ int control = sys_openat(AT_FDCWD, "/dev/loop-control", O_RDWR, 0);
	int r = control;

	for (int tries = 0; tries < TRIES && control >= 0; tries++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE), loop;
		char path[32];

		r = number < 0 ? -errno : 0;
		if (number < 0)
			break;
		snprintf(path, sizeof(path), "/dev/loop%d", number);
		r = loop = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
		if (loop < 0)
			break;
		if (ioctl(loop, LOOP_CONFIGURE, &config) == 0)
			return loop;
		r = -errno;
		close(loop);
		if (r != -EBUSY)
			break;
	}
	err_sys(err, r, "image '%s': get a loop device", d->path);
	return err_hint(err, "it needs /dev/loop-control and free /dev/loopN");
}

static int mount_by(const struct diskimage *d, enum diskimage_way way, struct err *err)
{
	_cleanup_close_ int loop = FD_NONE;
	int fs;

	if (way == DISKIMAGE_FILE)
		return mount_from(d, d->file, err);
	fs = sys_fsopen(formats[d->format].name, FSOPEN_CLOEXEC); /* or a device is no use */
	if (fs < 0)
		return mount_failed(d, fs, fs, err);
	sys_close(fs);
	loop = open_loop(d, err);
	return loop < 0 ? loop : mount_from(d, loop, err);
}

/* Not allowed, or not there, which a process can do without. */
static bool is_refusal(int r)
{
	return r == -EPERM || r == -EACCES || r == -ENODEV || r == -ENOENT || r == -ENXIO;
}

int diskimage_open(const char *path, struct diskimage *ret, struct err *err)
{
	struct diskimage d = DISKIMAGE_INIT;
	bool open;
	int r;

	d.path = path;
	d.file = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	r = d.file < 0 ? err_sys(err, d.file, "image '%s'", path) : look(&d, err);
	open = r >= 0;
	if (open) {
		d.way = d.format == DISKIMAGE_EROFS ? DISKIMAGE_FILE : DISKIMAGE_LOOP;
		r = d.mount = mount_by(&d, d.way, err);
	}
	if (r == -ENOTBLK && d.way == DISKIMAGE_FILE) { /* the kernel wants a device */
		d.way = DISKIMAGE_LOOP;
		r = d.mount = mount_by(&d, d.way, err);
	}
	if (r < 0)
		d.mount = FD_NONE;
	if (open && is_refusal(r)) {
		d.way = DISKIMAGE_FUSE;
		r = 0;
	}
	if (r < 0) {
		diskimage_close(&d);
		return r;
	}
	*ret = d;
	return 0;
}

int diskimage_tree(const struct diskimage *d, struct err *err)
{
	/* Of a detached mount since Linux 6.15. The jails then share what is cached of the image. */
	int fd = sys_open_tree(d->mount, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	return fd >= 0 ? fd : mount_by(d, d->way, err);
}

void diskimage_close(struct diskimage *d)
{
	if (d->mount >= 0)
		close(take_fd(&d->mount));
	if (d->file >= 0)
		close(take_fd(&d->file));
}
