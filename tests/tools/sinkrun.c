/* sinkrun.c - store a directory of this machine at an NFS server through the engine and the NFSv3
 * sink, so that the sink can be tested without an image.
 *
 *	sinkrun [-w WINDOW] [-b BYTES] [-c CONNECTIONS] [-r RETRY_FOR_S] [-s WRITE_SIZE] [-u UID]
 *		[-e INODE] [-k MS] DIR URL
 *
 * Notes and errors go to stderr as "kind cls path: text", one line of counts per procedure to
 * stdout. -c: 1 unless told otherwise. -e: reading the second half of the file with this inode
 * number fails. -k: behave as after ctrl-C so many milliseconds after the start. Exit status: 0, 1
 * with notes of loss or failure, 2 fatal. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "img2nfs/engine.h"
#include "img2nfs/name.h"

struct dir_reader {
	struct i2n_reader base;		/* first member */
	char **paths;			/* by inode's data or index */
	unsigned long fail_ino;
	struct i2n_tree *tree;
};

struct i2n_file {
	struct dir_reader *r;
	const struct i2n_inode *in;
	int fd;
	uint64_t pos;
};

static volatile int stop_signal;
static int64_t stop_at_ms;
static int losses;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static const char *path_of(struct dir_reader *r, const struct i2n_inode *in)
{
	return r->paths[in - r->tree->inodes];
}

static int dr_open(struct i2n_reader *base, const struct i2n_inode *in, struct i2n_file **ret,
		   struct i2n_err *err)
{
	struct dir_reader *r = (struct dir_reader *)base;
	struct i2n_file *f = calloc(1, sizeof(*f));

	f->r = r;
	f->in = in;
	f->fd = open(path_of(r, in), O_RDONLY);
	*ret = f;
	return f->fd >= 0 ? I2N_OK : i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "cannot open %s",
					      path_of(r, in));
}

static int dr_next(struct i2n_file *f, uint64_t max, struct i2n_range *ret, struct i2n_err *err)
{
	off_t data = lseek(f->fd, (off_t)f->pos, SEEK_DATA), hole;

	(void)err;
	if (data < 0)
		return I2N_END;
	hole = lseek(f->fd, data, SEEK_HOLE);
	ret->off = (uint64_t)data;
	ret->len = (uint64_t)(hole - data) < max ? (uint64_t)(hole - data) : max;
	f->pos = ret->off + ret->len;
	return I2N_OK;
}

static int dr_read(struct i2n_file *f, void *buf, size_t len, uint64_t off, struct i2n_err *err)
{
	if (f->r->fail_ino == f->in->ino && off + len > f->in->size / 2)
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "cannot read %s: asked to fail",
				path_of(f->r, f->in));
	if (pread(f->fd, buf, len, (off_t)off) != (ssize_t)len)
		die("pread");
	return I2N_OK;
}

static int dr_rewind(struct i2n_file *f, struct i2n_err *err)
{
	(void)err;
	f->pos = 0;
	return I2N_OK;
}

