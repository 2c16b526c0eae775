// SPDX-License-Identifier: BSD-3-Clause
/*
 * Finding and reading images in a store. Called by whoever runs an image and by the image commands.
 * Fails when the store or the image is not there, or its files are not what we write.
 */
#include <dirent.h>
#include <sys/file.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "storage/store.h"

#define IMAGE_MAX   ((size_t)4 << 20)
#define SHORTEST_ID 12

int store_where(const char *given, char path[static PATH_MAX], struct err *err)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;

	if (given)
		n = snprintf(path, PATH_MAX, "%s", given);
	else if (geteuid() == 0)
		n = snprintf(path, PATH_MAX, "/var/lib/toastainer");
	else if (data && data[0] == '/')
		n = snprintf(path, PATH_MAX, "%s/toastainer", data);
	else if (home && home[0] == '/')
		n = snprintf(path, PATH_MAX, "%s/.local/share/toastainer", home);
	else
		return err_set(err, ENOENT,
			       "neither XDG_DATA_HOME nor HOME says where the image "
			       "store is; name it with --store");
	if (n >= PATH_MAX)
		return err_sys(err, ENAMETOOLONG, "image store '%.60s...'", path);
	return n ? 0 : err_set(err, EINVAL, "image store: the name is empty");
}

static int read_format(struct store *s, struct err *err)
{
	char text[128];
	ssize_t n = io_read_small(s->fd, "format", text, sizeof(text));

	if (n == -ENOENT)
		return err_set(err, EINVAL, "'%s' is not an image store", s->path);
	if (n < 0)
		return err_sys(err, (int)n, "read '%s/format'", s->path);
	if (str_eq(text, "toastainer store 1\nmarks trusted\n"))
		s->user = false;
	else if (str_eq(text, "toastainer store 1\nmarks user\n"))
		s->user = true;
	else
		return err_set(err, EINVAL, "'%s' is not an image store, or one of a newer version",
			       s->path);
	return 0;
}

