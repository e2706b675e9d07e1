/* libfdisk as the decoder of a table that lies in a private file. It asks nothing, prints nothing
 * and writes nothing. */
#include "img2nfs/name.h"

#include "checked.h"
#include "ptable_own.h"

#include <libfdisk/libfdisk.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What libfdisk wants to tell becomes a note, what it wants to ask stays without an answer. */
static int on_ask(struct fdisk_context *cxt, struct fdisk_ask *ask, void *data)
{
	char buf[512];
	const char *text;

	(void)cxt;
	switch (fdisk_ask_get_type(ask)) {
	case FDISK_ASKTYPE_WARN:
	case FDISK_ASKTYPE_WARNX:
		text = fdisk_ask_print_get_mesg(ask);
		if (text)
			i2n_note(data, I2N_NOTE_INFO, "partition-table", NULL, 0, "libfdisk: %s",
				 i2n_escape(buf, sizeof(buf), text, strcspn(text, "\n")));
		return 0;
	case FDISK_ASKTYPE_INFO:
		return 0;
	default:
		return -EINVAL;
	}
}

static void copy_text(char *to, size_t cap, const char *from)
{
	(void)snprintf(to, cap, "%s", from ? from : ""); /* cut is right: caps fit the formats */
}

static void lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

static void take_type(struct i2n_part *part, struct fdisk_parttype *type)
{
	const char *text;

	if (!type)
		return;
	text = fdisk_parttype_get_string(type);
	if (text)
		copy_text(part->type_id, sizeof(part->type_id), text);
	else
		(void)snprintf(part->type_id, sizeof(part->type_id), "%x",
			       fdisk_parttype_get_code(type));
	copy_text(part->type_name, sizeof(part->type_name), fdisk_parttype_get_name(type));
}

static void take_place(struct i2n_part *part, struct fdisk_partition *pa, uint64_t size,
		       uint32_t sector_size)
{
	bool ok = i2n_mul(fdisk_partition_get_start(pa), sector_size, &part->start);

	ok = i2n_mul(fdisk_partition_get_size(pa), sector_size, &part->size) && ok;
	part->outside = !ok || !part->size || !i2n_range_ok(part->start, part->size, size);
}

static void note_outside(const struct i2n_part *part, uint64_t size, const struct i2n_notes *notes)
{
	uint64_t end;

	if (!part->size || !i2n_add(part->start, part->size, &end))
		i2n_note(notes, I2N_NOTE_WARN, "partition-table", NULL, 0,
			 "partition %u has an impossible size", part->part_no);
	else if (part->outside)
		i2n_note(notes, I2N_NOTE_INFO, "partition-table", NULL, 0,
			 "partition %u ends %" PRIu64 " bytes after the end of the image",
			 part->part_no, end - size);
}

/* A DOS partition's UUID is made of the disk's; libblkid gives none where that is 0. */
static void take_partuuid(struct i2n_part *part, struct fdisk_partition *pa, const char *disk_id,
			  enum i2n_label label)
{
	unsigned long id;

	if (label == I2N_LABEL_GPT) {
		copy_text(part->partuuid, sizeof(part->partuuid), fdisk_partition_get_uuid(pa));
		lower(part->partuuid);
		return;
	}
	id = strtoul(disk_id, NULL, 16);
	if (id)
		(void)snprintf(part->partuuid, sizeof(part->partuuid), "%08lx-%02x", id,
			       part->part_no);
}

static int take_partition(struct i2n_ptable *pt, struct fdisk_partition *pa, uint64_t size,
			  const struct i2n_notes *notes, struct i2n_err *err)
{
	struct i2n_part *part;

	if (pt->n_parts == I2N_PARTS_MAX)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot use a table of more than %d partitions", I2N_PARTS_MAX);
	part = &pt->parts[pt->n_parts++];
	part->part_no = (unsigned)fdisk_partition_get_partno(pa) + 1;
	part->bootable = fdisk_partition_is_bootable(pa) == 1;
	part->container = fdisk_partition_is_container(pa) == 1;
	take_type(part, fdisk_partition_get_type(pa));
	take_place(part, pa, size, pt->sector_size);
	take_partuuid(part, pa, pt->disk_id, pt->label);
	copy_text(part->partlabel, sizeof(part->partlabel), fdisk_partition_get_name(pa));
	note_outside(part, size, notes);
	return I2N_OK;
}

static int take_partitions(struct fdisk_context *cxt, struct i2n_ptable *pt, uint64_t size,
			   const struct i2n_notes *notes, struct i2n_err *err)
{
	size_t i, n = fdisk_get_npartitions(cxt);
	int rc = I2N_OK;

	pt->parts = calloc(I2N_PARTS_MAX, sizeof(*pt->parts));
	if (!pt->parts)
		return i2n_err_nomem(err);
	for (i = 0; i < n && rc == I2N_OK; i++) {
		struct fdisk_partition *pa = NULL;

		if (!fdisk_is_partition_used(cxt, i) || fdisk_get_partition(cxt, i, &pa) != 0)
			continue;
		if (fdisk_partition_has_start(pa) && fdisk_partition_has_size(pa))
			rc = take_partition(pt, pa, size, notes, err);
		fdisk_unref_partition(pa);
	}
	return rc;
}

static int take_label(struct fdisk_context *cxt, struct i2n_ptable *pt, uint64_t size,
		      const struct i2n_notes *notes, struct i2n_err *err)
{
	char *id = NULL;

	if (!fdisk_has_label(cxt))
		return I2N_OK;
	if (fdisk_is_label(cxt, DOS)) {
		pt->label = I2N_LABEL_DOS;
	} else if (fdisk_is_label(cxt, GPT)) {
		pt->label = I2N_LABEL_GPT;
	} else {
		i2n_note(notes, I2N_NOTE_WARN, "partition-table", NULL, 0,
			 "a partition table of type %s is there; only dos and gpt are read",
			 fdisk_label_get_name(fdisk_get_label(cxt, NULL)));
		return I2N_OK;
	}
	if (fdisk_get_disklabel_id(cxt, &id) == 0)
		copy_text(pt->disk_id, sizeof(pt->disk_id), id);
	free(id);
	return take_partitions(cxt, pt, size, notes, err);
}

int fdisk_decode(const struct view *v, uint64_t size, uint32_t sector_size,
		 const struct i2n_notes *notes, struct i2n_ptable *pt, struct i2n_err *err)
{
	struct fdisk_context *cxt = fdisk_new_context();
	int rc, sys;

	if (!cxt)
		return i2n_err_nomem(err);
	pt->sector_size = sector_size;
	(void)fdisk_set_ask(cxt, on_ask, (void *)notes);	/* cannot fail with a context */
	(void)fdisk_disable_dialogs(cxt, 1);
	/* no look for other signatures, no warning about them */
	(void)fdisk_enable_listonly(cxt, 1);
	(void)fdisk_save_user_sector_size(cxt, sector_size, sector_size);
	sys = fdisk_assign_device_by_fd(cxt, v->fd, "image", 1);
	if (sys)
		rc = i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, -sys,
			      "cannot read the partition table: %s", strerror(-sys));
	else
		rc = take_label(cxt, pt, size, notes, err);
	if (!sys)
		(void)fdisk_deassign_device(cxt, 1);	/* read-only: nothing to flush */
	fdisk_unref_context(cxt);
	return rc;
}
