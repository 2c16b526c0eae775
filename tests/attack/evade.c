// SPDX-License-Identifier: BSD-3-Clause
/*
 * Attackers of limits: evade WAY [NUMBER] [TOKEN]. Each prints "up" when it has begun. TOKEN is there to be
 * found in the command line.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static void up(void)
{
	puts("up");
	fflush(stdout);
}

static void burn(void)
{
	for (volatile unsigned long i = 0;; i++)
		;
}

/* N children burn at the same time. */
static void burners(int n)
{
	for (int i = 0; i < n; i++)
		if (fork() == 0)
			burn();
	up();
	for (;;)
		pause();
}

/* N burners that belong to nobody: forked twice, in sessions of their own. */
static void daemons(int n)
{
	for (int i = 0; i < n; i++) {
		if (fork() == 0) {
			setsid();
			if (fork() == 0)
				burn();
			_exit(0);
		}
		wait(NULL);
	}
	up();
	for (;;)
		pause();
}

/* One after another burns a little and is waited for: never two at a time, never for long. */
static void relay_of_burners(int ms)
{
	up();
	for (;;) {
		pid_t pid = fork();

		if (pid == 0) {
			struct rlimit none = {0};
			struct rusage ru;

			setrlimit(RLIMIT_CORE, &none);
			do
				getrusage(RUSAGE_SELF, &ru);
			while (ru.ru_utime.tv_sec * 1000 + ru.ru_utime.tv_usec / 1000 +
				       ru.ru_stime.tv_sec * 1000 + ru.ru_stime.tv_usec / 1000 <
			       ms);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

/* Ignores and blocks all that can be ignored or blocked. */
static void deaf(void)
{
	sigset_t all;

	for (int sig = 1; sig < 65; sig++)
		signal(sig, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_PDEATHSIG, 0);
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			setsid();
	up();
	for (;;)
		pause();
}

/* A child that stands still under ptrace, and a parent that is stopped as well. */
static void stopped(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	waitpid(pid, NULL, WUNTRACED);
	up();
	raise(SIGSTOP);
	for (;;)
		pause();
}

/* Children that end and are never waited for. */
static void zombies(int n)
{
	for (int i = 0; i < n; i++)
		if (fork() == 0)
			_exit(0);
	up();
	for (;;)
		pause();
}

/* Everything that takes room in a directory: data, names, links, attributes; then says what it got. */
static void fill(const char *dir)
{
	static char block[65536];
	unsigned long bytes = 0, files = 0;
	ssize_t n;
	int fd;

	if (chdir(dir) < 0)
		exit(1);
	memset(block, 'x', sizeof(block));
	for (int round = 0; round < 3; round++) {
		char name[32];

		snprintf(name, sizeof(name), "data%d", round);
		fd = open(name, O_CREAT | O_WRONLY, 0600);
		while (fd >= 0 && bytes < 1UL << 30 && (n = write(fd, block, sizeof(block))) > 0)
			bytes += (unsigned long)n;
		if (fd >= 0 && posix_fallocate(fd, 0, 1 << 30) == 0)
			bytes += 1 << 30;
		if (fd >= 0)
			close(fd);
	}
	for (unsigned long i = 0; i < 100000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%lu", i);
		if (mkdir(name, 0700) < 0 && symlink(block, name) < 0 && mkfifo(name, 0600) < 0)
			break;
		files++;
	}
	printf("%lu %lu\n", bytes, files);
	fflush(stdout);
}

/* As many descriptors as there are to be had, also in flight in sockets. */
static void descriptors(void)
{
	int got = 0, pair[2], fd, kept[1024];

	while (got < 1024 && (fd = dup(0)) >= 0)
		kept[got++] = fd;
	printf("%d\n", got);
	fflush(stdout);
	close(kept[got - 1]);
	close(kept[got - 2]);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0) {
		char buf[CMSG_SPACE(sizeof(int))] = {0}, c = 0;
		struct iovec iov = {&c, 1};
		struct msghdr msg = {.msg_iov = &iov,
				     .msg_iovlen = 1,
				     .msg_control = buf,
				     .msg_controllen = sizeof(buf)};
		struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
		int flying = 0;

		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &pair[0], sizeof(int));
		while (flying < 100000 && sendmsg(pair[0], &msg, MSG_DONTWAIT) > 0)
			flying++;
		printf("%d\n", flying);
		fflush(stdout);
	}
}

/* A file of memory, of no file system: grown by writing and by its size. */
static void memfd(void)
{
	static char block[65536];
	int fd = memfd_create("x", 0);
	unsigned long bytes = 0;
	ssize_t n;

	signal(SIGXFSZ, SIG_IGN);
	while (bytes < 1UL << 28 && (n = write(fd, block, sizeof(block))) > 0)
		bytes += (unsigned long)n;
	printf("%lu\n%d\n", bytes, ftruncate(fd, 1 << 28));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 0;

	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "burners"))
		burners(n);
	if (!strcmp(argv[1], "daemons"))
		daemons(n);
	if (!strcmp(argv[1], "relay"))
		relay_of_burners(n);
	if (!strcmp(argv[1], "unreaped")) {
		signal(SIGCHLD, SIG_IGN);
		relay_of_burners(n);
	}
	if (!strcmp(argv[1], "deaf"))
		deaf();
	if (!strcmp(argv[1], "stopped"))
		stopped();
	if (!strcmp(argv[1], "zombies"))
		zombies(n);
	if (!strcmp(argv[1], "fill"))
		fill(argv[2]);
	if (!strcmp(argv[1], "descriptors"))
		descriptors();
	if (!strcmp(argv[1], "memfd"))
		memfd();
	return 0;
}