int store_open(struct store *s, const char *given, struct err *err)
{
	char name[PATH_MAX], link[64];
	struct store new = STORE_INIT;
	ssize_t n;
	int r = store_where(given, name, err);

	if (r)
		return r;
	new.fd = sys_openat(AT_FDCWD, name, O_RDONLY | O_DIRECTORY, 0);
	if (new.fd < 0) {
		err_sys(err, new.fd, "image store '%s'", name);
		if (new.fd == -ENOENT)
			err_hint(err, "`toastainer image import FILE NAME` makes one");
		return new.fd;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", new.fd);
	n = readlink(link, new.path, sizeof(new.path) - 1);
	if (n < 0)
		r = err_sys(err, errno, "read link '%s': is /proc mounted?", link);
	else
		new.path[n] = 0;
	if (!r)
		r = read_format(&new, err);
	if (r)
		store_close(&new);
	else
		*s = new;
	return r;
}

void store_close(struct store *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = FD_NONE;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int store_name(const char *name, char *out, struct err *err)
{
	const char *tag = strrchr(name, ':');
	size_t n = strlen(name);
	bool first = true;

	if (tag && strchr(tag, '/')) /* of a port: "localhost:5000/name" */
		tag = NULL;
	if (!n || n + (tag ? 0 : strlen(":latest")) > STORE_NAME)
		return err_set(err, EINVAL, "image name '%.60s': %s", name,
			       n ? "it is too long" : "it is empty");
	for (const char *p = name; *p; p++) {
		bool inner = strchr("._-+", *p) && !first;

		/* "+" is what we write for "/": two names must not become one. */
		if (*p == '+' || !(is_word(*p) || inner || (strchr("/:", *p) && !first)))
			return err_set(err, EINVAL, "image name '%.60s': '%c' may not be there",
				       name, *p);
		first = *p == '/' || *p == ':';
		out[p - name] = *p == '/' ? '+' : *p;
	}
	if (first)
		return err_set(err, EINVAL, "image name '%.60s': it is not complete", name);
	snprintf(out + n, STORE_NAME + 1 - n, "%s", tag ? "" : ":latest");
	return 0;
}

bool store_is_hash(const char *s)
{
	return strspn(s, "0123456789abcdef") == STORE_HASH && !s[STORE_HASH];
}

/* The beginning of an id: the one image that has it. */
static int find_prefix(const struct store *s, const char *prefix, char *ret_id, struct err *err)
{
	int fd = sys_openat(s->fd, "images", O_RDONLY | O_DIRECTORY, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	unsigned found = 0;

	if (!dir) {
		int r = err_sys(err, fd < 0 ? fd : errno, "read '%s/images'", s->path);

		if (fd >= 0)
			close(fd);
		return r;
	}
	for (const struct dirent *e; (e = readdir(dir));)
		if (store_is_hash(e->d_name) && str_starts(e->d_name, prefix)) {
			memcpy(ret_id, e->d_name, STORE_HASH + 1);
			found++;
		}
	closedir(dir);
	if (found > 1)
		return err_set(err, ENOTUNIQ, "'%s' is the beginning of %u images", prefix, found);
	return found ? 0 : -ENOENT;
}

static int find_name(const struct store *s, const char *name, char *ret_id, struct err *err)
{
	static const char to[] = "../images/";
	char path[STORE_NAME + 16] = "names/", text[PATH_MAX];
	ssize_t n;
	int r = store_name(name, path + strlen(path), err);

	if (r)
		return r;
	n = readlinkat(s->fd, path, text, sizeof(text) - 1);
	if (n < 0)
		return errno == ENOENT ? -ENOENT
				       : err_sys(err, errno, "read '%s/%s'", s->path, path);
	text[n] = 0;
	if (!str_starts(text, to) || !store_is_hash(text + strlen(to)))
		return err_set(err, EINVAL, "'%s/%s' leads to no image", s->path, path);
	memcpy(ret_id, text + strlen(to), STORE_HASH + 1);
	return 0;
}

int store_find(const struct store *s, const char *name, char ret_id[static STORE_HASH + 1],
	       struct err *err)
{
	const char *id = str_starts(name, "sha256:") ? name + strlen("sha256:") : name;
	size_t n = strspn(id, "0123456789abcdef");
	char found[STORE_HASH + 1];
	int r = -ENOENT;

	if (id == name)
		r = find_name(s, name, found, err);
	if (r == -ENOENT && n >= SHORTEST_ID && n <= STORE_HASH && !id[n])
		r = find_prefix(s, id, found, err);
	if (r == -ENOENT) {
		err_set(err, ENOENT, "there is no image '%s' in '%s'", name, s->path);
		return err_hint(err, "`toastainer image ls` lists them");
	}
	if (!r)
		memcpy(ret_id, found, sizeof(found));
	return r;
}

/* "\n" and "\\" in place. */
static void unescape(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (s[0] == '\\' && (s[1] == 'n' || s[1] == '\\'))
			*out++ = *++s == 'n' ? '\n' : '\\';
		else
			*out++ = *s;
	}
	*out = 0;
}

static int add(struct arena *a, struct store_list *l, const char *s, struct err *err)
{
	const char **v = arena_grow(a, l->v, l->n, &l->cap, sizeof(*v));

	if (!v)
		return err_oom(err);
	l->v = v;
	v[l->n++] = s;
	return 0;
}

static int parse_line(struct arena *a, char *line, struct store_image *ret, struct err *err)
{
	const struct {
		const char *word;
		struct store_list *list;
		const char **one;
	} words[] = {
		{"layer", &ret->layers, NULL}, {"env", &ret->env, NULL},
		{"cmd", &ret->cmd, NULL},      {"entrypoint", &ret->entrypoint, NULL},
		{"label", &ret->labels, NULL}, {"cwd", NULL, &ret->cwd},
		{"user", NULL, &ret->user},    {"created", NULL, &ret->created},
	};
	char *text = strchr(line, ' ');

	if (!text)
		return *line ? err_set(err, EINVAL, "a line without a value") : 0;
	*text++ = 0;
	unescape(text);
	if (str_eq(line, "size") || str_eq(line, "flat")) {
		ret->flat |= line[0] == 'f';
		return str_u64(text, UINT64_MAX, line[0] == 'f' ? &ret->flat_entries : &ret->size)
			       ? err_set(err, EINVAL, "%s '%.40s'", line, text)
			       : 0;
	}
	if (str_eq(line, "layer") && (!store_is_hash(text) || ret->layers.n >= STORE_LAYERS))
		return err_set(err, EINVAL, "layer '%.80s': not a hash, or too many", text);
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		if (!str_eq(line, words[i].word))
			continue;
		if (words[i].list)
			return add(a, words[i].list, text, err);
		*words[i].one = text;
	}
	return 0;
}

int store_parse(struct arena *a, char *text, struct store_image *ret, struct err *err)
{
	struct store_image img = STORE_IMAGE_INIT;
	char *save = NULL;
	int r = 0;

	for (char *line = strtok_r(text, "\n", &save); line && !r;
	     line = strtok_r(NULL, "\n", &save))
		r = parse_line(a, line, &img, err);
	if (!r)
		*ret = img;
	return r;
}

/*
 * The lock first, then the reading: who removes an image has it locked exclusively and unlinks the
 * file "image" first, so what can be read under the lock stays.
 */
static int hold(const struct store *s, const char *id, int *ret, struct err *err)
{
	char path[STORE_HASH + 16];
	_cleanup_close_ int fd = FD_NONE;

	snprintf(path, sizeof(path), "images/%s", id);
	fd = sys_openat(s->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return err_sys(err, fd, "image '%.12s' in '%s'", id, s->path);
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			       ? err_set(err, EBUSY, "image '%.12s' is being removed", id)
			       : err_sys(err, errno, "lock image '%.12s'", id);
	*ret = take_fd(&fd);
	return 0;
}

int store_resolve(const struct store *s, struct arena *a, const char *name, struct store_image *ret,
		  struct err *err)
{
	struct store_image img = STORE_IMAGE_INIT;
	_cleanup_close_ int lock = FD_NONE;
	char id[STORE_HASH + 1], *text;
	int r = store_find(s, name, id, err);

	if (!r)
		r = hold(s, id, &lock, err);
	if (!r)
		r = io_read_file(a, lock, "image", IMAGE_MAX, &text, NULL, err);
	if (!r)
		r = store_parse(a, text, &img, err);
	if (r)
		return err_wrap(err, "image '%s'", name);
	memcpy(img.id, id, sizeof(id));
	img.lock = take_fd(&lock);
	*ret = img;
	return 0;
}

void store_release(struct store_image *img)
{
	if (img->lock >= 0)
		close(img->lock);
	img->lock = FD_NONE;
}

char *store_layer_path(const struct store *s, struct arena *a, const char *hash)
{
	return arena_printf(a, "%s/layers/%s/tree", s->path, hash);
}

char *store_flat_path(const struct store *s, struct arena *a, const char *id)
{
	return arena_printf(a, "%s/images/%s/flat/tree", s->path, id);
}
