// SPDX-License-Identifier: BSD-3-Clause
/*
 * The grammar: tokens to a list of rules for one architecture. Recursive descent with one token of
 * look-ahead. Called by kafel_parse(). Fails at the first mistake of the policy, with its place.
 */
#include <limits.h>
#include <stdarg.h>

#include "base/str.h"
#include "kafel/ast.h"
#include "kafel/lexer.h"

#define MAX_NESTING 2000 /* parentheses inside each other */

struct symbol {
	struct symbol *next;
	const char *name;
	uint64_t value;	     /* of a constant */
	struct block *block; /* of a policy */
};

struct symtab {
	struct symbol *buckets[64];
};

/* What a built-in policy has for policies without a DEFAULT of their own. */
struct use_default {
	uint32_t action;
	struct kafel_pos pos; /* line 0: nothing */
};

struct parser {
	struct lexer lx;
	struct token tok; /* the next one */
	const struct kafel_options *opts;
	struct arena *arena;
	struct kafel_policy *policy;
	struct symtab constants, blocks;
	struct block main;
	unsigned nesting;
	/* Of the built-in policy that is being read, or NULL outside of any: */
	struct use_default *builtin;
	/* While a rule's condition is read: */
	const struct syscalls_call *call;
	bool ignored; /* the rule is for other architectures: its names mean nothing here */
	struct err *err;
};

static struct symbol **bucket(struct symtab *t, const char *name, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619u;
	return &t->buckets[h % ARRAY_SIZE(t->buckets)];
}

static struct symbol *lookup(struct symtab *t, const char *name, size_t n)
{
	for (struct symbol *s = *bucket(t, name, n); s; s = s->next)
		if (strlen(s->name) == n && memcmp(s->name, name, n) == 0)
			return s;
	return NULL;
}

static struct symbol *define(struct parser *p, struct symtab *t, const struct token *name)
{
	struct symbol **head = bucket(t, name->s, name->n);
	struct symbol *s = arena_alloc(p->arena, sizeof(*s));

	if (!s)
		return NULL;
	s->name = arena_dup(p->arena, name->s, name->n);
	s->next = *head;
	*head = s;
	return s->name ? s : NULL;
}

static void nearest_symbol(const struct symtab *t, const char *word, const char **best,
			   unsigned *distance)
{
	for (unsigned i = 0; i < ARRAY_SIZE(t->buckets); i++)
		for (const struct symbol *s = t->buckets[i]; s; s = s->next)
			str_nearest(word, s->name, best, distance);
}

/* A #define of the policy; what a built-in policy says does not depend on these. */
static const struct symbol *constant(struct parser *p, const struct token *t)
{
	return p->builtin ? NULL : lookup(&p->constants, t->s, t->n);
}

static int next(struct parser *p)
{
	return lexer_next(&p->lx, &p->tok, p->err);
}

static int unexpected(struct parser *p, const char *wanted)
{
	char buf[80];

	return lexer_error(&p->tok.pos, p->err, "unexpected %s, expected %s",
			   lexer_describe(&p->tok, buf, sizeof(buf)), wanted);
}

/* Takes a token of this kind, or fails. @ret may be NULL. */
static int expect(struct parser *p, int kind, const char *wanted, struct token *ret)
{
	if (p->tok.kind != kind)
		return unexpected(p, wanted);
	if (ret)
		*ret = p->tok;
	return next(p);
}

static int oom(struct parser *p)
{
	err_oom(p->err);
	return -ENOMEM;
}

/* "unknown WHAT 'WORD'; did you mean 'GUESS'?" */
static int unknown(struct parser *p, const struct token *t, const char *what, const char *guess)
{
	return lexer_error(&t->pos, p->err, "unknown %s '%.*s'%s%s%s", what,
			   (int)MIN(t->n, (size_t)100), t->s, guess ? ", did you mean '" : "",
			   guess ? guess : "", guess ? "'?" : "");
}

static const char *word_of(const struct token *t, char *buf, size_t n)
{
	snprintf(buf, n, "%.*s", (int)MIN(t->n, n - 1), t->s);
	return buf;
}

