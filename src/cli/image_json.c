#include "image_json.h"

#include <stdio.h>
#include <string.h>

const char *label_word(enum i2n_label label)
{
	static const char *const words[] = {
		[I2N_LABEL_NONE] = "none",
		[I2N_LABEL_DOS] = "dos",
		[I2N_LABEL_GPT] = "gpt",
	};

	return words[label];
}

const char *fs_state_word(const struct i2n_fs_info *info)
{
	if (info->needs_recovery)
		return "needs recovery";
	if (info->has_errors)
		return info->clean ? "clean with errors" : "not clean with errors";
	return info->clean ? "clean" : "not clean";
}

void json_text(struct json *j, const char *key, const char *text)
{
	if (text[0])
		json_bytes(j, key, text, strlen(text));
	else
		json_null(j, key);
}

static void json_features(struct json *j, const char *features)
{
	char word[64];
	size_t n;

	json_array(j, "features");
	for (; *features; features += n + (features[n] == ' ')) {
		n = strcspn(features, " ");
		/* e2fsprogs' longest has 20 bytes */
		(void)snprintf(word, sizeof(word), "%.*s", (int)n, features);
		if (n)
			json_str(j, NULL, word);
	}
	json_end(j);
}

static void json_numbers(struct json *j, const struct i2n_fs_info *info)
{
	json_u64(j, "size", info->size);
	json_u64(j, "used", info->used);
	json_u64(j, "block_size", info->block_size);
	json_u64(j, "inodes", info->inodes);
	json_u64(j, "inodes_used", info->used_inodes);
	json_str(j, "state", fs_state_word(info));
	json_bool(j, "needs_recovery", info->needs_recovery);
	json_text(j, "last_mounted", info->last_mounted);
	json_i64(j, "write_time", info->write_time);
	json_i64(j, "mount_time", info->mount_time);
	json_features(j, info->features);
}

void json_filesystem(struct json *j, const char *type, const struct i2n_fstype *fstype,
		     const struct i2n_fs_info *info)
{
	if (!info && !fstype->type[0]) {
		json_null(j, "filesystem");
		return;
	}
	json_object(j, "filesystem");
	json_str(j, "type", type);
	json_text(j, "label", info ? info->label : fstype->label);
	json_text(j, "uuid", info ? info->uuid : fstype->uuid);
	json_bool(j, "readable", info != NULL);
	if (info)
		json_numbers(j, info);
	json_end(j);
}

void json_packed(struct json *j, const struct i2n_image_progress *at)
{
	json_u64(j, "packed", at->packed);
	if (at->packed_total)
		json_u64(j, "packed_total", at->packed_total);
	else
		json_null(j, "packed_total");
	json_u64(j, "unpacked", at->unpacked);
	json_u64(j, "spooled", at->spooled);
}

/* null where nothing had to be read from front to end */
static void json_stream(struct json *j, const struct image *image)
{
	struct i2n_image_progress at;

	if (!i2n_image_progress(image->file, &at)) {
		json_null(j, "stream");
		return;
	}
	json_object(j, "stream");
	json_packed(j, &at);
	json_end(j);
}

/* null where it is not read in blocks */
static void json_blocks(struct json *j, const struct image *image)
{
	uint64_t unpacked, all;

	if (!i2n_image_blocks(image->file, &unpacked, &all)) {
		json_null(j, "blocks");
		return;
	}
	json_object(j, "blocks");
	json_u64(j, "total", all);
	json_u64(j, "unpacked", unpacked);
	json_end(j);
}

void image_json(struct json *j, const struct image *image)
{
	const struct pick *pick = &image->pick;

	if (!image->picked) {
		json_null(j, "recognised");
		return;
	}
	json_object(j, "recognised");
	json_stream(j, image);
	json_blocks(j, image);
	json_str(j, "sha256", i2n_image_checksum(image->file));
	json_str(j, "label", pick->table ? label_word(pick->table->label) : NULL);
	json_text(j, "id", pick->table ? pick->table->disk_id : "");
	json_filesystem(j, image->fs ? i2n_fs_info(image->fs)->type : pick->fstype.type,
			&pick->fstype, image->fs ? i2n_fs_info(image->fs) : NULL);
	json_end(j);
}
