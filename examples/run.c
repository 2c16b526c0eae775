// SPDX-License-Identifier: BSD-3-Clause
/*
 * Run a program in a jail through libtoastainer, with a time limit, in a poll(2) loop.
 *
 *	cc run.c $(pkg-config --cflags --libs toastainer) && ./a.out /bin/echo hello
 */
#include <poll.h>
#include <stdio.h>
#include <toastainer.h>

static int fail(const struct toastainer_error *err)
{
	fprintf(stderr, "%s%s%s\n", err->step, err->step[0] ? ": " : "", err->message);
	if (err->hint[0])
		fprintf(stderr, "hint: %s\n", err->hint);
	return 125;
}

int main(int argc, char **argv)
{
	static const char *const settings[][2] = {
		{"bindmount_ro", "/usr"},    {"symlink", "usr/bin:/bin"},
		{"symlink", "usr/lib:/lib"}, {"symlink", "usr/lib64:/lib64"},
		{"time_limit", "5"},	     {"hostname", "example"},
	};
	struct toastainer_config *cfg = toastainer_config_new(TOASTAINER_RUN);
	struct toastainer_jail *jail = NULL;
	struct toastainer_result result;
	struct toastainer_error err;
	int status = 0;

	if (!cfg || argc < 2)
		return 125;
	for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]) && !status; i++)
		status = toastainer_config_set(cfg, settings[i][0], settings[i][1], &err);
	if (!status)
		status = toastainer_config_command(cfg, (const char *const *)argv + 1, &err);
	if (!status)
		status = toastainer_jail_start(cfg, &jail, &err);
	if (status < 0) {
		toastainer_config_free(cfg);
		return fail(&err);
	}

	/* A real program has other descriptors in its loop, too. */
	while (!toastainer_jail_step(jail)) {
		struct pollfd fd = {.fd = toastainer_jail_fd(jail), .events = POLLIN};

		poll(&fd, 1, -1);
	}
	toastainer_jail_result(jail, &result);
	if (result.reason == TOASTAINER_SETUP_FAILED)
		status = fail(&result.error);
	else
		status = result.signal ? 128 + result.signal : result.exit_code;
	fprintf(stderr, "reason %d, exit code %d, %llu us, peak %llu KiB\n", (int)result.reason,
		result.exit_code, (unsigned long long)result.wall_us,
		(unsigned long long)result.peak_kib);
	toastainer_jail_free(jail);
	toastainer_config_free(cfg);
	return status;
}
