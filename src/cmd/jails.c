// SPDX-License-Identifier: BSD-3-Clause
/*
 * `toastainer ps`, `stats` and `kill`: the jails that run under a name. Called by the command table.
 */
#include <dirent.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "base/io.h"
#include "base/log.h"
#include "base/sys.h"
#include "cmd/commands.h"
#include "mode/registry.h"

static int failed(const struct err *err)
{
	log_err(LOG_FATAL, err);
	return EXIT_OURS;
}

/* ---- what the processes of a jail use */

struct process {
	pid_t pid, parent;
	uint64_t cpu_us, rss_kib;
	char pidns[32];
};

struct processes {
	struct arena arena;
	struct process *v;
	uint32_t n, cap;
};

struct usage {
	unsigned processes;
	uint64_t cpu_us, rss_kib;
};

/* field() - the Nth number of a line whose words are separated by blanks; 0 where it ends. */
static uint64_t field(const char *s, unsigned n)
{
	for (; n && *s; n--) {
		s += strspn(s, " ");
		s += strcspn(s, " ");
	}
	return strtoull(s, NULL, 10);
}

/* read_process() - /proc/PID/stat, see proc(5). Return: false when it is gone. */
static bool read_process(pid_t pid, struct process *p)
{
	char path[40], text[1024];
	const char *s;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	n = io_read_small(AT_FDCWD, path, text, sizeof(text));
	s = n > 0 ? strrchr(text, ')') : NULL; /* then: state, parent, ... */
	if (!s)
		return false;
	s++;
	*p = (struct process){
		.pid = pid,
		.parent = (pid_t)field(s, 1),
		.cpu_us = (field(s, 11) + field(s, 12)) * 1000000ULL /
			  (unsigned long)sysconf(_SC_CLK_TCK),
		.rss_kib = field(s, 21) * (unsigned long)sysconf(_SC_PAGESIZE) / 1024,
	};
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	if (readlink(path, p->pidns, sizeof(p->pidns) - 1) < 0)
		p->pidns[0] = 0;
	return true;
}

static int read_processes(struct processes *all, struct err *err)
{
	DIR *dir = opendir("/proc");
	const struct dirent *d;

	if (!dir)
		return err_sys(err, errno, "read /proc");
	while ((d = readdir(dir))) {
		long pid = strtol(d->d_name, NULL, 10);
		struct process p;

		if (pid <= 0 || !read_process((pid_t)pid, &p))
			continue;
		all->v = arena_grow(&all->arena, all->v, all->n, &all->cap, sizeof(*all->v));
		if (!all->v) {
			closedir(dir);
			return err_oom(err);
		}
		all->v[all->n++] = p;
	}
	closedir(dir);
	return 0;
}

static const struct process *process(const struct processes *all, pid_t pid)
{
	for (uint32_t i = 0; i < all->n; i++)
		if (all->v[i].pid == pid)
			return &all->v[i];
	return NULL;
}

static bool descends(const struct processes *all, const struct process *p, pid_t from)
{
	for (int depth = 0; p && depth < 10000; depth++) {
		if (p->parent == from)
			return true;
		p = process(all, p->parent);
	}
	return false;
}

/* add_up() - the processes below the guard, and those that `exec` put beside them. */
static struct usage add_up(const struct processes *all, const struct entry *e)
{
	const struct process *program = process(all, registry_program(e));
	const struct process *ours = process(all, getpid());
	bool own_ns = program && ours && strcmp(program->pidns, ours->pidns) != 0;
	struct usage u = {0};

	for (uint32_t i = 0; i < all->n; i++) {
		const struct process *p = &all->v[i];

		if (p->pid == e->guard ||
		    (!descends(all, p, e->guard) && !(own_ns && str_eq(p->pidns, program->pidns))))
			continue;
		u.processes++;
		u.cpu_us += p->cpu_us;
		u.rss_kib += p->rss_kib;
	}
	return u;
}

/* ---- ps and stats */

struct shown {
	bool json, follow, numbers; /* numbers: stats */
	char **names;		    /* NULL-terminated; none: all */
};

static bool wanted(const struct shown *s, const char *name)
{
	if (!*s->names)
		return true;
	for (char **n = s->names; *n; n++)
		if (str_eq(*n, name))
			return true;
	return false;
}

/*
 * Keys are stable; later versions only add some.
 *	name, state ("running", "starting"), supervisor, program	process numbers, program null
 *								while there is none
 *	started, seconds	since 1970; since the start
 *	processes, rss_kib, cpu_us	of all processes that live
 */
