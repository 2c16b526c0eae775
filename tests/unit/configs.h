/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Helpers of the tests that read configuration files.
 */
#ifndef TOASTAINER_TESTS_CONFIGS_H
#define TOASTAINER_TESTS_CONFIGS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/dump.h"
#include "config/load.h"
#include "config/schema.h"

/* A file that is accepted, and how it reads when it is dumped as text. */
struct accepted {
	const char *text, *dump;
};

/* A file that is refused: where, a part of the message, a part of the hint (NULL: any). */
struct refused {
	const char *text, *place, *message, *hint;
};

static inline int load(struct config *cfg, enum config_face face, const char *text, struct err *err)
{
	config_init(cfg, face);
	return load_text(cfg, "F", text, strlen(text), err);
}

static inline void check_accepted(enum config_face face, const char *text, const char *dump)
{
	struct err err = ERR_INIT;
	struct sbuf out = {0};
	struct config cfg;

	if (load(&cfg, face, text, &err) < 0)
		fail_msg("<%s> is refused: %s", text, err.msg);
	sbuf_puts(&out, "");
	assert_int_equal(dump_text(&cfg, &out, &err), 0);
	if (!str_eq(out.s, dump))
		fail_msg("<%s> reads as <%s>, not <%s>", text, out.s, dump);
	sbuf_free(&out);
	config_free(&cfg);
}

static inline void check_refused(enum config_face face, const struct refused *t)
{
	struct err err = ERR_INIT;
	char place[40];
	struct config cfg;

	if (load(&cfg, face, t->text, &err) == 0)
		fail_msg("<%s> is accepted", t->text);
	assert_int_equal(err.code, EINVAL);
	snprintf(place, sizeof(place), "F:%s: ", t->place);
	if (!str_starts(err.msg, place) || !strstr(err.msg, t->message))
		fail_msg("<%s>: \"%s\" is not \"%s...%s\"", t->text, err.msg, place, t->message);
	if (t->hint && !strstr(err.hint, t->hint))
		fail_msg("<%s>: the hint is \"%s\", not \"%s\"", t->text, err.hint, t->hint);
	config_free(&cfg);
}

/* Let the 1st, 2nd, ... allocation fail: each time -ENOMEM and the config as it was. */
static inline void check_without_memory(const char *text)
{
	for (unsigned long nth = 1;; nth++) {
		struct err err = ERR_INIT;
		struct config cfg;
		int ret;

		config_init(&cfg, FACE_NSJAIL);
		cfg.port = 77;
		mem_fail_at(nth);
		ret = load_text(&cfg, "F", text, strlen(text), &err);
		mem_fail_at(0);
		if (ret == 0) {
			config_free(&cfg);
			assert_true(nth > 2);
			return;
		}
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(err.code, ENOMEM);
		assert_int_equal(cfg.port, 77);
		assert_null(cfg.arena.blocks);
	}
}

#endif
