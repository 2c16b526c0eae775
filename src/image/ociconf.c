// SPDX-License-Identifier: BSD-3-Clause
/*
 * Reading and writing the JSON of images with json-c. Called by all image commands of the store.
 * What comes from outside is bounded in depth here and in size by its callers; every string that
 * becomes a path is a hash or is opened below a directory. Fails on what is not as OCI says.
 */
#include <json-c/json.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/str.h"
#include "image/digest.h"
#include "image/ociconf.h"

#define DEPTH	  32
#define MAX_ITEMS 10000

const char *oci_arch(void)
{
	static const struct {
		const char *machine, *arch;
	} names[] = {
		{"x86_64", "amd64"},	{"aarch64", "arm64"}, {"riscv64", "riscv64"},
		{"ppc64le", "ppc64le"}, {"s390x", "s390x"},
	};
	struct utsname u;

	for (unsigned i = 0; uname(&u) == 0 && i < ARRAY_SIZE(names); i++)
		if (str_eq(u.machine, names[i].machine))
			return names[i].arch;
	return "unknown";
}

const char *oci_now(char *buf)
{
	const char *given = getenv("SOURCE_DATE_EPOCH");
	time_t now = time(NULL);
	uint64_t t;
	struct tm tm;

	if (given && !str_u64(given, INT32_MAX, &t))
		now = (time_t)t;
	strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	return buf;
}

static int parse(const char *text, size_t n, struct json_object **ret, struct err *err)
{
	struct json_tokener *tok = json_tokener_new_ex(DEPTH);
	struct json_object *o;
	enum json_tokener_error e;

	if (!tok)
		return err_oom(err);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = n < INT32_MAX ? json_tokener_parse_ex(tok, text, (int)n + 1) : NULL;
	e = json_tokener_get_error(tok);
	json_tokener_free(tok);
	if (!o || !json_object_is_type(o, json_type_object)) {
		bool list = json_object_is_type(o, json_type_array);

		if (list) {
			*ret = o;
			return 0;
		}
		json_object_put(o);
		return err_set(err, EINVAL, "no JSON object: %s",
			       e == json_tokener_success ? "it is something else"
							 : json_tokener_error_desc(e));
	}
	*ret = o;
	return 0;
}

static struct json_object *member(const struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v = NULL;

	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, type))
		return NULL;
	return v;
}

/* A string without NUL; NULL: there is none. */
static const char *text_of(struct json_object *v)
{
	const char *s;

	if (!json_object_is_type(v, json_type_string))
		return NULL;
	s = json_object_get_string(v);
	return strlen(s) == (size_t)json_object_get_string_len(v) ? s : NULL;
}

static const char *string(const struct json_object *o, const char *key)
{
	return text_of(member(o, key, json_type_string));
}

/* "sha256:HASH"; NULL: it is something else, of which no path may be made. */
static const char *hash_of(const char *digest)
{
	if (!digest || !str_starts(digest, "sha256:") || !store_is_hash(digest + 7))
		return NULL;
	return digest + 7;
}

static int parse_blob(struct arena *a, const struct json_object *o, struct oci_blob *ret,
		      struct err *err)
{
	const char *hash = hash_of(string(o, "digest")), *type = string(o, "mediaType");
	struct json_object *size = member(o, "size", json_type_int);

	if (!hash)
		return err_set(err, EINVAL, "a digest that is not sha256 and 64 digits");
	*ret = (struct oci_blob){
		.hash = arena_strdup(a, hash),
		.path = arena_printf(a, "blobs/sha256/%s", hash),
		.type = type ? arena_strdup(a, type) : NULL,
		.size = size ? (uint64_t)json_object_get_int64(size) : 0,
	};
	return ret->hash && ret->path ? 0 : err_oom(err);
}

static bool fits(const struct json_object *m, const char *ref)
{
	struct json_object *p = member(m, "platform", json_type_object);
	struct json_object *notes = member(m, "annotations", json_type_object);
	const char *arch = string(p, "architecture"), *os = string(p, "os");
	const char *name = string(notes, "org.opencontainers.image.ref.name");

	if (ref && !(name && str_eq(name, ref)))
		return false;
	return (!arch || str_eq(arch, oci_arch())) && (!os || str_eq(os, "linux"));
}

