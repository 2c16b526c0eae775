// SPDX-License-Identifier: BSD-3-Clause
/*
 * `toastainer policy`: check a seccomp policy, ask it about a call, show its filter. Called by the
 * command table; 0 when everything is in order, 1 when a policy is refused, 125 when the command
 * itself is wrong.
 */
#include <fcntl.h>
#include <getopt.h>
#include <linux/audit.h>

#include "base/io.h"
#include "base/str.h"
#include "cmd/commands.h"
#include "kafel/bpf.h"
#include "kafel/kafel.h"
#include "kafel/syscalls.h"

#define EXIT_REFUSED  1
#define MAX_DIRS      16
#define MAX_TEXT_SIZE (4u << 20)

static const char help[] =
	"usage: toastainer policy check [OPTION]... FILE...\n"
	"       toastainer policy explain [OPTION]... FILE CALL [ARGUMENT]...\n"
	"       toastainer policy dump [--raw] [OPTION]... FILE\n"
	"\n"
	"check       say whether seccomp policies are valid, and what is wrong with those that are "
	"not\n"
	"explain     what a policy does with a system call, and which line of it decides\n"
	"dump        the filter that a policy becomes, as text\n"
	"\n"
	"  --arch NAME          for this architecture instead of the machine's own:\n"
	"                       x86_64, i386, aarch64, arm, riscv64\n"
	"  -I, --include DIR    where #include finds files; can be repeated\n"
	"  --refuse_x32         kill x32 calls that no rule names, as 'toastainer run' does\n"
	"  --raw                the filter as an array of struct sock_filter\n"
	"  -h, --help           this text\n"
	"\n"
	"FILE - is standard input, and the name of a built-in policy is that policy:\n"
	"toastainer_default, strict_compute. CALL is a name or a number. ARGUMENT is a number, or "
	"names of "
	"the\n"
	"kernel's constants joined by |; those left out are 0.\n"
	"\n"
	"Exit status: 0; 1 when a policy is refused; 125 for trouble.\n";

struct request {
	struct kafel_options opts;
	const struct syscalls_arch *arch;
	const char *dirs[MAX_DIRS + 1];
	bool raw;
};

/* A policy as read and compiled. */
struct compiled {
	struct arena arena;
	struct kafel_policy *policy;
	struct sock_fprog prog;
};

static void print_err(const struct err *err)
{
	fprintf(stderr, "%s%s%s\n", err->msg, err->hint[0] ? "; hint: " : "", err->hint);
}

static int wrong_use(const char *message, const char *word)
{
	fprintf(stderr, "toastainer policy: %s%s\n'toastainer policy --help' shows the usage\n",
		message, word);
	return EXIT_OURS;
}

static int finish_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fputs("toastainer policy: cannot write the output\n", stderr);
	return EXIT_OURS;
}

/* Return: 0, or the exit status after a message. */
static int compile(const struct request *q, const char *file, struct compiled *c)
{
	bool standard = str_eq(file, "-");
	const char *path = standard ? "/dev/stdin" : file;
	struct err err = ERR_INIT;
	char *text;
	size_t n;
	int r;

	if (kafel_builtin_named(file)) {
		text = arena_printf(&c->arena, "USE %s", file);
		n = text ? strlen(text) : 0;
		r = text ? 0 : err_oom(&err);
	} else {
		r = io_read_file(&c->arena, AT_FDCWD, path, MAX_TEXT_SIZE, &text, &n, &err);
	}
	if (r < 0) {
		print_err(&err);
		return EXIT_OURS;
	}
	r = kafel_parse(&q->opts, text, n, standard ? "stdin" : file, &c->arena, &c->policy, &err);
	if (r == 0)
		r = kafel_generate(c->policy, &c->arena, &c->prog, &err);
	if (r < 0)
		print_err(&err);
	return r == -ENOMEM ? EXIT_OURS : r < 0 ? EXIT_REFUSED : 0;
}

