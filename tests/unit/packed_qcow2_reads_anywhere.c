/* What qemu-img writes is read at any offset: both versions, the smallest, the usual and the
 * largest clusters, plain and compressed with zlib and zstd, disks of no whole number of clusters;
 * what is not supported is refused by name, with the way out. The truth is the raw file that was
 * converted. */
#include "packed_image.h"

#define SIZE (DATA_SIZE + 1536)		/* qemu wants sectors */

static const struct {
	const char *options;
	unsigned blocks;	/* of 1 MiB, or of a cluster; 0: nothing is compressed */
} made[] = {
	{ "", 0 }, { "-c", 2 }, { "-o compat=0.10", 0 }, { "-c -o compat=0.10", 2 },
	{ "-o cluster_size=512", 0 }, { "-c -o cluster_size=512", 2 },
	{ "-o cluster_size=2M", 0 }, { "-c -o cluster_size=2M", 1 },
	{ "-c -o compression_type=zstd", 2 }, { "-o preallocation=metadata", 0 }, { "-S 0", 0 },
};

static void read_whole(const unsigned char *want, unsigned reads, unsigned blocks)
{
	struct i2n_image *image = open_blocks("x.qcow2", 0, blocks);

	if (image)
		read_randomly(i2n_image_source(image), want, SIZE, reads);
	i2n_image_free(image);
}

static void refused(const char *make, const char *what)
{
	struct i2n_err err = { 0 };
	struct i2n_image *image;

	T_OK(sh(make));
	image = open_packed("x.qcow2", 0, &err);
	T_OK(!image);
	T_EQ(err.blame, I2N_BLAME_IMAGE);
	T_HAS(err.msg, what);
	if (err.domain == I2N_DOM_IMAGE)
		T_HAS(err.hint, "qemu-img convert -O raw 'x.qcow2' OUTPUT");
	i2n_image_free(image);
}

/* be64 of value over the file at off */
#define POKE(off, octal) "printf '" octal "' | dd of=x.qcow2 bs=1 conv=notrunc status=none seek=" #off
#define FRESH "cp good.qcow2 x.qcow2 && "

static void refuse_all(void)
{
	refused("qemu-img create -q -f qcow2 -F raw -b raw x.qcow2",
		"that only holds the differences from another one");
	refused("qemu-img create -q -f qcow2 -o data_file=ext x.qcow2 1M",
		"whose data are in another file");
	refused("qemu-img create -q -f qcow2 -o extended_l2=on,cluster_size=128k x.qcow2 1M",
		"with extended L2 entries");
	refused(FRESH POKE(35, "\\1"), "that is encrypted");
	refused(FRESH POKE(7, "\\1"), "of a version other than 2 and 3");
	refused(FRESH POKE(79, "\\40"), "with features that are not known here");
	refused(FRESH POKE(79, "\\2"), "damaged: it is marked as corrupt");
	refused(FRESH POKE(20, "\\0\\0\\0\\10"), "an impossible cluster size");
	refused(FRESH POKE(20, "\\0\\0\\0\\26"), "an impossible cluster size");
	refused(FRESH POKE(24, "\\0\\0\\0\\0\\0\\0\\0\\0"), "no size is named");
	refused(FRESH POKE(24, "\\377"), "an L1 table of impossible size");
	refused(FRESH POKE(40, "\\177"), "an L1 table beyond the end");
	refused(FRESH "truncate -s 60 x.qcow2", "it ends in its header");
}

/* Found when it is read. */
static void bad_tables(void)
{
	static const struct {
		const char *make, *what;
	} bad[] = {
		/* the L1 table is in cluster 3, its first L2 table in cluster 4: qemu-img map */
		{ FRESH POKE(196608, "\\0\\1\\0\\0\\0\\0\\2\\0"), "an L2 table at an impossible place" },
		{ FRESH POKE(196608, "\\0\\1\\0\\0\\0\\1\\0\\0"), "an L2 table at an impossible place" },
		{ FRESH POKE(262144, "\\0\\0\\0\\0\\0\\5\\2\\0"), "a cluster at an impossible place" },
		{ FRESH POKE(262144, "\\0\\1\\0\\0\\0\\1\\0\\0"), "a cluster at an impossible place" },
		{ FRESH POKE(262144, "\\100\\0\\0\\0\\0\\5\\0\\0"), "Z_DATA_ERROR" },
		{ FRESH POKE(262144, "\\177\\377\\377\\377\\377\\377\\377\\377"), "beyond the end" },
	};
	unsigned char buf[8192];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct i2n_image *image;
		struct i2n_err err = { 0 };

		T_OK(sh(bad[i].make));
		/* the search for what is in it meets it, too */
		image = open_packed("x.qcow2", 0, &err);
		if (image)
			T_EQ(i2n_source_pread(i2n_image_source(image), buf, sizeof(buf), 0, &err),
			     I2N_FATAL);
		T_EQ(err.domain, I2N_DOM_PACKED);
		T_HAS(err.msg, "the qcow2 disk is damaged: ");
		T_HAS(err.msg, bad[i].what);
		i2n_image_free(image);
	}
}

int main(void)
{
	unsigned char *raw = calloc(1, SIZE), *data = make_data();
	char cmd[300];
	size_t i;

	if (!I2N_PACKED)
		return t_skip("built without compressed images");
	if (!sh("command -v qemu-img >/dev/null"))
		return t_skip("qemu-img is not installed");
	/* a hole in the middle */
	memcpy(raw, data, 400000);
	memcpy(raw + 800001, data, SIZE - 800001);
	save_file("raw", raw, SIZE);
	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		snprintf(cmd, sizeof(cmd), "qemu-img convert -f raw -O qcow2 %s raw x.qcow2",
			 made[i].options);
		printf("%s\n", cmd);
		T_OK(sh(cmd));
		read_whole(raw, 200, made[i].blocks);
		if (!i)
			T_OK(sh("cp x.qcow2 good.qcow2"));
	}
	refuse_all();
	bad_tables();
	free(raw);
	free(data);
	return t_end();
}
