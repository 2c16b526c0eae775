// SPDX-License-Identifier: BSD-3-Clause
/*
 * What a call is about to touch, while it waits. Called for each notification by the tracing process.
 * The program can change its memory, its directory and its files at any time: this tells what was
 * there when we looked. Nothing here fails; what cannot be found out is left open.
 */
#include <linux/audit.h>
#include <sys/syscall.h>

#include "base/sys.h"
#include "trace/collect.h"
#include "trace/report_names.h"

static int type_of(int r, const struct stat *st)
{
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? TYPE_NONEXISTENT : TYPE_UNKNOWN;
	switch (st->st_mode & S_IFMT) {
	case S_IFREG: return TYPE_REGULAR;
	case S_IFDIR: return TYPE_DIR;
	case S_IFCHR: return TYPE_CHR;
	case S_IFBLK: return TYPE_BLK;
	case S_IFIFO: return TYPE_FIFO;
	case S_IFLNK: return TYPE_LINK;
	case S_IFSOCK: return TYPE_SOCK;
	default: return TYPE_UNKNOWN;
	}
}

static int type_outside(const char *path)
{
	struct stat st;
	int r = fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);

	return type_of(r < 0 ? -errno : 0, &st);
}

/* Below the program's own root, so that no link of its leads us out. */
static int type_inside(pid_t pid, const char *path)
{
	_cleanup_close_ int root = FD_NONE, fd = FD_NONE;
	char name[40];
	struct stat st;

	/* These mean us, not the program. */
	if (str_starts(path, "/proc/self") || str_starts(path, "/proc/thread-self"))
		return TYPE_UNKNOWN;
	snprintf(name, sizeof(name), "/proc/%d/root", pid);
	root = sys_openat(AT_FDCWD, name, O_PATH | O_DIRECTORY, 0);
	if (root < 0)
		return TYPE_UNKNOWN;
	fd = sys_openat2(root, path, O_PATH | O_NOFOLLOW, RESOLVE_IN_ROOT);
	return type_of(fd < 0 ? fd : sys_fstat(fd, &st), &st);
}

/* The directory that a relative path starts from, as the program would see it. */
static bool base_of(pid_t pid, int dirfd, char *buf, size_t size)
{
	char name[48], root[PATH_MAX];
	ssize_t n, r;

	if (dirfd == AT_FDCWD)
		snprintf(name, sizeof(name), "/proc/%d/cwd", pid);
	else
		snprintf(name, sizeof(name), "/proc/%d/fd/%d", pid, dirfd);
	n = readlink(name, buf, size - 1);
	if (n <= 0 || buf[0] != '/')
		return false;
	buf[n] = 0;
	snprintf(name, sizeof(name), "/proc/%d/root", pid);
	r = readlink(name, root, sizeof(root) - 1);
	if (r > 1 && r <= n && !memcmp(buf, root, (size_t)r) && (buf[r] == '/' || !buf[r]))
		memmove(buf, buf + r, (size_t)(n - r) + 1); /* a chroot without a mount namespace */
	if (!buf[0])
		snprintf(buf, size, "/");
	return true;
}

/* add_path() - "DIRECTORY/@text", or an absolute path as it is. */
static void add_path(struct touch *t, pid_t pid, int dirfd, const char *text, int mode)
{
	char base[DECODE_PATH] = "";
	int n;

	if (t->n == ARRAY_SIZE(t->item))
		return;
	if (text[0] != '/' && !base_of(pid, dirfd, base, sizeof(base)))
		base[0] = 0;
	n = snprintf(t->item[t->n].path, sizeof(t->item[t->n].path), "%s%s%s", base,
		     base[0] && base[strlen(base) - 1] != '/' ? "/" : "", text);
	if (n < 0 || n >= (int)sizeof(t->item[t->n].path)) {
		t->unreadable++;
		return;
	}
	t->item[t->n].net = false;
	t->item[t->n].mode = mode;
	t->item[t->n].jail_type = TYPE_UNKNOWN;
	t->item[t->n].main_type = TYPE_UNKNOWN;
	if (t->item[t->n].path[0] == '/') {
		t->item[t->n].jail_type = type_inside(pid, t->item[t->n].path);
		t->item[t->n].main_type = type_outside(t->item[t->n].path);
	}
	t->n++;
}

/* A path argument. One that is empty means the descriptor, which was opened before. */
static void look_path(struct touch *t, const struct call *c, const struct memory *m, unsigned i,
		      int dirfd, int mode)
{
	char text[DECODE_PATH];
	ssize_t n;

	if (!c->data.args[i])
		return; /* utimensat(fd, NULL) and its like */
	n = memory_string(m, c->data.args[i], text, sizeof(text));
	if (n < 0)
		t->unreadable++;
	else if (n > 0)
		add_path(t, m->pid, dirfd, text, mode);
}

static int mode_of(uint64_t flags)
{
	static const int modes[] = {MODE_RDONLY, MODE_WRONLY, MODE_RDWR, MODE_UNSPECIFIED};

	return modes[flags & OPEN_ACCESS];
}

static void add_endpoint(struct touch *t, pid_t pid, const struct endpoint *e)
{
	if (e->type == ENDPOINT_NONE || t->n == ARRAY_SIZE(t->item))
		return;
	if (e->is_path) { /* the socket's file, with its absolute path */
		unsigned n = t->n;

		add_path(t, pid, AT_FDCWD, e->text, MODE_UNSPECIFIED);
		if (t->n == n)
			return;
	} else {
		t->item[t->n++].path[0] = 0;
	}
	t->item[t->n - 1].net = true;
	t->item[t->n - 1].end = *e;
}

