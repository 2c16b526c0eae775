// SPDX-License-Identifier: BSD-3-Clause
/*
 * Passes over the graph of a policy, and the search trees. Called by the code generator. Failures
 * are kept in struct dag.
 */
#include "kafel/dag.h"

/* --- search trees ----------------------------------------------------------------------------- */

/* struct search - the spans with sums that make looking at a range of them cheap. */
struct search {
	struct dag *d;
	const struct val *v;
	const struct span *s;
	uint64_t *weight;  /* of all before it */
	uint32_t *singles; /* how many of those before it, in steps of two, are one value wide */
	uint32_t *repeats; /* and have the target of the one two before them */
	bool weighted;
};

static unsigned log2_up(uint32_t n)
{
	unsigned h = 0;

	while (((uint64_t)1 << h) < n)
		h++;
	return h;
}

static bool single(const struct search *x, uint32_t i)
{
	return x->s[i + 1].first - x->s[i].first == 1;
}

/*
 * Whether spans @lo to @hi - 1 are one target with single values cut out of it: A 5 A 9 A. These
 * are told apart by == alone, one comparison a value.
 */
static bool dotted(const struct search *x, uint32_t lo, uint32_t hi)
{
	uint32_t n = (hi - lo) / 2;

	return (hi - lo) % 2 && n && x->singles[hi] - x->singles[lo + 1] == n &&
	       x->repeats[hi + 1] - x->repeats[lo + 2] == n;
}

/* The height of a tree for these spans. */
static unsigned height(const struct search *x, uint32_t lo, uint32_t hi)
{
	unsigned h = log2_up(hi - lo);

	return dotted(x, lo, hi) ? MIN(h, log2_up((hi - lo) / 2) + 1) : h;
}

/* The place between @lo and @hi that halves the weight, or the number. */
static uint32_t middle(const struct search *x, uint32_t lo, uint32_t hi)
{
	uint64_t half = (x->weight[lo] + x->weight[hi]) / 2;
	uint32_t a = lo + 1, b = hi - 1;

	if (!x->weighted)
		return lo + (hi - lo) / 2;
	while (a < b) {
		uint32_t mid = a + (b - a) / 2;

		if (x->weight[mid] < half)
			a = mid + 1;
		else
			b = mid;
	}
	/* The last one below half may be nearer to it. */
	if (a > lo + 1 && x->weight[a] > half && x->weight[a] - half > half - x->weight[a - 1])
		a--;
	return a;
}

/* A tree of at most @budget comparisons for the spans from @lo to before @hi. */
static struct node *build(const struct search *x, uint32_t lo, uint32_t hi, unsigned budget)
{
	const struct span *s = x->s;
	uint32_t count = hi - lo, m;

	if (count == 1)
		return s[lo].target;
	if (count == 2)
		return dag_test(x->d, BPF_JGE, x->v, dag_const(x->d, s[lo + 1].first),
				s[lo + 1].target, s[lo].target);
	if (count == 3 && dotted(x, lo, hi))
		return dag_test(x->d, BPF_JEQ, x->v, dag_const(x->d, s[lo + 1].first),
				s[lo + 1].target, s[lo].target);
	m = middle(x, lo, hi);
	if (dotted(x, lo, hi)) {
		/* Split within an A, which both sides keep. */
		m = lo + ((m - lo) & ~1u);
		m = MIN(MAX(m, lo + 2), hi - 3);
		while (m > lo + 2 && height(x, lo, m + 1) > budget - 1)
			m -= 2;
		while (m < hi - 3 && height(x, m, hi) > budget - 1)
			m += 2;
		return dag_test(x->d, BPF_JGE, x->v, dag_const(x->d, s[m].first),
				build(x, m, hi, budget - 1), build(x, lo, m + 1, budget - 1));
	}
	while (m > lo + 1 && height(x, lo, m) > budget - 1)
		m--;
	while (m < hi - 1 && height(x, m, hi) > budget - 1)
		m++;
	return dag_test(x->d, BPF_JGE, x->v, dag_const(x->d, s[m].first),
			build(x, m, hi, budget - 1), build(x, lo, m, budget - 1));
}

