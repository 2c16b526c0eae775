// SPDX-License-Identifier: BSD-3-Clause
/*
 * COPY and ADD. Called by image/build. Sources are opened below the context (or another image) with
 * links leading inside only; destinations likewise below the new root, and written as an archive's
 * files are (image/unpack). Fails when a source is missing, or a destination leads through a link that
 * the copied tree itself would write through.
 */
#include <fnmatch.h>

#include "base/str.h"
#include "base/sys.h"
#include "image/build.h"
#include "image/digest.h"
#include "image/tarsrc.h"

/* struct item - one source */
struct item {
	int dir;	  /* it, or the directory of the file */
	const char *file; /* NULL: all of the directory */
	const char *path; /* in the context, for .dockerignore */
	bool archive;	  /* of ADD: unpacked */
};

struct build_copy {
	const struct df_step *step;
	struct item *v;
	uint32_t n, cap;
	const char *dst;
	bool to_dir;		 /* the destination is a directory by its spelling */
	struct build_root other; /* of --from */
	struct store_image from;
	const struct store_list *ignore;
};

/* "a", "*.o", "dir/", "!keep", "**" and a slash before a name: as .dockerignore has them. */
static bool matches(const char *pattern, const char *path)
{
	size_t n = strlen(pattern);
	char buf[PATH_MAX];

	while (*pattern == '/')
		pattern++, n--;
	if (n >= sizeof(buf))
		return false;
	memcpy(buf, pattern, n + 1);
	while (n && (buf[n - 1] == '/' || buf[n - 1] == ' '))
		buf[--n] = 0;
	if (str_starts(buf, "**/")) {
		for (const char *p = path; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL)
			if (matches(buf + 3, p))
				return true;
		return false;
	}
	/* A directory that matches takes along what is in it. */
	for (const char *end = path + strcspn(path, "/");; end += 1 + strcspn(end + 1, "/")) {
		char part[PATH_MAX];

		snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
		if (fnmatch(buf, part, FNM_PATHNAME) == 0)
			return true;
		if (!*end)
			return false;
	}
}

static bool ignored(void *arg, const char *path, bool dir)
{
	const struct store_list *l = arg;
	bool skip = false, again = false;

	for (uint32_t i = 0; i < l->n; i++) {
		bool back = l->v[i][0] == '!';

		again |= back;
		if (matches(l->v[i] + back, path))
			skip = !back;
	}
	/* Something in the directory may be wanted nevertheless. */
	return skip && !(dir && again);
}

static int open_source(struct build *b, struct build_copy *c, struct err *err)
{
	const char *from = c->step->from, *id = from;
	int r;

	if (!from)
		return 0;
	for (uint32_t i = 0; i < b->stages.n; i++) {
		size_t n = strlen(from);

		if (strncmp(b->stages.v[i], from, n) == 0 && b->stages.v[i][n] == '=')
			id = b->stages.v[i] + n + 1;
	}
	r = store_resolve(b->s, b->a, id, &c->from, err);
	return r ? r : build_root_open(&c->other, b->w, "from", &c->from.layers, false, err);
}

static int add_item(struct build *b, struct build_copy *c, int root, const char *path,
		    struct err *err)
{
	struct item *v = arena_grow(b->a, c->v, c->n, &c->cap, sizeof(*v));
	char *parent = arena_strdup(b->a, path), *slash = strrchr(path, '/');
	_cleanup_close_ int fd = FD_NONE;
	struct stat st;

	if (!v || !parent)
		return err_oom(err);
	c->v = v;
	v += c->n;
	fd = sys_openat2(root, *path ? path : "/", O_RDONLY | O_NONBLOCK, RESOLVE_IN_ROOT);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, fd < 0 ? fd : errno, "'%s'", path);
	*v = (struct item){.dir = FD_NONE, .path = path};
	if (S_ISDIR(st.st_mode)) {
		v->dir = take_fd(&fd);
		c->n++;
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "'%s' is neither a file nor a directory", path);
	/* A link: what it leads to is copied, so that is what we go to. */
	v->file = slash ? slash + 1 : path;
	parent[slash ? slash - path : 0] = 0;
	v->dir = sys_openat2(root, *parent ? parent : "/", O_RDONLY | O_DIRECTORY, RESOLVE_IN_ROOT);
	if (v->dir < 0)
		return err_sys(err, v->dir, "'%s'", path);
	v->archive = c->step->op == DF_ADD && import_is_archive(fd);
	c->n++;
	return 0;
}

