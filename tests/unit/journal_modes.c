/* --journal replay, ignore and fail, and a journal on another device: status, notes and hints. */
#include "t.h"

#include "ext4/journal.h"

static char notes_text[4096];

static void on_note(void *ctx, const struct i2n_note *note)
{
	size_t n = strlen(notes_text);

	(void)ctx;
	(void)snprintf(notes_text + n, sizeof(notes_text) - n, "%s %s: %s\n",
		       note->kind == I2N_NOTE_WARN ? "warn" : "other", note->cls, note->text);
}

static const struct i2n_notes notes = { .fn = on_note };

static int replay(const char *path, enum i2n_journal_mode mode, const char *device,
		  struct journal_replay *r, struct i2n_err *err)
{
	struct i2n_fs_opts opts = { .journal = mode };
	struct i2n_source *src;
	int rc;

	notes_text[0] = '\0';
	*err = (struct i2n_err){ .msg = "" };
	if (i2n_source_open_file(path, &src, err) != I2N_OK ||
	    (device && i2n_source_open_file(device, &opts.journal_device, err) != I2N_OK))
		return -99;
	rc = journal_replay(src, NULL, &opts, &notes, r, err);
	journal_release(&(struct journal_replay){ .overlay = r->overlay, .fast = r->fast });
	i2n_source_free(opts.journal_device);
	i2n_source_free(src);
	return rc;
}

static int sh(const char *command)
{
	return system(command);
}

/* debugfs writes the time of the commit in the wrong bytes: put 2001-09-09 where the kernel
 * would. */
static void date_commit(const char *path)
{
	static const unsigned char header[12] = { 0xc0, 0x3b, 0x39, 0x98, 0, 0, 0, 2, 0, 0, 0, 1 };
	static const unsigned char when[8] = { 0, 0, 0, 0, 0x3b, 0x9a, 0xca, 0 };
	unsigned char block[1024];
	FILE *f = fopen(path, "r+b");
	long blk;

	for (blk = 0; f && fread(block, sizeof(block), 1, f) == 1; blk++) {
		if (memcmp(block, header, sizeof(header)))
			continue;
		T_EQ(fseek(f, blk * 1024 + 48, SEEK_SET), 0);
		T_EQ(fwrite(when, sizeof(when), 1, f), 1);
		break;
	}
	T_OK(f && !fclose(f));
}

static void internal(void)
{
	struct journal_replay r;
	struct i2n_err err;

	T_EQ(replay("img", I2N_JOURNAL_REPLAY, NULL, &r, &err), I2N_OK);
	T_EQ(r.transactions, 1);
	T_EQ(r.blocks, 2);
	T_HAS(notes_text, "replayed 1 transaction of the journal in memory: 2 blocks");
	date_commit("img");
	T_EQ(replay("img", I2N_JOURNAL_IGNORE, NULL, &r, &err), I2N_OK);
	T_EQ(r.blocks, 0);
	T_HAS(notes_text, "warn journal: the journal is ignored: 1 transaction left out, ");
	T_HAS(notes_text, "the last one committed 2001-09-09 01:46:40 UTC, ");
	T_HAS(notes_text, " days ago\n");
	T_EQ(replay("img", I2N_JOURNAL_FAIL, NULL, &r, &err), I2N_FATAL);
	T_HAS(err.msg, "its journal has to be replayed");
	T_HAS(err.hint, "--journal replay");
}

/* The kernel throws away the log of a file system that does not ask for recovery. */
static void discarded(void)
{
	struct journal_replay r;
	struct i2n_err err;

	T_EQ(sh("cp img clean && debugfs -w -R 'feature -needs_recovery' clean >log 2>&1"), 0);
	T_EQ(replay("clean", I2N_JOURNAL_REPLAY, NULL, &r, &err), I2N_OK);
	T_EQ(r.blocks, 0);
	T_HAS(notes_text, "does not ask for its replay: 1 transaction left out");
	T_EQ(replay("clean", I2N_JOURNAL_FAIL, NULL, &r, &err), I2N_OK);
}

/* Where a read unpacks all that is around it, that is told later. */
static void discarded_later(void)
{
	struct i2n_fs_opts opts = { .journal = I2N_JOURNAL_REPLAY };
	unsigned char sb[1024];
	struct journal_replay r;
	struct i2n_source *src;
	struct i2n_err err;

	notes_text[0] = '\0';
	T_EQ(i2n_source_open_file("clean", &src, &err), I2N_OK);
	src->by_block = true;
	T_EQ(i2n_source_pread(src, sb, sizeof(sb), 1024, &err), I2N_OK);
	T_EQ(journal_replay(src, sb, &opts, &notes, &r, &err), I2N_OK);
	T_STR(notes_text, "");
	T_OK(r.look_later);
	T_EQ(journal_look(src, sb, &opts, &notes, &err), I2N_OK);
	T_HAS(notes_text, "does not ask for its replay: 1 transaction left out");
	i2n_source_free(src);
}

static void external(void)
{
	struct journal_replay r;
	struct i2n_err err;

	T_EQ(sh("mke2fs -q -F -b 1024 -O journal_dev,^metadata_csum jdev 4096 >log 2>&1"), 0);
	T_EQ(sh("mke2fs -q -F -b 1024 -O journal_dev,^metadata_csum other 4096 >log 2>&1"), 0);
	/* The device is given by its UUID; nothing looks for it here. */
	T_EQ(sh("u=$(dumpe2fs -h jdev 2>/dev/null | sed -n 's/.*UUID: *//p' | head -1);"
		"mke2fs -q -F -b 1024 -O ^has_journal,^metadata_csum ext 16384 >log 2>&1 &&"
		"debugfs -w -R \"ssv journal_uuid $u\" ext >>log 2>&1 &&"
		"debugfs -w -R 'ssv journal_dev 0x700' ext >>log 2>&1 &&"
		"debugfs -w -R 'feature has_journal needs_recovery' ext >>log 2>&1"), 0);
	T_EQ(replay("ext", I2N_JOURNAL_REPLAY, NULL, &r, &err), I2N_FATAL);
	T_HAS(err.msg, "it is on another device, UUID ");
	T_HAS(err.hint, "--journal-device PATH");
	T_EQ(replay("ext", I2N_JOURNAL_REPLAY, "other", &r, &err), I2N_FATAL);
	T_HAS(err.msg, "its UUID is ");
	T_EQ(replay("ext", I2N_JOURNAL_REPLAY, "img", &r, &err), I2N_FATAL);
	T_HAS(err.msg, "it is not a journal device");
	T_EQ(replay("ext", I2N_JOURNAL_REPLAY, "jdev", &r, &err), I2N_OK);
	T_STR(err.msg, "");
}

int main(void)
{
	if (sh("mke2fs -q -F -b 1024 -J size=1 -O ^metadata_csum img 16384 >log 2>&1 &&"
	       "printf 'jo\njw -b 5000,5001 /dev/zero\njc\n' |"
	       "debugfs -w -f - img >log 2>&1"))
		return t_skip("mke2fs or debugfs cannot make the image");
	internal();
	discarded();
	discarded_later();
	external();
	return t_end();
}
