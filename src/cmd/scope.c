// SPDX-License-Identifier: BSD-3-Clause
/*
 * toastainer-scope: asks the user's service manager (systemd) for a control group of his own, by D-Bus: a
 * transient scope with Delegate=yes, into which the manager moves the process.
 *
 *	toastainer-scope PID
 *
 * The launcher starts it when a user asks for limits by control groups and has none to make groups in.
 * The scope ends with the last process in it. Exit status: 0 when the process is in the scope; else 1, and
 * one line on standard output that says why not.
 */
#include <systemd/sd-bus.h>
#include <time.h>

#include "base/str.h"
#include "base/sys.h"

#define MANAGER	  "org.freedesktop.systemd1", "/org/freedesktop/systemd1"
#define INTERFACE "org.freedesktop.systemd1.Manager"

/* How long the manager may take, microseconds. */
#define PATIENCE 10000000ULL

struct job {
	const char *path; /* NULL: not known yet */
	char ended[256];  /* path of one that has ended */
	char result[32];
};

/* JobRemoved: number, path, unit, result. */
static int on_job_removed(sd_bus_message *m, void *arg, sd_bus_error *error UNUSED)
{
	const char *path, *result;
	struct job *job = arg;

	if (sd_bus_message_read(m, "uoss", NULL, &path, NULL, &result) < 0)
		return 0;
	if (job->path && !str_eq(path, job->path))
		return 0;
	snprintf(job->ended, sizeof(job->ended), "%s", path);
	snprintf(job->result, sizeof(job->result), "%s", result);
	return 0;
}

static int open_bus(sd_bus **ret)
{
	char dir[40];

	/* After su(1) or setpriv(1) it is not set, but the manager may be there. */
	if (!getenv("XDG_RUNTIME_DIR")) {
		snprintf(dir, sizeof(dir), "/run/user/%u", getuid());
		setenv("XDG_RUNTIME_DIR", dir, 0);
	}
	return sd_bus_open_user(ret);
}

static int request(sd_bus *bus, uint32_t pid, sd_bus_message **ret)
{
	struct timespec now;
	char name[80];
	int r = sd_bus_message_new_method_call(bus, ret, MANAGER, INTERFACE, "StartTransientUnit");

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(name, sizeof(name), "toastainer-%u-%lld%09ld.scope", pid, (long long)now.tv_sec,
		 now.tv_nsec);
	if (r >= 0)
		r = sd_bus_message_append(*ret, "ss", name, "fail");
	if (r >= 0)
		r = sd_bus_message_append(*ret, "a(sv)", 4, "Description", "s",
					  "A launcher of jails (toastainer)", "Delegate", "b", 1,
					  "CollectMode", "s", "inactive-or-failed", "PIDs", "au", 1,
					  pid);
	if (r >= 0)
		r = sd_bus_message_append(*ret, "a(sa(sv))", 0);
	return r;
}

/* wait_for() - until the manager says that the job is over. */
static int wait_for(sd_bus *bus, const struct job *job)
{
	while (!str_eq(job->ended, job->path)) {
		int r = sd_bus_process(bus, NULL);

		if (r == 0)
			r = sd_bus_wait(bus, PATIENCE) ?: -ETIMEDOUT;
		if (r < 0)
			return r;
	}
	return 0;
}

/* ask() - Return: 0, or a negative errno and @error says more, or job->result is not "done". */
static int ask(sd_bus *bus, uint32_t pid, struct job *job, sd_bus_error *error)
{
	sd_bus_message *m = NULL, *reply = NULL;
	int r = sd_bus_match_signal(bus, NULL, MANAGER, INTERFACE, "JobRemoved", on_job_removed,
				    job);

	if (r >= 0)
		r = request(bus, pid, &m);
	if (r >= 0)
		r = sd_bus_call(bus, m, PATIENCE, error, &reply);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &job->path);
	if (r >= 0)
		r = wait_for(bus, job);
	sd_bus_message_unref(m);
	sd_bus_message_unref(reply);
	return r;
}

int main(int argc, char **argv)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct job job = {.path = NULL};
	sd_bus *bus = NULL;
	uint32_t pid;
	int r;

	if (argc != 2 || str_u32(argv[1], &pid) < 0) {
		puts("usage: toastainer-scope PID");
		return 2;
	}
	r = open_bus(&bus);
	if (r < 0) {
		printf("the service manager of user %u does not answer: %s\n", getuid(),
		       strerror(-r));
		return 1;
	}
	r = ask(bus, pid, &job, &error);
	if (r < 0)
		printf("%s\n", error.message ?: strerror(-r));
	else if (!str_eq(job.result, "done"))
		printf("starting the scope: %s\n", job.result);
	sd_bus_error_free(&error);
	sd_bus_unref(bus);
	return r >= 0 && str_eq(job.result, "done") ? 0 : 1;
}
