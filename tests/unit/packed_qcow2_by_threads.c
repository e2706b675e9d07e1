/* The compressed clusters of a qcow2 disk are unpacked by several threads at a time, each block of
 * 1 MiB once; those that are not compressed are read from the file, and nothing is unpacked for
 * them. A source that is for one thread is read by that one alone. */
#define _POSIX_C_SOURCE 200809L
#include "packed/packed_own.h"

#include "packed_image.h"

#include <pthread.h>
#include <time.h>

#define BLOCKS 8u
#define SIZE (BLOCKS * DATA_SIZE)
#define CLUSTER ((size_t)64 << 10)

/* The file's bytes; counts the threads that ask. */
struct counted {
	struct i2n_source src;
	const unsigned char *bytes;
	pthread_t reader;
	bool meet;		/* who comes first waits for another one */
	pthread_mutex_t mutex;
	pthread_cond_t met;
	pthread_t seen[BLOCKS];
	unsigned others;	/* threads that came, besides the reader */
};

/* With the mutex held. */
static void remember(struct counted *c, pthread_t thread)
{
	for (unsigned i = 0; i < c->others; i++)
		if (pthread_equal(c->seen[i], thread))
			return;
	if (c->others < BLOCKS)
		c->seen[c->others++] = thread;
	pthread_cond_broadcast(&c->met);
}

static int counted_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
			 struct i2n_err *err)
{
	struct counted *c = (struct counted *)src;
	struct timespec end;

	(void)err;
	memcpy(buf, c->bytes + off, len);
	if (pthread_equal(pthread_self(), c->reader))
		return I2N_OK;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 120;	/* only when there is no other one: the test has failed then */
	pthread_mutex_lock(&c->mutex);
	remember(c, pthread_self());
	while (c->meet && c->others < 2 && !pthread_cond_timedwait(&c->met, &c->mutex, &end))
		;
	pthread_mutex_unlock(&c->mutex);
	return I2N_OK;
}

static const struct i2n_source_ops counted_ops = { .name = "counted", .pread = counted_pread };

static struct i2n_source *open_counted(struct counted *c, bool any_thread)
{
	static struct i2n_image_opts opts;
	struct i2n_source *src = NULL;
	struct i2n_err err = { 0 };
	size_t len;

	opts.threads = 2;
	*c = (struct counted){ .bytes = load_file("x.qcow2", &len), .reader = pthread_self() };
	c->src = (struct i2n_source){ .ops = &counted_ops, .size = len, .name = "'x.qcow2'",
				      .any_thread = any_thread };
	pthread_mutex_init(&c->mutex, NULL);
	pthread_cond_init(&c->met, NULL);
	T_EQ(packed_random_open("qcow2", &c->src, &opts, &src, &err), I2N_OK);
	return src;
}

static void close_counted(struct counted *c, struct i2n_source *src)
{
	i2n_source_free(src);
	pthread_cond_destroy(&c->met);
	pthread_mutex_destroy(&c->mutex);
	free((void *)(uintptr_t)c->bytes);
}

/* Twice, as a run announces it. */
static void read_in_order(struct i2n_source *src, const unsigned char *want)
{
	unsigned char *buf = malloc(DATA_SIZE);
	struct i2n_err err = { 0 };

	for (unsigned i = 0; buf && i < 2 * BLOCKS; i++) {
		const size_t off = i % BLOCKS * DATA_SIZE;

		i2n_source_willneed(src, off, SIZE - off);
		T_EQ(i2n_source_pread(src, buf, DATA_SIZE, off, &err), I2N_OK);
		T_MEM(buf, want + off, DATA_SIZE);
	}
	free(buf);
}

static void by_threads(const unsigned char *want)
{
	struct counted c;
	struct i2n_source *src = open_counted(&c, true);

	if (!src)
		return;
	T_EQ(src->stats.n_blocks, BLOCKS);
	T_OK(src->by_block && src->ahead >= DATA_SIZE);
	c.meet = true;
	read_in_order(src, want);
	T_EQ(src->stats.blocks, BLOCKS);
	T_EQ(c.others, 2);
	close_counted(&c, src);
}

static void by_one(const unsigned char *want)
{
	struct counted c;
	struct i2n_source *src = open_counted(&c, false);

	if (!src)
		return;
	read_in_order(src, want);
	T_EQ(src->stats.blocks, BLOCKS);
	T_EQ(c.others, 0);
	close_counted(&c, src);
}

/* Cluster 17 is written again, which qemu does without compression. */
static void plain_among_them(unsigned char *want)
{
	const size_t at = 17 * CLUSTER;
	struct i2n_source *src;
	struct i2n_err err = { 0 };
	struct counted c;
	unsigned char *buf;

	if (!sh("qemu-io -c 'write -P 7 1088k 64k' x.qcow2"))
		return;
	memset(want + at, 7, CLUSTER);
	src = open_counted(&c, true);
	buf = malloc(CLUSTER);
	if (!src || !buf)
		return;
	T_EQ(i2n_source_pread(src, buf, CLUSTER, at, &err), I2N_OK);
	T_MEM(buf, want + at, CLUSTER);
	T_EQ(src->stats.blocks, 0);
	free(buf);
	read_in_order(src, want);
	T_EQ(src->stats.blocks, BLOCKS);
	close_counted(&c, src);
}

int main(void)
{
	static const char *const types[] = { "zlib", "zstd" };
	unsigned char *data = make_data(), *raw = malloc(SIZE);
	char cmd[200];

	if (!I2N_PACKED)
		return t_skip("built without compressed images");
	if (!sh("command -v qemu-img >/dev/null"))
		return t_skip("qemu-img is not installed");
	for (size_t i = 0; raw && data && i < SIZE; i++)
		raw[i] = (unsigned char)(data[i % DATA_SIZE] ^ i / DATA_SIZE);
	for (unsigned i = 0; raw && i < 2; i++) {
		save_file("raw", raw, SIZE);
		snprintf(cmd, sizeof(cmd), "qemu-img convert -f raw -O qcow2 -c "
			 "-o compression_type=%s raw x.qcow2", types[i]);
		printf("%s\n", cmd);
		T_OK(sh(cmd));
		by_threads(raw);
		by_one(raw);
		plain_among_them(raw);
	}
	free(raw);
	free(data);
	return t_end();
}