/* A pattern in the last component. */
static int add_matching(struct build *b, struct build_copy *c, int root, char *path,
			struct err *err)
{
	char *slash = strrchr(path, '/');
	const char *pattern = slash ? slash + 1 : path;
	_cleanup_close_ int fd = FD_NONE;
	struct walk_list l;
	uint32_t before = c->n;
	int r;

	if (slash)
		*slash = 0;
	fd = sys_openat2(root, slash && *path ? path : "/", O_RDONLY | O_DIRECTORY,
			 RESOLVE_IN_ROOT);
	if (fd < 0)
		return err_sys(err, fd, "'%s'", slash ? path : ".");
	r = walk_list_read(fd, &l, err);
	if (r)
		return r;
	for (size_t i = 0; i < l.n && !r; i++) {
		char *full;

		if (fnmatch(pattern, l.v[i], FNM_PERIOD) != 0)
			continue;
		full = slash ? arena_printf(b->a, "%s/%s", path, l.v[i])
			     : arena_strdup(b->a, l.v[i]);
		if (!full)
			r = err_oom(err);
		else if (c->step->from || !ignored(&b->ignore, full, false))
			r = add_item(b, c, root, full, err);
	}
	walk_list_free(&l);
	if (!r && c->n == before)
		r = err_set(err, ENOENT, "nothing in the context is '%s'", pattern);
	return r;
}

static int add_source(struct build *b, struct build_copy *c, int root, const char *word,
		      struct err *err)
{
	char *path = arena_alloc(b->a, PATH_MAX);
	int r;

	if (!path)
		return err_oom(err);
	if (strstr(word, "://") || str_starts(word, "git@"))
		return err_set(err, ENOTSUP, "'%s': only files of the context can be added", word);
	r = unpack_path(word, path, err);
	if (r)
		return err_wrap(err, "'%s'", word);
	if (strpbrk(path, "*?["))
		return add_matching(b, c, root, path, err);
	if (!c->step->from && *path && ignored(&b->ignore, path, false)) {
		struct store_list *l = &b->ignore;

		if (!ignored(l, path, true))
			return add_item(b, c, root, path, err);
		return err_set(err, ENOENT, "'%s' is left out by .dockerignore", word);
	}
	return add_item(b, c, root, path, err);
}

static void rules_of(const struct build_copy *c, const struct item *it, struct pack_rules *rules)
{
	char *slash = strrchr(c->dst, '/');

	*rules = (struct pack_rules){
		.no_devices = true,
		.only = it->file,
		.as = c->to_dir || !slash ? it->file : slash + 1,
	};
	if (!it->file && !c->step->from && c->ignore->n) {
		rules->skip = ignored;
		rules->skip_arg = (void *)(uintptr_t)c->ignore;
		rules->prefix = it->path; /* with its slash */
	}
}

static int open_file(const struct item *it)
{
	return sys_openat2(it->dir, it->file, O_RDONLY | O_NONBLOCK, RESOLVE_IN_ROOT);
}

static int hash_item(struct build_copy *c, const struct item *it, struct digest *d, struct err *err)
{
	struct tarsrc src = TARSRC_INIT;
	struct pack_rules rules;
	char hash[STORE_HASH + 1];
	int r;

	rules_of(c, it, &rules);
	rules.no_times = true;
	if (rules.only)
		rules.as = rules.only;
	r = tarsrc_dir(&src, it->dir, &rules, err);
	if (!r)
		r = tarsrc_end(&src, hash, err);
	tarsrc_stop(&src);
	if (!r)
		digest_add(d, hash, STORE_HASH);
	return r ? err_wrap(err, "'%s'", it->path) : 0;
}

static int find_sources(struct build *b, struct build_copy *c, struct err *err)
{
	const struct df_step *step = c->step;
	struct store_image img = STORE_IMAGE_INIT;
	struct store_list words = step->words;
	struct df_vars vars = {0};
	const char *text;
	int r = build_vars(b, &img, &vars, err);

	if (!r && !step->list) {
		r = dockerfile_expand(b->a, step->text, &vars, &text, err);
		if (!r)
			r = dockerfile_words(b->a, text, &words, err);
	}
	if (!r && words.n < 2)
		r = err_set(err, EINVAL, "%s wants sources and a destination",
			    dockerfile_op_name(step->op));
	if (r)
		return r;
	c->dst = words.v[words.n - 1];
	if (c->dst[0] != '/')
		c->dst = arena_printf(b->a, "%s/%s", img.cwd ? img.cwd : "", c->dst);
	if (!c->dst)
		return err_oom(err);
	r = open_source(b, c, err);
	for (uint32_t i = 0; i + 1 < words.n && !r; i++)
		r = add_source(b, c, step->from ? c->other.fd : b->context, words.v[i], err);
	text = strrchr(c->dst, '/');
	c->to_dir = c->n > 1 || !text[1] || str_eq(text, "/.") || str_eq(text, "/..");
	return r;
}

