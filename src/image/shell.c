// SPDX-License-Identifier: BSD-3-Clause
/*
 * Working in an image. Called by cmd/image. Adds to the image face's defaults and the user's options
 * what depends on this image and this user: program, ids, name servers; and runs it. What can be
 * wrong with the directory, the script and its interpreter is found before anything starts.
 *
 * Nothing of ours is written into the image: the script and resolv.conf are read-only mounts with
 * content, the script below the jail's own /dev; image/targets supplies what they are mounted on.
 */
#include "base/io.h"
#include "base/sys.h"
#include "image/settings.h"
#include "image/shell.h"

#define SCRIPT_DIR  "/dev/setup"
#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLV_MAX  ((size_t)1 << 16)

static bool has_mount(const struct config *cfg, const char *dst)
{
	for (uint32_t i = 0; i < cfg->mount.n; i++)
		if (str_eq(cfg->mount.v[i].dst, dst))
			return true;
	return false;
}

/*
 * The host's name servers, where the host's network is. A copy: a server at 127.0.0.53 is reached as
 * well, and nothing inside can write the host's file.
 */
static int set_resolver(struct config *cfg, struct err *err)
{
	size_t n = 0;
	char *text;
	int r;

	if (cfg->clone_newnet || has_mount(cfg, RESOLV_CONF) || access(RESOLV_CONF, R_OK) < 0)
		return 0;
	r = io_read_file(&cfg->arena, AT_FDCWD, RESOLV_CONF, RESOLV_MAX, &text, &n, err);
	return r ? r : settings_file(cfg, RESOLV_CONF, text, n, err);
}

static int set_script(struct shell *s, struct config *cfg, struct err *err)
{
	const struct script *sc = &s->script;
	const char *slash = strrchr(sc->name, '/'), *words[3];
	char *path = arena_printf(&cfg->arena, SCRIPT_DIR "/%s", slash ? slash + 1 : sc->name);
	int r = dir_has_program(&s->dir, sc->interpreter);
	unsigned n = 0;

	if (r) {
		err_sys(err, r, "script '%s': its interpreter '%s' in '%s'", sc->name,
			sc->interpreter, s->dir.path);
		return err_hint(err, "install it there first, or let the script begin with the "
				     "line of an interpreter that the image has");
	}
	r = settings_file(cfg, path, sc->text, sc->size, err);
	if (r)
		return r;
	words[n++] = sc->interpreter;
	if (sc->argument)
		words[n++] = sc->argument;
	words[n++] = path;
	return settings_program(cfg, words, n, err);
}

static int set_shell(const struct shell *s, struct config *cfg, struct err *err)
{
	static const char *const shells[] = {"/bin/bash", "/bin/sh"};

	for (unsigned i = 0; i < ARRAY_SIZE(shells); i++)
		if (dir_has_program(&s->dir, shells[i]) == 0)
			return settings_program(cfg, &shells[i], 1, err);
	err_set(err, ENOENT, "image directory '%s' has neither /bin/bash nor /bin/sh", s->dir.path);
	return err_hint(err, "is it a root file system? toastainer image bootstrap makes one");
}

static int absolute(struct config *cfg, const char *cwd, const char **path, struct err *err)
{
	if (!*path || !**path || **path == '/')
		return 0;
	*path = arena_printf(&cfg->arena, "%s/%s", cwd, *path);
	return *path ? 0 : err_oom(err);
}

/* What the user named relative to his directory means the same when we have left it. */
static int absolute_paths(struct config *cfg, struct err *err)
{
	char cwd[PATH_MAX];
	int r = 0;

	if (!getcwd(cwd, sizeof(cwd)))
		return err_sys(err, errno, "working directory");
	if (cfg->exec_bin.exec_fd)
		r = absolute(cfg, cwd, &cfg->exec_bin.path, err);
	for (uint32_t i = 0; !r && i < cfg->mount.n; i++) {
		struct cfg_mount *m = &cfg->mount.v[i];

		if (m->is_bind && !*m->prefix_src_env)
			r = absolute(cfg, cwd, &m->src, err);
	}
	return r;
}

static int complete(struct shell *s, struct config *cfg, const struct shell_request *rq,
		    struct err *err)
{
	int r = 0;

