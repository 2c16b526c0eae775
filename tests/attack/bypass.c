// SPDX-License-Identifier: BSD-3-Clause
/*
 * bypass [weak] WAY PATH: makes the directory PATH by a way that a filter on mkdir may not see. Prints
 * MADE when the directory is there, else "refused" and the errno.
 *
 *	mkdir		the call itself, what the policy is about
 *	int80		the i386 call by int 0x80
 *	x32		the x32 call
 *	high-number	the call's number with bits above the 32 that count
 *	io_uring	by a ring of requests, no call at all
 *
 * weak: before that, installs a filter that refuses mkdir and mkdirat, but looks at the number alone:
 * what the ways get through.
 *
 * bypass rewrite PATH FILE: writes a policy that allows everything into FILE, the policy's own file, and
 * then makes PATH, also in a process that is executed anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long by_io_uring(const char *path)
{
	struct io_uring_params p = {0};
	int fd = (int)syscall(SYS_io_uring_setup, 1, &p);
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	char *sq, *cq;

	if (fd < 0)
		return -errno;
	sq = mmap(NULL, p.sq_off.array + 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		  fd, IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		  IORING_OFF_CQ_RING);
	sqe = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		   IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || sqe == MAP_FAILED)
		return -errno;
	*sqe = (struct io_uring_sqe){
		.opcode = IORING_OP_MKDIRAT, .fd = AT_FDCWD, .addr = (uintptr_t)path, .len = 0755};
	*(unsigned *)(sq + p.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	cqe = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
	return cqe->res;
}

#if defined(__x86_64__)
static long raw(long nr, const void *a, long b)
{
	long r;

	__asm__ volatile("syscall" : "=a"(r) : "a"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return r;
}

/* The path must lie where 32 bits reach. */
static long by_int80(const char *path)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long r;

	if (low == MAP_FAILED)
		return -errno;
	strncpy(low, path, 4095);
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(39L), "b"(low), "c"(0755L) : "memory");
	return (int)r;
}
#endif

static long make(const char *way, const char *path)
{
	if (strcmp(way, "mkdir") == 0)
		return mkdir(path, 0755) ? -errno : 0;
	if (strcmp(way, "io_uring") == 0)
		return by_io_uring(path);
#if defined(__x86_64__)
	if (strcmp(way, "int80") == 0)
		return by_int80(path);
	if (strcmp(way, "x32") == 0)
		return raw(0x40000000 | SYS_mkdir, path, 0755);
	if (strcmp(way, "high-number") == 0)
		return raw(0x5a5aL << 32 | SYS_mkdir, path, 0755);
#endif
	return -EINVAL;
}

static void install_weak(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#if defined(__x86_64__)
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdir, 1, 0),
#endif
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdirat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof(code) / sizeof(*code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
		perror("install the weak filter");
		exit(2);
	}
}

static void rewrite(char **argv)
{
	static const char all[] = "DEFAULT ALLOW\n";
	int fd = open(argv[3], O_WRONLY | O_TRUNC);

	if (fd < 0 || write(fd, all, strlen(all)) < 0) {
		perror(argv[3]);
		exit(2);
	}
	close(fd);
	if (vfork() == 0) {
		execl("/proc/self/exe", argv[0], "mkdir", argv[2], NULL);
		_exit(2);
	}
	wait(NULL);
}

int main(int argc, char **argv)
{
	struct stat st;
	long r;

	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "weak") == 0) {
		install_weak();
		argv++;
	}
	if (strcmp(argv[1], "rewrite") == 0) {
		rewrite(argv);
		argv[1] = "mkdir";
	}
	r = make(argv[1], argv[2]);
	if (stat(argv[2], &st) == 0)
		puts("MADE");
	else
		printf("refused %ld\n", -r);
	return 0;
}
