/* cmd_list.c - what is on an image: the partition table as fdisk -l shows it, and each file
 * system's own words. */
#include "img2nfs/fs.h"
#include "img2nfs/name.h"

#include "cmd.h"
#include "human.h"
#include "image.h"
#include "image_json.h"
#include "json.h"
#include "msg.h"
#include "pick_refuse.h"
#include "report.h"
#include "status.h"
#include "table.h"
#include "volumes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct list_opts {
	struct packed_opts packed;
	bool json, verbose;
	unsigned sector_size;		/* a word of SECTOR_WORDS */
};

#define SECTOR_WORDS "auto|512|4096"

static const uint32_t sector_sizes[] = { 0, 512, 4096 };

struct list {
	const struct list_opts *opts;
	const char *path;
	struct report report;
	struct i2n_notes notes;
	struct i2n_image *file;
	struct progress waiting;
	struct i2n_source *image;	/* the file's */
	struct i2n_ptable *pt;
	struct volumes vols;
	struct i2n_fs **fs;		/* per volume, NULL where it is no ext or cannot be read */
};

/* Open what may be ext; what cannot be opened is told and listed without numbers. */
static void open_fs(struct list *l, unsigned i)
{
	const struct i2n_fs_opts opts = { .info_only = true };
	const struct volume *v = &l->vols.v[i];
	char name[VOLUME_NAME_MAX];
	struct i2n_err err = { 0 };

	if (!v->slice || v->missing || v->fstype.kind == I2N_FS_OTHER ||
	    v->fstype.kind == I2N_FS_CONTAINER || v->fstype.kind == I2N_FS_ARCHIVE)
		return;
	if (i2n_fs_open(v->slice, &opts, &l->notes, &l->fs[i], &err) == I2N_OK)
		return;
	l->fs[i] = NULL;
	if (v->fstype.kind == I2N_FS_EXT) {
		i2n_err_wrap(&err, "%s", volume_name(l->image, v->part, name));
		msg_error(&err);
	}
}

static int load(struct list *l, struct i2n_err *err)
{
	struct volume *only;
	unsigned i;
	int rc;

	image_begin_waiting(&l->waiting, NULL);
	rc = packed_open(&l->opts->packed, l->path, IMAGE_PART, &l->notes, &l->waiting, &l->file,
			 err);
	if (rc != I2N_OK)
		return rc;
	l->image = i2n_image_source(l->file);
	rc = i2n_ptable_read(l->image, sector_sizes[l->opts->sector_size], &l->notes,
				     &l->pt, err);
	if (rc == I2N_OK)
		rc = volumes_probe(l->image, l->pt, &l->vols, err);
	if (rc != I2N_OK)
		return rc;
	l->fs = calloc(l->vols.n ? l->vols.n : 1, sizeof(*l->fs));	/* at most I2N_PARTS_MAX */
	if (!l->fs)
		return i2n_err_nomem(err);
	for (i = 0; i < l->vols.n; i++)
		open_fs(l, i);
	only = l->pt->label == I2N_LABEL_NONE ? &l->vols.v[0] : NULL;
	if (only && !l->fs[0] && (!only->fstype.type[0] || only->fstype.kind == I2N_FS_ARCHIVE))
		return refuse_type(l->image, NULL, &only->fstype, err);
	return I2N_OK;
}

static void release(struct list *l)
{
	unsigned i;

	for (i = 0; l->fs && i < l->vols.n; i++)
		i2n_fs_free(l->fs[i]);
	free(l->fs);
	volumes_release(&l->vols);
	i2n_ptable_free(l->pt);
	i2n_image_free(l->file);
	report_release(&l->report);
}

#define CELL_MAX 600u	/* the longest label, each byte as \xHH */

static const char *escaped(char buf[CELL_MAX], const char *text)
{
	return text[0] ? i2n_escape(buf, CELL_MAX, text, strlen(text)) : "-";
}

static int print_partitions(const struct list *l, struct i2n_err *err)
{
	bool dos = l->pt->label == I2N_LABEL_DOS;
	char size[HUMAN_MAX], name[CELL_MAX];
	struct table t;
	unsigned i;
	int rc;

	table_init(&t, dos ? ">No|Boot|>Start|>End|>Sectors|>Size|Id|Type"
			   : ">No|>Start|>End|>Sectors|>Size|Type|Name");
	for (i = 0; i < l->pt->n_parts; i++) {
		const struct i2n_part *p = &l->pt->parts[i];
		uint64_t start = p->start / l->pt->sector_size, n = p->size / l->pt->sector_size;

		table_cell(&t, "%u", p->part_no);
		if (dos)
			table_cell(&t, "%s", p->bootable ? "*" : "");
		table_cell(&t, "%" PRIu64, start);
		table_cell(&t, "%" PRIu64, n ? start + n - 1 : start);
		table_cell(&t, "%" PRIu64, n);
		table_cell(&t, "%s", human_bytes(size, p->size));
		if (dos)
			table_cell(&t, "%s", p->type_id);
		table_cell(&t, "%s", p->type_name);
		if (!dos)
			table_cell(&t, "%s", escaped(name, p->partlabel));
	}
	rc = table_print(&t, stdout, err);
	table_release(&t);
	return rc;
}

