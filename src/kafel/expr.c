// SPDX-License-Identifier: BSD-3-Clause
/*
 * Expressions: building, folding, and evaluating them by definition. Called by the parser, the code
 * generator and kafel_decide(). Depth is bounded by EXPR_MAX_DEPTH, so recursion is too.
 *
 * Arguments that the kernel reads as 32 bits (an int, say) are compared without their upper half,
 * which is undefined in the caller's register. A comparison is one of 64 bits as soon as one of its
 * operands, after folding constants, holds a 64-bit argument or a number above 32 bits.
 */
#include "kafel/ast.h"

struct expr *expr_op(struct arena *a, enum expr_kind kind, struct expr *left, struct expr *right)
{
	struct expr *e = arena_alloc(a, sizeof(*e));

	if (e) {
		e->kind = kind;
		e->left = left;
		e->right = right;
		e->depth = (uint8_t)(MAX(left->depth, right ? right->depth : 0) + 1);
	}
	return e;
}

struct expr *expr_number(struct arena *a, uint64_t value)
{
	struct expr *e = arena_alloc(a, sizeof(*e));

	if (e) {
		e->kind = EXPR_NUMBER;
		e->number = value;
	}
	return e;
}

static bool compare(enum expr_kind kind, uint64_t l, uint64_t r)
{
	switch (kind) {
	case EXPR_GT: return l > r;
	case EXPR_LT: return l < r;
	case EXPR_GE: return l >= r;
	case EXPR_LE: return l <= r;
	case EXPR_EQ: return l == r;
	default: return l != r;
	}
}

static bool same_arg(const struct expr *l, const struct expr *r)
{
	return l->kind == EXPR_ARG && r->kind == EXPR_ARG && l->arg == r->arg;
}

static struct expr *truth(struct arena *a, bool value)
{
	struct expr *e = expr_number(a, 0);

	if (e)
		e->kind = value ? EXPR_TRUE : EXPR_FALSE;
	return e;
}

/* x & 0, x & ~0, x | 0, x | ~0. @l and @r are folded. */
static struct expr *fold_bits(struct arena *a, struct expr *e, struct expr *l, struct expr *r)
{
	uint64_t identity = e->kind == EXPR_BIT_AND ? UINT64_MAX : 0;

	if (l->kind == EXPR_NUMBER && r->kind == EXPR_NUMBER)
		return expr_number(a, e->kind == EXPR_BIT_AND ? l->number & r->number
							      : l->number | r->number);
	if (l->kind == EXPR_NUMBER) {
		struct expr *swap = l;

		l = r;
		r = swap;
	}
	if (r->kind == EXPR_NUMBER && r->number == identity)
		return l;
	if (r->kind == EXPR_NUMBER && r->number == ~identity)
		return r;
	return expr_op(a, e->kind, l, r);
}

static struct expr *fold_logic(struct arena *a, struct expr *e, struct expr *l, struct expr *r)
{
	enum expr_kind decides = e->kind == EXPR_AND ? EXPR_FALSE : EXPR_TRUE;

	if (l->kind == decides || r->kind == decides)
		return truth(a, decides == EXPR_TRUE);
	if (l->kind == EXPR_TRUE || l->kind == EXPR_FALSE)
		return r;
	if (r->kind == EXPR_TRUE || r->kind == EXPR_FALSE)
		return l;
	return expr_op(a, e->kind, l, r);
}

struct expr *expr_simplify(struct arena *a, struct expr *e)
{
	struct expr *l, *r;

	if (e->kind < EXPR_NOT)
		return e;
	l = expr_simplify(a, e->left);
	if (!l)
		return NULL;
	if (e->kind == EXPR_NOT) {
		if (l->kind == EXPR_TRUE || l->kind == EXPR_FALSE)
			return truth(a, l->kind == EXPR_FALSE);
		return expr_op(a, EXPR_NOT, l, NULL);
	}
	r = expr_simplify(a, e->right);
	if (!r)
		return NULL;
	if (e->kind == EXPR_BIT_AND || e->kind == EXPR_BIT_OR)
		return fold_bits(a, e, l, r);
	if (e->kind == EXPR_AND || e->kind == EXPR_OR)
		return fold_logic(a, e, l, r);
	if (l->kind == EXPR_NUMBER && r->kind == EXPR_NUMBER)
		return truth(a, compare(e->kind, l->number, r->number));
	if (same_arg(l, r))
		return truth(a, compare(e->kind, 0, 0));
	return expr_op(a, e->kind, l, r);
}

bool expr_wide(const struct expr *e)
{
	if (e->kind == EXPR_NUMBER)
		return e->number > UINT32_MAX;
	if (e->kind == EXPR_ARG)
		return e->wide;
	return expr_wide(e->left) || expr_wide(e->right);
}

/*
 * An operand's value, and what folding would make of it: a number (the same for every call), an
 * argument, or something else.
 */
struct value {
	uint64_t v;
	enum expr_kind kind; /* EXPR_NUMBER, EXPR_ARG, or an operator */
	uint8_t arg;
	bool wide;
};

static struct value evaluate(const struct expr *e, const uint64_t *args)
{
	uint64_t identity = e->kind == EXPR_BIT_AND ? UINT64_MAX : 0;
	struct value l, r, ret;

	if (e->kind == EXPR_NUMBER)
		return (struct value){e->number, e->kind, 0, e->number > UINT32_MAX};
	if (e->kind == EXPR_ARG)
		return (struct value){args[e->arg], e->kind, e->arg, e->wide};
	l = evaluate(e->left, args);
	r = evaluate(e->right, args);
	ret.v = e->kind == EXPR_BIT_AND ? l.v & r.v : l.v | r.v;
	ret.arg = 0;
	ret.kind = e->kind;
	ret.wide = l.wide || r.wide;
	if (l.kind == EXPR_NUMBER && r.kind == EXPR_NUMBER)
		return (struct value){ret.v, EXPR_NUMBER, 0, ret.v > UINT32_MAX};
	if (l.kind == EXPR_NUMBER && l.v == identity)
		return r;
	if (r.kind == EXPR_NUMBER && r.v == identity)
		return l;
	if ((l.kind == EXPR_NUMBER && l.v == ~identity) ||
	    (r.kind == EXPR_NUMBER && r.v == ~identity))
		return (struct value){~identity, EXPR_NUMBER, 0, ~identity > UINT32_MAX};
	return ret;
}

bool expr_eval(const struct expr *e, const uint64_t args[SYSCALLS_MAX_ARGS])
{
	struct value l, r;

	switch (e->kind) {
	case EXPR_NOT: return !expr_eval(e->left, args);
	case EXPR_AND: return expr_eval(e->left, args) && expr_eval(e->right, args);
	case EXPR_OR: return expr_eval(e->left, args) || expr_eval(e->right, args);
	default: break;
	}
	l = evaluate(e->left, args);
	r = evaluate(e->right, args);
	if (l.kind == EXPR_NUMBER && r.kind == EXPR_NUMBER)
		return compare(e->kind, l.v, r.v);
	if (!l.wide && !r.wide)
		return compare(e->kind, (uint32_t)l.v, (uint32_t)r.v);
	return compare(e->kind, l.v, r.v);
}
