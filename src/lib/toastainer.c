// SPDX-License-Identifier: BSD-3-Clause
/*
 * The public library: a thin face over config and jail. What it may not do to its host process is in
 * the header; plans therefore never share memory, and the guard has no exit signal.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "base/sys.h"
#include "config/image_use.h"
#include "config/load.h"
#include "config/schema.h"
#include "config/to_plan.h"
#include "jail/hints.h"
#include "jail/jail.h"
#include "jail/network.h"
#include "mode/aftermath.h"
#include "storage/diskimage.h"

#include "../../include/toastainer.h"

static_assert(sizeof(struct toastainer_error) == sizeof(struct err), "one error, two names");
static_assert((int)TOASTAINER_SETUP_FAILED == (int)RESULT_SETUP_FAILED &&
		      (int)TOASTAINER_KILLED == (int)RESULT_KILLED &&
		      (int)TOASTAINER_MEMORY_LIMIT == (int)RESULT_MEMORY_LIMIT &&
		      (int)TOASTAINER_CPU_LIMIT == (int)RESULT_CPU_LIMIT &&
		      (int)TOASTAINER_HOST_OOM == (int)RESULT_HOST_OOM &&
		      (int)TOASTAINER_IDLE_LIMIT == (int)RESULT_IDLE_LIMIT &&
		      (int)TOASTAINER_SECCOMP == (int)RESULT_SECCOMP,
	      "reasons have the same numbers");
static_assert(RESULT_FIGURES <= TOASTAINER_FIGURES, "they are passed on as they are");

struct toastainer_config {
	struct config cfg;
};

struct toastainer_jail {
	struct config own; /* what an image adds; holds it in its store */
	struct planned planned;
	struct jail jail;
	int epoll, timer;
	uint64_t timer_ns; /* what the timer is set to */
};

/* Both structs have the same layout (checked above, and by the test of each field). */
static void give_error(struct toastainer_error *to, const struct err *from)
{
	if (to)
		memcpy(to, from, sizeof(*to));
}

PUBLIC const char *toastainer_version(void)
{
	return TOASTAINER_VERSION;
}

PUBLIC struct toastainer_config *toastainer_config_new(enum toastainer_defaults defaults)
{
	struct toastainer_config *c = mem_alloc(sizeof(*c));

	if (c)
		config_init(&c->cfg, defaults == TOASTAINER_RUN ? FACE_RUN : FACE_NSJAIL);
	return c;
}

PUBLIC void toastainer_config_free(struct toastainer_config *c)
{
	if (!c)
		return;
	config_free(&c->cfg);
	free(c);
}

PUBLIC int toastainer_config_parse(struct toastainer_config *c, const char *text,
				   struct toastainer_error *error)
{
	struct err err = ERR_INIT;
	int r = load_text(&c->cfg, "config", text, strlen(text), &err);

	if (r < 0)
		give_error(error, &err);
	return r;
}

PUBLIC int toastainer_config_set(struct toastainer_config *c, const char *name, const char *value,
				 struct toastainer_error *error)
{
	struct err err = ERR_INIT;
	int r = config_set(&c->cfg, name, value, &err);

	if (r < 0)
		give_error(error, &err);
	return r;
}

PUBLIC int toastainer_config_command(struct toastainer_config *c, const char *const *argv,
				     struct toastainer_error *error)
{
	struct err err = ERR_INIT;
	int r = config_command(&c->cfg, argv, &err);

	if (r < 0)
		give_error(error, &err);
	return r;
}

static int watch(int epoll, int fd, struct err *err)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		return err_sys(err, errno, "watch the jail");
	return 0;
}

