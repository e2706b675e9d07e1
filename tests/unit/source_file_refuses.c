/* What is no image is refused by name: missing, empty, a directory, a FIFO, a socket, a device,
 * unreadable; and a file that shrinks while it is read gives an error and not stale or zero bytes.
 */
#define _XOPEN_SOURCE 700
#include "img2nfs/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "t.h"

static void refused(const char *path, enum i2n_err_domain domain, int code, const char *text)
{
	struct i2n_source *src = NULL;
	struct i2n_err err = { 0 };

	T_EQ(i2n_source_open_file(path, &src, &err), I2N_FATAL);
	T_OK(!src);
	T_STR(err.msg, text);
	T_EQ(err.domain, domain);
	T_EQ(err.code, code);
	T_EQ(err.blame, I2N_BLAME_IMAGE);
}

static void unreadable_has_hint(void)
{
	struct i2n_source *src = NULL;
	struct i2n_err err = { 0 };

	T_EQ(system("echo data >secret && chmod 000 secret && chmod 755 ."), 0);
	if (geteuid() == 0 && seteuid(65534) != 0)
		return;
	T_EQ(i2n_source_open_file("secret", &src, &err), I2N_FATAL);
	T_STR(err.msg, "cannot open 'secret': Permission denied");
	T_HAS(err.hint, "readable");
	if (getuid() == 0)
		T_EQ(seteuid(0), 0);
}

/* O_NOATIME is not for other people's files (EPERM): the open must work all the same. */
static void foreign_file_is_opened(void)
{
	struct i2n_source *src = NULL;
	struct i2n_err err = { 0 };

	T_EQ(system("echo data >theirs && chmod 644 theirs"), 0);
	if (geteuid() == 0 && seteuid(65534) != 0)
		return;
	T_EQ(i2n_source_open_file("theirs", &src, &err), I2N_OK);
	i2n_source_free(src);
	if (getuid() == 0)
		T_EQ(seteuid(0), 0);
}

static void atime_stays(void)
{
	struct timespec old[2] = { { .tv_sec = 1000 },
				   { .tv_sec = 2000 } }; /* relatime would update such an atime */
	struct i2n_source *src = NULL;
	struct i2n_err err = { 0 };
	struct stat st;
	char c;

	T_EQ(system("echo data >mine"), 0);
	T_EQ(utimensat(AT_FDCWD, "mine", old, 0), 0);
	T_EQ(i2n_source_open_file("mine", &src, &err), I2N_OK);
	T_EQ(i2n_source_pread(src, &c, 1, 0, &err), I2N_OK);
	i2n_source_free(src);
	T_EQ(stat("mine", &st), 0);
#if defined(__linux__) && !defined(I2N_PORTABLE)
	T_EQ(st.st_atim.tv_sec, 1000);
#endif
}

static void shrinking(void)
{
	struct i2n_source *src = NULL;
	struct i2n_err err = { 0 };
	char buf[4096];

	T_EQ(system("head -c 8192 /dev/zero >shrinks"), 0);
	T_EQ(i2n_source_open_file("shrinks", &src, &err), I2N_OK);
	T_EQ(truncate("shrinks", 5000), 0);
	T_EQ(i2n_source_pread(src, buf, sizeof(buf), 4096, &err), I2N_FATAL);
	T_STR(err.msg, "cannot read 'shrinks' at 5000: the file became shorter while it was read");
	T_EQ(i2n_source_pread(src, buf, 904, 4096, &err), I2N_OK);
	i2n_source_free(src);
}

int main(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = "sock" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	T_EQ(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	T_EQ(system(": >empty; mkdir dir; mkfifo fifo"), 0);
	refused("absent", I2N_DOM_SYS, ENOENT, "cannot open 'absent': No such file or directory");
	refused("a\nb", I2N_DOM_SYS, ENOENT, "cannot open 'a\\nb': No such file or directory");
	refused("empty/x", I2N_DOM_SYS, ENOTDIR, "cannot open 'empty/x': Not a directory");
	refused("empty", I2N_DOM_IMAGE, 0, "cannot use 'empty' as an image: it is empty");
	refused("dir", I2N_DOM_IMAGE, 0, "cannot use 'dir' as an image: it is a directory");
	refused("fifo", I2N_DOM_IMAGE, 0, "cannot use 'fifo' as an image: it is a pipe");
	refused("sock", I2N_DOM_IMAGE, 0, "cannot use 'sock' as an image: it is a socket");
	refused("/dev/null", I2N_DOM_IMAGE, 0,
		"cannot use '/dev/null' as an image: it is a character device");
	unreadable_has_hint();
	foreign_file_is_opened();
	atime_stays();
	shrinking();
	return t_end();
}
