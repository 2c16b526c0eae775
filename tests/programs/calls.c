// SPDX-License-Identifier: BSD-3-Clause
/*
 * Makes the system calls that tests/functional/test_trace.py looks at:  calls WHAT [ARGUMENT]...
 * Ends with 0 when it could do what it was asked to, whatever the calls themselves said.
 * flags: -no-pie -pthread
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char **args;

/* A call that no program makes by accident, for policies to refuse: with an argument to recognise. */
static long forbidden(void)
{
	return syscall(SYS_mkdirat, AT_FDCWD, "/forbidden/\"quoted\"\n", 0700);
}

static int do_open(void)
{
	for (char **p = args; *p; p++)
		close(open(*p, O_RDONLY | O_CLOEXEC));
	return 0;
}

static int do_relative(void)
{
	int dir;

	if (chdir("/etc") < 0)
		return 1;
	close(open("./hostname", O_RDWR | O_APPEND));
	dir = open("/tmp", O_PATH | O_DIRECTORY);
	close(openat(dir, "relative", O_WRONLY | O_CREAT | O_EXCL, 0640));
	renameat(dir, "relative", AT_FDCWD, "/tmp/renamed");
	unlink("/tmp/renamed");
	return 0;
}

static int do_net(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(4242)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "relative.sock"};
	struct sockaddr_nl nl = {.nl_family = AF_NETLINK};
	struct iovec iov = {"x", 1};
	struct mmsghdr mm[2] = {{.msg_hdr = {&in6, sizeof(in6), &iov, 1, NULL, 0, 0}},
				{.msg_hdr = {&in, sizeof(in), &iov, 1, NULL, 0, 0}}};
	int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET6, SOCK_DGRAM, 0);
	int local = socket(AF_UNIX, SOCK_STREAM, 0), route = socket(AF_NETLINK, SOCK_RAW, 0);

	inet_pton(AF_INET, "127.0.0.1", &in.sin_addr);
	inet_pton(AF_INET6, "::1", &in6.sin6_addr);
	connect(tcp, (struct sockaddr *)&in, sizeof(in));
	connect(tcp, (struct sockaddr *)&in, sizeof(in));
	sendto(udp, "x", 1, 0, (struct sockaddr *)&in6, sizeof(in6));
	sendmsg(udp, &mm[0].msg_hdr, 0);
	sendmmsg(udp, mm, 2, 0);
	chdir("/tmp");
	connect(local, (struct sockaddr *)&un, sizeof(un));
	un.sun_path[0] = 0;
	connect(local, (struct sockaddr *)&un, offsetof(struct sockaddr_un, sun_path) + 9);
	bind(route, (struct sockaddr *)&nl, sizeof(nl));
	send(tcp, "x", 1, MSG_NOSIGNAL); /* no address: nothing to tell */
	return 0;
}

/* Pointers and lengths that lead nowhere, or further than there is. */
static int do_bad(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	munmap(page + 4096, 4096);
	memset(page, 'a', 4096);
	syscall(SYS_open, NULL, 0);
	syscall(SYS_open, (void *)-1L, 0);
	syscall(SYS_open, (void *)-4096L, 0);
	syscall(SYS_open, page, 0); /* without an end, then nothing */
	syscall(SYS_open, page + 4095, 0);
	syscall(SYS_openat2, AT_FDCWD, "/etc/hostname", NULL, 24);
	syscall(SYS_openat2, AT_FDCWD, "/etc/hostname", page + 4092, 24);
	syscall(SYS_connect, s, page + 4090, 110);
	syscall(SYS_connect, s, page, 0x7fffffff);
	syscall(SYS_connect, s, page, 1);
	syscall(SYS_connect, 12345, page, 0);
	syscall(SYS_sendmsg, s, page + 4090, 0);
	syscall(SYS_sendmmsg, s, page + 4090, 0xffffffff, 0);
	syscall(SYS_execve, "/nowhere", page + 4090, NULL);
	syscall(SYS_execve, "/nowhere", page, page); /* a vector of nonsense */
	memcpy(page + 4083, "/etc/at-edge", 13);
	syscall(SYS_open, page + 4083, 0);
	return 0;
}

static int do_many(void)
{
	long n = strtol(args[0], NULL, 10);
	char path[64];

	for (long i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/tmp/none/%ld", i);
		access(path, R_OK);
	}
	return 0;
}

static char *shared;
static volatile int over;