/* --- expressions ------------------------------------------------------------------------------ */

static int parse_list(struct parser *p, bool value_ok, struct expr **ret);

static int combine(struct parser *p, const struct kafel_pos *pos, enum expr_kind kind,
		   struct expr *left, struct expr *right, struct expr **ret)
{
	if (left->depth >= EXPR_MAX_DEPTH || (right && right->depth >= EXPR_MAX_DEPTH))
		return lexer_error(pos, p->err, "the expression is more than %d operators deep",
				   EXPR_MAX_DEPTH);
	*ret = expr_op(p->arena, kind, left, right);
	return *ret ? 0 : oom(p);
}

static int undefined_name(struct parser *p, const struct token *t)
{
	char word[64], names[6][64], list[400] = "";
	unsigned distance = UINT_MAX;
	const char *best = NULL;
	size_t n = 0;
	int r;

	word_of(t, word, sizeof(word));
	for (unsigned i = 0; i < p->call->n_args; i++) {
		snprintf(names[i], sizeof(names[i]), "%.*s", p->call->args[i].len,
			 p->call->args[i].name);
		str_nearest(word, names[i], &best, &distance);
		n += (size_t)snprintf(list + n, sizeof(list) - n, " %s", names[i]);
	}
	nearest_symbol(&p->constants, word, &best, &distance);
	syscalls_constant_nearest(word, &best, &distance);
	r = unknown(p, t, "argument or constant", best);
	if (n)
		err_hint(p->err, "the arguments of this call are:%s", list);
	else
		err_hint(p->err, "this call has no arguments with names here; name them: "
				 "call(a, b) { a == 1 }");
	return r;
}

static int parse_name(struct parser *p, struct expr **ret)
{
	struct token t = p->tok;
	const struct symbol *s = constant(p, &t);
	uint64_t value = s ? s->value : 0;
	struct expr *e;
	int arg = -1;

	if (!s) {
		arg = p->ignored ? 0 : syscalls_arg(p->call, t.s, t.n);
		if (arg < 0 && !syscalls_constant(p->policy->arch, t.s, t.n, &value))
			return undefined_name(p, &t);
	}
	e = expr_number(p->arena, value);
	if (!e)
		return oom(p);
	if (arg >= 0) {
		e->kind = EXPR_ARG;
		e->arg = (uint8_t)arg;
		e->wide = p->ignored || p->call->args[arg].size == 8;
	}
	*ret = e;
	return next(p);
}

/* A number, a name, or something in parentheses (which may turn out to be a comparison). */
static int parse_operand(struct parser *p, struct expr **ret)
{
	int r;

	if (p->tok.kind == TOK_NAME)
		return parse_name(p, ret);
	if (p->tok.kind == TOK_NUMBER) {
		*ret = expr_number(p->arena, p->tok.number);
		return *ret ? next(p) : oom(p);
	}
	if (p->tok.kind != '(')
		return unexpected(p, "an argument, a number or '('");
	if (++p->nesting > MAX_NESTING)
		return lexer_error(&p->tok.pos, p->err, "more than %d nested parentheses",
				   MAX_NESTING);
	r = next(p);
	if (r == 0)
		r = parse_list(p, true, ret);
	p->nesting--;
	return r ? r : expect(p, ')', "')'", NULL);
}

/* operand & operand ..., or with @kind EXPR_BIT_OR: chains of these joined by |. */
static int parse_bits(struct parser *p, enum expr_kind kind, struct expr **ret)
{
	int sign = kind == EXPR_BIT_OR ? '|' : '&';
	struct kafel_pos pos = p->tok.pos;
	struct expr *left = NULL, *right = NULL;
	int r;

	r = kind == EXPR_BIT_OR ? parse_bits(p, EXPR_BIT_AND, &left) : parse_operand(p, &left);
	while (r == 0 && p->tok.kind == sign && !expr_is_bool(left)) {
		struct kafel_pos right_pos;

		r = next(p);
		if (r)
			return r;
		right_pos = p->tok.pos;
		r = kind == EXPR_BIT_OR ? parse_bits(p, EXPR_BIT_AND, &right)
					: parse_operand(p, &right);
		if (r == 0 && expr_is_bool(right))
			r = lexer_error(&right_pos, p->err, "a comparison where a value belongs");
		if (r == 0)
			r = combine(p, &pos, kind, left, right, &left);
	}
	if (r == 0)
		*ret = left;
	return r;
}

