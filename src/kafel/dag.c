// SPDX-License-Identifier: BSD-3-Clause
/*
 * Builds the graph of a policy: values, tests, expressions. Called by the code generator. Fails
 * without memory and when the graph gets absurdly large; the failure is kept in struct dag, so that
 * the functions here need no error paths.
 */
#include "kafel/dag.h"

static const uint32_t all_ones = UINT32_MAX;

static struct node *fail(struct dag *d, int code)
{
	if (!d->failed && code == ENOMEM)
		d->failed = err_oom(d->err);
	else if (!d->failed)
		d->failed = err_set(d->err, E2BIG,
				    "the policy is too large: its filter would not fit into %d "
				    "instructions",
				    KAFEL_MAX_INSNS);
	return d->dead_end;
}

int dag_init(struct dag *d, struct arena *a, struct err *err)
{
	d->arena = a;
	d->err = err;
	d->dead_end = arena_alloc(a, sizeof(*d->dead_end));
	d->node_buckets = d->val_buckets = 64;
	d->node_table = arena_alloc(a, d->node_buckets * sizeof(struct node *));
	d->val_table = arena_alloc(a, d->val_buckets * sizeof(struct val *));
	return d->dead_end && d->node_table && d->val_table ? 0 : err_oom(err);
}

/* --- values ----------------------------------------------------------------------------------- */

static uint32_t mix(uint32_t h, uintptr_t v)
{
	h = (h ^ (uint32_t)v ^ (uint32_t)((uint64_t)v >> 32)) * 0x9e3779b1u;
	return h ^ h >> 15;
}

static const struct val no_val = {.kind = VAL_CONST};

static struct val **val_bucket(struct dag *d, const struct val *v)
{
	uint32_t h = mix(mix(mix(v->kind, v->k), (uintptr_t)v->l), (uintptr_t)v->r);

	return &d->val_table[h & (d->val_buckets - 1)];
}

/* Four times the buckets once the chains get long. Without memory they just stay long. */
static void grow_vals(struct dag *d)
{
	struct val **old = d->val_table;
	uint32_t n = d->val_buckets;
	struct val **table = arena_alloc(d->arena, 4 * (size_t)n * sizeof(struct val *));

	if (!table)
		return;
	d->val_table = table;
	d->val_buckets = 4 * n;
	for (uint32_t i = 0; i < n; i++) {
		for (struct val *v = old[i], *next; v; v = next) {
			struct val **head = val_bucket(d, v);

			next = v->next;
			v->next = *head;
			*head = v;
		}
	}
}

static const struct val *intern_val(struct dag *d, const struct val *want)
{
	struct val **head = val_bucket(d, want);
	struct val *v;

	for (v = *head; v; v = v->next)
		if (v->kind == want->kind && v->k == want->k && v->l == want->l && v->r == want->r)
			return v;
	v = arena_alloc(d->arena, sizeof(*v));
	if (!v) {
		fail(d, ENOMEM);
		/* only looked at, never kept: the failure ends the compilation */
		return &no_val;
	}
	*v = *want;
	v->next = *head;
	*head = v;
	if (++d->n_vals > 2 * d->val_buckets)
		grow_vals(d);
	return v;
}

const struct val *dag_const(struct dag *d, uint32_t k)
{
	return intern_val(d, &(struct val){.kind = VAL_CONST, .k = k, .min = k, .max = k});
}

const struct val *dag_word(struct dag *d, uint32_t offset)
{
	return intern_val(d, &(struct val){.kind = VAL_WORD, .k = offset, .max = all_ones});
}

/* All bits up to the highest one of @v. */
static uint32_t fill(uint32_t v)
{
	for (unsigned s = 1; s < 32; s *= 2)
		v |= v >> s;
	return v;
}

static const struct val *bits(struct dag *d, enum val_kind kind, const struct val *l,
			      const struct val *r)
{
	uint32_t identity = kind == VAL_AND ? all_ones : 0;
	struct val v = {.kind = kind};

	if (d->failed)
		return l;
	if (l->kind == VAL_CONST) {
		const struct val *swap = l;

		l = r;
		r = swap;
	}
	if (l->kind == VAL_CONST)
		return dag_const(d, kind == VAL_AND ? l->k & r->k : l->k | r->k);
	if (r->kind == VAL_CONST && r->k == identity)
		return l;
	if (r->kind == VAL_CONST && r->k == (uint32_t)~identity)
		return r;
	if (r->kind == VAL_CONST && l->kind == kind && l->r->kind == VAL_CONST)
		return bits(d, kind, l->l, bits(d, kind, l->r, r));
	if (l == r)
		return l;
	v.l = l;
	v.r = r;
	v.max = kind == VAL_AND ? MIN(l->max, r->max) : fill(l->max | r->max);
	v.min = kind == VAL_OR ? MAX(l->min, r->min) : 0;
	return intern_val(d, &v);
}

