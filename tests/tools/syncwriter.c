/* syncwriter.c - what libnfs' own synchronous calls do with the files of a directory, for
 * `make bench`: each call waits for its replies.
 *
 *	syncwriter [-a ADDRESS] [-n FILES] DIR NFSPORT MOUNTPORT EXPORT NAME
 *
 * Stores at most FILES regular files of DIR and of what is below it as NAME/1, NAME/2, ... in
 * EXPORT at ADDRESS (127.0.0.1), each with
 *	nfs_creat, nfs_pwrite of 1 MiB at most until all is written, nfs_fsync when it took several,
 *	nfs_close, nfs_chown, nfs_chmod, nfs_utimes
 * and prints a line
 *	seconds S files N bytes N
 * of the time after mounting. Contents are in memory (mapped) before. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <nfsc/libnfs.h>

#ifdef LIBNFS_API_V2
#define PWRITE(fh, buf, len, off) nfs_pwrite(nfs, (fh), (buf), (len), (off))
#else
#define PWRITE(fh, buf, len, off) nfs_pwrite(nfs, (fh), (off), (len), (buf))
#endif

#define PIECE (1u << 20)

struct file { struct stat st; const char *data; };

static struct nfs_context *nfs;
static struct file *files;
static unsigned n_files, n_max = UINT32_MAX;

static void fatal(const char *what, const char *why)
{
	fprintf(stderr, "syncwriter: %s: %s\n", what, why);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int load(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct file *f;
	int fd;

	(void)ftw;
	if (type != FTW_F || !S_ISREG(st->st_mode) || !st->st_size || n_files == n_max)
		return 0;
	files = realloc(files, (n_files + 1) * sizeof(*files));
	fd = open(path, O_RDONLY | O_NOATIME);
	if (!files || fd < 0)
		fatal(path, "cannot be read");
	f = &files[n_files++];
	f->st = *st;
	f->data = mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (f->data == MAP_FAILED)
		fatal(path, "cannot be mapped");
	close(fd);
	return 0;
}

static void check(int rc, const char *what)
{
	if (rc < 0)
		fatal(what, nfs_get_error(nfs));
}

static void store(const struct file *f, const char *path)
{
	struct timeval times[2] = { { f->st.st_atim.tv_sec, f->st.st_atim.tv_nsec / 1000 },
				    { f->st.st_mtim.tv_sec, f->st.st_mtim.tv_nsec / 1000 } };
	uint64_t off = 0, size = (uint64_t)f->st.st_size;
	struct nfsfh *fh;

	check(nfs_creat(nfs, path, (int)(f->st.st_mode & 07777), &fh), "creat");
	while (off < size) {
		uint64_t len = size - off < PIECE ? size - off : PIECE;
		int n = PWRITE(fh, f->data + off, len, off);

		check(n ? n : -1, "write");
		off += (uint64_t)n;
	}
	if (size > PIECE)
		check(nfs_fsync(nfs, fh), "fsync");
	check(nfs_close(nfs, fh), "close");
	check(nfs_chown(nfs, path, (int)f->st.st_uid, (int)f->st.st_gid), "chown");
	check(nfs_chmod(nfs, path, (int)(f->st.st_mode & 07777)), "chmod");
	check(nfs_utimes(nfs, path, times), "utimes");
}

int main(int argc, char **argv)
{
	const char *address = "127.0.0.1";
	unsigned long long bytes = 0;
	char text[4096];
	struct nfs_url *url;
	double begin;
	int c;

	while ((c = getopt(argc, argv, "a:n:")) != -1) {
		if (c == 'a')
			address = optarg;
		else if (c != 'n')
			return 2;
		else
			n_max = (unsigned)strtoul(optarg, NULL, 10);
	}
	argv += optind;
	if (argc - optind != 5) {
		fprintf(stderr, "usage: syncwriter [-a ADDRESS] [-n FILES] DIR NFSPORT MOUNTPORT EXPORT NAME\n");
		return 2;
	}
	if (nftw(argv[0], load, 64, FTW_PHYS))
		fatal(argv[0], "cannot be read");
	nfs = nfs_init_context();
	snprintf(text, sizeof(text), "nfs://%s%s?version=3&uid=0&gid=0&nfsport=%s"
		 "&mountport=%s", address, argv[3], argv[1], argv[2]);
	url = nfs ? nfs_parse_url_dir(nfs, text) : NULL;
	if (!url)
		fatal("url", text);
	check(nfs_mount(nfs, url->server, url->path), "mount");
	snprintf(text, sizeof(text), "/%s", argv[4]);
	check(nfs_mkdir(nfs, text), "mkdir");
	begin = now();
	for (unsigned i = 0; i < n_files; i++) {
		snprintf(text, sizeof(text), "/%s/%u", argv[4], i + 1);
		store(&files[i], text);
		bytes += (unsigned long long)files[i].st.st_size;
	}
	printf("seconds %.4f files %u bytes %llu\n", now() - begin, n_files, bytes);
	nfs_destroy_url(url);
	nfs_destroy_context(nfs);
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