static bool comparison(int tok, enum expr_kind *ret)
{
	switch (tok) {
	case '<': *ret = EXPR_LT; return true;
	case '>': *ret = EXPR_GT; return true;
	case TOK_LE: *ret = EXPR_LE; return true;
	case TOK_GE: *ret = EXPR_GE; return true;
	case TOK_EQ: *ret = EXPR_EQ; return true;
	case TOK_NE: *ret = EXPR_NE; return true;
	default: return false;
	}
}

/* A comparison, or one negated or in parentheses. @value_ok: "value)" will do as well. */
static int parse_comparison(struct parser *p, bool value_ok, struct expr **ret)
{
	struct kafel_pos pos = p->tok.pos;
	unsigned negations = 0;
	struct expr *left = NULL, *right = NULL;
	enum expr_kind kind;
	int r = 0;

	for (; r == 0 && p->tok.kind == '!'; r = next(p))
		if (++negations > EXPR_MAX_DEPTH)
			return lexer_error(&pos, p->err, "more than %d negations", EXPR_MAX_DEPTH);
	if (r == 0)
		r = parse_bits(p, EXPR_BIT_OR, &left);
	if (r)
		return r;
	if (!expr_is_bool(left) && comparison(p->tok.kind, &kind)) {
		struct kafel_pos right_pos;

		r = next(p);
		if (r)
			return r;
		right_pos = p->tok.pos;
		r = parse_bits(p, EXPR_BIT_OR, &right);
		if (r == 0 && expr_is_bool(right))
			r = lexer_error(&right_pos, p->err, "a comparison where a value belongs");
		if (r == 0)
			r = combine(p, &pos, kind, left, right, &left);
	} else if (!expr_is_bool(left) && (negations || !value_ok || p->tok.kind != ')')) {
		return unexpected(p, "a comparison");
	}
	for (; r == 0 && negations; negations--)
		r = combine(p, &pos, EXPR_NOT, left, NULL, &left);
	if (r == 0)
		*ret = left;
	return r;
}

/* Comparisons joined by &&. */
static int parse_and(struct parser *p, bool value_ok, struct expr **ret)
{
	struct kafel_pos pos = p->tok.pos;
	struct expr *right = NULL;
	int r = parse_comparison(p, value_ok, ret);

	while (r == 0 && p->tok.kind == TOK_AND_AND) {
		r = next(p);
		if (r == 0)
			r = parse_comparison(p, false, &right);
		if (r == 0)
			r = combine(p, &pos, EXPR_AND, *ret, right, ret);
	}
	return r;
}

/* These joined by ||. */
static int parse_or(struct parser *p, bool value_ok, struct expr **ret)
{
	struct kafel_pos pos = p->tok.pos;
	struct expr *right = NULL;
	int r = parse_and(p, value_ok, ret);

	while (r == 0 && p->tok.kind == TOK_OR_OR) {
		r = next(p);
		if (r == 0)
			r = parse_and(p, false, &right);
		if (r == 0)
			r = combine(p, &pos, EXPR_OR, *ret, right, ret);
	}
	return r;
}

/* And these joined by commas, which mean "or" as well. */
static int parse_list(struct parser *p, bool value_ok, struct expr **ret)
{
	struct kafel_pos pos = p->tok.pos;
	struct expr *right = NULL;
	int r = parse_or(p, value_ok, ret);

	while (r == 0 && p->tok.kind == ',') {
		r = next(p);
		if (r == 0)
			r = parse_or(p, false, &right);
		if (r == 0)
			r = combine(p, &pos, EXPR_OR, *ret, right, ret);
	}
	return r;
}

/* --- rules ------------------------------------------------------------------------------------ */

