#include "img2nfs/loss.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *word, *text;
} classes[I2N_LOSS_CLASSES] = {
	{ "xattr", "extended attributes (user.*, trusted.*, security.* other than capabilities)" },
	{ "acl", "POSIX access control lists" },
	{ "caps", "file capabilities (security.capability)" },
	{ "chattr", "chattr(1) flags (immutable, append-only, no-dump, ...)" },
	{ "time-range", "times the protocol cannot express, stored as the nearest it can" },
	{ "symlink-times", "times of symbolic links, which this server does not keep" },
	{ "attr", "owners, modes or times that the server did not honour" },
	{ "encrypted", "encrypted files, which cannot be read without their key" },
	{ "name", "names that the server refuses" },
	{ "socket", "UNIX sockets, which a tar cannot hold" },
};

const char *i2n_loss_word(unsigned i)
{
	return i < I2N_LOSS_CLASSES ? classes[i].word : NULL;
}

const char *i2n_loss_text(unsigned i)
{
	return i < I2N_LOSS_CLASSES ? classes[i].text : NULL;
}

static int find(const char *word, size_t len, uint32_t *mask)
{
	if (len == 3 && !memcmp(word, "all", 3)) {
		*mask |= (1u << I2N_LOSS_CLASSES) - 1;
		return I2N_OK;
	}
	for (unsigned i = 0; i < I2N_LOSS_CLASSES; i++) {
		if (strlen(classes[i].word) == len && !memcmp(classes[i].word, word, len)) {
			*mask |= 1u << i;
			return I2N_OK;
		}
	}
	return I2N_FATAL;
}

static void hint_known(struct i2n_err *err)
{
	char list[256] = "";
	size_t used = 0;

	for (unsigned i = 0; i < I2N_LOSS_CLASSES; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s, ", classes[i].word);
	i2n_err_hint(err, "known classes: %sall", list);
}

int i2n_loss_parse(const char *list, uint32_t *ret_mask, struct i2n_err *err)
{
	uint32_t mask = 0;
	const char *word = list;

	for (;;) {
		size_t len = strcspn(word, ",");

		if (find(word, len, &mask)) {
			i2n_err_set(err, I2N_DOM_USAGE, 0, "'%.*s' is not a class of loss",
				    len > 64 ? 64 : (int)len,
				    word);
			hint_known(err);
			return I2N_FATAL;
		}
		if (!word[len])
			break;
		word += len + 1;
	}
	*ret_mask = mask;
	return I2N_OK;
}