static void put_json(struct sbuf *b, const struct entry *e, const struct usage *u)
{
	pid_t program = e->guard ? registry_program(e) : 0;

	sbuf_puts(b, "{\"name\":");
	sbuf_json(b, e->name);
	sbuf_printf(b, ",\"state\":\"%s\",\"supervisor\":%d", program > 0 ? "running" : "starting",
		    (int)e->supervisor);
	if (program > 0)
		sbuf_printf(b, ",\"program\":%d", (int)program);
	else
		sbuf_puts(b, ",\"program\":null");
	sbuf_printf(b, ",\"started\":%lld,\"seconds\":%lld", (long long)e->started,
		    (long long)(e->started ? time(NULL) - e->started : 0));
	sbuf_printf(b,
		    ",\"processes\":%u,\"rss_kib\":%llu,\"cpu_us\":%llu,\"command\":", u->processes,
		    (unsigned long long)u->rss_kib, (unsigned long long)u->cpu_us);
	sbuf_json(b, e->command);
	sbuf_puts(b, "}\n");
}

static void put_duration(struct sbuf *b, int64_t s)
{
	char text[40];

	if (s < 60)
		snprintf(text, sizeof(text), "%llds", (long long)s);
	else if (s < 3600)
		snprintf(text, sizeof(text), "%lldm%02llds", (long long)s / 60, (long long)s % 60);
	else
		snprintf(text, sizeof(text), "%lldh%02lldm", (long long)s / 3600,
			 (long long)s / 60 % 60);
	sbuf_printf(b, "%-9s", text);
}

static void put_row(struct sbuf *b, const struct entry *e, const struct usage *u, bool numbers)
{
	int64_t seconds = e->started ? time(NULL) - e->started : 0;

	sbuf_printf(b, "%-20s %-8d ", e->name, e->guard ? (int)MAX(registry_program(e), 0) : 0);
	put_duration(b, seconds);
	sbuf_printf(b, "%-6u ", u->processes);
	if (numbers) {
		sbuf_printf(b, "%10.1f %8.2f %6.1f\n", (double)u->rss_kib / 1024,
			    (double)u->cpu_us / 1e6,
			    seconds ? (double)u->cpu_us / 1e4 / (double)seconds : 0.0);
		return;
	}
	sbuf_puts(b, e->command);
	sbuf_puts(b, "\n");
}

static int show_once(const struct shown *s, struct err *err)
{
	_cleanup_sbuf_ struct sbuf b = {0};
	struct processes all = {0};
	struct entry *list = NULL;
	struct usage none = {0};
	bool tty = isatty(STDOUT_FILENO);
	size_t n = 0;
	int r = read_processes(&all, err);

	if (r >= 0)
		r = registry_list(&all.arena, &list, &n, err);
	if (r >= 0 && s->follow && tty && !s->json)
		sbuf_puts(&b, "\033[H\033[2J");
	if (r >= 0 && !s->json)
		sbuf_printf(&b, "%-20s %-8s %-9s%-6s %s\n", "NAME", "PID", "TIME", "PROCS",
			    s->numbers ? "   MEM MiB    CPU s  CPU %" : "COMMAND");
	for (size_t i = 0; r >= 0 && i < n; i++) {
		struct usage u = list[i].guard ? add_up(&all, &list[i]) : none;

		if (!wanted(s, list[i].name))
			continue;
		if (s->json)
			put_json(&b, &list[i], &u);
		else
			put_row(&b, &list[i], &u, s->numbers);
	}
	if (r >= 0) {
		r = b.failed ? -ENOMEM : io_write_all(STDOUT_FILENO, b.s, b.n);
		if (r < 0)
			err_sys(err, r, "write to standard output");
	}
	arena_free(&all.arena);
	return r;
}

/* Every name asked for must be there: a typing error is not an empty table. */
static int check_names(char *const *names, struct err *err)
{
	int r = 0;

	for (; *names && r >= 0; names++) {
		struct arena a = {0};
		struct entry e;

		r = registry_find(&a, *names, &e, err);
		if (r == -EAGAIN)
			r = 0;
		arena_free(&a);
	}
	return r;
}

