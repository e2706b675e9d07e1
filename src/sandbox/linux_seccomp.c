/* What may be asked of Linux, as a filter that libseccomp compiles.
 *
 * Allowed is what the program and the libraries under it were seen to use (strace, glibc and musl),
 * and the names that other architectures and libcs have for the same. What nobody of them has a use
 * for and an intruder would like is refused with EPERM. The rest fails with ENOSYS, as on a kernel
 * that does not have it, because the next libc will try calls that this table does not know and
 * fall back when there is no such call; it would not when it is refused.
 *
 * Nothing is killed: a call that is missing here shall be found in an error message. */
#define _GNU_SOURCE
#include "sandbox_own.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* TCGETS2, by which glibc 2.42 recognises a terminal; its struct is only in a header that goes with
 * no other of termios. */
#define GET_TERMIOS2 _IOR('T', 0x2a, unsigned char[44])

#define IS_LIBRARY(major, minor) \
	(SCMP_VER_MAJOR > (major) || (SCMP_VER_MAJOR == (major) && SCMP_VER_MINOR >= (minor)))

/* What is open, memory, threads, time. By name, as the library knows names that this machine's
 * headers do not; what an architecture does not have is left out. */
static const char *const always[] = {
	"read", "readv", "pread64", "preadv", "preadv2", "write", "writev", "pwrite64", "pwritev",
	"pwritev2", "lseek", "_llseek", "close", "close_range", "dup", "dup2", "dup3", "fcntl",
	"fcntl64", "fstat", "fstat64", "newfstatat", "fstatat64", "stat", "stat64", "lstat",
	"lstat64", "statx", "fstatfs", "fstatfs64", "fadvise64", "fadvise64_64",
	"arm_fadvise64_64", "readahead", "fallocate", "ftruncate", "ftruncate64", "fsync",
	"fdatasync", "sync_file_range", "memfd_create", "pipe", "pipe2", "eventfd2", "splice",
	"copy_file_range", "sendfile", "sendfile64",
	"poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64",
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
	"brk", "munmap", "mremap", "madvise", "msync", "mincore",
	"set_robust_list", "get_robust_list", "set_tid_address", "rseq", "membarrier", "arch_prctl",
	"set_thread_area", "cacheflush", "futex", "futex_time64", "futex_waitv", "sched_yield",
	"sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_get_priority_min",
	"sched_get_priority_max", "getcpu", "exit", "exit_group", "restart_syscall",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait",
	"rt_sigtimedwait_time64", "rt_sigsuspend", "sigaltstack", "sigreturn", "sigaction",
	"sigprocmask", "pause", "alarm", "setitimer", "getitimer",
	"nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "clock_gettime",
	"clock_gettime64", "clock_getres", "clock_getres_time64", "gettimeofday", "time", "times",
	"getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getuid32",
	"geteuid32", "getgid32", "getegid32", "getresuid", "getresgid", "getresuid32",
	"getresgid32", "getpgrp", "getpgid", "getgroups", "getgroups32", "uname", "sysinfo",
	"getrusage", "getrlimit", "ugetrlimit", "getrandom", "umask", "getcwd",
	NULL,
};

/* Where there is something to be opened. Landlock says what. */
static const char *const opening[] = { "open", "openat", "access", "faccessat", "faccessat2",
				       "readlink", "readlinkat", NULL };
/* Where a name is to be changed: of something that is open, or of any. */
static const char *const renaming[] = { "rename",   "renameat", "renameat2", "unlink",
					"unlinkat", NULL };
/* And where something is to be made. */
static const char *const making[] = {
	"creat", "mkdir", "mkdirat", "rmdir", "link", "linkat", "symlink", "symlinkat", "fchmod",
	"chmod", "fchmodat", "fchmodat2", "utimensat", "utimensat_time64", "fchown", "fchown32",
	"fchownat", "flock", "getdents", "getdents64", "statfs", "statfs64",
	NULL,
};

/* To a server, never for others to come. */
static const char *const connecting[] = {
	"connect", "bind", "getsockopt", "setsockopt", "getsockname", "getpeername", "send",
	"sendto", "sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg", "recvmmsg",
	"recvmmsg_time64", "shutdown",
	NULL,
};

