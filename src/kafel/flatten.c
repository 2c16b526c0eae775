// SPDX-License-Identifier: BSD-3-Clause
/*
 * The rules that apply, in order, from blocks that use each other. Called by the parser at the end of
 * a policy. Fails without memory only.
 */
#include "kafel/ast.h"

/* What a built-in policy brings along with its rules. */
static void take_builtin(struct kafel_policy *policy, const struct block *b)
{
	if (b->builtin && policy->arch->audit == AUDIT_ARCH_X86_64)
		policy->refuse_x32 = true;
	if (b->default_pos.line && !policy->default_pos.line) {
		policy->default_action = b->default_action;
		policy->default_pos = b->default_pos;
	}
}

/* Follows USE from the top. A policy used twice counts once: its first rules win anyway. */
int flatten_run(struct block *top, struct arena *a, struct kafel_policy *policy, struct err *err)
{
	struct frame {
		struct block *b;
		uint32_t at;
	} *stack = NULL;
	uint32_t depth = 0, stack_cap = 0, cap = 0;

	for (struct block *b = top; b;) {
		stack = arena_grow(a, stack, depth, &stack_cap, sizeof(*stack));
		if (!stack)
			return err_oom(err);
		stack[depth++] = (struct frame){b, 0};
		b->used = true;
		take_builtin(policy, b);
		b = NULL;
		while (depth && !b) {
			struct frame *f = &stack[depth - 1];

			if (f->at == f->b->n) {
				depth--;
				continue;
			}
			const struct stmt *s = &f->b->stmts[f->at++];

			if (s->use && !s->use->used) {
				b = s->use;
			} else if (!s->use) {
				struct rule *rules = arena_grow(a, policy->rules, policy->n_rules,
								&cap, sizeof(*rules));

				if (!rules)
					return err_oom(err);
				policy->rules = rules;
				rules[policy->n_rules++] = s->rule;
			}
		}
	}
	return 0;
}