int oci_parse_index(struct arena *a, const char *text, size_t n, const char *ref,
		    struct oci_blob *ret, bool *ret_index, struct err *err)
{
	struct json_object *o, *list, *found = NULL;
	struct oci_blob blob;
	int r = parse(text, n, &o, err);

	if (r)
		return err_wrap(err, "index");
	list = member(o, "manifests", json_type_array);
	for (size_t i = 0; list && i < json_object_array_length(list) && !found; i++)
		if (fits(json_object_array_get_idx(list, i), ref))
			found = json_object_array_get_idx(list, i);
	if (!found)
		r = err_set(err, ENOENT, "index: it has no image%s%s for linux on %s",
			    ref ? " called " : "", ref ? ref : "", oci_arch());
	if (!r)
		r = parse_blob(a, found, &blob, err);
	if (!r) {
		*ret_index = blob.type &&
			     (strstr(blob.type, "index") || strstr(blob.type, "manifest.list"));
		*ret = blob;
	}
	json_object_put(o);
	return r;
}

int oci_parse_manifest(struct arena *a, const char *text, size_t n, struct oci_manifest *ret,
		       struct err *err)
{
	struct oci_manifest m = {0};
	struct json_object *o, *list;
	int r = parse(text, n, &o, err);

	if (r)
		return err_wrap(err, "manifest");
	list = member(o, "layers", json_type_array);
	if (!list || json_object_array_length(list) > STORE_LAYERS)
		r = err_set(err, EINVAL, "no list of layers, or more than %d", STORE_LAYERS);
	if (!r)
		r = parse_blob(a, member(o, "config", json_type_object), &m.config, err);
	if (!r) {
		m.n_layers = (uint32_t)json_object_array_length(list);
		m.layers = arena_alloc(a, (m.n_layers + (size_t)1) * sizeof(*m.layers));
		r = m.layers ? 0 : err_oom(err);
	}
	for (uint32_t i = 0; i < m.n_layers && !r; i++)
		r = parse_blob(a, json_object_array_get_idx(list, i), &m.layers[i], err);
	json_object_put(o);
	if (r)
		return err_wrap(err, "manifest");
	*ret = m;
	return 0;
}

static bool has_tag(const struct json_object *image, const char *ref)
{
	struct json_object *tags = member(image, "RepoTags", json_type_array);

	for (size_t i = 0; tags && i < json_object_array_length(tags); i++) {
		const char *tag = text_of(json_object_array_get_idx(tags, i));

		if (tag && str_eq(tag, ref))
			return true;
	}
	return false;
}

static int docker_image(struct arena *a, const struct json_object *image, struct oci_manifest *ret,
			struct err *err)
{
	struct json_object *list = member(image, "Layers", json_type_array);
	const char *config = string(image, "Config");
	struct oci_manifest m = {0};

	if (!config || !list || json_object_array_length(list) > STORE_LAYERS)
		return err_set(err, EINVAL, "manifest.json: it has no Config or no Layers");
	m.n_layers = (uint32_t)json_object_array_length(list);
	m.layers = arena_alloc(a, (m.n_layers + (size_t)1) * sizeof(*m.layers));
	m.config.path = arena_strdup(a, config);
	if (!m.layers || !m.config.path)
		return err_oom(err);
	for (uint32_t i = 0; i < m.n_layers; i++) {
		const char *path = text_of(json_object_array_get_idx(list, i));

		if (!path)
			return err_set(err, EINVAL, "manifest.json: a layer without a name");
		m.layers[i].path = arena_strdup(a, path);
		if (!m.layers[i].path)
			return err_oom(err);
	}
	*ret = m;
	return 0;
}

int oci_parse_docker(struct arena *a, const char *text, size_t n, const char *ref,
		     struct oci_manifest *ret, struct err *err)
{
	struct json_object *o, *found = NULL;
	int r = parse(text, n, &o, err);

