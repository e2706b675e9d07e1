#include "look.h"

#include "img2nfs/name.h"
#include "msg.h"
#include "status.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SYMLINKS_MAX 40		/* as the kernel's MAXSYMLINKS */

char *look_target(struct look *look, const struct i2n_inode *in, struct i2n_err *err)
{
	struct i2n_reader *r = look->image.reader;
	char *target;

	target = malloc((size_t)in->size + 1);
	if (!target) {
		(void)i2n_err_nomem(err);	/* the result is the NULL */
		return NULL;
	}
	if (r->ops->readlink(r, in, target, (size_t)in->size, err)) {
		free(target);
		return NULL;
	}
	target[in->size] = '\0';
	return target;
}

/* A walk from the root: `at` is where it stands, `rest` what is left of the path. */
struct walk {
	struct look *look;
	const char *operand;
	uint32_t at, dirent;
	char *rest;
	unsigned symlinks;
};

static int no_such(const struct walk *w, const char *why, struct i2n_err *err)
{
	char q[256];

	return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0, "cannot look at '%s': %s",
			i2n_escape(q, sizeof(q), w->operand, strlen(w->operand)), why);
}

/* Put a symlink's target before the rest of the path. */
static int go_through(struct walk *w, const struct i2n_inode *in, const char *rest,
		      struct i2n_err *err)
{
	char *target, *joined;
	size_t len;

	if (++w->symlinks > SYMLINKS_MAX)
		return no_such(w, "too many levels of symbolic links", err);
	target = look_target(w->look, in, err);
	if (!target)
		return I2N_FATAL;
	len = strlen(target);
	joined = malloc(len + strlen(rest) + 2);
	if (!joined) {
		free(target);
		return i2n_err_nomem(err);
	}
	memcpy(joined, target, len);
	joined[len] = '/';
	strcpy(joined + len + 1, rest);
	if (target[0] == '/') {
		w->at = w->look->tree->root;
		w->dirent = I2N_NONE;
	}
	free(target);
	free(w->rest);
	w->rest = joined;
	return I2N_OK;
}

static void go_up(struct walk *w)
{
	const struct i2n_tree *t = w->look->tree;

	if (w->dirent == I2N_NONE)
		return;		/* ".." of the root is the root */
	w->at = t->dirents[w->dirent].parent;
	w->dirent = t->inodes[w->at].first_dirent;
}

/* One component of n bytes at `name`; `after` is what follows it. Sets *ret_moved when w->rest was
 * replaced. */
static int step(struct walk *w, const char *name, size_t n, const char *after, bool follow,
		bool *ret_moved,
		struct i2n_err *err)
{
	const struct i2n_tree *t = w->look->tree;
	const struct i2n_inode *in;
	uint32_t d;

	if (i2n_inode_type(&t->inodes[w->at]) != I2N_S_IFDIR)
		return no_such(w, "not a directory", err);
	if (n == 2 && !memcmp(name, "..", 2)) {
		go_up(w);
		return I2N_OK;
	}
	d = i2n_tree_lookup(t, w->at, name, n);
	if (d == I2N_NONE)
		return no_such(w, "no such file or directory in the image", err);
	in = &t->inodes[t->dirents[d].inode];
	if (i2n_inode_type(in) == I2N_S_IFLNK && (follow || after[strspn(after, "/")])) {
		*ret_moved = true;
		return go_through(w, in, after, err);
	}
	w->at = t->dirents[d].inode;
	w->dirent = d;
	return I2N_OK;
}

static int walk_path(struct walk *w, bool follow, struct i2n_err *err)
{
	char *p = w->rest;

	while (*(p += strspn(p, "/"))) {
		size_t n = strcspn(p, "/");
		bool moved = false;

		if (!(n == 1 && *p == '.') && step(w, p, n, p + n, follow, &moved, err))
			return I2N_FATAL;
		p = moved ? w->rest : p + n;
	}
	return I2N_OK;
}

static int find(struct look *look, const char *operand, const char *path, bool follow,
		struct i2n_err *err)
{
	struct walk w = {
		.look = look, .operand = operand, .at = look->tree->root, .dirent = I2N_NONE
	};
	int rc;

	w.rest = malloc(strlen(path) + 1);
	if (!w.rest)
		return i2n_err_nomem(err);
	strcpy(w.rest, path);
	rc = walk_path(&w, follow, err);
	free(w.rest);
	if (rc)
		return rc;
	look->inode = w.at;
	look->dirent = w.dirent;
	look->path = i2n_tree_path(look->tree, w.dirent, &look->path_len);
	return look->path ? I2N_OK : i2n_err_nomem(err);
}

int look_open(const struct image_opts *opts, const char *operand, bool follow,
	      const struct i2n_notes *notes,
	      struct look *ret, struct i2n_err *err)
{
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = image_open(opts, operand, IMAGE_LOOK, NULL, notes, &ret->image, err);
	if (!rc)
		rc = image_tree(&ret->image, &ret->tree, err);
	if (!rc)
		rc = find(ret, operand, ret->image.rest, follow, err);
	return rc;
}

