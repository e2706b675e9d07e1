/* dirdump.c - one line for each object below a directory, for `diff` between what a kernel mounted
 * and what arrived.
 *
 *	dirdump [-a] [-S] [-b] DIR
 *
 * Fields, separated by tabs and sorted by path: path (escaped), type, mode, uid, gid, size (regular
 * files, symlinks), mtime in ns, rdev, hard-link group (its first path), symlink target or a digest
 * of the content (see hash_data), bytes of data that are not holes. -a adds the atime. -S leaves
 * out the times of symlinks, which some servers cannot set. -b adds the allocated bytes, which
 * depend on the file system and are compared with some slack.
 *
 * Walks with openat(), so that paths longer than PATH_MAX are no matter. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#ifdef __linux__
#include <sys/sysmacros.h>
#endif
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#ifdef __APPLE__
#define st_mtim st_mtimespec
#define st_atim st_atimespec
#endif
#ifndef O_NOATIME
#define O_NOATIME 0
#endif

#define CHUNK 4096

struct object {
	char *path;		/* raw bytes, "." for the root */
	size_t path_len;
	struct stat st;
	char *tail;		/* target or digest, and data bytes */
	const char *group;	/* escaped first path, or NULL; shared by its group */
	char *own_group;	/* the same, in the first object of a group */
};

struct dump {
	bool atimes, no_symlink_times, blocks;
	struct object *objects;
	size_t n, cap;
};

static void fatal(const char *what, const char *path)
{
	fprintf(stderr, "dirdump: cannot %s %s: %s\n", what, path, strerror(errno));
	exit(1);
}

static void *must(void *p)
{
	if (!p)
		fatal("get", "memory");
	return p;
}

static char *escape(const char *s, size_t len)
{
	char *out = must(malloc(len * 4 + 1)), *p = out;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c <= ' ' || c >= 0x7f || c == '\\')
			p += sprintf(p, "\\%03o", c);
		else
			*p++ = (char)c;
	}
	*p = '\0';
	return out;
}

/* Hash what is not zero in [off, end), in steps of CHUNK, each with its offset: a hole and zeros
 * that were written are the same content, and a hole of a terabyte costs nothing. *done: chunks
 * before it are hashed already, as a chunk may have several blocks and holes between them. */
static void hash_data(XXH3_state_t *state, int fd, off_t off, off_t end, off_t *done,
		      const char *path)
{
	static const char zeros[CHUNK];
	char buf[CHUNK];

	for (off -= off % CHUNK; off < end; off += CHUNK) {
		uint64_t where = (uint64_t)off;
		ssize_t got;

		if (off < *done)
			continue;
		*done = off + CHUNK;
		got = pread(fd, buf, CHUNK, off);
		if (got < 0)
			fatal("read", path);
		if (!memcmp(buf, zeros, (size_t)got))
			continue;
		XXH3_128bits_update(state, &where, sizeof(where));
		XXH3_128bits_update(state, buf, (size_t)got);
	}
}

/* The next data at or after *off: true with [*off, *end). All of the file where the system cannot
 * tell. */
static bool next_data(int fd, off_t size, off_t *off, off_t *end)
{
	if (*off >= size)
		return false;
#ifdef SEEK_DATA
	off_t start = lseek(fd, *off, SEEK_DATA);

	if (start >= 0) {
		*off = start;
		*end = lseek(fd, start, SEEK_HOLE);
		return *end > start;
	}
	if (errno == ENXIO)
		return false;
#endif
	*end = size;
	return true;
}

static char *file_tail(int dir, const char *name, const struct object *o)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NOATIME);
	char *out = must(malloc(80));
	XXH3_state_t *state = must(XXH3_createState());
	XXH128_hash_t h;
	uint64_t data = 0;
	off_t off = 0, end, done = 0;

	if (fd < 0)
		fatal("open", o->path);
	XXH3_128bits_reset(state);
	/* first count, then read: to Linux, what was read of an unwritten extent is data from then
	 * on */
	for (; next_data(fd, o->st.st_size, &off, &end); off = end)
		data += (uint64_t)(end - off);
	for (off = 0; next_data(fd, o->st.st_size, &off, &end); off = end)
		hash_data(state, fd, off, end, &done, o->path);
	(void)close(fd);	/* only read from */
	h = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	snprintf(out, 80, "%016" PRIx64 "%016" PRIx64 "\tdata=%" PRIu64, (uint64_t)h.high64,
		 (uint64_t)h.low64, data);
	return out;
}

static char *link_tail(int dir, const char *name, const struct object *o)
{
	char target[65536];
	ssize_t len = readlinkat(dir, name, target, sizeof(target));

	if (len < 0)
		fatal("read the link", o->path);
	return escape(target, (size_t)len);
}

