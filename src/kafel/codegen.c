// SPDX-License-Identifier: BSD-3-Clause
/*
 * Rules to a filter: sorts them by number, makes a graph of each call's conditions and a search
 * tree over the numbers, which looks at arguments only where a rule does. Called by
 * kafel_generate().
 */
#include "kafel/bpf.h"
#include "kafel/dag.h"

/* What Kafel's own code generator can hold; policies that it refuses are refused here too. */
#define MAX_PENDING 16

struct order {
	uint32_t nr, index;
};

static int by_number(const void *pa, const void *pb)
{
	const struct order *a = pa, *b = pb;

	if (a->nr != b->nr)
		return a->nr < b->nr ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* Whether one half of an operand is the same for every call, and what it is. */
static bool half_const(const struct expr *e, unsigned word, uint32_t *ret)
{
	uint32_t l = 0, r = 0, clobber = e->kind == EXPR_BIT_AND ? 0 : UINT32_MAX;
	bool cl, cr;

	if (e->kind == EXPR_NUMBER) {
		*ret = (uint32_t)(word ? e->number >> 32 : e->number);
		return true;
	}
	if (e->kind == EXPR_ARG)
		return false;
	cl = half_const(e->left, word, &l);
	cr = half_const(e->right, word, &r);
	if (cl && cr)
		*ret = e->kind == EXPR_BIT_AND ? l & r : l | r;
	else
		*ret = clobber;
	return (cl && cr) || (cl && l == clobber) || (cr && r == clobber);
}

/* The language's limit: how many values wait while the leftmost of a chain is computed. */
static uint32_t pending(const struct expr *e, unsigned word, uint32_t depth)
{
	const struct expr *l, *r, *swap;
	uint32_t k, a, b;

	if (e->kind == EXPR_ARG || half_const(e, word, &k))
		return 0;
	l = e->left;
	r = e->right;
	if (half_const(l, word, &k)) {
		swap = l;
		l = r;
		r = swap;
	}
	if (half_const(r, word, &k))
		return pending(l, word, depth);
	if (l->kind == EXPR_ARG)
		return pending(r, word, depth);
	a = pending(l, word, depth + 1);
	b = pending(r, word, depth);
	return MAX(MAX(a, b), depth + 1);
}

static bool too_deep(const struct expr *e)
{
	bool deep = false;

	if (e->kind == EXPR_NOT)
		return too_deep(e->left);
	if (e->kind == EXPR_AND || e->kind == EXPR_OR)
		return too_deep(e->left) || too_deep(e->right);
	for (unsigned word = 0; e->kind > EXPR_NOT && word < 2; word++)
		deep = deep ||
		       MAX(pending(e->left, word, 1), pending(e->right, word, 0)) > MAX_PENDING;
	return deep;
}

/* What happens to one call: @rules of them, in order; @otherwise when none matches. */
static struct node *decide(struct dag *d, const struct kafel_policy *p, const struct order *o,
			   uint32_t n, struct node *otherwise)
{
	struct node *node = otherwise;
	struct expr **conds = arena_alloc(d->arena, n * sizeof(struct expr *));
	uint32_t used = 0;

	if (!conds) {
		d->failed = err_oom(d->err);
		return otherwise;
	}
	for (; used < n; used++) {
		const struct rule *rule = &p->rules[o[used].index];

		if (!rule->cond)
			break;
		conds[used] = expr_simplify(d->arena, rule->cond);
		if (!conds[used]) {
			d->failed = err_oom(d->err);
			return otherwise;
		}
		if (conds[used]->kind == EXPR_TRUE)
			break;
		if (too_deep(conds[used])) {
			const struct kafel_pos *pos = &rule->pos;

			d->failed = err_set(d->err, EINVAL,
					    "%s:%u:%u: the condition needs more than %d "
					    "intermediate values",
					    pos->file, pos->line, pos->column, MAX_PENDING);
			return otherwise;
		}
	}
	if (used < n)
		node = dag_ret(d, p->rules[o[used].index].action);
	while (used--)
		node = dag_expr(d, conds[used], dag_ret(d, p->rules[o[used].index].action), node);
	return node;
}

/* struct spans - the numbers and what happens to them, while it is put together. */
struct spans {
	struct span *s;
	uint32_t n;
	const struct sys_weight *weights;
	unsigned n_weights;
};

static void append(struct spans *x, uint32_t first, struct node *target)
{
	if (x->n && x->s[x->n - 1].target == target)
		return;
	x->s[x->n++] = (struct span){first, 1, target};
}

static void weigh(struct spans *x)
{
	uint32_t at = 0;

	for (unsigned i = 0; i < x->n_weights; i++) {
		while (at + 1 < x->n && x->s[at + 1].first <= x->weights[i].nr)
			at++;
		x->s[at].weight += x->weights[i].weight;
	}
}

/* All numbers below @end that no rule names. The x32 ones may have an answer of their own. */
static void fill_gap(struct spans *x, uint32_t from, uint64_t end, struct node *otherwise,
		     struct node *x32)
{
	if (from >= end)
		return;
	if (x32 && end > SYSCALLS_X32_BIT && from < 0x80000000u) {
		if (from < SYSCALLS_X32_BIT)
			append(x, from, otherwise);
		append(x, MAX(from, SYSCALLS_X32_BIT), x32);
		from = 0x80000000u;
		if (from >= end)
			return;
	}
	append(x, from, otherwise);
}

static struct node *numbers(struct dag *d, const struct kafel_policy *p, struct spans *x)
{
	struct order *o = arena_alloc(d->arena, (p->n_rules + 1) * sizeof(*o));
	struct node *otherwise = dag_ret(d, p->default_action);
	struct node *x32 = p->refuse_x32 ? dag_ret(d, SECCOMP_RET_KILL_THREAD) : NULL;
	uint64_t from = 0;
	uint32_t n;

	x->s = arena_alloc(d->arena, (2 * (size_t)p->n_rules + 4) * sizeof(*x->s));
	if (!o || !x->s) {
		d->failed = err_oom(d->err);
		return d->dead_end;
	}
	for (uint32_t i = 0; i < p->n_rules; i++) {
		uint32_t nr = p->rules[i].nr;

		o[i] = (struct order){nr, i};
		if ((nr & SYSCALLS_X32_BIT) && nr < 0x80000000u)
			x32 = NULL; /* the policy knows about them */
	}
	qsort(o, p->n_rules, sizeof(*o), by_number);
	for (uint32_t i = 0; i < p->n_rules && !d->failed; i += n) {
		for (n = 1; i + n < p->n_rules && o[i + n].nr == o[i].nr;)
			n++;
		fill_gap(x, (uint32_t)from, o[i].nr, otherwise, x32);
		append(x, o[i].nr, decide(d, p, o + i, n, otherwise));
		from = (uint64_t)o[i].nr + 1;
	}
	if (from <= UINT32_MAX)
		fill_gap(x, (uint32_t)from, (uint64_t)UINT32_MAX + 1, otherwise, x32);
	weigh(x);
	return otherwise;
}

/* The calls of one architecture; those of any other go to @others. */
static struct node *one_arch(struct dag *d, const struct kafel_policy *p, bool weighted,
			     struct node *others)
{
	struct spans x = {.n = 0};
	struct node *root = others;

	x.weights = syscalls_weights(p->arch, &x.n_weights);
	numbers(d, p, &x);
	if (!d->failed)
		root = dag_search(d, dag_word(d, offsetof(struct seccomp_data, nr)), x.s, x.n,
				  weighted);
	if (!d->failed)
		root = dag_test(d, BPF_JEQ, dag_word(d, offsetof(struct seccomp_data, arch)),
				dag_const(d, p->arch->audit), root, others);
	return root;
}

static int generate(const struct kafel_policy *p, struct arena *a, bool weighted,
		    struct sock_fprog *ret, struct err *err)
{
	struct dag *d = arena_alloc(a, sizeof(*d));
	struct node *root = NULL;
	int r;

	if (!d)
		return err_oom(err);
	r = dag_init(d, a, err);
	if (r < 0)
		return r;
	root = dag_ret(d, SECCOMP_RET_KILL_THREAD);
	if (p->other && !d->failed)
		root = one_arch(d, p->other, weighted, root);
	if (!d->failed)
		root = one_arch(d, p, weighted, root);
	if (!d->failed)
		root = dag_optimise(d, root);
	return d->failed ? d->failed : emit_run(d, root, ret);
}

/* Common calls first, unless that makes the worst case worse than a balanced tree's. */
int codegen_run(const struct kafel_policy *policy, struct arena *a, struct sock_fprog *ret,
		struct err *err)
{
	struct sock_fprog balanced = {0}, weighted = {0};
	int r = generate(policy, a, false, &balanced, err);

	if (r < 0)
		return r;
	if (balanced.len < 16) {
		*ret = balanced;
		return 0;
	}
	r = generate(policy, a, true, &weighted, NULL);
	*ret = r == 0 && bpf_longest(&weighted) <= bpf_longest(&balanced) ? weighted : balanced;
	return 0;
}
