// SPDX-License-Identifier: BSD-3-Clause
/*
 * noop.c - the job that every launcher in the benchmark starts.
 *
 * It only exits, and it has no libc start-up: what is measured is the launcher, not the job.
 * Built with -static -nostdlib; once more with -DANSWER, as `answer`, which first writes a byte to
 * descriptor 1: the job of a server.
 */
#include <asm/unistd.h>

__attribute__((noreturn)) void _start(void);

static long call(long number, long first, const void *second, long third)
{
#if defined(__x86_64__)
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(first), "S"(second), "d"(third)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long nr __asm__("x8") = number;
	register long a __asm__("x0") = first;
	register long b __asm__("x1") = (long)second;
	register long c __asm__("x2") = third;

	__asm__ volatile("svc 0" : "+r"(a) : "r"(nr), "r"(b), "r"(c) : "memory");
	return a;
#elif defined(__riscv)
	register long nr __asm__("a7") = number;
	register long a __asm__("a0") = first;
	register long b __asm__("a1") = (long)second;
	register long c __asm__("a2") = third;

	__asm__ volatile("ecall" : "+r"(a) : "r"(nr), "r"(b), "r"(c) : "memory");
	return a;
#else
#error "noop.c: add the system calls of this architecture"
#endif
}

void _start(void)
{
#ifdef ANSWER
	call(__NR_write, 1, "!", 1);
#endif
	call(__NR_exit, 0, 0, 0);
	__builtin_unreachable();
}
