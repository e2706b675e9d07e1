#include "survey_own.h"

#include <inttypes.h>

#define MIB (UINT64_C(1) << 20)

static int ask(struct i2n_sink *sink, const volatile int *stop, struct i2n_space *ret,
	       struct i2n_err *err)
{
	struct i2n_op op = { .kind = I2N_OP_STATFS, .obj = I2N_OBJ_ROOT, .dirent = I2N_NONE };
	int rc = i2n_sink_do(sink, &op, stop, err);

	if (rc == I2N_FATAL)
		return rc;
	/* a server that does not say is no reason to refuse */
	*ret = rc == I2N_OK ? op.space : (struct i2n_space){ 0 };
	return I2N_OK;
}

static void needs_of(const struct i2n_survey *s, struct i2n_reader *reader, uint64_t *ret_bytes,
		     uint64_t *ret_inodes)
{
	const struct i2n_tree *t = s->tree;
	uint64_t bytes = 0, inodes = 0;

	for (uint32_t d = 0; d < t->n_dirents; d++) {
		const struct i2n_inode *in = &t->inodes[t->dirents[d].inode];
		unsigned v = s->have.verdicts[d];
		uint64_t data;

		if (in->first_dirent != d || (v != I2N_HAVE_NOTHING && v != I2N_HAVE_OTHER))
			continue;
		inodes += v == I2N_HAVE_NOTHING;
		data = i2n_data_bytes(reader, in);
		bytes = data > UINT64_MAX - bytes ? UINT64_MAX : bytes + data;
	}
	*ret_bytes = bytes > s->frees ? bytes - s->frees : 0;
	*ret_inodes = s->frees == UINT64_MAX ? 0 : inodes;
}

static int refuse(struct i2n_err *err, uint64_t free, uint64_t need, const char *what)
{
	i2n_err_set(err, I2N_DOM_DEST, 0,
		    "the destination has too little room: %" PRIu64 " %s are free, what is new "
		    "needs %" PRIu64 " %s", free, what, need, what);
	i2n_err_hint(err, "nothing was written; make room there, or --no-check goes on all the "
		     "same");
	return I2N_FATAL;
}

int i2n_survey_room(const struct i2n_survey *s, struct i2n_reader *reader, struct i2n_sink *sink,
		    const struct i2n_survey_opts *opts, struct i2n_err *err)
{
	uint64_t bytes, inodes;
	struct i2n_space space;
	int rc;

	needs_of(s, reader, &bytes, &inodes);
	if (!bytes && !inodes)
		return I2N_OK;
	rc = ask(sink, opts->stop, &space, err);
	if (rc != I2N_OK)
		return rc;
	if (space.total_bytes && bytes > space.free_bytes)
		return refuse(err, space.free_bytes / MIB, bytes / MIB + (bytes % MIB != 0), "MiB");
	if (space.total_inodes && inodes > space.free_inodes)
		return refuse(err, space.free_inodes, inodes, "inodes");
	return I2N_OK;
}
