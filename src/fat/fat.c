#include "fat_own.h"

#include <stdlib.h>

static void note_size(const struct i2n_fat *fat)
{
	if (fat->geo.size > fat->src->size)
		i2n_note(&fat->notes, I2N_NOTE_WARN, "truncated", NULL, 0,
			 "the FAT file system in %s ends %llu bytes behind the end", fat->src->name,
			 (unsigned long long)(fat->geo.size - fat->src->size));
	if (fat->geo.is_dirty)
		i2n_note(&fat->notes, I2N_NOTE_WARN, "dirty", NULL, 0,
			 "the FAT file system in %s was not unmounted; some data may be missing",
			 fat->src->name);
}

/* Clusters behind the end of a truncated image cannot be. */
static const char *fit_into(struct fat_geometry *g, uint64_t size)
{
	uint64_t there;

	if (g->data_off > size)
		return "its tables reach past the end of the image";
	there = (size - g->data_off) / g->cluster;
	if (g->clusters > there)
		g->clusters = (uint32_t)there;
	return NULL;
}

static int decode(struct i2n_fat *fat, struct i2n_err *err)
{
	unsigned char boot[512];
	const char *why;

	if (i2n_source_pread(fat->src, boot, sizeof(boot), 0, err))
		return I2N_FATAL;
	why = fat_geometry_decode(boot, &fat->geo);
	if (!why)
		why = fit_into(&fat->geo, fat->src->size);
	if (!why && fat->geo.bits == 32 && !fat_is_cluster(fat, fat->geo.root_cluster))
		why = "its root directory is at a cluster that cannot be";
	if (why)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot read the FAT file system in %s: %s", fat->src->name, why);
	return I2N_OK;
}

int i2n_fat_open(struct i2n_source *src, const struct i2n_notes *notes, struct i2n_fat **ret,
		 struct i2n_err *err)
{
	struct i2n_fat *fat = calloc(1, sizeof(*fat));

	if (!fat)
		return i2n_err_nomem(err);
	fat->reader = (struct i2n_reader){ .ops = &fat_reader_ops, .ahead = src->ahead,
					   .by_block = src->by_block,
					   .behind = src->behind };
	fat->src = src;
	if (notes)
		fat->notes = *notes;
	if (decode(fat, err)) {
		free(fat);
		return I2N_FATAL;
	}
	fat->info = (struct i2n_fat_info){ .bits = fat->geo.bits,
					   .cluster = fat->geo.cluster,
					   .clusters = fat->geo.clusters,
					   .size = fat->geo.size,
					   .serial = fat->geo.serial };
	note_size(fat);
	*ret = fat;
	return I2N_OK;
}

const struct i2n_fat_info *i2n_fat_info(const struct i2n_fat *fat)
{
	return &fat->info;
}

struct i2n_reader *i2n_fat_reader(struct i2n_fat *fat)
{
	return &fat->reader;
}

void i2n_fat_free(struct i2n_fat *fat)
{
	free(fat);
}
