// SPDX-License-Identifier: BSD-3-Clause
/*
 * Images as the root of a jail. Called by whoever has a complete config and is about to make a plan. All
 * that an image says is the word of a stranger: it chooses what its own program gets, and nothing of the
 * host's. Fails where there is no such image, or no such user in it.
 */
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image_use.h"
#include "config/schema.h"
#include "storage/copy.h"
#include "storage/diskimage.h"
#include "storage/store.h"

static const struct setting *row_of(const char *name)
{
	return schema_find(&schema_config, name, strlen(name));
}

static bool given(const struct config *cfg, const char *name)
{
	return schema_has(&schema_config, cfg, row_of(name));
}

static int take_layers(struct config *cfg, const struct store *s, const struct store_image *img,
		       struct err *err)
{
	unsigned n = img->flat ? 1 : img->layers.n;

	cfg->layers.v = arena_alloc(&cfg->arena, (n + 1) * sizeof(*cfg->layers.v));
	if (!cfg->layers.v)
		return err_oom(err);
	for (unsigned i = 0; i < n; i++) {
		char *path = img->flat ? store_flat_path(s, &cfg->arena, img->id)
				       : store_layer_path(s, &cfg->arena, img->layers.v[n - 1 - i]);

		if (!path)
			return err_oom(err);
		cfg->layers.v[i] = path;
	}
	cfg->layers.n = n;
	return n ? 0 : err_set(err, EINVAL, "image '%s' has no layers", cfg->image);
}

/* Before the caller's, which replace them. A name alone would be the caller's own variable. */
static int take_env(struct config *cfg, const struct store_image *img, struct err *err)
{
	unsigned n = cfg->envar.n, k = 0;
	const char **all = arena_alloc(&cfg->arena, (n + img->env.n + 1) * sizeof(*all));

	if (!all)
		return err_oom(err);
	for (unsigned i = 0; i < img->env.n; i++)
		if (strchr(img->env.v[i], '=') && img->env.v[i][0] != '=')
			all[k++] = img->env.v[i];
	for (unsigned i = 0; i < n; i++)
		all[k++] = cfg->envar.v[i];
	cfg->envar.v = all;
	cfg->envar.n = cfg->envar.cap = k;
	if (k)
		schema_mark(&schema_config, cfg, row_of("envar"));
	return 0;
}

static int take_command(struct config *cfg, const struct store_image *img, struct err *err)
{
	unsigned n = img->entrypoint.n + img->cmd.n, k = 0;
	const char **argv;

	if (!n || (cfg->exec_bin.path && cfg->exec_bin.path[0]))
		return 0;
	argv = arena_alloc(&cfg->arena, (n + 1) * sizeof(*argv));
	if (!argv)
		return err_oom(err);
	for (unsigned i = 0; i < img->entrypoint.n; i++)
		argv[k++] = img->entrypoint.v[i];
	for (unsigned i = 0; i < img->cmd.n; i++)
		argv[k++] = img->cmd.v[i];
	return config_command(cfg, argv, err);
}

/* ---- the user */

enum { PASSWD_MAX = 4 << 20 };

/* read_file() - a file of the image, from the topmost layer that has the name; no links. */
static char *read_file(struct config *cfg, const char *path)
{
	for (unsigned i = 0; i < cfg->layers.n; i++) {
		_cleanup_close_ int layer =
			sys_openat(AT_FDCWD, cfg->layers.v[i], O_PATH | O_DIRECTORY, 0);
		_cleanup_close_ int dir = FD_NONE, fd = FD_NONE;
		char self[40], name[NAME_MAX + 1], *text = NULL;
		struct stat st;

		if (layer < 0)
			return NULL;
		dir = copy_parent(layer, path, false, name, sizeof(name), NULL);
		fd = dir < 0 ? dir : sys_openat(dir, name, O_PATH | O_NOFOLLOW, 0);
		if (fd < 0)
			continue;
		if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
			return NULL;
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		io_read_file(&cfg->arena, AT_FDCWD, self, PASSWD_MAX, &text, NULL, NULL);
		return text;
	}
	return NULL;
}

