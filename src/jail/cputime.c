// SPDX-License-Identifier: BSD-3-Clause
/*
 * CPU time of a process tree without a cgroup. Called by the launcher's watch for --cpu_limit and
 * --idle_limit. A process' own time comes from its CPU clock (clock_getcpuclockid(3)), in nanoseconds;
 * that of children it waited for from /proc/PID/stat, in ticks; who is whose child from
 * /proc/PID/task/TID/children.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "jail/cputime.h"

/* struct pids - those still to look at */
struct pids {
	pid_t *v;
	size_t n, cap;
};

static void add_pid(struct pids *l, pid_t pid)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		pid_t *v = mem_realloc(l->v, cap * sizeof(*v));

		if (!v)
			return;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = pid;
}

static uint64_t own_ns(pid_t pid)
{
	/* MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of the kernel */
	const clockid_t clock = (clockid_t)(~(unsigned)pid << 3 | 2);
	struct timespec ts;

	if (clock_gettime(clock, &ts) < 0)
		return 0; /* it has ended */
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* The numbers of /proc/PID/stat from the third field on; the second may hold anything. */
enum { STAT_CUTIME = 16 - 3, STAT_CSTIME, STAT_THREADS = 20 - 3, STAT_FIELDS };

static bool read_stat(pid_t pid, uint64_t *field)
{
	char path[32], buf[1024], *s;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (io_read_small(AT_FDCWD, path, buf, sizeof(buf)) <= 0)
		return false;
	s = strrchr(buf, ')');
	if (!s || !s[1])
		return false;
	s += 3; /* ") S" */
	for (unsigned i = 1; i < STAT_FIELDS; i++)
		field[i] = strtoull(s, &s, 10);
	return true;
}

/* The children of one thread: numbers with a blank after each. */
static void add_children(struct pids *l, pid_t pid, pid_t tid)
{
	char path[64], buf[4096];
	ssize_t n;
	pid_t child = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, tid);
	fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
	while (fd >= 0 && (n = sys_read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] >= '0' && buf[i] <= '9') {
				child = child * 10 + (buf[i] - '0');
				continue;
			}
			if (child > 0)
				add_pid(l, child);
			child = 0;
		}
	}
	if (fd >= 0)
		sys_close(fd);
}

/* linux_dirent64, getdents64(2) */
struct entry {
	uint64_t ino, off;
	uint16_t len;
	uint8_t type;
	char name[];
};

static void add_children_of_threads(struct pids *l, pid_t pid)
{
	char path[32], buf[4096] __attribute__((aligned(8)));
	long n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	while (fd >= 0 && (n = sys(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n; at += ((struct entry *)(buf + at))->len) {
			uint32_t tid;

			if (str_u32(((struct entry *)(buf + at))->name, &tid) == 0)
				add_children(l, pid, (pid_t)tid);
		}
	}
	if (fd >= 0)
		sys_close(fd);
}

uint64_t cputime_below(pid_t pid)
{
	const uint64_t tick = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t total = 0, field[STAT_FIELDS];
	struct pids l = {0};

	add_pid(&l, pid);
	while (l.n) {
		pid_t p = l.v[--l.n];

		if (p != pid)
			total += own_ns(p);
		if (!read_stat(p, field))
			continue;
		total += (field[STAT_CUTIME] + field[STAT_CSTIME]) * tick;
		if (field[STAT_THREADS] > 1)
			add_children_of_threads(&l, p);
		else
			add_children(&l, p, p);
	}
	free(l.v);
	return total;
}

int cputime_check(struct err *err)
{
	char self[16] = {0};

	/* Another namespace's /proc has other processes under these numbers. */
	if (readlink("/proc/self", self, sizeof(self) - 1) < 0 ||
	    strtol(self, NULL, 10) != getpid())
		return err_set(err, ENOENT, "/proc does not show our own processes");
	if (access("/proc/thread-self/children", R_OK) < 0)
		return err_set(err, EOPNOTSUPP,
			       "this kernel does not list the children of processes in /proc");
	return 0;
}