static void dr_close(struct i2n_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

static int dr_readlink(struct i2n_reader *base, const struct i2n_inode *in, void *buf, size_t cap,
		       struct i2n_err *err)
{
	(void)err;
	if (readlink(path_of((struct dir_reader *)base, in), buf, cap) != (ssize_t)in->size)
		die("readlink");
	return I2N_OK;
}

static uint64_t dr_where(const struct i2n_reader *base, const struct i2n_inode *in)
{
	(void)base;
	return in->ino;
}

static void dr_willneed(struct i2n_reader *base, const struct i2n_inode *in)
{
	(void)base;
	(void)in;
}

static const struct i2n_reader_ops dr_ops = {
	.open = dr_open, .next = dr_next, .read = dr_read, .rewind = dr_rewind, .close = dr_close,
	.readlink = dr_readlink, .where = dr_where, .willneed = dr_willneed,
};

static struct i2n_tree *tree;
static struct dir_reader reader;
static uint32_t cap_inodes, cap_dirents, cap_names;

static void *more(void *p, uint32_t n, uint32_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	*cap = *cap ? *cap * 2 : 256;
	p = realloc(p, *cap * size);
	if (!p)
		die("realloc");
	return p;
}

static uint32_t inode_add(const char *path, const struct stat *st)
{
	struct i2n_inode *in;

	if (!S_ISDIR(st->st_mode) && st->st_nlink > 1)
		for (uint32_t i = 0; i < tree->n_inodes; i++)
			if (tree->inodes[i].ino == st->st_ino)
				return i;
	tree->inodes = more(tree->inodes, tree->n_inodes, &cap_inodes, sizeof(*tree->inodes));
	reader.paths = realloc(reader.paths, cap_inodes * sizeof(*reader.paths));
	reader.paths[tree->n_inodes] = strdup(path);
	in = &tree->inodes[tree->n_inodes];
	*in = (struct i2n_inode){
		.size = (uint64_t)st->st_size,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.ino = (uint32_t)st->st_ino,
		.nlink = (uint32_t)st->st_nlink,
		.first_dirent = I2N_NONE,
		.mode = (uint16_t)st->st_mode,
		.mtime = i2n_time_pack(
			(struct i2n_time){ st->st_mtim.tv_sec, (uint32_t)st->st_mtim.tv_nsec }),
		.atime = i2n_time_pack(
			(struct i2n_time){ st->st_atim.tv_sec, (uint32_t)st->st_atim.tv_nsec }),
	};
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		in->rdev.major = major(st->st_rdev);
		in->rdev.minor = minor(st->st_rdev);
	}
	return tree->n_inodes++;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_dirent(uint32_t dir, const char *dirpath, const char *name)
{
	struct stat st;
	char *path;
	uint32_t inode;
	size_t len = strlen(name);
	struct i2n_dirent *de;

	if (asprintf(&path, "%s/%s", dirpath, name) < 0 || lstat(path, &st))
		die(name);
	inode = inode_add(path, &st);
	tree->dirents = more(tree->dirents, tree->n_dirents, &cap_dirents, sizeof(*tree->dirents));
	while (tree->names_len + 256 >= cap_names)
		tree->names = more(tree->names, cap_names, &cap_names, 1);
	de = &tree->dirents[tree->n_dirents];
	*de = (struct i2n_dirent){ .parent = dir, .inode = inode, .name = tree->names_len };
	tree->names[tree->names_len++] = (unsigned char)len;
	memcpy(tree->names + tree->names_len, name, len);
	tree->names_len += (uint32_t)len;
	if (!tree->inodes[inode].links++)
		tree->inodes[inode].first_dirent = tree->n_dirents;
	tree->n_dirents++;
	free(path);
}

static void scan(uint32_t dir)
{
	DIR *d = opendir(reader.paths[dir]);
	struct dirent *e;
	char **names = NULL;
	uint32_t n = 0, cap = 0;

	if (!d)
		die(reader.paths[dir]);
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		names = more(names, n, &cap, sizeof(*names));
		names[n++] = strdup(e->d_name);
	}
	closedir(d);
	if (n)
		qsort(names, n, sizeof(*names), by_name);
	tree->inodes[dir].dir.first = tree->n_dirents;
	tree->inodes[dir].dir.count = n;
	for (uint32_t i = 0; i < n; i++) {
		add_dirent(dir, reader.paths[dir], names[i]);
		free(names[i]);
	}
	free(names);
}

static void scan_all(const char *top)
{
	struct stat st;

	tree = calloc(1, sizeof(*tree));
	if (stat(top, &st))
		die(top);
	tree->root = inode_add(top, &st);
	tree->inodes[0].links = 1;
	for (uint32_t i = 0; i < tree->n_inodes; i++)
		if (i2n_inode_type(&tree->inodes[i]) == I2N_S_IFDIR)
			scan(i);
	reader.base.ops = &dr_ops;
	reader.tree = tree;
}

static void on_note(void *ctx, const struct i2n_note *note)
{
	static const char *const kinds[] = {
		[I2N_NOTE_DAMAGED] = "damaged", [I2N_NOTE_LOSS] = "loss",
		[I2N_NOTE_FAILED] = "failed",	[I2N_NOTE_DIFFERS] = "differs",
		[I2N_NOTE_WARN] = "warn",	[I2N_NOTE_INFO] = "info",
		[I2N_NOTE_STATE] = "state",
	};
	char q[400];

	(void)ctx;
	losses += note->kind <= I2N_NOTE_FAILED;
	fprintf(stderr, "%s %s %s: %s\n", kinds[note->kind], note->cls,
		note->path ? i2n_escape(q, sizeof(q), note->path,
					note->path_len) : "-", note->text);
}

