// SPDX-License-Identifier: BSD-3-Clause
/*
 * The layers of a jail's own root, and who their files belong to inside. Called by plan_root(). Where ids
 * are others inside, the launcher mounts the layers of an image so that files have the ids that the image
 * gives them; where the kernel or the file system cannot, copies of the layers have them, which the helper
 * makes once. Fails where neither can be.
 */
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/plan_parts.h"
#include "storage/diskimage.h"
#include "storage/idshift.h"
#include "storage/overlay.h"

/* Ids that are others inside: the files of an image shall have the ids that it gives them. */
static bool ids_are_shifted(const struct planner *p)
{
	char map[64];

	if (geteuid() != 0 || !(p->plan->clone_flags & CLONE_NEWUSER) ||
	    !(p->plan->uid_map.shifted || p->plan->gid_map.shifted))
		return false;
	/* Root of a user namespace has no say over file systems of the machine. */
	return io_read_small(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) > 0 &&
	       strstr(map, " 4294967295");
}

/* one_line() - "0 100000 1000\n" to "0:100000:1000". */
static char *one_line(struct planner *p, const char *map)
{
	char *s = map ? arena_strdup(&p->out->arena, map) : NULL;
	size_t n = s ? strlen(s) : 0;

	for (size_t i = 0; i < n; i++)
		if (s[i] == ' ' || s[i] == '\n')
			s[i] = s[i] == ' ' ? ':' : i + 1 < n ? ',' : 0;
	return s;
}

/* copy_of() - "STORE/layers/HASH/tree" to that of the copy beside it. */
static char *copy_of(struct planner *p, const char *layer, const char *name)
{
	const char *slash = strrchr(layer, '/');

	return arena_printf(&p->out->arena, "%.*s/%s", (int)(slash ? slash - layer : 0), layer,
			    name);
}

/* find_copies() - Return: 1 all are there, 0 not, or a negative errno. */
static int find_copies(struct planner *p, const char *name, const char **v)
{
	for (unsigned i = 0; i < p->cfg->layers.n; i++) {
		v[i] = copy_of(p, p->cfg->layers.v[i], name);
		if (!v[i])
			return -ENOMEM;
		if (access(v[i], F_OK) < 0)
			return 0;
	}
	return 1;
}

/* by_mounts() - whether the launcher can mount the layers with the jail's ids. */
static bool by_mounts(const struct planner *p)
{
	return !p->plan->classic_mounts && idshift_can_mount(p->cfg->layers.v[0]);
}

static int no_ids(const struct planner *p, struct err *err)
{
	err_set(err, EOPNOTSUPP, "image '%s' cannot have other ids inside: neither the mounts%s",
		p->cfg->image,
		p->cfg->commit ? ", nor can copies of its layers become a layer (commit)"
			       : ", nor copies of its layers");
	return err_hint(err, "the mounts need Linux 5.19 and a store on ext4, xfs, btrfs or tmpfs "
			     "(6.3); `toastainer image shift` makes copies");
}

/*
 * layers_for_ids() - the copies, if there are any or have to be.
 * @ret: as many paths as the image has layers; left alone where the layers are mounted with other ids
 */
static int layers_for_ids(struct planner *p, const char *const **ret, struct err *err)
{
	const struct config *cfg = p->cfg;
	const char *uids = one_line(p, p->plan->uid_map.text);
	const char *gids = one_line(p, p->plan->gid_map.text);
	const char **v = arena_alloc(&p->out->arena, cfg->layers.n * sizeof(*v));
	bool can_copy = uids && gids && !cfg->commit;
	char name[IDSHIFT_NAME];
	int r = 0;

	if (!v)
		return err_oom(err);
	/* What a jail writes above copies has the ids outside: no layer for others. */
	can_copy = can_copy && idshift_name(uids, gids, name) == 0;
	if (can_copy)
		r = find_copies(p, name, v);
	if (r == 0 && by_mounts(p))
		return 0;
	if (r == 0 && can_copy && cfg->copy_layers) {
		r = cfg->copy_layers(cfg, uids, gids, err);
		r = r < 0 ? r : find_copies(p, name, v);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return err_oom(err);
	if (r == 0)
		return no_ids(p, err);
	*ret = v;
	return 0;
}

int plan_layers(struct planner *p, struct mount_list *l, const char *dir, struct err *err)
{
	const struct config *cfg = p->cfg;
	unsigned n = cfg->image ? cfg->layers.n : 1;
	const char *const *paths = cfg->image ? cfg->layers.v : &dir;
	struct mount_plan m = {.kind = MOUNT_LAYER, .dst = "/", .target = TARGET_DIR};

	if (n > OVERLAY_LAYERS_MAX)
		return err_set(err, E2BIG, "image '%s' has %u layers: at most %d", cfg->image, n,
			       OVERLAY_LAYERS_MAX);
	p->plan->image = cfg->disk_image;
	/* A mount by FUSE belongs to the jail's user namespace, and so do its ids. */
	p->plan->shift_ids = cfg->image && !(cfg->disk_image && cfg->disk_image->mount < 0) &&
			     ids_are_shifted(p);
	if (p->plan->shift_ids && !p->plan->image) {
		int r = layers_for_ids(p, &paths, err);

		if (r < 0)
			return r;
		p->plan->shift_ids = paths == cfg->layers.v; /* else copies have them */
	}
	p->plan->n_given = p->plan->shift_ids || p->plan->image ? n : 0;
	if (p->plan->image && p->plan->classic_mounts)
		return err_set(err, EOPNOTSUPP,
			       "an image file needs fsmount(2) and mount_setattr(2)");
	for (unsigned i = 0; i < n; i++) {
		m.src = paths[i];
		if (!plan_mount_add(p, l, &m))
			return err_oom(err);
	}
	p->plan->n_layers = n;
	return 0;
}