struct node *dag_search(struct dag *d, const struct val *v, struct span *s, uint32_t n,
			bool weighted)
{
	struct search x = {.d = d, .v = v, .s = s, .weighted = weighted};

	x.weight = arena_alloc(d->arena, (n + 2) * sizeof(*x.weight));
	x.singles = arena_alloc(d->arena, 2 * (n + 2) * sizeof(*x.singles));
	if (!x.weight || !x.singles) {
		if (!d->failed)
			d->failed = err_oom(d->err);
		return d->dead_end;
	}
	x.repeats = x.singles + n + 2;
	for (uint32_t i = 0; i < n; i++) {
		x.weight[i + 1] = x.weight[i] + s[i].weight;
		x.singles[i + 2] = x.singles[i] + (i + 1 < n && single(&x, i));
		x.repeats[i + 2] = x.repeats[i] + (i >= 2 && s[i].target == s[i - 2].target);
	}
	return build(&x, 0, n, height(&x, 0, n));
}

/* --- known outcomes --------------------------------------------------------------------------- */

/* The range that @f knows of @v. */
static void known(const struct facts *f, const struct val *v, uint32_t *lo, uint32_t *hi)
{
	*lo = v->min;
	*hi = v->max;
	for (unsigned i = 0; i < f->n; i++) {
		if (f->f[i].v == v) {
			*lo = f->f[i].lo;
			*hi = f->f[i].hi;
		}
	}
}

/* The outcome of @n given @f: 0, 1, or -1 when it is open. */
static int outcome(const struct facts *f, const struct node *n)
{
	uint32_t lo, hi, k;

	if (!n->op || n->b->kind != VAL_CONST)
		return -1;
	known(f, n->a, &lo, &hi);
	k = n->b->k;
	switch (n->op) {
	case BPF_JEQ: return k < lo || k > hi ? 0 : lo == hi ? 1 : -1;
	case BPF_JGE: return lo >= k ? 1 : hi < k ? 0 : -1;
	default: return lo == hi ? !!(lo & k) : -1;
	}
}

/* What is known once @n went to @branch. */
static void learn(struct facts *f, const struct node *n, int branch)
{
	uint32_t lo, hi, k;
	unsigned i = 0;

	if (n->b->kind != VAL_CONST || n->op == BPF_JSET)
		return;
	known(f, n->a, &lo, &hi);
	k = n->b->k;
	if (n->op == BPF_JEQ && branch) {
		lo = hi = k;
	} else if (n->op == BPF_JEQ) {
		lo += lo == k;
		hi -= hi == k;
	} else if (branch) {
		lo = MAX(lo, k);
	} else {
		hi = MIN(hi, k - 1);
	}
	while (i < f->n && f->f[i].v != n->a)
		i++;
	if (i == DAG_MAX_FACTS) {
		memmove(f->f, f->f + 1, sizeof(f->f[0]) * (DAG_MAX_FACTS - 1));
		i--;
	}
	f->n = MAX(f->n, i + 1);
	f->f[i].v = n->a;
	f->f[i].lo = lo;
	f->f[i].hi = hi;
}

/* @into keeps what holds in both. */
static void meet(struct facts *into, const struct facts *f)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < into->n; i++) {
		uint32_t lo, hi;

		known(f, into->f[i].v, &lo, &hi);
		into->f[kept] = into->f[i];
		into->f[kept].lo = MIN(lo, into->f[i].lo);
		into->f[kept].hi = MAX(hi, into->f[i].hi);
		if (into->f[kept].lo > into->f[kept].v->min ||
		    into->f[kept].hi < into->f[kept].v->max)
			kept++;
	}
	into->n = kept;
}

static bool same_test(const struct node *a, const struct node *b)
{
	return a->op == b->op && a->a == b->a && a->b == b->b;
}

/* Sets where @n really goes at @branch, and tells that node what is known there. */
static void follow(struct dag *d, struct node *n, int branch)
{
	struct facts f = *n->facts;
	struct node *to = n->to[branch];

	learn(&f, n, branch);
	while (to->op) {
		int o = same_test(to, n) ? branch : outcome(&f, to);

		if (o < 0)
			break;
		to = to->to[o];
	}
	n->via[branch] = to;
	to->preds++;
	to->pred = n;
	if (to->facts) {
		meet(to->facts, &f);
		return;
	}
	to->facts = arena_alloc(d->arena, sizeof(f));
	if (to->facts)
		*to->facts = f;
	else if (!d->failed)
		d->failed = err_oom(d->err);
}