static void *flip(void *unused)
{
	unsigned n = 0;

	(void)unused;
	while (!over) {
		memcpy(shared, "/etc/hostname", 14);
		memcpy(shared, "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 31);
		if (++n % 64 == 0)
			madvise(shared, 4096, MADV_DONTNEED);
	}
	return NULL;
}

/* Another thread changes the path all the time, and takes its page away. */
static int do_race(void)
{
	pthread_t t;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_create(&t, NULL, flip, NULL);
	for (int i = 0; i < 3000; i++)
		close(open(shared, O_RDONLY));
	over = 1;
	pthread_join(t, NULL);
	return 0;
}

/* Children that are killed while they are in the middle of traced calls. */
static int do_killed(void)
{
	for (int i = 0; i < 60; i++) {
		pid_t pid = fork();

		if (pid == 0)
			for (;;)
				close(open("/etc/hostname", O_RDONLY));
		usleep(1000 + 37 * (useconds_t)i);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return 0;
}

static void *thread_forbidden(void *unused)
{
	(void)unused;
	forbidden();
	return NULL;
}

static void *thread_waits(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

static int do_thread(void)
{
	pthread_t waits[3], t;

	for (int i = 0; i < 3; i++)
		pthread_create(&waits[i], NULL, thread_waits, NULL);
	pthread_create(&t, NULL, thread_forbidden, NULL);
	/* Under KILL (of the thread) nobody comes back to be joined: its end is seen in /proc. */
	for (int i = 0; i < 200; i++)
		usleep(5000);
	puts("still here");
	return 0;
}

static int do_forbidden(void)
{
	long r = forbidden();

	printf("%ld %d\n", r, r < 0 ? errno : 0);
	return 0;
}

static int do_child(void)
{
	int status;
	pid_t pid = args[0] && !strcmp(args[0], "vfork") ? vfork() : fork();

	if (pid == 0)
		_exit(forbidden() < 0);
	waitpid(pid, &status, 0);
	printf("child %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status));
	return 0;
}

static int do_exec(void)
{
	char *argv[] = {"/proc/self/exe", "forbidden", NULL};

	return execv(argv[0], argv);
}

static int do_untraced(void)
{
	int status;
	long pid = syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(forbidden() < 0);
	waitpid((pid_t)pid, &status, 0);
	printf("child %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status));
	return 0;
}

static int do_sigsys(void)
{
	kill(getpid(), SIGSYS);
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSYS);
	return 0; /* pid 1 of a namespace is not killed so */
}

static volatile int caught;

static void on_sigsys(int sig, siginfo_t *info, void *unused)
{
	(void)sig;
	(void)unused;
	caught = info->si_syscall;
}

static int do_trap(void)
{
	struct sigaction sa = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};

	sigaction(SIGSYS, &sa, NULL);
	forbidden();
	printf("caught %d\n", caught == SYS_mkdirat);
	return 0;
}

/* Signals and stops between a parent and its child, as job control has them. */
static int do_stops(void)
{
	volatile unsigned *beats =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned seen;
	int status, n = 0, ready[2];
	char c;
	pid_t pid;

	if (pipe(ready) < 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		signal(SIGUSR1, SIG_IGN);
		if (write(ready[1], "r", 1) == 1)
			for (;; ++*beats)
				usleep(500);
		_exit(1);
	}
	if (read(ready[0], &c, 1) != 1)
		return 1;
	kill(pid, SIGUSR1);
	kill(pid, SIGSTOP);
	n += waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
	     WSTOPSIG(status) == SIGSTOP;
	seen = *beats;
	usleep(50000);
	n += *beats == seen;
	n += waitpid(pid, &status, WNOHANG | WUNTRACED | WCONTINUED) == 0; /* stays stopped */
	kill(pid, SIGCONT);
	n += waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status);
	kill(pid, SIGTERM);
	n += waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
	printf("stops %d\n", n);
	return 0;
}

static int do_traceme(void)
{
	long r = ptrace(PTRACE_TRACEME, 0, NULL, NULL);

	printf("traceme %d\n", r < 0 ? errno : 0);
	return 0;
}

/* A path in a page that nobody will ever fill. */
static int do_hang(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register reg = {.mode = UFFDIO_REGISTER_MODE_MISSING};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	reg.range.start = (uintptr_t)page;
	reg.range.len = 4096;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0 || ioctl(fd, UFFDIO_REGISTER, &reg) < 0) {
		puts("no userfaultfd");
		return 0;
	}
	puts("hangs");
	fflush(stdout);
	syscall(args[0] ? SYS_mkdir : SYS_open, page, 0);
	return 0;
}

#ifdef __x86_64__
static long int80(long nr, const void *a, long b)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(a), "c"(b), "d"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return r;
}
#endif

