/* fuzz.h - the body of a fuzz target: damage known places of a small image, then do everything a
 * run does.
 *
 *	#define FUZZ_TARGET "dir"
 *	#include "fuzz.h"
 *
 * The images and the maps of what lies where come from fixtures/recipes/fuzz_base.sh; $FUZZ_BASE
 * names their folder. An input is one byte that chooses the image, then bytes that replace the
 * target's places one after another; a shorter input leaves the rest as it is. So the fuzzer spends
 * no time on bytes that its target does not read.
 *
 * Built twice: with libFuzzer (make fuzz F=dir SECONDS=60), and as a plain program:
 *	dir FILE...		run these inputs
 *	dir -n COUNT [-s SEED]	COUNT random damages of the places, the seed is printed
 *	dir -o FOLDER		write the seed corpus: the undamaged places, one file per image */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "img2nfs/fat.h"
#include "img2nfs/fs.h"
#include "img2nfs/ptable.h"

#include "packed/packed_own.h"
#include "packed/unkept.h"

#include "libfdisk_leak.h"

#define IMAGES_MAX 16
#define PLACES_MAX 256
#define RANGES_MAX 512		/* per file: enough for every extent of an undamaged image */

struct place {
	size_t off, len;
};

struct base {
	unsigned char *bytes;
	size_t size, input_len;
	struct place places[PLACES_MAX];
	unsigned n;
};

static struct base bases[IMAGES_MAX];
static unsigned n_bases;
static unsigned char *work;	/* the damaged copy */

static unsigned char *slurp(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	unsigned char *buf = NULL;
	long len;

	if (!f)
		return NULL;
	if (!fseek(f, 0, SEEK_END) && (len = ftell(f)) >= 0 && !fseek(f, 0, SEEK_SET)) {
		buf = malloc((size_t)len + 1);
		*ret_len = buf ? fread(buf, 1, (size_t)len, f) : 0;
	}
	(void)fclose(f);	/* only read from */
	return buf;
}

static void load_map(struct base *b, const char *path)
{
	char word[32];
	size_t off, len;
	FILE *f = fopen(path, "r");

	while (f && fscanf(f, "%31s %zu %zu", word, &off, &len) == 3) {
		if (strcmp(word, FUZZ_TARGET) || b->n == PLACES_MAX || off > b->size ||
		    len > b->size - off)
			continue;
		b->places[b->n++] = (struct place){ off, len };
		b->input_len += len;
	}
	if (f)
		(void)fclose(f);	/* only read from */
}

static void load_bases(void)
{
	static const char *const names[] = { "ext4", "ext2", "dirty", "gpt", "dos",
					     "simg", "zst", "qcow2", "packed_qcow2", "xz",
					     "fat12", "fat16", "fat32" };
	const char *dir = getenv("FUZZ_BASE");
	size_t largest = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct base *b = &bases[n_bases];
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s.img", dir ? dir : ".", names[i]);
		memset(b, 0, sizeof(*b));
		b->bytes = slurp(path, &b->size);
		if (!b->bytes)
			continue;
		snprintf(path, sizeof(path), "%s/%s.map", dir ? dir : ".", names[i]);
		load_map(b, path);
		if (!b->n) {
			free(b->bytes);
			continue;
		}
		if (b->size > largest)
			largest = b->size;
		n_bases++;
	}
	if (!n_bases) {
		fprintf(stderr,
			"no base image for '%s': set FUZZ_BASE to the folder that fuzz_base.sh "
			"made\n",
			FUZZ_TARGET);
		exit(2);
	}
	work = malloc(largest);
	if (!work)
		exit(2);
}

static void read_file(struct i2n_reader *r, const struct i2n_inode *in)
{
	static unsigned char buf[4096];
	struct i2n_range range;
	struct i2n_file *file;
	struct i2n_err err;
	uint64_t end = 0;

	if (r->ops->open(r, in, &file, &err))
		return;
	for (unsigned i = 0; i < RANGES_MAX && !r->ops->next(file, 1 << 20, &range, &err); i++) {
		/* the promises of reader.h */
		if (!range.len || range.off < end || range.len > in->size || range.off > in->size -
		    range.len)
			abort();
		end = range.off + range.len;
		if (r->ops->read(file, buf, range.len < sizeof(buf) ? (size_t)range.len :
				 sizeof(buf), range.off, &err))
			break;
	}
	r->ops->close(file);
}

