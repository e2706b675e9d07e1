/* slowdisk.c - a file that reads like a slow disk, to measure with a cold page cache.
 *
 *	slowdisk [-r BYTES_PER_S] [-s SEEK_US] IMAGE FOLDER
 *
 * Mounts a file system with one file, FOLDER/image, whose reads go to IMAGE and take as long as on a
 * disk with that rate (default 40 MB/s), one request at a time, and SEEK_US (default 1000) more when
 * a request does not begin where the one before ended; over a gap that takes less time to be read
 * than a seek, it reads on. The kernel caches and reads ahead as for any
 * file system. Goes on until FOLDER is unmounted, then prints what the disk was asked:
 *
 *	reads N seeks N bytes N
 *
 * Linux, root. Speaks the kernel's FUSE protocol itself, so that no library is needed.
 * Source: include/uapi/linux/fuse.h; Documentation/filesystems/fuse.rst. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define READ_MAX (1u << 20)
#define NODE_IMAGE 2

struct disk {
	int fuse, image;
	uint64_t size, rate, seek_us;
	uint64_t next;			/* where the last request ended */
	int64_t free_ns;		/* when the disk is done with it */
	uint64_t reads, seeks, bytes;
	char *buf;
};

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);	/* cannot fail with this clock */
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static uint64_t ns_of(const struct disk *d, uint64_t len)
{
	return len < (UINT64_C(1) << 34) ? len * 1000000000 / d->rate : UINT64_MAX;
}

static void take_time(struct disk *d, uint64_t off, uint64_t len)
{
	const uint64_t seek_ns = d->seek_us * 1000;
	int64_t now = now_ns();
	struct timespec t;

	d->free_ns = d->free_ns > now ? d->free_ns : now;
	if (off < d->next || ns_of(d, off - d->next) >= seek_ns) {
		d->free_ns += (int64_t)(off == d->next ? 0 : seek_ns);
		d->seeks += off != d->next;
	} else {
		d->free_ns += (int64_t)ns_of(d, off - d->next);
	}
	d->free_ns += (int64_t)ns_of(d, len);
	d->next = off + len;
	d->reads++;
	d->bytes += len;
	t = (struct timespec){ .tv_sec = d->free_ns / 1000000000,
			       .tv_nsec = d->free_ns % 1000000000 };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static void answer(struct disk *d, uint64_t unique, int error, const void *data, size_t len)
{
	struct fuse_out_header h = { .len = (uint32_t)(sizeof(h) + len), .error = -error,
				     .unique = unique };
	struct iovec v[2] = { { &h, sizeof(h) }, { (void *)(uintptr_t)data, len } };

	/* ENOENT: the request was interrupted */
	if (writev(d->fuse, v, len ? 2 : 1) < 0 && errno != ENOENT)
		perror("slowdisk: cannot answer");
}

static struct fuse_attr attr_of(const struct disk *d, uint64_t node)
{
	if (node == FUSE_ROOT_ID)
		return (struct fuse_attr){ .ino = node, .mode = S_IFDIR | 0755, .nlink = 2 };
	return (struct fuse_attr){ .ino = node, .mode = S_IFREG | 0444, .nlink = 1,
				   .size = d->size, .blocks = d->size / 512, .blksize = 4096 };
}

static void on_init(struct disk *d, const struct fuse_in_header *in, const struct fuse_init_in *arg)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = arg->max_readahead, .max_write = 4096,
		.flags = arg->flags & (FUSE_ASYNC_READ | FUSE_MAX_PAGES),
		.max_pages = READ_MAX / 4096, .max_background = 64, .congestion_threshold = 48,
	};

	answer(d, in->unique, 0, &out, sizeof(out));
}

static void on_read(struct disk *d, const struct fuse_in_header *in, const struct fuse_read_in *arg)
{
	size_t len = arg->size < READ_MAX ? arg->size : READ_MAX;
	ssize_t n = pread(d->image, d->buf, len, (off_t)arg->offset);

	if (n > 0)
		take_time(d, arg->offset, (uint64_t)n);
	answer(d, in->unique, n < 0 ? errno : 0, d->buf, n > 0 ? (size_t)n : 0);
}

static void serve_one(struct disk *d, const struct fuse_in_header *in)
{
	const void *arg = in + 1;
	struct fuse_entry_out entry = { .nodeid = NODE_IMAGE, .entry_valid = 3600,
					.attr_valid = 3600, .attr = attr_of(d, NODE_IMAGE) };
	struct fuse_attr_out attr = { .attr_valid = 3600, .attr = attr_of(d, in->nodeid) };
	struct fuse_open_out opened = { .open_flags = FOPEN_KEEP_CACHE };
	struct fuse_statfs_out st = { .st = { .bsize = 4096, .namelen = 255 } };

	switch (in->opcode) {
	case FUSE_INIT:
		on_init(d, in, arg);
		break;
	case FUSE_LOOKUP:
		answer(d, in->unique, strcmp(arg, "image") ? ENOENT : 0, &entry,
		       strcmp(arg, "image") ? 0 : sizeof(entry));
		break;
	case FUSE_GETATTR:
		answer(d, in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(d, in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		on_read(d, in, arg);
		break;
	case FUSE_STATFS:
		answer(d, in->unique, 0, &st, sizeof(st));
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_DESTROY:
	case FUSE_ACCESS:
		answer(d, in->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;		/* no answer is expected */
	default:
		answer(d, in->unique, ENOSYS, NULL, 0);
	}
}

static int serve(struct disk *d)
{
	static union {
		struct fuse_in_header in;
		char bytes[FUSE_MIN_READ_BUFFER + 4096];
	} req;

	for (;;) {
		ssize_t n = read(d->fuse, &req, sizeof(req));

		if (n >= (ssize_t)sizeof(req.in))
			serve_one(d, &req.in);
		else if (n < 0 && errno == ENODEV)
			return 0;	/* unmounted */
		else if (n < 0 && errno != EINTR && errno != ENOENT && errno != EAGAIN)
			return 1;
	}
}

static int fail(const char *what)
{
	fprintf(stderr, "slowdisk: cannot %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct disk d = { .rate = 40000000, .seek_us = 1000, .next = 0 };
	struct stat st;
	char opts[128];
	int c, rc;

	while ((c = getopt(argc, argv, "r:s:")) != -1) {
		if (c == 'r')
			d.rate = strtoull(optarg, NULL, 10);
		else if (c == 's')
			d.seek_us = strtoull(optarg, NULL, 10);
		else
			return 2;
	}
	if (optind != argc - 2 || !d.rate) {
		fprintf(stderr, "usage: slowdisk [-r BYTES_PER_S] [-s SEEK_US] IMAGE FOLDER\n");
		return 2;
	}
	d.image = open(argv[optind], O_RDONLY);
	if (d.image < 0 || fstat(d.image, &st))
		return fail("open the image");
	d.size = (uint64_t)st.st_size;
	d.buf = malloc(READ_MAX);
	d.fuse = open("/dev/fuse", O_RDWR);
	if (!d.buf || d.fuse < 0)
		return fail("open /dev/fuse");
	(void)snprintf(opts, sizeof(opts), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,"
		       "max_read=%u", d.fuse, READ_MAX);
	if (mount("slowdisk", argv[optind + 1], "fuse", MS_RDONLY | MS_NOSUID | MS_NODEV, opts))
		return fail("mount");
	rc = serve(&d);
	printf("reads %" PRIu64 " seeks %" PRIu64 " bytes %" PRIu64 "\n", d.reads, d.seeks, d.bytes);
	return rc ? fail("read a request") : 0;
}
