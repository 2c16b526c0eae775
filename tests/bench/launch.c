// SPDX-License-Identifier: BSD-3-Clause
/*
 * launch.c - does the measuring for bench.py, which talks to it over standard input and output.
 *
 * A small static process of its own, because what a fork costs depends on the size of the forking
 * process: Python's would be measured along with the launcher. Requests are lines of fields
 * separated by tabs, and each is answered by one line of numbers separated by blanks:
 *
 *	run ARGV...			launch once: wall ns, wait status, CPU ns of the launched tree,
 *					CPU ns of this process since the last answer
 *	rate WORKERS MS ARGV...		launch for MS milliseconds in WORKERS processes at once:
 *					launches that succeeded per 1000 s, those that failed
 *	trace ARGV...			launch once under ptrace: number of system calls and peak
 *					resident KiB of the whole tree, wait status
 *	connect PATH			connect to a server's Unix socket: ns to the first byte that
 *					it sends (-1: none came), ns until it closes
 *
 * "@ID@" in an argument becomes a string that is different for each launch (containers have names).
 * ARGV[0] is a path; standard input and output of what is launched are /dev/null, errors pass.
 * With the CPU times bench.py tells our own use of the machine from that of others.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ARGS    128
#define MAX_LINE    16384
#define MAX_WORKERS 256
#define NS_PER_S    1000000000LL

struct sample {
	int64_t wall_ns;
	int status;
	struct rusage usage;
};

static _Noreturn void die(const char *what)
{
	dprintf(STDERR_FILENO, "launch: %s: %s\n", what, strerror(errno));
	_exit(2);
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static int64_t cpu_ns(const struct rusage *u)
{
	return (u->ru_utime.tv_sec + u->ru_stime.tv_sec) * NS_PER_S +
	       (u->ru_utime.tv_usec + u->ru_stime.tv_usec) * 1000LL;
}

/* Fills in the id; done before the clock starts. The strings live until the next call. */
static void name_launch(char *const *templates, char **argv)
{
	static char buf[MAX_LINE];
	static unsigned int counter;
	size_t used = 0;
	int i;

	counter++;
	for (i = 0; templates[i]; i++) {
		const char *mark = strstr(templates[i], "@ID@");

		argv[i] = templates[i];
		if (!mark)
			continue;
		argv[i] = buf + used;
		used += 1 + (size_t)snprintf(buf + used, sizeof(buf) - used, "%.*sbench-%d-%u%s",
					     (int)(mark - templates[i]), templates[i], getpid(),
					     counter, mark + 4);
		if (used >= sizeof(buf))
			die("arguments too long");
	}
	argv[i] = NULL;
}

static pid_t spawn(char **argv)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0)
		die("vfork");
	return pid;
}

static void launch(char *const *templates, struct sample *ret_sample)
{
	char *argv[MAX_ARGS + 1];
	int64_t start;
	pid_t pid;

	name_launch(templates, argv);
	start = now_ns(CLOCK_MONOTONIC);
	pid = spawn(argv);
	while (wait4(pid, &ret_sample->status, 0, &ret_sample->usage) < 0)
		if (errno != EINTR)
			die("wait4");
	ret_sample->wall_ns = now_ns(CLOCK_MONOTONIC) - start;
}

static void cmd_run(FILE *out, char **argv)
{
	static int64_t self_before;
	struct sample s;
	int64_t self;

	launch(argv, &s);
	self = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	fprintf(out, "%" PRId64 " %d %" PRId64 " %" PRId64 "\n", s.wall_ns, s.status,
		cpu_ns(&s.usage), self - self_before);
	self_before = self;
}

struct tally {
	int64_t done_per_1000_s;
	int64_t failed;
};

static _Noreturn void work(char **argv, int64_t deadline, struct tally *t)
{
	int64_t start = now_ns(CLOCK_MONOTONIC), end, n = 0;
	struct sample s;

	do {
		launch(argv, &s);
		if (s.status == 0)
			n++;
		else
			t->failed++;
		end = now_ns(CLOCK_MONOTONIC);
	} while (end < deadline);
	/* The last launch ends after the deadline: divide by the time that was really used. */
	t->done_per_1000_s = n * 1000 * NS_PER_S / (end - start);
	_exit(0);
}

static void cmd_rate(FILE *out, int workers, int ms, char **argv)
{
	int64_t deadline = now_ns(CLOCK_MONOTONIC) + ms * 1000000LL;
	struct tally sum = {0};
	struct tally *t;

	if (workers < 1 || workers > MAX_WORKERS) {
		errno = EINVAL;
		die("workers");
	}
	t = mmap(NULL, sizeof(*t) * (size_t)workers, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t == MAP_FAILED)
		die("mmap");
	for (int i = 0; i < workers; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0)
			work(argv, deadline, &t[i]);
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
	for (int i = 0; i < workers; i++) {
		sum.done_per_1000_s += t[i].done_per_1000_s;
		sum.failed += t[i].failed;
	}
	munmap(t, sizeof(*t) * (size_t)workers);
	fprintf(out, "%" PRId64 " %" PRId64 "\n", sum.done_per_1000_s, sum.failed);
}

