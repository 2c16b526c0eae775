// SPDX-License-Identifier: BSD-3-Clause
/*
 * The graph of a policy as a program. Called by the code generator. Fails when the program gets too
 * long or a value needs more scratch memory than there is.
 *
 * Instructions are written from the last to the first, because a jump leads forwards and its
 * distance must be known. Places are counted from the end. A conditional jump reaches 255
 * instructions: for targets further away a return is repeated, and other nodes get an
 * unconditional jump in between.
 */
#include "kafel/dag.h"

#define REACH 255

struct emitter {
	struct dag *d;
	struct sock_filter *code; /* backwards */
	uint32_t n, cap;
	int failed;	     /* -E2BIG or -ENOMEM */
	struct node **order; /* nodes, each before those that it leads to */
	uint32_t n_order;
};

static void put(struct emitter *e, uint16_t code, uint32_t jt, uint32_t jf, uint32_t k)
{
	struct sock_filter *grown;

	if (e->failed)
		return;
	grown = arena_grow(e->d->arena, e->code, e->n, &e->cap, sizeof(*grown));
	if (!grown || e->n == KAFEL_MAX_INSNS) {
		e->failed = grown ? -E2BIG : -ENOMEM;
		return;
	}
	e->code = grown;
	e->code[e->n++] = (struct sock_filter){code, (uint8_t)jt, (uint8_t)jf, k};
}

/* --- loading values --------------------------------------------------------------------------- */

/* struct loads - the instructions before a jump, forwards. */
struct loads {
	struct arena *arena;
	struct sock_filter *insn;
	uint32_t n, cap;
	bool no_memory, no_scratch;
};

static void load_put(struct loads *l, uint16_t code, uint32_t k)
{
	struct sock_filter *grown = arena_grow(l->arena, l->insn, l->n, &l->cap, sizeof(*grown));

	if (!grown || l->n == UINT16_MAX) {
		l->no_memory = true;
		return;
	}
	l->insn = grown;
	l->insn[l->n++] = (struct sock_filter){code, 0, 0, k};
}

/* Whether loading @v leaves X alone. */
static bool spares_x(const struct val *v)
{
	return v->kind == VAL_CONST || v->kind == VAL_WORD ||
	       (v->r->kind == VAL_CONST && spares_x(v->l));
}

static void load(struct loads *l, const struct val *v, uint32_t scratch);

/* @first into X, @second into A. */
static void load_pair(struct loads *l, const struct val *first, const struct val *second,
		      uint32_t scratch)
{
	load(l, first, scratch);
	if (spares_x(second)) {
		load_put(l, BPF_MISC | BPF_TAX, 0);
		load(l, second, scratch);
		return;
	}
	if (scratch == BPF_MEMWORDS) {
		l->no_scratch = true;
		return;
	}
	load_put(l, BPF_ST, scratch);
	load(l, second, scratch + 1);
	load_put(l, BPF_LDX | BPF_MEM, scratch);
}

/* @v into A. Scratch words from @scratch on are free. */
static void load(struct loads *l, const struct val *v, uint32_t scratch)
{
	uint16_t op = v->kind == VAL_AND ? BPF_AND : BPF_OR;

	if (l->no_memory || l->no_scratch)
		return;
	if (v->kind == VAL_CONST) {
		load_put(l, BPF_LD | BPF_IMM, v->k);
	} else if (v->kind == VAL_WORD) {
		load_put(l, BPF_LD | BPF_W | BPF_ABS, v->k);
	} else if (v->r->kind == VAL_CONST) {
		load(l, v->l, scratch);
		load_put(l, BPF_ALU | op | BPF_K, v->r->k);
	} else {
		/* The simple side last, where it does not disturb X. */
		bool swap = spares_x(v->r) && !spares_x(v->l);

		load_pair(l, swap ? v->l : v->r, swap ? v->r : v->l, scratch);
		load_put(l, BPF_ALU | op | BPF_X, 0);
	}
}

static void load_node(struct loads *l, const struct node *n)
{
	if (n->b->kind == VAL_CONST)
		load(l, n->a, 0);
	else
		load_pair(l, n->b, n->a, 0);
}

/* How many of the loads of @n are done when A holds @v already. */
static uint32_t entry(const struct node *n, const struct val *v)
{
	uint32_t done = n->n_loads;

	if (!n->op || n->b->kind != VAL_CONST)
		return 0;
	for (const struct val *a = n->a; done; a = a->l, done--) {
		if (a == v)
			return done;
		if ((a->kind != VAL_AND && a->kind != VAL_OR) || a->r->kind != VAL_CONST)
			break;
	}
	return 0;
}

/* --- order ------------------------------------------------------------------------------------ */

static uint32_t size_of(const struct node *n)
{
	return n->op ? n->size : 0;
}

/*
 * A node comes after all that lead to it, and the smaller of two branches first: the jump over it
 * is short. Depth first from the larger branch; what is finished last comes first.
 */
