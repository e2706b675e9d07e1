/* sink_dir.c - a destination that is a directory of this machine: a TFTP root.
 *
 * What is there already stays: directories are entered, files are replaced whole, by a rename over
 * them, so that who reads one meanwhile has the old one or the new one. Nothing is removed but what
 * is replaced so, and no symlink is followed below the directory. Owners are left to the system,
 * set-ID bits are not set: this is no copy of a root file system.
 *
 * Ops are queued by submit and carried out by service, as with a server.
 * Memory: a queue of 64 ops, one buffer of 1 MiB, the path of each object that is held. */
#define _XOPEN_SOURCE 700
#define _DARWIN_C_SOURCE	/* O_NOFOLLOW */
#include "img2nfs/name.h"
#include "img2nfs/sink.h"

#include "op_queue.h"
#include "write_at.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUF_SIZE (1u << 20)
#define TEMP_MAX 64
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct dir_sink {
	struct i2n_sink base;
	struct i2n_sink_env env;
	struct op_queue queue;
	int root;
	/* Objects held, by path below the root; NULL: a free place. Place 0 is the root. */
	char **objs;
	size_t n_objs;
	int at;			/* the directory worked in last; -1: none */
	i2n_obj at_obj;
	unsigned long n_temps;
	unsigned char *buf;
};

/* --- errors --- */

/* A full or read-only disk fails all the rest as well. */
static bool is_fatal(int code)
{
	return code == ENOSPC || code == EROFS || code == EIO || code == EDQUOT;
}

static int fail(const struct dir_sink *ds, const struct i2n_op *op, const char *verb, int code,
		struct i2n_err *err)
{
	size_t len = 0;
	char *path = i2n_tree_path(ds->env.tree, op->dirent, &len), q[300];

	i2n_err_set(err, I2N_DOM_SYS, code, "cannot %s %s: %s", verb,
		    i2n_quote(q, sizeof(q), path ? path : "?", path ? len : 1), strerror(code));
	i2n_err_blame(err, I2N_BLAME_SERVER);
	free(path);
	return is_fatal(code) ? I2N_FATAL : I2N_BADNODE;
}

/* --- objects --- */

static char *path_below(const struct dir_sink *ds, const struct i2n_op *op)
{
	const char *dir = ds->objs[op->parent];
	size_t len = strlen(dir);
	char *path = malloc(len + op->name_len + 2);

	if (!path)
		return NULL;
	memcpy(path, dir, len);
	if (len)
		path[len++] = '/';
	memcpy(path + len, op->name, op->name_len);
	path[len + op->name_len] = '\0';
	return path;
}

static int keep(struct dir_sink *ds, struct i2n_op *op, struct i2n_err *err)
{
	char *path = path_below(ds, op);
	size_t i = 1;

	if (!path)
		return i2n_err_nomem(err);
	while (i < ds->n_objs && ds->objs[i])
		i++;
	if (i == ds->n_objs) {
		size_t n = ds->n_objs * 2;
		char **more = realloc(ds->objs, n * sizeof(*more));

		if (!more) {
			free(path);
			return i2n_err_nomem(err);
		}
		memset(more + ds->n_objs, 0, (n - ds->n_objs) * sizeof(*more));
		ds->objs = more;
		ds->n_objs = n;
	}
	ds->objs[i] = path;
	op->obj = (i2n_obj)i;
	return I2N_OK;
}

static void dir_release(struct i2n_sink *sink, i2n_obj obj)
{
	struct dir_sink *ds = (struct dir_sink *)sink;

	free(ds->objs[obj]);
	ds->objs[obj] = NULL;
	if (ds->at >= 0 && ds->at_obj == obj) {
		(void)close(ds->at);	/* nothing was written through it */
		ds->at = -1;
	}
}

/* From the root, component by component: nothing that somebody puts in the way leads elsewhere.
 * n bytes of the path. -1 with errno. */
