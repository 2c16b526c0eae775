// SPDX-License-Identifier: BSD-3-Clause
/*
 * `toastainer image pull`, `image bootstrap -t` and `image shell --commit`: images that come from
 * elsewhere than a file. Called through the table in cmd/image_store.c and by cmd/image.c.
 */
#include <locale.h>

#include "base/log.h"
#include "base/sys.h"
#include "cmd/commands.h"
#include "cmd/image_pull.h"
#include "cmd/image_store.h"
#include "image/build_root.h"
#include "image/commit.h"
#include "image/ownns.h"
#include "image/tool.h"

#define TRANSPORT "docker://"

/* Where nobody said whose signatures he wants, skopeo refuses to work at all. */
static bool has_policy(void)
{
	const char *home = getenv("HOME");
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/.config/containers/policy.json", home ? home : "");
	return access("/etc/containers/policy.json", R_OK) == 0 || access(path, R_OK) == 0;
}

static int run_skopeo(const struct image_args *args, bool user, const char *to, struct err *err)
{
	struct tool_signals signals;
	struct arena a = {0};
	const char *argv[16], *program = tool_find(&a, "skopeo");
	unsigned n = 0;
	int null, r;

	if (!program) {
		arena_free(&a);
		err_set(err, ENOENT, "skopeo is not installed, and it does the pulling");
		return err_hint(err, "apt-get install skopeo; or take in an archive of `docker "
				     "save`: toastainer image import FILE NAME");
	}
	argv[n++] = program;
	if (!has_policy())
		argv[n++] = "--insecure-policy";
	argv[n++] = "copy";
	argv[n++] = "--quiet";
	if (args->plain_http)
		argv[n++] = "--src-tls-verify=false";
	if (args->authfile) {
		argv[n++] = "--src-authfile";
		argv[n++] = args->authfile;
	}
	argv[n++] = "--"; /* the name is the caller's, who may have it from others */
	argv[n++] = args->argv[0];
	argv[n++] = to;
	argv[n] = NULL;
	/* We may be root of a user namespace only: its files are not those of the machine's root. */
	if (user)
		setenv("_CONTAINERS_ROOTLESS_UID", "1", 0);
	null = sys_openat(AT_FDCWD, "/dev/null", O_WRONLY, 0);
	tool_hold_signals(&signals);
	r = tool_run(&signals, argv, null, false, err);
	tool_release_signals(&signals);
	defs_closep(&null);
	arena_free(&a);
	return r;
}

int image_cmd_pull(const struct image_args *args, const struct store *s, struct err *err)
{
	const char *ref = args->argv[0];
	struct import_request rq = {
		.name = args->argc > 1 ? args->argv[1] : ref + strlen(TRANSPORT),
		.format = IMPORT_OCI,
		.rules = args->rules,
		.progress = image_progress,
	};
	struct store_work w = STORE_WORK_INIT;
	char dir[PATH_MAX], to[PATH_MAX + 8], link[STORE_NAME + 1];
	struct import_report rep;
	struct image_meter meter;
	int r;

	if (!str_starts(ref, TRANSPORT) || !ref[strlen(TRANSPORT)])
		return err_set(err, EINVAL, "image pull: '%s' is not docker://NAME", ref);
	r = store_name(rq.name, link, err);
	if (!r)
		r = store_work_begin(s, &w, err);
	if (r)
		return r;
	image_meter_begin(&meter, args, "pull");
	rq.progress_arg = &meter;
	if (snprintf(dir, sizeof(dir), "%s/tmp/%s/pull", s->path, w.name) >= (int)sizeof(dir))
		r = err_sys(err, ENAMETOOLONG, "image store '%.60s...'", s->path);
	snprintf(to, sizeof(to), "oci:%s", dir);
	rq.file = dir;
	if (!r)
		r = run_skopeo(args, s->user, to, err);
	if (!r)
		r = import_image(s, &rq, &rep, err);
	image_meter_end(&meter);
	store_work_end(&w);
	if (!r)
		image_report(args, rq.name, &rep);
	return r ? err_wrap(err, "pull '%s'", ref) : 0;
}

/* struct place - a store to make something in, for commands that are not in the table */
struct place {
	struct store store;
	struct store_work work;
	struct image_args args; /* for image_report() */
	int lock;
};

#define PLACE_INIT                                                                                 \
	{                                                                                          \
		.store = STORE_INIT, .work = STORE_WORK_INIT, .lock = FD_NONE                      \
	}