	if (r)
		return err_wrap(err, "manifest.json");
	for (size_t i = 0;
	     json_object_is_type(o, json_type_array) && i < json_object_array_length(o) && !found;
	     i++)
		if (!ref || has_tag(json_object_array_get_idx(o, i), ref))
			found = json_object_array_get_idx(o, i);
	r = found ? docker_image(a, found, ret, err)
		  : err_set(err, ENOENT, "manifest.json: it has no image%s%s",
			    ref ? " called " : "", ref ? ref : "");
	json_object_put(o);
	return r;
}

int oci_conf_parse(const char *text, size_t n, struct oci_conf *ret, struct err *err)
{
	struct json_object *o;
	int r = parse(text, n, &o, err);

	if (!r && !json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		r = err_set(err, EINVAL, "it is a list");
	}
	if (r)
		return err_wrap(err, "configuration");
	ret->json = o;
	return 0;
}

void oci_conf_free(struct oci_conf *c)
{
	json_object_put(c->json);
	c->json = NULL;
}

/* The member of a type, made where it is not there. */
static struct json_object *have(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v = member(o, key, type);

	if (v)
		return v;
	v = type == json_type_array ? json_object_new_array() : json_object_new_object();
	if (v && json_object_object_add(o, key, v)) {
		json_object_put(v);
		v = NULL;
	}
	return v;
}

static int put(struct json_object *o, const char *key, struct json_object *v, struct err *err)
{
	if (v && json_object_object_add(o, key, v) == 0)
		return 0;
	json_object_put(v);
	return err_oom(err);
}

static int put_text(struct json_object *o, const char *key, const char *s, struct err *err)
{
	return put(o, key, json_object_new_string(s), err);
}

int oci_conf_new(struct oci_conf *ret, struct err *err)
{
	struct json_object *o = json_object_new_object(), *fs;
	char now[32];
	int r = o ? put_text(o, "created", oci_now(now), err) : err_oom(err);

	if (!r)
		r = put_text(o, "architecture", oci_arch(), err);
	if (!r)
		r = put_text(o, "os", "linux", err);
	if (!r && !have(o, "config", json_type_object))
		r = err_oom(err);
	fs = r ? NULL : have(o, "rootfs", json_type_object);
	if (!r)
		r = fs ? put_text(fs, "type", "layers", err) : err_oom(err);
	if (!r && (!have(fs, "diff_ids", json_type_array) || !have(o, "history", json_type_array)))
		r = err_oom(err);
	if (r)
		json_object_put(o);
	else
		ret->json = o;
	return r;
}

static int append(struct json_object *list, struct json_object *v, struct err *err)
{
	if (list && v && json_object_array_add(list, v) == 0)
		return 0;
	json_object_put(v);
	return err_oom(err);
}

static struct json_object *digest_text(const char *hash)
{
	char text[STORE_HASH + 8];

	snprintf(text, sizeof(text), "sha256:%s", hash);
	return json_object_new_string(text);
}

int oci_conf_layer(struct oci_conf *c, const char *hash, const char *by, struct err *err)
{
	struct json_object *fs = have(c->json, "rootfs", json_type_object);
	struct json_object *step = json_object_new_object();
	char now[32];
	int r = step && fs ? put_text(step, "created", oci_now(now), err) : err_oom(err);

	if (!r)
		r = put_text(step, "created_by", by, err);
	if (!r && !hash)
		r = put(step, "empty_layer", json_object_new_boolean(true), err);
	if (!r && hash)
		r = append(have(fs, "diff_ids", json_type_array), digest_text(hash), err);
	if (r) {
		json_object_put(step);
		return r;
	}
	r = append(have(c->json, "history", json_type_array), step, err);
	return r ? r : put_text(c->json, "created", now, err);
}

int oci_conf_relayer(struct oci_conf *c, const char *const *hashes, uint32_t n, struct err *err)
{
	struct json_object *fs = have(c->json, "rootfs", json_type_object);
	struct json_object *list = json_object_new_array();
	int r = 0;

	for (uint32_t i = 0; i < n && !r; i++)
		r = append(list, digest_text(hashes[i]), err);
	if (r || !fs) {
		json_object_put(list);
		return r ? r : err_oom(err);
	}
	return put(fs, "diff_ids", list, err);
}

