// SPDX-License-Identifier: BSD-3-Clause
/*
 * Parsing build files. Called by image/build and image/commit. Fails with the number of the line; what
 * Dockerfiles have beyond the subset is an error and never ignored.
 */
#include <ctype.h>
#include <json-c/json.h>
#include <strings.h>

#include "base/str.h"
#include "image/dockerfile.h"

static const char *const op_names[] = {
	"FROM", "RUN",	      "COPY", "ADD",   "ENV",	 "WORKDIR",    "USER",
	"CMD",	"ENTRYPOINT", "ARG",  "LABEL", "EXPOSE", "STOPSIGNAL", "SHELL",
};
static_assert(ARRAY_SIZE(op_names) == DF_OPS, "a name for each instruction");

const char *dockerfile_op_name(enum df_op op)
{
	return op_names[op];
}

static int add(struct arena *a, struct store_list *l, const char *s, struct err *err)
{
	const char **v = arena_grow(a, l->v, l->n, &l->cap, sizeof(*v));

	if (!v || !s)
		return err_oom(err);
	l->v = v;
	v[l->n++] = s;
	return 0;
}

static char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return (char *)s;
}

static void cut_blanks(char *s)
{
	size_t n = strlen(s);

	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = 0;
}

/* ["a", "b"]: a list; anything else that begins with a bracket is taken as text, as docker does. */
static int parse_list(struct arena *a, struct df_step *step, struct err *err)
{
	struct json_object *o = step->text[0] == '[' ? json_tokener_parse(step->text) : NULL;
	int r = 0;

	if (!json_object_is_type(o, json_type_array)) {
		json_object_put(o);
		return 0;
	}
	for (size_t i = 0; i < json_object_array_length(o) && !r; i++) {
		struct json_object *v = json_object_array_get_idx(o, i);

		if (!json_object_is_type(v, json_type_string))
			r = err_set(err, EINVAL, "the list holds something that is no text");
		else
			r = add(a, &step->words, arena_strdup(a, json_object_get_string(v)), err);
	}
	json_object_put(o);
	step->list = true;
	return r;
}

/* "--from=x --chown=1:2" in front of the arguments of COPY and ADD. */
static int parse_flags(struct df_step *step, char **text, struct err *err)
{
	const struct {
		const char *name, **value;
	} flags[] = {
		{"--from=", &step->from}, {"--chown=", &step->chown}, {"--chmod=", &step->chmod}};

	while (str_starts(*text, "--")) {
		char *word = *text, *end = word + strcspn(word, " \t");
		bool known = false;

		if (step->op != DF_COPY && step->op != DF_ADD)
			return err_set(err, ENOTSUP, "%s %.*s is not supported", op_names[step->op],
				       (int)(end - word), word);
		*text = skip_blanks(*end ? end + 1 : end);
		*end = 0;
		if (str_eq(word, "--link"))
			continue;
		for (unsigned i = 0; i < ARRAY_SIZE(flags); i++)
			if (str_starts(word, flags[i].name)) {
				*flags[i].value = word + strlen(flags[i].name);
				known = true;
			}
		if (!known)
			return err_set(err, ENOTSUP, "%s %s is not supported", op_names[step->op],
				       word);
	}
	return 0;
}

static int parse_step(struct arena *a, char *line, struct df_step *ret, struct err *err)
{
	char *text = line + strcspn(line, " \t");
	unsigned op = 0;
	int r;

	if (*text)
		*text++ = 0;
	text = skip_blanks(text);
	cut_blanks(text);
	while (op < DF_OPS && strcasecmp(op_names[op], line) != 0)
		op++;
	if (op == DF_OPS)
		return err_set(err, ENOTSUP, "'%.40s' is not supported", line);
	ret->op = (enum df_op)op;
	r = op == DF_CMD || op == DF_ENTRYPOINT || op == DF_SHELL ? 0
								  : parse_flags(ret, &text, err);
	if (r)
		return r;
	if (!*text)
		return err_set(err, EINVAL, "%s without an argument", op_names[op]);
	if ((op == DF_RUN || op == DF_COPY || op == DF_ADD) && str_starts(text, "<<"))
		return err_set(err, ENOTSUP, "%s: here documents are not supported", op_names[op]);
	ret->text = text;
	if (op == DF_RUN || op == DF_CMD || op == DF_ENTRYPOINT || op == DF_SHELL ||
	    op == DF_COPY || op == DF_ADD)
		r = parse_list(a, ret, err);
	if (!r && op == DF_SHELL && (!ret->list || !ret->words.n))
		r = err_set(err, EINVAL, "SHELL wants a list: [\"/bin/sh\", \"-c\"]");
	return r;
}

/* Takes a line off the text; NULL at its end. */
static char *next_line(char **text)
{
	char *line = *text, *end;

	if (!*line)
		return NULL;
	end = strchr(line, '\n');
	*text = end ? end + 1 : line + strlen(line);
	if (end)
		*end = 0;
	return line;
}

