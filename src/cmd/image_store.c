// SPDX-License-Identifier: BSD-3-Clause
/*
 * The subcommands of `toastainer image` that work on a store: command lines, and what they print.
 * Called by cmd/image.c. A user without privilege becomes root of a user namespace of his own first,
 * so that the files of an image can have many owners.
 */
#include <getopt.h>
#include <locale.h>
#include <time.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "cmd/commands.h"
#include "cmd/image_store.h"
#include "image/flat.h"
#include "image/ownns.h"
#include "image/store_check.h"

#define MAX_BYTES   ((uint64_t)64 << 30)
#define MAX_ENTRIES 2000000
#define MAX_COPY    ((uint64_t)256 << 20)

const char *image_size(uint64_t bytes, char buf[static 32])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	double n = (double)bytes;
	unsigned i = 0;

	while (n >= 999.95 && i + 1 < ARRAY_SIZE(units)) {
		n /= 1000;
		i++;
	}
	snprintf(buf, 32, i ? "%.1f %s" : "%.0f %s", n, units[i]);
	return buf;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void image_meter_begin(struct image_meter *m, const struct image_args *args, const char *what)
{
	*m = (struct image_meter){
		.on = !args->json && isatty(STDERR_FILENO), .last = now_ms(), .what = what};
}

void image_progress(void *arg, uint64_t bytes)
{
	struct image_meter *m = arg;
	int64_t now = m->on ? now_ms() : 0;
	char buf[32];

	if (!m->on || now - m->last < 200)
		return;
	fprintf(stderr, "\r\033[K%s: %s", m->what, image_size(bytes, buf));
	m->last = now;
	m->shown = true;
}

void image_meter_end(struct image_meter *m)
{
	if (m->shown)
		fputs("\r\033[K", stderr);
}

static void print_json(struct sbuf *b)
{
	sbuf_puts(b, "\n");
	fputs(b->failed ? "" : b->s, stdout);
	sbuf_free(b);
}

static void json_field(struct sbuf *b, const char *key, const char *value)
{
	sbuf_printf(b, "\"%s\":", key);
	if (value)
		sbuf_json(b, value);
	else
		sbuf_puts(b, "null");
}

static void json_list(struct sbuf *b, const char *key, const struct store_list *l)
{
	sbuf_printf(b, ",\"%s\":[", key);
	for (uint32_t i = 0; i < l->n; i++) {
		sbuf_puts(b, i ? "," : "");
		sbuf_json(b, l->v[i]);
	}
	sbuf_puts(b, "]");
}

void image_report(const struct image_args *args, const char *name, const struct import_report *rep)
{
	struct sbuf b = {0};
	char size[32];

	if (args->json) {
		sbuf_puts(&b, "{");
		json_field(&b, "name", name);
		sbuf_puts(&b, ",");
		json_field(&b, "id", rep->id);
		sbuf_printf(
			&b,
			",\"layers\":%u,\"layers_new\":%u,\"bytes\":%llu,\"entries\":%llu,"
			"\"devices_skipped\":%llu,\"xattrs_skipped\":%llu,\"owners_kept\":%s}",
			rep->layers, rep->layers_new, (unsigned long long)rep->bytes,
			(unsigned long long)rep->entries, (unsigned long long)rep->devices_skipped,
			(unsigned long long)rep->xattrs_skipped, args->one_id ? "false" : "true");
		print_json(&b);
		return;
	}
	printf("%s: image %.12s, %u of %u layers new, %s in %llu entries\n", name ? name : "-",
	       rep->id, rep->layers_new, rep->layers, image_size(rep->bytes, size),
	       (unsigned long long)rep->entries);
	if (rep->devices_skipped)
		log_warn("%llu device nodes were left out (--devices keep takes them)",
			 (unsigned long long)rep->devices_skipped);
	if (args->one_id)
		log_warn("all files are yours: you have no subordinate ids");
}

static int cmd_import(const struct image_args *args, const struct store *s, struct err *err)
{
	struct import_request rq = {
		.file = args->argv[0],
		.name = args->argv[1],
		.ref = args->ref,
		.rules = args->rules,
		.progress = image_progress,
	};
	struct import_report rep;
	struct image_meter meter;
	int r = args->format ? import_format(args->format, &rq.format, err) : 0;

	if (r)
		return r;
	image_meter_begin(&meter, args, "import");
	rq.progress_arg = &meter;
	r = import_image(s, &rq, &rep, err);
	image_meter_end(&meter);
	if (!r)
		image_report(args, args->argv[1], &rep);
	return r;
}

