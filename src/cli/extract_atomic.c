#include "extract_atomic.h"

#include "img2nfs/name.h"

#include "signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Another path on the same server. */
static int url_with(const struct i2n_nfs_url *url, const char *path, size_t len,
		    const char *suffix, struct i2n_nfs_url *ret, struct i2n_err *err)
{
	size_t cap = len + strlen(suffix) + 1;

	*ret = *url;
	ret->path = malloc(cap);
	if (!ret->path)
		return i2n_err_nomem(err);
	(void)snprintf(ret->path, cap, "%.*s%s", (int)len, path, suffix);
	return I2N_OK;
}

int atomic_init(struct atomic *a, const struct i2n_nfs_url *url, struct i2n_err *err)
{
	const char *slash = strrchr(url->path, '/');
	size_t above = (size_t)(slash - url->path), len = strlen(slash + 1);

	if (!len || len > I2N_SWAP_NAME_MAX)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"option '--atomic': the URL's last name has %s",
				len ? "more than 240 bytes" : "no characters: '/' has no directory "
				"above it");
	memcpy(a->name, slash + 1, len + 1);
	(void)snprintf(a->lock_name, sizeof(a->lock_name), I2N_LOCK_NAME ".%s", a->name);
	if (url_with(url, url->path, strlen(url->path), ".new", &a->beside, err))
		return I2N_FATAL;
	return url_with(url, above ? url->path : "/", above ? above : 1, "", &a->above, err);
}

/* A run without --atomic may be writing into NAME. */
static int look_into_name(const struct atomic *a, bool break_lock, const struct i2n_notes *notes,
			  struct i2n_err *err)
{
	struct i2n_op op = { .kind = I2N_OP_LOOKUP, .parent = I2N_OBJ_ROOT, .dirent = I2N_NONE,
			     .name = (const unsigned char *)a->name,
			     .name_len = (unsigned char)strlen(a->name) };
	struct i2n_lock_opts opts = { .name = I2N_LOCK_NAME, .who = "", .break_it = break_lock,
				      .notes = notes, .stop = signals_stop() };
	struct i2n_lock *lock;
	int rc;

	if (i2n_sink_do(a->sink, &op, signals_stop(), err))
		return I2N_FATAL;
	if (op.absent)
		return I2N_OK;
	opts.dir = op.obj;
	lock = i2n_lock_new(&opts);
	rc = lock ? i2n_lock_look(lock, a->sink, err) : i2n_err_nomem(err);
	i2n_lock_free(lock);
	i2n_sink_release(a->sink, op.obj);
	return rc;
}

int atomic_open(struct atomic *a, const struct i2n_nfs_opts *nfs, bool break_lock,
		const struct i2n_notes *notes, struct run_lock *lock, struct i2n_err *err)
{
	struct i2n_sink_env env = { .notes = notes };
	struct i2n_nfs_opts opts = *nfs;
	char q[600];

	if (run_lock_init(lock, &a->above, a->lock_name, break_lock, nfs, notes, err))
		return I2N_FATAL;
	opts.dest = I2N_DEST_UPDATE;
	opts.check = nfs->check ? &a->check : NULL;
	opts.arrived = run_lock_arrived;
	opts.arrived_ctx = lock;
	if (i2n_sink_open_nfs3(&a->above, &opts, &env, signals_stop(), &a->sink, err)) {
		i2n_err_wrap(err, "--atomic needs the directory above %s",
			     i2n_quote(q, sizeof(q), a->name, strlen(a->name)));
		return I2N_FATAL;
	}
	a->swap = (struct i2n_swap){ .sink = a->sink, .name = a->name, .notes = notes,
				     .stop = signals_stop() };
	if (i2n_swap_check(&a->swap, err) || look_into_name(a, break_lock, notes, err))
		return I2N_FATAL;
	return run_lock_take(lock, a->sink, err);
}

int atomic_swap(struct atomic *a, bool remove_old, struct i2n_sink *built, struct run_lock *lock,
		struct i2n_err *err)
{
	struct i2n_op op = { .kind = I2N_OP_GETATTR, .obj = I2N_OBJ_ROOT, .dirent = I2N_NONE };

	run_lock_watch(lock, a->sink);
	if (i2n_sink_do(built, &op, signals_stop(), err) || run_lock_confirm(lock, err))
		return I2N_FATAL;
	a->swap.remove_old = remove_old;
	return i2n_swap_run(&a->swap, op.attr.fileid, err);
}

void atomic_release(struct atomic *a)
{
	i2n_sink_free(a->sink);
	free(a->above.path);
	free(a->beside.path);
	*a = (struct atomic){ 0 };
}