	if (rq->script)
		r = set_script(s, cfg, err);
	else if (!cfg->exec_bin.path)
		r = set_shell(s, cfg, err);
	if (!r)
		r = settings_ids(cfg, &s->one_id, err);
	if (!r)
		r = set_resolver(cfg, err);
	if (r)
		return r;
	cfg->chroot = "."; /* see run_inside() */
	return absolute_paths(cfg, err);
}

int shell_prepare(struct shell *s, struct config *cfg, const struct shell_request *rq,
		  struct err *err)
{
	int r = 0;

	if (cfg->mode != MODE_ONCE || cfg->daemon)
		return err_set(err, EINVAL,
			       "an image is built once and in the foreground: no other "
			       "--mode, no --daemon");
	if (cfg->chroot) {
		err_set(err, EINVAL, "--chroot '%s': the image directory is the root", cfg->chroot);
		return err_hint(err, "to see '%s' inside, bind it: -R '%s:/mnt'", cfg->chroot,
				cfg->chroot);
	}
	if (rq->script)
		r = script_read(&cfg->arena, rq->script, &s->script, err);
	if (!r)
		r = dir_open(&s->dir, rq->dir, err);
	if (!r)
		r = complete(s, cfg, rq, err);
	if (r)
		shell_close(s);
	return r;
}

/* Whether a mount's target lies in a file system that is the jail's own. */
static bool in_own_mount(const struct config *cfg, const char *dst)
{
	return (cfg->dev && str_starts(dst, "/dev/")) || (cfg->tmp && str_starts(dst, "/tmp/"));
}

/* What has to exist in the image for the mounts; false: nothing, or not known. */
static bool wanted(const struct config *cfg, const struct cfg_mount *m, struct target *ret)
{
	struct stat st;

	if (m->is_symlink || m->dst[0] != '/' || !m->dst[1] || *m->prefix_dst_env ||
	    in_own_mount(cfg, m->dst))
		return false;
	*ret = (struct target){m->dst, true};
	if (m->src_content.p) {
		ret->is_dir = false;
		return true;
	}
	if (!m->is_bind)
		return true;
	if (*m->prefix_src_env || stat(m->src, &st) < 0)
		return false;
	ret->is_dir = S_ISDIR(st.st_mode);
	return true;
}

/*
 * Runs the jail from within the directory, with "." as its root: what was checked and locked, even if
 * its name means something else by now. (Its descriptor belongs to our mount namespace, and could not
 * be mounted in the jail's; the working directory comes along.)
 */
static int run_inside(const struct shell *s, const struct config *cfg, image_runner *run,
		      struct result *ret, struct err *err)
{
	_cleanup_close_ int before = sys_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);
	int r;

	if (before < 0)
		return err_sys(err, before, "open the working directory");
	if (fchdir(s->dir.fd) < 0)
		return err_sys(err, errno, "enter '%s'", s->dir.path);
	r = run(cfg, ret, err);
	if (fchdir(before) < 0 && !r)
		r = err_sys(err, errno, "return to the working directory");
	return r;
}

int shell_run(struct shell *s, struct config *cfg, image_runner *run, struct result *ret,
	      struct err *err)
{
	struct target *want = arena_alloc(&cfg->arena, (cfg->mount.n + (size_t)3) * sizeof(*want));
	unsigned n = 0;
	int r;

	if (!want)
		return err_oom(err);
	if (cfg->mount_proc)
		want[n++] = (struct target){cfg->proc_path, true};
	if (cfg->dev)
		want[n++] = (struct target){"/dev", true};
	if (cfg->tmp)
		want[n++] = (struct target){"/tmp", true};
	for (uint32_t i = 0; i < cfg->mount.n; i++)
		if (wanted(cfg, &cfg->mount.v[i], &want[n]))
			n++;
	r = targets_make(&s->targets, s->dir.fd, want, n, err);
	if (!r)
		r = run_inside(s, cfg, run, ret, err);
	targets_remove(&s->targets);
	return r;
}

void shell_close(struct shell *s)
{
	targets_remove(&s->targets);
	dir_close(&s->dir);
}