static const char *const refused[] = {
	"execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev",
	"pidfd_open", "pidfd_getfd", "pidfd_send_signal", "kcmp", "process_madvise", "tkill",
	"rt_sigqueueinfo", "rt_tgsigqueueinfo",
	"mount", "umount", "umount2", "pivot_root", "chroot", "chdir", "fchdir", "unshare", "setns",
	"open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid",
	"setfsgid", "setgroups", "setuid32", "setgid32", "setreuid32", "setregid32", "setresuid32",
	"setresgid32", "setfsuid32", "setfsgid32", "setgroups32", "capset", "setsid", "setpgid",
	"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "io_setup", "io_submit", "open_by_handle_at", "name_to_handle_at",
	"fanotify_init", "inotify_init", "inotify_init1", "add_key", "request_key", "keyctl",
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
	"swapon", "swapoff", "syslog", "acct", "quotactl", "personality", "iopl", "ioperm",
	"sethostname", "setdomainname", "settimeofday", "clock_settime", "adjtimex",
	"clock_adjtime",
	"mknod", "mknodat", "chown", "lchown", "setxattr", "lsetxattr", "fsetxattr",
	"removexattr", "lremovexattr", "fremovexattr", "memfd_secret", "shmget", "shmat", "shmctl",
	"semget", "msgget", "mq_open", "vmsplice", "listen", "accept", "accept4", "socketpair",
	"truncate", "truncate64", "openat2",
	NULL,
};

static bool add(scmp_filter_ctx ctx, uint32_t action, const char *name, unsigned n,
		const struct scmp_arg_cmp *cmp)
{
	int nr = seccomp_syscall_resolve_name(name);

	/* the library or the architecture does not know it: then it is ENOSYS like the rest */
	return nr == __NR_SCMP_ERROR || nr < 0 ||
	       seccomp_rule_add_array(ctx, action, nr, n, cmp) == 0;
}

static bool add_list(scmp_filter_ctx ctx, uint32_t action, const char *const *names)
{
	for (; *names; names++)
		if (!add(ctx, action, *names, 0, NULL))
			return false;
	return true;
}

/* One argument decides: under the mask it must be `value`. */
static bool add_masked(scmp_filter_ctx ctx, uint32_t action, const char *name, unsigned arg,
		       uint64_t mask, uint64_t value)
{
	const struct scmp_arg_cmp cmp = SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, mask, value);

	return add(ctx, action, name, 1, &cmp);
}

static bool add_equal(scmp_filter_ctx ctx, const char *name, unsigned arg, uint64_t value)
{
	const struct scmp_arg_cmp cmp = SCMP_CMP(arg, SCMP_CMP_EQ, value, 0);

	return add(ctx, SCMP_ACT_ALLOW, name, 1, &cmp);
}

#ifdef __s390x__
#define CLONE_FLAGS 1u
#else
#define CLONE_FLAGS 0u
#endif

/* Threads, but no processes. Of clone3() a filter cannot see the flags; without it every libc takes
 * clone(). */
static bool allow_threads(scmp_filter_ctx ctx)
{
	return add_masked(ctx, SCMP_ACT_ALLOW, "clone", CLONE_FLAGS, CLONE_THREAD, CLONE_THREAD) &&
	       add_masked(ctx, SCMP_ACT_ERRNO(EPERM), "clone", CLONE_FLAGS, CLONE_THREAD, 0);
}

/* Memory that can be executed is what a loaded library has, which only a resolver may be. */
static bool allow_memory(scmp_filter_ctx ctx, bool loads)
{
	static const char *const names[] = { "mmap", "mmap2", "mprotect", NULL };

#ifdef __s390x__
	loads = true;	/* there mmap() takes a pointer to its arguments */
#endif
	if (loads)
		return add_list(ctx, SCMP_ACT_ALLOW, names);
	for (unsigned i = 0; names[i]; i++)
		if (!add_masked(ctx, SCMP_ACT_ALLOW, names[i], 2, PROT_EXEC, 0) ||
		    !add_masked(ctx, SCMP_ACT_ERRNO(EACCES), names[i], 2, PROT_EXEC, PROT_EXEC))
			return false;
	return true;
}

