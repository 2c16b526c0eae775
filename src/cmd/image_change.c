// SPDX-License-Identifier: BSD-3-Clause
/*
 * `toastainer image` export, commit, diff, apply, cp and shift. Called through the table in cmd/image_store.c.
 */
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "cmd/image_store.h"
#include "image/build_root.h"
#include "image/commit.h"
#include "image/export.h"
#include "image/shift.h"
#include "image/view.h"
#include "storage/copyfile.h"

int image_cmd_export(const struct image_args *args, const struct store *s, struct err *err)
{
	struct export_request rq = {
		.name = args->argv[0],
		.file = args->argv[1],
		.one_id = args->one_id,
		.progress = image_progress,
	};
	struct image_meter meter;
	int r = args->format ? export_format(args->format, &rq.format, err) : 0;

	if (!r && args->compress)
		r = export_compress(args->compress, &rq.compress, err);
	if (r)
		return r;
	image_meter_begin(&meter, args, "export");
	rq.progress_arg = &meter;
	r = export_image(s, &rq, err);
	image_meter_end(&meter);
	return r;
}

int image_cmd_commit(const struct image_args *args, const struct store *s, struct err *err)
{
	struct commit_request rq = {
		.base = args->base,
		.upper = args->upper,
		.name = args->argv[0],
		.message = args->message,
		.changes = args->changes,
		.move = args->move,
		.import.rules = args->rules,
		.import.progress = image_progress,
	};
	struct import_report rep;
	struct image_meter meter;
	int r;

	if (!rq.base && !rq.upper)
		return err_set(err, EINVAL, "image commit: --base IMAGE, --upper DIR, or both");
	rq.import.rules.devices = DEVICES_KEEP; /* they were made on this machine, by its rules */
	image_meter_begin(&meter, args, "commit");
	rq.import.progress_arg = &meter;
	r = commit_image(s, &rq, &rep, err);
	image_meter_end(&meter);
	if (!r)
		image_report(args, args->argv[0], &rep);
	return r;
}

int image_cmd_shift(const struct image_args *args, const struct store *s, struct err *err)
{
	struct import_report rep;
	char size[32];
	int r = args->one_id ? err_set(err, EPERM, "other owners need root") : 0;

	if (!r)
		r = shift_image(s, args->argv[0], args->argv[1], args->argv[2], &rep, err);
	if (!r && args->json)
		printf("{\"id\":\"%s\",\"layers\":%u,\"layers_new\":%u,\"bytes\":%llu,\"entries\":%"
		       "llu}\n",
		       rep.id, rep.layers, rep.layers_new, (unsigned long long)rep.bytes,
		       (unsigned long long)rep.entries);
	else if (!r)
		printf("image %.12s: %u of %u layers copied, %s in %llu entries\n", rep.id,
		       rep.layers_new, rep.layers, image_size(rep.bytes, size),
		       (unsigned long long)rep.entries);
	return r;
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return "file";
	case S_IFDIR: return "directory";
	case S_IFLNK: return "link";
	case S_IFIFO: return "pipe";
	case S_IFSOCK: return "socket";
	default: return "device";
	}
}

static void put_side(struct sbuf *b, const char *key, const struct view_entry *e)
{
	sbuf_printf(b, ",\"%s\":", key);
	if (!e) {
		sbuf_puts(b, "null");
		return;
	}
	sbuf_printf(b, "{\"type\":\"%s\",\"mode\":\"%04o\",\"uid\":%u,\"gid\":%u,\"size\":%llu}",
		    type_name(e->st.st_mode), e->st.st_mode & 07777, e->st.st_uid, e->st.st_gid,
		    S_ISREG(e->st.st_mode) ? (unsigned long long)e->st.st_size : 0ULL);
}

struct telling {
	bool json;
	uint64_t n;
};

/* A name may hold whatever a terminal obeys: it is printed as JSON in either form. */
static int tell(void *arg, enum view_change what, const struct view_entry *old,
		const struct view_entry *now)
{
	static const char *const words[] = {"added", "changed", "deleted"};
	const struct view_entry *e = now ? now : old;
	_cleanup_sbuf_ struct sbuf b = {0}, path = {0};
	struct telling *t = arg;

	sbuf_printf(&path, "/%s", e->path);
	if (t->json) {
		sbuf_printf(&b, "%s{\"change\":\"%s\",\"path\":", t->n ? ",\n" : "", words[what]);
		sbuf_json(&b, path.s);
		put_side(&b, "old", old);
		put_side(&b, "new", now);
		sbuf_puts(&b, "}");
	} else {
		sbuf_printf(&b, "%c %04o %10llu ", "ACD"[what], e -> st.st_mode & 07777,
			    S_ISREG(e->st.st_mode) ? (unsigned long long)e->st.st_size : 0ULL);
		sbuf_json(&b, path.s);
		sbuf_puts(&b, "\n");
	}
	if (b.failed || path.failed)
		return -ENOMEM;
	fputs(b.s, stdout);
	t->n++;
	return 0;
}

