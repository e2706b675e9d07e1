#define _POSIX_C_SOURCE 200809L
#define _DARWIN_C_SOURCE	/* O_NOFOLLOW */
#include "img2nfs/digest.h"
#include "img2nfs/digests.h"
#include "img2nfs/name.h"

#include "text.h"

#include "extract_boot.h"
#include "proof.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (64u << 10)

/* --- what is compared with the files of a directory or of a card --- */

/* One object as it was read back. */
struct back {
	unsigned type;			/* I2N_S_IFMT bits; 0: there is none */
	uint64_t size;
	unsigned char digest[16];
	const char *unread;		/* why its content could not be read, or NULL */
};

struct compare {
	struct boot_run *r;
	const struct boot_args *args;
	struct i2n_digests want;
	struct i2n_notes notes;
	/* of a card */
	struct i2n_tree *tree;
	struct i2n_digests got;
	/* of a directory */
	struct i2n_digest *state;
	unsigned char *buf;
};

typedef int back_fn(struct compare *c, const char *path, size_t len, struct back *ret);

static void differ(struct compare *c, enum i2n_diff d, const char *path, size_t len,
		   const char *text)
{
	c->r->proof.result.differs[d]++;
	c->r->proof.result.differences++;
	i2n_note(&c->notes, I2N_NOTE_DIFFERS, i2n_diff_word(d), path, len, "%s", text);
}

static void compare_file(struct compare *c, uint32_t inode, const char *path, size_t len,
			 const struct back *got)
{
	const struct i2n_inode *in = &c->r->tree->inodes[inode];
	char text[100];

	if (got->unread) {
		c->r->proof.result.unread++;
		i2n_note(&c->notes, I2N_NOTE_FAILED, "content", path, len,
			 "cannot be read back: %s", got->unread);
		return;
	}
	if (got->size != in->size) {
		(void)snprintf(text, sizeof(text), "size %" PRIu64 " instead of %" PRIu64,
			       got->size, in->size);	/* fits */
		differ(c, I2N_DIFF_SIZE, path, len, text);
	} else if (c->want.has[inode] && memcmp(got->digest, c->want.bytes[inode], 16)) {
		differ(c, I2N_DIFF_CONTENT, path, len, "other content");
	}
	c->r->proof.result.bytes += got->size;
}

static int compare_one(struct compare *c, back_fn *read_back, uint32_t dirent, struct i2n_err *err)
{
	uint32_t inode = c->r->tree->dirents[dirent].inode;
	unsigned type = i2n_inode_type(&c->r->tree->inodes[inode]);
	struct back got = { 0 };
	size_t len;
	char *path = i2n_tree_path(c->r->tree, dirent, &len);

	if (!path || read_back(c, path, len, &got)) {
		free(path);
		return i2n_err_nomem(err);
	}
	if (!got.type)
		differ(c, I2N_DIFF_MISSING, path, len, "is not there");
	else if (got.type != type)
		differ(c, I2N_DIFF_TYPE, path, len, "is of another type");
	else if (type == I2N_S_IFREG)
		compare_file(c, inode, path, len, &got);
	i2n_totals_add(&c->r->proof.result.at.done, &c->r->tree->inodes[inode], false);
	free(path);
	return I2N_OK;
}

static int compare_all(struct compare *c, back_fn *read_back, struct i2n_err *err)
{
	const volatile int *stop = signals_stop();
	int rc = I2N_OK;

	for (uint32_t d = 0; !rc && d < c->r->tree->n_dirents; d++)
		rc = *stop ? i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, *stop,
				      "stopped by signal %d", *stop) :
			     compare_one(c, read_back, d, err);
	return rc;
}

/* --- a directory --- */

static void read_file(struct compare *c, const char *path, struct back *ret)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = -1;

	i2n_digest_reset(c->state);
	while (fd >= 0 && (n = read(fd, c->buf, CHUNK)) > 0)
		i2n_digest_add(c->state, c->buf, (size_t)n);
	if (n < 0)
		ret->unread = strerror(errno);
	if (fd >= 0)
		(void)close(fd);	/* only read */
	i2n_digest_bytes(c->state, ret->digest);
}

static int back_of_dir(struct compare *c, const char *path, size_t len, struct back *ret)
{
	struct text full = { 0 };
	struct stat st;

	text_addf(&full, "%s/%s%s", c->r->dest, c->r->below, c->r->below[0] ? "/" : "");
	text_put(&full, path, len);
	if (full.failed) {
		text_release(&full);
		return I2N_FATAL;
	}
	if (!lstat(full.p, &st)) {
		ret->type = S_ISREG(st.st_mode) ? I2N_S_IFREG :
			    S_ISDIR(st.st_mode) ? I2N_S_IFDIR :
			    S_ISLNK(st.st_mode) ? I2N_S_IFLNK : I2N_S_IFMT;
		ret->size = (uint64_t)st.st_size;
		if (ret->type == I2N_S_IFREG)
			read_file(c, full.p, ret);
	}
	text_release(&full);
	return I2N_OK;
}

