// SPDX-License-Identifier: BSD-3-Clause
/*
 * Fuzzer of the command line: the first byte chooses the face, the rest are the words, each up to a NUL.
 * Nothing is started and no file is opened: the linker puts __wrap_config_load() in the place of what
 * reads the file of --config, and that takes the file's name for its content.
 */
#include "config/cli.h"
#include "fuzz_config.h"

#define MAX_WORDS 200

int __wrap_config_load(struct config *cfg, const char *path, struct err *err);

int __wrap_config_load(struct config *cfg, const char *path, struct err *err)
{
	return load_text(cfg, "F", path, strlen(path), err);
}

/* Every word has memory of its own, so that a step beyond its end is seen. */
static char **split(const uint8_t *data, size_t size)
{
	char **argv = calloc(MAX_WORDS + 2, sizeof(*argv));
	size_t n = 0;

	if (argv)
		argv[n++] = strdup("toastainer");
	while (argv && size > 0 && n <= MAX_WORDS) {
		size_t len = strnlen((const char *)data, size);

		argv[n++] = strndup((const char *)data, len);
		len += len < size;
		data += len;
		size -= len;
	}
	return argv;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct config cfg;
	struct cli cli;
	char **argv;
	int r;

	if (size == 0)
		return 0;
	argv = split(data + 1, size - 1);
	if (!argv)
		return 0;
	config_init(&cfg, data[0] % CONFIG_FACES);
	r = cli_parse(argv, &cfg, &cli, &err);
	if (r < 0 && (r != -err.code || (r != -EINVAL && r != -ERANGE) || !err.msg[0]))
		abort();
	if (r == 0)
		fuzz_round_trip(&cfg);
	config_free(&cfg);
	for (char **word = argv; *word; word++)
		free(*word);
	free(argv);
	return 0;
}
