// SPDX-License-Identifier: BSD-3-Clause
/*
 * Runs a fuzzer's function over the files of the directories given: how the corpora are replayed in
 * the normal test run, with any compiler. Fails when a directory has no file, or by the function.
 */
#include <dirent.h>
#include <fcntl.h>

#include "base/io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(int dirfd, const char *name)
{
	struct arena arena = {0};
	struct err err = ERR_INIT;
	char *text;
	size_t n;

	if (io_read_file(&arena, dirfd, name, 1 << 20, &text, &n, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	LLVMFuzzerTestOneInput((const uint8_t *)text, n);
	arena_free(&arena);
	return 0;
}

static int replay_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	unsigned n = 0;
	int failed = 0;

	if (!dir) {
		perror(path);
		return 1;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		failed |= replay(dirfd(dir), entry->d_name);
		n++;
	}
	closedir(dir);
	printf("%s: %u files\n", path, n);
	return failed || n == 0;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++)
		failed |= replay_dir(argv[i]);
	return failed;
}
