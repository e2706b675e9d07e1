/* Inside the sandbox: what is open stays usable, what is listed can be opened, and another file, a
 * socket of another family, a program, a process, a signal to others cannot be had. Each case in a
 * child of its own, and once without the sandbox, where the same succeeds. */
#define _GNU_SOURCE
#include "img2nfs/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t.h"

static int kept = -1, part = -1;	/* open before */

/* --- what is tried: 0 or errno --- */

static int code_of(int rc)
{
	return rc < 0 ? errno : 0;
}

static int open_other(void)
{
	return code_of(open("/etc/passwd", O_RDONLY));
}

static int open_beside(void)
{
	return code_of(open("out/new", O_WRONLY | O_CREAT, 0600));
}

/* What is open gets its name, in the place of what had it; and back, for who comes next. */
static int name_listed(void)
{
	if (write(part, "x", 1) != 1 || rename("out/listed.part", "out/listed"))
		return errno;
	return code_of(rename("out/listed", "out/listed.part"));
}

static int write_beside(void)
{
	return code_of(open("out/other", O_WRONLY));
}

static int read_beside(void)
{
	return code_of(open("out/other", O_RDONLY));
}

static int open_named(void)
{
	return code_of(open("out/listed.part", O_WRONLY));
}

static int link_beside(void)
{
	return code_of(link("out/other", "out/second"));
}

static int move_away(void)
{
	return code_of(rename("out/other", "tree/other"));
}

static int make_dir_beside(void)
{
	return code_of(mkdir("out/dir", 0700));
}

static int make_empty(void)
{
	return code_of(open("out/empty", O_WRONLY | O_CREAT, 0600));
}

static int read_listed(void)
{
	return code_of(open("in", O_RDONLY));
}

static int write_read_only(void)
{
	return code_of(open("in", O_WRONLY));
}

static int fill(void)
{
	if (mkdir("tree/a", 0700) || mkdir("tree/a/b", 0700))
		return errno;
	return code_of(open("tree/a/b/c", O_WRONLY | O_CREAT, 0600));
}

static int truncate_other(void)
{
	return code_of(truncate("other", 0));
}

static int remove_other(void)
{
	return code_of(unlink("other"));
}

static int use_kept(void)
{
	char c;

	return pread(kept, &c, 1, 0) == 1 && c == 'k' && lseek(kept, 0, SEEK_END) == 4 ? 0 : EIO;
}

static int unix_socket(void)
{
	return code_of(socket(AF_UNIX, SOCK_STREAM, 0));
}

/* As the resolver asks for them, where the system can be asked so. */
#ifdef SOCK_CLOEXEC
#define STREAM (SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK)
#else
#define STREAM SOCK_STREAM
#endif

static int tcp_socket(void)
{
	return code_of(socket(AF_INET, STREAM, 0));
}

