/* replaydump - what the replay of a journal makes of an image, without the rest of the program.
 *
 *	replaydump [-j JOURNAL] [-m ignore|fail] [-s] IMAGE OUT	write the replayed image to OUT
 *	replaydump [-j JOURNAL] -c OTHER IMAGE	compare with OTHER, which e2fsck has replayed
 *
 * Notes go to standard output, "kind class: text". -c leaves out the superblock and all copies of
 * superblock and group descriptors (others change flags and times there, or refresh the copies) and
 * the blocks of the journal; it prints each other block that differs. Exit status: 0 = done, or
 * equal; 1 = differs; 2 = error, told on standard error. */
#include "ext4/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <ext2fs/ext2fs.h>

static const char *const kinds[] = {
	[I2N_NOTE_DAMAGED] = "damaged", [I2N_NOTE_LOSS] = "loss", [I2N_NOTE_FAILED] = "failed",
	[I2N_NOTE_DIFFERS] = "differs", [I2N_NOTE_WARN] = "warn", [I2N_NOTE_INFO] = "info",
	[I2N_NOTE_STATE] = "state",
};

static void on_note(void *ctx, const struct i2n_note *note)
{
	(void)ctx;
	printf("%s %s: %s\n", kinds[note->kind], note->cls, note->text);
}

static int fail(const struct i2n_err *err)
{
	fprintf(stderr, "%s\n", err->msg);
	if (err->hint[0])
		fprintf(stderr, "hint: %s\n", err->hint);
	return 2;
}

static int write_out(struct i2n_source *src, const char *path, struct i2n_err *err)
{
	static unsigned char buf[65536], zero[65536];
	uint64_t off, n;
	FILE *f = fopen(path, "wb");

	if (!f)
		return perror(path), 2;
	for (off = 0; off < src->size; off += n) {
		n = src->size - off < sizeof(buf) ? src->size - off : sizeof(buf);
		if (i2n_source_pread(src, buf, (size_t)n, off, err) != I2N_OK)
			return fail(err);
		if (!memcmp(buf, zero, (size_t)n) && off + n < src->size)
			(void)fseeko(f, (off_t)n, SEEK_CUR); /* a failure shows in the comparison */
		else if (fwrite(buf, 1, (size_t)n, f) != n)
			return perror(path), 2;
	}
	return fclose(f) ? 2 : 0;
}

static int mark(ext2_filsys fs, blk64_t *blk, e2_blkcnt_t no, blk64_t ref, int off, void *skip)
{
	(void)no;
	(void)ref;
	(void)off;
	if (*blk < ext2fs_blocks_count(fs->super))
		((unsigned char *)skip)[*blk] = 1;
	return 0;
}

/* Copies of the superblock and of the group descriptors: e2fsck refreshes them when it writes the
 * superblock. */
static void skip_copies(ext2_filsys fs, dgrp_t g, unsigned char *skip, uint64_t blocks)
{
	blk64_t super, old, new, b;
	blk_t used;

	(void)ext2fs_super_and_bgd_loc2(fs, g, &super, &old, &new, &used);
	if (super)
		skip[super] = 1;
	if (new)
		skip[new] = 1;
	for (b = old; old && b < old + fs->desc_blocks && b < blocks; b++)
		skip[b] = 1;
}

static int compare(struct i2n_source *src, const char *other)
{
	unsigned char *a, *b, *skip;
	struct i2n_source *theirs;
	struct i2n_err err = { .msg = "" };
	uint64_t blk, blocks, off;
	ext2_filsys fs;
	int differ = 0;
	dgrp_t g;

	if (ext2fs_open(other, EXT2_FLAG_64BITS | EXT2_FLAG_IGNORE_CSUM_ERRORS, 0, 0,
			unix_io_manager, &fs))
		return fprintf(stderr, "cannot open %s\n", other), 2;
	blocks = ext2fs_blocks_count(fs->super);
	if (i2n_source_open_file(other, &theirs, &err) != I2N_OK)
		return fail(&err);
	a = malloc(fs->blocksize);
	b = malloc(fs->blocksize);
	skip = calloc(blocks + 1, 1);
	if (!a || !b || !skip)
		abort();
	if (fs->super->s_journal_inum)
		(void)ext2fs_block_iterate3(fs, fs->super->s_journal_inum, BLOCK_FLAG_READ_ONLY,
					    NULL, mark, skip);
	skip[1024 / fs->blocksize] = 1;
	for (g = 1; g < fs->group_desc_count; g++)
		skip_copies(fs, g, skip, blocks);
	for (blk = 0; blk < blocks; blk++) {
		off = blk * fs->blocksize;
		if (skip[blk])
			continue;
		if (off + fs->blocksize > src->size || off + fs->blocksize > theirs->size)
			break;
		if (i2n_source_pread(src, a, fs->blocksize, off, &err) != I2N_OK ||
		    i2n_source_pread(theirs, b, fs->blocksize, off, &err) != I2N_OK)
			return fail(&err);
		if (memcmp(a, b, fs->blocksize) && ++differ <= 20)
			printf("block %" PRIu64 " differs\n", blk);
	}
	printf("%" PRIu64 " blocks compared, %d differ\n", blocks, differ);
	free(a);
	free(b);
	free(skip);
	i2n_source_free(theirs);
	(void)ext2fs_free(fs);
	return differ != 0;
}

static int run(struct i2n_source *src, const struct i2n_fs_opts *opts, const char *other,
	       const char *out)
{
	struct i2n_notes notes = { .fn = on_note };
	struct journal_replay replay;
	struct i2n_err err = { .msg = "" };
	struct i2n_source *top;
	int rc;

	if (journal_replay(src, NULL, opts, &notes, &replay, &err) != I2N_OK)
		return fail(&err);
	printf("%" PRIu32 " transactions, %" PRIu32 " blocks\n", replay.transactions,
	       replay.blocks);
	top = replay.overlay ? replay.overlay : src;
	rc = other ? compare(top, other) : write_out(top, out, &err);
	journal_release(&replay);
	return rc;
}

int main(int argc, char **argv)
{
	struct i2n_fs_opts opts = { .journal = I2N_JOURNAL_REPLAY };
	const char *journal = NULL, *other = NULL;
	struct i2n_source *src;
	struct i2n_err err = { .msg = "" };
	int c, rc;

	while ((c = getopt(argc, argv, "j:m:c:s")) != -1) {
		if (c == 'j')
			journal = optarg;
		else if (c == 'm')
			opts.journal = *optarg == 'i' ? I2N_JOURNAL_IGNORE : I2N_JOURNAL_FAIL;
		else if (c == 'c')
			other = optarg;
		else if (c == 's')
			opts.strict = true;
		else
			return 2;
	}
	if (argc - optind != (other ? 1 : 2))
		return fputs("usage: replaydump [-j JOURNAL] [-m ignore|fail] [-s] IMAGE OUT | -c "
			     "OTHER IMAGE\n",
			     stderr),
		       2;
	if (i2n_source_open_file(argv[optind], &src, &err) != I2N_OK ||
	    (journal && i2n_source_open_file(journal, &opts.journal_device, &err) != I2N_OK))
		return fail(&err);
	rc = run(src, &opts, other, argv[optind + 1]);
	i2n_source_free(opts.journal_device);
	i2n_source_free(src);
	return rc;
}