static int find_order(struct emitter *e, struct node *root)
{
	struct dag *d = e->d;
	struct node **stack = arena_alloc(d->arena, (d->n_nodes + 1) * sizeof(struct node *));
	uint32_t depth = 0, n = 0;

	e->order = arena_alloc(d->arena, (d->n_nodes + 1) * sizeof(struct node *));
	if (!stack || !e->order)
		return err_oom(d->err);
	for (uint32_t i = 0; i <= root->id; i++) {
		struct node *node = d->nodes[i];

		node->state = 0;
		if (node->op)
			node->size = MIN(1 + size_of(node->to[0]) + size_of(node->to[1]), 1u << 24);
	}
	stack[depth++] = root;
	while (depth) {
		struct node *node = stack[depth - 1];
		struct node *next = NULL;

		if (node->state < 2 && node->op) {
			int big = size_of(node->to[1]) > size_of(node->to[0]);

			next = node->to[node->state ? !big : big];
			node->state++;
			if (next->op && !next->state)
				stack[depth++] = next;
			continue;
		}
		depth--;
		e->order[n++] = node;
	}
	/* Finished last comes first. */
	for (uint32_t i = 0; i < n / 2; i++) {
		struct node *swap = e->order[i];

		e->order[i] = e->order[n - 1 - i];
		e->order[n - 1 - i] = swap;
	}
	e->n_order = n;
	return 0;
}

/* Counts the loads of each node, and of these the ones that no way to it needs. */
static int measure(struct emitter *e, struct loads *l)
{
	for (uint32_t i = 0; i < e->n_order; i++) {
		struct node *n = e->order[i];

		if (!n->op)
			continue;
		l->n = 0;
		load_node(l, n);
		if (l->no_scratch)
			return err_set(e->d->err, EINVAL,
				       "an expression needs more than %d scratch words",
				       BPF_MEMWORDS);
		if (l->no_memory)
			return err_oom(e->d->err);
		n->n_loads = n->skip = (uint16_t)l->n;
		n->hop = UINT32_MAX;
	}
	e->order[0]->skip = 0;
	for (uint32_t i = 0; i < e->n_order; i++) {
		struct node *n = e->order[i];

		for (int b = 0; n->op && b < 2; b++)
			if (n->to[b]->op)
				n->to[b]->skip =
					(uint16_t)MIN(n->to[b]->skip, entry(n->to[b], n->a));
	}
	return 0;
}

/* --- jumps ------------------------------------------------------------------------------------ */

/* The place of a return of this value within reach. */
static uint32_t place_return(struct emitter *e, uint32_t action)
{
	uint32_t low = e->n > REACH ? e->n - REACH : 0;

	for (uint32_t i = e->n; i-- > low;)
		if (e->code[i].code == (BPF_RET | BPF_K) && e->code[i].k == action)
			return i;
	put(e, BPF_RET | BPF_K, 0, 0, action);
	return e->n - 1;
}

static bool in_reach(const struct emitter *e, uint32_t place)
{
	/* A jump written now, at place n, skips what lies between. */
	return e->n - place - 1 <= REACH;
}

/* The place to jump to for @n when A holds @v. */
static uint32_t place(struct emitter *e, struct node *n, const struct val *v)
{
	uint32_t done, at;

	if (!n->op)
		return place_return(e, n->ret);
	done = entry(n, v);
	at = n->at + n->n_loads - done;
	if (in_reach(e, at))
		return at;
	if (n->hop != UINT32_MAX && n->hop_entry == done && in_reach(e, n->hop))
		return n->hop;
	put(e, BPF_JMP | BPF_JA, 0, 0, e->n - at - 1);
	n->hop = e->n - 1;
	n->hop_entry = (uint16_t)done;
	return n->hop;
}

static void emit_node(struct emitter *e, struct node *n, struct loads *l)
{
	uint16_t src = n->b->kind == VAL_CONST ? BPF_K : BPF_X;
	uint32_t t, f;

	/* What the second one adds may move the first out of reach: once more. */
	place(e, n->to[1], n->a);
	f = place(e, n->to[0], n->a);
	t = place(e, n->to[1], n->a);
	n->at = e->n;
	put(e, BPF_JMP | n->op | src, e->n - t - 1, e->n - f - 1, src == BPF_K ? n->b->k : 0);
	l->n = 0;
	load_node(l, n);
	for (uint32_t i = l->n; i-- > n->skip;)
		put(e, l->insn[i].code, 0, 0, l->insn[i].k);
}

int emit_run(struct dag *d, struct node *root, struct sock_fprog *ret)
{
	struct emitter e = {.d = d};
	struct loads l = {.arena = d->arena};
	int r;

	if (root->op) {
		r = find_order(&e, root);
		if (r == 0)
			r = measure(&e, &l);
		if (r < 0)
			return r;
		for (uint32_t i = e.n_order; i-- > 0 && !e.failed;)
			emit_node(&e, e.order[i], &l);
	} else {
		put(&e, BPF_RET | BPF_K, 0, 0, root->ret);
	}
	if (e.failed == -E2BIG)
		return err_set(d->err, E2BIG,
			       "the policy is too large: its filter would have more than %d "
			       "instructions",
			       KAFEL_MAX_INSNS);
	if (e.failed || l.no_memory)
		return err_oom(d->err);
	for (uint32_t i = 0; i < e.n / 2; i++) {
		struct sock_filter swap = e.code[i];

		e.code[i] = e.code[e.n - 1 - i];
		e.code[e.n - 1 - i] = swap;
	}
	ret->filter = e.code;
	ret->len = (unsigned short)e.n;
	return 0;
}
