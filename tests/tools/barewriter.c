/* barewriter.c - the floor of `make bench`: the requests that a tree costs over NFSv3, sent from
 * memory as fast as libnfs and the server take them.
 *
 *	barewriter [-a ADDRESS] [-w WINDOW] [-b MIB] [-s KIB] [-n FILES] [-c] [-k CONNECTIONS]
 *		   DIR NFSPORT MOUNTPORT EXPORT NAME
 *
 * Reads DIR into memory, then stores it as NAME in EXPORT at ADDRESS, 127.0.0.1, and prints a line
 *	seconds S requests N bytes N objects N
 * of the time from the first connect to the last reply. The requests are those that img2nfs sends:
 *
 *	directory	MKDIR(mode, owner), when all children are done SETATTR(mode, times)
 *	symlink, node	one request with everything; further names of an inode LINK
 *	file		CREATE(mode, owner), WRITEs of data and not of holes, SETATTR(mode, times);
 *			one WRITE goes as FILE_SYNC, several UNSTABLE and a COMMIT. Without data
 *			the CREATE brings size and times.
 *
 * Nothing is checked (but that each reply says OK), nothing is sent again, and any trouble ends the
 * program. -w: requests in flight, 128; -b: file data in flight, 16 MiB; -s: largest WRITE, 1024
 * KiB; -n: so many files at most; -c: UNSTABLE and COMMIT also for one WRITE; -k: requests are
 * spread over so many connections, by file. Run it as root: it reads DIR and speaks as uid 0. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <nfsc/libnfs.h>
#include <nfsc/libnfs-raw.h>
#include <nfsc/libnfs-raw-mount.h>
#include <nfsc/libnfs-raw-nfs.h>

#ifdef LIBNFS_API_V2
#define NFS3(op, args) (rpc_nfs3_##op##_task(conn(n), on_reply, (args), n) != NULL)
#define CALL_MNT(rpc, path, cb) (rpc_mount3_mnt_task((rpc), (cb), (path), NULL) != NULL)
#else
#define NFS3(op, args) (rpc_nfs3_##op##_async(conn(n), on_reply, (args), n) >= 0)
#define CALL_MNT(rpc, path, cb) (rpc_mount3_mnt_async((rpc), (cb), (path), NULL) >= 0)
#endif

#define CONNECTIONS_MAX 16

struct range { uint64_t off, len; };

enum step { MAKE, WRITE, COMMIT, ATTRS };

struct node {
	struct node *parent, *next;	/* next: in a queue */
	struct node *children;		/* of a directory, by sibling */
	struct node *sibling;
	struct node *target;		/* a further name of this inode */
	struct node *names;		/* further names, by next, until the inode is stored */
	char *name, *symlink;
	struct stat st;
	const unsigned char *data;
	struct range *ranges;		/* of data */
	unsigned n_ranges, range;	/* range: the first that is not all sent */
	uint64_t sent;			/* of that one */
	unsigned out, pending;		/* WRITEs under way; children not done */
	enum step step;
	bool unstable, made, all_sent;
	unsigned conn_no;
	char fh[NFS3_FHSIZE];
	unsigned fh_len;
};

struct queue { struct node *head, *tail; };

static struct {
	const char *address;
	unsigned window, write_size, n_max, n_conns;
	uint64_t bytes_max;
	bool commit;
} opt = { .address = "127.0.0.1", .window = 128, .write_size = 1 << 20, .n_max = UINT32_MAX, .n_conns = 1,
	  .bytes_max = 16 << 20 };

static struct nfs_context *nfs[CONNECTIONS_MAX];
static struct node *root, **by_ino;
static size_t n_by_ino, n_objects, n_files;
static struct queue dirs, others, attrs, writers;
static unsigned in_flight, connected;
static uint64_t requests, bytes_in_flight, bytes, unfinished;
static bool mounted;

static void fatal(const char *what, const char *why)
{
	fprintf(stderr, "barewriter: %s: %s\n", what, why ? why : "failed");
	exit(1);
}

