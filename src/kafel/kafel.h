/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Kafel language: text of a seccomp policy to a BPF filter, and what a policy says of a call.
 * docs/kafel.md describes the language.
 */
#ifndef TOASTAINER_KAFEL_KAFEL_H
#define TOASTAINER_KAFEL_KAFEL_H

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/err.h"
#include "base/mem.h"

/* The kernel takes no longer filter (linux/bpf_common.h). */
#define KAFEL_MAX_INSNS 4096

/* struct kafel_pos - a place in a policy; @line 0 is none. */
struct kafel_pos {
	const char *file;
	uint32_t line, column;
};

/*
 * struct kafel_builtin - text with a POLICY of this name, parsed when a policy says USE name.
 * It is one text for all architectures: calls that only others have are passed over. Its DEFAULT counts
 * where the policy that uses it has none. A policy that uses one refuses x32 calls.
 */
struct kafel_builtin {
	const char *name, *text;
};

/* The policies of src/kafel/builtin; the last has no name. */
extern const struct kafel_builtin kafel_builtins[];

/**
 * kafel_ready() - the filter of a text that says USE of a built-in policy and nothing else: made beforehand
 * (tools/gen-docs.py), to spare each launch the compiling.
 * Return: false when the text says anything else.
 */
bool kafel_ready(const char *text, size_t n, struct sock_fprog *ret);

/** kafel_builtin_named() - one of kafel_builtins. Return: NULL when there is none. */
const struct kafel_builtin *kafel_builtin_named(const char *name);

/**
 * kafel_builtin_reason() - why a rule of a built-in policy is there: the comment of its line.
 * @ret_len: its length
 * Return: NULL when @pos is not in a built-in policy or the line has none.
 */
const char *kafel_builtin_reason(const struct kafel_pos *pos, int *ret_len);

/* struct kafel_options - zero-initialised is: native, no includes, no built-in policies. */
struct kafel_options {
	uint32_t arch;			      /* AUDIT_ARCH_*; 0: the one this was built for */
	const char *const *include_dirs;      /* up to a NULL; NULL: #include is an error */
	const struct kafel_builtin *builtins; /* up to one without a name; NULL: none */
	/*
	 * x86_64 only. false: numbers with the x32 bit are numbers like others, as in Kafel.
	 * true: they are killed like calls of another architecture, unless a rule names one.
	 */
	bool refuse_x32;
};

struct kafel_policy;

/* struct kafel_decision - what a policy does with a call. */
struct kafel_decision {
	uint32_t action;      /* SECCOMP_RET_* and its value */
	struct kafel_pos pos; /* the rule, or DEFAULT; line 0: no DEFAULT, or the architecture */
	const char *why;      /* the call as the rule names it, or "DEFAULT" and the like */
};

/**
 * kafel_parse() - read a policy and check it completely.
 * @text: @n bytes; need not stay
 * @name: of the file, for messages: "NAME:LINE:COL: ..."
 * @a: owns the result
 * Return: 0, -EINVAL for a mistake in the policy, -ENOMEM, or an errno of reading an include.
 */
int kafel_parse(const struct kafel_options *opts, const char *text, size_t n, const char *name,
		struct arena *a, struct kafel_policy **ret, struct err *err);

/**
 * kafel_generate() - the filter of a policy; always one that the kernel accepts.
 * @ret: its instructions are in @a
 * Return: 0, -E2BIG when it would be longer than KAFEL_MAX_INSNS, -EINVAL, -ENOMEM.
 */
int kafel_generate(const struct kafel_policy *policy, struct arena *a, struct sock_fprog *ret,
		   struct err *err);

/** kafel_compile() - kafel_parse() and kafel_generate(). */
int kafel_compile(const struct kafel_options *opts, const char *text, size_t n, const char *name,
		  struct arena *a, struct sock_fprog *ret, struct err *err);

/** kafel_decide() - what the policy says of a call, and which line of it says so. */
void kafel_decide(const struct kafel_policy *policy, const struct seccomp_data *data,
		  struct kafel_decision *ret);

/** kafel_default() - the default action of a policy. */
uint32_t kafel_default(const struct kafel_policy *policy);

/** kafel_refuses_x32() - whether x32 calls that no rule names are killed. */
bool kafel_refuses_x32(const struct kafel_policy *policy);

/** kafel_other_arch() - the name of the second architecture that the policy covers, or NULL. */
const char *kafel_other_arch(const struct kafel_policy *policy);

/** kafel_action_name() - "ERRNO(13)" and the like, into @buf of @n bytes. Return: @buf. */
const char *kafel_action_name(uint32_t action, char *buf, size_t n);

#endif
