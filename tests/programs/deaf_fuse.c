// SPDX-License-Identifier: BSD-3-Clause
/*
 * A FUSE server on descriptor 4 that takes every request and answers none, but for the first: whoever asks
 * then waits, and cannot be killed. For test_image_file.py.
 */
#include <linux/fuse.h>
#include <unistd.h>

static char request[1 << 18];

int main(void)
{
	const struct fuse_in_header *in = (const struct fuse_in_header *)request;

	while (read(4, request, sizeof(request)) > 0) {
		struct {
			struct fuse_out_header head;
			struct fuse_init_out init;
		} answer = {
			.head = {.len = sizeof(answer), .unique = in->unique},
			.init = {.major = 7,
				 .minor = 31,
				 .max_readahead = 65536,
				 .max_write = 65536},
		};

		if (in->opcode == FUSE_INIT && write(4, &answer, sizeof(answer)) < 0)
			return 1;
	}
	return 0;
}
