// SPDX-License-Identifier: BSD-3-Clause
/*
 * The files of named jails. Written by the mode "once", read by the commands for running jails.
 * A file is lines "key value", and after the line "config" the jail's config as text. Everything goes
 * through a descriptor of a directory that only we can write in.
 */
#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/dump.h"
#include "mode/registry.h"

enum { ENTRY_MAX = 4 << 20 };

static bool valid_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= REGISTRY_NAME_MAX && name[0] != '.' && name[0] != '-' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") ==
		       n;
}

/* open_at() - the directory "toastainer" in @parent, ours alone. */
static int open_at(const char *parent, bool create, char *path, size_t size, struct err *err)
{
	struct stat st;
	int fd;

	snprintf(path, size, "%s/toastainer", parent);
	if (create && mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make '%s'", path);
	fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return err_sys(err, fd, "open '%s'", path);
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid() || st.st_mode & 022) {
		close(fd);
		return err_set(err, EPERM, "'%s' is not a directory of ours alone", path);
	}
	return fd;
}

/* Return: the directory of our jails; -ENOENT: there is none yet (never with @create). */
static int open_dir(bool create, struct err *err)
{
	const char *user = getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX];
	int fd = -ENOENT;

	if (geteuid() == 0) {
		fd = open_at("/run", create, path, sizeof(path), err);
		if (fd >= 0 || !user)
			return fd;
	}
	if (!user || user[0] != '/') {
		err_set(err, ENOENT, "no directory for named jails: XDG_RUNTIME_DIR is not set");
		return err_hint(err, "a login session has it, usually /run/user/%u", geteuid());
	}
	return open_at(user, create, path, sizeof(path), err);
}

/*
 * take_lock() - the lock of an entry's file, if nobody has it.
 * Return: 0; -EWOULDBLOCK: its jail lives; -ESTALE: the file was removed meanwhile.
 */
static int take_lock(int dir, const char *name, int fd)
{
	struct stat open, there;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	if (fstat(fd, &open) < 0 || fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	    open.st_ino != there.st_ino || open.st_dev != there.st_dev)
		return -ESTALE;
	return 0;
}

int registry_claim(const char *name, struct claim *ret, struct err *err)
{
	int dir, fd, r = -ESTALE;

	*ret = (struct claim)CLAIM_INIT;
	if (!valid_name(name)) {
		err_set(err, EINVAL, "'%s' is not a name for a jail", name);
		return err_hint(err, "up to %d letters, digits, '_', '.', '-'; no '.' or '-' first",
				REGISTRY_NAME_MAX);
	}
	dir = open_dir(true, err);
	if (dir < 0)
		return dir;
	for (int tries = 0; tries < 10 && (r == -ESTALE || r == -EWOULDBLOCK); tries++) {
		if (r ==
		    -EWOULDBLOCK) /* who lists the jails holds a dead one's lock for a moment */
			usleep(2000);
		r = fd = sys_openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
		if (fd >= 0)
			r = take_lock(dir, name, fd);
		if (fd >= 0 && r < 0)
			close(fd);
	}
	if (r >= 0 && ftruncate(fd, 0) < 0) { /* what a killed supervisor left */
		r = -errno;
		close(fd);
	}
	if (r >= 0) {
		*ret = (struct claim){.dir = dir, .file = fd};
		snprintf(ret->name, sizeof(ret->name), "%s", name);
		return 0;
	}
	close(dir);
	if (r != -EWOULDBLOCK)
		return err_sys(err, r, "register the jail '%s'", name);
	err_set(err, EEXIST, "a jail with the name '%s' is running", name);
	return err_hint(err, "'toastainer ps' lists the jails, 'toastainer kill %s' ends it", name);
}

static void put_filter(struct sbuf *b, const struct sock_fprog *prog)
{
	const unsigned char *p = (const unsigned char *)prog->filter;

	sbuf_puts(b, "filter ");
	for (size_t i = 0; i < prog->len * sizeof(*prog->filter); i++)
		sbuf_printf(b, "%02x", p[i]);
	sbuf_puts(b, "\n");
}

