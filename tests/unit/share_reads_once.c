/* Several runs, each in its thread, read the same files: each byte is read from below once as long
 * as all go on in one order, whatever the sizes of their requests; a run that hangs, leaves or goes
 * another way costs reading again and nothing else; what is kept has its bound. */
#include "img2nfs/share.h"

#include "t.h"

#include <pthread.h>
#include <sched.h>

#define FILES 300u
#define RUNS 3u

/* A reader below: byte i of file ino is a function of both. */
static uint64_t size_of(uint32_t ino)
{
	return ino % 7 == 0 ? 3000000 + ino : (uint64_t)ino * 97 % 60000;
}

static unsigned char byte_at(uint32_t ino, uint64_t off)
{
	return (unsigned char)(ino * 31 + off * 7 + (off >> 11));
}

struct fake_file {
	uint32_t ino;
	uint64_t at;
};

static int fake_open(struct i2n_reader *r, const struct i2n_inode *in, struct i2n_file **ret,
		     struct i2n_err *err)
{
	struct fake_file *f = malloc(sizeof(*f));

	(void)r;
	(void)err;
	*f = (struct fake_file){ .ino = in->ino };
	*ret = (struct i2n_file *)(void *)f;
	return I2N_OK;
}

static int fake_next(struct i2n_file *file, uint64_t max, struct i2n_range *ret,
		     struct i2n_err *err)
{
	struct fake_file *f = (struct fake_file *)(void *)file;
	uint64_t size = size_of(f->ino);

	(void)err;
	if (f->at == size)
		return I2N_END;
	*ret = (struct i2n_range){ f->at, size - f->at < max ? size - f->at : max, 0 };
	f->at += ret->len;
	return I2N_OK;
}

static int fake_read(struct i2n_file *file, void *buf, size_t len, uint64_t off,
		     struct i2n_err *err)
{
	const struct fake_file *f = (const struct fake_file *)(void *)file;
	unsigned char *p = buf;

	(void)err;
	for (size_t i = 0; i < len; i++)
		p[i] = byte_at(f->ino, off + i);
	return I2N_OK;
}

static void fake_close(struct i2n_file *file)
{
	free(file);
}

static const struct i2n_reader_ops fake_ops = { .open = fake_open, .next = fake_next,
						.read = fake_read, .close = fake_close };

struct run {
	struct i2n_share *share;
	unsigned i, bad;
	size_t chunk;		/* of a request */
	bool in_order;
	bool late;		/* it begins when the others have met the limit */
	unsigned from, files;	/* where it begins, how many it reads */
	pthread_t thread;
};

static void read_file(struct run *r, struct i2n_reader *reader, uint32_t ino)
{
	const struct i2n_inode in = { .ino = ino, .size = size_of(ino) };
	unsigned char *buf = malloc(r->chunk);
	struct i2n_file *f;
	struct i2n_range range;
	struct i2n_err err;

	r->bad += reader->ops->open(reader, &in, &f, &err) != I2N_OK;
	while (!reader->ops->next(f, r->chunk, &range, &err)) {
		r->bad += reader->ops->read(f, buf, (size_t)range.len, range.off, &err) != I2N_OK;
		for (uint64_t i = 0; i < range.len; i += 61)
			r->bad += buf[i] != byte_at(ino, range.off + i);
	}
	reader->ops->close(f);
	free(buf);
}

/* Neighbours change places, differently in each run, as files wait for their directories. */
static void *run(void *arg)
{
	struct run *r = arg;
	struct i2n_reader *reader = i2n_share_reader(r->share, r->i);

	while (r->late && i2n_share_stats(r->share).max_kept <= I2N_SHARE_MAX)
		sched_yield();
	for (unsigned k = 0; k < r->files; k++) {
		unsigned at = r->from + k;

		if (!r->in_order)
			at = (at / (r->i + 1) * (r->i + 1) + r->i - at % (r->i + 1)) % FILES;
		read_file(r, reader, 1 + at);
	}
	i2n_share_leave(r->share, r->i);
	return NULL;
}

