// SPDX-License-Identifier: BSD-3-Clause
/*
 * floor.c - the least a launcher can do for the isolation that the benchmark asks for.
 *
 *	floor [-n] [-r] [-R SRC:DST]... -- PROGRAM [ARG]...
 *
 *	-n	also a new network namespace, with the loopback interface up
 *	-r	what `toastainer run` does by default: adds a minimal /dev, a private /tmp and an
 *		init as pid 1; without it the job is pid 1, as it is under nsjail
 *	-R	bind SRC read-only at /DST; one level deep
 *
 * Written by hand for exactly this isolation, with classic mount(2) and no options to interpret, it
 * is the yardstick that bench.py measures the launchers against; it is not meant to be used as a
 * jail. Each system call that it makes is there because the jail would be different without it.
 * Built twice, against glibc and against musl, as start-up of the C library is a good part of the
 * cost.
 *
 * Exit status: the job's, 128 + n when signal n killed it, 255 when the jail could not be made.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAILED	  255
#define MAX_BINDS 16

/*
 * Where the new root is put together. It has to exist, nothing below it may be needed any more, and
 * no source of a bind may lie below it: /proc it is, after the id maps are written.
 */
#define STAGE "/proc"

struct bind {
	const char *src;
	const char *dst;
};

struct jail {
	bool net;
	bool run;
	int n_binds;
	struct bind binds[MAX_BINDS];
	char **argv;
};

static _Noreturn void die(const char *what)
{
	dprintf(STDERR_FILENO, "floor: %s: %s\n", what, strerror(errno));
	_exit(FAILED);
}

static void must(int rc, const char *what)
{
	if (rc < 0)
		die(what);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd, path);
	must((int)write(fd, text, strlen(text)), path);
}

/* The child may write its own maps, for one id each: no pipe to the parent is needed. */
static void map_ids(uid_t uid, gid_t gid)
{
	char line[32];

	snprintf(line, sizeof(line), "0 %u 1", uid);
	write_file("/proc/self/uid_map", line);
	write_file("/proc/self/setgroups", "deny");
	snprintf(line, sizeof(line), "0 %u 1", gid);
	write_file("/proc/self/gid_map", line);
}

/* Flags that the host set are locked in a new user namespace: a remount has to repeat them. */
static unsigned long locked_flags(const char *path)
{
	struct statvfs st;

	must(statvfs(path, &st), path);
	return (st.f_flag & ST_NOSUID ? MS_NOSUID : 0UL) | (st.f_flag & ST_NODEV ? MS_NODEV : 0UL) |
	       (st.f_flag & ST_NOEXEC ? MS_NOEXEC : 0UL);
}

static void bind_read_only(const struct bind *b)
{
	const unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY;

	must(mkdir(b->dst, 0755), b->dst);
	must(mount(b->src, b->dst, NULL, MS_BIND | MS_REC, NULL), b->src);
	if (mount(NULL, b->dst, NULL, flags, NULL) < 0)
		must(mount(NULL, b->dst, NULL, flags | locked_flags(b->dst), NULL), b->dst);
}

static void make_dev(void)
{
	static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
	static const char *const links[][2] = {
		{"/proc/self/fd", "dev/fd"},	   {"/proc/self/fd/0", "dev/stdin"},
		{"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"},
		{"pts/ptmx", "dev/ptmx"},
	};
	char host[32];

	must(mkdir("dev", 0755), "dev");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		snprintf(host, sizeof(host), "/dev/%s", nodes[i]);
		must(mknod(host + 1, S_IFREG | 0644, 0), host);
		must(mount(host, host + 1, NULL, MS_BIND, NULL), host);
	}
	must(mkdir("dev/pts", 0755), "dev/pts");
	must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		   "newinstance,ptmxmode=0666,mode=620"),
	     "devpts");
	must(mkdir("dev/shm", 0755), "dev/shm");
	must(mount("tmpfs", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, NULL), "dev/shm");
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		must(symlink(links[i][0], links[i][1]), links[i][1]);
}

static void make_root(const struct jail *j)
{
	/* Without it the new namespace would go on receiving the host's mounts until pivot_root. */
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	must(mount("tmpfs", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, NULL), "tmpfs");
	must(chdir(STAGE), STAGE);
	for (int i = 0; i < j->n_binds; i++)
		bind_read_only(&j->binds[i]);
	must(mkdir("proc", 0755), "proc");
	must(mount("proc", "proc", "proc", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL),
	     "proc");
	if (j->run) {
		make_dev();
		must(mkdir("tmp", 0755), "tmp");
		must(mount("tmpfs", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, NULL), "tmp");
	}
	/* pivot_root(".", ".") stacks the old root on the new one, where it is taken off at once. */
	must((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "umount the old root");
	must(chdir("/"), "/");
	must(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL),
	     "read-only root");
}

