#include "pick.h"

#include "img2nfs/fs.h"
#include "img2nfs/name.h"

#include "opts.h"
#include "pick_refuse.h"
#include "volumes.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

struct search {
	struct i2n_source *image;
	const struct i2n_notes *notes;
	const struct i2n_ptable *pt;
	struct volumes vols;
	bool fat_too;
	struct i2n_err *err;
};

static bool is_fat(const struct i2n_fstype *fs)
{
	return !strcmp(fs->type, "vfat");
}

/* Only a backup superblock may be left: the reader looks for those, the magic numbers do not. */
static bool has_backup_super(struct i2n_source *slice)
{
	const struct i2n_fs_opts opts = { .info_only = true };
	struct i2n_fs *fs = NULL;

	if (!slice || i2n_fs_open(slice, &opts, NULL, &fs, NULL) != I2N_OK)
		return false;
	i2n_fs_free(fs);
	return true;
}

static bool is_nameless(const struct volume *v)
{
	return v->fstype.kind == I2N_FS_UNKNOWN || v->fstype.kind == I2N_FS_EMPTY;
}

/* The user, or reason, chose this one. */
static int take(struct search *s, struct volume *v, struct volume **ret)
{
	if (v->part && v->part->outside)
		return refuse_missing(s->image, v, s->err);
	if (v->fstype.kind != I2N_FS_EXT && !(s->fat_too && is_fat(&v->fstype)) &&
	    !(is_nameless(v) && has_backup_super(v->slice)))
		return refuse_type(s->image, v->part, &v->fstype, s->err);
	*ret = v;
	return I2N_OK;
}

static bool is_root(const struct volume *v)
{
	/* whether the journal is replayed or not, /etc is there or not; the real run opens it again
	 * and says more */
	const struct i2n_fs_opts opts = { .journal = I2N_JOURNAL_IGNORE };
	struct i2n_fs *fs = NULL;
	bool ret;

	if (i2n_fs_open(v->slice, &opts, NULL, &fs, NULL) != I2N_OK)
		return false;
	ret = i2n_fs_is_linux_root(fs);
	i2n_fs_free(fs);
	return ret;
}

static int refuse_ambiguous(struct search *s, bool only_ext, const char *why)
{
	i2n_err_set(s->err, I2N_DOM_IMAGE, 0,
		    "cannot choose between the ext file systems of %s: %s", s->image->name, why);
	hint_volumes(&s->vols, only_ext, "choose one with --partition N:", s->err);
	return I2N_FATAL;
}

/* Of several ext file systems, the one that looks like the root of a Linux system. */
static int pick_root(struct search *s, struct volume **ret)
{
	struct volume *root = NULL;
	unsigned i;

	for (i = 0; i < s->vols.n; i++) {
		struct volume *v = &s->vols.v[i];

		if (v->fstype.kind != I2N_FS_EXT || !is_root(v))
			continue;
		if (root)
			return refuse_ambiguous(s, true, "more than one looks like a Linux root");
		root = v;
	}
	if (!root)
		return refuse_ambiguous(s, true, "none looks like a Linux root");
	i2n_note(s->notes, I2N_NOTE_WARN, "partition-choice", NULL, 0,
		 "partition %u of %s is taken: of its ext file systems only this one looks like a "
		 "Linux root",
		 root->part->part_no, s->image->name);
	*ret = root;
	return I2N_OK;
}

static int refuse_none(struct search *s)
{
	i2n_err_set(s->err, I2N_DOM_IMAGE, 0, "no ext2, ext3 or ext4 file system in %s",
		    s->image->name);
	hint_volumes(&s->vols, false,
		     s->vols.n ? "its partitions:" : "its partition table is empty", s->err);
	return I2N_FATAL;
}

static int pick_backup_super(struct search *s, struct volume **ret)
{
	struct volume *found = NULL;
	unsigned i;

	for (i = 0; i < s->vols.n; i++) {
		struct volume *v = &s->vols.v[i];

		if (!is_nameless(v) || v->missing || !has_backup_super(v->slice))
			continue;
		if (found)
			return refuse_ambiguous(s, false, "their superblocks are damaged");
		found = v;
	}
	if (!found)
		return refuse_none(s);
	*ret = found;
	return I2N_OK;
}