static int show(struct shown *s, int argc, char **argv, const char *usage)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{"follow", no_argument, NULL, 'f'},
		{NULL, 0, NULL, 0},
	};
	struct err err = ERR_INIT;
	int c, r;

	while ((c = getopt_long(argc, argv, s->numbers ? "hf" : "h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (c == '?' || (c == 'f' && !s->numbers))
			return EXIT_OURS;
		s->json |= c == 'j';
		s->follow |= c == 'f';
	}
	s->names = argv + optind;
	r = check_names(s->names, &err);
	if (r >= 0)
		r = show_once(s, &err);
	while (r >= 0 && s->follow) {
		poll(NULL, 0, 1000);
		r = show_once(s, &err);
	}
	return r < 0 ? failed(&err) : 0;
}

int cmd_ps(int argc, char **argv)
{
	struct shown s = {.numbers = false};

	return show(
		&s, argc, argv,
		"Usage: toastainer ps [--json] [NAME]...\n"
		"List the jails that were started with --name: the program's process number, for\n"
		"how long it runs, how many processes it has, its command. --json: an object a\n"
		"line.\n");
}

int cmd_stats(int argc, char **argv)
{
	struct shown s = {.numbers = true};

	return show(
		&s, argc, argv,
		"Usage: toastainer stats [--json] [-f|--follow] [NAME]...\n"
		"Show what jails with a name use: processes, resident memory (what processes "
		"share\n"
		"counts for each), CPU time of those that live, and that in percent of the time\n"
		"since the start. --follow: again every second. --json: an object a line.\n");
}

/* ---- kill */

static int signal_number(const char *word, int *ret)
{
	uint32_t n = 0;
	char name[24];

	if (str_u32(word, &n) == 0) {
		*ret = (int)n;
		return n > 0 && n <= 64 ? 0 : -EINVAL;
	}
	if (str_starts(word, "SIG"))
		word += 3;
	for (int sig = 1; sig <= 64; sig++) {
		const char *known = str_signal(sig, name, sizeof(name));

		if (str_starts(known, "SIG") && str_eq(known + 3, word)) {
			*ret = sig;
			return 0;
		}
	}
	return -EINVAL;
}

/* end_jail() - let its supervisor end it, and wait until nothing is left. */
static int end_jail(const struct entry *e, struct err *err)
{
	int fd = registry_supervisor(e, err), r;
	struct pollfd p = {fd, POLLIN, 0};

	if (fd < 0)
		return fd;
	r = sys_pidfd_send_signal(fd, SIGTERM);
	if (r >= 0)
		sys_pidfd_send_signal(fd, SIGCONT); /* it may be stopped, by its terminal say */
	if (r < 0)
		err_sys(err, r, "end the jail '%s'", e->name);
	else if (poll(&p, 1, 10000) == 0) {
		r = err_set(err, ETIMEDOUT, "the jail '%s' has not ended in 10 s", e->name);
		err_hint(err,
			 "started with --forward_signals it ends when its program does: -s KILL");
	}
	close(fd);
	return r;
}

/* signal_program() - by the number of the program, with its supervisor known to live. */
static int signal_program(const struct entry *e, int sig, struct err *err)
{
	int supervisor = registry_supervisor(e, err), fd, r;
	pid_t pid = supervisor < 0 ? supervisor : registry_program(e);

	if (supervisor < 0)
		return supervisor;
	close(supervisor);
	r = fd = pid < 0 ? pid : sys_pidfd_open(pid);
	if (fd >= 0) {
		/* Still the guard's child: the number was not used again in between. */
		r = registry_program(e) == pid ? sys_pidfd_send_signal(fd, sig) : -ESRCH;
		close(fd);
	}
	return r < 0 ? err_sys(err, r, "signal the program of the jail '%s'", e->name) : 0;
}

int cmd_kill(int argc, char **argv)
{
	struct arena a = {0};
	struct err err = ERR_INIT;
	int sig = 0, r = 0, c;

	while ((c = getopt(argc, argv, "+s:h-:")) != -1) {
		if (c == 'h' || (c == '-' && str_eq(optarg, "help"))) {
			puts("Usage: toastainer kill [-s SIGNAL] NAME...\n"
			     "End jails that have a name, everything in them, and wait until they "
			     "are gone.\n"
			     "-s sends the jail's program a signal instead, by name or number.");
			return 0;
		}
		if (c != 's')
			return EXIT_OURS;
		if (signal_number(optarg, &sig) < 0) {
			err_set(&err, EINVAL, "'%s' is not a signal", optarg);
			return failed(&err);
		}
	}
	if (!argv[optind]) {
		err_set(&err, EINVAL, "kill needs the name of a jail");
		return failed(&err);
	}
	for (char **name = argv + optind; *name && r >= 0; name++) {
		struct entry e;

		r = registry_find(&a, *name, &e, &err);
		if (r >= 0)
			r = sig ? signal_program(&e, sig, &err) : end_jail(&e, &err);
	}
	arena_free(&a);
	return r < 0 ? failed(&err) : 0;
}