static const char *type_text(const struct list *l, unsigned i)
{
	const struct volume *v = &l->vols.v[i];

	if (l->fs[i])
		return i2n_fs_info(l->fs[i])->type;
	if (v->part && v->part->container)
		return "extended";
	if (v->fstype.type[0])
		return v->fstype.type;
	return v->fstype.kind == I2N_FS_EMPTY ? "empty" : "unknown";
}

static const char *label_of(const struct list *l, unsigned i)
{
	return l->fs[i] ? i2n_fs_info(l->fs[i])->label : l->vols.v[i].fstype.label;
}

static const char *uuid_of(const struct list *l, unsigned i)
{
	return l->fs[i] ? i2n_fs_info(l->fs[i])->uuid : l->vols.v[i].fstype.uuid;
}

static void add_numbers(struct table *t, const struct i2n_fs_info *info)
{
	char size[HUMAN_MAX], used[HUMAN_MAX];

	table_cell(t, "%s", human_bytes(size, info->size));
	table_cell(t, "%s", human_bytes(used, info->used));
	table_cell(t, "%" PRIu64, info->used_inodes);
	table_cell(t, "%" PRIu64, info->inodes);
	table_cell(t, "%s", fs_state_word(info));
}

static const char *unread_word(const struct volume *v)
{
	if (v->missing)
		return "cut short";
	return v->fstype.kind == I2N_FS_EXT ? "unreadable" : "-";
}

static int print_file_systems(const struct list *l, struct i2n_err *err)
{
	char text[CELL_MAX];
	struct table t;
	unsigned i, k;
	int rc;

	table_init(&t, ">No|File system|Label|UUID|>Size|>Used|>Inodes used|>of|State");
	for (i = 0; i < l->vols.n; i++) {
		const struct volume *v = &l->vols.v[i];

		if (v->part)
			table_cell(&t, "%u", v->part->part_no);
		else
			table_cell(&t, "-");
		table_cell(&t, "%s", type_text(l, i));
		table_cell(&t, "%s", escaped(text, label_of(l, i)));
		table_cell(&t, "%s", escaped(text, uuid_of(l, i)));
		if (l->fs[i]) {
			add_numbers(&t, i2n_fs_info(l->fs[i]));
			continue;
		}
		for (k = 0; k < 4; k++)
			table_cell(&t, "-");
		table_cell(&t, "%s", unread_word(v));
	}
	rc = table_print(&t, stdout, err);
	table_release(&t);
	return rc;
}

/* For -v. Results go to stdout without a look at each write: main() asks at the end. */
static void print_details(const struct list *l)
{
	char name[VOLUME_NAME_MAX], text[CELL_MAX];
	unsigned i;

	for (i = 0; i < l->vols.n; i++) {
		const struct i2n_part *p = l->vols.v[i].part;
		const struct i2n_fs_info *info = l->fs[i] ? i2n_fs_info(l->fs[i]) : NULL;

		if (!info && !(p && p->partuuid[0]))
			continue;
		printf("\n%s\n", volume_name(l->image, p, name));
		if (p && p->partuuid[0])
			printf("  PARTUUID       %s\n", p->partuuid);
		if (p && l->pt->label == I2N_LABEL_GPT)
			printf("  type           %s\n", p->type_id);
		if (!info)
			continue;
		printf("  blocks         %" PRIu64 " of %" PRIu64 " bytes, %" PRIu64 " free\n",
		       info->blocks, info->block_size, info->free_blocks);
		if (info->last_mounted[0])
			printf("  last mounted   %s\n", escaped(text, info->last_mounted));
		printf("  features       %s\n", info->features);
	}
}

static void print_size(const struct list *l)
{
	uint64_t size = l->image->size;
	char human[HUMAN_MAX];

	if (l->image->is_open_ended)
		printf("%s: its size shows when all of it is unpacked, sectors of %" PRIu32
		       " bytes\n",
		       l->image->name, l->pt->sector_size);
	else
		printf("%s: %s, %" PRIu64 " bytes, %" PRIu64 " sectors of %" PRIu32 " bytes\n",
		       l->image->name, human_bytes(human, size), size, size / l->pt->sector_size,
		       l->pt->sector_size);
}

