/* A file that the user named is there whole or as it was; what is no regular file is written in place; a symbolic link
 * stays one; a disk or a directory is refused. */
#include "t.h"

#include "cli/out_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	T_OK(f != NULL);
	T_OK(fputs(text, f) >= 0);
	T_EQ(fclose(f), 0);
}

static const char *get(const char *path)
{
	static char buf[64];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return "";
	n = fread(buf, 1, sizeof(buf) - 1, f);
	buf[n] = '\0';
	T_EQ(fclose(f), 0);
	return buf;
}

static void replaces_at_the_end(void)
{
	struct out_file o;

	put("old", "old");
	T_EQ(out_file_open(&o, "old", NULL), I2N_OK);
	T_OK(fputs("new", o.f) >= 0);
	T_EQ(fflush(o.f), 0);
	T_STR(get("old"), "old");
	T_STR(get("old.part0"), "new");
	T_EQ(out_file_close(&o, true, NULL), I2N_OK);
	T_STR(get("old"), "new");
	T_OK(access("old.part0", F_OK) != 0);
	T_EQ(out_file_close(&o, true, NULL), I2N_OK);	/* again: nothing */

	T_EQ(out_file_open(&o, "old", NULL), I2N_OK);
	T_OK(fputs("dropped", o.f) >= 0);
	T_EQ(out_file_close(&o, false, NULL), I2N_OK);
	T_STR(get("old"), "new");
	T_OK(access("old.part0", F_OK) != 0);
}

static void two_at_once(void)
{
	struct out_file a, b;

	T_EQ(out_file_open(&a, "both", NULL), I2N_OK);
	T_EQ(out_file_open(&b, "both", NULL), I2N_OK);
	T_OK(fputs("a", a.f) >= 0 && fputs("b", b.f) >= 0);
	T_EQ(out_file_close(&a, true, NULL), I2N_OK);
	T_STR(get("both"), "a");
	T_EQ(out_file_close(&b, true, NULL), I2N_OK);
	T_STR(get("both"), "b");
}

static void follows_links(void)
{
	struct out_file o;
	struct stat st;

	T_EQ(mkdir("dir", 0755), 0);
	put("dir/target", "old");
	T_EQ(symlink("dir/target", "link"), 0);
	T_EQ(out_file_open(&o, "link", NULL), I2N_OK);
	T_OK(fputs("through", o.f) >= 0);
	T_EQ(out_file_close(&o, true, NULL), I2N_OK);
	T_STR(get("dir/target"), "through");
	T_OK(!lstat("link", &st) && S_ISLNK(st.st_mode));
}

static void refuses(void)
{
	struct out_file o;
	struct i2n_err err = { 0 };

	T_EQ(out_file_open(&o, "dir", &err), I2N_FATAL);
	T_STR(err.msg, "cannot write 'dir': Is a directory");
	T_EQ(out_file_open(&o, "none/x", &err), I2N_FATAL);
	T_STR(err.msg, "cannot write 'none/x': No such file or directory");
	T_EQ(out_file_close(&o, true, &err), I2N_OK);
}

static void full(void)
{
	struct out_file o;
	struct i2n_err err = { 0 };

	if (access("/dev/full", W_OK))
		return;
	T_EQ(out_file_open(&o, "/dev/full", &err), I2N_OK);
	T_OK(o.part == NULL);
	T_OK(fputs("x", o.f) >= 0);
	T_EQ(out_file_close(&o, true, &err), I2N_FATAL);
	T_STR(err.msg, "cannot write '/dev/full': No space left on device");
	T_EQ(err.blame, I2N_BLAME_LOCAL);
}

static void to_whom_reads_a_pipe(void)
{
	char path[32], buf[8] = "";
	struct out_file o;
	int fds[2];

	T_EQ(pipe(fds), 0);
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fds[1]);
	if (access(path, W_OK))
		return;
	T_EQ(out_file_open(&o, path, NULL), I2N_OK);
	T_OK(fputs("piped", o.f) >= 0);
	T_EQ(out_file_close(&o, true, NULL), I2N_OK);
	T_EQ(read(fds[0], buf, sizeof(buf)), 5);
	T_STR(buf, "piped");
}

static void same_file(void)
{
	T_EQ(link("both", "other-name"), 0);
	T_OK(out_file_is("both", "other-name"));
	T_OK(!out_file_is("both", "old"));
	T_OK(!out_file_is("none", "none"));
}

int main(void)
{
	replaces_at_the_end();
	two_at_once();
	follows_links();
	refuses();
	full();
	to_whom_reads_a_pipe();
	same_file();
	return 0;
}