static void unescape_name(char *name)
{
	for (; *name; name++)
		if (*name == '+')
			*name = '/';
}

static void ls_line(const struct image_args *args, struct sbuf *b, const char *name,
		    const struct store_image *img)
{
	char size[32];

	if (!args->json) {
		printf("%-40s %.12s %10s %3u  %s\n", name ? name : "-", img->id,
		       image_size(img->size, size), img->layers.n,
		       img->created ? img->created : "-");
		return;
	}
	sbuf_puts(b, b->n > 1 ? ",\n{" : "{");
	json_field(b, "name", name);
	sbuf_puts(b, ",");
	json_field(b, "id", img->id);
	sbuf_puts(b, ",");
	json_field(b, "created", img->created);
	sbuf_printf(b, ",\"size\":%llu,\"layers\":%u}", (unsigned long long)img->size,
		    img->layers.n);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct store_link *)a)->id, ((const struct store_link *)b)->id);
}

/* Images that no name leads to: of earlier builds, or replaced. */
static int ls_unnamed(const struct image_args *args, const struct store *s, struct sbuf *b,
		      struct store_link_list *named, struct err *err)
{
	_cleanup_close_ int fd = walk_dir(s->fd, "images");
	struct walk_list l;
	int r = fd < 0 ? err_sys(err, fd, "read '%s/images'", s->path)
		       : walk_list_read(fd, &l, err);

	if (r)
		return r;
	if (named->n)
		qsort(named->v, named->n, sizeof(*named->v), by_id);
	for (size_t i = 0; i < l.n && !r; i++) {
		const struct store_link key = {.id = l.v[i]};
		struct store_image img;
		struct arena a = {0};

		if (named->n && bsearch(&key, named->v, named->n, sizeof(*named->v), by_id))
			continue;
		if (store_resolve(s, &a, l.v[i], &img, NULL) == 0) {
			ls_line(args, b, NULL, &img);
			store_release(&img);
		}
		arena_free(&a);
	}
	walk_list_free(&l);
	return r;
}

static int cmd_ls(const struct image_args *args, const struct store *s, struct err *err)
{
	struct store_link_list l = {0};
	struct arena a = {0};
	struct sbuf b = {0};
	int r = store_links(s, "names", &a, &l, err);

	if (args->json)
		sbuf_puts(&b, "[");
	else if (!r)
		printf("%-40s %-12s %10s %3s  %s\n", "NAME", "ID", "SIZE", "LAY", "CREATED");
	for (uint32_t i = 0; i < l.n && !r; i++) {
		struct arena mine = {0};
		struct store_image img;
		struct err why = ERR_INIT;
		char name[STORE_NAME + 1];

		snprintf(name, sizeof(name), "%s", l.v[i].name);
		unescape_name(name);
		if (store_resolve(s, &mine, name, &img, &why)) {
			log_err(LOG_WARNING, &why);
		} else {
			ls_line(args, &b, name, &img);
			store_release(&img);
		}
		arena_free(&mine);
	}
	if (!r && args->all)
		r = ls_unnamed(args, s, &b, &l, err);
	if (args->json && !r) {
		sbuf_puts(&b, "]");
		print_json(&b);
	}
	sbuf_free(&b);
	arena_free(&a);
	return r;
}

static int read_config(const struct store *s, const struct store_image *img, struct arena *a,
		       char **ret, size_t *n, struct err *err)
{
	(void)s;
	return io_read_file(a, img->lock, "config.json", (size_t)16 << 20, ret, n, err);
}

/* for_people() - whether to write for somebody at a terminal; programs get JSON. */
static bool for_people(const struct image_args *args)
{
	return !args->json && isatty(STDOUT_FILENO);
}

/* Everything that an image says is a stranger's word: JSON keeps it from the terminal's controls. */
static void summary_list(struct sbuf *b, const char *key, const struct store_list *l, bool lines)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (i && !lines)
			sbuf_puts(b, " ");
		else
			sbuf_printf(b, "%s%-12s", i ? "\n" : "", i ? "" : key);
		sbuf_json(b, l->v[i]);
	}
	if (l->n)
		sbuf_puts(b, "\n");
}