static int place_open(struct place *p, const char *store, struct err *err)
{
	char path[PATH_MAX];
	int r = store_where(store, path, err);

	setlocale(LC_CTYPE, "C.UTF-8");
	if (!r)
		r = ownns_enter(&p->args.one_id, err);
	if (!r)
		r = store_make(&p->store, path, err);
	if (!r)
		r = store_lock(&p->store, false, &p->lock, err);
	return r ? r : store_work_begin(&p->store, &p->work, err);
}

static void place_close(struct place *p)
{
	store_work_end(&p->work);
	store_close(&p->store);
	defs_closep(&p->lock);
}

static int import_dir(struct place *p, const char *dir, const char *name, struct import_report *rep,
		      struct err *err)
{
	const struct import_request rq = {
		.file = dir,
		.name = name,
		.format = IMPORT_DIR,
		.rules = {.max_bytes = UINT64_MAX,
			  .max_entries = UINT64_MAX,
			  .one_id = p->args.one_id},
	};

	return import_image(&p->store, &rq, rep, err);
}

int image_bootstrap_to_store(struct bootstrap_request *rq, const char *store, const char *name,
			     struct bootstrap_report *ret, struct err *err)
{
	struct place p = PLACE_INIT;
	struct import_report rep;
	char dir[PATH_MAX + 64], link[STORE_NAME + 1];
	int r = store_name(name, link, err);

	if (!r)
		r = place_open(&p, store, err);
	if (!r) {
		snprintf(dir, sizeof(dir), "%s/tmp/%s/root", p.store.path, p.work.name);
		rq->dir = dir;
		r = bootstrap_image(rq, ret, err);
	}
	if (!r)
		r = import_dir(&p, dir, name, &rep, err);
	if (!r)
		image_report(&p.args, name, &rep);
	place_close(&p);
	rq->dir = NULL;
	return r;
}

/* struct base - what a shell begins with */
struct base {
	struct store_image img;
	struct oci_conf conf;
	struct arena arena;
};

/* A directory becomes the lowest layer; it stays what it is, whatever comes of the shell. */
static int take_base(struct place *p, struct base *b, const char *what, struct err *err)
{
	struct import_report rep;
	struct stat st;
	int r = 0;

	if (stat(what, &st) == 0 && S_ISDIR(st.st_mode)) {
		r = import_dir(p, what, NULL, &rep, err);
		if (!r)
			r = store_resolve(&p->store, &b->arena, rep.id, &b->img, err);
	} else {
		r = store_resolve(&p->store, &b->arena, what, &b->img, err);
	}
	return r ? r : commit_conf(&b->img, &b->conf, err);
}

static int keep_changes(struct place *p, struct base *b, const char *name, struct err *err)
{
	const struct import_request rq = {
		.rules = {.devices = DEVICES_KEEP,
			  .max_bytes = UINT64_MAX,
			  .max_entries = UINT64_MAX,
			  .one_id = p->args.one_id},
	};
	struct import_report rep = {0};
	char hash[STORE_HASH + 1];
	int r = commit_upper(&p->work, p->work.fd, "shell.upper", true, &rq, hash, &rep, err);

	if (!r)
		r = oci_conf_layer(&b->conf, hash, "image shell", err);
	if (!r)
		r = import_finish(&p->work, &b->conf, name, rep.id, err);
	rep.layers = b->img.layers.n + 1;
	if (!r)
		image_report(&p->args, name, &rep);
	return r;
}

int image_shell_to_store(const char *what, const char *store, const char *name,
			 int (*shell)(void *arg, const char *dir), void *arg)
{
	struct base b = {.img = STORE_IMAGE_INIT};
	struct build_root root = BUILD_ROOT_INIT;
	struct place p = PLACE_INIT;
	struct err err = ERR_INIT;
	char link[STORE_NAME + 1];
	int status = EXIT_OURS, r = store_name(name, link, &err);

	if (!r)
		r = place_open(&p, store, &err);
	if (!r)
		r = take_base(&p, &b, what, &err);
	if (!r)
		r = build_root_private(&err);
	if (!r)
		r = build_root_open(&root, &p.work, "shell", &b.img.layers, true, &err);
	if (!r) {
		status = shell(arg, root.path);
		build_root_close(&root);
		if (status)
			log_warn("it ended with status %d: no image '%s' was made, and nothing "
				 "was kept",
				 status, name);
		else
			r = keep_changes(&p, &b, name, &err);
	}
	build_root_close(&root);
	store_release(&b.img);
	oci_conf_free(&b.conf);
	arena_free(&b.arena);
	place_close(&p);
	if (r)
		log_err(LOG_FATAL, &err);
	return r ? EXIT_OURS : status;
}
