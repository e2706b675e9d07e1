/* A directory as a destination: what is there stays, files are replaced whole under their names,
 * symlinks in the way are replaced and never followed, and what cannot be is told. */
#define _XOPEN_SOURCE 700
#include "img2nfs/engine.h"
#include "t.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The tree: file "a", directory "d" with "b", and symlink "l" -> "a". Content is the name. */
static struct i2n_inode inodes[5] = {
	{ .mode = 040755, .dir = { 0, 3 }, .first_dirent = I2N_NONE },
	{ .mode = 0100755, .size = 5, .first_dirent = 0, .links = 1, .data = 'a' },
	{ .mode = 040750, .dir = { 3, 1 }, .first_dirent = 1, .links = 1 },
	{ .mode = 0120777, .size = 1, .first_dirent = 2, .links = 1 },
	{ .mode = 0104600, .size = 5, .first_dirent = 3, .links = 1, .data = 'b' },
};
static struct i2n_dirent dirents[4] = { { 0, 1, 0 }, { 0, 2, 2 }, { 0, 3, 4 }, { 2, 4, 6 } };
static unsigned char names[] = "\1a\1d\1l\1b";
static struct i2n_tree tree = { inodes, 5, dirents, 4, names, 8, 0 };

struct i2n_file {
	const struct i2n_inode *in;
	uint64_t pos;
};

static int fake_open(struct i2n_reader *r, const struct i2n_inode *in, struct i2n_file **ret,
		     struct i2n_err *err)
{
	(void)r;
	(void)err;
	*ret = calloc(1, sizeof(**ret));
	(*ret)->in = in;
	return I2N_OK;
}

/* A byte, a hole, and the rest. */
static int fake_next(struct i2n_file *f, uint64_t max, struct i2n_range *ret, struct i2n_err *err)
{
	(void)max;
	(void)err;
	*ret = f->pos ? (struct i2n_range){ 3, 2, 0 } : (struct i2n_range){ 0, 1, 0 };
	return f->pos++ < 2 ? I2N_OK : I2N_END;
}

static int fake_read(struct i2n_file *f, void *buf, size_t len, uint64_t off, struct i2n_err *err)
{
	(void)off;
	(void)err;
	memset(buf, (int)f->in->data, len);
	return I2N_OK;
}

static void fake_close(struct i2n_file *f)
{
	free(f);
}

static int fake_readlink(struct i2n_reader *r, const struct i2n_inode *in, void *buf, size_t cap,
			 struct i2n_err *err)
{
	(void)r;
	(void)in;
	(void)cap;
	(void)err;
	memcpy(buf, "a", 1);
	return I2N_OK;
}

static uint64_t fake_where(const struct i2n_reader *r, const struct i2n_inode *in)
{
	(void)r;
	(void)in;
	return 0;
}

static void fake_willneed(struct i2n_reader *r, const struct i2n_inode *in)
{
	(void)r;
	(void)in;
}

static const struct i2n_reader_ops fake_ops = { .open = fake_open,	   .next = fake_next,
						.read = fake_read,	   .close = fake_close,
						.readlink = fake_readlink, .where = fake_where,
						.willneed = fake_willneed };
static struct i2n_reader reader = { .ops = &fake_ops };
static char told[1000];

static void on_note(void *ctx, const struct i2n_note *note)
{
	(void)ctx;
	if (note->kind == I2N_NOTE_FAILED)
		snprintf(told, sizeof(told), "%s", note->text);
}

static uint64_t store(const char *dir, const char *below)
{
	struct i2n_notes notes = { .fn = on_note };
	struct i2n_sink_env env = { &tree, &reader, &notes };
	struct i2n_engine_opts opts = { .root_later = true };
	struct i2n_progress at;
	struct i2n_plan *plan;
	struct i2n_sink *sink;
	struct i2n_err err = { 0 };

	told[0] = '\0';
	if (i2n_sink_open_dir(dir, below, &env, &sink, &err) ||
	    i2n_plan_make(&tree, &reader, sink->caps, &notes, &plan, &err)) {
		snprintf(told, sizeof(told), "%s", err.msg);
		return UINT64_MAX;
	}
	T_EQ(i2n_engine_run(plan, &reader, sink, &notes, &opts, &at, &err), I2N_OK);
	T_EQ(i2n_sink_finish(sink, &err), I2N_OK);
	i2n_plan_free(plan);
	i2n_sink_free(sink);
	return at.failed;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		perror(path);
}

static const char *content(const char *path)
{
	static char buf[64];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(buf, 1, sizeof(buf) - 1, f) : 0;

	if (f)
		(void)fclose(f);	/* only read from */
	for (size_t i = 0; i < n; i++)
		if (!buf[i])
			buf[i] = '.';
	buf[n] = '\0';
	return buf;
}

static bool is_clean(const char *dir)
{
	char cmd[200];

	snprintf(cmd, sizeof(cmd), "! find %s -name '.img2nfs*' | grep -q .", dir);
	return system(cmd) == 0;
}

int main(void)
{
	struct stat st;
	char target[8] = "";

	inodes[1].mtime = i2n_time_pack((struct i2n_time){ 1700000000, 0 });
	(void)mkdir("old", 0755);
	put("old/stays", "mine");
	put("old/a", "longer than before");
	put("outside", "outside");
	(void)symlink("../outside", "old/l");
	T_EQ(store("old", NULL), 0);
	T_STR(content("old/stays"), "mine");
	T_STR(content("old/a"), "a..aa");
	T_STR(content("old/d/b"), "b..bb");
	T_STR(content("outside"), "outside");
	T_EQ(readlink("old/l", target, sizeof(target)), 1);
	T_EQ(stat("old/a", &st), 0);
	T_EQ(st.st_mtime, 1700000000);
	T_EQ(st.st_mode & 07777, 0755);
	T_EQ(stat("old/d/b", &st), 0);
	T_EQ(st.st_mode & 07777, 0600);	/* no set-user-ID */
	T_EQ(stat("old/d", &st), 0);
	T_EQ(st.st_mode & 07777, 0750);
	T_EQ(store("old", NULL), 0);	/* again */
	T_OK(is_clean("old"));

	T_EQ(store("new", "9ffefdef"), 0);
	T_STR(content("new/9ffefdef/d/b"), "b..bb");
	T_EQ(store("no/where", NULL), UINT64_MAX);
	T_HAS(told, "cannot create the directory 'no/where'");

	/* a symlink where a directory is wanted leads nowhere */
	(void)mkdir("elsewhere", 0755);
	(void)mkdir("trap", 0755);
	(void)symlink("../elsewhere", "trap/d");
	T_EQ(store("trap", NULL), 2);
	T_OK(access("elsewhere/b", F_OK));
	(void)symlink("../elsewhere", "trap/dc-a6-32-01-36-c2");
	T_EQ(store("trap", "dc-a6-32-01-36-c2"), UINT64_MAX);
	T_OK(access("elsewhere/a", F_OK));

	/* a directory where a file is wanted stays */
	(void)mkdir("busy", 0755);
	(void)mkdir("busy/a", 0755);
	T_EQ(store("busy", NULL), 1);
	T_HAS(told, "cannot replace 'a'");
	T_STR(content("busy/d/b"), "b..bb");
	T_OK(is_clean("busy"));
	return t_end();
}
