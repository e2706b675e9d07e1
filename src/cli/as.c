#include "as.h"

#include "img2nfs/name.h"

#include "opts.h"

#include <string.h>

int as_parse(const char *text, uint32_t *ret_uid, uint32_t *ret_gid, struct i2n_err *err)
{
	const char *what = "option '--as'", *colon = strchr(text, ':');
	char uid[24], q[160];
	uint64_t u, g;

	if (!colon || (size_t)(colon - text) >= sizeof(uid))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "%s: %s is not UID:GID", what,
				i2n_quote(q, sizeof(q), text, strlen(text)));
	memcpy(uid, text, (size_t)(colon - text));
	uid[colon - text] = '\0';
	if (opts_number(uid, false, 0, UINT32_MAX, what, &u, err) ||
	    opts_number(colon + 1, false, 0, UINT32_MAX, what, &g, err))
		return I2N_FATAL;
	*ret_uid = (uint32_t)u;
	*ret_gid = (uint32_t)g;
	return I2N_OK;
}
