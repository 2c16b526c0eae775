// SPDX-License-Identifier: BSD-3-Clause
/* Fuzzer of the text format's parser. */
#include "config/textproto.h"
#include "fuzz_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_input(textproto_parse, data, size);
}
