/* nfslist.c - list a tree on an NFS server, one line an object, through libnfs' high-level calls:
 * an independent reader for what the program wrote where no kernel mount can look (nfs-ganesha's
 * memory export).
 *
 *	nfslist URL		prints: path type mode uid gid size mtime target, separated by tabs,
 *				sorted by directory
 *
 * Size is that of regular files, else "-"; mtime in whole seconds. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <nfsc/libnfs.h>

static void fatal(struct nfs_context *nfs, const char *what, const char *path)
{
	fprintf(stderr, "nfslist: cannot %s '%s': %s\n", what, path, nfs_get_error(nfs));
	exit(1);
}

static char type_letter(unsigned mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return 'f';
	case S_IFDIR: return 'd';
	case S_IFLNK: return 'l';
	case S_IFCHR: return 'c';
	case S_IFBLK: return 'b';
	case S_IFIFO: return 'p';
	case S_IFSOCK: return 's';
	default: return '?';
	}
}

/* Recursive: a test tool for small trees of our own making. */
static void list(struct nfs_context *nfs, const char *path)
{
	struct nfsdir *dir;
	struct nfsdirent *de;

	if (nfs_opendir(nfs, *path ? path : "/", &dir))
		fatal(nfs, "list", path);
	while ((de = nfs_readdir(nfs, dir))) {
		char child[4096], target[4096] = "";
		struct nfs_stat_64 st;

		if (!strcmp(de->name, ".") || !strcmp(de->name, ".."))
			continue;
		if (snprintf(child, sizeof(child), "%s/%s", path, de->name) >= (int)sizeof(child)) {
			fprintf(stderr, "nfslist: path too long below '%s'\n", path);
			exit(1);
		}
		if (nfs_lstat64(nfs, child, &st))
			fatal(nfs, "stat", child);
		if (S_ISLNK(st.nfs_mode) && nfs_readlink(nfs, child, target, sizeof(target)))
			fatal(nfs, "read the link", child);
		printf("%s\t%c\t%o\t%" PRIu64 "\t%" PRIu64 "\t", child + 1,
		       type_letter((unsigned)st.nfs_mode),
		       (unsigned)(st.nfs_mode & 07777), st.nfs_uid, st.nfs_gid);
		if (S_ISREG(st.nfs_mode))
			printf("%" PRIu64, st.nfs_size);
		else
			putchar('-');
		printf("\t%" PRIu64 "\t%s\n", st.nfs_mtime, target);
		if (S_ISDIR(st.nfs_mode))
			list(nfs, child);
	}
	nfs_closedir(nfs, dir);
}

int main(int argc, char **argv)
{
	struct nfs_context *nfs = nfs_init_context();
	struct nfs_url *url;

	if (argc != 2 || !nfs) {
		fprintf(stderr, "usage: nfslist nfs://server/path?nfsport=N&mountport=M\n");
		return 2;
	}
	url = nfs_parse_url_dir(nfs, argv[1]);
	if (!url)
		fatal(nfs, "parse", argv[1]);
	if (nfs_mount(nfs, url->server, url->path))
		fatal(nfs, "mount", argv[1]);
	list(nfs, "");
	nfs_destroy_url(url);
	nfs_destroy_context(nfs);
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
