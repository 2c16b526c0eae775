// SPDX-License-Identifier: BSD-3-Clause
/*
 * A call that a policy killed, in words and in JSON. Filled by the process that follows exits, told by
 * the modes and the result. Nothing fails: what does not fit is cut.
 */
#include "trace/trace.h"

static void cut(char *to, size_t size, struct sbuf *text)
{
	const char *s = text->s ? text->s : "";

	snprintf(to, size, "%s", s);
	if (strlen(s) >= size)
		memcpy(to + size - 4, "...", 4);
	sbuf_free(text);
}

void violation_fill(struct violation *v, const struct call *c, const struct kafel_decision *d,
		    const struct memory *m)
{
	struct sbuf text = {0};
	char name[24];

	*v = (struct violation){.nr = c->data.nr,
				.arch = c->data.arch,
				.ip = c->data.instruction_pointer,
				.n_args = decode_n_args(c),
				.action = d->action};
	for (unsigned i = 0; i < SYSCALLS_MAX_ARGS; i++)
		v->args[i] = c->data.args[i];
	snprintf(v->name, sizeof(v->name), "%s", decode_name(c, name, sizeof(name)));
	decode_text(c, m, &text);
	cut(v->call, sizeof(v->call), &text);
	for (unsigned i = 0; i < v->n_args; i++) {
		decode_arg(c, i, m, &text);
		cut(v->arg[i], sizeof(v->arg[i]), &text);
	}
	if (d->pos.line)
		sbuf_printf(&text, "%s:%u:%u", d->pos.file, d->pos.line, d->pos.column);
	else
		sbuf_puts(&text, d->why);
	cut(v->rule, sizeof(v->rule), &text);
}

static const char *arch_name(uint32_t audit)
{
	const struct syscalls_arch *arch = syscalls_arch(audit);

	return arch ? arch->name : "unknown";
}

bool violation_ends_all(uint32_t action)
{
	return (action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_KILL_THREAD;
}

void violation_text(const struct violation *v, struct sbuf *out)
{
	char action[32];

	sbuf_printf(out, "seccomp: %s; pid %d, ip 0x%llx", v->call, v->pid,
		    (unsigned long long)v->ip);
	if (v->arch != SYSCALLS_NATIVE_ARCH)
		sbuf_printf(out, ", %s", arch_name(v->arch));
	sbuf_printf(out, "; %s %s", v->rule, kafel_action_name(v->action, action, sizeof(action)));
}

void violation_json(const struct violation *v, struct sbuf *out)
{
	char action[32];

	sbuf_puts(out, "{\"syscall\":");
	sbuf_json(out, v->name);
	sbuf_printf(out, ",\"nr\":%d,\"arch\":\"%s\",\"call\":", v->nr, arch_name(v->arch));
	sbuf_json(out, v->call);
	sbuf_puts(out, ",\"args\":[");
	for (unsigned i = 0; i < v->n_args; i++) {
		sbuf_puts(out, i ? "," : "");
		sbuf_json(out, v->arg[i]);
	}
	sbuf_puts(out, "],\"raw_args\":[");
	for (unsigned i = 0; i < SYSCALLS_MAX_ARGS; i++)
		sbuf_printf(out, "%s\"0x%llx\"", i ? "," : "", (unsigned long long)v->args[i]);
	sbuf_printf(out, "],\"pid\":%d,\"ip\":\"0x%llx\",\"program\":%s,\"policy_line\":", v->pid,
		    (unsigned long long)v->ip, v->program ? "true" : "false");
	sbuf_json(out, v->rule);
	sbuf_printf(out, ",\"action\":\"%s\",\"certain\":%s}",
		    kafel_action_name(v->action, action, sizeof(action)),
		    v->certain ? "true" : "false");
}