/* One half of an operand. @word: 0 low, 1 high. */
static const struct val *operand(struct dag *d, const struct expr *e, unsigned word)
{
	if (e->kind == EXPR_NUMBER)
		return dag_const(d, (uint32_t)(word ? e->number >> 32 : e->number));
	if (e->kind == EXPR_ARG) {
		size_t offset = offsetof(struct seccomp_data, args) + 8u * e->arg + 4 * word;

		/* The data is native; all machines here are little-endian. */
		static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "low half first");
		return dag_word(d, (uint32_t)offset);
	}
	return bits(d, e->kind == EXPR_BIT_AND ? VAL_AND : VAL_OR, operand(d, e->left, word),
		    operand(d, e->right, word));
}

/* --- nodes ------------------------------------------------------------------------------------ */

static struct node **node_bucket(struct dag *d, const struct node *n)
{
	uint32_t h = mix(mix(mix(n->op, n->ret), (uintptr_t)n->a), (uintptr_t)n->b);

	h = mix(mix(h, (uintptr_t)n->to[0]), (uintptr_t)n->to[1]);
	return &d->node_table[h & (d->node_buckets - 1)];
}

static void grow_nodes(struct dag *d)
{
	uint32_t buckets = 4 * d->node_buckets;
	struct node **table = arena_alloc(d->arena, buckets * sizeof(struct node *));

	if (!table)
		return;
	d->node_table = table;
	d->node_buckets = buckets;
	for (uint32_t i = 0; i < d->n_nodes; i++) {
		struct node **head = node_bucket(d, d->nodes[i]);

		d->nodes[i]->next = *head;
		*head = d->nodes[i];
	}
}

static struct node *intern_node(struct dag *d, const struct node *want)
{
	struct node **head, *n;

	if (d->failed)
		return d->dead_end;
	head = node_bucket(d, want);
	for (n = *head; n; n = n->next)
		if (n->op == want->op && n->ret == want->ret && n->a == want->a &&
		    n->b == want->b && n->to[0] == want->to[0] && n->to[1] == want->to[1])
			return n;
	if (d->n_nodes == DAG_MAX_NODES)
		return fail(d, E2BIG);
	n = arena_alloc(d->arena, sizeof(*n));
	d->nodes = arena_grow(d->arena, d->nodes, d->n_nodes, &d->cap_nodes, sizeof(struct node *));
	if (!n || !d->nodes)
		return fail(d, ENOMEM);
	*n = *want;
	n->id = d->n_nodes;
	n->next = *head;
	*head = n;
	d->nodes[d->n_nodes++] = n;
	if (d->n_nodes > 2 * d->node_buckets)
		grow_nodes(d);
	return n;
}

struct node *dag_ret(struct dag *d, uint32_t action)
{
	return intern_node(d, &(struct node){.ret = action});
}

static struct node *test(struct dag *d, uint16_t op, const struct val *a, const struct val *b,
			 struct node *t, struct node *f)
{
	return t == f ? t : intern_node(d, &(struct node){.op = op, .a = a, .b = b, .to = {f, t}});
}

static struct node *test_set(struct dag *d, const struct val *a, uint32_t k, struct node *t,
			     struct node *f)
{
	if (a->kind == VAL_CONST)
		return a->k & k ? t : f;
	if (a->kind == VAL_AND && a->r->kind == VAL_CONST) {
		k &= a->r->k;
		a = a->l;
	}
	if (k == 0)
		return f;
	if (k == all_ones)
		return dag_test(d, BPF_JEQ, a, dag_const(d, 0), f, t);
	return test(d, BPF_JSET, a, dag_const(d, k), t, f);
}

