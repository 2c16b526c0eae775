/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the fuzzers of the two config forms and of the command line share: any input is either refused
 * with an error, or makes a config whose dump, in either form, reads back as the same config.
 */
#ifndef TOASTAINER_TESTS_FUZZ_CONFIG_H
#define TOASTAINER_TESTS_FUZZ_CONFIG_H

#include "config/dump.h"
#include "config/load.h"

typedef int (*fuzz_parser)(struct config *cfg, const char *file, const char *text, size_t n,
			   struct err *err);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_dump(const struct config *cfg, struct sbuf *out)
{
	struct err err = ERR_INIT;

	sbuf_puts(out, "");
	if (dump_text(cfg, out, &err) < 0)
		abort();
}

/* @text, a dump of @cfg in either form, must give the same config. */
static inline void fuzz_read_back(const struct config *cfg, const struct sbuf *text)
{
	struct sbuf before = {0}, after = {0};
	struct err err = ERR_INIT;
	struct config again;

	config_init(&again, cfg->face);
	if (text->n > 0 && load_text(&again, "F", text->s, text->n, &err) < 0) {
		fprintf(stderr, "%s\n%s\n", err.msg, text->s);
		abort();
	}
	fuzz_dump(cfg, &before);
	fuzz_dump(&again, &after);
	if (!str_eq(before.s, after.s)) {
		fprintf(stderr, "%s\n---\n%s\n", before.s, after.s);
		abort();
	}
	sbuf_free(&before);
	sbuf_free(&after);
	config_free(&again);
}

/* Both forms of the dump. */
static inline void fuzz_round_trip(const struct config *cfg)
{
	struct err err = ERR_INIT;
	struct sbuf out = {0};

	fuzz_dump(cfg, &out);
	fuzz_read_back(cfg, &out);
	out.n = 0;
	if (dump_json(cfg, &out, &err) == 0)
		fuzz_read_back(cfg, &out);
	else if (err.code != EILSEQ)
		abort();
	sbuf_free(&out);
}

static inline void fuzz_config(fuzz_parser parse, enum config_face face, const char *text, size_t n)
{
	struct err err = ERR_INIT;
	struct config cfg;
	int ret;

	config_init(&cfg, face);
	ret = parse(&cfg, "F", text, n, &err);
	if (ret < 0 && (ret != -EINVAL || err.code != EINVAL || !str_starts(err.msg, "F:")))
		abort();
	if (ret == 0)
		fuzz_round_trip(&cfg);
	config_free(&cfg);
}

/* The parsers want a NUL behind the text. The face goes by the length, so that both have their turn. */
static inline int fuzz_input(fuzz_parser parse, const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = 0;
	fuzz_config(parse, size % 2 ? FACE_RUN : FACE_NSJAIL, text, size);
	free(text);
	return 0;
}

#endif