static void summary_field(struct sbuf *b, const char *key, const char *value)
{
	const struct store_list l = {.v = &value, .n = value && *value};

	summary_list(b, key, &l, true);
}

static void inspect_summary(const struct store_image *img, struct sbuf *b)
{
	char size[32];

	sbuf_printf(b, "%-12s%s\n", "id", img->id);
	summary_field(b, "created", img->created);
	sbuf_printf(b, "%-12s%s\n", "size", image_size(img->size, size));
	summary_field(b, "user", img->user);
	summary_field(b, "cwd", img->cwd);
	summary_list(b, "entrypoint", &img->entrypoint, false);
	summary_list(b, "cmd", &img->cmd, false);
	summary_list(b, "env", &img->env, true);
	summary_list(b, "labels", &img->labels, true);
	for (uint32_t i = 0; i < img->layers.n; i++)
		sbuf_printf(b, "%-12s%s\n", i ? "" : "layers", img->layers.v[i]);
	fputs(b->failed ? "" : b->s, stdout);
	sbuf_free(b);
}

static int cmd_inspect(const struct image_args *args, const struct store *s, struct err *err)
{
	struct store_image img = STORE_IMAGE_INIT;
	struct arena a = {0};
	struct sbuf b = {0};
	char *config;
	int r = store_resolve(s, &a, args->argv[0], &img, err);

	if (!r)
		r = read_config(s, &img, &a, &config, NULL, err);
	if (!r && for_people(args)) {
		inspect_summary(&img, &b);
	} else if (!r) {
		sbuf_puts(&b, "{");
		json_field(&b, "id", img.id);
		sbuf_printf(&b, ",\"size\":%llu,\"flat\":%s,", (unsigned long long)img.size,
			    img.flat ? "true" : "false");
		json_field(&b, "created", img.created);
		json_list(&b, "layers", &img.layers);
		json_list(&b, "env", &img.env);
		json_list(&b, "entrypoint", &img.entrypoint);
		json_list(&b, "cmd", &img.cmd);
		json_list(&b, "labels", &img.labels);
		sbuf_puts(&b, ",");
		json_field(&b, "cwd", img.cwd);
		sbuf_puts(&b, ",");
		json_field(&b, "user", img.user);
		sbuf_printf(&b, ",\"config\":%s}", config);
		print_json(&b);
	}
	store_release(&img);
	arena_free(&a);
	return r;
}

/* history_line() - a step of an image's history, and what comes before the first. */
static void history_line(const struct image_args *args, struct sbuf *b, const struct oci_step *step,
			 const char *layer, bool first)
{
	if (for_people(args)) {
		if (first)
			sbuf_printf(b, "%-12s %-22s %s\n", "LAYER", "CREATED", "BY");
		sbuf_printf(b, "%-12.12s ", layer ? layer : "-");
		sbuf_json(b, step->created ? step->created : "-");
		sbuf_puts(b, " ");
		sbuf_json(b, step->by ? step->by : "-");
		sbuf_puts(b, "\n");
		return;
	}
	sbuf_puts(b, first ? "[{" : ",\n{");
	json_field(b, "created", step->created);
	sbuf_puts(b, ",");
	json_field(b, "created_by", step->by);
	sbuf_puts(b, ",");
	json_field(b, "layer", layer);
	sbuf_puts(b, "}");
}

static int cmd_history(const struct image_args *args, const struct store *s, struct err *err)
{
	_cleanup_conf_ struct oci_conf conf = {0};
	struct store_image img = STORE_IMAGE_INIT;
	struct oci_step *steps;
	struct arena a = {0};
	struct sbuf b = {0};
	uint32_t n = 0;
	char *text;
	size_t size;
	int r = store_resolve(s, &a, args->argv[0], &img, err);

	if (!r)
		r = read_config(s, &img, &a, &text, &size, err);
	if (!r)
		r = oci_conf_parse(text, size, &conf, err);
	if (!r)
		r = oci_conf_history(&conf, &a, &steps, &n, err);
	for (uint32_t i = 0, layer = 0; !r && i < n; i++) {
		const char *hash =
			!steps[i].empty && layer < img.layers.n ? img.layers.v[layer++] : NULL;

		history_line(args, &b, &steps[i], hash, !i);
	}
	if (!r && !for_people(args)) {
		sbuf_puts(&b, n ? "]" : "[]");
		print_json(&b);
	} else if (!r && n) {
		fputs(b.failed ? "" : b.s, stdout);
	}
	sbuf_free(&b);
	store_release(&img);
	arena_free(&a);
	return r;
}

