// SPDX-License-Identifier: BSD-3-Clause
/*
 * Sources of tar streams. Called by image/import, image/commit and image/build. Fails when the input
 * cannot be read, is no tar, is damaged, or larger than allowed; the process reports its error.
 */
#include <archive.h>
#include <sys/prctl.h>

#include "base/io.h"
#include "base/sys.h"
#include "image/digest.h"
#include "image/tarsrc.h"

#define PIECE ((size_t)256 << 10)

struct report {
	struct err err; /* code 0: all is well */
	char hash[STORE_HASH + 1];
};

/* struct feed - the source's side: where the stream goes */
struct feed {
	struct digest digest;
	uint64_t left;
	int out;
};

static int feed_bytes(struct feed *f, const void *p, size_t n, struct err *err)
{
	if (n > f->left)
		return err_set(err, EFBIG, "it is larger than allowed when uncompressed");
	f->left -= n;
	digest_add(&f->digest, p, n);
	return io_write_all(f->out, p, n);
}

static int archive_failed(struct archive *ar, struct err *err)
{
	const char *text = archive_error_string(ar);

	return err_set(err, EINVAL, "cannot be uncompressed: %s", text ? text : "no reason given");
}

static int feed_file(struct feed *f, int fd, struct err *err)
{
	struct archive *ar = archive_read_new();
	struct archive_entry *e;
	const void *p;
	la_int64_t at;
	size_t n;
	int r = 0, got;

	if (!ar)
		return err_oom(err);
	archive_read_support_filter_gzip(ar);
	archive_read_support_filter_bzip2(ar);
	archive_read_support_filter_xz(ar);
	archive_read_support_filter_zstd(ar);
	archive_read_support_format_raw(ar);
	archive_read_support_format_empty(ar);
	if (archive_read_open_fd(ar, fd, PIECE) != ARCHIVE_OK)
		r = archive_failed(ar, err);
	if (!r) {
		got = archive_read_next_header(ar, &e);
		if (got == ARCHIVE_EOF)
			r = err_set(err, EINVAL, "it is empty");
		else if (got != ARCHIVE_OK)
			r = archive_failed(ar, err);
	}
	while (!r && (got = archive_read_data_block(ar, &p, &n, &at)) != ARCHIVE_EOF)
		r = got == ARCHIVE_OK ? feed_bytes(f, p, n, err) : archive_failed(ar, err);
	archive_read_free(ar);
	return r;
}

struct packing {
	struct feed *feed;
	struct err *err;
};

static la_ssize_t pack_write(struct archive *ar, void *arg, const void *p, size_t n)
{
	struct packing *k = arg;

	if (feed_bytes(k->feed, p, n, k->err)) {
		archive_set_error(ar, EPIPE, "nobody reads it");
		return -1;
	}
	return (la_ssize_t)n;
}

static int feed_dir(struct feed *f, int fd, const struct pack_rules *rules, struct err *err)
{
	struct archive *ar = archive_write_new();
	struct packing k = {f, err};
	int r;

	if (!ar)
		return err_oom(err);
	r = pack_format(ar, err);
	if (!r && archive_write_open(ar, &k, NULL, pack_write, NULL) != ARCHIVE_OK)
		r = archive_failed(ar, err);
	if (!r)
		r = pack_tree(fd, rules, ar, err);
	if (!r && archive_write_close(ar) != ARCHIVE_OK)
		r = archive_failed(ar, err);
	archive_write_free(ar);
	return r;
}

static NORETURN void child(pid_t parent, int fd, const struct pack_rules *rules, uint64_t max,
			   int out, int report_fd)
{
	struct feed f = {.left = max, .out = out};
	struct report rep = {.err = ERR_INIT};
	int r;

	/* It also holds the store's lock: nobody may have to wait for one whose parent is gone. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	r = digest_begin(&f.digest, &rep.err);
	if (!r)
		r = rules ? feed_dir(&f, fd, rules, &rep.err) : feed_file(&f, fd, &rep.err);
	if (!r)
		digest_end(&f.digest, rep.hash);
	else if (!rep.err.code)
		rep.err.code = -r;
	close(out);
	io_write_all(report_fd, &rep, sizeof(rep));
	_exit(0);
}

static int begin(struct tarsrc *s, int fd, const struct pack_rules *rules, uint64_t max,
		 struct err *err)
{
	pid_t parent = getpid();
	int data[2], report[2];

	if (pipe2(data, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe");
	if (pipe2(report, O_CLOEXEC) < 0) {
		close(data[0]);
		close(data[1]);
		return err_sys(err, errno, "pipe");
	}
	fcntl(data[1], F_SETPIPE_SZ, 1 << 20);
	fflush(NULL);
	s->pid = fork();
	if (s->pid == 0) {
		close(data[0]); /* else writing would wait for us ourselves */
		close(report[0]);
		child(parent, fd, rules, max, data[1], report[1]);
	}
	close(data[1]);
	close(report[1]);
	s->data = data[0];
	s->report = report[0];
	if (s->pid < 0) {
		int r = err_sys(err, errno, "fork");

		tarsrc_stop(s);
		return r;
	}
	return 0;
}

int tarsrc_file(struct tarsrc *s, int fd, uint64_t max, struct err *err)
{
	return begin(s, fd, NULL, max, err);
}

int tarsrc_dir(struct tarsrc *s, int fd, const struct pack_rules *rules, struct err *err)
{
	return begin(s, fd, rules, UINT64_MAX, err);
}

/* What the source says at its end. */
static int read_report(struct tarsrc *s, struct report *rep)
{
	size_t have = 0;
	ssize_t n;

	while (have < sizeof(*rep)) {
		n = read(s->report, (char *)rep + have, sizeof(*rep) - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		have += (size_t)n;
	}
	return 0;
}

int tarsrc_end(struct tarsrc *s, char hash[static STORE_HASH + 1], struct err *err)
{
	struct report rep;
	char buf[65536];
	ssize_t n;
	int r;

	while ((n = read(s->data, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR))
		;
	r = read_report(s, &rep);
	tarsrc_stop(s);
	if (r)
		return err_set(err, EIO, "the process that reads it was killed");
	if (rep.err.code) {
		*err = rep.err;
		return -rep.err.code;
	}
	memcpy(hash, rep.hash, sizeof(rep.hash));
	return 0;
}

void tarsrc_stop(struct tarsrc *s)
{
	if (s->data >= 0)
		close(s->data);
	if (s->report >= 0)
		close(s->report);
	s->data = s->report = FD_NONE;
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}

int tarsrc_unpack(struct tarsrc *s, struct unpack *u, struct err *err)
{
	struct archive *ar = archive_read_new();
	struct report rep;
	int r = 0;

	if (!ar)
		return err_oom(err);
	archive_read_support_format_tar(ar);
	archive_read_support_format_empty(ar);
	if (archive_read_open_fd(ar, s->data, PIECE) != ARCHIVE_OK) {
		const char *text = archive_error_string(ar);

		r = err_set(err, EINVAL, "no tar archive: %s", text ? text : "");
	}
	if (!r)
		r = unpack_archive(u, ar, err);
	archive_read_free(ar);
	/* What broke the stream is the better reason for a tar that ends too early. */
	if (r) {
		close(s->data);
		s->data = FD_NONE;
		if (r == -EINVAL && !read_report(s, &rep) && rep.err.code &&
		    rep.err.code != EPIPE) {
			*err = rep.err;
			r = -rep.err.code;
		}
		tarsrc_stop(s);
	}
	return r;
}
