#include "fastcommit.h"

#include "checked.h"
#include "fastcommit_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Tags, fs/ext4/fast_commit.h. Each begins with its number and the length of its value, 16 bits
 * each. */
enum fast_tag { ADD_RANGE = 1, DEL_RANGE, CREAT, LINK, UNLINK, INODE, PAD, TAIL, HEAD };
#define TAG_LEN 4u
#define GOOD_OLD_INODE 128u

struct fast_value {
	unsigned tag;
	uint32_t len;
	const unsigned char *p;		/* the value; p - TAG_LEN is the tag itself */
};

int fast_grow(struct fastcommit *f, void *array, size_t *cap, size_t n, size_t add, size_t size,
	      struct i2n_err *err)
{
	size_t want = *cap ? *cap : 16;
	void *now, *bigger;

	if (add <= *cap - n)
		return I2N_OK;
	while (want - n < add)
		want *= 2;
	f->memory += (want - *cap) * size;
	if (f->memory > FAST_MAX_BYTES)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot replay the fast commits: they need more than %" PRIu64
				" bytes of memory",
				FAST_MAX_BYTES);
	memcpy(&now, array, sizeof(now));
	bigger = realloc(now, want * size);
	if (!bigger)
		return i2n_err_nomem(err);
	memcpy(array, &bigger, sizeof(bigger));
	*cap = want;
	return I2N_OK;
}

static bool is_len_valid(const struct fastcommit *f, unsigned tag, uint32_t len)
{
	switch (tag) {
	case ADD_RANGE:
		return len == 16;
	case DEL_RANGE:
		return len == 12;
	case CREAT:
	case LINK:
	case UNLINK:
		return len > 8 && len <= 8 + 255;
	case INODE:
		return len >= 4 + GOOD_OLD_INODE && len <= 4 + f->fs.inode_size;
	case TAIL:
	case HEAD:
		return tag == TAIL ? len >= 8 : len == 8;
	}
	return tag == PAD;
}

/* The tag at *off of a block. I2N_END: the block is used up; I2N_BADNODE: no tag. */
static int next_value(const struct fastcommit *f, const unsigned char *block, uint32_t *off,
		      struct fast_value *v)
{
	uint32_t size = f->log->block_size;

	if (*off > size - TAG_LEN)
		return I2N_END;
	v->tag = i2n_le16(block + *off);
	v->len = i2n_le16(block + *off + 2);
	v->p = block + *off + TAG_LEN;
	if (v->len > size - *off - TAG_LEN || !is_len_valid(f, v->tag, v->len))
		return I2N_BADNODE;
	*off += TAG_LEN + v->len;
	return I2N_OK;
}

/* --- pass 1: how many tags belong to complete fast commits --- */

struct fast_scan {
	uint32_t tid, crc;
	uint64_t seen, valid;		/* tags */
	uint32_t commits;
	bool begun;			/* a HEAD for tid */
	const char *bad;		/* what ended it, when that is not the usual end */
};

/* I2N_OK: go on; I2N_END: the fast commits end before this tag. */
static int scan_value(struct fast_scan *s, const struct fast_value *v)
{
	if (v->tag == HEAD && i2n_le32(v->p)) {
		s->begun = true;
		s->bad = "they use a feature that is not known";
		return I2N_END;
	}
	if (v->tag == HEAD && i2n_le32(v->p + 4) != s->tid)
		return I2N_END;
	s->begun = true;
	s->seen++;
	s->crc = log_csum(s->crc, v->p - TAG_LEN, TAG_LEN + (v->tag == TAIL ? 4 : v->len));
	if (v->tag != TAIL)
		return I2N_OK;
	if (i2n_le32(v->p) != s->tid || i2n_le32(v->p + 4) != s->crc) {
		s->bad = "the checksum of the first one is wrong";
		return I2N_END;
	}
	s->valid = s->seen;
	s->commits++;
	s->crc = 0;
	return I2N_OK;
}