static int cmd_tag(const struct image_args *args, const struct store *s, struct err *err)
{
	char id[STORE_HASH + 1], link[STORE_NAME + 1];
	struct store_work w = STORE_WORK_INIT;
	_cleanup_close_ int lock = FD_NONE;
	struct sbuf b = {0};
	int r = store_name(args->argv[1], link, err);

	if (!r)
		r = store_lock(s, false, &lock, err);
	if (!r)
		r = store_find(s, args->argv[0], id, err);
	if (!r)
		r = store_work_begin(s, &w, err);
	if (!r)
		r = flat_make(&w, id, err);
	if (!r)
		r = store_link(&w, "names", link, id, err);
	store_work_end(&w);
	if (!r && args->json) {
		sbuf_puts(&b, "{");
		json_field(&b, "name", args->argv[1]);
		sbuf_puts(&b, ",");
		json_field(&b, "id", id);
		sbuf_puts(&b, "}");
		print_json(&b);
	} else if (!r) {
		printf("%s: image %.12s\n", args->argv[1], id);
	}
	return r;
}

/* What is gone is told even if the next one cannot be removed. */
static int cmd_rm(const struct image_args *args, const struct store *s, struct err *err)
{
	struct sbuf b = {0};
	int r = 0;

	for (int i = 0; i < args->argc && !r; i++) {
		r = store_unname(s, args->argv[i], args->force, err);
		if (r)
			break;
		sbuf_puts(&b, i ? "," : "");
		sbuf_json(&b, args->argv[i]);
	}
	if (args->json)
		printf("{\"removed\":[%s]}\n", b.n && !b.failed ? b.s : "");
	sbuf_free(&b);
	return r;
}

static int cmd_gc(const struct image_args *args, const struct store *s, struct err *err)
{
	struct gc_report rep;
	char size[32];
	int r = store_gc(s, args->cache, &rep, err);

	if (r)
		return r;
	if (args->json)
		printf("{\"images\":%llu,\"layers\":%llu,\"partials\":%llu,\"bytes\":%llu,\"busy\":"
		       "%"
		       "llu}\n",
		       (unsigned long long)rep.images, (unsigned long long)rep.layers,
		       (unsigned long long)rep.partials, (unsigned long long)rep.bytes,
		       (unsigned long long)rep.busy);
	else
		printf("removed %llu images, %llu layers of %s, %llu unfinished; %llu in use\n",
		       (unsigned long long)rep.images, (unsigned long long)rep.layers,
		       image_size(rep.bytes, size), (unsigned long long)rep.partials,
		       (unsigned long long)rep.busy);
	return 0;
}

static void say_damage(void *arg, const char *line)
{
	(void)arg;
	log_line(LOG_ERROR, "%s", line);
}

static int cmd_fsck(const struct image_args *args, const struct store *s, struct err *err)
{
	struct fsck_report rep;
	int r = store_fsck(s, args->content, say_damage, NULL, &rep, err);

	if (r)
		return r;
	if (args->json)
		printf("{\"images\":%llu,\"layers\":%llu,\"names\":%llu,\"partials\":%llu,\"bad\":%"
		       "llu}\n",
		       (unsigned long long)rep.images, (unsigned long long)rep.layers,
		       (unsigned long long)rep.names, (unsigned long long)rep.partials,
		       (unsigned long long)rep.bad);
	else
		printf("%llu images, %llu layers, %llu names: %llu damaged; %llu unfinished\n",
		       (unsigned long long)rep.images, (unsigned long long)rep.layers,
		       (unsigned long long)rep.names, (unsigned long long)rep.bad,
		       (unsigned long long)rep.partials);
	return rep.bad ? err_set(err, EUCLEAN, "the store '%s' is damaged", s->path) : 0;
}