static void *need(void *p)
{
	if (!p)
		fatal("memory", "out of it");
	return p;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void put(struct queue *q, struct node *n)
{
	n->next = NULL;
	*(q->tail ? &q->tail->next : &q->head) = n;
	q->tail = n;
}

static struct node *take(struct queue *q)
{
	struct node *n = q->head;

	if (n && !(q->head = n->next))
		q->tail = NULL;
	return n;
}

/* ---- the tree in memory ---- */

static void find_ranges(struct node *n, int fd)
{
	off_t at = 0, hole;

	while (at < n->st.st_size && (at = lseek(fd, at, SEEK_DATA)) >= 0) {
		hole = lseek(fd, at, SEEK_HOLE);
		n->ranges = need(realloc(n->ranges, (n->n_ranges + 1) * sizeof(*n->ranges)));
		n->ranges[n->n_ranges++] = (struct range){ (uint64_t)at, (uint64_t)(hole - at) };
		at = hole;
	}
}

static void load_file(struct node *n, const char *path)
{
	size_t size = (size_t)n->st.st_size, got = 0;
	int fd = open(path, O_RDONLY | O_NOATIME);
	unsigned char *buf;

	if (fd < 0)
		fatal(path, "cannot be opened");
	find_ranges(n, fd);
	if (size > 1 << 20) {	/* the page cache is memory too */
		n->data = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (n->data == MAP_FAILED)
			fatal(path, "cannot be mapped");
	} else {
		buf = need(malloc(size ? size : 1));
		for (ssize_t r = 1; r > 0 && got < size; got += (size_t)(r > 0 ? r : 0))
			r = pread(fd, buf + got, size - got, (off_t)got);
		if (got < size)
			fatal(path, "cannot be read");
		n->data = buf;
	}
	close(fd);
}

static struct node *find_ino(const struct node *n)
{
	size_t i = (size_t)n->st.st_ino;

	if (i >= n_by_ino) {
		by_ino = need(realloc(by_ino, (i + 4096) * sizeof(*by_ino)));
		memset(by_ino + n_by_ino, 0, (i + 4096 - n_by_ino) * sizeof(*by_ino));
		n_by_ino = i + 4096;
	}
	if (!by_ino[i])
		by_ino[i] = (struct node *)(uintptr_t)n;
	return by_ino[i] == n ? NULL : by_ino[i];
}

static void load_dir(struct node *dir, const char *path);

static void load(struct node *n, const char *path)
{
	char target[4096];
	ssize_t len;

	n_objects++;
	if (S_ISDIR(n->st.st_mode)) {
		load_dir(n, path);
	} else if (n->st.st_nlink > 1 && (n->target = find_ino(n))) {
		return;
	} else if (S_ISREG(n->st.st_mode)) {
		n->conn_no = (unsigned)(n_files++ % opt.n_conns);
		load_file(n, path);
	} else if (S_ISLNK(n->st.st_mode)) {
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			fatal(path, "cannot be read");
		target[len] = '\0';
		n->symlink = need(strdup(target));
	}
}

/* Recursive: the trees are ours. */
static void load_dir(struct node *dir, const char *path)
{
	struct node **link = &dir->children;
	struct dirent *e;
	DIR *d = opendir(path);

	if (!d)
		fatal(path, "cannot be listed");
	while ((e = readdir(d)) && n_files < opt.n_max) {
		struct node *n;
		char *child;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		n = need(calloc(1, sizeof(*n)));
		if (asprintf(&child, "%s/%s", path, e->d_name) < 0 || lstat(child, &n->st))
			fatal(path, "cannot be read");
		n->name = need(strdup(e->d_name));
		n->parent = dir;
		*link = n;
		link = &n->sibling;
		dir->pending++;
		load(n, child);
		free(child);
	}
	closedir(d);
}

/* ---- requests ---- */

static struct rpc_context *conn(const struct node *n)
{
	return nfs_get_rpc_context(nfs[n->conn_no]);
}

static nfs_fh3 fh_of(const struct node *n)
{
	return (nfs_fh3){ .data = { n->fh_len, (char *)(uintptr_t)n->fh } };
}

static sattr3 sattr(const struct node *n, bool owner, bool size, bool times)
{
	sattr3 a;

	memset(&a, 0, sizeof(a));
	a.mode.set_it = 1;
	a.mode.set_mode3_u.mode = n->st.st_mode & 07777;
	a.uid.set_it = a.gid.set_it = owner;
	a.uid.set_uid3_u.uid = n->st.st_uid;
	a.gid.set_gid3_u.gid = n->st.st_gid;
	a.size.set_it = size;
	a.size.set_size3_u.size = (uint64_t)n->st.st_size;
	if (times) {
		a.atime.set_it = a.mtime.set_it = SET_TO_CLIENT_TIME;
		a.atime.set_atime_u.atime.seconds = (unsigned)n->st.st_atim.tv_sec;
		a.atime.set_atime_u.atime.nseconds = (unsigned)n->st.st_atim.tv_nsec;
		a.mtime.set_mtime_u.mtime.seconds = (unsigned)n->st.st_mtim.tv_sec;
		a.mtime.set_mtime_u.mtime.nseconds = (unsigned)n->st.st_mtim.tv_nsec;
	}
	return a;
}

static void on_reply(struct rpc_context *rpc, int status, void *data, void *priv);

static void sent(struct node *n, bool ok)
{
	if (!ok)
		fatal(n->name, rpc_get_error(conn(n)));
	in_flight++;
	requests++;
}

static void make(struct node *n)
{
	diropargs3 where = { .dir = fh_of(n->parent), .name = n->name };

	n->step = MAKE;
	if (n->target) {
		LINK3args a = { .file = fh_of(n->target), .link = where };

		sent(n, NFS3(link, &a));
	} else if (S_ISDIR(n->st.st_mode)) {
		MKDIR3args a = { .where = where, .attributes = sattr(n, true, false, false) };

		sent(n, NFS3(mkdir, &a));
	} else if (S_ISLNK(n->st.st_mode)) {
		SYMLINK3args a = { .where = where };

		a.symlink.symlink_attributes = sattr(n, true, false, true);
		a.symlink.symlink_data = n->symlink;
		sent(n, NFS3(symlink, &a));
	} else if (S_ISREG(n->st.st_mode)) {
		CREATE3args a = { .where = where };

		a.how.mode = GUARDED;
		a.how.createhow3_u.g_obj_attributes =
			sattr(n, true, !n->n_ranges && n->st.st_size, !n->n_ranges);
		sent(n, NFS3(create, &a));
	} else {
		MKNOD3args a = { .where = where };

		a.what.type = S_ISCHR(n->st.st_mode)  ? NF3CHR :
			      S_ISBLK(n->st.st_mode)  ? NF3BLK :
			      S_ISFIFO(n->st.st_mode) ? NF3FIFO :
							NF3SOCK;
		if (a.what.type == NF3CHR || a.what.type == NF3BLK) {
			a.what.mknoddata3_u.chr_device.dev_attributes = sattr(n, true, false, true);
			a.what.mknoddata3_u.chr_device.spec.specdata1 = major(n->st.st_rdev);
			a.what.mknoddata3_u.chr_device.spec.specdata2 = minor(n->st.st_rdev);
		} else {
			a.what.mknoddata3_u.pipe_attributes = sattr(n, true, false, true);
		}
		sent(n, NFS3(mknod, &a));
	}
}

/* One WRITE of n's data. */
static void write_one(struct node *n)
{
	const struct range *r = &n->ranges[n->range];
	uint64_t left = r->len - n->sent, off = r->off + n->sent;
	unsigned len = left < opt.write_size ? (unsigned)left : opt.write_size;
	WRITE3args a = { .file = fh_of(n), .offset = off, .count = len };
	uint64_t size = (uint64_t)n->st.st_size;

	if (off + len > size)	/* the last block reaches beyond the end */
		a.count = len = (unsigned)(size - off);
	n->step = WRITE;
	n->sent += len;
	if (n->sent == r->len || off + len == size) {
		n->range++;
		n->sent = 0;
	}
	n->all_sent = n->range == n->n_ranges;
	if (!n->out && !n->unstable && n->all_sent && !opt.commit)
		a.stable = FILE_SYNC;
	else
		n->unstable = true;
	a.data.data_len = len;
	a.data.data_val = (char *)(uintptr_t)(n->data + off);
	n->out++;
	bytes += len;
	bytes_in_flight += len;
	sent(n, NFS3(write, &a));
}

static void commit(struct node *n)
{
	COMMIT3args a = { .file = fh_of(n) };

	n->step = COMMIT;
	sent(n, NFS3(commit, &a));
}

static void set_attrs(struct node *n)
{
	bool grow = n->n_ranges && n->ranges[n->n_ranges - 1].off +
					   n->ranges[n->n_ranges - 1].len <
				   (uint64_t)n->st.st_size;
	SETATTR3args a = { .object = fh_of(n), .new_attributes = sattr(n, false, grow, true) };

	n->step = ATTRS;
	sent(n, NFS3(setattr, &a));
}

/* ---- what follows what ---- */

static void start_children(struct node *dir)
{
	for (struct node *n = dir->children; n; n = n->sibling) {
		if (n->target && !n->target->made) {
			n->next = n->target->names;
			n->target->names = n;
			continue;
		}
		put(S_ISDIR(n->st.st_mode) ? &dirs : &others, n);
	}
	if (!dir->pending)
		put(&attrs, dir);
}

static void done(struct node *n)
{
	struct node *link;

	unfinished--;
	while ((link = n->names)) {
		n->names = link->next;
		put(&others, link);
	}
	if (n->parent && !--n->parent->pending)
		put(&attrs, n->parent);
}

static void made(struct node *n, const nfs_fh3 *fh)
{
	if (fh) {
		n->fh_len = fh->data.data_len;
		memcpy(n->fh, fh->data.data_val, n->fh_len);
	}
	n->made = true;
	if (S_ISDIR(n->st.st_mode))
		start_children(n);
	else if (n->n_ranges)
		put(&writers, n);
	else
		done(n);
}

static void on_made(struct node *n, const void *data)
{
	/* handle and attributes lie alike in all four */
	const MKDIR3res *res = data;

	if (n->target)
		done(n);
	else
		made(n, &res->MKDIR3res_u.resok.obj.post_op_fh3_u.handle);
}

static void on_written(struct node *n, const WRITE3res *res)
{
	bytes_in_flight -= res->WRITE3res_u.resok.count;
	if (--n->out || !n->all_sent)
		return;
	if (n->unstable)
		commit(n);
	else
		set_attrs(n);
}

static void on_reply(struct rpc_context *rpc, int status, void *data, void *priv)
{
	struct node *n = priv;

	if (status != RPC_STATUS_SUCCESS)
		fatal(n->name, status == RPC_STATUS_ERROR ? data : rpc_get_error(rpc));
	if (*(nfsstat3 *)data != NFS3_OK)
		fatal(n->name, nfsstat3_to_str((int)*(nfsstat3 *)data));
	in_flight--;
	switch (n->step) {
	case MAKE:
		on_made(n, data);
		break;
	case WRITE:
		on_written(n, data);
		break;
	case COMMIT:
		set_attrs(n);
		break;
	case ATTRS:
		done(n);
		break;
	}
}

static void fill(void)
{
	struct node *n;

	while (in_flight < opt.window) {
		if ((n = take(&attrs))) {
			set_attrs(n);
		} else if ((n = take(&dirs))) {
			make(n);
		} else if (writers.head && bytes_in_flight < opt.bytes_max) {
			n = writers.head;
			write_one(n);
			if (n->all_sent)
				(void)take(&writers);
		} else if ((n = take(&others))) {
			make(n);
		} else {
			return;
		}
	}
}

/* ---- the connections ---- */

static void on_connected(struct rpc_context *rpc, int status, void *data, void *priv)
{
	int one = 1;

	(void)priv;
	if (status != RPC_STATUS_SUCCESS)
		fatal("connect", status == RPC_STATUS_ERROR ? data : rpc_get_error(rpc));
	(void)setsockopt(rpc_get_fd(rpc), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	connected++;
}

static void on_mounted(struct rpc_context *rpc, int status, void *data, void *priv)
{
	const mountres3 *res = data;

	(void)priv;
	if (status != RPC_STATUS_SUCCESS)
		fatal("mount", status == RPC_STATUS_ERROR ? data : rpc_get_error(rpc));
	if (res->fhs_status != MNT3_OK)
		fatal("mount", "refused");
	root->parent->fh_len = res->mountres3_u.mountinfo.fhandle.fhandle3_len;
	memcpy(root->parent->fh, res->mountres3_u.mountinfo.fhandle.fhandle3_val,
	       root->parent->fh_len);
	mounted = true;
}

static struct nfs_context *start(int port, int program)
{
	struct nfs_context *c = need(nfs_init_context());

	nfs_set_timeout(c, 0);
	nfs_set_uid(c, 0);
	nfs_set_gid(c, 0);
	if (rpc_connect_port_async(nfs_get_rpc_context(c), opt.address, port, program, 3,
				   on_connected, NULL))
		fatal("connect", rpc_get_error(nfs_get_rpc_context(c)));
	return c;
}

static void turn(struct nfs_context **c, unsigned n)
{
	struct pollfd p[CONNECTIONS_MAX];

	for (unsigned i = 0; i < n; i++) {
		struct rpc_context *rpc = nfs_get_rpc_context(c[i]);

		p[i] = (struct pollfd){ .fd = rpc_get_fd(rpc),
					.events = (short)rpc_which_events(rpc) };
	}
	if (poll(p, n, 200) < 0)
		fatal("poll", "failed");
	for (unsigned i = 0; i < n; i++) {
		struct rpc_context *rpc = nfs_get_rpc_context(c[i]);

		if (p[i].revents && rpc_service(rpc, p[i].revents) < 0)
			fatal("connection", rpc_get_error(rpc));
	}
}

static void flush(void)
{
	for (unsigned i = 0; i < opt.n_conns; i++) {
		struct rpc_context *rpc = nfs_get_rpc_context(nfs[i]);

		if (rpc_which_events(rpc) & POLLOUT && rpc_service(rpc, POLLOUT) < 0)
			fatal("connection", rpc_get_error(rpc));
	}
}

static void store(int nfs_port, int mount_port, char *export)
{
	struct nfs_context *mnt = start(mount_port, MOUNT_PROGRAM);

	while (!connected)
		turn(&mnt, 1);
	if (!CALL_MNT(nfs_get_rpc_context(mnt), export, on_mounted))
		fatal("mount", rpc_get_error(nfs_get_rpc_context(mnt)));
	while (!mounted)
		turn(&mnt, 1);
	nfs_destroy_context(mnt);
	connected = 0;
	for (unsigned i = 0; i < opt.n_conns; i++)
		nfs[i] = start(nfs_port, NFS_PROGRAM);
	while (connected < opt.n_conns)
		turn(nfs, opt.n_conns);
	put(&dirs, root);
	while (unfinished) {
		fill();
		flush();
		turn(nfs, opt.n_conns);
	}
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "a:w:b:s:n:ck:")) != -1) {
		unsigned v = optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;

		switch (c) {
		case 'a': opt.address = optarg; break;
		case 'w': opt.window = v; break;
		case 'b': opt.bytes_max = (uint64_t)v << 20; break;
		case 's': opt.write_size = v << 10; break;
		case 'n': opt.n_max = v; break;
		case 'c': opt.commit = true; break;
		case 'k': opt.n_conns = v; break;
		default: exit(2);
		}
	}
	if (argc - optind != 5 || !opt.window || !opt.write_size || !opt.n_conns ||
	    opt.n_conns > CONNECTIONS_MAX) {
		fprintf(stderr, "usage: barewriter [-a ADDRESS] [-w WINDOW] [-b MIB] [-s KIB] "
			"[-n FILES] [-c] [-k CONNECTIONS] DIR NFSPORT MOUNTPORT EXPORT NAME\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	double begin;

	parse(argc, argv);
	argv += optind;
	root = need(calloc(1, sizeof(*root)));
	root->parent = need(calloc(1, sizeof(*root)));
	root->parent->pending = 2;	/* never done */
	root->name = argv[4];
	if (lstat(argv[0], &root->st))
		fatal(argv[0], "cannot be read");
	load(root, argv[0]);
	unfinished = n_objects;
	begin = now();
	store(atoi(argv[1]), atoi(argv[2]), argv[3]);
	if (bytes_in_flight)
		fatal("WRITE", "was short");
	printf("seconds %.4f requests %llu bytes %llu objects %llu\n", now() - begin,
	       (unsigned long long)requests, (unsigned long long)bytes,
	       (unsigned long long)n_objects);
	for (unsigned i = 0; i < opt.n_conns; i++)
		nfs_destroy_context(nfs[i]);
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
