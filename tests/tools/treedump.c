/* treedump.c - one line for each object of an ext2/3/4 image as src/ext4 reads it, or of a FAT image
 * as src/fat does, in the format of dirdump.
 *
 *	treedump [-a] [-S] [-q] [-s] [-X] [-i] [-j JOURNAL] [-o OFFSET] IMAGE
 *
 * -a adds the atime, -S leaves out the times of symlinks, -s is strict, -q prints only notes and
 * totals, -X instead one line per extended attribute, as tests/lib/xattrdump.py does, for `sort`.
 * Notes go to standard error as "kind class 'path': text".
 * -i ignores the journal, -j names the device or image with an external one.
 * Exit status: 0, 1 = an error (told on standard error), 5 = something was damaged. */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "img2nfs/fat.h"
#include "img2nfs/fs.h"
#include "img2nfs/name.h"
#include "img2nfs/ptable.h"

#define CHUNK 4096
#define RANGE_MAX (1u << 20)

struct dump {
	bool atimes, no_symlink_times, quiet, xattrs;
	struct i2n_fs *fs;
	struct i2n_fat *fat;		/* the one or the other */
	struct i2n_reader *reader;
	struct i2n_tree *t;
	unsigned damaged;
};

struct hash {
	XXH3_state_t *state;
	uint64_t chunk, size;		/* offset of the chunk in buf */
	unsigned char buf[CHUNK];
	bool open;
};

static void fail(const struct i2n_err *err)
{
	fprintf(stderr, "treedump: %s\n", err->msg);
	exit(1);
}

static void *must(void *p)
{
	if (!p) {
		fprintf(stderr, "treedump: out of memory\n");
		exit(1);
	}
	return p;
}

static void on_note(void *ctx, const struct i2n_note *note)
{
	static const char *const kinds[] = {
		[I2N_NOTE_DAMAGED] = "damaged", [I2N_NOTE_LOSS] = "loss",
		[I2N_NOTE_FAILED] = "failed",	[I2N_NOTE_DIFFERS] = "differs",
		[I2N_NOTE_WARN] = "warn",	[I2N_NOTE_INFO] = "info",
		[I2N_NOTE_STATE] = "state",
	};
	struct dump *d = ctx;
	char path[4096];

	d->damaged += note->kind == I2N_NOTE_DAMAGED;
	fprintf(stderr, "%s %s %s: %s\n", kinds[note->kind], note->cls,
		i2n_quote(path, sizeof(path), note->path ? note->path : "",
			  note->path_len), note->text);
}

static void put_escaped(const unsigned char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (s[i] <= ' ' || s[i] >= 0x7f || s[i] == '\\')
			printf("\\%03o", s[i]);
		else
			putchar(s[i]);
	}
}

/* --- content --- */

static void flush_chunk(struct hash *h)
{
	static const unsigned char zeros[CHUNK];
	uint64_t left = h->size - h->chunk;
	size_t len = left < CHUNK ? (size_t)left : CHUNK;

	if (h->open && memcmp(h->buf, zeros, len)) {
		XXH3_128bits_update(h->state, &h->chunk, sizeof(h->chunk));
		XXH3_128bits_update(h->state, h->buf, len);
	}
	h->open = false;
}

static void hash_bytes(struct hash *h, const unsigned char *p, size_t len, uint64_t off)
{
	while (len) {
		uint64_t chunk = off - off % CHUNK;
		size_t in = (size_t)(off - chunk), n = CHUNK - in < len ? CHUNK - in : len;

		if (!h->open || h->chunk != chunk) {
			flush_chunk(h);
			memset(h->buf, 0, CHUNK);
			h->chunk = chunk;
			h->open = true;
		}
		memcpy(h->buf + in, p, n);
		p += n;
		off += n;
		len -= n;
	}
}

static void print_content(struct dump *d, const struct i2n_inode *in)
{
	struct i2n_reader *r = d->reader;
	struct hash h = { .state = must(XXH3_createState()), .size = in->size };
	static unsigned char buf[RANGE_MAX];
	struct i2n_file *f = NULL;
	struct i2n_range range;
	struct i2n_err err;
	XXH128_hash_t sum;
	uint64_t data = 0;
	int rc;

	XXH3_128bits_reset(h.state);
	rc = r->ops->open(r, in, &f, &err);
	while (!rc && !(rc = r->ops->next(f, RANGE_MAX, &range, &err))) {
		rc = r->ops->read(f, buf, (size_t)range.len, range.off, &err);
		if (!rc)
			hash_bytes(&h, buf, (size_t)range.len, range.off);
		data += range.len;
	}
	flush_chunk(&h);
	sum = XXH3_128bits_digest(h.state);
	if (rc == I2N_FATAL)
		fail(&err);
	if (rc == I2N_BADNODE) {
		printf("\tunreadable");
		fprintf(stderr, "damaged content: %s\n", err.msg);
		d->damaged++;
	} else {
		printf("\t%016" PRIx64 "%016" PRIx64 "\tdata=%" PRIu64, (uint64_t)sum.high64,
		       (uint64_t)sum.low64,
		       data);
	}
	if (f)
		r->ops->close(f);
	XXH3_freeState(h.state);
}

