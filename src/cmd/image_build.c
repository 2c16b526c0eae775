// SPDX-License-Identifier: BSD-3-Clause
/*
 * `toastainer image build`. Called through the table in cmd/image_store.c.
 */
#include "base/log.h"
#include "cmd/image_store.h"
#include "image/build.h"
#include "mode/once.h"

/* On standard error: standard output is the commands'. */
static void say_step(void *arg, const char *step, bool cached)
{
	const struct image_args *args = arg;

	if (!args->json)
		fprintf(stderr, "%s %.200s\n", cached ? "same" : "step", step);
}

int image_cmd_build(const struct image_args *args, const struct store *s, struct err *err)
{
	struct build_request rq = {
		.context = args->argv[0],
		.file = args->file,
		.name = args->tag,
		.args = &args->build_args,
		.no_cache = args->no_cache,
		.one_id = args->one_id,
		.run = once_run,
		.say = say_step,
		.say_arg = (void *)(uintptr_t)args,
		.import.rules = args->rules,
	};
	struct import_report rep;
	int r;

	rq.import.rules.devices = DEVICES_KEEP; /* no step can make any */
	r = build_image(s, &rq, &rep, err);
	if (!r)
		image_report(args, args->tag, &rep);
	return r;
}
