/* bigimage.c - fill an ext4 image made by mke2fs with very many objects, fast and without mounting.
 *
 *	bigimage [-n FILES] [-d PER_DIR] [-l NAME_LEN] [-s SIZE] [-H LINKS] [-D] IMAGE
 *
 * FILES regular files (default 1000) in directories of PER_DIR files (default 50), which hang below
 * the root; -D makes a chain of the directories instead of a row. Names have NAME_LEN bytes
 * (default 11). Each file has SIZE bytes (default 0) of its own number's bytes in blocks of its own,
 * in the order of the inodes. LINKS further names of the first file lie in the last directory. The
 * image must be fresh: inodes are taken from the first free one on, blocks likewise, and neither
 * bitmaps nor counters of free ones are kept right beyond what a reader looks at (run e2fsck -fy
 * for more). */
#include <sys/types.h>
#include <ext2fs/ext2fs.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAMP 1500000000

struct made {
	ext2_filsys fs;
	uint32_t files, per_dir, name_len, size, links;
	bool chain;
	ext2_ino_t next_ino;
	blk64_t next_blk;
	char *data;
};

static void must(errcode_t code, const char *what)
{
	if (!code)
		return;
	fprintf(stderr, "bigimage: cannot %s: %s\n", what, error_message(code));
	exit(1);
}

static void *room(size_t n)
{
	void *p = calloc(1, n);

	if (p)
		return p;
	fprintf(stderr, "bigimage: out of memory\n");
	exit(1);
}

/* A run of n blocks that nothing else uses. */
static blk64_t take_blocks(struct made *m, unsigned n)
{
	blk64_t first = m->next_blk;

	while (first + n <= ext2fs_blocks_count(m->fs->super)) {
		unsigned i;

		for (i = 0; i < n && !ext2fs_test_block_bitmap2(m->fs->block_map, first + i); i++)
			;
		if (i == n) {
			for (i = 0; i < n; i++)
				ext2fs_block_alloc_stats2(m->fs, first + i, +1);
			m->next_blk = first + n;
			return first;
		}
		first += i + 1;
	}
	fprintf(stderr, "bigimage: the image has too few blocks\n");
	exit(1);
}

static ext2_ino_t take_inode(struct made *m, bool dir)
{
	ext2_ino_t ino = m->next_ino++;

	if (ino > m->fs->super->s_inodes_count) {
		fprintf(stderr, "bigimage: the image has too few inodes\n");
		exit(1);
	}
	ext2fs_inode_alloc_stats2(m->fs, ino, +1, dir);
	return ino;
}

/* One extent of n blocks, or none. */
static void put_inode(struct made *m, ext2_ino_t ino, unsigned mode, unsigned links, uint64_t size,
		      blk64_t first, unsigned n)
{
	struct ext2_inode_large in;
	struct ext3_extent_header *h = (struct ext3_extent_header *)(void *)in.i_block;
	struct ext3_extent *e = (struct ext3_extent *)(h + 1);

	memset(&in, 0, sizeof(in));
	in.i_mode = (__u16)mode;
	in.i_links_count = (__u16)links;
	in.i_atime = in.i_ctime = in.i_mtime = STAMP;
	in.i_crtime = STAMP;
	in.i_extra_isize = sizeof(in) - EXT2_GOOD_OLD_INODE_SIZE;
	in.i_flags = EXT4_EXTENTS_FL;
	in.i_size = (__u32)size;
	in.i_blocks = n * (m->fs->blocksize / 512);
	h->eh_magic = ext2fs_cpu_to_le16(EXT3_EXT_MAGIC);
	h->eh_max = ext2fs_cpu_to_le16(4);
	if (n) {
		h->eh_entries = ext2fs_cpu_to_le16(1);
		e->ee_len = ext2fs_cpu_to_le16((__u16)n);
		e->ee_start = ext2fs_cpu_to_le32((__u32)first);
		e->ee_start_hi = ext2fs_cpu_to_le16((__u16)(first >> 32));
	}
	must(ext2fs_write_inode_full(m->fs, ino, (struct ext2_inode *)&in, sizeof(in)),
	     "write an inode");
}

