/* Manifests become trees: our own, those of bsdtar and mtree -c, and what makes no sense is refused
 * with its line. */
#include "t.h"

#include "img2nfs/manifest.h"

static struct i2n_err err;

static struct i2n_manifest *parse(const char *text, size_t len)
{
	struct i2n_source *src;
	struct i2n_manifest *m = NULL;

	if (i2n_source_mem(text, len, &src, &err))
		return NULL;
	if (i2n_manifest_read(src, &m, &err))
		m = NULL;
	i2n_source_free(src);
	return m;
}

static const struct i2n_inode *at(const struct i2n_manifest *m, const char *path,
				  uint16_t *ret_known)
{
	const struct i2n_tree *t = i2n_manifest_tree(m);
	uint32_t i = i2n_tree_resolve(t, path, strlen(path), NULL);

	if (i == I2N_NONE) {
		fprintf(stderr, "no '%s'\n", path);
		t_failures++;
		i = t->root;
	}
	*ret_known = i2n_manifest_expect(m)->known[i];
	return &t->inodes[i];
}

static void target_is(struct i2n_manifest *m, const struct i2n_inode *in, const char *want)
{
	char buf[300] = "";
	struct i2n_reader *r = i2n_manifest_reader(m);

	T_EQ(in->size, strlen(want));
	if (in->size < sizeof(buf))
		T_EQ(r->ops->readlink(r, in, buf, sizeof(buf), &err), I2N_OK);
	T_MEM(buf, want, strlen(want));
}

/* Full paths, as written by img2nfs manifest; the lines out of order; two names of one object. */
static void reads_own(void)
{
	static const char text[] =
		"#mtree\n"
		". type=dir mode=0755 uid=0 gid=0 nlink=3 time=1500000000.123456789\n"
		"./b\\040c type=file mode=4711 uid=4000000000 gid=7 nlink=2 size=5 inode=12 "
		"time=-2.000000003"
		" xxh3-128=000102030405060708090a0b0c0d0eFF\n"
		"./d type=dir mode=0700 uid=1 gid=2 nlink=2 time=1.000000000\n"
		"./d/null type=char mode=0666 uid=0 gid=0 nlink=1 time=1.0 device=native,1,3\n"
		"./d/link type=link mode=0777 uid=0 gid=0 nlink=1 time=1.0 link=../b\\040c\\134x\n"
		"./d-e type=fifo mode=0600 uid=0 gid=0 nlink=1 time=1.0\n"
		"./a type=file mode=4711 uid=4000000000 gid=7 nlink=2 size=5 inode=12 "
		"time=-2.000000003\n";
	struct i2n_manifest *m = parse(text, sizeof(text) - 1);
	const struct i2n_inode *in;
	uint16_t known;

	T_OK(m != NULL);
	if (!m)
		return;
	T_EQ(i2n_manifest_tree(m)->n_inodes, 6);
	T_EQ(i2n_manifest_tree(m)->n_dirents, 6);
	in = at(m, "b c", &known);
	T_EQ(in->mode, I2N_S_IFREG | 04711);
	T_EQ(in->uid, 4000000000);
	T_EQ(in->size, 5);
	T_EQ(in->links, 2);
	T_OK(in == at(m, "a", &known));
	T_EQ(i2n_time_unpack(in->mtime).sec, -2);
	T_EQ(i2n_time_unpack(in->mtime).nsec, 3);
	in = at(m, "d/null", &known);
	T_EQ(in->rdev.major, 1);
	T_EQ(in->rdev.minor, 3);
	T_OK(known & I2N_KNOW_RDEV && known & I2N_KNOW_LINKS);
	target_is(m, at(m, "d/link", &known), "../b c\\x");
	T_EQ(i2n_inode_type(at(m, "d-e", &known)), I2N_S_IFIFO);
	i2n_manifest_free(m);
}

/* /set, /unset, relative names, "..", continued lines, comments, unknown keywords, implied
 * directories. */
