// SPDX-License-Identifier: BSD-3-Clause
/*
 * `toastainer cp`: files into and out of a running jail that has a name. Called by the command table. What
 * lies in the jail is read below its root's descriptor, without following a link in it; what is written
 * there is written by a process with the rights of the jail's user, not with ours. Files of images are
 * for the helper to copy.
 */
#include <getopt.h>
#include <grp.h>
#include <sys/prctl.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "cmd/commands.h"
#include "jail/enter.h"
#include "mode/registry.h"
#include "storage/copyfile.h"
#include "storage/store.h"

static const char usage[] =
	"Usage: toastainer cp [--limit BYTES] JAIL:PATH FILE\n"
	"       toastainer cp [--limit BYTES] FILE JAIL:PATH\n"
	"       toastainer cp [--limit BYTES] [--store DIR] IMAGE:/PATH FILE\n"
	"Copy a file or directory out of the running jail with the name JAIL, or into it, as the "
	"user\n"
	"that its program has; or out of an image of the store. Symbolic links in there are not\n"
	"followed. Out of it come only files and directories, with --limit bytes (256M) at most.\n"
	"A FILE with a colon in its name is written with a slash: ./a:b.\n";

/* struct cp - one copy */
struct cp {
	struct entry entry;
	struct enter_plan enter;
	struct copy copy;
	const char *inside; /* path in the jail */
	const char *limit, *store;
	bool image; /* it is no jail that is meant, but an image */
};

/* jail_part() - the length of the name in "JAIL:PATH"; 0: it is a path of the host. */
static size_t jail_part(const char *arg)
{
	size_t n = strcspn(arg, ":/");

	return arg[n] == ':' ? n : 0;
}

/* image_part() - the length of the name in "IMAGE:/PATH"; 0: it is something else. */
static size_t image_part(const char *arg)
{
	const char *s = strstr(arg, ":/");

	return s && *arg != '/' && *arg != '.' ? (size_t)(s - arg) : 0;
}

/* is_image() - whether there is the image of "IMAGE:/PATH". */
static bool is_image(const struct cp *c, const char *arg)
{
	char name[STORE_NAME + 1], id[STORE_HASH + 1];
	struct store s = STORE_INIT;
	size_t n = image_part(arg);
	bool found;

	if (!n || n >= sizeof(name) || store_open(&s, c->store, NULL) < 0)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)n, arg);
	found = store_find(&s, name, id, NULL) == 0;
	store_close(&s);
	return found;
}

/* find_jail() - by "JAIL:PATH". */
static int find_jail(struct arena *a, struct cp *c, const char *arg, struct err *err)
{
	size_t n = jail_part(arg);
	const char *name = arena_dup(a, arg, n);
	pid_t program;
	int r;

	if (!name)
		return err_oom(err);
	c->inside = arg + n + 1;
	if (!n || !*c->inside)
		return err_set(err, EINVAL, "'%s': no path in the jail", arg);
	r = registry_find(a, name, &c->entry, err);
	if (r < 0)
		return r;
	program = registry_program(&c->entry);
	r = program < 0 ? program : enter_prepare(program, &c->enter, err);
	if (program < 0 || (r >= 0 && registry_program(&c->entry) != program))
		return err_set(err, ESRCH, "the jail '%s' has ended", name);
	return r;
}

/* id_of() - the effective id in a line "Uid:	1	2	3	4" of /proc/PID/status, as we see it. */
static int id_of(const char *status, const char *key, uint32_t *ret)
{
	const char *s = strstr(status, key);
	char *end;

	if (!s)
		return -ENOENT;
	strtoul(s + strlen(key), &end, 10);
	*ret = (uint32_t)strtoul(end, NULL, 10);
	return 0;
}

/* become_its_user() - in the jail's user namespace, with the ids of its program. */
static int become_its_user(const struct cp *c, struct err *err)
{
	char path[32], status[4096];
	uint32_t uid, gid;
	int r = 0;

	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (c->enter.flags & CLONE_NEWUSER)
		r = sys_setns(c->enter.pidfd, CLONE_NEWUSER);
	if (r < 0)
		return err_sys(err, r, "join the jail's user namespace");
	snprintf(path, sizeof(path), "/proc/%d/status", c->enter.pid);
	r = (int)io_read_small(AT_FDCWD, path, status, sizeof(status));
	if (r >= 0 && (id_of(status, "\nUid:", &uid) < 0 || id_of(status, "\nGid:", &gid) < 0))
		r = -EIO;
	if (r >= 0) /* where that is denied there is no group to drop either */
		sys(SYS_setgroups, 0, NULL);
	if (r >= 0)
		r = (int)sys(SYS_setresgid, gid, gid, gid);
	if (r >= 0)
		r = (int)sys(SYS_setresuid, uid, uid, uid);
	return r < 0 ? err_sys(err, r, "become the jail's user") : 0;
}

static const char *last_name(const char *path)
{
	const char *s = strrchr(path, '/');

	return s ? s + 1 : path;
}

/* put() - the opened source to its place; in a directory that is there by its own name. */
static int put(struct cp *c, int from, const struct stat *st, const char *from_name,
	       struct err *err)
{
	char name[NAME_MAX + 1];
	int dir = copy_parent(c->enter.root, c->inside, false, name, sizeof(name), err), sub, r;

	if (dir < 0)
		return dir;
	sub = sys_openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (sub >= 0) {
		close(dir);
		dir = sub;
		snprintf(name, sizeof(name), "%s", last_name(from_name));
		if (!name[0] || name[0] == '.') {
			close(dir);
			return err_set(err, EINVAL, "'%s': no name to copy it to", from_name);
		}
	}
	r = copy_tree(&c->copy, from, st, dir, name, err);
	close(dir);
	return r;
}