static void print_target(struct dump *d, const struct i2n_inode *in)
{
	struct i2n_reader *r = d->reader;
	static unsigned char buf[65536];
	struct i2n_err err;
	int rc = r->ops->readlink(r, in, buf, sizeof(buf), &err);

	if (rc == I2N_FATAL)
		fail(&err);
	putchar('\t');
	if (!rc) {
		put_escaped(buf, (size_t)in->size);
		return;
	}
	printf("unreadable");
	fprintf(stderr, "damaged symlink: %s\n", err.msg);
	d->damaged++;
}

/* --- attributes --- */

struct attr_owner {
	const char *path;
	size_t len;
};

static void on_xattr(void *ctx, const char *name, const void *value, size_t len)
{
	const struct attr_owner *o = ctx;
	const unsigned char *p = value;
	size_t i;

	printf(o->path ? "./" : ".");
	put_escaped((const unsigned char *)o->path, o->len);
	printf("\t");
	put_escaped((const unsigned char *)name, strlen(name));
	printf("=");
	for (i = 0; i < len; i++)
		printf("%02x", p[i]);
	printf("\n");
}

/* Only inodes that the flags say have attributes: the flags are under test too. */
static void print_xattrs(struct dump *d, uint32_t idx, const char *path, size_t len)
{
	struct attr_owner o = { path, len };
	const struct i2n_inode *in = &d->t->inodes[idx];
	struct i2n_err err;
	int rc;

	if (!(in->flags & (I2N_INODE_XATTR | I2N_INODE_ACL | I2N_INODE_CAPS)))
		return;
	rc = i2n_fs_xattrs(d->fs, in, on_xattr, &o, &err);
	if (rc == I2N_FATAL)
		fail(&err);
	if (rc) {
		fprintf(stderr, "damaged attributes: %s\n", err.msg);
		d->damaged++;
	}
}

/* --- lines --- */

static char type_letter(unsigned type)
{
	switch (type) {
	case I2N_S_IFREG: return '-';
	case I2N_S_IFDIR: return 'd';
	case I2N_S_IFLNK: return 'l';
	case I2N_S_IFCHR: return 'c';
	case I2N_S_IFBLK: return 'b';
	case I2N_S_IFIFO: return 'p';
	default: return 's';
	}
}

static void print_time(const char *what, uint64_t packed)
{
	struct i2n_time t = i2n_time_unpack(packed);

	printf("\t%s=%" PRId64 ".%09" PRIu32, what, t.sec, t.nsec);
}

struct line {
	char *path;
	size_t len;
	uint32_t d;
};

static int by_path(const void *va, const void *vb)
{
	const struct line *a = va, *b = vb;
	int c = memcmp(a->path, b->path, a->len < b->len ? a->len : b->len);

	return c ? c : (a->len > b->len) - (a->len < b->len);
}

static void print(struct dump *d, const struct line *l, const struct line *const *first)
{
	uint32_t idx = l->d == I2N_NONE ? d->t->root : d->t->dirents[l->d].inode;
	const struct i2n_inode *in = &d->t->inodes[idx];
	unsigned type = i2n_inode_type(in);

	printf(".");
	if (l->d != I2N_NONE) {
		printf("/");
		put_escaped((const unsigned char *)l->path, l->len);
	}
	printf("\t%c\t%04o\t%u\t%u", type_letter(type), in->mode & 07777u, in->uid, in->gid);
	if (type == I2N_S_IFREG || type == I2N_S_IFLNK)
		printf("\tsize=%" PRIu64, in->size);
	if (type != I2N_S_IFLNK || !d->no_symlink_times) {
		print_time("mtime", in->mtime);
		if (d->atimes)
			print_time("atime", in->atime);
	}
	if (type == I2N_S_IFCHR || type == I2N_S_IFBLK)
		printf("\trdev=%u:%u", in->rdev.major, in->rdev.minor);
	if (type != I2N_S_IFDIR && in->nlink > 1) {
		printf("\tgroup=./");
		put_escaped((const unsigned char *)first[idx]->path, first[idx]->len);
	}
	if (type == I2N_S_IFREG)
		print_content(d, in);
	else if (type == I2N_S_IFLNK)
		print_target(d, in);
	putchar('\n');
}