/* socket_type() - "SOCK_STREAM" of the descriptor, when it can be had. */
static const char *socket_type(pid_t pid, int fd)
{
	static const char *const names[] = {
		[SOCK_STREAM] = "SOCK_STREAM",
		[SOCK_DGRAM] = "SOCK_DGRAM",
		[SOCK_RAW] = "SOCK_RAW",
		[SOCK_RDM] = "SOCK_RDM",
		[SOCK_SEQPACKET] = "SOCK_SEQPACKET",
	};
	_cleanup_close_ int pidfd = sys_pidfd_open(pid), copy = FD_NONE;
	socklen_t len = sizeof(int);
	int type = 0;

	if (pidfd < 0)
		return NULL; /* a thread that does not lead its process */
	copy = (int)sys(SYS_pidfd_getfd, pidfd, fd, 0);
	if (copy < 0 || getsockopt(copy, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return NULL;
	return type > 0 && type < (int)ARRAY_SIZE(names) ? names[type] : NULL;
}

static void look_messages(struct touch *t, const struct call *c, const struct memory *m, unsigned i,
			  uint64_t count)
{
	/* struct mmsghdr: a msghdr and a number */
	const uint64_t size = c->wide ? 64 : 32;
	struct endpoint e;
	int r = 0;

	for (uint64_t k = 0; k < MIN(count, (uint64_t)COLLECT_MESSAGES); k++) {
		r = decode_message(c, m, c->data.args[i] + k * size, &e);
		if (r == 0)
			add_endpoint(t, m->pid, &e);
		else if (r != -ENOENT)
			break; /* here the kernel stops as well */
	}
	if (r < 0 && r != -ENOENT)
		t->unreadable++;
}

static void look_net(struct touch *t, const struct call *c, const struct memory *m, unsigned i,
		     enum role role)
{
	struct endpoint e;
	const char *type;
	int r = -ENOENT;

	if (role == ROLE_FD) {
		type = socket_type(m->pid, (int)c->data.args[i]);
		if (type)
			sbuf_printf(&t->args, "type=%s ", type);
	} else if (role == ROLE_ADDRESS && i + 1 < SYSCALLS_MAX_ARGS) {
		r = decode_endpoint(m, c->data.args[i], c->data.args[i + 1], &e);
	} else if (role == ROLE_MESSAGE) {
		r = decode_message(c, m, c->data.args[i], &e);
	} else if (role == ROLE_MESSAGES && i + 1 < SYSCALLS_MAX_ARGS) {
		look_messages(t, c, m, i, (uint32_t)c->data.args[i + 1]);
	}
	if (r == 0)
		add_endpoint(t, m->pid, &e);
	else if (r != -ENOENT)
		t->unreadable++;
}

/* An argument that is no path and still says something of the access. */
static void look_other(struct touch *t, const struct call *c, const struct memory *m, unsigned i,
		       enum role role)
{
	static const struct {
		char role;
		const char *name;
	} named[] = {{ROLE_DIRFD, "dirfd"}, {ROLE_MODE, "mode"}, {ROLE_ACCESS, "mode"},
		     {ROLE_ID, "id"},	    {ROLE_ARGV, "argv"}, {ROLE_AT, "flags"}};

	for (unsigned k = 0; k < ARRAY_SIZE(named); k++) {
		if (named[k].role != (char)role)
			continue;
		sbuf_printf(&t->args, "%s=", named[k].name);
		decode_arg(c, i, m, &t->args);
		sbuf_puts(&t->args, " ");
	}
}

/* open_flags() - the O_* among the arguments. Return: whether there are any. */
static bool open_flags(const struct call *c, const struct memory *m, uint64_t *ret)
{
	for (unsigned i = 0; i < strlen(c->spec->roles); i++) {
		if (c->spec->roles[i] == ROLE_HOW)
			return decode_how(m, c->data.args[i], ret) == 0;
		if (c->spec->roles[i] == ROLE_OPEN) {
			*ret = c->data.args[i];
			return true;
		}
	}
	if (!str_eq(c->spec->name, "creat") && !str_starts(c->spec->name, "truncate"))
		return false;
	*ret = O_WRONLY;
	return true;
}

void collect_look(const struct call *c, const struct memory *m, struct touch *ret)
{
	int dirfd = AT_FDCWD, mode = MODE_UNSPECIFIED;
	uint64_t flags = 0;

	ret->n = ret->unreadable = 0;
	ret->args = (struct sbuf){0};
	if (!c->spec || c->spec->touches == TOUCHES_NOTHING)
		return;
	if (open_flags(c, m, &flags))
		mode = mode_of(flags);
	for (unsigned i = 0; i < strlen(c->spec->roles); i++) {
		enum role role = (enum role)c->spec->roles[i];

		if (c->spec->touches == TOUCHES_NET) {
			look_net(ret, c, m, i, role);
		} else if (role == ROLE_PATH) {
			look_path(ret, c, m, i, dirfd, mode);
			dirfd = AT_FDCWD;
		} else if (decode_is_shown(c, i)) {
			if (role == ROLE_DIRFD)
				dirfd = (int)c->data.args[i];
			look_other(ret, c, m, i, role);
		}
	}
	if ((uint32_t)flags & ~OPEN_ACCESS) {
		sbuf_puts(&ret->args, "mode_extra=");
		decode_flags(c, "O_", (uint32_t)flags & ~OPEN_ACCESS, &ret->args);
		sbuf_puts(&ret->args, " ");
	}
	if (ret->args.n) /* the last blank */
		ret->args.s[--ret->args.n] = 0;
}

void collect_forget(struct touch *t)
{
	sbuf_free(&t->args);
}