/* What is missing might be the one that was meant: the first that looks like ext, else the first of
 * unknown type. */
static int check_complete(struct search *s)
{
	struct volume *doubtful = NULL, *v;
	unsigned i;

	for (i = 0; i < s->vols.n; i++) {
		v = &s->vols.v[i];
		if (!v->missing || (v->fstype.kind != I2N_FS_EXT && !is_nameless(v)))
			continue;
		if (!doubtful ||
		    (doubtful->fstype.kind != I2N_FS_EXT && v->fstype.kind == I2N_FS_EXT))
			doubtful = v;
	}
	return doubtful ? refuse_missing(s->image, doubtful, s->err) : I2N_OK;
}

static int pick_auto(struct search *s, struct volume **ret)
{
	struct volume *found = NULL;
	unsigned i, n = 0;
	int rc;

	if (s->pt->label == I2N_LABEL_NONE)
		return take(s, &s->vols.v[0], ret);
	rc = check_complete(s);
	if (rc != I2N_OK)
		return rc;
	for (i = 0; i < s->vols.n; i++) {
		if (s->vols.v[i].fstype.kind == I2N_FS_EXT) {
			found = &s->vols.v[i];
			n++;
		}
	}
	if (n > 1)
		return pick_root(s, ret);
	rc = n ? take(s, found, ret) : pick_backup_super(s, ret);
	if (rc == I2N_OK)
		i2n_note(s->notes, I2N_NOTE_INFO, "partition-choice", NULL, 0,
			 "partition %u of %s is taken: no other one holds an ext file system",
			 (*ret)->part->part_no, s->image->name);
	return rc;
}

static int pick_number(struct search *s, uint64_t part_no, struct volume **ret)
{
	unsigned i;

	for (i = 0; i < s->vols.n; i++) {
		if (s->vols.v[i].part && s->vols.v[i].part->part_no == part_no)
			return take(s, &s->vols.v[i], ret);
	}
	i2n_err_set(s->err, I2N_DOM_IMAGE, 0, "there is no partition %" PRIu64 " in %s", part_no,
		    s->image->name);
	if (s->pt->label == I2N_LABEL_NONE)
		i2n_err_hint(s->err, "it has no partition table; leave out --partition");
	else
		hint_volumes(&s->vols, false,
			     s->vols.n ? "its partitions:" : "its partition table is empty",
			     s->err);
	return I2N_FATAL;
}

static bool by_label(const struct volume *v, const char *want)
{
	return v->fstype.label[0] && !strcmp(v->fstype.label, want);
}

static bool by_uuid(const struct volume *v, const char *want)
{
	return v->fstype.uuid[0] && !strcasecmp(v->fstype.uuid, want);
}

static bool by_partuuid(const struct volume *v, const char *want)
{
	return v->part && v->part->partuuid[0] && !strcasecmp(v->part->partuuid, want);
}

static int pick_matching(struct search *s, bool (*match)(const struct volume *v, const char *want),
			 const char *spec, const char *want, struct volume **ret)
{
	struct volume *found = NULL;
	char q[200];
	unsigned i;

	i2n_quote(q, sizeof(q), spec, strlen(spec));
	for (i = 0; i < s->vols.n; i++) {
		if (!match(&s->vols.v[i], want))
			continue;
		if (found) {
			i2n_err_set(s->err, I2N_DOM_IMAGE, 0, "more than one partition of %s is %s",
				    s->image->name, q);
			hint_volumes(&s->vols, false, "choose one with --partition N:", s->err);
			return I2N_FATAL;
		}
		found = &s->vols.v[i];
	}
	if (found)
		return take(s, found, ret);
	i2n_err_set(s->err, I2N_DOM_IMAGE, 0, "nothing in %s is %s", s->image->name, q);
	if (s->pt->label != I2N_LABEL_NONE)
		hint_volumes(&s->vols, false, "its partitions:", s->err);
	return I2N_FATAL;
}