/* --- chains of == ----------------------------------------------------------------------------- */

/* Whether @n only goes on where its one predecessor, a test of the same value, failed. */
static bool in_chain(const struct node *n)
{
	return n->op == BPF_JEQ && n->b->kind == VAL_CONST && n->preds == 1 &&
	       n->pred->op == BPF_JEQ && n->pred->b->kind == VAL_CONST && n->pred->a == n->a &&
	       n->pred->via[0] == n;
}

struct arm {
	uint32_t k, order;
	struct node *target;
};

static int by_value(const void *pa, const void *pb)
{
	const struct arm *a = pa, *b = pb;

	if (a->k != b->k)
		return a->k < b->k ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static uint32_t add_span(struct span *s, uint32_t n, uint32_t first, struct node *target)
{
	if (n && s[n - 1].target == target)
		return n;
	s[n] = (struct span){first, 1, target};
	return n + 1;
}

/*
 * A search among the values of the chain that starts at @head, or NULL when it is short. Of many
 * values the first stays first: policies tend to begin with the usual one.
 */
static struct node *chain(struct dag *d, struct node *head)
{
	struct node *last = head, *otherwise;
	uint32_t n = 1, n_spans = 0;
	struct span *spans;
	struct arm *arms;
	struct node *tree, *first = head;

	while (in_chain(last->via[0])) {
		last = last->via[0];
		n++;
	}
	if (n < 4)
		return NULL;
	arms = arena_alloc(d->arena, n * sizeof(*arms));
	spans = arena_alloc(d->arena, (2 * n + 2) * sizeof(*spans));
	if (!arms || !spans)
		return NULL;
	otherwise = last->via[0]->map;
	for (uint32_t i = 0; i < n; i++, head = head->via[0])
		arms[i] = (struct arm){head->b->k, i, head->via[1]->map};
	qsort(arms, n, sizeof(*arms), by_value);
	if (arms[0].k)
		n_spans = add_span(spans, n_spans, 0, otherwise);
	for (uint32_t i = 0; i < n; i++) {
		if (i && arms[i].k == arms[i - 1].k)
			continue;
		n_spans = add_span(spans, n_spans, arms[i].k, arms[i].target);
		if (arms[i].k < UINT32_MAX && (i + 1 == n || arms[i + 1].k != arms[i].k + 1))
			n_spans = add_span(spans, n_spans, arms[i].k + 1, otherwise);
	}
	tree = dag_search(d, last->a, spans, n_spans, false);
	return n < 16 ? tree : dag_test(d, BPF_JEQ, first->a, first->b, first->via[1]->map, tree);
}

static struct node *pass(struct dag *d, struct node *root)
{
	uint32_t n = d->n_nodes;

	for (uint32_t i = 0; i < n; i++) {
		d->nodes[i]->facts = NULL;
		d->nodes[i]->preds = 0;
	}
	root->facts = arena_alloc(d->arena, sizeof(*root->facts));
	if (!root->facts) {
		d->failed = err_oom(d->err);
		return root;
	}
	/* Predecessors are younger: from the root down. */
	for (uint32_t i = root->id + 1; i-- > 0 && !d->failed;) {
		struct node *node = d->nodes[i];

		for (int branch = 0; node->facts && node->op && branch < 2; branch++)
			follow(d, node, branch);
	}
	/* And back up, with what replaces the successors. */
	for (uint32_t i = 0; i <= root->id && !d->failed; i++) {
		struct node *node = d->nodes[i], *tree = NULL;

		if (!node->facts)
			continue;
		if (node->op == BPF_JEQ && node->b->kind == VAL_CONST && !in_chain(node))
			tree = chain(d, node);
		if (tree)
			node->map = tree;
		else if (node->op)
			node->map = dag_test(d, node->op, node->a, node->b, node->via[1]->map,
					     node->via[0]->map);
		else
			node->map = node;
	}
	return d->failed ? root : root->map;
}

struct node *dag_optimise(struct dag *d, struct node *root)
{
	for (int i = 0; i < 4 && !d->failed; i++) {
		struct node *better = pass(d, root);

		if (better == root)
			break;
		root = better;
	}
	return root;
}