int build_copy_prepare(struct build *b, const struct df_step *step, struct build_copy **ret,
		       char hash[STORE_HASH + 1], struct err *err)
{
	struct build_copy *c = arena_alloc(b->a, sizeof(*c));
	struct digest d = {0};
	int r;

	if (!c)
		return err_oom(err);
	c->step = step;
	c->other = (struct build_root)BUILD_ROOT_INIT;
	c->from = (struct store_image)STORE_IMAGE_INIT;
	c->ignore = &b->ignore;
	*ret = c;
	r = find_sources(b, c, err);
	if (!r)
		r = digest_begin(&d, err);
	for (uint32_t i = 0; i < c->n && !r; i++) {
		if (!c->v[i].file && *c->v[i].path)
			c->v[i].path = arena_printf(b->a, "%s/", c->v[i].path);
		r = c->v[i].path ? hash_item(c, &c->v[i], &d, err) : err_oom(err);
	}
	digest_add(&d, c->dst ?: "", r ? 0 : strlen(c->dst));
	digest_end(&d, r ? NULL : hash);
	return r;
}

static int put_item(struct build *b, struct build_copy *c, const struct item *it, int dest,
		    const struct unpack_rules *rules, struct err *err)
{
	struct unpack *u = mem_alloc(sizeof(*u));
	_cleanup_close_ int fd = it->archive ? open_file(it) : FD_NONE;
	struct tarsrc src = TARSRC_INIT;
	char hash[STORE_HASH + 1];
	struct pack_rules pack;
	mode_t mask;
	int r;

	if (!u)
		return err_oom(err);
	u->root = dest;
	u->rules = rules;
	rules_of(c, it, &pack);
	if (it->archive)
		r = fd < 0 ? err_sys(err, fd, "open")
			   : tarsrc_file(&src, fd, rules->max_bytes, err);
	else
		r = tarsrc_dir(&src, it->dir, &pack, err);
	mask = umask(0);
	if (!r)
		r = tarsrc_unpack(&src, u, err);
	umask(mask);
	if (!r)
		r = tarsrc_end(&src, hash, err);
	tarsrc_stop(&src);
	b->rep.devices_skipped += u->devices_skipped;
	unpack_end(u);
	free(u);
	return r ? err_wrap(err, "'%s'", it->path) : 0;
}

/* Where to: the directory itself, or the one of the file's new name. */
static int open_dest(struct build_copy *c, const struct item *it, int root, struct err *err)
{
	_cleanup_close_ int fd = FD_NONE;
	char parent[PATH_MAX];

	if (it->file && !it->archive && !c->to_dir) {
		fd = sys_openat2(root, c->dst, O_RDONLY | O_DIRECTORY, RESOLVE_IN_ROOT);
		if (fd >= 0) {
			c->to_dir = true;
			return take_fd(&fd);
		}
		snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(c->dst, '/') - c->dst),
			 c->dst);
		return build_root_mkdirs(root, parent, err);
	}
	return build_root_mkdirs(root, c->dst, err);
}

int build_copy_do(struct build *b, struct build_copy *c, const struct build_root *root,
		  struct err *err)
{
	struct unpack_rules rules = b->rq->import.rules;
	uint64_t mode = 0;
	int r = 0;

	rules.one_id = b->rq->one_id;
	/* From another image owners come along; those of the context mean nothing here. */
	rules.give = !c->step->from;
	if (c->step->chown) {
		const char *home;

		rules.give = true;
		r = build_user(b, root->fd, c->step->chown, &rules.uid, &rules.gid, &home, err);
	}
	if (!r && c->step->chmod) {
		char octal[16];

		snprintf(octal, sizeof(octal), "0%s", c->step->chmod);
		if (str_u64(octal, 07777, &mode))
			r = err_set(err, EINVAL, "--chmod=%s", c->step->chmod);
		rules.mode = (mode_t)mode;
	}
	for (uint32_t i = 0; i < c->n && !r; i++) {
		struct unpack_rules mine = rules;
		_cleanup_close_ int dest = open_dest(c, &c->v[i], root->fd, err);

		mine.give = rules.give && (!c->v[i].archive || c->step->chown);
		r = dest < 0 ? dest : put_item(b, c, &c->v[i], dest, &mine, err);
	}
	return r;
}

void build_copy_end(struct build_copy *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->n; i++)
		defs_closep(&c->v[i].dir);
	build_root_close(&c->other);
	store_release(&c->from);
}