static const struct {
	const char *prefix;
	bool (*match)(const struct volume *v, const char *want);
} specs[] = {
	{ "LABEL=", by_label },
	{ "UUID=", by_uuid },
	{ "PARTUUID=", by_partuuid },
};

static int pick_volume(struct search *s, const char *spec, struct volume **ret)
{
	uint64_t part_no;
	size_t i, n;
	int rc;

	if (!spec || !strcmp(spec, "auto"))
		return pick_auto(s, ret);
	for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		n = strlen(specs[i].prefix);
		if (!strncmp(spec, specs[i].prefix, n) && spec[n])
			return pick_matching(s, specs[i].match, spec, spec + n, ret);
	}
	rc = opts_number(spec, false, 1, 0, "option '--partition'", &part_no, s->err);
	if (rc == I2N_OK)
		return pick_number(s, part_no, ret);
	i2n_err_hint(s->err, "it takes auto, a number, LABEL=..., UUID=... or PARTUUID=...");
	return rc;
}

/* From a byte on, whatever a partition table says. */
static int pick_offset(struct i2n_source *image, const struct pick_opts *opts, struct pick *pick,
		       struct i2n_err *err)
{
	int rc;

	if (opts->partition && strcmp(opts->partition, "auto"))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"give either --partition or --offset, not both");
	if (opts->offset >= image->size)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot read %s at offset %" PRIu64 ": it ends at %" PRIu64,
				image->name, opts->offset, image->size);
	rc = i2n_source_slice(image, opts->offset, image->size - opts->offset, &pick->slice, err);
	if (rc == I2N_OK)
		rc = i2n_fstype_probe(pick->slice, &pick->fstype, err);
	if (rc != I2N_OK || pick->fstype.kind == I2N_FS_EXT ||
	    (opts->fat_too && is_fat(&pick->fstype)))
		return rc;
	if ((pick->fstype.kind == I2N_FS_UNKNOWN || pick->fstype.kind == I2N_FS_EMPTY) &&
	    has_backup_super(pick->slice))
		return I2N_OK;
	return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
			"no ext2, ext3 or ext4 file system at offset %" PRIu64 " of %s%s%s",
			opts->offset, image->name, pick->fstype.type[0] ? ", but " : "",
			pick->fstype.type);
}

static int pick_partition(struct i2n_source *image, const struct pick_opts *opts,
			  const struct i2n_notes *notes, struct pick *pick, struct i2n_err *err)
{
	struct search s = { .image = image, .notes = notes, .fat_too = opts->fat_too, .err = err };
	struct volume *v = NULL;
	int rc;

	rc = i2n_ptable_read(image, opts->sector_size, notes, &pick->table, err);
	if (rc != I2N_OK)
		return rc;
	s.pt = pick->table;
	rc = volumes_probe(image, pick->table, &s.vols, err);
	if (rc == I2N_OK)
		rc = pick_volume(&s, opts->partition, &v);
	if (rc == I2N_OK) {
		pick->part = v->part;
		pick->slice = v->slice;
		pick->fstype = v->fstype;
		v->slice = NULL;	/* is the pick's now */
	}
	volumes_release(&s.vols);
	return rc;
}

int pick_find(struct i2n_source *image, const struct pick_opts *opts, const struct i2n_notes *notes,
	      struct pick *ret, struct i2n_err *err)
{
	struct pick pick = { 0 };
	int rc;

	if (opts->has_offset)
		rc = pick_offset(image, opts, &pick, err);
	else
		rc = pick_partition(image, opts, notes, &pick, err);
	if (rc == I2N_OK)
		*ret = pick;
	else
		pick_release(&pick);
	return rc;
}

void pick_release(struct pick *pick)
{
	i2n_source_free(pick->slice);
	i2n_ptable_free(pick->table);
	*pick = (struct pick){ 0 };
}
