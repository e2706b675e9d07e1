#include "ext4.h"

/* Letters in lsattr's order (e2fsprogs, lib/e2p/pf.c), without those that say how a file is
 * stored. */
static const struct { uint32_t flag; char letter;
} letters[] = {
	{ I_FL_SYNC, 'S' },	    { I_FL_DIRSYNC, 'D' },  { I_FL_IMMUTABLE, 'i' },
	{ I_FL_APPEND, 'a' },	    { I_FL_NODUMP, 'd' },   { I_FL_NOATIME, 'A' },
	{ I_FL_JOURNAL_DATA, 'j' }, { I_FL_TOPDIR, 'T' },   { I_FL_NOCOW, 'C' },
	{ I_FL_DAX, 'x' },	    { I_FL_CASEFOLD, 'F' }, { I_FL_PROJINHERIT, 'P' },
};

int i2n_fs_chattr(struct i2n_fs *fs, const struct i2n_inode *in, char *buf, struct i2n_err *err)
{
	struct raw_inode r;
	size_t i;
	int rc;

	rc = ext4_inode_read(fs, in->ino, &r, err);
	if (rc)
		return rc;
	for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (r.flags & letters[i].flag)
			*buf++ = letters[i].letter;
	*buf = '\0';
	return I2N_OK;
}
