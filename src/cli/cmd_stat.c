/* cmd_stat.c - `img2nfs stat IMAGE:PATH`: all that is known of one object. */
#include "img2nfs/name.h"

#include "cmd.h"
#include "look.h"
#include "xattr_text.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct stat_opts {
	struct image_opts image;
	bool json, verbose;
};

static const struct opt rows[] = {
	{ .name = "json",
	  .type = OPT_FLAG,
	  .off = offsetof(struct stat_opts, json),
	  .help = "print one JSON object" },
	IMAGE_ROWS(struct stat_opts, image),
	LOOK_ROWS(struct stat_opts, verbose),
	{ 0 },
};

/* What stat shows beyond the inode. */
struct facts {
	char *target;
	uint64_t ranges, data;		/* of a regular file: data ranges and the bytes in them */
	char chattr[32];
};

static int count_ranges(struct i2n_reader *r, const struct i2n_inode *in, struct facts *ret,
			struct i2n_err *err)
{
	struct i2n_range range;
	struct i2n_file *file;
	uint64_t end = 0;
	int rc = r->ops->open(r, in, &file, err);

	if (rc)
		return rc;
	while (!(rc = r->ops->next(file, UINT64_MAX, &range, err))) {
		if (!ret->ranges || range.off != end)
			ret->ranges++;
		ret->data += range.len;
		end = range.off + range.len;
	}
	r->ops->close(file);
	return rc == I2N_END ? I2N_OK : rc;
}

static int gather(struct look *look, struct facts *ret, struct i2n_err *err)
{
	const struct i2n_inode *in = &look->tree->inodes[look->inode];

	*ret = (struct facts){ 0 };
	if (i2n_inode_type(in) == I2N_S_IFLNK) {
		ret->target = look_target(look, in, err);
		if (!ret->target)
			return I2N_BADNODE;
	}
	if (look->image.fs && i2n_fs_chattr(look->image.fs, in, ret->chattr, err))
		return I2N_BADNODE;
	return i2n_inode_type(in) == I2N_S_IFREG ? count_ranges(look->image.reader, in, ret, err)
						 : I2N_OK;
}

static void print_xattr(void *ctx, const char *name, const void *value, size_t len)
{
	char q[1100];

	(void)ctx;
	printf("   Xattr: %s = ", i2n_escape(q, sizeof(q), name, strlen(name)));
	xattr_text(stdout, name, value, len);
	putchar('\n');
}

static void print_quoted(const char *label, const char *bytes, size_t len)
{
	char *buf = malloc(4 * len + 4);

	if (!buf)
		return;		/* the JSON form has no such limit; there is nothing better to do
				 * here */
	printf("%s%s", label, i2n_quote(buf, 4 * len + 4, bytes, len));
	free(buf);
}

static void print_text(const struct look *look, const struct facts *facts)
{
	const struct i2n_inode *in = &look->tree->inodes[look->inode];
	unsigned type = i2n_inode_type(in);
	char mode[11], time[LOOK_TIME_MAX];

	print_quoted("    Path: ", look->path, look->path_len);
	if (facts->target)
		print_quoted(" -> ", facts->target, (size_t)in->size);
	printf("\n    Type: %s\n   Inode: %" PRIu32 "\n   Links: %" PRIu32 "\n",
	       look_type_word(in), in->ino,
	       in->nlink);
	printf("    Mode: %04o (%s)\n     Uid: %" PRIu32 "\n     Gid: %" PRIu32 "\n",
	       in->mode & 07777u,
	       look_mode(mode, in->mode), in->uid, in->gid);
	if (type == I2N_S_IFCHR || type == I2N_S_IFBLK)
		printf("  Device: %" PRIu32 ", %" PRIu32 "\n", in->rdev.major, in->rdev.minor);
	else
		printf("    Size: %" PRIu64 "\n", in->size);
	if (type == I2N_S_IFREG)
		printf("    Data: %" PRIu64 " bytes in %" PRIu64 " range%s, the rest are holes\n",
		       facts->data,
		       facts->ranges, facts->ranges == 1 ? "" : "s");
	printf("  Modify: %s UTC\n", look_time(time, in->mtime));
	printf("  Access: %s UTC\n", look_time(time, in->atime));
	if (facts->chattr[0])
		printf("  Chattr: %s\n", facts->chattr);
	if (in->flags & I2N_INODE_ENCRYPTED)
		printf("          encrypted: the content cannot be read without its key\n");
}

static void json_xattr(void *ctx, const char *name, const void *value, size_t len)
{
	struct json *j = ctx;

	json_object(j, NULL);
	json_bytes(j, "name", name, strlen(name));
	json_bytes(j, "value", value, len);
	json_end(j);
}

static void json_facts(struct json *j, const struct look *look, const struct facts *facts)
{
	const struct i2n_inode *in = &look->tree->inodes[look->inode];

	look_json(j, look->path, look->path_len, in, facts->target);
	if (i2n_inode_type(in) == I2N_S_IFREG) {
		json_u64(j, "data_bytes", facts->data);
		json_u64(j, "data_ranges", facts->ranges);
	}
	json_str(j, "chattr_flags", facts->chattr);
}

/* FAT has none. */
static int each_xattr(struct look *look, const struct i2n_inode *in, i2n_xattr_fn *fn, void *ctx,
		      struct i2n_err *err)
{
	return look->image.fs ? i2n_fs_xattrs(look->image.fs, in, fn, ctx, err) : I2N_OK;
}

static int show(struct look *look, bool as_json, struct i2n_err *err)
{
	const struct i2n_inode *in = &look->tree->inodes[look->inode];
	struct facts facts;
	struct json j;
	int rc = gather(look, &facts, err);

	if (!rc && as_json) {
		json_init(&j, true);
		json_into(&j, stdout);
		json_object(&j, NULL);
		json_facts(&j, look, &facts);
		json_array(&j, "extended_attributes");
		rc = each_xattr(look, in, json_xattr, &j, err);
		json_end(&j);
		json_end(&j);
	} else if (!rc) {
		print_text(look, &facts);
		rc = each_xattr(look, in, print_xattr, NULL, err);
	}
	free(facts.target);
	return rc;
}

static int exec_stat(const void *values, unsigned n_args, char **args)
{
	const struct stat_opts *o = values;
	struct report report = { .verbose = o->verbose };
	struct i2n_notes notes = { report_note, &report };
	struct i2n_err err;
	struct look look;
	int rc;

	(void)n_args;
	rc = look_open(&o->image, args[0], false, &notes, &look, &err);
	if (!rc)
		rc = show(&look, o->json, &err);
	return look_end(&look, &report, rc, &err);
}

const struct i2n_cmd cmd_stat = {
	.name = "stat",
	.args = "IMAGE[:PATH]",
	.line = "show all that is known of one object of an image",
	.min_args = 1,
	.max_args = 1,
	.opts = rows,
	.opts_size = sizeof(struct stat_opts),
	.exec = exec_stat,
};
