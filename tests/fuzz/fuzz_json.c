// SPDX-License-Identifier: BSD-3-Clause
/* Fuzzer of the JSON parser. */
#include "config/jsonconf.h"
#include "fuzz_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_input(jsonconf_parse, data, size);
}