static struct i2n_share_stats play(const struct run *plan)
{
	struct i2n_reader below = { .ops = &fake_ops };
	struct i2n_share_stats stats;
	struct run runs[RUNS];
	struct i2n_share *share;
	struct i2n_err err;

	T_EQ(i2n_share_new(&below, RUNS, NULL, &share, &err), I2N_OK);
	for (unsigned i = 0; i < RUNS; i++) {
		runs[i] = plan[i];
		runs[i].share = share;
		runs[i].i = i;
		if (runs[i].files || !runs[i].chunk)
			T_EQ(pthread_create(&runs[i].thread, NULL, run, &runs[i]), 0);
	}
	for (unsigned i = 0; i < RUNS; i++)
		if (runs[i].files || !runs[i].chunk)
			pthread_join(runs[i].thread, NULL);
	for (unsigned i = 0; i < RUNS; i++)
		T_EQ(runs[i].bad, 0);
	stats = i2n_share_stats(share);
	i2n_share_free(share);
	T_OK(stats.max_kept <= I2N_SHARE_MAX + RUNS * (1u << 20));
	return stats;
}

int main(void)
{
	/* FILES is a multiple of 1, 2 and 3: all read all */
	static const struct run same[RUNS] = { { .chunk = 1 << 20, .files = FILES, .in_order = true },
					       { .chunk = 65536, .files = FILES, .in_order = true },
					       { .chunk = 100000, .files = FILES, .in_order = true } };
	/* one comes late and takes small parts of what is kept: it does not wait, so nothing goes */
	static const struct run late[RUNS] = { { .chunk = 1 << 20, .files = FILES, .in_order = true },
					       { .chunk = 65536, .files = FILES, .in_order = true,
						 .late = true },
					       { .chunk = 100000, .files = FILES, .in_order = true } };
	/* nearly so: whether those who are ahead meet the limit at once is up to the scheduler */
	static const struct run nearly[RUNS] = { { .chunk = 1 << 20, .files = FILES },
						 { .chunk = 65536, .files = FILES },
						 { .chunk = 100000, .files = FILES } };
	/* one of them reads little, then leaves; it is not missed */
	static const struct run leaves[RUNS] = { { .chunk = 1 << 20, .files = FILES },
						 { .chunk = 65536, .files = 10 },
						 { .chunk = 1 << 20, .files = FILES } };
	/* one never reads and never leaves, as one whose server does not answer */
	static const struct run hangs[RUNS] = { { .chunk = 1 << 20, .files = FILES },
						{ .chunk = 1 },
						{ .chunk = 1 << 20, .files = FILES } };
	/* they begin at different places and meet */
	static const struct run crossed[RUNS] = { { .chunk = 1 << 20, .files = FILES },
						  { .chunk = 1 << 20, .from = 120, .files = FILES },
						  { .chunk = 1 << 20, .from = 210, .files = FILES } };
	struct i2n_share_stats s;
	uint64_t all = 0;

	for (uint32_t ino = 1; ino <= FILES; ino++)
		all += size_of(ino);
	T_OK(all > I2N_SHARE_MAX);
	s = play(same);
	T_EQ(s.bytes_read, all);
	T_EQ(s.bytes_given, 3 * all);
	s = play(late);
	T_EQ(s.bytes_read, all);
	s = play(nearly);
	T_OK(s.bytes_read >= all && s.bytes_read <= 2 * all);
	T_EQ(s.bytes_given, 3 * all);
	s = play(leaves);
	T_OK(s.bytes_read >= all && s.bytes_read <= 2 * all);
	s = play(hangs);
	T_OK(s.bytes_read >= all && s.bytes_read <= 2 * all);
	s = play(crossed);
	T_OK(s.bytes_read >= all && s.bytes_read <= 3 * all);
	T_EQ(s.bytes_given, 3 * all);
	return t_end();
}