static int compare(const struct image_args *args, const struct view *old, const struct view *now,
		   struct err *err)
{
	struct telling t = {.json = args->json};
	int r;

	if (t.json)
		fputs("[", stdout);
	r = view_compare(old, now, tell, &t, err);
	if (t.json)
		fputs("]\n", stdout);
	return r;
}

/* NAME: its top layer; NAME OTHER: from one to the other; NAME --upper DIR: what the directory does. */
int image_cmd_diff(const struct image_args *args, const struct store *s, struct err *err)
{
	struct store_image a = STORE_IMAGE_INIT, b = STORE_IMAGE_INIT;
	_cleanup_close_ int upper = FD_NONE;
	struct view old = {0}, now = {0};
	struct arena arena = {0};
	uint32_t below;
	int r = 0;

	if (args->upper && args->argc > 1)
		return err_set(err, EINVAL, "image diff: a second image, or --upper DIR");
	if (args->upper) {
		upper = sys_openat(AT_FDCWD, args->upper, O_RDONLY | O_DIRECTORY, 0);
		r = upper < 0 ? err_sys(err, upper, "upper directory '%s'", args->upper) : 0;
	}
	if (!r)
		r = store_resolve(s, &arena, args->argv[0], &a, err);
	if (!r && args->argc > 1)
		r = store_resolve(s, &arena, args->argv[1], &b, err);
	below = args->argc > 1 || args->upper || !a.layers.n ? a.layers.n : a.layers.n - 1;
	if (!r)
		r = view_open(s, &arena, &a, below, FD_NONE, &old, err);
	if (!r && args->argc > 1)
		r = view_open(s, &arena, &b, b.layers.n, FD_NONE, &now, err);
	else if (!r)
		r = view_open(s, &arena, &a, a.layers.n, take_fd(&upper), &now, err);
	if (!r)
		r = compare(args, &old, &now, err);
	view_close(&old);
	view_close(&now);
	store_release(&a);
	store_release(&b);
	arena_free(&arena);
	return r;
}

int image_cmd_apply(const struct image_args *args, const struct store *s, struct err *err)
{
	struct store_image img = STORE_IMAGE_INIT, base = STORE_IMAGE_INIT;
	_cleanup_close_ int dir = FD_NONE;
	struct arena a = {0};
	int r = store_resolve(s, &a, args->argv[0], &img, err);

	if (!r && args->base)
		r = store_resolve(s, &a, args->base, &base, err);
	if (!r) {
		dir = sys_openat(AT_FDCWD, args->argv[1], O_RDONLY | O_DIRECTORY, 0);
		r = dir < 0 ? err_sys(err, dir, "'%s'", args->argv[1]) : 0;
	}
	if (!r)
		r = export_apply(s, &img, args->base ? &base : NULL, dir, args->one_id, err);
	store_release(&img);
	store_release(&base);
	arena_free(&a);
	return r ? err_wrap(err, "apply '%s'", args->argv[0]) : 0;
}

/* copy_from() - out of the layers, mounted one over the other for us alone. */
static int copy_from(const struct image_args *args, const struct store_work *w,
		     const struct store_image *img, const char *path, struct err *err)
{
	struct copy c = {.limit = args->limit,
			 .left = args->limit,
			 .files_left = COPY_FILES_MAX,
			 .proc = sys_openat(AT_FDCWD, "/proc/self/fd", O_PATH | O_DIRECTORY, 0)};
	struct build_root root = BUILD_ROOT_INIT;
	int r = c.proc < 0 ? err_sys(err, c.proc, "open /proc/self/fd") : 0;

	if (!r)
		r = build_root_private(err);
	if (!r)
		r = build_root_open(&root, w, "cp", &img->layers, false, err);
	if (!r)
		r = copyfile_out(&c, root.fd, path, args->argv[1], err);
	build_root_close(&root);
	defs_closep(&c.proc);
	if (!r && c.skipped)
		log_warn("%lu links, devices, sockets and pipes were left out", c.skipped);
	return r;
}

int image_cmd_cp(const struct image_args *args, const struct store *s, struct err *err)
{
	struct store_image img = STORE_IMAGE_INIT;
	struct store_work w = STORE_WORK_INIT;
	_cleanup_close_ int lock = FD_NONE;
	const char *path = strstr(args->argv[0], ":/"), *name;
	struct arena a = {0};
	int r;

	if (!path || path == args->argv[0])
		return err_set(err, EINVAL, "image cp: '%s' is not IMAGE:/PATH", args->argv[0]);
	name = arena_dup(&a, args->argv[0], (size_t)(path - args->argv[0]));
	r = name ? store_lock(s, false, &lock, err) : err_oom(err);
	if (!r)
		r = store_resolve(s, &a, name, &img, err);
	if (!r)
		r = store_work_begin(s, &w, err);
	if (!r)
		r = copy_from(args, &w, &img, path + 1, err);
	store_work_end(&w);
	store_release(&img);
	arena_free(&a);
	return r;
}