/* Calls of the 32-bit interface; this program is linked low enough for its pointers. */
static int do_compat(void)
{
#ifdef __x86_64__
	static const char path[] = "/etc/compat";
	static struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = 0x3412};
	static uint32_t connect_args[3] = {0, 0, sizeof(in)};
	uint32_t *list = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	connect_args[1] = (uint32_t)(uintptr_t)&in;
	memcpy(list, connect_args, sizeof(connect_args));
	int80(5, path, O_RDWR);		   /* open */
	int80(102, (void *)3, (long)list); /* socketcall: connect */
	if (args[0])
		int80(39, path, 0700); /* mkdir */
#endif
	return 0;
}

static void *thread_counts(void *unused)
{
	static volatile unsigned n;

	(void)unused;
	for (;;)
		n++;
	return NULL;
}

/* The threads beside the one that is killed are in no call at all. */
static int do_compute(void)
{
	pthread_t t;

	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, thread_counts, NULL);
	usleep(50000);
	return forbidden() == 0;
}

/* A child that computes gets SIGSYS from its parent. */
static int do_foreign(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		thread_counts(NULL);
	usleep(50000);
	kill(pid, SIGSYS);
	waitpid(pid, &status, 0);
	printf("child %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
	return 0;
}

/* Many children do what is forbidden before the program itself does. */
static int do_crowd(void)
{
	long n = strtol(args[0], NULL, 10);

	for (long i = 0; i < n; i++) {
		if (fork() == 0)
			_exit(forbidden() < 0);
		wait(NULL);
	}
	forbidden();
	return 0;
}

static int unseen(void *unused)
{
	(void)unused;
	usleep(30000);
	forbidden();
	return 0;
}

static void ignore(int sig)
{
	(void)sig;
}

/* A thread that no tracer is told of. With an argument: after a SIGSYS that was handled, or did nothing to pid 1. */
static int do_unseen(void)
{
	static char stack[65536] __attribute__((aligned(16)));

	if (args[0]) {
		if (!strcmp(args[0], "handled"))
			signal(SIGSYS, ignore);
		raise(SIGSYS);
	}
	clone(unseen, stack + sizeof(stack),
	      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
		      CLONE_UNTRACED,
	      NULL);
	sleep(2);
	return 0;
}

/* Numbers that no call has, then one that has. */
static int do_junk(void)
{
	long n = strtol(args[0], NULL, 10);

	for (long i = 0; i < n; i++)
		syscall(100000 + i);
	forbidden();
	return 0;
}

/* prctl(2) with first arguments that it does not know. */
static int do_kinds(void)
{
	long n = strtol(args[0], NULL, 10);

	for (long i = 0; i < n; i++)
		prctl(100000 + (int)i, 0, 0, 0, 0);
	return 0;
}

/* Many addresses with one call. */
static int do_messages(void)
{
	static struct mmsghdr m[1024];
	static struct sockaddr_in in[1024];
	struct iovec iov = {"x", 1};
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	for (unsigned i = 0; i < 1024; i++) {
		in[i] = (struct sockaddr_in){.sin_family = AF_INET,
					     .sin_port = htons((uint16_t)(1000 + i))};
		inet_pton(AF_INET, "127.0.0.1", &in[i].sin_addr);
		m[i].msg_hdr = (struct msghdr){&in[i], sizeof(in[i]), &iov, 1, NULL, 0, 0};
	}
	return sendmmsg(s, m, 1024, 0) < 0 && errno == EFAULT;
}

static int do_marks(void)
{
#ifdef SYS_fanotify_mark
	syscall(SYS_fanotify_mark, -1, 1, 1L, AT_FDCWD, "/etc/marked");
#endif
	syscall(433, AT_FDCWD, "/etc/picked", 0); /* fspick */
	return 0;
}

static int do_getppid(void)
{
	(void)getppid();
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} what[] = {
	{"open", do_open},	 {"relative", do_relative}, {"net", do_net},
	{"bad", do_bad},	 {"many", do_many},	    {"race", do_race},
	{"killed", do_killed},	 {"thread", do_thread},	    {"forbidden", do_forbidden},
	{"child", do_child},	 {"exec", do_exec},	    {"untraced", do_untraced},
	{"sigsys", do_sigsys},	 {"trap", do_trap},	    {"stops", do_stops},
	{"traceme", do_traceme}, {"hang", do_hang},	    {"compat", do_compat},
	{"getppid", do_getppid}, {"compute", do_compute},   {"foreign", do_foreign},
	{"crowd", do_crowd},	 {"unseen", do_unseen},	    {"junk", do_junk},
	{"kinds", do_kinds},	 {"messages", do_messages}, {"marks", do_marks},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(what) / sizeof(what[0]); i++) {
		if (!strcmp(argv[1], what[i].name)) {
			args = argv + 2;
			return what[i].run();
		}
	}
	return 2;
}