/* ERRNO(n) and the like: a literal number of 16 bits. */
static int parse_value(struct parser *p, uint32_t *ret)
{
	struct token t = {0};
	int r = expect(p, '(', "'('", NULL);

	if (r == 0)
		r = expect(p, TOK_NUMBER, "a number", &t);
	if (r == 0 && t.number > SECCOMP_RET_DATA)
		return lexer_error(&t.pos, p->err, "%.*s is not within 0 to 65535",
				   (int)MIN(t.n, (size_t)40), t.s);
	if (r == 0)
		r = expect(p, ')', "')'", NULL);
	if (r == 0)
		*ret |= (uint32_t)t.number;
	return r;
}

static bool is_action(int tok)
{
	switch (tok) {
	case TOK_ALLOW:
	case TOK_DENY:
	case TOK_ERRNO:
	case TOK_KILL:
	case TOK_KILL_PROCESS:
	case TOK_KILL_THREAD:
	case TOK_LOG:
	case TOK_TRACE:
	case TOK_TRAP:
	case TOK_USER_NOTIF: return true;
	default: return false;
	}
}

static int parse_action(struct parser *p, uint32_t *ret)
{
	int kind = p->tok.kind, r;

	if (!is_action(kind))
		return unexpected(p, "an action such as ALLOW or ERRNO(1)");
	r = next(p);
	if (r)
		return r;
	switch (kind) {
	case TOK_ALLOW: *ret = SECCOMP_RET_ALLOW; return 0;
	case TOK_LOG: *ret = SECCOMP_RET_LOG; return 0;
	case TOK_KILL_PROCESS: *ret = SECCOMP_RET_KILL_PROCESS; return 0;
	case TOK_USER_NOTIF: *ret = SECCOMP_RET_USER_NOTIF; return 0;
	case TOK_ERRNO: *ret = SECCOMP_RET_ERRNO; return parse_value(p, ret);
	case TOK_TRACE: *ret = SECCOMP_RET_TRACE; return parse_value(p, ret);
	case TOK_TRAP: *ret = SECCOMP_RET_TRAP; return parse_value(p, ret);
	default: *ret = SECCOMP_RET_KILL_THREAD; return 0;
	}
}

/* NAME, a constant's name, or SYSCALL[number]. An unknown name is left to check_known(). */
static int parse_call(struct parser *p, struct token *name, struct syscalls_call *call, bool *known)
{
	const struct symbol *s;
	uint64_t nr;
	int r;

	*call = (struct syscalls_call){.n_args = 0};
	*known = true;
	*name = p->tok;
	if (p->tok.kind == TOK_NAME) {
		s = constant(p, name);
		if (!s) {
			*known = syscalls_find(p->policy->arch, name->s, name->n, call);
			return next(p);
		}
		nr = s->value;
		r = next(p);
	} else {
		struct token t = {.kind = TOK_END};

		r = expect(p, TOK_SYSCALL, "a system call", NULL);
		if (r == 0)
			r = expect(p, '[', "'['", NULL);
		if (r == 0)
			r = expect(p, TOK_NUMBER, "a number", &t);
		if (r == 0)
			r = expect(p, ']', "']'", NULL);
		nr = t.number;
	}
	if (r)
		return r;
	if (nr > UINT32_MAX && nr < 0 - ((uint64_t)1 << 31))
		return lexer_error(&name->pos, p->err,
				   "the system call number does not fit in 32 bits");
	call->nr = (uint32_t)nr;
	return 0;
}

/* The names in parentheses replace those of the table; each is 64 bits wide. */
static int parse_args(struct parser *p, struct syscalls_call *call)
{
	int r = next(p);

	call->n_args = 0;
	if (r == 0 && p->tok.kind == ')')
		return next(p);
	while (r == 0) {
		struct token t = {0};

		r = expect(p, TOK_NAME, "a name for the argument", &t);
		if (r)
			return r;
		if (syscalls_arg(call, t.s, t.n) >= 0)
			return lexer_error(&t.pos, p->err, "the argument '%.*s' is named twice",
					   (int)MIN(t.n, (size_t)100), t.s);
		if (call->n_args == SYSCALLS_MAX_ARGS)
			return lexer_error(&t.pos, p->err, "a system call has at most %d arguments",
					   SYSCALLS_MAX_ARGS);
		if (t.n > UINT8_MAX)
			return lexer_error(&t.pos, p->err, "the name is too long");
		call->args[call->n_args].name = t.s;
		call->args[call->n_args].len = (uint8_t)t.n;
		call->args[call->n_args++].size = 8;
		if (p->tok.kind != ',')
			return expect(p, ')', "',' or ')'", NULL);
		r = next(p);
	}
	return r;
}

