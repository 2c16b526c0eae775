/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The code generator's middle: decisions as an acyclic graph of tests on 32-bit words, which ends
 * in return values. Equal nodes are one node (hash-consing), so equal code is emitted once, and
 * every node is older (has a smaller id) than those that lead to it.
 */
#ifndef TOASTAINER_KAFEL_DAG_H
#define TOASTAINER_KAFEL_DAG_H

#include "kafel/ast.h"

/* A policy whose graph is larger than this cannot fit into a filter. */
#define DAG_MAX_NODES (1u << 17)

enum val_kind { VAL_CONST, VAL_WORD, VAL_AND, VAL_OR };

/* struct val - something computed from a call. A constant operand is always on the right. */
struct val {
	enum val_kind kind;
	uint32_t k; /* VAL_CONST: the value; VAL_WORD: offset into struct seccomp_data */
	const struct val *l, *r;
	uint32_t min, max; /* what it can be */
	struct val *next;
};

#define DAG_MAX_FACTS 4

/* struct facts - what is known of values when a node is reached. */
struct facts {
	unsigned n;
	struct {
		const struct val *v;
		uint32_t lo, hi;
	} f[DAG_MAX_FACTS];
};

/* struct node - a test of two values with two ways to go on, or (@op 0) a return. */
struct node {
	uint16_t op; /* BPF_JEQ, BPF_JGE, BPF_JSET, and BPF_JGT when @b is no constant; 0: return */
	const struct val *a, *b;
	struct node *to[2]; /* when false, when true */
	uint32_t ret;	    /* SECCOMP_RET_* */
	uint32_t id;
	struct node *next; /* in the hash table */

	/* Of the pass over the graph that is under way: */
	struct node *via[2]; /* @to, less the tests whose outcome is known */
	struct node *map;    /* what replaces this node */
	struct facts *facts; /* not NULL: reachable */
	uint32_t preds;
	const struct node *pred; /* one of them */

	/* Of the emission: */
	uint32_t size;	    /* of what is below, roughly */
	uint32_t at;	    /* instructions after its jump */
	uint32_t hop;	    /* the same of the last jump to it that was put in between */
	uint16_t n_loads;   /* instructions before its jump */
	uint16_t skip;	    /* of these, how many no one needs */
	uint16_t hop_entry; /* which of its instructions that jump goes to */
	uint8_t state;
};

struct dag {
	struct arena *arena;
	struct err *err;
	int failed; /* a negative errno once something failed; later calls do nothing */
	struct node **nodes;
	uint32_t n_nodes, cap_nodes;
	struct node *node_table[1024];
	struct val *val_table[256];
	struct node *dead_end; /* stands in for results after a failure */
};

/** dag_init() - an empty graph. @d is zeroed by the caller. */
int dag_init(struct dag *d, struct arena *a, struct err *err);

const struct val *dag_const(struct dag *d, uint32_t k);
const struct val *dag_word(struct dag *d, uint32_t offset);

/** dag_ret() - return @action. */
struct node *dag_ret(struct dag *d, uint32_t action);

/**
 * dag_test() - @op (BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET) of @a and @b, simplified.
 * Return: the node; one of @t and @f when the outcome is known.
 */
struct node *dag_test(struct dag *d, uint16_t op, const struct val *a, const struct val *b,
		      struct node *t, struct node *f);

/** dag_expr() - go on at @t when a simplified expression is true, else at @f. */
struct node *dag_expr(struct dag *d, const struct expr *e, struct node *t, struct node *f);

/** dag_optimise() - drop tests whose outcome is known, turn chains of == into searches. */
struct node *dag_optimise(struct dag *d, struct node *root);

/* struct span - @target for the values from @first up to the next span's. */
struct span {
	uint32_t first;
	uint32_t weight;
	struct node *target;
};

/**
 * dag_search() - a tree of comparisons that finds the span of a value.
 * @s: @n spans, ascending, the first from 0; neighbours differ in their target
 * @weighted: often used spans nearer to the root, within the height of a balanced tree
 */
struct node *dag_search(struct dag *d, const struct val *v, struct span *s, uint32_t n,
			bool weighted);

/**
 * emit_run() - lay the graph out as a program.
 * Return: 0, -E2BIG when it gets too long, -EINVAL when a value needs too much scratch memory.
 */
int emit_run(struct dag *d, struct node *root, struct sock_fprog *ret);

#endif
