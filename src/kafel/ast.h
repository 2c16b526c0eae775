/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy after parsing: names are resolved for one architecture, USE is not yet followed.
 */
#ifndef TOASTAINER_KAFEL_AST_H
#define TOASTAINER_KAFEL_AST_H

#include "base/err.h"
#include "base/mem.h"
#include "kafel/kafel.h"
#include "kafel/syscalls.h"

#define EXPR_MAX_DEPTH 200

/* The order is used: leaves before operators, a number first (expr_simplify()). */
enum expr_kind {
	EXPR_NUMBER,
	EXPR_ARG,
	EXPR_TRUE,
	EXPR_FALSE,
	EXPR_NOT,
	EXPR_AND,
	EXPR_OR,
	EXPR_GT,
	EXPR_LT,
	EXPR_GE,
	EXPR_LE,
	EXPR_EQ,
	EXPR_NE,
	EXPR_BIT_OR,
	EXPR_BIT_AND,
};

/* struct expr - a node of an expression. The child of EXPR_NOT is @left. */
struct expr {
	enum expr_kind kind;
	uint8_t depth; /* 0 for a leaf */
	uint8_t arg;   /* EXPR_ARG: 0 to 5 */
	bool wide;     /* EXPR_ARG: all 64 bits count */
	union {
		uint64_t number;
		struct {
			struct expr *left, *right;
		};
	};
};

static inline bool expr_is_bool(const struct expr *e)
{
	assert(e);
	return e->kind != EXPR_NUMBER && e->kind < EXPR_BIT_OR && e->kind != EXPR_ARG;
}

/* struct rule - an action for a system call, when @cond (NULL: always) is true. */
struct rule {
	uint32_t nr, action;
	struct expr *cond;
	struct kafel_pos pos;
	const char *call; /* as the policy wrote it */
};

/* struct stmt - one rule, or everything of another policy. */
struct stmt {
	struct block *use; /* or NULL */
	struct rule rule;
};

/* struct block - a POLICY, or the statements outside of any. */
struct block {
	struct stmt *stmts;
	uint32_t n, cap;
	bool used;
	/* Of a built-in policy only: the DEFAULT for a policy that has none. */
	bool builtin;
	uint32_t default_action;
	struct kafel_pos default_pos; /* line 0: it has none either */
};

/* struct kafel_policy - what kafel_parse() makes: the rules that apply, in order. */
struct kafel_policy {
	const struct syscalls_arch *arch;
	struct rule *rules;
	uint32_t n_rules;
	uint32_t default_action;
	struct kafel_pos default_pos; /* line 0: no DEFAULT */
	bool refuse_x32;
	bool wants_other; /* an ARCH statement names the other architecture of this machine */
	struct kafel_policy *other; /* the same text for that one; NULL: its calls are killed */
};

/**
 * parser_run() - text to rules with names resolved.
 * @ret: allocated by the caller in @a
 */
int parser_run(const struct kafel_options *opts, const char *text, size_t n, const char *name,
	       struct arena *a, struct kafel_policy *ret, struct err *err);

/**
 * flatten_run() - fill in the rules of @policy, and the DEFAULT of a built-in policy where it has none.
 * @top: the statements outside of any POLICY
 */
int flatten_run(struct block *top, struct arena *a, struct kafel_policy *policy, struct err *err);

/** expr_op() - a node with two children (or one). Return: NULL without memory. */
struct expr *expr_op(struct arena *a, enum expr_kind kind, struct expr *left, struct expr *right);

/** expr_number() - a leaf. Return: NULL without memory. */
struct expr *expr_number(struct arena *a, uint64_t value);

/**
 * expr_simplify() - a smaller expression with the same meaning; the original is not changed.
 * What it folds is part of the language: whether a comparison looks at 64 bits depends on it.
 * Return: NULL without memory.
 */
struct expr *expr_simplify(struct arena *a, struct expr *e);

/** expr_wide() - whether a simplified operand makes its comparison one of 64 bits. */
bool expr_wide(const struct expr *e);

/** expr_eval() - what an expression says of a call, straight from its definition. */
bool expr_eval(const struct expr *e, const uint64_t args[SYSCALLS_MAX_ARGS]);

/**
 * codegen_run() - the filter of a policy.
 * @ret: instructions in @a
 */
int codegen_run(const struct kafel_policy *policy, struct arena *a, struct sock_fprog *ret,
		struct err *err);

#endif