/* copy_in() - by a process of its own, which gives up our rights. */
static int copy_in(struct cp *c, const char *from, struct err *err)
{
	_cleanup_close_ int fd = sys_openat(AT_FDCWD, from, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	int pair[2], r = fd;
	struct stat st;
	ssize_t n;
	pid_t pid;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, r < 0 ? r : errno, "open '%s'", from);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return err_set(err, EINVAL, "'%s' is neither a file nor a directory", from);
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, errno, "make a pipe");
	c->copy.replace = true;
	c->copy.left = c->copy.limit = UINT64_MAX - 1;
	pid = fork();
	if (pid == 0) {
		struct err e = ERR_INIT;

		r = become_its_user(c, &e);
		if (r >= 0)
			r = put(c, fd, &st, from, &e);
		if (r < 0)
			(void)!write(pair[1], &e, sizeof(e));
		_exit(r < 0);
	}
	close(pair[1]);
	r = pid < 0 ? err_sys(err, errno, "start a process in the jail") : 0;
	n = pid < 0 ? 0 : read(pair[0], err, sizeof(*err));
	close(pair[0]);
	if (n == (ssize_t)sizeof(*err)) {
		err_clean(err);
		r = -err->code;
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}

static int copy_out(struct cp *c, const char *to, struct err *err)
{
	int r;

	c->copy.proc = sys_openat(AT_FDCWD, "/proc/self/fd", O_PATH | O_DIRECTORY, 0);
	if (c->copy.proc < 0)
		return err_sys(err, c->copy.proc, "open /proc/self/fd");
	r = copyfile_out(&c->copy, c->enter.root, c->inside, to, err);
	close(c->copy.proc);
	if (r >= 0 && c->copy.skipped)
		log_warn("%lu links, devices, sockets and pipes were left out", c->copy.skipped);
	return r;
}

/* inside() - whether that is a path in a jail or image, and not one of the host. */
static bool inside(const struct cp *c, const char *arg)
{
	return jail_part(arg) || is_image(c, arg);
}

/* An image is meant if --store is given or a tag is, or where no jail has the name. */
static int find(struct arena *a, struct cp *c, const char *arg, struct err *err)
{
	int r = -ENOENT;

	c->image = c->store || (image_part(arg) > jail_part(arg) && is_image(c, arg));
	if (!c->image)
		r = find_jail(a, c, arg, err);
	if (r == -ENOENT && !c->image)
		c->image = is_image(c, arg);
	if (r == -ENOENT && !c->image && image_part(arg)) {
		err_set(err, ENOENT, "there is no jail with the name '%.*s', and no such image",
			(int)image_part(arg), arg);
		err_hint(err, "see: toastainer ps, toastainer image ls");
	}
	return c->image ? 0 : r;
}

static int copy(struct arena *a, struct cp *c, const char *from, const char *to, struct err *err)
{
	bool out = inside(c, from);
	int r;

	if (str_size(c->limit, &c->copy.limit) < 0)
		return err_set(err, EINVAL,
			       "limit: '%s' is not a number of bytes such as 64k or 1M", c->limit);
	c->copy.left = c->copy.limit;
	if (out == inside(c, to)) {
		err_set(err, EINVAL, "one of '%s' and '%s' must be JAIL:PATH or IMAGE:/PATH", from,
			to);
		return err_hint(err, "see: toastainer cp --help");
	}
	r = find(a, c, out ? from : to, err);
	if (r >= 0 && c->image && !out) {
		err_set(err, EROFS, "'%s': an image does not change", to);
		return err_hint(err, "a new one with it: COPY in the file of `toastainer image "
				     "build`, or `image shell IMAGE -R FILE:/FILE --commit NAME`");
	}
	if (r >= 0 && !c->image)
		r = out ? copy_out(c, to, err) : copy_in(c, from, err);
	enter_free(&c->enter);
	return r;
}

/* become_helper() - which can be root over the ids that the files of an image have. */
static int become_helper(const struct cp *c, char **args)
{
	static char image[] = "image", command[] = "cp", limit[] = "--limit", store[] = "--store";
	char *argv[10] = {image, command, limit, (char *)(uintptr_t)c->limit};
	int n = 4;

	if (c->store) {
		argv[n++] = store;
		argv[n++] = (char *)(uintptr_t)c->store;
	}
	argv[n++] = args[0];
	argv[n++] = args[1];
	return helper_exec("toastainer-image", argv);
}

int cmd_cp(int argc, char **argv)
{
	static const struct option options[] = {{"limit", required_argument, NULL, 'l'},
						{"store", required_argument, NULL, 's'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	struct cp cp = {.enter = ENTER_INIT,
			.copy = {.files_left = COPY_FILES_MAX, .proc = FD_NONE},
			.limit = "256M"};
	struct err err = ERR_INIT;
	struct arena a = {0};
	int c, r;

	while ((c = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		switch (c) {
		case 'l': cp.limit = optarg; break;
		case 's': cp.store = optarg; break;
		case 'h': fputs(usage, stdout); return 0;
		default: return EXIT_OURS;
		}
	}
	if (argc - optind != 2)
		r = err_set(&err, EINVAL, "cp needs what to copy and where to");
	else
		r = copy(&a, &cp, argv[optind], argv[optind + 1], &err);
	arena_free(&a);
	if (r < 0)
		log_err(LOG_FATAL, &err);
	else if (cp.image)
		return become_helper(&cp, argv + optind);
	return r < 0 ? EXIT_OURS : 0;
}
