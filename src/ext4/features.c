#include "ext4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 32

/* Names as dumpe2fs prints them, in the order of the bits. NULL: it prints FEATURE_C12 and the
 * like. */
static const char *const compat_names[32] = {
	"dir_prealloc", "imagic_inodes", "has_journal", "ext_attr",	   "resize_inode",
	"dir_index",	"lazy_bg",	 NULL,		"snapshot_bitmap", "sparse_super2",
	"fast_commit",	"stable_inodes", "orphan_file",
};
static const char *const incompat_names[32] = {
	"compression",
	"filetype",
	"needs_recovery",
	"journal_dev",
	"meta_bg",
	NULL,
	"extent",
	"64bit",
	"mmp",
	"flex_bg",
	"ea_inode",
	NULL,
	"dirdata",
	"metadata_csum_seed",
	"large_dir",
	"inline_data",
	"encrypt",
	"casefold",
};
static const char *const ro_compat_names[32] = {
	"sparse_super",	 "large_file",	   NULL,	"huge_file", "uninit_bg",
	"dir_nlink",	 "extra_isize",	   NULL,	"quota",     "bigalloc",
	"metadata_csum", "replica",	   "read-only", "project",   "shared_blocks",
	"verity",	 "orphan_present",
};

#define INCOMPAT_KNOWN (INCOMPAT_FILETYPE | INCOMPAT_RECOVER | INCOMPAT_META_BG | \
	INCOMPAT_EXTENTS | INCOMPAT_64BIT | INCOMPAT_MMP | INCOMPAT_FLEX_BG | INCOMPAT_EA_INODE | \
	INCOMPAT_CSUM_SEED | INCOMPAT_LARGEDIR | INCOMPAT_INLINE_DATA | INCOMPAT_ENCRYPT | \
	INCOMPAT_CASEFOLD)
#define RO_COMPAT_KNOWN (RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE | RO_COMPAT_BTREE_DIR | \
	RO_COMPAT_HUGE_FILE | RO_COMPAT_GDT_CSUM | RO_COMPAT_DIR_NLINK | RO_COMPAT_EXTRA_ISIZE | \
	RO_COMPAT_QUOTA | RO_COMPAT_BIGALLOC | RO_COMPAT_METADATA_CSUM | RO_COMPAT_READONLY | \
	RO_COMPAT_PROJECT | RO_COMPAT_SHARED_BLOCKS | RO_COMPAT_VERITY | \
	RO_COMPAT_ORPHAN_PRESENT)

/* Append the words of mask, each preceded by a space unless first. text has room for 3 * 32
 * words. */
static void put_words(char *text, uint32_t mask, const char *const names[32], char letter)
{
	char *end = text + strlen(text);
	unsigned bit;

	for (bit = 0; bit < 32; bit++) {
		if (!(mask >> bit & 1))
			continue;
		if (end != text)
			*end++ = ' ';
		if (names[bit])
			end += snprintf(end, WORD_MAX, "%s", names[bit]);
		else
			end += snprintf(end, WORD_MAX, "FEATURE_%c%u", letter, bit);
	}
}

char *ext4_features_text(const struct ext4_super *sb)
{
	char *text = calloc(3 * 32, WORD_MAX + 1);

	if (!text)
		return NULL;
	put_words(text, sb->compat, compat_names, 'C');
	put_words(text, sb->incompat, incompat_names, 'I');
	put_words(text, sb->ro_compat, ro_compat_names, 'R');
	return text;
}

/* As libblkid's probe_ext2(), probe_ext3(), probe_ext4() decide. */
const char *ext4_type(const struct ext4_super *sb)
{
	const uint32_t ro = RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE | RO_COMPAT_BTREE_DIR;
	const uint32_t in = INCOMPAT_FILETYPE | INCOMPAT_META_BG;
	bool journal = sb->compat & COMPAT_HAS_JOURNAL;

	if (sb->incompat & INCOMPAT_JOURNAL_DEV)
		return "jbd";
	if (!journal && !(sb->ro_compat & ~ro) && !(sb->incompat & ~in))
		return "ext2";
	if (journal && !(sb->ro_compat & ~ro) && !(sb->incompat & ~(in | INCOMPAT_RECOVER)))
		return "ext3";
	return "ext4";
}

int ext4_features_check(const struct ext4_super *sb, const struct i2n_notes *notes,
			struct i2n_err *err)
{
	char text[32 * (WORD_MAX + 1)] = "";

	if (sb->incompat & INCOMPAT_JOURNAL_DEV)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"this is the external journal of an ext3 or ext4 file system, it "
				"holds no files");
	if (sb->incompat & ~(uint32_t)INCOMPAT_KNOWN) {
		put_words(text, sb->incompat & ~(uint32_t)INCOMPAT_KNOWN, incompat_names, 'I');
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot read a file system with these features: %s", text);
	}
	if (sb->ro_compat & ~(uint32_t)RO_COMPAT_KNOWN) {
		put_words(text, sb->ro_compat & ~(uint32_t)RO_COMPAT_KNOWN, ro_compat_names, 'R');
		i2n_note(notes, I2N_NOTE_WARN, "feature", NULL, 0,
			 "the file system has unknown features, which by its own word do not "
			 "matter for reading: %s",
			 text);
	}
	return I2N_OK;
}