/* set_timer() - have the descriptor wake the caller when a limit has to be looked at. */
static void set_timer(struct toastainer_jail *j)
{
	uint64_t next = jail_next_ns(&j->jail);
	struct itimerspec when = {.it_value = {.tv_sec = (time_t)(next / 1000000000),
					       .tv_nsec = (long)(next % 1000000000)}};

	if (j->timer < 0 || next == j->timer_ns)
		return;
	j->timer_ns = next;
	timerfd_settime(j->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* One descriptor for whoever has a loop of their own. */
static int make_pollable(struct toastainer_jail *j, struct err *err)
{
	int r;

	j->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (j->epoll < 0)
		return err_sys(err, errno, "make an epoll descriptor");
	r = watch(j->epoll, j->jail.guard_fd, err);
	if (r >= 0)
		r = watch(j->epoll, j->jail.ctl, err);
	if (r >= 0 && network_fd(&j->jail) >= 0)
		r = watch(j->epoll, network_fd(&j->jail), err);
	if (r < 0 || (!jail_next_ns(&j->jail) && network_fd(&j->jail) < 0))
		return r;
	j->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (j->timer < 0)
		return err_sys(err, errno, "make a timer");
	set_timer(j);
	return watch(j->epoll, j->timer, err);
}

/* What needs a process that is all ours, or is no single jail. */
static int check_mode(const struct config *cfg, struct err *err)
{
	if (cfg->mode != MODE_ONCE)
		return err_set(err, EINVAL,
			       "the library runs one jail at a time: mode must be ONCE");
	if (cfg->daemon || cfg->tty == TTY_ON || cfg->jail_name)
		return err_set(err, EINVAL, "%s is not for the library",
			       cfg->daemon	? "daemon"
			       : cfg->jail_name ? "name"
						: "tty");
	if (cfg->output_limit || cfg->output_truncate)
		return err_set(err, EINVAL,
			       "output_limit is not for the library: stdout and "
			       "stderr are its caller's");
	if (cfg->commit) /* by another program, which only the command looks for */
		return err_set(err, EINVAL,
			       "commit is not for the library: keep the layer with "
			       "'keep', and run `toastainer image commit`");
	/* these fork the calling process as it is */
	if (cfg->explain || cfg->audit || cfg->seccomp_unotify)
		return err_set(err, EINVAL, "%s is not for the library",
			       cfg->explain ? "explain"
			       : cfg->audit ? "audit"
					    : "seccomp_unotify");
	return 0;
}

static int start(const struct config *cfg, struct toastainer_jail *j, struct err *err)
{
	int r = check_mode(cfg, err);

	if (r >= 0 && cfg->image) {
		r = image_use_copy(cfg, &j->own, err);
		cfg = &j->own;
		if (r >= 0 && cfg->disk_image && cfg->disk_image->way == DISKIMAGE_FUSE)
			r = err_set(err, EINVAL, /* it executes the launcher */
				    "an image file without root is not for the library");
	}
	if (r >= 0)
		r = to_plan(cfg, &j->planned, err);
	j->planned.plan.account = true;
	if (r >= 0)
		r = jail_start(&j->planned.plan, NULL, &j->jail, err);
	if (r >= 0)
		r = make_pollable(j, err);
	return r;
}

PUBLIC int toastainer_jail_start(const struct toastainer_config *c, struct toastainer_jail **ret,
				 struct toastainer_error *error)
{
	struct err err = ERR_INIT;
	struct toastainer_jail *j = mem_alloc(sizeof(*j));
	int r;

	if (!j) {
		r = err_oom(&err);
	} else {
		config_init(&j->own, FACE_RUN);
		j->planned = (struct planned)PLANNED_INIT;
		j->jail = (struct jail)JAIL_INIT;
		j->epoll = j->timer = FD_NONE;
		r = start(&c->cfg, j, &err);
	}
	if (r < 0) {
		hint_add(&err);
		give_error(error, &err);
		toastainer_jail_free(j);
		return r;
	}
	*ret = j;
	return 0;
}

PUBLIC int toastainer_jail_fd(const struct toastainer_jail *j)
{
	return j->epoll;
}

PUBLIC int toastainer_jail_step(struct toastainer_jail *j)
{
	int ended = jail_step(&j->jail);

	/* What has ended stays readable for ever, while there is still something to wait for. */
	if (!ended && j->jail.ctl_eof)
		epoll_ctl(j->epoll, EPOLL_CTL_DEL, j->jail.ctl, NULL);
	if (!ended && !j->jail.guard)
		epoll_ctl(j->epoll, EPOLL_CTL_DEL, j->jail.guard_fd, NULL);
	set_timer(j);
	return ended;
}

PUBLIC int toastainer_jail_wait(struct toastainer_jail *j, struct toastainer_result *ret)
{
	while (!toastainer_jail_step(j)) {
		struct pollfd fd = {j->epoll, POLLIN, 0};

		poll(&fd, 1, jail_timeout_ms(&j->jail));
	}
	return toastainer_jail_result(j, ret);
}

PUBLIC int toastainer_jail_signal(struct toastainer_jail *j, int sig)
{
	return jail_signal(&j->jail, sig);
}

PUBLIC void toastainer_jail_kill(struct toastainer_jail *j)
{
	jail_end(&j->jail, RESULT_KILLED, 0);
}

PUBLIC int toastainer_jail_result(const struct toastainer_jail *j, struct toastainer_result *ret)
{
	const struct result *r = &j->jail.result;

	if (!j->jail.finished)
		return -EBUSY;
	*ret = (struct toastainer_result){
		.reason = (enum toastainer_reason)r->reason,
		.exit_code = r->exit_code,
		.signal = r->signal,
		.core_dumped = r->core,
		.wall_us = r->wall_us,
		.user_us = r->user_us,
		.sys_us = r->sys_us,
		.peak_kib = r->peak_kib,
		.limit = r->limit,
		.used = r->used,
		.undisturbed = !r->watched ? -1 : !r->disturbances,
		.limits_hit = r->hits,
	};
	for (unsigned i = 0; i < TOASTAINER_FIGURES; i++)
		ret->figures[i] = i < RESULT_FIGURES && r->sources[i] ? r->figures[i] : UINT64_MAX;
	if (r->reason == RESULT_SETUP_FAILED) {
		struct err err = r->err;

		hint_add(&err);
		give_error(&ret->error, &err);
	}
	return 0;
}

PUBLIC int toastainer_jail_collect(struct toastainer_jail *j, struct toastainer_error *error)
{
	struct err err = ERR_INIT;
	int r;

	if (!j->jail.finished) {
		r = err_set(&err, EBUSY, "the jail has not ended");
	} else {
		r = aftermath(&j->planned, &j->jail, false, &err);
		j->jail.result.aftermath = -r;
	}
	if (r < 0) {
		hint_add(&err);
		give_error(error, &err);
	}
	return r;
}

PUBLIC const char *toastainer_figure_name(unsigned i)
{
	return i < RESULT_FIGURES ? result_figure_name((enum result_figure)i) : NULL;
}

PUBLIC const char *toastainer_limit_name(unsigned i)
{
	return i < RESULT_HITS ? result_hit_name((enum result_hit)i) : NULL;
}

PUBLIC int toastainer_jail_result_json(const struct toastainer_jail *j, char **ret)
{
	struct sbuf text = {0};

	if (!j->jail.finished)
		return -EBUSY;
	result_json(&j->jail.result, &text);
	if (text.failed) {
		sbuf_free(&text);
		return -ENOMEM;
	}
	*ret = text.s;
	return 0;
}

PUBLIC void toastainer_jail_free(struct toastainer_jail *j)
{
	if (!j)
		return;
	jail_release(&j->jail);
	if (j->epoll >= 0)
		close(j->epoll);
	if (j->timer >= 0)
		close(j->timer);
	planned_free(&j->planned);
	config_free(&j->own);
	free(j);
}