static const struct image_command commands[] = {
	{"ls", OPT_ALL, 0, 0, false, "", "list images (--all: those without a name, too)", cmd_ls},
	{"inspect", 0, 1, 1, false, "NAME",
	 "show an image: on a terminal a summary, else, and with --json, all of it", cmd_inspect},
	{"history", 0, 1, 1, false, "NAME", "show how an image was made, step by step",
	 cmd_history},
	{"import", OPT_FORMAT | OPT_RULES, 2, 2, true, "FILE NAME",
	 "take in a directory, tar, OCI layout, `docker save` archive, squashfs or erofs",
	 cmd_import},
	{"export", OPT_FORMAT | OPT_COMPRESS, 2, 2, false, "NAME FILE",
	 "write an OCI layout (FILE.tar: as an archive), docker archive, tar, dir, FILE.squashfs, "
	 "FILE.erofs",
	 image_cmd_export},
	{"pull", OPT_PULL | OPT_RULES, 1, 2, true, "docker://REF [NAME]",
	 "take in an image of a registry, by skopeo", image_cmd_pull},
	{"build", OPT_TAG | OPT_FILE | OPT_BUILD, 1, 1, true, "CONTEXT",
	 "make an image as a Dockerfile says, each RUN in a jail", image_cmd_build},
	{"commit", OPT_COMMIT, 1, 1, true, "NAME",
	 "make an image of another one and the upper directory of an overlay", image_cmd_commit},
	{"diff", OPT_UPPER, 1, 2, false, "NAME [OTHER]",
	 "list what the top layer, another image or an upper directory changes", image_cmd_diff},
	{"apply", OPT_BASE, 2, 2, false, "NAME DIR",
	 "make in a directory what an image says (--base: what it adds to that)", image_cmd_apply},
	{"cp", OPT_LIMIT, 2, 2, false, "IMAGE:/PATH FILE",
	 "copy a file or directory out of an image", image_cmd_cp},
	{"shift", 0, 3, 3, false, "NAME UIDS GIDS",
	 "copy its layers for id maps that mounts cannot have (INSIDE:OUTSIDE:COUNT,...)",
	 image_cmd_shift},
	{"tag", 0, 2, 2, false, "NAME NEW", "give an image one more name", cmd_tag},
	{"rm", OPT_FORCE, 1, 1000, false, "NAME...", "remove names", cmd_rm},
	{"gc", OPT_CACHE, 0, 0, false, "", "remove what no name leads to", cmd_gc},
	{"fsck", OPT_CONTENT, 0, 0, false, "", "check a store (--content: all files)", cmd_fsck},
};

const struct image_command *image_store_command(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
		if (str_eq(commands[i].name, name))
			return &commands[i];
	return NULL;
}

void image_store_usage(FILE *f)
{
	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
		char words[64];

		snprintf(words, sizeof(words), "%s %s", commands[i].name, commands[i].args);
		fprintf(f, "  %-25s %s\n", words, commands[i].summary);
	}
}

enum {
	VALUE_STORE = 256,
	VALUE_JSON,
	VALUE_FORMAT,
	VALUE_REF,
	VALUE_DEVICES,
	VALUE_MAX_SIZE,
	VALUE_MAX_ENTRIES,
	VALUE_FORCE,
	VALUE_CACHE,
	VALUE_CONTENT,
	VALUE_ALL,
	VALUE_BASE,
	VALUE_UPPER,
	VALUE_MOVE,
	VALUE_CHANGE,
	VALUE_MESSAGE,
	VALUE_COMPRESS,
	VALUE_BUILD_ARG,
	VALUE_NO_CACHE,
	VALUE_PLAIN_HTTP,
	VALUE_AUTHFILE,
	VALUE_LIMIT
};