/* An architecture's name. @matched: becomes true when it is @wanted. */
static int parse_arch(struct parser *p, uint32_t wanted, bool *matched)
{
	struct token t = {0};
	uint32_t audit;
	char word[64];
	int r = expect(p, TOK_NAME, "an architecture", &t);

	if (r)
		return r;
	if (!syscalls_arch_named(t.s, t.n, &audit))
		return unknown(p, &t, "architecture",
			       syscalls_arch_nearest(word_of(&t, word, sizeof(word))));
	if (audit == wanted && wanted)
		*matched = true;
	return 0;
}

/* arch, or { arch, arch }, after the word that it belongs to. @matched: as parse_arch() */
static int parse_arches(struct parser *p, uint32_t wanted, bool *matched)
{
	int r = next(p);

	if (r || p->tok.kind != '{')
		return r ? r : parse_arch(p, wanted, matched);
	do {
		r = next(p);
		if (r == 0)
			r = parse_arch(p, wanted, matched);
	} while (r == 0 && p->tok.kind == ',');
	return r ? r : expect(p, '}', "',' or '}'", NULL);
}

/* ON arch: @ret_ignored when it is not ours. */
static int parse_guard(struct parser *p, bool *ret_ignored)
{
	bool matched = false;
	int r;

	*ret_ignored = false;
	if (p->tok.kind != TOK_ON)
		return 0;
	r = parse_arches(p, p->policy->arch->audit, &matched);
	*ret_ignored = !matched;
	return r;
}

static int check_known(struct parser *p, const struct token *name, bool known)
{
	char word[64];
	int r;

	if (known || (p->ignored && syscalls_known_anywhere(name->s, name->n)))
		return 0;
	/* A built-in policy is one text for all architectures; misspelt names are still found. */
	if (p->builtin && syscalls_known_anywhere(name->s, name->n)) {
		p->ignored = true;
		return 0;
	}
	r = unknown(p, name, "system call",
		    syscalls_nearest(p->policy->arch, word_of(name, word, sizeof(word))));
	if (syscalls_known_anywhere(name->s, name->n))
		err_hint(p->err,
			 "other architectures have this call: 'ON arch' limits a rule to them");
	return r;
}

static struct stmt *add_stmt(struct parser *p, struct block *b)
{
	struct stmt *s = arena_grow(p->arena, b->stmts, b->n, &b->cap, sizeof(*s));

	if (!s)
		return NULL;
	b->stmts = s;
	return &s[b->n++];
}

/* call [(names)] [ON arch] [{ condition }] */
static int parse_rule(struct parser *p, struct block *b, uint32_t action)
{
	struct syscalls_call call;
	struct expr *cond = NULL;
	struct token name;
	struct stmt *s;
	bool known;
	int r = parse_call(p, &name, &call, &known);

	if (r == 0 && p->tok.kind == '(')
		r = parse_args(p, &call);
	if (r == 0)
		r = parse_guard(p, &p->ignored);
	if (r == 0)
		r = check_known(p, &name, known);
	if (r)
		return r;
	p->call = &call;
	if (p->tok.kind == '{') {
		r = next(p);
		if (r == 0 && p->tok.kind != '}')
			r = parse_list(p, false, &cond);
		if (r == 0)
			r = expect(p, '}', "'}' or an operator", NULL);
	}
	p->call = NULL;
	if (r || p->ignored)
		return r;
	s = add_stmt(p, b);
	if (!s)
		return oom(p);
	s->rule = (struct rule){call.nr, action, cond, name.pos,
				name.kind == TOK_NAME ? arena_dup(p->arena, name.s, name.n)
						      : "SYSCALL"};
	return s->rule.call ? 0 : oom(p);
}

