// SPDX-License-Identifier: BSD-3-Clause
/*
 * Working on an image with its own ids. Called by image/debian. Fails as the jail or the program do.
 */
#include <fcntl.h>

#include "image/hostjail.h"
#include "image/settings.h"

int hostjail_check(struct err *err)
{
	struct config cfg;
	bool one = false;
	int r;

	config_init(&cfg, FACE_IMAGE);
	r = settings_ids(&cfg, &one, err);
	config_free(&cfg);
	if (r || !one)
		return r;
	err_set(err, EPERM,
		"a Debian needs more ids than your own, and you have no subordinate ids");
	return err_hint(err, "as root: apt-get install uidmap; usermod --add-subuids 100000-165535 "
			     "--add-subgids 100000-165535 USER");
}

static int configure(struct config *cfg, const struct image_dir *dir, const char *const *argv,
		     int fd, struct err *err)
{
	struct cfg_mount *image = settings_append(cfg, "mount");
	unsigned n = 0;
	bool one = false;
	int r;

	if (!image)
		return err_oom(err);
	image->src = image->dst = dir->path;
	image->is_bind = image->rw = true;
	cfg->chroot = "/";
	cfg->rw = false;
	cfg->mount_proc = true;
	cfg->clone_newnet = true;
	cfg->tty = TTY_OFF;
	if (fd >= 0) {
		int32_t *pass = settings_append(cfg, "pass_fd");

		if (!pass)
			return err_oom(err);
		*pass = fd;
		fcntl(fd, F_SETFD, 0); /* only what is not close-on-exec passes */
	}
	while (argv[n])
		n++;
	r = settings_program(cfg, argv, n, err);
	return r ? r : settings_ids(cfg, &one, err);
}

int hostjail_run(image_runner *run, const struct image_dir *dir, const char *const *argv, int fd,
		 struct err *err)
{
	struct config cfg;
	struct result res = {0};
	int r;

	config_init(&cfg, FACE_IMAGE);
	r = configure(&cfg, dir, argv, fd, err);
	if (!r)
		r = run(&cfg, &res, err);
	if (!r && res.reason == RESULT_SETUP_FAILED) {
		*err = res.err;
		r = -err->code;
	} else if (!r && res.reason == RESULT_SUPERVISOR_SIGNAL) {
		r = err_set(err, EINTR, "interrupted by SIG%s", sigabbrev_np(res.signal));
	} else if (!r && (res.reason != RESULT_EXITED || res.exit_code)) {
		r = err_set(err, EIO, "'%s' failed with exit status %d", argv[0], res.exit_code);
	}
	config_free(&cfg);
	return r;
}
