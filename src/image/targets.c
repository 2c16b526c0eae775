// SPDX-License-Identifier: BSD-3-Clause
/*
 * Making and removing mount targets in an image. Called by image/shell around a build. The image is
 * hostile: what lies in it was written by a script that may be anybody's. So nothing is opened but
 * with RESOLVE_IN_ROOT below the image's descriptor, and nothing removed that is not our own.
 */
#include <limits.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/io.h"
#include "base/sys.h"
#include "image/targets.h"

#define MAX_LINKS 8
#define MAX_MADE  24

/* struct made - something that the keeper made */
struct made {
	int parent; /* descriptor of its directory */
	char name[NAME_MAX + 1];
	dev_t dev;
	ino_t ino;
	bool is_dir;
};

/* struct keeper - all that the keeper knows */
struct keeper {
	int root;
	struct made made[MAX_MADE];
	unsigned n;
};

/* Descriptor of a directory in the image. */
static int open_dir(int root, const char *path)
{
	return sys_openat2(root, path, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT);
}

static int remember(struct keeper *g, int *parent, const char *name, bool is_dir, struct err *err)
{
	struct made *made = &g->made[g->n];
	struct stat st;

	if (fstatat(*parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "stat mount target '%s'", name);
	*made = (struct made){.dev = st.st_dev, .ino = st.st_ino, .is_dir = is_dir};
	snprintf(made->name, sizeof(made->name), "%s", name);
	made->parent = take_fd(parent);
	g->n++;
	return 0;
}

/* Makes the last component of a path whose directory exists. */
static int make_one(struct keeper *g, const char *dir, const char *name, bool is_dir,
		    struct err *err)
{
	_cleanup_close_ int parent = open_dir(g->root, dir), fd = FD_NONE;
	int r;

	if (parent < 0)
		return err_sys(err, parent, "open '%s' in the image", dir);
	if (g->n == MAX_MADE)
		return err_set(err, ENOSPC, "mount target '%s': too many to make", name);
	/* An O_PATH descriptor serves as the directory of mkdirat(2), openat(2) and unlinkat(2). */
	if (is_dir) {
		r = sys_mkdirat(parent, name, 0755);
	} else {
		fd = sys_openat(parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0644);
		r = MIN(fd, 0);
	}
	if (r)
		return err_sys(err, r, "make mount target '%s' in '%s'", name, dir);
	return remember(g, &parent, name, is_dir, err);
}

/*
 * The text of a link at dir/name, as a path in the image. 0: it is no link, or there is nothing;
 * 1: @ret is where it leads.
 */
static int read_link(int root, const char *dir, const char *name, char *ret, size_t size)
{
	_cleanup_close_ int parent = open_dir(root, dir);
	char text[PATH_MAX];
	ssize_t n;
	int len;

	if (parent < 0)
		return parent;
	n = readlinkat(parent, name, text, sizeof(text) - 1);
	if (n < 0)
		return errno == EINVAL || errno == ENOENT ? 0 : -errno;
	text[n] = 0;
	if (text[0] == '/')
		len = snprintf(ret, size, "%s", text);
	else
		len = snprintf(ret, size, "%s/%s", dir, text);
	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 1;
}

/* One round: makes @path, whose parents exist, or finds that it is a link to @ret_next. */
static int make_last(struct keeper *g, const char *path, bool is_dir, char *ret_next,
		     struct err *err)
{
	_cleanup_close_ int there = sys_openat2(g->root, path, O_PATH, RESOLVE_IN_ROOT);
	char dir[PATH_MAX];
	char *name;
	struct stat st;
	int r;

	if (there >= 0) {
		if (fstat(there, &st) < 0)
			return err_sys(err, errno, "stat '%s' in the image", path);
		if (S_ISDIR(st.st_mode) != is_dir)
			return err_set(err, is_dir ? ENOTDIR : EISDIR,
				       "mount target '%s' in the image is %s directory", path,
				       is_dir ? "not a" : "a");
		return 0;
	}
	if (there != -ENOENT)
		return err_sys(err, there, "mount target '%s' in the image", path);
	snprintf(dir, sizeof(dir), "%s", path);
	name = strrchr(dir, '/');
	*name++ = 0;
	r = read_link(g->root, *dir ? dir : "/", name, ret_next, PATH_MAX);
	if (r < 0)
		return err_sys(err, r, "mount target '%s' in the image", path);
	return r ? r : make_one(g, *dir ? dir : "/", name, is_dir, err);
}

static int make_path(struct keeper *g, const char *path, bool is_dir, unsigned links,
		     struct err *err)
{
	char part[PATH_MAX], next[PATH_MAX] = "";
	const char *p = path;

	while (*p) {
		const char *end = p + strspn(p, "/");
		bool last;
		int r;

		end += strcspn(end, "/");
		p = end;
		last = !end[strspn(end, "/")];
		if ((size_t)(end - path) >= sizeof(part))
			return err_set(err, ENAMETOOLONG,
				       "mount target in the image: name too long");
		memcpy(part, path, (size_t)(end - path));
		part[end - path] = 0;
		r = make_last(g, part, is_dir || !last, next, err);
		if (r < 0)
			return r;
		if (r && !links)
			return err_set(err, ELOOP, "mount target '%s' in the image: too many links",
				       part);
		if (r)
			r = make_path(g, next, is_dir || !last, links - 1, err);
		if (r < 0)
			return r;
		if (last)
			break;
	}
	return 0;
}

static void remove_one(const struct made *made)
{
	struct stat st;

	if (fstatat(made->parent, made->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_dev != made->dev || st.st_ino != made->ino)
		return;
	if (!made->is_dir && (!S_ISREG(st.st_mode) || st.st_size))
		return;
	/* A directory that is not empty any more stays: it is the script's now. */
	(void)unlinkat(made->parent, made->name, made->is_dir ? AT_REMOVEDIR : 0);
}

static void remove_all(const struct keeper *g)
{
	for (unsigned i = g->n; i > 0; i--)
		remove_one(&g->made[i - 1]);
}

/* Everything but what the keeper needs: a pipe that the caller reads must not wait for us. */
static void close_others(const struct keeper *g, int wait_fd)
{
	for (int fd = 0; fd < 1024; fd++) {
		bool keep = fd == wait_fd || fd == g->root;

		for (unsigned i = 0; i < g->n; i++)
			keep = keep || fd == g->made[i].parent;
		if (!keep)
			close(fd);
	}
}

/*
 * The keeper's life. All signals are blocked: only SIGKILL ends it early. It answers with an error
 * (code 0: all is there), then waits until nobody holds the other end of @sock any more.
 */
static NORETURN void keeper_main(int root, int sock, const struct target *want, unsigned n)
{
	struct keeper g = {.root = root};
	struct err err = ERR_INIT;
	int r = 0;
	char c;

	setsid();
	umask(022);
	prctl(PR_SET_NAME, "image-keeper");
	for (unsigned i = 0; !r && i < n; i++)
		r = make_path(&g, want[i].path, want[i].is_dir, MAX_LINKS, &err);
	if (r)
		remove_all(&g);
	io_write_all(sock, &err, sizeof(err));
	if (r || !g.n)
		_exit(0);
	close_others(&g, sock);
	while (sys_read(sock, &c, 1) == -EINTR)
		;
	remove_all(&g);
	_exit(0);
}

static int start_keeper(struct targets *t, int root, const struct target *want, unsigned n,
			struct err *err)
{
	sigset_t all, old;
	int socks[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) < 0)
		return err_sys(err, errno, "socketpair");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0) {
		close(socks[0]);
		keeper_main(root, socks[1], want, n);
	}
	if (pid < 0)
		err_sys(err, errno, "fork");
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(socks[1]);
	if (pid < 0) {
		close(socks[0]);
		return -err->code;
	}
	*t = (struct targets){.pipe = socks[0], .keeper = pid};
	return 0;
}

int targets_make(struct targets *t, int root, const struct target *want, unsigned n,
		 struct err *err)
{
	struct err answer = ERR_INIT;
	ssize_t got;
	int r = start_keeper(t, root, want, n, err);

	if (r)
		return r;
	do
		got = sys_read(t->pipe, &answer, sizeof(answer));
	while (got == -EINTR);
	if (got == sizeof(answer) && !answer.code)
		return 0;
	targets_remove(t);
	if (got != sizeof(answer))
		return err_set(err, ECHILD, "the process that makes mount targets died");
	*err = answer;
	return -err->code;
}

void targets_remove(struct targets *t)
{
	if (t->pipe < 0)
		return;
	close(take_fd(&t->pipe));
	while (waitpid(t->keeper, NULL, 0) < 0 && errno == EINTR)
		;
}
