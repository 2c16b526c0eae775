// SPDX-License-Identifier: BSD-3-Clause
/* burn MS MIB: uses that much CPU time and touches that much memory. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv)
{
	long ms = argc > 1 ? atol(argv[1]) : 0, mib = argc > 2 ? atol(argv[2]) : 0;
	volatile unsigned long x = 0;
	char *p = malloc((size_t)(mib + 1) << 20);

	if (!p)
		return 1;
	memset(p, 1, (size_t)mib << 20);
	while (clock() < ms * (CLOCKS_PER_SEC / 1000))
		x += (unsigned long)p[x % 1024];
	return 0;
}