/* Signals to itself, limits to be read, a terminal to be recognised and measured. */
static bool allow_itself(scmp_filter_ctx ctx)
{
	const uint64_t pid = (uint64_t)getpid();

	return add_equal(ctx, "kill", 0, pid) && add_equal(ctx, "tgkill", 0, pid) &&
	       add_equal(ctx, "prlimit64", 2, 0) && add_equal(ctx, "prctl", 0, PR_SET_NAME) &&
	       add_equal(ctx, "ioctl", 1, TCGETS) && add_equal(ctx, "ioctl", 1, TIOCGWINSZ) &&
	       add_equal(ctx, "ioctl", 1, GET_TERMIOS2) &&
	       add_equal(ctx, "ioctl", 1, TIOCGPGRP) && add_equal(ctx, "ioctl", 1, FIONREAD) &&
	       add_equal(ctx, "ioctl", 1, FIONBIO);
}

static bool allow_socket(scmp_filter_ctx ctx, uint64_t family, uint64_t type)
{
	const struct scmp_arg_cmp cmp[] = {
		SCMP_CMP(0, SCMP_CMP_EQ, family, 0),
		SCMP_CMP(1, SCMP_CMP_MASKED_EQ, ~(uint64_t)(SOCK_NONBLOCK | SOCK_CLOEXEC), type),
	};

	return add(ctx, SCMP_ACT_ALLOW, "socket", 2, cmp);
}

static bool allow_net(scmp_filter_ctx ctx, const struct sandbox_net *net)
{
	if (!net->any)
		return add(ctx, SCMP_ACT_ERRNO(EPERM), "socket", 0, NULL) &&
		       add_list(ctx, SCMP_ACT_ERRNO(EPERM), connecting);
	if (!add_list(ctx, SCMP_ACT_ALLOW, connecting) ||
	    !allow_socket(ctx, AF_INET, SOCK_STREAM) || !allow_socket(ctx, AF_INET6, SOCK_STREAM))
		return false;
	if (!net->names)
		return true;
	/* netlink: which of its addresses can be used at all */
	return allow_socket(ctx, AF_INET, SOCK_DGRAM) && allow_socket(ctx, AF_INET6, SOCK_DGRAM) &&
	       allow_socket(ctx, AF_NETLINK, SOCK_RAW) &&
	       allow_socket(ctx, AF_NETLINK, SOCK_DGRAM) &&
	       (!net->local || allow_socket(ctx, AF_UNIX, SOCK_STREAM));
}

static bool allow_files(scmp_filter_ctx ctx, const struct i2n_sandbox_opts *opts,
			const struct sandbox_net *net)
{
	const uint32_t yes = SCMP_ACT_ALLOW;
	const uint32_t no = SCMP_ACT_ERRNO(EACCES);	/* as Landlock says it */
	const bool fills = sandbox_has(opts, I2N_SANDBOX_FILL);
	const bool renames = fills || sandbox_has(opts, I2N_SANDBOX_RENAME);

	return add_list(ctx, sandbox_opens(opts) || net->names ? yes : no, opening) &&
	       add_list(ctx, renames ? yes : no, renaming) &&
	       add_list(ctx, fills ? yes : no, making);
}

static bool add_rules(scmp_filter_ctx ctx, const struct i2n_sandbox_opts *opts,
		      const struct sandbox_net *net)
{
	return add_list(ctx, SCMP_ACT_ALLOW, always) &&
	       add_list(ctx, SCMP_ACT_ERRNO(EPERM), refused) && allow_threads(ctx) &&
	       allow_memory(ctx, net->names) && allow_itself(ctx) && allow_net(ctx, net) &&
	       allow_files(ctx, opts, net);
}

/* Only costs: an older library has none of them. */
static void tune(scmp_filter_ctx ctx)
{
#if IS_LIBRARY(2, 5)
	/* a search instead of a walk through all rules */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	/* without it kernels before 5.16 switch speculation off, which all code pays for: there are
	 * no secrets of others in this process */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_SSB, 1);
#else
	(void)ctx;
#endif
}

bool seccomp_enter(const struct i2n_sandbox_opts *opts, const struct sandbox_net *net)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	bool ok;

	if (!ctx)
		return false;
	tune(ctx);
	ok = add_rules(ctx, opts, net) && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return ok;
}

const char *seccomp_name(char *buf, size_t cap)
{
	const struct scmp_version *v = seccomp_version();

	if (v)
		(void)snprintf(buf, cap, "libseccomp %u.%u.%u", v->major, v->minor, v->micro);
	else
		(void)snprintf(buf, cap, "libseccomp");	/* fits, as above */
	return buf;
}
