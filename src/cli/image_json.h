/* image_json.h - what an image was recognised as, in JSON: the words of `list`, for the reports of
 * others as well. */
#ifndef CLI_IMAGE_JSON_H
#define CLI_IMAGE_JSON_H

#include "img2nfs/fs.h"
#include "img2nfs/ptable.h"

#include "image.h"
#include "json.h"

/* "dos", "gpt", "none" */
const char *label_word(enum i2n_label label);

/* As dumpe2fs says it, and "needs recovery", which it shows among the features only. */
const char *fs_state_word(const struct i2n_fs_info *info);

/* "" becomes null. */
void json_text(struct json *j, const char *key, const char *text);

/* Member "filesystem" of the object that is open in j. info: of one that was opened as ext, or
 * NULL. */
void json_filesystem(struct json *j, const char *type, const struct i2n_fstype *fstype,
		     const struct i2n_fs_info *info);

/* How far the reading of a compressed image, or one with a checksum, has come: "packed" to
 * "spooled". */
void json_packed(struct json *j, const struct i2n_image_progress *at);

/* Member "recognised": null where the image could not be opened. */
void image_json(struct json *j, const struct image *image);

#endif