static void add(struct dump *d, int dir, const char *name, const char *path, size_t path_len)
{
	struct object *o;

	if (d->n == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 1024;
		d->objects = must(realloc(d->objects, d->cap * sizeof(*d->objects)));
	}
	o = &d->objects[d->n++];
	*o = (struct object){ .path_len = path_len, .path = must(malloc(path_len + 1)) };
	memcpy(o->path, path, path_len);
	o->path[path_len] = '\0';
	if (fstatat(dir, name, &o->st, AT_SYMLINK_NOFOLLOW))
		fatal("stat", o->path);
	if (S_ISREG(o->st.st_mode))
		o->tail = file_tail(dir, name, o);
	else if (S_ISLNK(o->st.st_mode))
		o->tail = link_tail(dir, name, o);
}

/* Recursive: a test tool for trees of our own making; each level holds one descriptor. */
static void walk(struct dump *d, int parent, const char *name, const char *path, size_t path_len)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!dir)
		fatal("open", path);
	while ((errno = 0, de = readdir(dir))) {
		size_t name_len = strlen(de->d_name), len = path_len + 1 + name_len;
		char *child;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		child = must(malloc(len + 1));
		memcpy(child, path, path_len);
		child[path_len] = '/';
		memcpy(child + path_len + 1, de->d_name, name_len + 1);
		add(d, fd, de->d_name, child, len);
		if (S_ISDIR(d->objects[d->n - 1].st.st_mode))
			walk(d, fd, de->d_name, child, len);
		free(child);
	}
	if (errno)
		fatal("list", path);
	(void)closedir(dir);
}

static int by_path(const void *va, const void *vb)
{
	const struct object *a = va, *b = vb;
	size_t min = a->path_len < b->path_len ? a->path_len : b->path_len;
	int c = memcmp(a->path, b->path, min);

	return c ? c : (a->path_len > b->path_len) - (a->path_len < b->path_len);
}

static int by_inode(const void *va, const void *vb)
{
	const struct object *a = *(struct object *const *)va, *b = *(struct object *const *)vb;

	if (a->st.st_ino != b->st.st_ino)
		return a->st.st_ino < b->st.st_ino ? -1 : 1;
	return by_path(a, b);
}

static void find_groups(struct dump *d)
{
	struct object **p = must(malloc(d->n * sizeof(*p)));
	size_t n = 0, i, j;

	for (i = 0; i < d->n; i++) {
		if (!S_ISDIR(d->objects[i].st.st_mode) && d->objects[i].st.st_nlink > 1)
			p[n++] = &d->objects[i];
	}
	qsort(p, n, sizeof(*p), by_inode);
	for (i = 0; i < n; i = j) {
		char *first = escape(p[i]->path, p[i]->path_len);

		p[i]->own_group = first;
		for (j = i; j < n && p[j]->st.st_ino == p[i]->st.st_ino; j++)
			p[j]->group = first;
	}
	free(p);
}

static char type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return '-';
	case S_IFDIR: return 'd';
	case S_IFLNK: return 'l';
	case S_IFCHR: return 'c';
	case S_IFBLK: return 'b';
	case S_IFIFO: return 'p';
	case S_IFSOCK: return 's';
	default: return '?';
	}
}

static void print_time(const char *what, const struct timespec *t)
{
	printf("\t%s=%" PRId64 ".%09ld", what, (int64_t)t->tv_sec, (long)t->tv_nsec);
}

static void print(const struct dump *d, const struct object *o)
{
	const struct stat *st = &o->st;
	char *path = escape(o->path, o->path_len);
	bool times = !(S_ISLNK(st->st_mode) && d->no_symlink_times);

	printf("%s\t%c\t%04o\t%u\t%u", path, type_letter(st->st_mode),
	       (unsigned)(st->st_mode & 07777),
	       (unsigned)st->st_uid, (unsigned)st->st_gid);
	if (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode))
		printf("\tsize=%" PRId64, (int64_t)st->st_size);
	if (times)
		print_time("mtime", &st->st_mtim);
	if (times && d->atimes)
		print_time("atime", &st->st_atim);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		printf("\trdev=%u:%u", (unsigned)major(st->st_rdev), (unsigned)minor(st->st_rdev));
	if (o->group)
		printf("\tgroup=%s", o->group);
	if (o->tail)
		printf("\t%s", o->tail);
	if (d->blocks)
		printf("\talloc=%" PRId64, (int64_t)st->st_blocks * 512);
	putchar('\n');
	free(path);
}

static void release(struct dump *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->objects[i].path);
		free(d->objects[i].tail);
		free(d->objects[i].own_group);
	}
	free(d->objects);
}

int main(int argc, char **argv)
{
	struct dump d = { 0 };
	int opt;

	while ((opt = getopt(argc, argv, "aSb")) != -1) {
		switch (opt) {
		case 'a': d.atimes = true; break;
		case 'S': d.no_symlink_times = true; break;
		case 'b': d.blocks = true; break;
		default: return 2;
		}
	}
	if (optind != argc - 1) {
		fprintf(stderr, "usage: dirdump [-a] [-S] [-b] DIR\n");
		return 2;
	}
	add(&d, AT_FDCWD, argv[optind], ".", 1);
	walk(&d, AT_FDCWD, argv[optind], ".", 1);
	qsort(d.objects, d.n, sizeof(*d.objects), by_path);
	find_groups(&d);
	for (size_t i = 0; i < d.n; i++)
		print(&d, &d.objects[i]);
	release(&d);
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
