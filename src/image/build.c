// SPDX-License-Identifier: BSD-3-Clause
/*
 * `image build`: stages and steps, and their cache. Called by cmd/image_build. Each step that changes
 * files gets an overlay whose upper directory becomes a layer; the image so far is kept under a hash of
 * all that went into it (STORE/cache). Fails with the line of the step.
 */
#include "base/io.h"
#include "base/sys.h"
#include "image/build.h"
#include "image/commit.h"
#include "image/digest.h"

#define FILE_MAX ((size_t)4 << 20)

static int add(struct build *b, struct store_list *l, const char *s, struct err *err)
{
	const char **v = arena_grow(b->a, l->v, l->n, &l->cap, sizeof(*v));

	if (!v || !s)
		return err_oom(err);
	l->v = v;
	v[l->n++] = s;
	return 0;
}

int build_vars(struct build *b, struct store_image *conf, struct df_vars *ret, struct err *err)
{
	int r = b->conf.json ? oci_conf_image(&b->conf, b->a, conf, err) : 0;

	if (!r)
		*ret = (struct df_vars){.lists = {b->conf.json ? &conf->env : NULL,
						  b->conf.json ? &b->args : &b->globals, NULL}};
	return r;
}

/* The next key: of all until now and what is done next. */
static int extend_key(struct build *b, const char *what, const char *more, struct err *err)
{
	char *text = arena_printf(b->a, "%s\n%s\n%s", b->key, what, more);

	return text ? digest_of(text, strlen(text), b->key, err) : err_oom(err);
}

static void say(struct build *b, const struct df_step *step, bool cached)
{
	char *line = arena_printf(b->a, "%s %s", dockerfile_op_name(step->op), step->text);

	if (b->rq->say && line)
		b->rq->say(b->rq->say_arg, line, cached);
}

/* The layers of the configuration, which is the truth about them. */
static int take_layers(struct build *b, struct err *err)
{
	struct store_image img;
	int r = oci_conf_image(&b->conf, b->a, &img, err);

	if (!r)
		b->layers = img.layers;
	return r;
}

/* Whether this step was done before: then its image is the present one. */
static int from_cache(struct build *b, bool *ret, struct err *err)
{
	char path[STORE_HASH + 16], to[STORE_HASH + 32];
	struct store_image img = STORE_IMAGE_INIT;
	struct oci_conf conf = {0};
	ssize_t n;
	int r = 0;

	*ret = false;
	snprintf(path, sizeof(path), "cache/%s", b->key);
	n = b->rq->no_cache ? -1 : readlinkat(b->s->fd, path, to, sizeof(to) - 1);
	if (n != STORE_HASH + 10)
		return 0;
	to[n] = 0;
	if (store_resolve(b->s, b->a, to + 10, &img, NULL))
		return 0;
	for (uint32_t i = 0; i < img.layers.n; i++)
		if (!store_has_layer(b->s, img.layers.v[i]))
			goto out;
	r = commit_conf(&img, &conf, err);
	if (!r) {
		oci_conf_free(&b->conf);
		b->conf = conf;
		*ret = true;
		r = take_layers(b, err);
	}
out:
	store_release(&img);
	return r;
}

static int keep(struct build *b, struct err *err)
{
	char id[STORE_HASH + 1];
	int r = import_finish(b->w, &b->conf, NULL, id, err);

	return r ? r : store_link(b->w, "cache", b->key, id, err);
}

/* What the step did to the files becomes a layer. @empty_too: also when that is nothing */
static int take_upper(struct build *b, const struct df_step *step, bool empty_too, struct err *err)
{
	_cleanup_close_ int upper = walk_dir(b->w->fd, "step.upper");
	char hash[STORE_HASH + 1];
	struct walk_figures f;
	char *by = arena_printf(b->a, "%s %s", dockerfile_op_name(step->op), step->text);
	int r = upper < 0 ? err_sys(err, upper, "open the new layer") : walk_count(upper, &f, err);

	if (r || !by)
		return r ? r : err_oom(err);
	if (!f.entries && !empty_too)
		return oci_conf_layer(&b->conf, NULL, by, err);
	r = commit_upper(b->w, b->w->fd, "step.upper", true, &b->rq->import, hash, &b->rep, err);
	if (!r)
		r = oci_conf_layer(&b->conf, hash, by, err);
	return r ? r : take_layers(b, err);
}

