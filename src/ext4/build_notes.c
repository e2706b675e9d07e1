#include "img2nfs/name.h"

#include "build.h"

#include <stdio.h>
#include <string.h>

/* Only the end of a longer path is told, so that damage deep down in a deep tree costs no more than
 * elsewhere. */
#define PATH_TOLD 4096

/* Path of the object with index idx, or of `name` in it, written from the end of buf to the front.
 * *ret_len. */
static const char *tell_path(const struct build *b, uint32_t idx, const unsigned char *name,
			     char buf[PATH_TOLD],
			     size_t *ret_len)
{
	const struct load *l = b->l;
	size_t at = PATH_TOLD;

	for (;;) {
		uint32_t d;

		if (name) {
			if (at < name[0] + (size_t)1 + 3)
				break;
			if (at < PATH_TOLD)
				buf[--at] = '/';
			at -= name[0];
			memcpy(buf + at, name + 1, name[0]);
		}
		d = l->inodes[idx].first_dirent;
		if (d == I2N_NONE)
			break;
		name = l->names + l->dirents[d].name;
		idx = l->dirents[d].parent;
	}
	if (l->inodes[idx].first_dirent != I2N_NONE) {
		at -= 3;
		memcpy(buf + at, "...", 3);
	}
	*ret_len = PATH_TOLD - at;
	return *ret_len ? buf + at : ".";
}

static int tell(struct build *b, enum damage dmg, const char *path, size_t len, const char *more,
		struct i2n_err *err)
{
	struct i2n_fs *fs = b->l->fs;
	char quoted[256];

	if (!len)
		len = strlen(path);
	if (fs->opts.strict && !ext4_damage_is_warning(dmg))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0, "%s is damaged: %s%s",
				i2n_quote(quoted, sizeof(quoted), path,
					  len), ext4_damage_text(dmg), more);
	i2n_note(&fs->notes, ext4_damage_is_warning(dmg) ? I2N_NOTE_WARN : I2N_NOTE_DAMAGED,
		 ext4_damage_cls(dmg), path,
		 len, "%s%s", ext4_damage_text(dmg), more);
	return I2N_OK;
}

int ext4_build_note(struct build *b, enum damage dmg, uint32_t d, struct i2n_err *err)
{
	const struct i2n_dirent *de = &b->l->dirents[d];
	char buf[PATH_TOLD];
	size_t len;
	const char *path = tell_path(b, de->parent, b->l->names + de->name, buf, &len);

	return tell(b, dmg, path, len, "", err);
}

static int tell_collected(struct build *b, const struct load_damage *dmg, struct i2n_err *err)
{
	uint32_t idx = ext4_load_find(b->l, dmg->ino);
	char buf[PATH_TOLD], quoted[300], more[400] = "";
	const unsigned char *name = dmg->name == I2N_NONE ? NULL : b->l->names + dmg->name;
	const char *path;
	size_t len;

	if (idx == I2N_NONE || (!b->l->inodes[idx].links && idx != b->root))
		return I2N_OK;
	path = tell_path(b, idx, NULL, buf, &len);
	if (name && name[0])
		(void)snprintf(more, sizeof(more), ": %s",
			       i2n_quote(quoted, sizeof(quoted), name + 1, name[0]));
	return tell(b, (enum damage)dmg->code, path, len, more, err);
}

int ext4_build_notes(struct build *b, struct i2n_err *err)
{
	size_t i;
	int rc = I2N_OK;

	for (i = 0; i < b->l->n_damages && !rc; i++)
		rc = tell_collected(b, &b->l->damages[i], err);
	return rc;
}