static struct node *test_equal(struct dag *d, const struct val *a, uint32_t k, struct node *t,
			       struct node *f)
{
	if (k < a->min || k > a->max)
		return f;
	if (a->kind == VAL_CONST)
		return t;
	if (a->kind == VAL_AND && a->r->kind == VAL_CONST) {
		uint32_t mask = a->r->k;

		if (k & ~mask)
			return f;
		if (k == 0)
			return test_set(d, a->l, mask, f, t);
		if ((mask & (mask - 1)) == 0)
			return test_set(d, a->l, mask, t, f);
	}
	if (a->kind == VAL_OR && a->r->kind == VAL_CONST) {
		uint32_t set = a->r->k;

		if ((k & set) != set)
			return f;
		return dag_test(d, BPF_JEQ, bits(d, VAL_AND, a->l, dag_const(d, ~set)),
				dag_const(d, k & ~set), t, f);
	}
	return test(d, BPF_JEQ, a, dag_const(d, k), t, f);
}

static struct node *test_at_least(struct dag *d, const struct val *a, uint32_t k, struct node *t,
				  struct node *f)
{
	if (k <= a->min)
		return t;
	if (k > a->max)
		return f;
	if (k == 1)
		return test_equal(d, a, 0, f, t);
	if (k == all_ones)
		return test_equal(d, a, k, t, f);
	return test(d, BPF_JGE, a, dag_const(d, k), t, f);
}

struct node *dag_test(struct dag *d, uint16_t op, const struct val *a, const struct val *b,
		      struct node *t, struct node *f)
{
	if (d->failed)
		return d->dead_end;
	if (t == f)
		return t;
	if (a->kind == VAL_CONST && b->kind != VAL_CONST) {
		/* a > b is !(b >= a), a >= b is !(b > a). */
		if (op == BPF_JGT)
			return dag_test(d, BPF_JGE, b, a, f, t);
		if (op == BPF_JGE)
			return dag_test(d, BPF_JGT, b, a, f, t);
		return dag_test(d, op, b, a, t, f);
	}
	if (a == b)
		return op == BPF_JGT ? f : t;
	if (b->kind != VAL_CONST)
		return test(d, op, a, b, t, f);
	switch (op) {
	case BPF_JEQ: return test_equal(d, a, b->k, t, f);
	case BPF_JSET: return test_set(d, a, b->k, t, f);
	case BPF_JGE: return test_at_least(d, a, b->k, t, f);
	default: return b->k == all_ones ? f : test_at_least(d, a, b->k + 1, t, f);
	}
}

/* --- expressions ------------------------------------------------------------------------------ */

/* @op is BPF_JEQ, BPF_JGT or BPF_JGE. */
static struct node *compare(struct dag *d, uint16_t op, const struct expr *e, struct node *t,
			    struct node *f)
{
	const struct val *al = operand(d, e->left, 0), *bl = operand(d, e->right, 0);
	const struct val *ah, *bh;
	struct node *low;

	low = dag_test(d, op, al, bl, t, f);
	if (!expr_wide(e->left) && !expr_wide(e->right))
		return low;
	ah = operand(d, e->left, 1);
	bh = operand(d, e->right, 1);
	if (op == BPF_JEQ) /* The lower half first: it differs more often. */
		return dag_test(d, BPF_JEQ, al, bl, dag_test(d, BPF_JEQ, ah, bh, t, f), f);
	if (low == t)
		return dag_test(d, BPF_JGE, ah, bh, t, f);
	if (low == f)
		return dag_test(d, BPF_JGT, ah, bh, t, f);
	return dag_test(d, BPF_JEQ, ah, bh, low, dag_test(d, BPF_JGT, ah, bh, t, f));
}

struct node *dag_expr(struct dag *d, const struct expr *e, struct node *t, struct node *f)
{
	switch (e->kind) {
	case EXPR_TRUE: return t;
	case EXPR_FALSE: return f;
	case EXPR_NOT: return dag_expr(d, e->left, f, t);
	case EXPR_AND: return dag_expr(d, e->left, dag_expr(d, e->right, t, f), f);
	case EXPR_OR: return dag_expr(d, e->left, t, dag_expr(d, e->right, t, f));
	case EXPR_EQ: return compare(d, BPF_JEQ, e, t, f);
	case EXPR_NE: return compare(d, BPF_JEQ, e, f, t);
	case EXPR_GT: return compare(d, BPF_JGT, e, t, f);
	case EXPR_GE: return compare(d, BPF_JGE, e, t, f);
	case EXPR_LT: return compare(d, BPF_JGE, e, f, t);
	default: return compare(d, BPF_JGT, e, f, t);
	}
}
