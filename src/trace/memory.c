// SPDX-License-Identifier: BSD-3-Clause
/*
 * Reading the memory of a traced process. Called by what decodes calls, in a process of its own: a
 * page of a hostile program can make the reader wait for as long as that program likes.
 */
#include <sys/uio.h>

#include "base/sys.h"
#include "trace/decode.h"

enum { CHUNK = 4096 }; /* no read crosses more than one border of a page for nothing */

static ssize_t read_process(const struct memory *m, uint64_t addr, void *buf, size_t n)
{
	struct iovec local = {buf, n}, remote = {(void *)(uintptr_t)addr, n};
	ssize_t r = sys(SYS_process_vm_readv, m->pid, &local, 1, &remote, 1, 0);

	return r == 0 ? -EFAULT : r;
}

struct memory memory_of(pid_t pid)
{
	return (struct memory){.read = read_process, .pid = pid};
}

int memory_get(const struct memory *m, uint64_t addr, void *buf, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r;

		if (addr + done < addr)
			return -EFAULT;
		r = m->read(m, addr + done, (char *)buf + done, n - done);
		if (r <= 0)
			return r ? (int)r : -EFAULT;
		done += (size_t)r;
	}
	return 0;
}

ssize_t memory_string(const struct memory *m, uint64_t addr, char *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		/* to the end of the page: what follows the string may not be there */
		size_t want = MIN(CHUNK - (size_t)((addr + done) % CHUNK), size - done);
		ssize_t r;
		char *nul;

		if (addr + done < addr)
			return -EFAULT;
		r = m->read(m, addr + done, buf + done, want);
		if (r <= 0)
			return r ? r : -EFAULT;
		nul = memchr(buf + done, 0, (size_t)r);
		if (nul)
			return nul - buf;
		done += (size_t)r;
	}
	return -ENAMETOOLONG;
}