static int walk(const struct dir_sink *ds, const char *path, size_t n)
{
	char name[I2N_NAME_MAX + 1];
	int fd = fcntl(ds->root, F_DUPFD_CLOEXEC, 0);

	while (fd >= 0 && n) {
		const char *slash = memchr(path, '/', n);
		size_t len = slash ? (size_t)(slash - path) : n;
		int next, code;

		memcpy(name, path, len);
		name[len] = '\0';
		next = openat(fd, name, DIR_FLAGS);
		code = errno;
		(void)close(fd);	/* only walked through */
		errno = code;
		fd = next;
		path += len + (slash ? 1 : 0);
		n -= len + (slash ? 1 : 0);
	}
	return fd;
}

/* The directory of an op, open until another one is asked for. */
static int parent_of(struct dir_sink *ds, const struct i2n_op *op)
{
	if (ds->at >= 0 && ds->at_obj == op->parent)
		return ds->at;
	if (ds->at >= 0)
		(void)close(ds->at);	/* nothing was written through it */
	ds->at = walk(ds, ds->objs[op->parent], strlen(ds->objs[op->parent]));
	ds->at_obj = op->parent;
	return ds->at;
}

static void name_of(const struct i2n_op *op, char *buf)
{
	memcpy(buf, op->name, op->name_len);
	buf[op->name_len] = '\0';
}

/* --- what is stored --- */

static struct timespec timespec_of(uint64_t packed)
{
	struct i2n_time t = i2n_time_unpack(packed);

	return (struct timespec){ .tv_sec = (time_t)t.sec, .tv_nsec = (long)t.nsec };
}

static bool settle(int fd, const struct i2n_inode *in)
{
	const struct timespec times[2] = { timespec_of(in->atime), timespec_of(in->mtime) };

	return !fchmod(fd, (mode_t)(in->mode & 0777)) && !futimens(fd, times);
}

static int copy(struct dir_sink *ds, struct i2n_op *op, int fd, struct i2n_file *file,
		struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = ds->env.reader->ops;
	struct i2n_range range;
	int rc;

	while (!(rc = ops->next(file, BUF_SIZE, &range, err))) {
		rc = ops->read(file, ds->buf, (size_t)range.len, range.off, err);
		if (rc)
			return rc;
		if (!write_at(fd, ds->buf, (size_t)range.len, range.off))
			return fail(ds, op, "write", errno, err);
		ds->base.stats.bytes_written += range.len;
	}
	return rc == I2N_END ? I2N_OK : rc;
}

static int fill(struct dir_sink *ds, struct i2n_op *op, int fd, struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = ds->env.reader->ops;
	struct i2n_file *file;
	int rc = ops->open(ds->env.reader, op->inode, &file, err);

	if (rc)
		return rc;
	rc = copy(ds, op, fd, file, err);
	ops->close(file);
	if (rc)
		return rc;
	if (ftruncate(fd, (off_t)op->inode->size) || !settle(fd, op->inode) || fsync(fd))
		return fail(ds, op, "write", errno, err);
	return I2N_OK;
}

/* A name that nobody else uses. */
static void temp_name(struct dir_sink *ds, char *buf)
{
	/* fits always */
	(void)snprintf(buf, TEMP_MAX, ".img2nfs-tmp-%ld-%lu", (long)getpid(), ds->n_temps++);
}

/* The file made under a name of its own takes its place. */
static int put_in_place(struct dir_sink *ds, struct i2n_op *op, int dir, const char *temp,
			struct i2n_err *err)
{
	char name[I2N_NAME_MAX + 1];
	int code;

	name_of(op, name);
	if (!renameat(dir, temp, dir, name))
		return I2N_OK;
	code = errno;
	(void)unlinkat(dir, temp, 0);	/* the rename's failure is told */
	return fail(ds, op, "replace", code, err);
}