int oci_conf_set(struct oci_conf *c, const char *key, const char *const *v, int n, struct err *err)
{
	struct json_object *o = have(c->json, "config", json_type_object), *list;
	int r = 0;

	if (!o)
		return err_oom(err);
	if (n < 0)
		return put_text(o, key, *v, err);
	list = json_object_new_array();
	for (int i = 0; i < n && !r; i++)
		r = append(list, json_object_new_string(v[i]), err);
	if (r) {
		json_object_put(list);
		return r;
	}
	return put(o, key, list, err);
}

int oci_conf_expose(struct oci_conf *c, const char *const *v, uint32_t n, struct err *err)
{
	struct json_object *o = have(c->json, "config", json_type_object);
	struct json_object *ports = o ? have(o, "ExposedPorts", json_type_object) : NULL;
	int r = ports ? 0 : err_oom(err);

	for (uint32_t i = 0; i < n && !r; i++) {
		char port[64];

		snprintf(port, sizeof(port), "%s%s", v[i], strchr(v[i], '/') ? "" : "/tcp");
		r = put(ports, port, json_object_new_object(), err);
	}
	return r;
}

int oci_conf_label(struct oci_conf *c, const char *name, const char *value, struct err *err)
{
	struct json_object *o = have(c->json, "config", json_type_object);
	struct json_object *labels = o ? have(o, "Labels", json_type_object) : NULL;

	return labels ? put_text(labels, name, value, err) : err_oom(err);
}

int oci_conf_env(struct oci_conf *c, const char *name, const char *value, struct err *err)
{
	struct json_object *o = have(c->json, "config", json_type_object);
	struct json_object *env = o ? have(o, "Env", json_type_array) : NULL, *new;
	_cleanup_free_ char *line = NULL;
	size_t len = strlen(name), n = env ? json_object_array_length(env) : 0;

	if (!env || asprintf(&line, "%s=%s", name, value) < 0)
		return err_oom(err);
	new = json_object_new_string(line);
	for (size_t i = 0; new &&i < n; i++) {
		const char *old = text_of(json_object_array_get_idx(env, i));

		if (!old || strncmp(old, name, len) != 0 || old[len] != '=')
			continue;
		if (json_object_array_put_idx(env, i, new) == 0)
			return 0;
		json_object_put(new);
		return err_oom(err);
	}
	return append(env, new, err);
}

static int add_text(struct arena *a, struct store_list *l, const char *s, struct err *err)
{
	const char **v = arena_grow(a, l->v, l->n, &l->cap, sizeof(*v));

	if (!v || !(v[l->n] = arena_strdup(a, s)))
		return err_oom(err);
	l->v = v;
	l->n++;
	return 0;
}

static int texts(struct arena *a, const struct json_object *o, const char *key,
		 struct store_list *ret, struct err *err)
{
	struct json_object *list = member(o, key, json_type_array);
	size_t n = list ? json_object_array_length(list) : 0;
	int r = 0;

	if (n > MAX_ITEMS)
		return err_set(err, E2BIG, "%s has more than %d items", key, MAX_ITEMS);
	for (size_t i = 0; i < n && !r; i++) {
		const char *s = text_of(json_object_array_get_idx(list, i));

		r = s ? add_text(a, ret, s, err)
		      : err_set(err, EINVAL, "%s has an item that is no text", key);
	}
	return r;
}

static int diff_ids(const struct oci_conf *c, struct arena *a, struct store_image *img,
		    struct err *err)
{
	struct json_object *list =
		member(member(c->json, "rootfs", json_type_object), "diff_ids", json_type_array);
	size_t n = list ? json_object_array_length(list) : 0;
	int r = 0;

	if (n > STORE_LAYERS)
		return err_set(err, E2BIG, "more than %d layers", STORE_LAYERS);
	for (size_t i = 0; i < n && !r; i++) {
		const char *hash = hash_of(text_of(json_object_array_get_idx(list, i)));

		r = hash ? add_text(a, &img->layers, hash, err)
			 : err_set(err, EINVAL, "a layer's diff_id is not sha256 and 64 digits");
	}
	return r;
}

static int optional(struct arena *a, const struct json_object *o, const char *key, const char **ret,
		    struct err *err)
{
	const char *s = string(o, key);

	if (s && *s)
		*ret = arena_strdup(a, s);
	return s && *s && !*ret ? err_oom(err) : 0;
}