/* An instruction with the lines that continue it; comments and empty lines between are skipped. */
static char *next_step(struct arena *a, char **text, unsigned *line_no, unsigned *first,
		       struct err *err)
{
	_cleanup_sbuf_ struct sbuf b = {0};
	bool more = true;
	char *line, *out;

	while (more && (line = next_line(text))) {
		++*line_no;
		cut_blanks(line);
		line = b.n ? line : skip_blanks(line);
		if (!*skip_blanks(line) || *skip_blanks(line) == '#')
			continue;
		if (!b.n)
			*first = *line_no;
		more = line[strlen(line) - 1] == '\\';
		sbuf_put(&b, line, strlen(line) - more);
	}
	if (!b.n)
		return NULL;
	out = b.failed ? NULL : arena_strdup(a, b.s);
	if (!out)
		err_oom(err);
	return out;
}

int dockerfile_parse(struct arena *a, char *text, struct dockerfile *ret, struct err *err)
{
	struct dockerfile df = {0};
	unsigned line_no = 0, first = 0;
	bool from = false;
	char *line;

	if (str_starts(text, "# escape=`") || str_starts(text, "#escape=`"))
		return err_set(err, ENOTSUP, "another escape character is not supported");
	while ((line = next_step(a, &text, &line_no, &first, err))) {
		struct df_step *v = arena_grow(a, df.v, df.n, &df.cap, sizeof(*v));
		int r;

		if (!v)
			return err_oom(err);
		df.v = v;
		v += df.n++;
		v->line = first;
		r = parse_step(a, line, v, err);
		from |= v->op == DF_FROM;
		if (!r && !from && v->op != DF_ARG)
			r = err_set(err, EINVAL, "the first instruction has to be FROM");
		if (r)
			return err_wrap(err, "line %u", first);
	}
	if (err && err->code)
		return -err->code;
	if (!from)
		return err_set(err, EINVAL, "there is no FROM");
	*ret = df;
	return 0;
}

static const char *lookup(const struct df_vars *vars, const char *name, size_t n)
{
	for (unsigned i = 0; i < ARRAY_SIZE(vars->lists); i++)
		for (uint32_t k = vars->lists[i] ? vars->lists[i]->n : 0; k-- > 0;) {
			const char *s = vars->lists[i]->v[k];

			if (strncmp(s, name, n) == 0 && s[n] == '=')
				return s + n + 1;
		}
	return NULL;
}

static size_t name_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* "${NAME...}" behind the dollar. Return: the length, or a negative errno. */
static ssize_t expand_braces(struct sbuf *b, const char *s, const struct df_vars *vars,
			     struct err *err)
{
	size_t n = name_length(s + 1);
	const char *end = strchr(s, '}'), *value = lookup(vars, s + 1, n);
	const char *rest = s + 1 + n;

	if (!end || !n || end < rest)
		return err_set(err, EINVAL, "'$%.20s': no name and closing brace", s);
	if (*rest == '}') {
		sbuf_puts(b, value ? value : "");
	} else if (rest[0] == ':' && (rest[1] == '-' || rest[1] == '+')) {
		bool set = value && *value;

		if (memchr(rest, '$', (size_t)(end - rest)))
			return err_set(err, ENOTSUP, "'$%.20s': no variables within", s);
		if (rest[1] == '-' && set)
			sbuf_puts(b, value);
		else if (set == (rest[1] == '+'))
			sbuf_put(b, rest + 2, (size_t)(end - rest - 2));
	} else {
		return err_set(err, ENOTSUP, "'$%.20s' is not supported", s);
	}
	return end - s + 1;
}

int dockerfile_expand(struct arena *a, const char *text, const struct df_vars *vars,
		      const char **ret, struct err *err)
{
	_cleanup_sbuf_ struct sbuf b = {0};
	bool single = false;

	for (const char *s = text; *s;) {
		size_t n;

		if (*s == '\'')
			single = !single;
		if (s[0] == '\\' && s[1] && !single) {
			sbuf_put(&b, s + (s[1] == '$'), s[1] == '$' ? 1 : 2);
			s += 2;
		} else if (s[0] != '$' || single) {
			sbuf_put(&b, s++, 1);
		} else if (s[1] == '{') {
			ssize_t len = expand_braces(&b, s + 1, vars, err);

			if (len < 0)
				return (int)len;
			s += 1 + len;
		} else if ((n = name_length(s + 1))) {
			sbuf_puts(&b, lookup(vars, s + 1, n) ?: "");
			s += 1 + n;
		} else {
			sbuf_put(&b, s++, 1);
		}
	}
	*ret = b.failed ? NULL : arena_strdup(a, b.s ? b.s : "");
	return *ret ? 0 : err_oom(err);
}