static int scan_area(struct fastcommit *f, struct fast_scan *s, struct i2n_err *err)
{
	uint32_t blk;

	for (blk = f->log->fast_first; blk < f->log->fast_last; blk++) {
		const unsigned char *block;
		struct fast_value v;
		uint32_t off = 0;
		int rc = log_read(f->log, blk, &block, err);

		if (rc != I2N_OK)
			return rc;
		if (blk == f->log->fast_first && i2n_le16(block) != HEAD)
			return I2N_OK;
		while ((rc = next_value(f, block, &off, &v)) == I2N_OK)
			if ((rc = scan_value(s, &v)) != I2N_OK)
				return I2N_OK;
		if (rc == I2N_BADNODE) {
			s->bad = "the first one has a tag that is not known";
			return I2N_OK;
		}
	}
	return I2N_OK;
}

/* --- pass 2: apply them --- */

static int apply_add_range(struct fastcommit *f, const unsigned char *p, struct i2n_err *err)
{
	uint32_t len = i2n_le16(p + 8);
	struct range r = {
		.lblk = i2n_le32(p + 4),
		.pblk = i2n_le32(p + 12) | (uint64_t)i2n_le16(p + 10) << 32,
		.kind = len > EXTENT_INIT_MAX ? RANGE_UNWRITTEN : RANGE_WRITTEN,
	};
	struct fast_inode *in;
	int rc = fast_inode_get(f, i2n_le32(p), &in, err);

	r.end = r.lblk + (len > EXTENT_INIT_MAX ? len - EXTENT_INIT_MAX : len);
	return rc == I2N_OK && fast_inode_lives(in) ? fast_inode_range(f, in, &r, err) : rc;
}

static int apply_del_range(struct fastcommit *f, const unsigned char *p, struct i2n_err *err)
{
	struct range r = { .lblk = i2n_le32(p + 4), .kind = RANGE_HOLE };
	struct fast_inode *in;
	int rc = fast_inode_get(f, i2n_le32(p), &in, err);

	r.end = r.lblk + i2n_le32(p + 8);
	return rc == I2N_OK && fast_inode_lives(in) ? fast_inode_range(f, in, &r, err) : rc;
}