/* ACTION { rule, rule } */
static int parse_block(struct parser *p, struct block *b)
{
	uint32_t action = 0;
	int r = parse_action(p, &action);

	if (r == 0)
		r = expect(p, '{', "'{'", NULL);
	if (r == 0 && p->tok.kind == '}')
		return next(p);
	while (r == 0) {
		r = parse_rule(p, b, action);
		if (r || p->tok.kind != ',')
			break;
		r = next(p);
	}
	return r ? r : expect(p, '}', "',' or '}'", NULL);
}

/* --- policies --------------------------------------------------------------------------------- */

static int parse_program(struct parser *p, bool whole);

/*
 * The text of a built-in policy, as if it stood before the statement that uses it; but its DEFAULT only
 * counts where the policy has none.
 */
static int parse_builtin(struct parser *p, const struct kafel_builtin *b, struct use_default *ret)
{
	struct use_default *outer = p->builtin;
	struct source *top = p->lx.top;
	struct token saved = p->tok;
	int r = lexer_push(&p->lx, b->text, strlen(b->text), b->name, true, p->err);

	p->builtin = ret;
	if (r == 0)
		r = next(p);
	if (r == 0)
		r = parse_program(p, false);
	p->builtin = outer;
	p->lx.top = top;
	p->tok = saved;
	return r;
}

/* A policy that stands before or is built in, which then is read. @ret: NULL when there is none. */
static int find_policy(struct parser *p, const struct token *t, struct block **ret)
{
	const struct symbol *s = lookup(&p->blocks, t->s, t->n);
	const struct kafel_builtin *b = p->opts->builtins;
	struct use_default otherwise = {0};
	int r;

	*ret = s ? s->block : NULL;
	if (s || !b)
		return 0;
	while (b->name && (strlen(b->name) != t->n || memcmp(b->name, t->s, t->n) != 0))
		b++;
	if (!b->name)
		return 0;
	r = parse_builtin(p, b, &otherwise);
	s = r < 0 ? NULL : lookup(&p->blocks, t->s, t->n);
	if (s) {
		*ret = s->block;
		s->block->builtin = true;
		s->block->default_action = otherwise.action;
		s->block->default_pos = otherwise.pos;
	}
	return r;
}

static int unknown_policy(struct parser *p, const struct token *t)
{
	unsigned distance = UINT_MAX;
	const char *best = NULL;
	char word[64];

	word_of(t, word, sizeof(word));
	nearest_symbol(&p->blocks, word, &best, &distance);
	for (const struct kafel_builtin *b = p->opts->builtins; b && b->name; b++)
		str_nearest(word, b->name, &best, &distance);
	return unknown(p, t, "policy", best);
}

static int parse_use(struct parser *p, struct block *b)
{
	struct block *used = NULL;
	struct token t = {0};
	struct stmt *stmt;
	int r = next(p);

	if (r == 0)
		r = expect(p, TOK_NAME, "the name of a policy", &t);
	if (r == 0)
		r = find_policy(p, &t, &used);
	if (r)
		return r;
	if (!used)
		return unknown_policy(p, &t);
	stmt = add_stmt(p, b);
	if (!stmt)
		return oom(p);
	stmt->use = used;
	return 0;
}

/* statement, statement ... */
static int parse_statements(struct parser *p, struct block *b)
{
	int r;

	for (;;) {
		if (p->tok.kind == TOK_USE)
			r = parse_use(p, b);
		else if (is_action(p->tok.kind))
			r = parse_block(p, b);
		else
			return unexpected(p, "USE or an action");
		if (r || p->tok.kind != ',')
			return r;
		r = next(p);
		if (r)
			return r;
	}
}

