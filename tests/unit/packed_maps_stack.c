/* Formats with random access in each other: blocks of xz in blocks of xz, in a qcow2 disk, a disk in
 * blocks. What lies below is for one thread, so the threads of what lies above leave it alone. */
#include "packed_image.h"

static void reads(const char *make, const unsigned char *data)
{
	struct i2n_err err = { 0 };
	struct i2n_image *image;

	printf("%s\n", make);
	T_OK(sh(make));
	image = open_packed("x", 4, &err);
	if (!image)
		fprintf(stderr, "%s\n", err.msg);
	T_OK(image);
	if (!image)
		return;
	i2n_source_willneed(i2n_image_source(image), 0, DATA_SIZE);
	read_randomly(i2n_image_source(image), data, DATA_SIZE, 300);
	T_OK(!i2n_image_source(image)->any_thread);
	i2n_image_free(image);
}

#define XZ "xz -0 -T2 --block-size=64KiB -c "

int main(void)
{
	unsigned char *data = make_data();

	if (!I2N_PACKED)
		return t_skip("built without compressed images");
	if (!sh("command -v xz >/dev/null"))
		return t_skip("xz is not installed");
	reads(XZ "data | " XZ ">x", data);
	if (sh("command -v qemu-img >/dev/null")) {
		reads("qemu-img convert -c -f raw -O qcow2 data q && " XZ "q >x", data);
		/* the disk is a whole number of sectors, what is over is padding to xz */
		reads(XZ "data >d && qemu-img convert -c -f raw -O qcow2 d x", data);
		reads(XZ "data >d && qemu-img convert -f raw -O qcow2 d x", data);
	}
	free(data);
	return t_end();
}
