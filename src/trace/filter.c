// SPDX-License-Identifier: BSD-3-Clause
/*
 * One filter out of three parts: the handing over of the listener, the policy with some of its returns
 * replaced, and the calls that tracing watches. Called when a plan is made. One filter, because the
 * kernel takes the strictest answer of several, and would take a question (USER_NOTIF) over a TRACE or
 * LOG of the policy.
 */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "kafel/bpf.h"
#include "kafel/kafel.h"
#include "trace/decode.h"
#include "trace/filter.h"

#define LOW(i)	((uint32_t)(offsetof(struct seccomp_data, args) + (i)*8))
#define HIGH(i) (LOW(i) + 4)
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "where the halves of an argument are");

#define LOAD(where)	  ((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, where))
#define EQUAL(k, yes, no) ((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, yes, no))
#define JUMP(k)		  ((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, k))
#define RETURN(k)	  ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, k))

#if defined(__x86_64__)
#define SECOND_ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define SECOND_ARCH AUDIT_ARCH_ARM
#else
#define SECOND_ARCH 0
#endif

/* Enough for the parts that are not a policy. */
enum { HAND_OVER = 9, GLUE = 5 };

bool filter_permits(uint32_t action)
{
	action &= SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* watched() - a filter that asks about what tracing watches, for one architecture. */
static int watched(uint32_t audit, struct arena *a, struct sock_fprog *ret, struct err *err)
{
	const struct kafel_options opts = {.arch = audit};
	const struct syscalls_arch *arch = syscalls_arch(audit);
	_cleanup_sbuf_ struct sbuf text = {0};
	const struct call_spec *specs;
	unsigned n;

	sbuf_puts(&text, "USER_NOTIF {");
	specs = decode_specs(&n);
	for (unsigned i = 0; i < n; i++) {
		struct syscalls_call call;

		if (specs[i].touches != TOUCHES_NOTHING &&
		    syscalls_find(arch, specs[i].name, strlen(specs[i].name), &call) &&
		    str_eq(call.name, specs[i].name))
			sbuf_printf(&text, " %s,", specs[i].name);
	}
	if (text.failed)
		return err_oom(err);
	text.s[text.n - 1] = '}'; /* instead of the last comma */
	sbuf_puts(&text, " DEFAULT ALLOW");
	if (text.failed)
		return err_oom(err);
	return kafel_compile(&opts, text.s, text.n, "traced calls", a, ret, err);
}

static unsigned put(struct sock_filter *to, unsigned n, const struct sock_fprog *part)
{
	if (part->len)
		memcpy(to + n, part->filter, part->len * sizeof(*to));
	return n + part->len;
}

/* sendmsg(2) with the cookie: the child gives the listener away before it runs anything foreign. */
static unsigned put_hand_over(struct sock_filter *f, uint64_t cookie)
{
	const struct sock_filter part[HAND_OVER] = {
		LOAD(offsetof(struct seccomp_data, nr)),
		EQUAL(SYS_sendmsg, 0, 7),
		LOAD(offsetof(struct seccomp_data, arch)),
		EQUAL(SYSCALLS_NATIVE_ARCH, 0, 5),
		LOAD(LOW(5)),
		EQUAL((uint32_t)cookie, 0, 3),
		LOAD(HIGH(5)),
		EQUAL((uint32_t)(cookie >> 32), 0, 1),
		RETURN(SECCOMP_RET_ALLOW),
	};

	memcpy(f, part, sizeof(part));
	return ARRAY_SIZE(part);
}

/* replace() - the policy's returns: refusals become questions, permissions lead to what follows. */
static int replace(const struct filter_wish *wish, struct sock_filter *f, unsigned n,
		   struct err *err)
{
	for (unsigned i = 0; i < n; i++) {
		uint32_t action = f[i].k & SECCOMP_RET_ACTION_FULL;

		if (BPF_CLASS(f[i].code) != BPF_RET)
			continue;
		if (wish->audit && !filter_permits(action)) {
			f[i] = RETURN(SECCOMP_RET_USER_NOTIF);
		} else if (action == SECCOMP_RET_USER_NOTIF) {
			err_set(err, EINVAL,
				"the seccomp policy uses USER_NOTIF, and so does seccomp_unotify");
			return err_hint(err, "a process can have one listener only: leave out one");
		} else if (wish->files && action == SECCOMP_RET_ALLOW) {
			f[i] = JUMP(n - i - 1);
		}
	}
	return 0;
}

/* put_watched() - what the policy permits: to the part of its architecture, if it has one. */
static unsigned put_watched(struct sock_filter *f, unsigned n, const struct sock_fprog *native,
			    const struct sock_fprog *second)
{
	const struct sock_filter glue[GLUE] = {
		LOAD(offsetof(struct seccomp_data, arch)),
		EQUAL(SYSCALLS_NATIVE_ARCH, 3, 0),
		EQUAL(SECOND_ARCH, 0, second->len ? 1 : 0),
		second->len ? JUMP(native->len + 1U) : RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_ALLOW),
	};

	memcpy(f + n, glue, sizeof(glue));
	n = put(f, n + GLUE, native);
	return put(f, n, second);
}

int filter_build(const struct filter_wish *wish, const struct sock_fprog *policy, struct arena *a,
		 struct sock_fprog *ret, struct err *err)
{
	static const struct sock_fprog none;
	struct sock_fprog native = none, second = none;
	unsigned n_policy = policy ? policy->len : 0, total, n;
	struct sock_filter *f;
	int r = 0;

	if (wish->files)
		r = watched(SYSCALLS_NATIVE_ARCH, a, &native, err);
	if (r >= 0 && wish->files && SECOND_ARCH != 0)
		r = watched(SECOND_ARCH, a, &second, err);
	if (r < 0)
		return err_wrap(err, "tracing");
	total = HAND_OVER + n_policy + (wish->files ? GLUE : 0U) + native.len + second.len;
	if (total > KAFEL_MAX_INSNS)
		return err_set(err, E2BIG,
			       "seccomp policy: with tracing its filter has %u instructions, the "
			       "kernel takes %d",
			       total, KAFEL_MAX_INSNS);
	f = arena_alloc(a, total * sizeof(*f));
	if (!f)
		return err_oom(err);
	n = put_hand_over(f, wish->cookie);
	put(f, n, policy ? policy : &none);
	r = replace(wish, f + n, n_policy, err);
	if (r < 0)
		return r;
	n += n_policy;
	if (wish->files)
		n = put_watched(f, n, &native, &second);
	assert(n == total);
	*ret = (struct sock_fprog){(unsigned short)n, f};
	return bpf_check(ret, err);
}
