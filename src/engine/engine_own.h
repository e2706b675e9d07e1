/* engine_own.h - what the two loops of the engine share. */
#ifndef ENGINE_OWN_H
#define ENGINE_OWN_H

#include "img2nfs/engine.h"

/* how long a stop or a progress line may be late while the server is silent */
#define ENGINE_SERVICE_MS 200
#define ENGINE_PROGRESS_MS 200

int64_t engine_now_ms(void);

/* This object is not stored, because of the image or of the destination. */
void engine_note_failure(const struct i2n_tree *tree, const struct i2n_notes *notes,
			 uint32_t dirent, const struct i2n_err *err);

/* The op that makes such an object. */
enum i2n_op_kind engine_make_op(const struct i2n_inode *in);

/* in_order.c: i2n_engine_run() for a sink that takes ops in order. opts: without `have`. */
int engine_in_order(const struct i2n_plan *plan, struct i2n_reader *reader, struct i2n_sink *sink,
		    const struct i2n_notes *notes, const struct i2n_engine_opts *opts,
		    struct i2n_progress *ret, struct i2n_err *err);

#endif