static int raw_socket(void)
{
	return code_of(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int serve(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? errno : code_of(listen(fd, 1));
}

static int resolve(void)
{
	struct addrinfo *list;

	return getaddrinfo("localhost", NULL, NULL, &list) ? EIO : 0;
}

static int run_program(void)
{
	char program[] = "true", *argv[] = { program, NULL };

	(void)execv("/bin/true", argv);
	return errno;
}

static int new_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return code_of(pid);
}

static void *nothing(void *arg)
{
	return arg;
}

static int new_thread(void)
{
	pthread_t t;
	int code = pthread_create(&t, NULL, nothing, NULL);

	return code ? code : pthread_join(t, NULL);
}

/* What a thread may not, either. */
static void *open_in_thread(void *arg)
{
	*(int *)arg = open_other();
	return NULL;
}

static int threaded_open(void)
{
	pthread_t t;
	int code = 0;

	if (pthread_create(&t, NULL, open_in_thread, &code) || pthread_join(t, NULL))
		return EIO;
	return code;
}

static int signal_parent(void)
{
	return code_of(kill(getppid(), 0));
}

static int signal_itself(void)
{
	return code_of(kill(getpid(), 0));
}

static int code_in_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int memory(void)
{
	void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *q = malloc(1 << 24);

	free(q);
	return p == MAP_FAILED || !q ? ENOMEM : 0;
}

static int make_device(void)
{
	return code_of(mknod("node", S_IFIFO | 0600, 0));
}

/* --- the cases --- */

enum { NOWHERE = 0, IN_FILES = I2N_SANDBOX_FILES, IN_CALLS = I2N_SANDBOX_CALLS };

struct trial {
	const char *name;
	int (*fn)(void);
	unsigned needs;		/* parts of the sandbox that refuse it; 0: it is allowed */
};

static const struct i2n_sandbox_path listed[] = {
	{ "in", I2N_SANDBOX_READ },
	{ "out/listed", I2N_SANDBOX_RENAME },
	{ "tree", I2N_SANDBOX_FILL },
	{ "missing/too", I2N_SANDBOX_RENAME },
};
static const struct i2n_sandbox_path named[] = { { "out/listed", I2N_SANDBOX_RENAME } };
static const char *const address[] = { "192.0.2.1" }, *const name[] = { "example.org" };

static const struct i2n_sandbox_opts none = { 0 };
static const struct i2n_sandbox_opts files = { .paths = listed, .n_paths = 4 };
static const struct i2n_sandbox_opts names = { .paths = named, .n_paths = 1 };
static const struct i2n_sandbox_opts by_address = { .hosts = address, .n_hosts = 1 };
static const struct i2n_sandbox_opts by_name = { .hosts = name, .n_hosts = 1 };

static unsigned parts;		/* that this system has */

/* errno of it in a child. */
static int in_child(const struct i2n_sandbox_opts *opts, int (*fn)(void))
{
	char text[I2N_SANDBOX_TEXT];
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		if (opts)
			(void)i2n_sandbox_enter(opts, text);
		_exit(fn());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void try(const char *where, const struct i2n_sandbox_opts *opts, const struct trial *t)
{
	int code = in_child(opts, t->fn);
	bool refused = code == EACCES || code == EPERM || code == ENOSYS;

	if (t->needs && !(parts & t->needs))
		return;	/* not on this system */
	if (t->needs ? refused : code == 0)
		return;
	fprintf(stderr, "%s, %s: %s\n", where, t->name, code < 0 ? "killed" : strerror(code));
	t_failures++;
}

#define TRY(opts, fn, needs) try(#opts, opts, &(struct trial){ #fn, fn, needs })

static void always(const struct i2n_sandbox_opts *opts, const char *where)
{
	static const struct trial all[] = {
		{ "use_kept", use_kept, NOWHERE },
		{ "memory", memory, NOWHERE },
		{ "new_thread", new_thread, NOWHERE },
		{ "signal_itself", signal_itself, NOWHERE },
		{ "open_other", open_other, IN_FILES },
		{ "threaded_open", threaded_open, IN_FILES },
		{ "truncate_other", truncate_other, IN_CALLS },
		{ "remove_other", remove_other, IN_FILES },
		{ "make_device", make_device, IN_CALLS },
		{ "unix_socket", unix_socket, IN_CALLS },
		{ "raw_socket", raw_socket, IN_CALLS },
		{ "serve", serve, IN_CALLS },
		{ "run_program", run_program, IN_CALLS },
		{ "new_process", new_process, IN_CALLS },
		{ "signal_parent", signal_parent, IN_CALLS },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		try(where, opts, &all[i]);
}

static int enter_only(void)
{
	char text[I2N_SANDBOX_TEXT];

	return (int)i2n_sandbox_enter(&files, text);
}

/* Without the sandbox nothing of it is refused: else the rest would prove nothing. */
static void outside(void)
{
	T_EQ(in_child(NULL, open_other), 0);
	T_EQ(in_child(NULL, threaded_open), 0);
	T_EQ(in_child(NULL, unix_socket), 0);
	T_EQ(in_child(NULL, tcp_socket), 0);
	T_EQ(in_child(NULL, serve), 0);
	T_EQ(in_child(NULL, run_program), 0);
	T_EQ(in_child(NULL, new_process), 0);
	T_EQ(in_child(NULL, signal_parent), 0);
	T_EQ(in_child(NULL, make_device), 0);
	T_EQ(in_child(NULL, truncate_other), 0);
	T_EQ(in_child(NULL, open_beside), 0);
	T_EQ(unlink("out/new"), 0);
	T_EQ(in_child(NULL, write_beside), 0);
	T_EQ(in_child(NULL, read_beside), 0);
	T_EQ(in_child(NULL, open_named), 0);
	T_EQ(in_child(NULL, name_listed), 0);
	T_EQ(in_child(NULL, link_beside), 0);
	T_EQ(unlink("out/second"), 0);
	T_EQ(in_child(NULL, make_dir_beside), 0);
	T_EQ(rmdir("out/dir"), 0);
	T_EQ(in_child(NULL, write_read_only), 0);
}

static void prepare(void)
{
	T_EQ(system("mkdir out tree && printf kept >kept && printf in >in && printf o >other &&"
		    "cp other out/ && cp other out/listed"), 0);
	kept = open("kept", O_RDONLY);
	part = open("out/listed.part", O_WRONLY | O_CREAT, 0600);
	T_OK(kept >= 0 && part >= 0);
}

static void inside(void)
{
	always(&none, "none");
	always(&files, "files");
	always(&names, "names");
	always(&by_address, "by_address");
	always(&by_name, "by_name");
	TRY(&none, name_listed, IN_FILES);
	TRY(&none, tcp_socket, IN_CALLS);
	TRY(&none, code_in_memory, IN_CALLS);
	TRY(&files, read_listed, NOWHERE);
	TRY(&files, name_listed, NOWHERE);
	TRY(&files, write_beside, IN_FILES);
	TRY(&files, open_named, IN_FILES);
	TRY(&files, fill, NOWHERE);
	TRY(&files, write_read_only, IN_FILES);
	TRY(&files, tcp_socket, IN_CALLS);
	TRY(&names, name_listed, NOWHERE);
	TRY(&names, open_beside, IN_FILES);
	TRY(&names, write_beside, IN_FILES);
	TRY(&names, read_beside, IN_FILES);
	TRY(&names, open_named, IN_FILES);
	TRY(&names, link_beside, IN_CALLS);
	TRY(&names, move_away, IN_FILES);
	TRY(&names, make_dir_beside, IN_FILES);
	TRY(&names, make_empty, IN_FILES);
	/* that it could not be opened does not mean that it was not made */
	T_OK(!(parts & I2N_SANDBOX_CALLS) || access("out/empty", F_OK));
	TRY(&by_address, tcp_socket, NOWHERE);
	TRY(&by_address, read_listed, IN_FILES);
	TRY(&by_address, code_in_memory, IN_CALLS);
	TRY(&by_name, tcp_socket, NOWHERE);
	TRY(&by_name, resolve, NOWHERE);
	TRY(&by_name, read_listed, IN_FILES);
}

int main(void)
{
	char text[I2N_SANDBOX_TEXT];

	prepare();
	parts = (unsigned)in_child(NULL, enter_only);
	printf("%s: %#x\n", i2n_sandbox_about(text), parts);
	T_OK(strlen(text) > 0);
	outside();
	inside();
	if (!parts)
		return t_failures ? t_end() : t_skip("this system or build has no sandbox");
	return t_end();
}
