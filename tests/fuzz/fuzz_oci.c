// SPDX-License-Identifier: BSD-3-Clause
/*
 * Fuzzer of what describes images: the first byte picks the parser, the rest is its text. What an
 * accepted text became must be what the rest of the program relies on.
 */
#include <assert.h>

#include "image/dockerfile.h"
#include "image/ociconf.h"
#include "image/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_manifest(const struct oci_manifest *m, bool hashes)
{
	assert(m->n_layers <= STORE_LAYERS);
	for (uint32_t i = 0; i < m->n_layers; i++) {
		assert(m->layers[i].path);
		assert(!hashes || store_is_hash(m->layers[i].hash));
	}
	assert(m->config.path);
}

/* What is read is written and read again: the same. */
static void check_image(struct arena *a, const struct store_image *img)
{
	char *text = oci_image_text(a, img);
	struct store_image again;
	struct err err = ERR_INIT;

	assert(text);
	assert(store_parse(a, text, &again, &err) == 0);
	assert(again.layers.n == img->layers.n && again.env.n == img->env.n);
	assert(again.labels.n == img->labels.n && again.cmd.n == img->cmd.n);
	for (uint32_t i = 0; i < img->env.n; i++)
		assert(str_eq(again.env.v[i], img->env.v[i]));
	for (uint32_t i = 0; i < img->layers.n; i++)
		assert(store_is_hash(again.layers.v[i]));
	assert(!img->cwd == !again.cwd && (!img->cwd || str_eq(img->cwd, again.cwd)));
}

static void conf(struct arena *a, const char *text, size_t n)
{
	struct oci_conf c = {0};
	struct store_image img;
	struct oci_step *steps;
	const char *out;
	char id[STORE_HASH + 1];
	uint32_t n_steps;
	struct err err = ERR_INIT;

	if (oci_conf_parse(text, n, &c, &err))
		return;
	if (oci_conf_image(&c, a, &img, &err) == 0)
		check_image(a, &img);
	oci_conf_history(&c, a, &steps, &n_steps, &err);
	assert(oci_conf_env(&c, "NAME", "value", &err) == 0);
	assert(oci_conf_layer(&c, id, "step", &err) == 0 || err.code);
	assert(oci_conf_text(&c, a, &out, id, &err) == 0 && store_is_hash(id));
	oci_conf_free(&c);
}

static void build_file(struct arena *a, char *text)
{
	static const char *const env[] = {"A=b", "LONG=x y z"};
	const struct store_list list = {.v = (const char **)(uintptr_t)env, .n = 2};
	const struct df_vars vars = {.lists = {&list}};
	struct dockerfile df;
	struct err err = ERR_INIT;

	if (dockerfile_parse(a, text, &df, &err))
		return;
	for (uint32_t i = 0; i < df.n; i++) {
		struct store_list words = {0};
		struct oci_conf c;
		const char *out;

		assert(df.v[i].op < DF_OPS && df.v[i].text && *df.v[i].text);
		if (dockerfile_expand(a, df.v[i].text, &vars, &out, &err) == 0)
			dockerfile_words(a, out, &words, &err);
		if (df.v[i].op < DF_ENV || oci_conf_new(&c, &err))
			continue;
		dockerfile_set(&c, a, &df.v[i], &vars, &err);
		oci_conf_free(&c);
	}
}

/* A path of an archive stays below: no "..", no empty part, not absolute. */
static void path(const char *text)
{
	char out[PATH_MAX];
	struct err err = ERR_INIT;

	if (unpack_path(text, out, &err))
		return;
	assert(out[0] != '/' && !strstr(out, "//"));
	for (const char *p = out; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL)
		assert(!(p[0] == '.' && p[1] == '.' && (p[2] == '/' || !p[2])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oci_manifest m;
	struct oci_blob blob;
	struct store_image img;
	struct arena a = {0};
	struct err err = ERR_INIT;
	char name[STORE_NAME + 1], *text;
	bool index;

	if (!size)
		return 0;
	text = arena_dup(&a, data + 1, --size);
	switch (text ? data[0] % 8 : 8) {
	case 0:
		if (oci_parse_index(&a, text, size, NULL, &blob, &index, &err) == 0)
			assert(store_is_hash(blob.hash));
		break;
	case 1:
		if (oci_parse_manifest(&a, text, size, &m, &err) == 0)
			check_manifest(&m, true);
		break;
	case 2:
		if (oci_parse_docker(&a, text, size, NULL, &m, &err) == 0)
			check_manifest(&m, false);
		break;
	case 3: conf(&a, text, size); break;
	case 4:
		if (store_parse(&a, text, &img, &err) == 0)
			check_image(&a, &img);
		break;
	case 5: build_file(&a, text); break;
	case 6:
		if (store_name(text, name, &err) == 0)
			assert(strlen(name) <= STORE_NAME && !strchr(name, '/') && name[0] != '.');
		break;
	case 7: path(text); break;
	}
	arena_free(&a);
	return 0;
}