/* The most memory that the process ever had resident, exactly: ru_maxrss would start at ours. */
static long peak_kib(pid_t pid)
{
	char path[32], line[128];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

/* True at the entry of a system call, with its number. */
static bool at_entry(pid_t pid, uint64_t *ret_nr)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	*ret_nr = info.entry.nr;
	return true;
}

/* Forks a child that executes @templates as soon as it is traced. */
static pid_t spawn_traced(char *const *templates)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
			     PTRACE_O_TRACEEXIT;
	char *argv[MAX_ARGS + 1];
	int gate[2];
	char byte;
	pid_t pid;

	name_launch(templates, argv);
	if (pipe2(gate, O_CLOEXEC) < 0)
		die("pipe2");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		close(gate[1]);
		if (read(gate[0], &byte, 1) == 0)
			execv(argv[0], argv);
		_exit(127);
	}
	if (ptrace(PTRACE_SEIZE, pid, NULL, options) < 0)
		die("PTRACE_SEIZE");
	close(gate[0]);
	close(gate[1]);
	return pid;
}

/*
 * Counts the system calls of the launcher and all its descendants, from the launcher's execve on, as
 * strace -f would. Memory is looked at where it is about to be given back: at exit and execve.
 */
static void cmd_trace(FILE *out, char **argv)
{
	pid_t root = spawn_traced(argv);
	bool started = false;
	int root_status = 0;
	long calls = 0, peak = 0;

	for (;;) {
		int status, deliver = 0;
		pid_t pid = waitpid(-1, &status, __WALL);
		uint64_t nr;

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		if (!WIFSTOPPED(status)) {
			if (pid == root)
				root_status = status;
			continue;
		}
		if (status >> 16 == PTRACE_EVENT_EXEC && !started) {
			started = true;
			calls = 1;
		} else if (status >> 16 == PTRACE_EVENT_EXIT) {
			long kib = peak_kib(pid);

			peak = kib > peak ? kib : peak;
		} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			if (at_entry(pid, &nr)) {
				bool exec = nr == SYS_execve || nr == SYS_execveat;
				long kib = exec ? peak_kib(pid) : 0;

				calls++;
				peak = kib > peak ? kib : peak;
			}
		} else if (!(status >> 16)) {
			deliver = WSTOPSIG(status);
		}
		ptrace(started ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL, deliver);
	}
	fprintf(out, "%ld %ld %d\n", calls, peak, root_status);
}

static void cmd_connect(FILE *out, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t start, first;
	char buf[64];

	if (fd < 0 || strlen(path) >= sizeof(addr.sun_path))
		die("socket");
	memcpy(addr.sun_path, path, strlen(path) + 1);
	start = now_ns(CLOCK_MONOTONIC);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die(path);
	first = read(fd, buf, sizeof(buf)) > 0 ? now_ns(CLOCK_MONOTONIC) - start : -1;
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	fprintf(out, "%" PRId64 " %" PRId64 "\n", first, now_ns(CLOCK_MONOTONIC) - start);
	close(fd);
}

/* Splits @line at its tabs. Return: the number of fields, -1 when there are too many. */
static int split(char *line, char **fields)
{
	int n = 0;

	for (char *f = strtok(line, "\t\n"); f; f = strtok(NULL, "\t\n")) {
		if (n == MAX_ARGS)
			return -1;
		fields[n++] = f;
	}
	fields[n] = NULL;
	return n;
}

static FILE *keep(int fd, const char *mode)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	FILE *f = copy < 0 ? NULL : fdopen(copy, mode);

	if (!f)
		die("fdopen");
	return f;
}

int main(void)
{
	static char line[MAX_LINE];
	char *f[MAX_ARGS + 1];
	FILE *in = keep(STDIN_FILENO, "r"), *out = keep(STDOUT_FILENO, "w");
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		die("/dev/null");
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	while (fgets(line, sizeof(line), in)) {
		int n = split(line, f);

		if (n > 1 && !strcmp(f[0], "run")) {
			cmd_run(out, f + 1);
		} else if (n > 3 && !strcmp(f[0], "rate")) {
			cmd_rate(out, atoi(f[1]), atoi(f[2]), f + 3);
		} else if (n == 2 && !strcmp(f[0], "connect")) {
			cmd_connect(out, f[1]);
		} else if (n > 1 && !strcmp(f[0], "trace")) {
			cmd_trace(out, f + 1);
		} else {
			errno = EINVAL;
			die("request");
		}
		fflush(out);
	}
	return 0;
}