static void on_progress(void *ctx, const struct i2n_progress *p)
{
	struct timespec ts;

	(void)ctx;
	(void)p;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (stop_at_ms && ts.tv_sec * 1000 + ts.tv_nsec / 1000000 >= stop_at_ms)
		stop_signal = 2;
}

static int report(int rc, const struct i2n_sink *sink, const struct i2n_progress *p,
		  const struct i2n_err *err)
{
	const struct i2n_sink_stats *st = &sink->stats;

	for (unsigned i = 0; i < I2N_PROCS; i++)
		if (st->requests[i])
			printf("%s=%" PRIu64 " ", i2n_proc_name(i), st->requests[i]);
	printf("resent=%" PRIu64 " jukebox=%" PRIu64 " reconnects=%" PRIu64 " corrected=%" PRIu64
	       " bytes=%" PRIu64 " max_in_flight=%" PRIu64 " max_bytes=%" PRIu64 " failed=%" PRIu64
	       " left=%" PRIu64 "\n",
	       st->resent, st->jukebox, st->reconnects, st->corrected, st->bytes_written,
	       st->max_in_flight, st->max_bytes_in_flight, p->failed, p->left);
	if (rc != I2N_OK)
		fprintf(stderr, "fatal %s\n%s\n", err->msg, err->hint);
	return rc != I2N_OK ? 2 : losses || p->failed ? 1 : 0;
}

static const struct i2n_notes notes = { .fn = on_note };

static int run(const struct i2n_nfs_url *url, const struct i2n_nfs_opts *opts)
{
	struct i2n_engine_opts eopts = { .stop = &stop_signal, .progress = on_progress };
	struct i2n_sink_env env = { .tree = tree, .reader = &reader.base, .notes = &notes };
	struct i2n_progress progress = { 0 };
	struct i2n_sink *sink;
	struct i2n_plan *plan;
	struct i2n_err err = { 0 };
	int rc;

	if (i2n_sink_open_nfs3(url, opts, &env, &stop_signal, &sink, &err)) {
		fprintf(stderr, "fatal %s\n%s\n", err.msg, err.hint);
		return 2;
	}
	if (i2n_plan_make(tree, &reader.base, sink->caps, &notes, &plan, &err))
		die(err.msg);
	rc = i2n_engine_run(plan, &reader.base, sink, &notes, &eopts, &progress, &err);
	rc = report(rc, sink, &progress, &err);
	i2n_sink_free(sink);
	i2n_plan_free(plan);
	return rc;
}

int main(int argc, char **argv)
{
	struct i2n_nfs_opts opts = I2N_NFS_OPTS_DEFAULT;
	struct i2n_nfs_url url;
	struct i2n_err err = { 0 };
	struct timespec ts;
	int c, rc;

	opts.connections = 1;
	while ((c = getopt(argc, argv, "w:b:c:r:s:u:e:k:")) != -1) {
		unsigned long v = c == '?' ? 0 : strtoul(optarg, NULL, 10);

		switch (c) {
		case 'w': opts.window = (unsigned)v; break;
		case 'b': opts.bytes_in_flight = v; break;
		case 'c': opts.connections = (unsigned)v; break;
		case 'r': opts.retry_for_s = (unsigned)v; break;
		case 's': opts.write_size = (unsigned)v; break;
		case 'u': opts.uid = (uint32_t)v; break;
		case 'e': reader.fail_ino = v; break;
		case 'k':
			clock_gettime(CLOCK_MONOTONIC, &ts);
			stop_at_ms = ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + (int64_t)v;
			break;
		default: return 2;
		}
	}
	if (argc - optind != 2)
		return 2;
	scan_all(argv[optind]);
	rc = i2n_nfs_url_parse(argv[optind + 1], &notes, &url, &err);
	if (rc == I2N_OK) {
		rc = run(&url, &opts);
		i2n_nfs_url_release(&url);
	} else {
		fprintf(stderr, "fatal %s\n%s\n", err.msg, err.hint);
		rc = 2;
	}
	for (uint32_t i = 0; i < tree->n_inodes; i++)
		free(reader.paths[i]);
	free(reader.paths);
	i2n_tree_free(tree);
	return rc;
}
