// SPDX-License-Identifier: BSD-3-Clause
/*
 * `toastainer cp`: files into and out of a running jail that has a name. Called by the command table. What
 * lies in the jail is read below its root's descriptor, without following a link in it; what is written
 * there is written by a process with the rights of the jail's user, not with ours.
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

static const char usage[] = "Usage: toastainer cp [--limit BYTES] JAIL:PATH FILE\n"
			    "       toastainer cp [--limit BYTES] FILE JAIL:PATH\n"
			    "Copy a file or directory out of the running jail JAIL (run --name "
			    "JAIL), or into it, as the\n"
			    "user that its program has. Symbolic links of the jail are not "
			    "followed. Out of it come only\n"
			    "files and directories, with --limit bytes (256M) at most. A FILE with "
			    "a colon in its name\n"
			    "is written with a slash: ./a:b.\n";

/* struct cp - one copy */
struct cp {
	struct entry entry;
	struct enter_plan enter;
	struct copy copy;
	const char *inside; /* path in the jail */
};

/* jail_part() - the length of the name in "JAIL:PATH"; 0: it is a path of the host. */
static size_t jail_part(const char *arg)
{
	size_t n = strcspn(arg, ":/");

	return arg[n] == ':' ? n : 0;
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
	if (!*c->inside)
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

static int copy(struct arena *a, const char *limit, const char *from, const char *to,
		struct err *err)
{
	struct cp c = {.enter = ENTER_INIT,
		       .copy = {.files_left = COPY_FILES_MAX, .proc = FD_NONE}};
	bool out = jail_part(from);
	int r = 0;

	if (str_size(limit, &c.copy.limit) < 0)
		return err_set(err, EINVAL,
			       "limit: '%s' is not a number of bytes such as 64k or 1M", limit);
	c.copy.left = c.copy.limit;
	if (out == (jail_part(to) != 0)) {
		err_set(err, EINVAL, "one of '%s' and '%s' must be JAIL:PATH", from, to);
		return err_hint(err, "see: toastainer cp --help");
	}
	r = find_jail(a, &c, out ? from : to, err);
	if (r >= 0)
		r = out ? copy_out(&c, to, err) : copy_in(&c, from, err);
	enter_free(&c.enter);
	return r;
}

int cmd_cp(int argc, char **argv)
{
	static const struct option options[] = {{"limit", required_argument, NULL, 'l'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	const char *limit = "256M";
	struct err err = ERR_INIT;
	struct arena a = {0};
	int c, r;

	while ((c = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (c != 'l')
			return EXIT_OURS;
		limit = optarg;
	}
	if (argc - optind != 2)
		r = err_set(&err, EINVAL, "cp needs what to copy and where to");
	else
		r = copy(&a, limit, argv[optind], argv[optind + 1], &err);
	arena_free(&a);
	if (r < 0)
		log_err(LOG_FATAL, &err);
	return r < 0 ? EXIT_OURS : 0;
}