static int do_workdir(struct build *b, const struct build_root *root, struct err *err)
{
	struct store_image img;
	int fd, r = oci_conf_image(&b->conf, b->a, &img, err);

	if (r)
		return r;
	fd = build_root_mkdirs(root->fd, img.cwd ? img.cwd : "/", err);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* RUN, COPY, ADD and WORKDIR: with the layers until now, and one to write into. */
static int change_files(struct build *b, const struct df_step *step, struct build_copy *copy,
			struct err *err)
{
	struct build_root root = BUILD_ROOT_INIT;
	int r = build_root_open(&root, b->w, "step", &b->layers, true, err);

	if (!r && step->op == DF_RUN)
		r = build_run(b, step, &root, err);
	else if (!r && step->op == DF_WORKDIR)
		r = do_workdir(b, &root, err);
	else if (!r)
		r = build_copy_do(b, copy, &root, err);
	build_root_close(&root);
	if (!r)
		r = take_upper(b, step, step->op != DF_WORKDIR, err);
	return r;
}

/* What a RUN sees besides its text: the variables, and who it is. */
static char *surroundings(struct build *b, const struct df_step *step)
{
	char *s = arena_strdup(b->a, "");

	for (uint32_t i = 0; s && step->op == DF_RUN && i < b->args.n; i++)
		s = arena_printf(b->a, "%s%s\n", s, b->args.v[i]);
	for (uint32_t i = 0; s && step->op == DF_RUN && i < b->shell.n; i++)
		s = arena_printf(b->a, "%s%s ", s, b->shell.v[i]);
	return s;
}

static int do_files(struct build *b, const struct df_step *step, struct err *err)
{
	char hash[STORE_HASH + 1] = "";
	struct build_copy *copy = NULL;
	char *around = surroundings(b, step), *what;
	bool cached;
	int r = around ? 0 : err_oom(err);

	if (!r && (step->op == DF_COPY || step->op == DF_ADD))
		r = build_copy_prepare(b, step, &copy, hash, err);
	what = r ? NULL
		 : arena_printf(b->a, "%s %s %s %s %s", dockerfile_op_name(step->op),
				step->chown ? step->chown : "-", step->chmod ? step->chmod : "-",
				hash, step->text);
	if (!r)
		r = what ? extend_key(b, what, around, err) : err_oom(err);
	if (!r)
		r = from_cache(b, &cached, err);
	if (!r) {
		say(b, step, cached);
		if (!cached) {
			r = change_files(b, step, copy, err);
			if (!r)
				r = keep(b, err);
		}
	}
	build_copy_end(copy);
	return r;
}

static int do_arg(struct build *b, const struct df_step *step, bool global, struct err *err)
{
	struct store_image img = STORE_IMAGE_INIT;
	struct store_list words = {0};
	struct df_vars vars = {0};
	const char *text;
	int r = build_vars(b, &img, &vars, err);

	if (!r)
		r = dockerfile_expand(b->a, step->text, &vars, &text, err);
	if (!r)
		r = dockerfile_words(b->a, text, &words, err);
	for (uint32_t i = 0; i < words.n && !r; i++) {
		const char *word = words.v[i], *eq = strchr(word, '='), *value = NULL;
		size_t n = eq ? (size_t)(eq - word) : strlen(word);

		for (uint32_t k = 0; k < b->rq->args->n; k++)
			if (strncmp(b->rq->args->v[k], word, n) == 0 && b->rq->args->v[k][n] == '=')
				value = b->rq->args->v[k];
		for (uint32_t k = 0; !value && !eq && !global && k < b->globals.n; k++)
			if (strncmp(b->globals.v[k], word, n) == 0 && b->globals.v[k][n] == '=')
				value = b->globals.v[k];
		if (!value && eq)
			value = word;
		if (value)
			r = add(b, global ? &b->globals : &b->args, value, err);
	}
	return r;
}

static int do_set(struct build *b, const struct df_step *step, struct err *err)
{
	struct store_image img = STORE_IMAGE_INIT;
	struct df_vars vars = {0};
	const char *text = step->text;
	char *by;
	int r = build_vars(b, &img, &vars, err);

	if (!r && step->op != DF_CMD && step->op != DF_ENTRYPOINT)
		r = dockerfile_expand(b->a, step->text, &vars, &text, err);
	if (!r)
		r = dockerfile_set(&b->conf, b->a, step, &vars, err);
	by = arena_printf(b->a, "%s %s", dockerfile_op_name(step->op), text);
	if (!r)
		r = by ? extend_key(b, by, "", err) : err_oom(err);
	if (r || step->op == DF_WORKDIR)
		return r;
	say(b, step, false);
	return oci_conf_layer(&b->conf, NULL, by, err);
}

static const char *stage_id(const struct build *b, const char *name)
{
	size_t n = strlen(name);

	for (uint32_t i = b->stages.n; i-- > 0;)
		if (strncmp(b->stages.v[i], name, n) == 0 && b->stages.v[i][n] == '=')
			return b->stages.v[i] + n + 1;
	return NULL;
}

/* A stage is done: its image can be named by the next ones. */
static int end_stage(struct build *b, char id[STORE_HASH + 1], struct err *err)
{
	char *line;
	int r;

	if (!b->conf.json)
		return 0;
	r = import_finish(b->w, &b->conf, NULL, id, err);
	line = arena_printf(b->a, "%s=%s", b->stage ? b->stage : "", id);
	if (!r)
		r = add(b, &b->stages, line, err);
	oci_conf_free(&b->conf);
	store_release(&b->base);
	return r;
}

static int do_from(struct build *b, const struct df_step *step, struct err *err)
{
	static const char *const shell[] = {"/bin/sh", "-c"};
	struct df_vars vars = {.lists = {&b->globals}};
	struct store_list words = {0};
	char id[STORE_HASH + 1];
	const char *text, *image;
	int r = end_stage(b, id, err);

	if (!r)
		r = dockerfile_expand(b->a, step->text, &vars, &text, err);
	if (!r)
		r = dockerfile_words(b->a, text, &words, err);
	if (r)
		return r;
	if (words.n != 1 && !(words.n == 3 && strcasecmp(words.v[1], "as") == 0))
		return err_set(err, EINVAL, "FROM wants an image, or: FROM image AS name");
	b->stage = words.n == 3 ? words.v[2] : arena_printf(b->a, "%u", b->stages.n);
	b->args.n = 0;
	b->shell = (struct store_list){.v = (const char **)(uintptr_t)shell, .n = 2};
	image = stage_id(b, words.v[0]) ?: words.v[0];
	if (str_eq(image, "scratch")) {
		r = oci_conf_new(&b->conf, err);
	} else {
		r = store_resolve(b->s, b->a, image, &b->base, err);
		if (!r)
			r = commit_conf(&b->base, &b->conf, err);
		else
			err_hint(err, "take it in first: toastainer image pull docker://%s", image);
	}
	if (!r)
		r = digest_of(b->base.id, strlen(b->base.id), b->key, err);
	if (!r)
		r = take_layers(b, err);
	say(b, step, false);
	return r;
}

static int do_step(struct build *b, const struct df_step *step, struct err *err)
{
	int r;

	switch (step->op) {
	case DF_FROM: return do_from(b, step, err);
	case DF_ARG: return do_arg(b, step, !b->conf.json, err);
	case DF_SHELL: b->shell = step->words; return extend_key(b, step->text, "SHELL", err);
	case DF_RUN:
	case DF_COPY:
	case DF_ADD: return do_files(b, step, err);
	case DF_WORKDIR: r = do_set(b, step, err); return r ? r : do_files(b, step, err);
	default: return do_set(b, step, err);
	}
}

/* A file of the context; links in it lead nowhere else. */
static int read_in(struct build *b, const char *name, char **ret, struct err *err)
{
	_cleanup_close_ int fd =
		sys_openat2(b->context, name, O_RDONLY | O_NONBLOCK, RESOLVE_IN_ROOT);
	char path[64];

	if (fd < 0)
		return err_sys(err, fd, "'%s'", name);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return io_read_file(b->a, AT_FDCWD, path, FILE_MAX, ret, NULL, err);
}

/* The build file from the context, or from where it was named. */
static int read_file(struct build *b, char **ret, struct err *err)
{
	const char *file = b->rq->file;
	int r = file ? io_read_file(b->a, AT_FDCWD, file, FILE_MAX, ret, NULL, err)
		     : read_in(b, "Dockerfile", ret, err);

	return r ? err_wrap(err, "build file") : 0;
}

static int read_ignore(struct build *b, struct err *err)
{
	char *text, *save = NULL;
	int r;

	if (faccessat(b->context, ".dockerignore", R_OK, 0) < 0)
		return 0;
	r = read_in(b, ".dockerignore", &text, err);
	for (char *s = r ? NULL : strtok_r(text, "\r\n", &save); s && !r;
	     s = strtok_r(NULL, "\r\n", &save))
		if (*s && *s != '#')
			r = add(b, &b->ignore, s, err);
	return r;
}

static int build_all(struct build *b, struct err *err)
{
	struct dockerfile df;
	char *text;
	int r = read_ignore(b, err);

	if (!r)
		r = read_file(b, &text, err);
	if (!r)
		r = dockerfile_parse(b->a, text, &df, err);
	for (uint32_t i = 0; !r && i < df.n; i++) {
		r = do_step(b, &df.v[i], err);
		if (r)
			err_wrap(err, "line %u", df.v[i].line);
	}
	b->rep.layers = b->layers.n;
	return r ? r : import_finish(b->w, &b->conf, b->rq->name, b->rep.id, err);
}

int build_image(const struct store *s, const struct build_request *rq, struct import_report *ret,
		struct err *err)
{
	struct store_work w = STORE_WORK_INIT;
	struct arena a = {0};
	struct build b = {.rq = rq, .s = s, .w = &w, .a = &a, .base = STORE_IMAGE_INIT};
	_cleanup_close_ int context = sys_openat(AT_FDCWD, rq->context, O_RDONLY | O_DIRECTORY, 0);
	_cleanup_close_ int lock = FD_NONE;
	char link[STORE_NAME + 1];
	int r;

	if (context < 0)
		return err_sys(err, context, "build context '%s'", rq->context);
	b.context = context;
	r = rq->name ? store_name(rq->name, link, err) : 0;
	if (!r)
		r = build_root_private(err);
	if (!r)
		r = store_lock(s, false, &lock, err);
	if (!r)
		r = store_work_begin(s, &w, err);
	if (!r)
		r = build_all(&b, err);
	store_work_end(&w);
	store_release(&b.base);
	oci_conf_free(&b.conf);
	arena_free(&a);
	if (r)
		return err_wrap(err, "build '%s'", rq->context);
	*ret = b.rep;
	return 0;
}
