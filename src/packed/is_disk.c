#include "is_disk.h"

#include <string.h>

#define SIZE_UNKNOWN ((uint64_t)1 << 40)

/* The head of something whose rest has not come yet and is taken to be zeros. */
struct head {
	struct i2n_source src;
	const unsigned char *bytes;
	size_t len;
};

static int head_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		      struct i2n_err *err)
{
	const struct head *h = (const struct head *)src;
	size_t n = off < h->len ? h->len - (size_t)off : 0;

	(void)err;	/* the gate has checked the range: nothing can fail */
	if (n > len)
		n = len;
	if (n)
		memcpy(buf, h->bytes + off, n);
	memset((unsigned char *)buf + n, 0, len - n);
	return I2N_OK;
}

static void head_free(struct i2n_source *src)
{
	(void)src;	/* on the stack */
}

static const struct i2n_source_ops head_ops = {
	.name = "head",
	.pread = head_pread,
	.free = head_free,
};

static struct head make(const unsigned char *bytes, size_t len, uint64_t size)
{
	return (struct head){
		.src = { .ops = &head_ops, .name = "head", .is_stream = true,
			 .size = size ? size : SIZE_UNKNOWN, .is_open_ended = !size },
		.bytes = bytes,
		.len = len,
	};
}

int head_probe(const unsigned char *head, size_t len, uint64_t size, struct i2n_fstype *ret,
	       struct i2n_err *err)
{
	struct head h = make(head, len, size);

	return i2n_fstype_probe(&h.src, ret, err);
}

/* Also those that are refused by name afterwards. */
static bool is_virtual_disk(const char *type)
{
	static const char *const types[] = { "qcow2", "simg", "vmdk", "vdi", "vhd", "vhdx", "qed",
					     "parallels" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i], type))
			return true;
	return false;
}

bool is_disk(const unsigned char *head, size_t len, uint64_t size)
{
	struct head h = make(head, len, size);
	struct i2n_ptable *pt = NULL;
	struct i2n_fstype fs;
	bool ret;

	if (i2n_fstype_probe(&h.src, &fs, NULL) != I2N_OK)
		return false;
	if (fs.kind == I2N_FS_EXT || is_virtual_disk(fs.type))
		return true;
	/* most members of an archive have no signature: spare them libfdisk */
	if (len < 512 || head[510] != 0x55 || head[511] != 0xaa)
		return false;
	if (i2n_ptable_read(&h.src, 0, NULL, &pt, NULL) != I2N_OK)
		return false;
	ret = pt->label != I2N_LABEL_NONE && pt->n_parts > 0;
	i2n_ptable_free(pt);
	return ret;
}
