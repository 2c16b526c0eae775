// SPDX-License-Identifier: BSD-3-Clause
/*
 * Fuzzer of unpacking. The input is a tar as it is (first byte 0), or a list of entries of which one is
 * made: a tar's checksums would keep the fuzzer from getting anywhere. Whatever comes of it, nothing
 * outside of the directory changes: it has a neighbour, which every name and link may try to reach.
 */
#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "image/ids.h"
#include "image/unpack.h"
#include "image/walk.h"

#define TAR_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes "length, bytes" off the input as a string without NUL. */
static void take(const uint8_t **p, const uint8_t *end, char *out, size_t max)
{
	size_t n = *p < end ? *(*p)++ % max : 0;

	n = MIN(n, (size_t)(end - *p));
	memcpy(out, *p, n);
	out[n] = 0;
	*p += n;
}

/* What an entry may have besides: the attribute's value or text is the bytes of its link. */
static void add_attribute(struct archive_entry *e, unsigned which, const char *value)
{
	static const char *const names[] = {"system.posix_acl_access", "system.posix_acl_default",
					    "security.capability", "user.overlay.opaque"};
	static const size_t sizes[] = {4 + 5 * 8, 4 + 5 * 8, 24, 1};
	const int type =
		which == 4 ? ARCHIVE_ENTRY_ACL_TYPE_ACCESS : ARCHIVE_ENTRY_ACL_TYPE_DEFAULT;

	if (which < ARRAY_SIZE(names))
		archive_entry_xattr_add_entry(e, names[which], value, sizes[which]);
	else
		archive_entry_acl_from_text(e, value, type);
}

static size_t make_tar(const uint8_t *p, const uint8_t *end, char *out)
{
	static const mode_t types[] = {AE_IFREG, AE_IFDIR, AE_IFLNK, AE_IFREG, AE_IFCHR, AE_IFIFO};
	struct archive *ar = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	size_t used = 0;

	archive_write_set_format_pax_restricted(ar);
	archive_write_set_bytes_per_block(ar, 0);
	archive_write_open_memory(ar, out, TAR_MAX, &used);
	while (p < end) {
		unsigned attribute = *p / ARRAY_SIZE(types), kind = *p++ % ARRAY_SIZE(types);
		char name[64], link[64] = "";

		take(&p, end, name, sizeof(name));
		take(&p, end, link, sizeof(link));
		archive_entry_clear(e);
		archive_entry_copy_pathname(e, name);
		archive_entry_set_filetype(e, types[kind]);
		archive_entry_set_perm(e, 0755);
		if (attribute)
			add_attribute(e, (attribute - 1) % 6, link);
		if (kind == 2)
			archive_entry_copy_symlink(e, link);
		if (kind == 3)
			archive_entry_copy_hardlink(e, link);
		archive_entry_set_size(e, kind == 0 ? (int64_t)strlen(link) : 0);
		if (archive_write_header(ar, e) < ARCHIVE_WARN)
			break;
		if (kind == 0)
			archive_write_data(ar, link, strlen(link));
	}
	archive_entry_free(e);
	archive_write_close(ar);
	archive_write_free(ar);
	return used;
}

static void unpack(int root, const void *tar, size_t n, bool layer, bool apply, bool shift)
{
	struct id_range range = {0, 100000, 1000};
	struct id_map map = {.v = &range, .n = 1};
	const struct unpack_rules rules = {
		.max_bytes = 1 << 20,
		.max_entries = 500,
		.user_marks = true,
		.one_id = geteuid() != 0,
		.layer = layer,
		.apply = apply,
		.uids = shift ? &map : NULL,
		.gids = shift ? &map : NULL,
	};
	struct unpack *u = mem_alloc(sizeof(*u));
	struct archive *ar = archive_read_new();
	struct err err = ERR_INIT;

	assert(u && ar);
	u->root = root;
	u->rules = &rules;
	archive_read_support_format_tar(ar);
	if (archive_read_open_memory(ar, tar, n) == ARCHIVE_OK)
		unpack_archive(u, ar, &err);
	archive_read_free(ar);
	unpack_end(u);
	free(u);
}

/* The neighbour holds one file, of one link and these bytes. */
static void check_neighbour(int top)
{
	char text[8] = "";
	struct stat st;
	int fd = openat(top, "n/f", O_RDONLY | O_CLOEXEC),
	    dir = openat(top, "n", O_RDONLY | O_CLOEXEC);
	struct walk_list l;
	struct err err = ERR_INIT;

	assert(fd >= 0 && dir >= 0);
	assert(read(fd, text, sizeof(text) - 1) == 4 && str_eq(text, "mine"));
	assert(fstat(fd, &st) == 0 && st.st_nlink == 1 && (st.st_mode & 07777) == 0640);
	assert(walk_list_read(dir, &l, &err) == 0 && l.n == 1);
	walk_list_free(&l);
	assert(walk_list_read(top, &l, &err) == 0 && l.n == 2);
	walk_list_free(&l);
	close(fd);
	close(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char tar[TAR_MAX];
	char path[] = "/tmp/toastainer-fuzz.XXXXXX";
	struct err err = ERR_INIT;
	int top, root, fd;
	size_t n;

	if (size < 2 || !mkdtemp(path))
		return 0;
	top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(mkdirat(top, "n", 0755) == 0 && mkdirat(top, "r", 0755) == 0);
	fd = openat(top, "n/f", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert(fd >= 0 && write(fd, "mine", 4) == 4 && fchmod(fd, 0640) == 0);
	close(fd);
	root = openat(top, "r", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = data[0] ? make_tar(data + 2, data + size, tar) : MIN(size - 2, sizeof(tar));
	if (!data[0])
		memcpy(tar, data + 2, n);
	unpack(root, tar, n, data[1] & 1, data[1] & 2, data[1] & 4);
	check_neighbour(top);
	close(root);
	assert(walk_empty(top, &err) == 0);
	close(top);
	rmdir(path);
	return 0;
}