static int take_file(struct dir_sink *ds, struct i2n_op *op, int dir, struct i2n_err *err)
{
	char temp[TEMP_MAX];
	int fd, rc;

	temp_name(ds, temp);
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(ds, op, "create", errno, err);
	rc = fill(ds, op, fd, err);
	if (close(fd) && !rc)
		rc = fail(ds, op, "write", errno, err);
	if (!rc)
		return put_in_place(ds, op, dir, temp, err);
	(void)unlinkat(dir, temp, 0);	/* the first failure is told */
	return rc;
}

static int take_symlink(struct dir_sink *ds, struct i2n_op *op, int dir, struct i2n_err *err)
{
	char temp[TEMP_MAX], *target = malloc((size_t)op->inode->size + 1);
	int rc;

	if (!target)
		return i2n_err_nomem(err);
	rc = ds->env.reader->ops->readlink(ds->env.reader, op->inode, target,
					   (size_t)op->inode->size, err);
	if (!rc) {
		target[op->inode->size] = '\0';
		temp_name(ds, temp);
		rc = symlinkat(target, dir, temp) ? fail(ds, op, "create", errno, err) :
						    put_in_place(ds, op, dir, temp, err);
	}
	free(target);
	return rc;
}

static int take_link(struct dir_sink *ds, struct i2n_op *op, int dir, struct i2n_err *err)
{
	const char *path = ds->objs[op->obj], *slash = strrchr(path, '/');
	char temp[TEMP_MAX];
	int from = walk(ds, path, slash ? (size_t)(slash - path) : 0), code;
	bool linked;

	if (from < 0)
		return fail(ds, op, "link", errno, err);
	temp_name(ds, temp);
	linked = !linkat(from, slash ? slash + 1 : path, dir, temp, 0);
	code = errno;
	(void)close(from);	/* only read from */
	return linked ? put_in_place(ds, op, dir, temp, err) : fail(ds, op, "link", code, err);
}

static int take_mkdir(struct dir_sink *ds, struct i2n_op *op, int dir, struct i2n_err *err)
{
	char name[I2N_NAME_MAX + 1];
	struct stat st;

	name_of(op, name);
	if (mkdirat(dir, name, 0777)) {
		if (errno != EEXIST)
			return fail(ds, op, "create", errno, err);
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
			return fail(ds, op, "look at", errno, err);
		if (!S_ISDIR(st.st_mode))
			return fail(ds, op, "create", ENOTDIR, err);
	}
	return I2N_OK;
}

static int take_dirattr(struct dir_sink *ds, struct i2n_op *op, struct i2n_err *err)
{
	int fd = walk(ds, ds->objs[op->obj], strlen(ds->objs[op->obj])), rc = I2N_OK;

	if (fd < 0)
		return fail(ds, op, "open", errno, err);
	if (!settle(fd, op->inode) || fsync(fd))
		rc = fail(ds, op, "change", errno, err);
	(void)close(fd);	/* fsync() has told */
	return rc;
}

static int take(struct dir_sink *ds, struct i2n_op *op, struct i2n_err *err)
{
	int dir, rc;

	if (op_queue_check(&ds->queue, err))
		return I2N_FATAL;
	if (op->kind == I2N_OP_DIRATTR)
		return take_dirattr(ds, op, err);
	dir = parent_of(ds, op);
	if (dir < 0)
		return fail(ds, op, "open the directory of", errno, err);
	switch (op->kind) {
	case I2N_OP_MKDIR:
		rc = take_mkdir(ds, op, dir, err);
		break;
	case I2N_OP_FILE:
		rc = take_file(ds, op, dir, err);
		break;
	case I2N_OP_SYMLINK:
		rc = take_symlink(ds, op, dir, err);
		break;
	case I2N_OP_LINK:
		return take_link(ds, op, dir, err);
	default:	/* no device, FIFO or socket belongs into such a directory */
		return fail(ds, op, "create", EINVAL, err);
	}
	return !rc && (op->kind == I2N_OP_MKDIR || op->keep) ? keep(ds, op, err) : rc;
}