static int labels(struct arena *a, const struct json_object *o, struct store_image *img,
		  struct err *err)
{
	struct json_object *list = member(o, "Labels", json_type_object);
	int r = 0;

	if (!list)
		return 0;
	json_object_object_foreach(list, key, value)
	{
		const char *s = text_of(value);
		const char *line = s && !r ? arena_printf(a, "%s=%s", key, s) : NULL;

		if (line)
			r = add_text(a, &img->labels, line, err);
	}
	return r;
}

int oci_conf_image(const struct oci_conf *c, struct arena *a, struct store_image *ret,
		   struct err *err)
{
	const struct json_object *o = member(c->json, "config", json_type_object);
	struct store_image img = STORE_IMAGE_INIT;
	int r = diff_ids(c, a, &img, err);

	if (!r)
		r = texts(a, o, "Env", &img.env, err);
	if (!r)
		r = texts(a, o, "Entrypoint", &img.entrypoint, err);
	if (!r)
		r = texts(a, o, "Cmd", &img.cmd, err);
	if (!r)
		r = labels(a, o, &img, err);
	if (!r)
		r = optional(a, o, "WorkingDir", &img.cwd, err);
	if (!r)
		r = optional(a, o, "User", &img.user, err);
	if (!r)
		r = optional(a, c->json, "created", &img.created, err);
	if (r)
		return err_wrap(err, "configuration");
	*ret = img;
	return 0;
}

int oci_conf_text(struct oci_conf *c, struct arena *a, const char **ret, char id[STORE_HASH + 1],
		  struct err *err)
{
	size_t n = 0;
	const char *s = json_object_to_json_string_length(
		c->json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);

	s = s ? arena_dup(a, s, n) : NULL;
	if (!s)
		return err_oom(err);
	*ret = s;
	return digest_of(s, n, id, err);
}

int oci_conf_history(const struct oci_conf *c, struct arena *a, struct oci_step **ret,
		     uint32_t *ret_n, struct err *err)
{
	struct json_object *list = member(c->json, "history", json_type_array);
	size_t n = list ? json_object_array_length(list) : 0;
	struct oci_step *v = arena_alloc(a, (n + 1) * sizeof(*v));

	if (n > MAX_ITEMS)
		return err_set(err, E2BIG, "history has more than %d items", MAX_ITEMS);
	if (!v)
		return err_oom(err);
	for (size_t i = 0; i < n; i++) {
		const struct json_object *o = json_object_array_get_idx(list, i);
		int r = optional(a, o, "created", &v[i].created, err);

		if (!r)
			r = optional(a, o, "created_by", &v[i].by, err);
		if (r)
			return r;
		v[i].empty = json_object_get_boolean(member(o, "empty_layer", json_type_boolean));
	}
	*ret = v;
	*ret_n = (uint32_t)n;
	return 0;
}

static void put_line(struct sbuf *b, const char *word, const char *text)
{
	sbuf_printf(b, "%s ", word);
	for (; *text; text++) {
		if (*text == '\n')
			sbuf_puts(b, "\\n");
		else if (*text == '\\')
			sbuf_printf(b, "\\\\");
		else
			sbuf_put(b, text, 1);
	}
	sbuf_printf(b, "\n");
}

char *oci_image_text(struct arena *a, const struct store_image *img)
{
	const struct {
		const char *word;
		const struct store_list *list;
	} lists[] = {
		{"layer", &img->layers}, {"entrypoint", &img->entrypoint}, {"cmd", &img->cmd},
		{"env", &img->env},	 {"label", &img->labels},
	};
	_cleanup_sbuf_ struct sbuf b = {0};

	for (unsigned i = 0; i < ARRAY_SIZE(lists); i++)
		for (uint32_t k = 0; k < lists[i].list->n; k++)
			put_line(&b, lists[i].word, lists[i].list->v[k]);
	if (img->cwd)
		put_line(&b, "cwd", img->cwd);
	if (img->user)
		put_line(&b, "user", img->user);
	if (img->created)
		put_line(&b, "created", img->created);
	sbuf_printf(&b, "size %llu\n", (unsigned long long)img->size);
	return b.failed ? NULL : arena_strdup(a, b.s);
}