/* One line, also when a word has line breaks in it. */
static void put_command(struct sbuf *b, char *const *argv)
{
	sbuf_puts(b, "command");
	for (; *argv; argv++) {
		size_t from = b->n + 1;

		sbuf_printf(b, " %s", *argv);
		for (size_t i = from; i < b->n; i++)
			if (b->s[i] < ' ' || b->s[i] == 0x7f)
				b->s[i] = '?';
	}
	sbuf_puts(b, "\n");
}

int registry_publish(const struct claim *c, const struct config *cfg, const struct jail *j,
		     struct err *err)
{
	_cleanup_sbuf_ struct sbuf b = {0};
	int r;

	if (c->file < 0)
		return 0;
	sbuf_printf(&b, "supervisor %d\nguard %d\nstarted %lld\nface %d\n", (int)getpid(),
		    (int)j->guard, (long long)time(NULL), (int)cfg->face);
	put_command(&b, j->plan->argv);
	if (j->plan->policy)
		put_filter(&b, j->plan->policy);
	sbuf_puts(&b, "config\n");
	r = dump_text(cfg, &b, err);
	if (r < 0)
		return r;
	r = b.failed ? -ENOMEM : 0;
	if (r >= 0 && ftruncate(c->file, 0) < 0)
		r = -errno;
	if (r >= 0 && pwrite(c->file, b.s, b.n, 0) != (ssize_t)b.n)
		r = -errno ?: -ENOSPC;
	return r < 0 ? err_sys(err, r, "register the jail '%s'", c->name) : 0;
}

void registry_withdraw(const struct claim *c)
{
	if (c->file >= 0 && ftruncate(c->file, 0) < 0)
		return; /* readers check that the guard is still there */
}

void registry_release(struct claim *c)
{
	if (c->file < 0)
		return;
	unlinkat(c->dir, c->name, 0);
	close(c->file);
	close(c->dir);
	*c = (struct claim)CLAIM_INIT;
}

static int take_filter(struct arena *a, const char *hex, size_t n, struct sock_fprog *ret)
{
	unsigned char *p = arena_alloc(a, n / 2 + 1);

	if (!p || n % (2 * sizeof(struct sock_filter)))
		return p ? -EINVAL : -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		char c = hex[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return -EINVAL;
		p[i / 2] = (unsigned char)(p[i / 2] << 4 | (c <= '9' ? c - '0' : c - 'a' + 10));
	}
	ret->filter = (struct sock_filter *)p;
	ret->len = (unsigned short)(n / 2 / sizeof(struct sock_filter));
	return 0;
}

/* parse() - the text of a file into an entry. */
static int parse(struct arena *a, char *s, size_t n, struct entry *e)
{
	const char *end = s + n;

	while (*s) {
		char *line = s, *value;
		size_t len = strcspn(s, "\n");

		if (s[len] != '\n')
			return -EINVAL;
		s += len + 1;
		line[len] = 0;
		value = line + strcspn(line, " ");
		if (*value)
			*value++ = 0;
		if (str_eq(line, "config")) {
			e->config = s;
			e->config_len = (size_t)(end - s);
			return 0;
		}
		if (str_eq(line, "supervisor"))
			e->supervisor = (pid_t)strtol(value, NULL, 10);
		else if (str_eq(line, "guard"))
			e->guard = (pid_t)strtol(value, NULL, 10);
		else if (str_eq(line, "started"))
			e->started = strtoll(value, NULL, 10);
		else if (str_eq(line, "face"))
			e->face = str_eq(value, "0") ? FACE_NSJAIL : FACE_RUN;
		else if (str_eq(line, "command"))
			e->command = value;
		else if (str_eq(line, "filter") &&
			 take_filter(a, value, strlen(value), &e->filter) < 0)
			return -EINVAL;
	}
	return -EINVAL; /* ends before the config: being written */
}

/*
 * look() - the file of a name.
 * Return: 0 with the entry of a living jail, -ENOENT, -EAGAIN while it starts, other errors.
 */