/* The promises of node.h. */
static void check_tree(const struct i2n_tree *t)
{
	for (uint32_t d = 0; d < t->n_dirents; d++) {
		const struct i2n_dirent *de = &t->dirents[d];
		size_t len;
		const unsigned char *name;

		if (de->parent >= t->n_inodes || de->inode >= t->n_inodes ||
		    de->name >= t->names_len)
			abort();
		name = i2n_dirent_name(t, de, &len);
		if (!len || len > t->names_len - de->name - 1 || memchr(name, '/', len) ||
		    memchr(name, 0, len) ||
		    (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'))))
			abort();
		if (i2n_inode_type(&t->inodes[de->parent]) != I2N_S_IFDIR)
			abort();
	}
	for (uint32_t i = 0; i < t->n_inodes; i++) {
		const struct i2n_inode *in = &t->inodes[i];

		if (i != t->root && (in->first_dirent >= t->n_dirents || !in->links))
			abort();
		if (i2n_inode_type(in) == I2N_S_IFDIR && in->dir.count &&
		    (in->dir.first > t->n_dirents || in->dir.count > t->n_dirents - in->dir.first ||
		     t->dirents[in->dir.first].parent != i))
			abort();
	}
}

static void on_xattr(void *ctx, const char *name, const void *value, size_t len)
{
	unsigned *sum = ctx;

	*sum += (unsigned)strlen(name);
	for (size_t i = 0; i < len; i++)
		*sum += ((const unsigned char *)value)[i];
}

static void read_inode(struct i2n_fs *fs, const struct i2n_inode *in)
{
	struct i2n_reader *r = i2n_fs_reader(fs);
	static char target[65536];
	char flags[32];
	unsigned sum = 0;
	struct i2n_err err;

	(void)i2n_fs_xattrs(fs, in, on_xattr, &sum, &err);	/* damaged input may well fail */
	(void)i2n_fs_chattr(fs, in, flags, &err);
	if (i2n_inode_type(in) == I2N_S_IFREG)
		read_file(r, in);
	else if (i2n_inode_type(in) == I2N_S_IFLNK && in->size <= sizeof(target))
		(void)r->ops->readlink(r, in, target, sizeof(target), &err);
	else if (i2n_inode_type(in) == I2N_S_IFLNK)
		abort();
}

static void run_fs(struct i2n_source *src)
{
	struct i2n_fs_opts opts = { 0 };
	struct i2n_tree *tree;
	struct i2n_err err;
	struct i2n_fs *fs;

	if (i2n_fs_open(src, &opts, NULL, &fs, &err))
		return;
	(void)i2n_fs_is_linux_root(fs);
	if (!i2n_fs_tree(fs, &tree, &err)) {
		check_tree(tree);
		for (uint32_t i = 0; i < tree->n_inodes; i++)
			read_inode(fs, &tree->inodes[i]);
		i2n_tree_free(tree);
	}
	i2n_fs_free(fs);
}

/* Ranges of one answer follow each other to the end, and what is free lies in the file system; those
 * that are left out are known afterwards, and no others. */
static void check_unused(struct i2n_unused *u, struct i2n_source *come)
{
	struct unkept out = { 0 };
	uint64_t off = 0, len;

	for (unsigned i = 0; i < 65536 && off < come->size; i++, off += len) {
		bool free = i2n_unused_at(u, come, off, &len);

		if (!len || (free && (off < 1024 || len > UINT64_MAX - off)))
			abort();
		if (len > come->size - off)
			len = come->size - off;
		if (unkept_has(&out, off, len))
			abort();
		if (free && (!unkept_add(&out, off, len) || !unkept_has(&out, off + len - 1, 1)))
			abort();
	}
	unkept_release(&out);
}

/* As the thread that unpacks asks: it may know half of the image, and may begin elsewhere. */
static void run_unused(struct i2n_source *src)
{
	struct i2n_fs_opts opts = { 0 };
	struct i2n_source *half;
	struct i2n_unused *u;
	struct i2n_err err;
	struct i2n_fs *fs;

	if (i2n_fs_open(src, &opts, NULL, &fs, &err))
		return;
	for (uint64_t base = 0; base <= 4096; base += 4096) {
		if (i2n_fs_unused(fs, base, &u, &err))
			continue;
		if (!i2n_source_slice(src, 0, src->size / 2, &half, &err)) {
			check_unused(u, half);
			i2n_source_free(half);
		}
		check_unused(u, src);
		i2n_unused_free(u);
	}
	i2n_fs_free(fs);
}

static void run_fat(struct i2n_source *src)
{
	struct i2n_tree *tree;
	struct i2n_fat *fat;
	struct i2n_err err;

	if (i2n_fat_open(src, NULL, &fat, &err))
		return;
	if (!i2n_fat_tree(fat, &tree, &err)) {
		check_tree(tree);
		for (uint32_t i = 0; i < tree->n_inodes; i++)
			if (i2n_inode_type(&tree->inodes[i]) == I2N_S_IFREG)
				read_file(i2n_fat_reader(fat), &tree->inodes[i]);
		i2n_tree_free(tree);
	}
	i2n_fat_free(fat);
}

static void run_ptable(struct i2n_source *src)
{
	struct i2n_fstype type;
	struct i2n_ptable *pt;
	struct i2n_err err;

	(void)i2n_fstype_probe(src, &type, &err);
	if (i2n_ptable_read(src, 0, NULL, &pt, &err))
		return;
	for (unsigned i = 0; i < pt->n_parts; i++)
		if (!pt->parts[i].outside &&
		    (pt->parts[i].size > src->size || pt->parts[i].start > src->size -
		     pt->parts[i].size))
			abort();
	i2n_ptable_free(pt);
}

/* Each byte once, some in large reads and some in small ones. */
static void read_all(struct i2n_source *src)
{
	static unsigned char buf[65536];
	struct i2n_err err;
	uint64_t at = 0, n;

	for (unsigned i = 0; i < 64 && at < src->size; i++, at += n) {
		n = i % 2 ? 100 : sizeof(buf);
		if (n > src->size - at)
			n = src->size - at;
		i2n_source_willneed(src, at, 3 * n);
		if (i2n_source_pread(src, buf, (size_t)n, at, &err))
			at += src->size / 7;
	}
	(void)i2n_source_pread(src, buf, 1, src->size - 1, &err);	/* its last byte */
}

/* Through the tables of what can be read at random. */
static void run_packed(struct i2n_source *src)
{
	const struct i2n_image_opts opts = { .threads = 2 };
	struct i2n_source *map;
	struct i2n_fstype type;
	struct i2n_err err;

	if (i2n_fstype_probe(src, &type, &err) ||
	    packed_random_open(type.type, src, &opts, &map, &err))
		return;
	read_all(map);
	i2n_source_free(map);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	load_bases();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct base *b;
	struct i2n_source *src;
	struct i2n_err err;

	if (!len)
		return 0;
	b = &bases[data[0] % n_bases];
	data++;
	len--;
	memcpy(work, b->bytes, b->size);
	for (unsigned i = 0; i < b->n && len; i++) {
		size_t n = len < b->places[i].len ? len : b->places[i].len;

		memcpy(work + b->places[i].off, data, n);
		data += n;
		len -= n;
	}
	if (i2n_source_mem(work, b->size, &src, &err))
		return 0;
	if (!strcmp(FUZZ_TARGET, "ptable"))
		run_ptable(src);
	else if (!strcmp(FUZZ_TARGET, "packed"))
		run_packed(src);
	else if (!strcmp(FUZZ_TARGET, "fat"))
		run_fat(src);
	else if (!strcmp(FUZZ_TARGET, "unused"))
		run_unused(src);
	else
		run_fs(src);
	i2n_source_free(src);
	return 0;
}

#ifdef FUZZ_PLAIN
static size_t pristine(unsigned image, unsigned char *input)
{
	const struct base *b = &bases[image];
	size_t at = 1;

	input[0] = (unsigned char)image;
	for (unsigned i = 0; i < b->n; i++) {
		memcpy(input + at, b->bytes + b->places[i].off, b->places[i].len);
		at += b->places[i].len;
	}
	return at;
}

static unsigned next_rand(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*seed >> 33);
}

static void damage(unsigned char *input, size_t len, uint64_t *seed)
{
	static const unsigned char odd[] = { 0, 1, 2, 4, 0x7f, 0x80, 0xff, 0xfe, '/', '.' };
	unsigned n = 1 + next_rand(seed) % 12;

	while (n--) {
		size_t at = 1 + next_rand(seed) % (len - 1);

		input[at] = next_rand(seed) % 2 ? odd[next_rand(seed) % sizeof(odd)]
						: (unsigned char)next_rand(seed);
	}
}

static int run_random(unsigned long count, uint64_t seed)
{
	uint64_t start = seed;

	printf("%s: %lu damages from seed %" PRIu64 "\n", FUZZ_TARGET, count, start);
	fflush(stdout);
	for (unsigned long i = 0; i < count; i++) {
		unsigned image = (unsigned)(i % n_bases);
		unsigned char *input = malloc(bases[image].input_len + 1);
		size_t len = pristine(image, input);

		damage(input, len, &seed);
		LLVMFuzzerTestOneInput(input, len);
		free(input);
	}
	return 0;
}

static int write_seeds(const char *folder)
{
	for (unsigned i = 0; i < n_bases; i++) {
		unsigned char *input = malloc(bases[i].input_len + 1);
		size_t len = pristine(i, input);
		char path[4096];
		FILE *f;

		snprintf(path, sizeof(path), "%s/seed-%u", folder, i);
		f = fopen(path, "wb");
		if (!f || fwrite(input, 1, len, f) != len || fclose(f)) {
			perror(path);
			return 1;
		}
		free(input);
	}
	return 0;
}

static int run_files(int n, char **files)
{
	for (int i = 0; i < n; i++) {
		size_t len;
		unsigned char *input = slurp(files[i], &len);

		if (!input) {
			perror(files[i]);
			return 1;
		}
		LLVMFuzzerTestOneInput(input, len);
		free(input);
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1;

	load_bases();
	if (argc == 3 && !strcmp(argv[1], "-o"))
		return write_seeds(argv[2]);
	if (argc == 5 && !strcmp(argv[3], "-s"))
		seed = strtoull(argv[4], NULL, 10);
	if (argc >= 3 && !strcmp(argv[1], "-n"))
		return run_random(strtoul(argv[2], NULL, 10), seed);
	return run_files(argc - 1, argv + 1);
}
#endif

#endif
