// SPDX-License-Identifier: BSD-3-Clause
/*
 * The face of the compiler. Called by who installs filters and by `toastainer policy`.
 */
#include "kafel/ast.h"
#include "kafel/bpf.h"

/* parse() - the text for one architecture. @text and @name stay. */
static int parse(const struct kafel_options *opts, uint32_t audit, const char *text, size_t n,
		 const char *name, struct arena *a, struct kafel_policy **ret, struct err *err)
{
	struct kafel_policy *policy = arena_alloc(a, sizeof(*policy));
	int r;

	if (!policy)
		return err_oom(err);
	policy->arch = syscalls_arch(audit);
	policy->refuse_x32 = opts->refuse_x32 && audit == AUDIT_ARCH_X86_64;
	if (!policy->arch)
		return err_set(err, EINVAL, "no system-call table for architecture 0x%x", audit);
	r = parser_run(opts, text, n, name, a, policy, err);
	if (r == 0)
		*ret = policy;
	return r;
}

int kafel_parse(const struct kafel_options *opts, const char *text, size_t n, const char *name,
		struct arena *a, struct kafel_policy **ret, struct err *err)
{
	uint32_t audit = opts->arch ? opts->arch : SYSCALLS_NATIVE_ARCH;
	char *copy = arena_dup(a, text, n);
	struct kafel_policy *policy = NULL;
	int r;

	name = arena_strdup(a, name);
	if (!copy || !name)
		return err_oom(err);
	r = parse(opts, audit, copy, n, name, a, &policy, err);
	if (r == 0 && policy->wants_other) {
		r = parse(opts, syscalls_other_arch(audit), copy, n, name, a, &policy->other, err);
		if (r < 0 && r != -ENOMEM && err) {
			size_t at = strlen(err->msg);

			snprintf(err->msg + at, sizeof(err->msg) - at,
				 " (for %s, which ARCH names)",
				 syscalls_arch(syscalls_other_arch(audit))->name);
		}
	}
	if (r == 0)
		*ret = policy;
	return r;
}

int kafel_generate(const struct kafel_policy *policy, struct arena *a, struct sock_fprog *ret,
		   struct err *err)
{
	struct sock_fprog prog = {0};
	int r = codegen_run(policy, a, &prog, err);

	if (r == 0)
		r = bpf_check(&prog, err);
	if (r == 0)
		*ret = prog;
	return r;
}

int kafel_compile(const struct kafel_options *opts, const char *text, size_t n, const char *name,
		  struct arena *a, struct sock_fprog *ret, struct err *err)
{
	struct kafel_policy *policy = NULL;
	int r = kafel_parse(opts, text, n, name, a, &policy, err);

	return r < 0 ? r : kafel_generate(policy, a, ret, err);
}

uint32_t kafel_default(const struct kafel_policy *policy)
{
	return policy->default_action;
}

bool kafel_refuses_x32(const struct kafel_policy *policy)
{
	return policy->refuse_x32;
}

const char *kafel_other_arch(const struct kafel_policy *policy)
{
	return policy->other ? policy->other->arch->name : NULL;
}

static bool is_x32(uint32_t nr)
{
	/* Not the negative numbers that a tracer sets to skip a call. */
	return (nr & SYSCALLS_X32_BIT) && nr < 0x80000000u;
}

void kafel_decide(const struct kafel_policy *policy, const struct seccomp_data *data,
		  struct kafel_decision *ret)
{
	uint32_t nr = (uint32_t)data->nr;
	uint64_t args[SYSCALLS_MAX_ARGS];
	bool x32_covered;

	for (unsigned i = 0; i < SYSCALLS_MAX_ARGS; i++)
		args[i] = data->args[i];
	while (policy && data->arch != policy->arch->audit)
		policy = policy->other;
	if (!policy) {
		*ret = (struct kafel_decision){
			SECCOMP_RET_KILL_THREAD, {0}, "another architecture"};
		return;
	}
	x32_covered = !policy->refuse_x32;
	for (uint32_t i = 0; i < policy->n_rules; i++) {
		const struct rule *rule = &policy->rules[i];

		x32_covered = x32_covered || is_x32(rule->nr);
		if (rule->nr == nr && (!rule->cond || expr_eval(rule->cond, args))) {
			*ret = (struct kafel_decision){rule->action, rule->pos, rule->call};
			return;
		}
	}
	if (is_x32(nr) && !x32_covered)
		*ret = (struct kafel_decision){SECCOMP_RET_KILL_THREAD, {0}, "an x32 call"};
	else
		*ret = (struct kafel_decision){policy->default_action, policy->default_pos,
					       policy->default_pos.line ? "DEFAULT"
									: "no rule matches"};
}

const char *kafel_action_name(uint32_t action, char *buf, size_t n)
{
	unsigned data = action & SECCOMP_RET_DATA;
	const char *name;

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS: name = "KILL_PROCESS"; break;
	case SECCOMP_RET_KILL_THREAD: name = "KILL"; break;
	case SECCOMP_RET_TRAP: snprintf(buf, n, "TRAP(%u)", data); return buf;
	case SECCOMP_RET_ERRNO: snprintf(buf, n, "ERRNO(%u)", data); return buf;
	case SECCOMP_RET_USER_NOTIF: name = "USER_NOTIF"; break;
	case SECCOMP_RET_TRACE: snprintf(buf, n, "TRACE(%u)", data); return buf;
	case SECCOMP_RET_LOG: name = "LOG"; break;
	case SECCOMP_RET_ALLOW: name = "ALLOW"; break;
	default: snprintf(buf, n, "0x%08x", action); return buf;
	}
	snprintf(buf, n, "%s", name);
	return buf;
}