static int prove_dir(struct compare *c, struct i2n_err *err)
{
	int rc;

	c->state = i2n_digest_new();
	c->buf = malloc(CHUNK);
	rc = c->state && c->buf ? compare_all(c, back_of_dir, err) : i2n_err_nomem(err);
	i2n_digest_free(c->state);
	free(c->buf);
	return rc;
}

/* --- a card --- */

static int back_of_card(struct compare *c, const char *path, size_t len, struct back *ret)
{
	uint32_t inode = i2n_tree_resolve(c->tree, path, len, NULL);

	if (inode == I2N_NONE)
		return I2N_OK;
	ret->type = i2n_inode_type(&c->tree->inodes[inode]);
	ret->size = c->tree->inodes[inode].size;
	if (ret->type != I2N_S_IFREG)
		return I2N_OK;
	if (c->got.has[inode])
		memcpy(ret->digest, c->got.bytes[inode], 16);
	else
		ret->unread = "its clusters are damaged";
	return I2N_OK;
}

/* The partition that the card's table shows to the board. */
static int find_partition(struct i2n_source *card, struct i2n_source **ret, struct i2n_err *err)
{
	struct i2n_ptable *table;
	int rc = i2n_ptable_read(card, 512, NULL, &table, err);

	if (rc)
		return rc;
	if (table->n_parts == 1)
		rc = i2n_source_slice(card, table->parts[0].start, table->parts[0].size, ret, err);
	else
		rc = i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0, "the table shows %u partitions",
			      table->n_parts);
	i2n_ptable_free(table);
	return rc;
}

static int prove_fat(struct compare *c, struct i2n_source *part, struct i2n_err *err)
{
	const struct i2n_digests_opts opts = { .max_size = UINT64_MAX, .stop = signals_stop() };
	struct i2n_fat *fat;
	int rc = i2n_fat_open(part, &c->notes, &fat, err);

	if (rc)
		return rc;
	rc = i2n_fat_tree(fat, &c->tree, err);
	if (!rc)
		rc = i2n_digests_make(c->tree, i2n_fat_reader(fat), &opts, NULL, &c->got, err);
	if (!rc)
		rc = compare_all(c, back_of_card, err);
	i2n_digests_release(&c->got);
	i2n_tree_free(c->tree);
	i2n_fat_free(fat);
	return rc;
}

static int prove_card(struct compare *c, struct i2n_err *err)
{
	struct i2n_source *card = NULL, *part = NULL;
	int rc = i2n_source_open_file(c->r->dest, &card, err);

	if (!rc)
		rc = find_partition(card, &part, err);
	if (!rc)
		rc = prove_fat(c, part, err);
	i2n_source_free(part);
	i2n_source_free(card);
	return rc;
}

/* --- all --- */

static int prove_nfs(struct compare *c, struct i2n_err *err)
{
	const struct boot_args *a = c->args;
	const struct proof_args args = {
		.url = &c->r->url, .nfs = a->nfs, .tree = c->r->tree, .reader = c->r->reader,
		.digests = &c->want, .report = a->report, .progress = a->progress,
		.silent = a->silent, .others = true, .prefix = BOOT_PREFIX,
	};

	return proof_verify(&args, &c->r->proof, err);
}

int boot_prove(struct boot_run *r, const struct boot_args *args, struct i2n_err *err)
{
	const struct i2n_digests_opts opts = { .max_size = UINT64_MAX, .stop = signals_stop() };
	struct verify_told told = { .report = args->report, .silent = args->silent,
				    .prefix = BOOT_PREFIX };
	struct compare c = { .r = r, .args = args, .notes = { verify_note, &told } };
	int64_t start = progress_now_ms();
	int rc;

	if (!r->complete)
		return I2N_OK;
	r->proof.ran = true;
	rc = i2n_digests_make(r->tree, r->reader, &opts, NULL, &c.want, err);
	if (!rc)
		rc = r->kind == BOOT_NFS ? prove_nfs(&c, err) :
		     r->kind == BOOT_DIR ? prove_dir(&c, err) : prove_card(&c, err);
	r->proof.ms = (uint64_t)(progress_now_ms() - start);
	i2n_digests_release(&c.want);
	if (rc)
		i2n_err_wrap(err, "boot files, read back");
	return rc ? I2N_FATAL : I2N_OK;
}
