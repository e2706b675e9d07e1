/* i2n_fs_is_linux_root(): /etc and an init, also through symlinks, also when opened for information
 * only. */
#include "fs_image.h"

static void check(const char *recipe, bool want)
{
	static const struct i2n_fs_opts info = { .info_only = true };
	struct image im;

	run("rm -rf src img; mkdir src; cd src; %s", recipe);
	run("mke2fs -q -F -t ext4 -b 1024 -O ^has_journal -d src img 1m");
	T_EQ(image_open(&im, "img", NULL), I2N_OK);
	T_EQ(i2n_fs_is_linux_root(im.fs), want);
	image_close(&im);
	T_EQ(image_open(&im, "img", &info), I2N_OK);
	T_EQ(i2n_fs_is_linux_root(im.fs), want);
	image_close(&im);
	if (t_failures)
		fprintf(stderr, "with: %s\n", recipe);
}

int main(void)
{
	check("mkdir etc sbin; ln -s /lib/systemd/systemd sbin/init", true);
	check("mkdir -p etc usr/sbin; ln -s usr/sbin sbin; touch usr/sbin/init", true);
	check("mkdir -p etc usr/sbin; ln -s /usr/sbin sbin; touch usr/sbin/init", true);
	check("mkdir -p etc usr/lib/systemd", true);
	check("mkdir -p etc lib/systemd", true);
	check("mkdir -p usr/lib/systemd", false);
	check("mkdir -p etc boot", false);
	check("mkdir etc; ln -s sbin sbin; touch etc/init", false);
	check("mkdir etc; ln -s a b; ln -s b a; ln -s a sbin", false);
	check(":", false);
	return t_end();
}