static const struct {
	unsigned needs; /* of enum image_opt; 0: every subcommand has it */
	struct option option;
	const char *help;
} options[] = {
	{0, {"store", required_argument, NULL, VALUE_STORE}, "DIR: the store"},
	{0, {"json", no_argument, NULL, VALUE_JSON}, "print JSON"},
	{0, {"help", no_argument, NULL, 'h'}, "this text"},
	{OPT_FORMAT,
	 {"format", required_argument, NULL, VALUE_FORMAT},
	 "NAME: instead of guessing"},
	{OPT_FORMAT, {"ref", required_argument, NULL, VALUE_REF}, "NAME: which image of several"},
	{OPT_RULES,
	 {"devices", required_argument, NULL, VALUE_DEVICES},
	 "skip|keep|refuse: what to do with device nodes (skip)"},
	{OPT_RULES,
	 {"max_size", required_argument, NULL, VALUE_MAX_SIZE},
	 "BYTES: refuse more, uncompressed (64G)"},
	{OPT_RULES,
	 {"max_entries", required_argument, NULL, VALUE_MAX_ENTRIES},
	 "N: refuse more files in a layer (2000000)"},
	{OPT_FORCE,
	 {"force", no_argument, NULL, VALUE_FORCE},
	 "also the last name of an image that a jail uses"},
	{OPT_CACHE, {"cache", no_argument, NULL, VALUE_CACHE}, "forget the steps of builds, too"},
	{OPT_CONTENT,
	 {"content", no_argument, NULL, VALUE_CONTENT},
	 "read all files of layers that were made here"},
	{OPT_ALL, {"all", no_argument, NULL, VALUE_ALL}, "images without a name, too"},
	{OPT_TAG, {"tag", required_argument, NULL, 't'}, "NAME: the image's name (-t)"},
	{OPT_FILE, {"file", required_argument, NULL, 'f'}, "FILE: how to build (-f; Dockerfile)"},
	{OPT_COMMIT | OPT_BASE,
	 {"base", required_argument, NULL, VALUE_BASE},
	 "IMAGE: what it is on"},
	{OPT_COMMIT | OPT_UPPER,
	 {"upper", required_argument, NULL, VALUE_UPPER},
	 "DIR: the upper directory of an overlay"},
	{OPT_COMMIT, {"move", no_argument, NULL, VALUE_MOVE}, "the directory becomes the layer"},
	{OPT_COMMIT,
	 {"change", required_argument, NULL, VALUE_CHANGE},
	 "INSTRUCTION: 'ENV A=B', 'CMD ...' and so on, as in a Dockerfile"},
	{OPT_COMMIT, {"message", required_argument, NULL, VALUE_MESSAGE}, "TEXT: for the history"},
	{OPT_COMPRESS,
	 {"compress", required_argument, NULL, VALUE_COMPRESS},
	 "gzip|zstd|none: how to pack layers (gzip; tar: none)"},
	{OPT_BUILD,
	 {"build_arg", required_argument, NULL, VALUE_BUILD_ARG},
	 "NAME=VALUE: of an ARG"},
	{OPT_BUILD, {"no_cache", no_argument, NULL, VALUE_NO_CACHE}, "run every step"},
	{OPT_PULL, {"plain_http", no_argument, NULL, VALUE_PLAIN_HTTP}, "a registry without TLS"},
	{OPT_LIMIT, {"limit", required_argument, NULL, VALUE_LIMIT}, "BYTES: copy no more (256M)"},
	{OPT_PULL, {"authfile", required_argument, NULL, VALUE_AUTHFILE}, "FILE: skopeo's"},
};

static void usage(const struct image_command *cmd, FILE *f)
{
	fprintf(f, "usage: toastainer image %s [OPTIONS] %s\n\n  %s\n\n", cmd->name, cmd->args,
		cmd->summary);
	for (unsigned i = 0; i < ARRAY_SIZE(options); i++) {
		const char *help = options[i].help;
		int n = options[i].option.has_arg ? (int)strcspn(help, ":") : 0;
		char words[64];

		if (options[i].needs && !(options[i].needs & cmd->options))
			continue;
		snprintf(words, sizeof(words), "--%s %.*s", options[i].option.name, n, help);
		fprintf(f, "  %-29s %s\n", words, n ? help + n + 2 : help);
	}
}

static int set_devices(struct unpack_rules *rules, const char *word, struct err *err)
{
	static const char *const words[] = {"skip", "keep", "refuse"};

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i], word)) {
			rules->devices = (enum unpack_devices)i;
			return 0;
		}
	return err_set(err, EINVAL, "--devices: skip, keep or refuse, not '%s'", word);
}

static int add_word(struct image_args *args, struct store_list *l, const char *word,
		    struct err *err)
{
	const char **v = arena_grow(&args->arena, l->v, l->n, &l->cap, sizeof(*v));

	if (!v)
		return err_oom(err);
	l->v = v;
	v[l->n++] = word;
	return 0;
}