static bool is_name_sane(const unsigned char *name, size_t len)
{
	if (memchr(name, '/', len) || memchr(name, 0, len))
		return false;
	return !(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

/* Is there such an inode, and is it a directory if that is wanted? Not calling it damage when there
 * is none. */
static int find_living(struct fastcommit *f, uint32_t ino, bool want_dir, struct fast_inode **ret,
		       bool *ret_ok, struct i2n_err *err)
{
	int rc = fast_inode_get(f, ino, ret, err);

	*ret_ok = rc == I2N_OK && fast_inode_lives(*ret) && (!want_dir || fast_inode_is_dir(*ret));
	return rc == I2N_BADNODE ? I2N_OK : rc;
}

/* Add or remove a name. A new directory is empty, whatever blocks it was given. Links to a file
 * that was gone again when the log was written are normal: of such a file the log holds all but its
 * creation. */
static int apply_name(struct fastcommit *f, const struct fast_value *v, struct i2n_err *err)
{
	uint32_t parent = i2n_le32(v->p), ino = i2n_le32(v->p + 4);
	struct fast_inode *in;
	bool ok;
	int rc = find_living(f, parent, true, &in, &ok, err);

	if (!is_name_sane(v->p + 8, v->len - 8))
		return I2N_BADNODE;
	if (rc != I2N_OK || !ok)
		return rc;
	rc = find_living(f, ino, false, &in, &ok, err);
	if (rc != I2N_OK || !ok)
		return rc == I2N_OK && v->tag == CREAT ? I2N_BADNODE : rc;
	if (v->tag == UNLINK)
		fast_inode_unlink(in);
	else if (v->tag == LINK)
		in->nlink++;
	else if (!fast_inode_is_dir(in))
		in->nlink = 1;
	else
		in->fresh_dir = true;
	if (v->tag == CREAT)
		in->parent = parent;
	in->changed = true;
	return fast_name_add(f, parent, v->p + 8, v->len - 8, ino, v->tag != UNLINK, err);
}

static int apply_value(struct fastcommit *f, const struct fast_value *v, struct i2n_err *err)
{
	switch (v->tag) {
	case ADD_RANGE:
		return apply_add_range(f, v->p, err);
	case DEL_RANGE:
		return apply_del_range(f, v->p, err);
	case CREAT:
	case LINK:
	case UNLINK:
		return apply_name(f, v, err);
	case INODE:
		return fast_inode_replace(f, i2n_le32(v->p), v->p + 4, v->len - 4, err);
	}
	return I2N_OK;
}

static int apply_area(struct fastcommit *f, uint64_t tags, struct i2n_err *err)
{
	unsigned char *block = malloc(f->log->block_size);
	uint32_t blk;
	int rc = block ? I2N_OK : i2n_err_nomem(err);

	for (blk = f->log->fast_first; rc == I2N_OK && tags; blk++) {
		const unsigned char *data;
		struct fast_value v;
		uint32_t off = 0;

		rc = log_read(f->log, blk, &data, err);
		if (rc != I2N_OK)
			break;
		memcpy(block, data, f->log->block_size);
		while (rc == I2N_OK && tags && next_value(f, block, &off, &v) == I2N_OK) {
			tags--;
			rc = apply_value(f, &v, err);
			if (rc == I2N_BADNODE) {
				f->left_out++;
				rc = I2N_OK;
			}
		}
	}
	free(block);
	return rc;
}

/* --- all of it --- */

static void init_fs(struct fastcommit *f, const unsigned char *sb)
{
	f->has_filetype = i2n_le32(sb + 0x60) & 0x2;
	f->has_csum = i2n_le32(sb + 0x64) & 0x400;
	if (i2n_le32(sb + 0x60) & 0x2000)
		f->csum_seed = i2n_le32(sb + 0x270);
	else
		f->csum_seed = log_csum(~0u, sb + 0x68, 16);
}

static int replay_all(struct fastcommit *f, struct fast_scan *s, struct i2n_err *err)
{
	int rc = apply_area(f, s->valid, err);

	if (rc == I2N_OK)
		rc = fast_inodes_finish(f, err);
	if (rc == I2N_OK)
		rc = fast_names_sort(f, err);
	return rc == I2N_BADNODE ? I2N_OK : rc;
}

static void tell(const struct i2n_notes *notes, const struct fast_scan *s)
{
	if (s->commits)
		i2n_note(notes, I2N_NOTE_INFO, "journal", NULL, 0,
			 "replayed %" PRIu32 " fast commit%s in memory", s->commits,
			 s->commits == 1 ? "" : "s");
	else if (s->begun && s->bad)
		i2n_note(notes, I2N_NOTE_DAMAGED, "journal", NULL, 0,
			 "the fast commits are left out: %s", s->bad);
}

int fast_replay(struct i2n_source *overlay, const unsigned char *sb, struct journal_log *log,
		uint32_t tid, const struct i2n_notes *notes, struct fastcommit **ret,
		uint32_t *ret_left_out, struct i2n_err *err)
{
	struct fastcommit *f = calloc(1, sizeof(*f));
	struct fast_scan s = { .tid = tid };
	int rc;

	*ret = NULL;
	*ret_left_out = 0;
	if (!f)
		return i2n_err_nomem(err);
	f->log = log;
	rc = journal_fs_init(&f->fs, overlay, sb, err);
	if (rc == I2N_OK) {
		init_fs(f, sb);
		rc = scan_area(f, &s, err);
	}
	if (rc == I2N_BADNODE) {
		s.bad = "they cannot be read";
		rc = I2N_OK;
	}
	tell(notes, &s);
	if (rc == I2N_OK && s.valid)
		rc = replay_all(f, &s, err);
	if (rc != I2N_OK || !s.valid) {
		fastcommit_free(f);
		return rc;
	}
	*ret_left_out = f->left_out;
	overlay_set_patches(overlay, f->patches, f->n_patches, f->bytes);
	f->patches = NULL;
	f->bytes = NULL;
	f->log = NULL;
	f->fs.src = NULL;
	*ret = f;
	return I2N_OK;
}

void fastcommit_free(struct fastcommit *f)
{
	size_t i;

	if (!f)
		return;
	for (i = 0; i < f->n_inodes; i++) {
		free(f->inodes[i].raw);
		free(f->inodes[i].ranges.v);
	}
	free(f->inodes);
	free(f->hash);
	free(f->ops);
	free(f->names);
	free(f->seen);
	free(f->patches);
	free(f->bytes);
	free(f);
}