/* POLICY name { statements } */
static int parse_policy(struct parser *p)
{
	struct block *b = arena_alloc(p->arena, sizeof(*b));
	struct symbol *s;
	struct token t = {0};
	int r = next(p);

	if (!b)
		return oom(p);
	if (r == 0)
		r = expect(p, TOK_NAME, "a name for the policy", &t);
	if (r == 0)
		r = expect(p, '{', "'{'", NULL);
	if (r == 0 && p->tok.kind != '}')
		r = parse_statements(p, b);
	if (r == 0)
		r = expect(p, '}', "',' or '}'", NULL);
	if (r)
		return r;
	/* Only now: a policy cannot use itself. */
	if (lookup(&p->blocks, t.s, t.n))
		return lexer_error(&t.pos, p->err, "the policy '%.*s' is defined twice",
				   (int)MIN(t.n, (size_t)100), t.s);
	s = define(p, &p->blocks, &t);
	if (!s)
		return oom(p);
	s->block = b;
	return 0;
}

/* #define NAME number */
static int parse_define(struct parser *p)
{
	struct token name = {0}, number = {0};
	struct symbol *s;
	int r = next(p);

	if (r == 0)
		r = expect(p, TOK_DEFINE, "define or include", NULL);
	if (r == 0)
		r = expect(p, TOK_NAME, "a name for the constant", &name);
	if (r == 0)
		r = expect(p, TOK_NUMBER, "a number", &number);
	if (r)
		return r;
	s = lookup(&p->constants, name.s, name.n);
	if (s && s->value != number.number)
		return lexer_error(&name.pos, p->err,
				   "the constant '%s' is defined again with another value",
				   s->name);
	if (!s)
		s = define(p, &p->constants, &name);
	if (!s)
		return oom(p);
	s->value = number.number;
	return 0;
}

static int parse_default(struct parser *p)
{
	struct kafel_pos pos = p->tok.pos;
	uint32_t action = 0;
	int r = next(p);

	if (r == 0)
		r = parse_action(p, &action);
	if (r)
		return r;
	if (p->builtin) {
		*p->builtin = (struct use_default){action, pos};
		return 0;
	}
	if (p->policy->default_pos.line)
		return lexer_error(&pos, p->err, "DEFAULT was already set in line %u",
				   p->policy->default_pos.line);
	p->policy->default_action = action;
	p->policy->default_pos = pos;
	return 0;
}

/* "ARCH" is a word of ours, and only where a statement begins: elsewhere it is a name, as in Kafel. */
static bool is_arch_statement(const struct token *t)
{
	return t->kind == TOK_NAME && t->n == 4 && memcmp(t->s, "ARCH", 4) == 0;
}

static int parse_program(struct parser *p, bool whole)
{
	uint32_t other = syscalls_other_arch(p->policy->arch->audit);
	int r = 0;

	if (whole && p->tok.kind == TOK_END)
		return lexer_error(&p->tok.pos, p->err, "the policy is empty");
	while (r == 0 && p->tok.kind != TOK_END) {
		switch (p->tok.kind) {
		case '#': r = parse_define(p); break;
		case TOK_POLICY: r = parse_policy(p); break;
		case TOK_DEFAULT: r = parse_default(p); break;
		default:
			if (is_arch_statement(&p->tok)) {
				r = parse_arches(p, other, &p->policy->wants_other);
				break;
			}
			if (p->tok.kind != TOK_USE && !is_action(p->tok.kind))
				return unexpected(
					p, "POLICY, USE, DEFAULT, an action, #define or #include");
			r = parse_statements(p, &p->main);
		}
	}
	return r;
}

int parser_run(const struct kafel_options *opts, const char *text, size_t n, const char *name,
	       struct arena *a, struct kafel_policy *ret, struct err *err)
{
	struct parser p = {
		.lx = {.include_dirs = opts->include_dirs, .arena = a},
		.opts = opts,
		.arena = a,
		.policy = ret,
		.err = err,
	};
	int r = lexer_push(&p.lx, text, n, name, true, err);

	ret->default_action = SECCOMP_RET_KILL_THREAD;
	if (r == 0)
		r = next(&p);
	if (r == 0)
		r = parse_program(&p, true);
	if (r == 0)
		r = flatten_run(&p.main, a, ret, err);
	return r;
}