/* --- the interface --- */

static int dir_submit(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err)
{
	(void)err;	/* cannot fail */
	return op_queue_put(&((struct dir_sink *)sink)->queue, op);
}

static int dir_service(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err)
{
	struct dir_sink *ds = (struct dir_sink *)sink;
	struct i2n_op *op = op_queue_take(&ds->queue);

	(void)timeout_ms;
	(void)err;	/* failures travel in the op */
	if (!op)
		return I2N_OK;
	op->rc = take(ds, op, &op->err);
	i2n_sink_complete(sink, op);
	return I2N_OK;
}

static void dir_cancel(struct i2n_sink *sink, int signo)
{
	op_queue_cancel(&((struct dir_sink *)sink)->queue, signo);
}

static int dir_finish(struct i2n_sink *sink, struct i2n_err *err)
{
	const struct dir_sink *ds = (struct dir_sink *)sink;

	/* files are safe already, and the other directories were made so by DIRATTR */
	if (!fsync(ds->root))
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_SYS, errno, "cannot write the directory: %s", strerror(errno));
	i2n_err_blame(err, I2N_BLAME_SERVER);
	return I2N_FATAL;
}

static void dir_free(struct i2n_sink *sink)
{
	struct dir_sink *ds = (struct dir_sink *)sink;

	if (ds->at >= 0)
		(void)close(ds->at);	/* nothing was written through these */
	if (ds->root >= 0)
		(void)close(ds->root);
	for (size_t i = 0; i < ds->n_objs; i++)
		free(ds->objs[i]);
	free(ds->objs);
	free(ds->buf);
	free(ds);
}

static const struct i2n_sink_ops dir_ops = {
	.name = "dir",
	.submit = dir_submit,
	.service = dir_service,
	.cancel = dir_cancel,
	.release = dir_release,
	.finish = dir_finish,
	.free = dir_free,
};

/* --- opening --- */

/* path is the user's own, so symlinks in it are, too. */
static int open_root(const char *path, struct i2n_err *err, int *ret)
{
	if (mkdir(path, 0777) && errno != EEXIST)
		return dest_failed("create the directory", path, err);
	*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? dest_failed("open the directory", path, err) : I2N_OK;
}

/* The directory below that a board looks into. */
static int enter(int *fd, const char *path, const char *name, struct i2n_err *err)
{
	int sub;

	if (mkdirat(*fd, name, 0777) && errno != EEXIST)
		return dest_failed("create below the directory", path, err);
	sub = openat(*fd, name, DIR_FLAGS);
	if (sub < 0)
		return dest_failed("enter a directory below", path, err);
	(void)close(*fd);	/* only walked through */
	*fd = sub;
	return I2N_OK;
}

int i2n_sink_open_dir(const char *path, const char *below, const struct i2n_sink_env *env,
		      struct i2n_sink **ret, struct i2n_err *err)
{
	struct dir_sink *ds = calloc(1, sizeof(*ds));

	if (!ds)
		return i2n_err_nomem(err);
	ds->base.ops = &dir_ops;
	ds->env = *env;
	ds->root = ds->at = -1;
	ds->n_objs = 64;
	ds->objs = calloc(ds->n_objs, sizeof(*ds->objs));
	ds->buf = malloc(BUF_SIZE);
	if (ds->objs)
		ds->objs[I2N_OBJ_ROOT] = calloc(1, 1);
	if (!ds->objs || !ds->buf || !ds->objs[I2N_OBJ_ROOT]) {
		if (!ds->objs)
			ds->n_objs = 0;
		dir_free(&ds->base);
		return i2n_err_nomem(err);
	}
	if (open_root(path, err, &ds->root) || (below && enter(&ds->root, path, below, err))) {
		dir_free(&ds->base);
		return I2N_FATAL;
	}
	*ret = &ds->base;
	return I2N_OK;
}