/* --- directories: all blocks of one are gathered, then written side by side --- */

struct dir {
	ext2_ino_t ino, parent;
	unsigned n_blocks, cap, subdirs;
	char *blocks;
	unsigned at, last;
};

static unsigned usable(const struct made *m)
{
	return m->fs->blocksize - (ext2fs_has_feature_metadata_csum(m->fs->super) ?
				   (unsigned)sizeof(struct ext2_dir_entry_tail) : 0);
}

static struct ext2_dir_entry *entry(const struct made *m, const struct dir *d, unsigned at)
{
	return (struct ext2_dir_entry *)(void *)(d->blocks + (size_t)(d->n_blocks - 1) *
						 m->fs->blocksize + at);
}

static void close_block(struct made *m, struct dir *d)
{
	if (d->n_blocks)
		(void)ext2fs_set_rec_len(m->fs, usable(m) - d->last, entry(m, d, d->last));
	if (d->n_blocks && usable(m) < m->fs->blocksize)
		ext2fs_initialize_dirent_tail(m->fs, (struct ext2_dir_entry_tail *)(void *)
					      entry(m, d, usable(m)));
}

static void open_block(struct made *m, struct dir *d)
{
	close_block(m, d);
	if (d->n_blocks == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 1;
		d->blocks = realloc(d->blocks, (size_t)d->cap * m->fs->blocksize);
		if (!d->blocks)
			must(ENOMEM, "hold a directory");
	}
	memset(d->blocks + (size_t)d->n_blocks * m->fs->blocksize, 0, m->fs->blocksize);
	d->n_blocks++;
	d->at = d->last = 0;
}

static void add(struct made *m, struct dir *d, ext2_ino_t ino, const char *name, unsigned type)
{
	unsigned len = (unsigned)strlen(name), rec = (8 + len + 3) & ~3u;
	struct ext2_dir_entry *de;

	if (!d->n_blocks || d->at + rec > usable(m))
		open_block(m, d);
	de = entry(m, d, d->at);
	de->inode = ino;
	(void)ext2fs_set_rec_len(m->fs, rec, de);
	ext2fs_dirent_set_name_len(de, (int)len);
	ext2fs_dirent_set_file_type(de, (int)type);
	memcpy(de->name, name, len);
	d->last = d->at;
	d->at += rec;
	d->subdirs += type == EXT2_FT_DIR;
}

static void dir_begin(struct made *m, struct dir *d, ext2_ino_t ino, ext2_ino_t parent)
{
	*d = (struct dir){ .ino = ino, .parent = parent };
	add(m, d, ino, ".", EXT2_FT_DIR);
	add(m, d, parent, "..", EXT2_FT_DIR);
	d->subdirs = 0;
}

static void dir_end(struct made *m, struct dir *d)
{
	blk64_t first = take_blocks(m, d->n_blocks);
	unsigned i;

	close_block(m, d);
	for (i = 0; i < d->n_blocks; i++)
		must(ext2fs_write_dir_block4(m->fs, first + i, d->blocks + (size_t)i *
					     m->fs->blocksize, 0, d->ino), "write a directory");
	put_inode(m, d->ino, LINUX_S_IFDIR | 0755, d->subdirs + 2 > 65000 ? 1 : d->subdirs + 2,
		  (uint64_t)d->n_blocks * m->fs->blocksize, first, d->n_blocks);
	free(d->blocks);
}

/* "d" or "f", zeros, the number, to name_len bytes. */
static const char *name_of(const struct made *m, char kind, uint32_t n, char buf[256])
{
	(void)snprintf(buf, 256, "%c%0*u", kind, (int)m->name_len - 1, (unsigned)n);
	return buf;
}