static int print_all(const struct list *l, struct i2n_err *err)
{
	int rc;

	print_size(l);
	if (l->pt->label == I2N_LABEL_NONE) {
		printf("no partition table\n\n");
		rc = print_file_systems(l, err);
	} else {
		printf("partition table %s, identifier %s\n\n", label_word(l->pt->label),
		       l->pt->disk_id);
		rc = print_partitions(l, err);
		printf("\n");
		if (rc == I2N_OK)
			rc = print_file_systems(l, err);
	}
	if (rc == I2N_OK && l->opts->verbose)
		print_details(l);
	return rc;
}

static void json_file_system(struct json *j, const struct list *l, unsigned i)
{
	json_filesystem(j, type_text(l, i), &l->vols.v[i].fstype,
			l->fs[i] ? i2n_fs_info(l->fs[i]) : NULL);
}

static void json_partition(struct json *j, const struct list *l, unsigned i)
{
	const struct i2n_part *p = l->vols.v[i].part;

	json_object(j, NULL);
	json_u64(j, "number", p->part_no);
	json_u64(j, "start", p->start);
	json_u64(j, "size", p->size);
	json_u64(j, "start_sector", p->start / l->pt->sector_size);
	json_u64(j, "sectors", p->size / l->pt->sector_size);
	json_bool(j, "bootable", p->bootable);
	json_bool(j, "container", p->container);
	json_u64(j, "missing", p->container ? 0 : l->vols.v[i].missing);
	json_str(j, "type", p->type_id);
	json_str(j, "type_name", p->type_name);
	json_text(j, "partuuid", p->partuuid);
	json_text(j, "partlabel", p->partlabel);
	json_file_system(j, l, i);
	json_end(j);
}

static void json_all(const struct list *l)
{
	struct json j;
	unsigned i;

	json_init(&j, true);
	json_into(&j, stdout);
	json_object(&j, NULL);
	json_bytes(&j, "image", l->path, strlen(l->path));
	if (l->image->is_open_ended)
		json_null(&j, "size");
	else
		json_u64(&j, "size", l->image->size);
	json_u64(&j, "sector_size", l->pt->sector_size);
	json_str(&j, "label", label_word(l->pt->label));
	json_text(&j, "id", l->pt->disk_id);
	if (l->pt->label == I2N_LABEL_NONE) {
		json_file_system(&j, l, 0);
	} else {
		json_array(&j, "partitions");
		for (i = 0; i < l->vols.n; i++)
			json_partition(&j, l, i);
		json_end(&j);
	}
	json_end(&j);
}

static int list_exec(const void *values, unsigned n_args, char **args)
{
	struct list l = { .opts = values, .path = args[0] };
	struct i2n_err err = { 0 };
	int rc;

	(void)n_args;	/* exactly one: the table of commands says so */
	l.report.verbose = l.opts->verbose;
	l.notes = (struct i2n_notes){ .fn = report_note, .ctx = &l.report };
	rc = load(&l, &err);
	if (rc == I2N_OK && l.opts->packed.sha256)
		rc = i2n_image_finish(l.file, &err);
	progress_end(&l.waiting);
	if (rc == I2N_OK && l.opts->json)
		json_all(&l);
	else if (rc == I2N_OK)
		rc = print_all(&l, &err);
	if (rc != I2N_OK)
		msg_error(&err);
	release(&l);
	return rc == I2N_OK ? STATUS_OK : status_of(&err);
}

static const struct opt list_rows[] = {
	PACKED_ROWS(struct list_opts, packed),
	{ .name = "sector-size",
	  .type = OPT_WORD,
	  .off = offsetof(struct list_opts, sector_size),
	  .arg = "BYTES",
	  .words = SECTOR_WORDS,
	  .def = "auto",
	  .help = "sector size of the partition table" },
	{ .name = "json",
	  .type = OPT_FLAG,
	  .off = offsetof(struct list_opts, json),
	  .help = "for machines" },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPT_FLAG,
	  .off = offsetof(struct list_opts, verbose),
	  .help = "features, PARTUUIDs and what is worth knowing besides" },
	{ 0 },
};

const struct i2n_cmd cmd_list = {
	.name = "list",
	.args = "IMAGE",
	.line = "show the partitions and file systems of an image",
	.min_args = 1,
	.max_args = 1,
	.opts = list_rows,
	.opts_size = sizeof(struct list_opts),
	.exec = list_exec,
};
