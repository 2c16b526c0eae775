// SPDX-License-Identifier: BSD-3-Clause
/*
 * The backend pasta(1): the installed program does all of it. Called by user.c, in the process that
 * becomes pasta, and in the launcher that waits for it. Its standard output is a pipe to us: it writes
 * its process id there when the network is there ("--pid"), and the pipe closes with it. What it has to
 * complain about goes to our standard error.
 */
#include <stdlib.h>
#include <sys/prctl.h>

#include "base/str.h"
#include "base/sys.h"
#include "net/user_impl.h"

enum { ARGS = 64 };

int user_pasta_main(const struct user_plan *p, pid_t launcher, pid_t jail, int out)
{
	char net[40], user[40], said[16];
	char to_net[] = "--netns", to_user[] = "--userns", net_only[] = "--netns-only";
	char *argv[ARGS + 8];
	const uint64_t none = 0;
	struct stat ours, its;
	size_t n = 0;

	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (sys(SYS_getppid) != launcher)
		return 1;
	sys(SYS_setsid);
	while (n < ARGS && p->pasta[n]) {
		argv[n] = p->pasta[n];
		n++;
	}
	snprintf(net, sizeof(net), "/proc/%d/ns/net", jail);
	snprintf(user, sizeof(user), "/proc/%d/ns/user", jail);
	argv[n++] = to_net;
	argv[n++] = net;
	/* Without a user namespace of the jail's there is none to join. */
	if (stat("/proc/self/ns/user", &ours) == 0 && stat(user, &its) == 0 &&
	    ours.st_ino == its.st_ino) {
		argv[n++] = net_only;
	} else {
		argv[n++] = to_user;
		argv[n++] = user;
	}
	argv[n] = NULL;
	sys(SYS_dup3, out, STDOUT_FILENO, 0);
	sys_close_range(3, ~0U, 0);
	sys_sigmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], argv);
	snprintf(said, sizeof(said), "E%d", errno);
	sys_write(STDOUT_FILENO, said, strlen(said));
	return 1;
}

int user_pasta_wait(int in, struct err *err)
{
	char said[32] = "";
	long n;

	do
		n = sys_read(in, said, sizeof(said) - 1);
	while (n == -EINTR);
	if (n > 0 && said[0] >= '1' && said[0] <= '9')
		return 0;
	if (n > 0 && said[0] == 'E') {
		err_sys(err, (int)strtol(said + 1, NULL, 10), "execute pasta");
		return err_hint(err, "the backend PASTA needs the package passt");
	}
	err_set(err, ECANCELED, "pasta made no network: what it says stands above");
	return err_hint(err,
			"it may be too old: it needs --config-net and --runas (2023 or later)");
}
