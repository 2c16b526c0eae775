// SPDX-License-Identifier: BSD-3-Clause
/*
 * Prints what a process was given, as one JSON object: ids, capabilities, limits, descriptors,
 * environment. The black-box tests run it in a jail and compare. It needs neither /proc nor a
 * dynamic loader.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char **environ;

static const char *comma = "";

static void key(const char *name)
{
	printf("%s\"%s\":", comma, name);
	comma = ",";
}

static void number(const char *name, long long v)
{
	key(name);
	printf("%lld", v);
}

static void text(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c > '~')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void strings(const char *name, char **v)
{
	key(name);
	putchar('[');
	for (int i = 0; v[i]; i++) {
		printf("%s", i ? "," : "");
		text(v[i]);
	}
	putchar(']');
}

static void ids(void)
{
	gid_t groups[1024];
	uid_t u[3];
	gid_t g[3];
	int n = getgroups(1024, groups);

	getresuid(&u[0], &u[1], &u[2]);
	getresgid(&g[0], &g[1], &g[2]);
	key("uids");
	printf("[%u,%u,%u]", u[0], u[1], u[2]);
	key("gids");
	printf("[%u,%u,%u]", g[0], g[1], g[2]);
	key("groups");
	putchar('[');
	for (int i = 0; i < n; i++)
		printf("%s%u", i ? "," : "", groups[i]);
	putchar(']');
}

static void capabilities(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0, 0, 0}, {0, 0, 0}};
	unsigned long long bnd = 0, amb = 0;

	syscall(SYS_capget, &h, d);
	for (int i = 0; i < 64; i++) {
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			bnd |= 1ULL << i;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
			amb |= 1ULL << i;
	}
	number("cap_inh",
	       (long long)((unsigned long long)d[1].inheritable << 32 | d[0].inheritable));
	number("cap_prm", (long long)((unsigned long long)d[1].permitted << 32 | d[0].permitted));
	number("cap_eff", (long long)((unsigned long long)d[1].effective << 32 | d[0].effective));
	number("cap_bnd", (long long)bnd);
	number("cap_amb", (long long)amb);
	number("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	number("securebits", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	number("dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	number("seccomp", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
}

static void limits(void)
{
	static const struct {
		const char *name;
		int nr;
	} table[] = {
		{"as", RLIMIT_AS},	   {"core", RLIMIT_CORE},
		{"cpu", RLIMIT_CPU},	   {"fsize", RLIMIT_FSIZE},
		{"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC},
		{"stack", RLIMIT_STACK},   {"memlock", RLIMIT_MEMLOCK},
		{"rtprio", RLIMIT_RTPRIO}, {"msgqueue", RLIMIT_MSGQUEUE},
	};

	key("rlimits");
	putchar('{');
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct rlimit rl = {0, 0};

		getrlimit(table[i].nr, &rl);
		printf("%s\"%s\":[%lld,%lld]", i ? "," : "", table[i].name, (long long)rl.rlim_cur,
		       (long long)rl.rlim_max);
	}
	putchar('}');
}

static void descriptors(void)
{
	key("fds");
	putchar('[');
	for (int fd = 0, n = 0; fd < 4096; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%s%d", n++ ? "," : "", fd);
	putchar(']');
}

static void signals(void)
{
	unsigned long long blocked = 0, ignored = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, 8);
	for (int sig = 1; sig < 65; sig++) {
		struct sigaction sa;

		if (sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
			ignored |= 1ULL << (sig - 1);
	}
	number("sig_blocked", (long long)blocked);
	number("sig_ignored", (long long)ignored);
}

static void process(void)
{
	struct utsname u;
	cpu_set_t set;
	char cwd[4096];
	int pdeathsig = 0, tsc = 0;
	mode_t mask = umask(0);

	number("pid", getpid());
	number("ppid", getppid());
	number("pgid", getpgrp());
	number("sid", getsid(0));
	number("umask", mask);
	umask(mask);
	errno = 0;
	number("nice", getpriority(PRIO_PROCESS, 0));
	number("personality", personality(0xffffffff));
	prctl(PR_GET_PDEATHSIG, &pdeathsig, 0, 0, 0);
	number("pdeathsig", pdeathsig);
#ifdef PR_GET_TSC
	prctl(PR_GET_TSC, &tsc, 0, 0, 0);
#endif
	number("tsc", tsc);
	uname(&u);
	key("hostname");
	text(u.nodename);
	key("cwd");
	text(getcwd(cwd, sizeof(cwd)) ? cwd : "?");
	key("cpus");
	putchar('[');
	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (int i = 0, n = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			printf("%s%d", n++ ? "," : "", i);
	putchar(']');
}

static void namespaces(void)
{
	static const char *const names[] = {"cgroup", "ipc",  "mnt", "net",
					    "pid",    "user", "uts", "time"};

	key("ns");
	putchar('{');
	for (int i = 0, n = 0; i < 8; i++) {
		char path[64], link[64];
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		len = readlink(path, link, sizeof(link) - 1);
		if (len < 0)
			continue;
		link[len] = 0;
		printf("%s\"%s\":\"%s\"", n++ ? "," : "", names[i], link);
	}
	putchar('}');
}

int main(int argc, char **argv)
{
	(void)argc;
	putchar('{');
	descriptors();
	process();
	ids();
	capabilities();
	limits();
	signals();
	namespaces();
	strings("argv", argv);
	strings("env", environ);
	printf("}\n");
	return 0;
}
