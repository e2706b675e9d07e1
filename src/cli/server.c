#include "server.h"

#include "img2nfs/loss.h"
#include "img2nfs/name.h"

#include <string.h>

int server_ids(const char *what, const char *text, uint32_t *ret_uid, uint32_t *ret_gid,
	       struct i2n_err *err)
{
	const char *colon = strchr(text, ':');
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

int server_parse(const struct server_opts *opts, const char *text, const struct i2n_notes *notes,
		 struct i2n_nfs_url *ret_url, struct i2n_nfs_opts *ret_nfs, uint32_t *ret_allow,
		 struct i2n_err *err)
{
	if (opts->allow_loss && i2n_loss_parse(opts->allow_loss, ret_allow, err))
		return I2N_FATAL;
	if (text && i2n_nfs_url_parse(text, notes, ret_url, err))
		return I2N_FATAL;
	*ret_nfs = (struct i2n_nfs_opts)I2N_NFS_OPTS_DEFAULT;
	ret_nfs->retry_for_s = (unsigned)opts->retry_for;
	if (opts->window)
		ret_nfs->window = (unsigned)opts->window;
	if (opts->connections)
		ret_nfs->connections = (unsigned)opts->connections;
	if (opts->bytes_in_flight && opts->bytes_in_flight != OPT_UNSET)
		ret_nfs->bytes_in_flight = opts->bytes_in_flight;
	if (text && ret_url->has_uid)
		ret_nfs->uid = ret_url->uid;
	if (text && ret_url->has_gid)
		ret_nfs->gid = ret_url->gid;
	return opts->as ? server_ids("option '--as'", opts->as, &ret_nfs->uid, &ret_nfs->gid, err)
			: I2N_OK;
}