/* Whether an action lets a call happen. */
static bool permits(uint32_t action)
{
	action &= SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static int check_one(const struct request *q, const char *file)
{
	struct compiled c = {.policy = NULL};
	char name[32];
	int r = compile(q, file, &c);

	if (r == 0) {
		uint32_t action = kafel_default(c.policy);
		const char *other = kafel_other_arch(c.policy);

		printf("%s: valid; %u instructions, at most %u of them for a call; by default "
		       "%s%s%s\n",
		       file, c.prog.len, bpf_longest(&c.prog),
		       kafel_action_name(action, name, sizeof(name)), other ? "; also for " : "",
		       other ?: "");
		if (q->opts.arch == AUDIT_ARCH_X86_64 && permits(action) &&
		    !kafel_refuses_x32(c.policy))
			printf("%s: note: DEFAULT %s also permits x32 calls, whatever the rules "
			       "say "
			       "of the same calls of x86_64; 'toastainer run' refuses them\n",
			       file, name);
	}
	arena_free(&c.arena);
	return r;
}

static int check(const struct request *q, char **files)
{
	int status = 0;

	if (!*files)
		return wrong_use("check needs a FILE", "");
	for (; *files; files++) {
		int r = check_one(q, *files);

		status = MAX(status, r);
	}
	return finish_output(status);
}

/* "0x1f", "5", "-1", "O_RDWR|O_CREAT" */
static bool parse_argument(const struct syscalls_arch *arch, const char *s, uint64_t *ret)
{
	int64_t negative;
	uint64_t v;

	if (str_u64(s, UINT64_MAX, ret) == 0)
		return true;
	if (str_i64(s, INT64_MIN, INT64_MAX, &negative) == 0) {
		*ret = (uint64_t)negative;
		return true;
	}
	*ret = 0;
	for (const char *end;; s = end + 1) {
		end = strchrnul(s, '|');
		if (!syscalls_constant(arch, s, (size_t)(end - s), &v))
			return false;
		*ret |= v;
		if (!*end)
			return true;
	}
}

static bool parse_call(const struct syscalls_arch *arch, const char *s, struct syscalls_call *ret)
{
	bool minus = s[0] == '-'; /* as in SYSCALL[-1] */
	uint32_t nr;

	if (syscalls_find(arch, s, strlen(s), ret))
		return true;
	if (str_u32(s + minus, &nr) < 0 || (minus && (!nr || nr > 0x80000000u)))
		return false;
	nr = minus ? -nr : nr;
	if (!syscalls_number(arch, nr, ret))
		*ret = (struct syscalls_call){.nr = nr};
	return true;
}

static void print_call(const struct syscalls_call *call, const struct seccomp_data *data, int given)
{
	unsigned n = MAX(call->n_args, (unsigned)given);

	if (call->name)
		printf("%s(", call->name);
	else
		printf("call %d(", (int)call->nr);
	for (unsigned i = 0; i < n; i++) {
		const char *name = i < call->n_args ? call->args[i].name : "";
		int len = i < call->n_args ? call->args[i].len : 0;
		const char *slash = memchr(name, '/', (size_t)len);

		printf("%s%.*s%s0x%llx", i ? ", " : "", slash ? (int)(slash - name) : len, name,
		       len ? " = " : "", (unsigned long long)data->args[i]);
	}
	printf(")");
}

static void print_rule(const struct kafel_decision *d)
{
	int len = 0;
	const char *reason = kafel_builtin_reason(&d->pos, &len);

	printf("  by %s:%u:%u: %s\n", d->pos.file, d->pos.line, d->pos.column, d->why);
	if (reason)
		printf("  because: %.*s\n", len, reason);
}

static int explain(const struct request *q, char **argv)
{
	struct compiled c = {.policy = NULL};
	struct seccomp_data data = {.arch = q->opts.arch};
	struct kafel_decision d;
	struct syscalls_call call;
	int given = 0, r;
	char name[32];
	unsigned steps;

	if (!argv[0] || !argv[1])
		return wrong_use("explain needs a FILE and a CALL", "");
	if (!parse_call(q->arch, argv[1], &call))
		return wrong_use("no such system call: ", argv[1]);
	for (; argv[2 + given]; given++) {
		uint64_t value;

		if (given == SYSCALLS_MAX_ARGS)
			return wrong_use("a call has at most six arguments: ", argv[2 + given]);
		if (!parse_argument(q->arch, argv[2 + given], &value))
			return wrong_use("neither a number nor a constant: ", argv[2 + given]);
		data.args[given] = value;
	}
	r = compile(q, argv[0], &c);
	if (r == 0) {
		data.nr = (int)call.nr;
		kafel_decide(c.policy, &data, &d);
		bpf_run(&c.prog, &data, &steps);
		print_call(&call, &data, given);
		printf(": %s\n", kafel_action_name(d.action, name, sizeof(name)));
		if (d.pos.line)
			print_rule(&d);
		else
			printf("  by default: %s\n", d.why);
		printf("  the filter executes %u instructions\n", steps);
	}
	arena_free(&c.arena);
	return finish_output(r);
}

static int dump(const struct request *q, char **argv)
{
	struct compiled c = {.policy = NULL};
	_cleanup_sbuf_ struct sbuf out = {0};
	int r;

	if (!argv[0] || argv[1])
		return wrong_use("dump needs one FILE", "");
	r = compile(q, argv[0], &c);
	if (r == 0 && q->raw)
		fwrite(c.prog.filter, sizeof(*c.prog.filter), c.prog.len, stdout);
	if (r == 0 && !q->raw) {
		bpf_print(&out, &c.prog);
		fputs(out.failed ? "" : out.s, stdout);
		r = out.failed ? EXIT_OURS : 0;
	}
	arena_free(&c.arena);
	return finish_output(r);
}

enum { OPT_ARCH = 256, OPT_RAW, OPT_X32 };

static const struct option options[] = {
	{"arch", required_argument, NULL, OPT_ARCH}, {"help", no_argument, NULL, 'h'},
	{"include", required_argument, NULL, 'I'},   {"raw", no_argument, NULL, OPT_RAW},
	{"refuse_x32", no_argument, NULL, OPT_X32},  {NULL, 0, NULL, 0},
};

/* Return: 0, or the exit status plus one after a message or the help. */
static int parse_options(int argc, char **argv, struct request *q)
{
	unsigned n_dirs = 0;
	int o;

	q->opts = (struct kafel_options){
		.arch = SYSCALLS_NATIVE_ARCH, .include_dirs = q->dirs, .builtins = kafel_builtins};
	optind = 1;
	while ((o = getopt_long(argc, argv, "+hI:", options, NULL)) != -1) {
		switch (o) {
		case 'h': fputs(help, stdout); return finish_output(0) + 1;
		case 'I':
			if (n_dirs == MAX_DIRS)
				return wrong_use("too many include directories: ", optarg) + 1;
			q->dirs[n_dirs++] = optarg;
			break;
		case OPT_ARCH:
			if (!syscalls_arch_named(optarg, strlen(optarg), &q->opts.arch) ||
			    !q->opts.arch)
				return wrong_use("no table for the architecture ", optarg) + 1;
			break;
		case OPT_RAW: q->raw = true; break;
		case OPT_X32: q->opts.refuse_x32 = true; break;
		default: return wrong_use("see above", "") + 1;
		}
	}
	q->arch = syscalls_arch(q->opts.arch);
	return 0;
}

int cmd_policy(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct request *q, char **argv);
	} verbs[] = {{"check", check}, {"explain", explain}, {"dump", dump}};
	struct request q = {.raw = false};
	int r;

	if (argc < 2)
		return wrong_use("check, explain or dump?", "");
	if (str_eq(argv[1], "-h") || str_eq(argv[1], "--help")) {
		fputs(help, stdout);
		return finish_output(0);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (!str_eq(argv[1], verbs[i].name))
			continue;
		r = parse_options(argc - 1, argv + 1, &q);
		return r ? r - 1 : verbs[i].run(&q, argv + 1 + optind);
	}
	return wrong_use("check, explain or dump, but not ", argv[1]);
}
