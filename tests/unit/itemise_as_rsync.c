/* The columns of --dry-run, by rsync(1), --itemize-changes. */
#include "../../src/cli/itemise.h"

#include "t.h"

static const char *item(unsigned mode, bool is_link, enum i2n_have_verdict v, unsigned differs)
{
	static char buf[ITEM_LEN + 1];
	struct i2n_inode in = { .mode = (uint16_t)mode };

	return item_text(&in, is_link, v, differs, buf);
}

int main(void)
{
	T_STR(item(I2N_S_IFREG, false, I2N_HAVE_NOTHING, 0), ">f+++++++++");
	T_STR(item(I2N_S_IFDIR, false, I2N_HAVE_NOTHING, 0), "cd+++++++++");
	T_STR(item(I2N_S_IFLNK, false, I2N_HAVE_NOTHING, 0), "cL+++++++++");
	T_STR(item(I2N_S_IFCHR, false, I2N_HAVE_NOTHING, 0), "cD+++++++++");
	T_STR(item(I2N_S_IFIFO, false, I2N_HAVE_NOTHING, 0), "cS+++++++++");
	T_STR(item(I2N_S_IFREG, true, I2N_HAVE_NOTHING, 0), "hf+++++++++");
	T_STR(item(I2N_S_IFREG, false, I2N_HAVE_OTHER, I2N_DIFFER_SIZE | I2N_DIFFER_MTIME),
	      ">f.st......");
	T_STR(item(I2N_S_IFREG, false, I2N_HAVE_OTHER, I2N_DIFFER_CONTENT), ">fc........");
	T_STR(item(I2N_S_IFREG, false, I2N_HAVE_ATTRS, I2N_DIFFER_MODE), ".f...p.....");
	T_STR(item(I2N_S_IFDIR, false, I2N_HAVE_ATTRS, I2N_DIFFER_MTIME), ".d..t......");
	T_STR(item(I2N_S_IFDIR, false, I2N_HAVE_ATTRS, I2N_DIFFER_UID | I2N_DIFFER_GID),
	      ".d....og...");
	T_STR(item(I2N_S_IFREG, false, I2N_HAVE_EQUAL, 0), "");
	T_STR(item(I2N_S_IFREG, false, I2N_HAVE_PROTECTED, 0), "");
	return t_end();
}