int dockerfile_words(struct arena *a, const char *text, struct store_list *ret, struct err *err)
{
	char quote = 0;

	while (*(text = skip_blanks(text))) {
		_cleanup_sbuf_ struct sbuf b = {0};
		int r;

		sbuf_put(&b, "", 0);
		for (; *text && (quote || (*text != ' ' && *text != '\t')); text++) {
			if (*text == '\\' && text[1] && quote != '\'')
				sbuf_put(&b, ++text, 1);
			else if (*text == quote)
				quote = 0;
			else if (!quote && (*text == '"' || *text == '\''))
				quote = *text;
			else
				sbuf_put(&b, text, 1);
		}
		if (quote)
			return err_set(err, EINVAL, "a quote (%c) is not closed", quote);
		r = b.failed ? err_oom(err) : add(a, ret, arena_strdup(a, b.s ? b.s : ""), err);
		if (r)
			return r;
	}
	return 0;
}

/* NAME=VALUE...; of old also "NAME the rest". */
static int set_pairs(struct oci_conf *conf, struct arena *a, const struct df_step *step,
		     const char *text, struct err *err)
{
	int (*set)(struct oci_conf *, const char *, const char *, struct err *) =
		step->op == DF_ENV ? oci_conf_env : oci_conf_label;
	struct store_list words = {0};
	size_t n = strcspn(text, " \t=");
	int r = 0;

	if (text[n] != '=' && step->op == DF_ENV) {
		char *name = arena_dup(a, text, n);

		return name && text[n] ? set(conf, name, skip_blanks(text + n), err)
				       : err_set(err, EINVAL, "ENV: a name without a value");
	}
	r = dockerfile_words(a, text, &words, err);
	for (uint32_t i = 0; i < words.n && !r; i++) {
		char *eq = strchr(words.v[i], '=');

		if (!eq || eq == words.v[i])
			return err_set(err, EINVAL, "%s: '%.40s' is not NAME=VALUE",
				       op_names[step->op], words.v[i]);
		*eq = 0;
		r = set(conf, words.v[i], eq + 1, err);
	}
	return r;
}

/* CMD and ENTRYPOINT: the list, or a line for the shell. */
static int set_program(struct oci_conf *conf, const struct df_step *step, struct err *err)
{
	const char *const shell[] = {"/bin/sh", "-c", step->text};
	const char *key = step->op == DF_CMD ? "Cmd" : "Entrypoint";

	if (step->list)
		return oci_conf_set(conf, key, step->words.v, (int)step->words.n, err);
	return oci_conf_set(conf, key, shell, 3, err);
}

static int set_workdir(struct oci_conf *conf, struct arena *a, const char *path, struct err *err)
{
	struct store_image img;
	int r = oci_conf_image(conf, a, &img, err);

	if (r)
		return r;
	if (path[0] != '/') {
		const char *old = img.cwd ? img.cwd : "/";

		path = arena_printf(a, "%s%s%s", old, old[strlen(old) - 1] == '/' ? "" : "/", path);
	}
	return path ? oci_conf_set(conf, "WorkingDir", &path, -1, err) : err_oom(err);
}

int dockerfile_set(struct oci_conf *conf, struct arena *a, const struct df_step *step,
		   const struct df_vars *vars, struct err *err)
{
	struct store_list words = {0};
	const char *text;
	int r;

	if (step->op == DF_CMD || step->op == DF_ENTRYPOINT)
		return set_program(conf, step, err);
	r = dockerfile_expand(a, step->text, vars, &text, err);
	if (r)
		return r;
	if (step->op == DF_ENV || step->op == DF_LABEL)
		return set_pairs(conf, a, step, text, err);
	r = dockerfile_words(a, text, &words, err);
	if (r)
		return r;
	if (!words.n || (words.n > 1 && step->op != DF_EXPOSE))
		return err_set(err, EINVAL, "%s wants one argument", op_names[step->op]);
	switch (step->op) {
	case DF_USER: return oci_conf_set(conf, "User", words.v, -1, err);
	case DF_WORKDIR: return set_workdir(conf, a, words.v[0], err);
	case DF_STOPSIGNAL: return oci_conf_set(conf, "StopSignal", words.v, -1, err);
	case DF_EXPOSE: return oci_conf_expose(conf, words.v, words.n, err);
	default: return err_set(err, EINVAL, "%s cannot be used here", op_names[step->op]);
	}
}

int dockerfile_change(struct oci_conf *conf, const char *line, struct err *err)
{
	const struct df_vars none = {0};
	struct df_step step = {0};
	struct arena a = {0};
	char *copy = arena_strdup(&a, line);
	int r = copy ? parse_step(&a, copy, &step, err) : err_oom(err);

	if (!r)
		r = dockerfile_set(conf, &a, &step, &none, err);
	arena_free(&a);
	return r ? err_wrap(err, "'%.60s'", line) : 0;
}