/*
 * find_line() - the line of passwd or group with this name, or with this number in the third field.
 * Return: its third field, or NULL; the text is left as it is.
 */
static const char *find_line(const char *text, const char *who, size_t n)
{
	while (text && *text) {
		const char *password = strchr(text, ':');
		const char *number = password ? strchr(password + 1, ':') : NULL;
		const char *end = strchrnul(text, '\n');

		if (number && number < end &&
		    (((size_t)(password - text) == n && memcmp(text, who, n) == 0) ||
		     (strcspn(number + 1, ":\n") == n && memcmp(number + 1, who, n) == 0)))
			return number + 1;
		text = *end ? end + 1 : end;
	}
	return NULL;
}

/* number_of() - digits of a name or number. Return: a string of the arena, NULL: unknown. */
static const char *number_of(struct config *cfg, const char *file, const char *who, size_t n)
{
	const char *line;

	if (n && strspn(who, "0123456789") >= n)
		return arena_dup(&cfg->arena, who, n);
	line = find_line(read_file(cfg, file), who, n);
	n = line ? strspn(line, "0123456789") : 0;
	return n && n < 11 ? arena_dup(&cfg->arena, line, n) : NULL;
}

/* group_of() - the group of a user, by passwd; "0" where it says nothing. */
static const char *group_of(struct config *cfg, const char *who, size_t n)
{
	const char *line = find_line(read_file(cfg, "etc/passwd"), who, n);
	const char *group = line ? line + strcspn(line, ":\n") : NULL;

	if (!group || *group != ':')
		return "0";
	n = strspn(group + 1, "0123456789");
	return n && n < 11 ? arena_dup(&cfg->arena, group + 1, n) : "0";
}

static int map_to(struct config *cfg, const char *which, const char *id, struct err *err)
{
	struct cfg_idmap *map;

	if (given(cfg, which))
		return 0;
	map = id ? schema_append(cfg, cfg, row_of(which)) : NULL;
	if (!map)
		return err_oom(err);
	map->inside_id = id;
	map->outside_id = "";
	map->count = 1;
	schema_mark(&schema_config, cfg, row_of(which));
	return 0;
}

/* The caller is the image's user inside; where the image names none, root. */
static int take_user(struct config *cfg, const struct store_image *img, struct err *err)
{
	const char *user = img->user && img->user[0] ? img->user : "0:0", *uid, *gid;
	size_t n = strcspn(user, ":");
	int r;

	if (given(cfg, "uidmap") && given(cfg, "gidmap"))
		return 0;
	uid = number_of(cfg, "etc/passwd", user, n);
	gid = user[n] && user[n + 1]
		      ? number_of(cfg, "etc/group", user + n + 1, strlen(user + n + 1))
		      : group_of(cfg, user, n);
	if (!uid || !gid) {
		err_set(err, ENOENT, "image '%s': its user '%s' is not in its /etc/%s", cfg->image,
			user, uid ? "group" : "passwd");
		return err_hint(err, "--user and --group say who the program is");
	}
	r = map_to(cfg, "uidmap", uid, err);
	return r < 0 ? r : map_to(cfg, "gidmap", gid, err);
}

/* Which programs serve a format, on FUSE_DEVICE_FD; the first that is there. */
static const char *server_program(enum diskimage_format format)
{
	static const char *const names[DISKIMAGE_FORMATS][2] = {
		[DISKIMAGE_SQUASHFS] = {"/usr/bin/squashfuse_ll", "/usr/bin/squashfuse"},
		[DISKIMAGE_EROFS] = {"/usr/bin/erofsfuse"},
	};

	for (unsigned i = 0; i < 2 && names[format][i]; i++)
		if (access(names[format][i], X_OK) == 0)
			return names[format][i];
	return NULL;
}

/*
 * find_server() - the command line of a jail that serves the image: it has the image, its end of the mount,
 * and what a program is loaded from; system calls only of those that computing takes.
 */