static void dump(struct dump *d)
{
	struct line *lines = must(calloc(d->t->n_dirents + (size_t)1, sizeof(*lines)));
	const struct line **first = must(calloc(d->t->n_inodes, sizeof(*first)));
	uint32_t i, n = d->t->n_dirents + 1;

	lines[0].d = I2N_NONE;
	lines[0].path = must(calloc(1, 1));
	for (i = 1; i < n; i++) {
		lines[i].d = i - 1;
		lines[i].path = must(i2n_tree_path(d->t, i - 1, &lines[i].len));
	}
	qsort(lines, n, sizeof(*lines), by_path);
	for (i = 0; i < n; i++) {
		uint32_t idx =
			lines[i].d == I2N_NONE ? d->t->root : d->t->dirents[lines[i].d].inode;

		if (!first[idx])
			first[idx] = &lines[i];
	}
	for (i = 0; i < n; i++) {
		if (d->xattrs && !i)
			print_xattrs(d, d->t->root, NULL, 0);
		else if (d->xattrs)
			print_xattrs(d, d->t->dirents[lines[i].d].inode, lines[i].path,
				     lines[i].len);
		else
			print(d, &lines[i], first);
	}
	for (i = 0; i < n; i++)
		free(lines[i].path);
	free(lines);
	free(first);
}

static int open_slice(struct dump *d, struct i2n_source *slice, const struct i2n_fs_opts *opts,
		      const struct i2n_notes *notes, struct i2n_err *err)
{
	struct i2n_fstype type;

	if (i2n_fstype_probe(slice, &type, err))
		return I2N_FATAL;
	if (!strcmp(type.type, "vfat")) {
		if (i2n_fat_open(slice, notes, &d->fat, err))
			return I2N_FATAL;
		d->reader = i2n_fat_reader(d->fat);
		return i2n_fat_tree(d->fat, &d->t, err);
	}
	if (i2n_fs_open(slice, opts, notes, &d->fs, err))
		return I2N_FATAL;
	d->reader = i2n_fs_reader(d->fs);
	return i2n_fs_tree(d->fs, &d->t, err);
}

int main(int argc, char **argv)
{
	struct dump d = { 0 };
	struct i2n_notes notes = { on_note, &d };
	struct i2n_fs_opts opts = { 0 };
	struct i2n_source *src = NULL, *slice = NULL;
	struct i2n_err err;
	const char *journal = NULL;
	uint64_t off = 0;
	int opt;

	while ((opt = getopt(argc, argv, "aSqsXij:o:")) != -1) {
		switch (opt) {
		case 'a': d.atimes = true; break;
		case 'S': d.no_symlink_times = true; break;
		case 'q': d.quiet = true; break;
		case 's': opts.strict = true; break;
		case 'i': opts.journal = I2N_JOURNAL_IGNORE; break;
		case 'j': journal = optarg; break;
		case 'X': d.xattrs = true; break;
		case 'o': off = strtoull(optarg, NULL, 0); break;
		default: return 2;
		}
	}
	if (optind + 1 != argc)
		return 2;
	if (i2n_source_open_file(argv[optind], &src, &err) ||
	    (journal && i2n_source_open_file(journal, &opts.journal_device, &err)) ||
	    i2n_source_slice(src, off, src->size - off, &slice, &err) ||
	    open_slice(&d, slice, &opts, &notes, &err)) {
		fprintf(stderr, "treedump: %s\n", err.msg);
		i2n_fs_free(d.fs);
		i2n_fat_free(d.fat);
		i2n_source_free(slice);
		i2n_source_free(src);
		i2n_source_free(opts.journal_device);
		return 1;
	}
	if (d.quiet)
		printf("%" PRIu32 " inodes, %" PRIu32 " dirents, %" PRIu64 " reads, %" PRIu64
		       " bytes\n",
		       d.t->n_inodes, d.t->n_dirents, src->stats.reads, src->stats.bytes);
	else
		dump(&d);
	i2n_tree_free(d.t);
	i2n_fs_free(d.fs);
	i2n_fat_free(d.fat);
	i2n_source_free(slice);
	i2n_source_free(src);
	i2n_source_free(opts.journal_device);
	return d.damaged ? 5 : 0;
}