void look_release(struct look *look)
{
	free(look->path);
	i2n_tree_free(look->tree);
	image_release(&look->image);
	memset(look, 0, sizeof(*look));
}

int look_end(struct look *look, struct report *report, int rc, const struct i2n_err *err)
{
	int status = report_status(report);
	struct i2n_err late = { 0 };

	if (rc == I2N_OK && look->image.reader) {
		rc = image_finish(&look->image, &late);
		err = &late;
	}
	if (rc) {
		msg_error(err);
		status = rc == I2N_BADNODE ? STATUS_DAMAGED : status_of(err);
	}
	look_release(look);
	report_release(report);
	return status;
}

struct type {
	const char *word, *json;
	char letter;
};

static const struct type types[16] = {
	[0] = { "unknown", "unknown", '?' },
	[I2N_S_IFREG >> 12] = { "regular file", "file", '-' },
	[I2N_S_IFDIR >> 12] = { "directory", "directory", 'd' },
	[I2N_S_IFLNK >> 12] = { "symbolic link", "symlink", 'l' },
	[I2N_S_IFCHR >> 12] = { "character device", "char", 'c' },
	[I2N_S_IFBLK >> 12] = { "block device", "block", 'b' },
	[I2N_S_IFIFO >> 12] = { "FIFO", "fifo", 'p' },
	[I2N_S_IFSOCK >> 12] = { "socket", "socket", 's' },
};

static const struct type *type_of(unsigned mode)
{
	const struct type *t = &types[(mode & I2N_S_IFMT) >> 12];

	return t->word ? t : &types[0];
}

const char *look_type_word(const struct i2n_inode *in)
{
	return type_of(in->mode)->word;
}

const char *look_mode(char *buf, unsigned mode)
{
	buf[0] = type_of(mode)->letter;
	for (int i = 0; i < 9; i++)
		buf[1 + i] = mode & (0400u >> i) ? "rwxrwxrwx"[i] : '-';
	if (mode & 04000)
		buf[3] = mode & 0100 ? 's' : 'S';
	if (mode & 02000)
		buf[6] = mode & 0010 ? 's' : 'S';
	if (mode & 01000)
		buf[9] = mode & 0001 ? 't' : 'T';
	buf[10] = '\0';
	return buf;
}

const char *look_time(char *buf, uint64_t packed)
{
	struct i2n_time t = i2n_time_unpack(packed);
	time_t sec = (time_t)t.sec;
	struct tm tm;

	if ((int64_t)sec != t.sec || !gmtime_r(&sec, &tm)) {
		/* fits always */
		(void)snprintf(buf, LOOK_TIME_MAX, "@%" PRId64 ".%09" PRIu32, t.sec, t.nsec);
		return buf;
	}
	(void)snprintf(buf, LOOK_TIME_MAX, "%04d-%02d-%02d %02d:%02d:%02d.%09" PRIu32, tm.tm_year +
		       1900, tm.tm_mon + 1,
		       tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, t.nsec);	/* fits always */
	return buf;
}

static void json_time(struct json *j, const char *sec, const char *nsec, uint64_t packed)
{
	struct i2n_time t = i2n_time_unpack(packed);

	json_i64(j, sec, t.sec);
	json_u64(j, nsec, t.nsec);
}

void look_json(struct json *j, const char *path, size_t path_len, const struct i2n_inode *in,
	       const char *target)
{
	unsigned type = i2n_inode_type(in);
	char mode[8];

	(void)snprintf(mode, sizeof(mode), "%04o", in->mode & 07777u);	/* fits always */
	json_bytes(j, "path", path, path_len);
	json_str(j, "type", type_of(in->mode)->json);
	json_str(j, "mode", mode);
	json_u64(j, "uid", in->uid);
	json_u64(j, "gid", in->gid);
	json_u64(j, "ino", in->ino);
	json_u64(j, "nlink", in->nlink);
	if (type == I2N_S_IFREG || type == I2N_S_IFLNK)
		json_u64(j, "size", in->size);
	json_time(j, "mtime", "mtime_nsec", in->mtime);
	json_time(j, "atime", "atime_nsec", in->atime);
	if (type == I2N_S_IFCHR || type == I2N_S_IFBLK) {
		json_u64(j, "major", in->rdev.major);
		json_u64(j, "minor", in->rdev.minor);
	}
	if (target)
		json_bytes(j, "target", target, (size_t)in->size);
	json_bool(j, "acl", in->flags & I2N_INODE_ACL);
	json_bool(j, "capabilities", in->flags & I2N_INODE_CAPS);
	json_bool(j, "xattrs", in->flags & I2N_INODE_XATTR);
	json_bool(j, "chattr", in->flags & I2N_INODE_CHATTR);
	json_bool(j, "encrypted", in->flags & I2N_INODE_ENCRYPTED);
	json_bool(j, "damaged", in->flags & I2N_INODE_DAMAGED);
}
