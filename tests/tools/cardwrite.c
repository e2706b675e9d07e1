/* cardwrite.c - the files of a FAT image as an image of a memory card, through src/fat alone.
 *
 *	cardwrite [-s START] [-d DISK_ID] [-p PART_NO] FAT_IMAGE CARD
 *
 * Notes go to standard error as "path: text". Exit status: 0, 1 = an error, 4 = something was left
 * out. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "img2nfs/card.h"
#include "img2nfs/fat.h"

static void on_note(void *ctx, const struct i2n_note *note)
{
	(void)ctx;
	fprintf(stderr, "%.*s: %s\n", (int)note->path_len, note->path ? note->path : "",
		note->text);
}

static int write_card(const char *to, const struct i2n_tree *tree, struct i2n_fat *fat,
		      const struct i2n_card_opts *opts, const struct i2n_notes *notes,
		      struct i2n_card_result *ret, struct i2n_err *err)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666), rc;

	if (fd < 0)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, errno, "cannot open '%s'", to);
	rc = i2n_card_write(fd, to, tree, i2n_fat_reader(fat), opts, notes, ret, err);
	if (close(fd) && !rc)
		rc = i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, errno, "cannot write '%s'", to);
	return rc;
}

static int run(const char *from, const char *to, struct i2n_card_opts *opts, struct i2n_err *err)
{
	const struct i2n_notes notes = { .fn = on_note };
	struct i2n_card_result result;
	struct i2n_source *src = NULL;
	struct i2n_tree *tree = NULL;
	struct i2n_fat *fat = NULL;
	int rc = i2n_source_open_file(from, &src, err);

	if (!rc)
		rc = i2n_fat_open(src, &notes, &fat, err);
	if (!rc)
		rc = i2n_fat_tree(fat, &tree, err);
	if (!rc) {
		opts->serial = i2n_fat_info(fat)->serial;
		opts->has_label = i2n_fat_info(fat)->has_label;
		memcpy(opts->label, i2n_fat_info(fat)->label, sizeof(opts->label));
		opts->label_mtime = i2n_fat_info(fat)->label_mtime;
		rc = write_card(to, tree, fat, opts, &notes, &result, err);
	}
	i2n_tree_free(tree);
	i2n_fat_free(fat);
	i2n_source_free(src);
	if (rc)
		return 1;
	printf("FAT%u %" PRIu64 " bytes, %" PRIu64 " files, %" PRIu64 " directories\n", result.bits,
	       result.size, result.files, result.dirs);
	return result.failed ? 4 : 0;
}

int main(int argc, char **argv)
{
	struct i2n_card_opts opts = { .start = 4 << 20, .disk_id = 0x8a676486, .part_no = 1 };
	struct i2n_err err = { 0 };
	int opt, status;

	while ((opt = getopt(argc, argv, "s:d:p:")) != -1) {
		switch (opt) {
		case 's': opts.start = strtoull(optarg, NULL, 0); break;
		case 'd': opts.disk_id = (uint32_t)strtoul(optarg, NULL, 0); break;
		case 'p': opts.part_no = (unsigned)strtoul(optarg, NULL, 0); break;
		default: return 2;
		}
	}
	if (optind + 2 != argc)
		return 2;
	status = run(argv[optind], argv[optind + 1], &opts, &err);
	if (status == 1)
		fprintf(stderr, "cardwrite: %s\n", err.msg);
	return status;
}
