// SPDX-License-Identifier: BSD-3-Clause
/*
 * noop.c - the job that every launcher in the benchmark starts.
 *
 * It only exits, and it has no libc start-up: what is measured is the launcher, not the job.
 * Built with -static -nostdlib.
 */
#include <asm/unistd.h>

__attribute__((noreturn)) void _start(void);

void _start(void)
{
#if defined(__x86_64__)
	__asm__ volatile("syscall" : : "a"(__NR_exit), "D"(0) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long nr __asm__("x8") = __NR_exit;
	register long status __asm__("x0") = 0;

	__asm__ volatile("svc 0" : : "r"(nr), "r"(status) : "memory");
#elif defined(__riscv)
	register long nr __asm__("a7") = __NR_exit;
	register long status __asm__("a0") = 0;

	__asm__ volatile("ecall" : : "r"(nr), "r"(status) : "memory");
#else
#error "noop.c: add the exit system call of this architecture"
#endif
	__builtin_unreachable();
}