static int find_server(struct config *cfg, struct diskimage *d, struct err *err)
{
	static const char *const binds[] = {"/usr", "/lib", "/lib64", "/etc/ld.so.cache"};
	const char *program = server_program(d->format);
	const char *words[] = {"toastainer",
			       "run",
			       "-Q",
			       "--tty",
			       "off",
			       "--pass_fd",
			       "3",
			       "--pass_fd",
			       "4",
			       "--seccomp_string",
			       "USE strict_compute",
			       "--rlimit_fsize",
			       "0"};
	const char *end[] = {"--", program, "-f", "-s", "/proc/self/fd/3", "/dev/fd/4", NULL};
	const char **argv = arena_alloc(&cfg->arena, 32 * sizeof(*argv));
	unsigned n = 0;

	if (!program) {
		return err_hint(err,
				"for others than root of the machine it takes %s, which is not "
				"installed",
				d->format == DISKIMAGE_SQUASHFS ? "squashfuse" : "erofsfuse");
	}
	if (!argv)
		return err_oom(err);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		argv[n++] = words[i];
	for (size_t i = 0; i < ARRAY_SIZE(binds); i++) {
		if (access(binds[i], F_OK) < 0)
			continue;
		argv[n++] = "-R";
		argv[n++] = binds[i];
	}
	for (size_t i = 0; i < ARRAY_SIZE(end); i++)
		argv[n++] = end[i];
	d->server = (char *const *)argv;
	return 0;
}

/* use_file() - an image file is one layer, and says nothing of what is run in it. */
static int use_file(struct config *cfg, struct err *err)
{
	static const struct store_image silent = STORE_IMAGE_INIT;
	struct diskimage *d = arena_alloc(&cfg->arena, sizeof(*d));
	int r;

	cfg->layers.v = arena_alloc(&cfg->arena, sizeof(*cfg->layers.v));
	if (!d || !cfg->layers.v)
		return err_oom(err);
	r = diskimage_open(cfg->image, d, err);
	if (r < 0)
		return r;
	cfg->disk_image = d;
	r = d->way == DISKIMAGE_FUSE ? find_server(cfg, d, err) : 0;
	if (r < 0)
		return r;
	cfg->layers.v[0] = cfg->image;
	cfg->layers.n = 1;
	return take_user(cfg, &silent, err);
}

/* use_store() - an image of the store, which is held there. */
static int use_store(struct config *cfg, struct err *err)
{
	struct store store = STORE_INIT;
	struct store_image img = STORE_IMAGE_INIT;
	int r = store_open(&store, cfg->store, err);

	if (r >= 0)
		r = store_resolve(&store, &cfg->arena, cfg->image, &img, err);
	if (r >= 0)
		r = take_layers(cfg, &store, &img, err);
	if (r >= 0)
		r = take_env(cfg, &img, err);
	if (r >= 0)
		r = take_command(cfg, &img, err);
	if (r >= 0)
		r = take_user(cfg, &img, err);
	if (r >= 0 && img.cwd && img.cwd[0] == '/' && !given(cfg, "cwd")) {
		cfg->cwd = img.cwd;
		schema_mark(&schema_config, cfg, row_of("cwd"));
	}
	if (r >= 0)
		cfg->image_lock = take_fd(&img.lock);
	store_release(&img);
	store_close(&store);
	return r;
}

int image_use(struct config *cfg, struct err *err)
{
	return diskimage_is_path(cfg->image) ? use_file(cfg, err) : use_store(cfg, err);
}

int image_use_copy(const struct config *from, struct config *ret, struct err *err)
{
	int r;

	*ret = *from;
	ret->arena = (struct arena){0};
	ret->image_lock = FD_NONE;
	ret->disk_image = NULL;
	/* Lists without room are copied before they grow: those of the other config stay as they are. */
	ret->uidmap.cap = ret->uidmap.n;
	ret->gidmap.cap = ret->gidmap.n;
	ret->exec_bin.arg.cap = 0; /* this one is made anew, if at all */
	r = image_use(ret, err);
	if (r < 0)
		config_free(ret);
	return r;
}