static void loopback_up(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	must(ioctl(fd, SIOCSIFFLAGS, &ifr), "loopback up");
}

/* nsjail's defaults: five with a value, the others pinned to the caller's soft limit. */
static void set_limits(void)
{
	static const struct {
		int which;
		rlim_t value;
	} fixed[] = {
		{RLIMIT_AS, (rlim_t)4096 << 20}, {RLIMIT_CORE, 0},    {RLIMIT_CPU, 600},
		{RLIMIT_FSIZE, 1 << 20},	 {RLIMIT_NOFILE, 32},
	};
	static const int soft[] = {RLIMIT_NPROC, RLIMIT_STACK, RLIMIT_MEMLOCK, RLIMIT_RTPRIO,
				   RLIMIT_MSGQUEUE};
	struct rlimit l;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		l.rlim_cur = l.rlim_max = fixed[i].value;
		/* A caller with a lower hard limit is confined enough already. */
		if (setrlimit(fixed[i].which, &l) < 0 && errno != EPERM)
			die("setrlimit");
	}
	for (size_t i = 0; i < sizeof(soft) / sizeof(soft[0]); i++) {
		must(getrlimit(soft[i], &l), "getrlimit");
		l.rlim_max = l.rlim_cur;
		must(setrlimit(soft[i], &l), "setrlimit");
	}
}

static void drop_privileges(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	/* The kernel may know more capabilities than the headers: it says where they end. */
	for (unsigned long cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	if (errno != EINVAL)
		die("PR_CAPBSET_DROP");
	must((int)syscall(SYS_capset, &header, none), "capset");
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static _Noreturn void exec_job(const struct jail *j)
{
	char *no_env[] = {NULL};

	if (setsid() >= 0)
		execve(j->argv[0], j->argv, no_env);
	die(j->argv[0]);
}

/* Pid 1 of the jail: starts the job, reaps whatever is left to it, ends with the job's status. */
static _Noreturn void init(const struct jail *j)
{
	int status;
	pid_t job = vfork();

	must(job, "vfork");
	if (job == 0)
		exec_job(j);
	for (;;) {
		pid_t pid = wait(&status);

		if (pid < 0 && errno != EINTR)
			die("wait");
		if (pid == job)
			_exit(exit_status(status));
	}
}

static _Noreturn void child(const struct jail *j, uid_t uid, gid_t gid)
{
	must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG");
	map_ids(uid, gid);
	make_root(j);
	if (j->net)
		loopback_up();
	must(sethostname("floor", 5), "sethostname");
	set_limits();
	must((int)syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */), "close_range");
	drop_privileges();
	if (j->run)
		init(j);
	exec_job(j);
}

static _Noreturn void usage(void)
{
	dprintf(STDERR_FILENO, "usage: floor [-n] [-r] [-R SRC:DST]... -- PROGRAM [ARG]...\n");
	exit(FAILED);
}

static void parse(struct jail *j, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "+nrR:")) != -1) {
		if (opt == 'n') {
			j->net = true;
		} else if (opt == 'r') {
			j->run = true;
		} else if (opt == 'R' && j->n_binds < MAX_BINDS) {
			char *colon = strchr(optarg, ':');

			/* DST without its slash: the new root is the working directory by then. */
			if (!colon || colon[1] != '/')
				usage();
			*colon = '\0';
			j->binds[j->n_binds++] = (struct bind){optarg, colon + 2};
		} else {
			usage();
		}
	}
	j->argv = argv + optind;
	if (!*j->argv)
		usage();
}

int main(int argc, char **argv)
{
	struct jail j = {0};
	unsigned long flags = SIGCHLD | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
			      CLONE_NEWUTS | CLONE_NEWCGROUP;
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int status;
	pid_t pid;

	parse(&j, argc, argv);
	if (j.net)
		flags |= CLONE_NEWNET;
	/* As fork(), but for the flags: all arguments after them are zero on every architecture. */
	pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
	must(pid, "clone");
	if (pid == 0)
		child(&j, uid, gid);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return exit_status(status);
}