static int look(struct arena *a, int dir, const char *name, struct entry *ret)
{
	_cleanup_close_ int fd = sys_openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	size_t n = 0;
	char *text;
	int r;

	*ret = (struct entry){.command = ""};
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	if (fd < 0)
		return fd;
	r = take_lock(dir, name, fd);
	if (r == 0)
		unlinkat(dir, name, 0); /* nobody holds it: its supervisor was killed */
	if (r == 0 || r == -ESTALE)
		return -ENOENT;
	if (r != -EWOULDBLOCK)
		return r;
	r = io_read_file(a, dir, name, ENTRY_MAX, &text, &n, NULL);
	if (r < 0)
		return r;
	return parse(a, text, n, ret) < 0 || ret->guard <= 0 || ret->supervisor <= 0 ? -EAGAIN : 0;
}

int registry_find(struct arena *a, const char *name, struct entry *ret, struct err *err)
{
	_cleanup_close_ int dir = FD_NONE;
	int r = -ENOENT;

	if (valid_name(name)) {
		dir = open_dir(false, err);
		r = dir < 0 ? dir : look(a, dir, name, ret);
	}
	for (int ms = 0; r == -EAGAIN && ms < 2000; ms += 5) {
		usleep(5000);
		r = look(a, dir, name, ret);
	}
	if (r == -ENOENT) {
		err_set(err, ENOENT, "there is no jail with the name '%s'", name);
		return err_hint(err, "'toastainer ps' lists those that run; --name gives one");
	}
	if (r == -EAGAIN) {
		err_set(err, EAGAIN, "nothing runs in the jail '%s' yet", name);
		return err_hint(err, "it is starting, or between two runs of mode rerun");
	}
	return r < 0 && dir >= 0 ? err_sys(err, r, "read the entry of the jail '%s'", name) : r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

int registry_list(struct arena *a, struct entry **ret, size_t *ret_n, struct err *err)
{
	struct entry *list = NULL;
	uint32_t n = 0, cap = 0;
	int fd = open_dir(false, err);
	const struct dirent *d;
	DIR *dir;

	*ret = NULL;
	*ret_n = 0;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return err_sys(err, errno, "list the jails");
	}
	while ((d = readdir(dir))) {
		struct entry e;
		int r = valid_name(d->d_name) ? look(a, fd, d->d_name, &e) : -ENOENT;

		if (r < 0 && r != -EAGAIN)
			continue;
		list = arena_grow(a, list, n, &cap, sizeof(*list));
		if (!list) {
			closedir(dir);
			return err_oom(err);
		}
		list[n++] = e;
	}
	closedir(dir);
	if (n)
		qsort(list, n, sizeof(*list), by_name);
	*ret = list;
	*ret_n = n;
	return 0;
}

int registry_supervisor(const struct entry *e, struct err *err)
{
	int fd = sys_pidfd_open(e->supervisor);
	struct arena a = {0};
	struct entry again;
	int r = fd;

	/* Its entry is still locked: then it lives, and the number was its own. */
	if (fd >= 0) {
		r = registry_find(&a, e->name, &again, err);
		if (r >= 0 && again.supervisor != e->supervisor)
			r = -ESRCH;
		arena_free(&a);
	}
	if (r >= 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return err_sys(err, r, "the supervisor of the jail '%s'", e->name);
}

/* The guard is a child of its supervisor: a number that was used again is not. */
static bool is_guard(const struct entry *e)
{
	char path[40], text[1024];
	const char *s;

	snprintf(path, sizeof(path), "/proc/%d/stat", e->guard);
	s = io_read_small(AT_FDCWD, path, text, sizeof(text)) > 0 ? strrchr(text, ')') : NULL;
	/* ") S PARENT ..." */
	return s && strlen(s) > 4 && strtol(s + 4, NULL, 10) == e->supervisor;
}

pid_t registry_program(const struct entry *e)
{
	char path[64], text[64];
	long pid = 0;

	/* The guard's oldest child; orphans that it adopts come later. */
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", e->guard, e->guard);
	if (is_guard(e) && io_read_small(AT_FDCWD, path, text, sizeof(text)) > 0)
		pid = strtol(text, NULL, 10);
	return pid > 0 ? (pid_t)pid : -ESRCH;
}