static int set_option(struct image_args *args, int c, const char *v, struct err *err)
{
	switch (c) {
	case VALUE_STORE: args->store = v; break;
	case VALUE_JSON: args->json = true; break;
	case VALUE_FORMAT: args->format = v; break;
	case VALUE_REF: args->ref = v; break;
	case VALUE_DEVICES: return set_devices(&args->rules, v, err);
	case VALUE_MAX_SIZE:
		return str_size(v, &args->rules.max_bytes)
			       ? err_set(err, EINVAL, "--max_size: '%s' is no size", v)
			       : 0;
	case VALUE_MAX_ENTRIES:
		return str_u64(v, UINT32_MAX, &args->rules.max_entries)
			       ? err_set(err, EINVAL, "--max_entries: '%s' is no number", v)
			       : 0;
	case VALUE_FORCE: args->force = true; break;
	case VALUE_CACHE: args->cache = true; break;
	case VALUE_CONTENT: args->content = true; break;
	case VALUE_ALL: args->all = true; break;
	case 't': args->tag = v; break;
	case 'f': args->file = v; break;
	case VALUE_BASE: args->base = v; break;
	case VALUE_UPPER: args->upper = v; break;
	case VALUE_MOVE: args->move = true; break;
	case VALUE_CHANGE: return add_word(args, &args->changes, v, err);
	case VALUE_MESSAGE: args->message = v; break;
	case VALUE_COMPRESS: args->compress = v; break;
	case VALUE_BUILD_ARG: return add_word(args, &args->build_args, v, err);
	case VALUE_NO_CACHE: args->no_cache = true; break;
	case VALUE_PLAIN_HTTP: args->plain_http = true; break;
	case VALUE_LIMIT:
		return str_size(v, &args->limit)
			       ? err_set(err, EINVAL, "--limit: '%s' is no size", v)
			       : 0;
	case VALUE_AUTHFILE: args->authfile = v; break;
	}
	return 0;
}

/* Return: 0, 1 when all is done, or a negative errno; getopt has said what is wrong for -EINVAL. */
static int parse(struct image_args *args, int argc, char **argv, struct err *err)
{
	struct option v[ARRAY_SIZE(options) + 1] = {0};
	const struct image_command *cmd = args->cmd;
	const char *letters = cmd->options & OPT_FILE  ? "hf:t:"
			      : cmd->options & OPT_TAG ? "ht:"
						       : "h";
	unsigned n = 0;
	int c, r;

	for (unsigned i = 0; i < ARRAY_SIZE(options); i++)
		if (!options[i].needs || options[i].needs & cmd->options)
			v[n++] = options[i].option;
	while ((c = getopt_long(argc, argv, letters, v, NULL)) >= 0) {
		if (c == 'h') {
			usage(cmd, stdout);
			return 1;
		}
		r = c == '?' ? err_set(err, EINVAL, "image %s: see --help", cmd->name)
			     : set_option(args, c, optarg, err);
		if (r)
			return r;
	}
	args->argc = argc - optind;
	args->argv = argv + optind;
	if (args->argc >= cmd->min && args->argc <= cmd->max)
		return 0;
	err_set(err, EINVAL, "image %s: %s arguments", cmd->name,
		args->argc < cmd->min ? "too few" : "too many");
	return err_hint(err, "toastainer image %s %s", cmd->name, cmd->args);
}

static int run(struct image_args *args, struct err *err)
{
	struct store s = STORE_INIT;
	int r = store_where(args->store, args->store_path, err); /* as the user that we are */

	if (!r)
		r = ownns_enter(&args->one_id, err);
	if (r)
		return r;
	args->rules.one_id = args->one_id;
	r = args->cmd->makes ? store_make(&s, args->store_path, err)
			     : store_open(&s, args->store_path, err);
	if (!r)
		r = args->cmd->run(args, &s, err);
	store_close(&s);
	return r;
}

int image_store_main(const struct image_command *cmd, int argc, char **argv)
{
	struct image_args args = {
		.cmd = cmd,
		.rules = {.max_bytes = MAX_BYTES, .max_entries = MAX_ENTRIES},
		.limit = MAX_COPY,
	};
	struct err err = ERR_INIT;
	int r = parse(&args, argc, argv, &err);

	if (r > 0)
		return 0;
	/* libarchive gives names as bytes only when the locale can hold them. */
	setlocale(LC_CTYPE, "C.UTF-8");
	if (!r)
		r = run(&args, &err);
	if (r)
		log_err(LOG_FATAL, &err);
	arena_free(&args.arena);
	return r ? EXIT_OURS : 0;
}