static void reads_others(void)
{
	static const char text[] = "#mtree\n# a comment\n"
		"/set type=file uid=0 gid=0 mode=0644 nlink=1\n"
		".               type=dir mode=0755 \\\n    time=5.5 flags=none\n"
		"    one         size=3 md5digest=abc sha256=def\n"
		"    sub         type=dir mode=0711\n"
		"        two     size=1\n"
		"/unset uid\n"
		"        three   size=2 gname=staff optional\n"
		"    ..\n"
		"    four        size=4\r\n"
		"..\n"
		"/set type=file\n"
		"./implied/by/this size=9\n";
	struct i2n_manifest *m = parse(text, sizeof(text) - 1);
	const struct i2n_inode *in;
	uint16_t known;

	T_OK(m != NULL);
	if (!m)
		return;
	in = at(m, "", &known);
	T_EQ(in->mode, I2N_S_IFDIR | 0755);
	T_EQ(i2n_time_unpack(in->mtime).nsec, 5);	/* as libarchive writes five nanoseconds */
	in = at(m, "one", &known);
	T_EQ(in->mode, I2N_S_IFREG | 0644);
	T_EQ(in->size, 3);
	T_OK(!(known & I2N_KNOW_DIGEST) && known & I2N_KNOW_UID);
	T_EQ(at(m, "sub/two", &known)->size, 1);
	T_OK(known & I2N_KNOW_UID);
	T_EQ(at(m, "sub/three", &known)->size, 2);
	T_OK(!(known & I2N_KNOW_UID) && known & I2N_KNOW_GID);
	T_EQ(at(m, "four", &known)->size, 4);
	T_EQ(at(m, "implied/by/this", &known)->size, 9);
	T_EQ(i2n_inode_type(at(m, "implied/by", &known)), I2N_S_IFDIR);
	T_EQ(known & I2N_KNOW_MODE, 0);
	i2n_manifest_free(m);
}

static void refuses(const char *lines, const char *message)
{
	char text[2000];
	struct i2n_manifest *m;

	(void)snprintf(text, sizeof(text), "#mtree\n%s\n", lines);
	m = parse(text, strlen(text));
	T_OK(m == NULL);
	T_EQ(err.blame, I2N_BLAME_IMAGE);
	T_HAS(err.msg, message);
	i2n_manifest_free(m);
}

static void refuses_nonsense(void)
{
	char longest[400];

	refuses("", "the manifest has no lines");
	refuses("./a mode=0644", "line 2 of the manifest: no type: './a'");
	refuses("./a type=file size=x", "line 2 of the manifest: this makes no sense: 'x'");
	refuses("./a type=file size=99999999999999999999", "this makes no sense");
	refuses("./a type=file mode=0888", "this makes no sense: '0888'");
	refuses("./a type=file uid=-1", "this makes no sense: '-1'");
	refuses("./a type=file uid=4294967296", "this makes no sense");
	refuses("./a type=file time=1.1000000000", "this makes no sense");
	refuses("./a type=file xxh3-128=00", "this makes no sense");
	refuses("./a type=strange", "this makes no sense: 'strange'");
	refuses("# c\n\n./../etc type=file", "line 4 of the manifest: no name can be so: '..'");
	refuses("./a\\000b type=file", "no name can be so");
	refuses(". type=file", "the root is no directory");
	refuses("/etc type=dir", "no path and no command: '/etc'");
	refuses("./a type=file\n./a/b type=file",
		"something that is no directory has this below it: 'a/b'");
	memset(longest, 'n', sizeof(longest));
	memcpy(longest, "./", 2);
	memcpy(longest + 2 + 256, " type=file", 11);
	refuses(longest, "no name can be so");
}

/* Any bytes: a tree or an error, and with the sanitizers no fault. */
static void survives_damage(void)
{
	static const char seed[] =
		"#mtree\n/set type=file\n. type=dir\n./a size=1 link=x nlink=2 inode=3\n"
		"d type=dir\nb type=link link=\\134\\040 device=native,1,2\n..\n./d/e/f mode=1 "
		"inode=3 \\\n time=1.2\n";
	char text[sizeof(seed)];
	uint32_t r = 12345;

	for (int round = 0; round < 20000; round++) {
		memcpy(text, seed, sizeof(seed));
		for (int k = 0; k < 3; k++) {
			r = r * 1664525u + 1013904223u;
			text[(r >> 8) % (sizeof(seed) - 1)] = "\n \\./=#,0a\0\377t"[r % 13];
		}
		i2n_manifest_free(parse(text, sizeof(seed) - 1));
	}
}

int main(void)
{
	reads_own();
	reads_others();
	refuses_nonsense();
	survives_damage();
	return t_end();
}