static void make_file(struct made *m, struct dir *d, uint32_t n)
{
	unsigned blocks = (m->size + m->fs->blocksize - 1) / m->fs->blocksize;
	ext2_ino_t ino = take_inode(m, false);
	blk64_t first = blocks ? take_blocks(m, blocks) : 0;
	char name[256];

	if (blocks) {
		memset(m->data, 0, (size_t)blocks * m->fs->blocksize);
		memset(m->data, (int)(n & 255), m->size);
		must(io_channel_write_blk64(m->fs->io, first, (int)blocks, m->data),
		     "write data");
	}
	put_inode(m, ino, LINUX_S_IFREG | 0644, n ? 1 : 1 + m->links, m->size, first, blocks);
	add(m, d, ino, name_of(m, 'f', n, name), EXT2_FT_REG_FILE);
}

static void make_all(struct made *m)
{
	uint32_t dirs = m->per_dir ? (m->files + m->per_dir - 1) / m->per_dir : 0, i, n = 0;
	struct dir root, cur, below;
	ext2_ino_t first = m->next_ino;
	char name[256];

	dir_begin(m, &root, EXT2_ROOT_INO, EXT2_ROOT_INO);
	add(m, &root, m->fs->super->s_first_ino, "lost+found", EXT2_FT_DIR);
	cur = root;
	for (i = 0; i < dirs; i++) {
		struct dir *up = m->chain ? &cur : &root;
		ext2_ino_t ino = take_inode(m, true);

		first = i ? first : ino + 1;
		add(m, up, ino, name_of(m, 'd', i, name), EXT2_FT_DIR);
		dir_begin(m, &below, ino, up->ino);
		for (uint32_t k = 0; k < m->per_dir && n < m->files; k++)
			make_file(m, &below, n++);
		for (uint32_t k = 0; i == dirs - 1 && k < m->links; k++)
			add(m, &below, first, name_of(m, 'l', k, name), EXT2_FT_REG_FILE);
		if (m->chain)
			dir_end(m, &cur);
		else
			dir_end(m, &below);
		cur = below;
	}
	if (m->chain)
		dir_end(m, &cur);
	else
		dir_end(m, &root);
}

static uint32_t number(const char *s)
{
	return (uint32_t)strtoul(s, NULL, 10);
}

int main(int argc, char **argv)
{
	struct made m = { .files = 1000, .per_dir = 50, .name_len = 11 };
	int c;

	while ((c = getopt(argc, argv, "n:d:l:s:H:D")) != -1) {
		switch (c) {
		case 'n': m.files = number(optarg); break;
		case 'd': m.per_dir = number(optarg); break;
		case 'l': m.name_len = number(optarg); break;
		case 's': m.size = number(optarg); break;
		case 'H': m.links = number(optarg); break;
		case 'D': m.chain = true; break;
		default: return 2;
		}
	}
	if (optind != argc - 1 || !m.per_dir || m.name_len < 9 || m.name_len > 255 ||
	    m.links > 65000 - 1) {
		fprintf(stderr, "usage: bigimage [-n FILES] [-d PER_DIR] [-l NAME_LEN] [-s SIZE] "
			"[-H LINKS] [-D] IMAGE\n");
		return 2;
	}
	initialize_ext2_error_table();
	must(ext2fs_open(argv[optind], EXT2_FLAG_RW | EXT2_FLAG_64BITS, 0, 0, unix_io_manager,
			 &m.fs), "open the image");
	must(ext2fs_read_bitmaps(m.fs), "read the bitmaps");
	m.next_ino = m.fs->super->s_first_ino + 1;	/* behind lost+found */
	if (m.fs->super->s_orphan_file_inum >= m.next_ino)	/* e2fsprogs 1.47.2 makes one */
		m.next_ino = m.fs->super->s_orphan_file_inum + 1;
	m.next_blk = m.fs->super->s_first_data_block;
	m.data = room((size_t)m.size + m.fs->blocksize);
	make_all(&m);
	free(m.data);
	must(ext2fs_close_free(&m.fs), "close the image");
	return 0;
}
