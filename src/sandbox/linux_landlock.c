/* Landlock, by raw calls: no libc has them, and the headers of a distribution are older than the
 * kernels that the program meets. So the numbers are here, as
 * Documentation/userspace-api/landlock.rst has them; they are the same on all architectures that we
 * know. */
#define _GNU_SOURCE
#include "sandbox_own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	CREATE_RULESET = 444,
	ADD_RULE = 445,
	RESTRICT_SELF = 446,
};

#define VERSION 1u		/* flag of CREATE_RULESET */
#define PATH_BENEATH 1

/* Of files. */
#define EXECUTE		(1u << 0)
#define WRITE_FILE	(1u << 1)
#define READ_FILE	(1u << 2)
#define READ_DIR	(1u << 3)
#define REMOVE_DIR	(1u << 4)
#define REMOVE_FILE	(1u << 5)
#define MAKE_DIR	(1u << 7)
#define MAKE_REG	(1u << 8)
#define MAKE_SYM	(1u << 12)
#define REFER		(1u << 13)	/* link into another directory */
#define TRUNCATE	(1u << 14)
/* Bits that each ABI has. */
static const uint16_t all_fs[] = { 0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff };
#define ABI_REFER 2
#define ABI_NET 4
#define ALL_NET 0x3u		/* TCP: bind and connect */
#define ABI_SCOPE 6
#define ALL_SCOPE 0x3u		/* abstract sockets and signals of others */
/* A rule for what is no directory may hold only these. */
#define OF_FILES (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE)

struct ruleset_attr {
	uint64_t fs, net, scope;
};

/* landlock_path_beneath_attr is packed: 8 + 4 bytes. */
struct path_beneath {
	uint64_t allowed;
	int32_t fd;
	int32_t not_read;
};

struct ruleset {
	int fd;
	uint64_t fs;		/* what is handled */
};

int landlock_abi(void)
{
	long abi = syscall(CREATE_RULESET, NULL, (size_t)0, VERSION);

	return abi > 0 && abi < INT_MAX ? (int)abi : 0;
}

static uint64_t fs_of(int abi)
{
	const int known = (int)(sizeof(all_fs) / sizeof(all_fs[0])) - 1;

	return all_fs[abi < known ? abi : known];
}

static bool make_ruleset(int abi, const struct sandbox_net *net, struct ruleset *ret)
{
	const struct ruleset_attr attr = {
		.fs = fs_of(abi),
		.net = abi >= ABI_NET && !net->any ? ALL_NET : 0,
		.scope = abi >= ABI_SCOPE ? ALL_SCOPE : 0,
	};
	/* the kernel takes a longer one if what it does not know is 0 */
	long fd = syscall(CREATE_RULESET, &attr, sizeof(attr), 0u);

	*ret = (struct ruleset){ .fd = (int)fd, .fs = attr.fs };
	return fd >= 0;
}

/* What cannot be opened is left to those who will want it, and fails there. */
static void allow(const struct ruleset *set, const char *path, uint64_t rights)
{
	struct path_beneath rule = { .fd = open(path, O_PATH | O_CLOEXEC) };
	struct stat st;

	if (rule.fd < 0)
		return;
	rule.allowed = rights & set->fs;
	if (!fstat(rule.fd, &st) && !S_ISDIR(st.st_mode))
		rule.allowed &= OF_FILES;
	(void)syscall(ADD_RULE, set->fd, PATH_BENEATH, &rule, 0u);	/* a pipe needs none */
	(void)close(rule.fd);
}

/* The directory that a name is in. */
static void allow_beside(const struct ruleset *set, const char *path, uint64_t rights)
{
	char *copy = strdup(path), *slash;
	size_t len;

	if (!copy)
		return;	/* fails where it is wanted */
	for (len = strlen(copy); len > 1 && copy[len - 1] == '/'; len--)
		copy[len - 1] = '\0';
	slash = strrchr(copy, '/');
	if (slash)
		slash[slash == copy] = '\0';
	allow(set, slash ? copy : ".", rights);
	free(copy);
}

static void allow_fill(const struct ruleset *set, const char *path)
{
	const uint64_t rights = WRITE_FILE | READ_FILE | READ_DIR | TRUNCATE | MAKE_REG | MAKE_DIR |
				MAKE_SYM | REMOVE_FILE | REMOVE_DIR | REFER;

	if (access(path, F_OK))
		allow_beside(set, path, rights);
	else
		allow(set, path, rights);
}

static void allow_all(const struct ruleset *set, const struct i2n_sandbox_opts *opts,
		      const struct sandbox_net *net)
{
	for (unsigned i = 0; i < opts->n_paths; i++) {
		const struct i2n_sandbox_path *p = &opts->paths[i];

		if (p->right == I2N_SANDBOX_READ)
			allow(set, p->path, READ_FILE | READ_DIR);
		else if (p->right == I2N_SANDBOX_RENAME)
			/* makes one name, removes another */
			allow_beside(set, p->path, MAKE_REG | REMOVE_FILE);
		else
			allow_fill(set, p->path);
	}
	for (const char *const *f = sandbox_resolver_files; net->names && *f; f++)
		allow(set, *f, READ_FILE | READ_DIR);
}

/* The first ABI has no right to link from one directory into another, as a tree may need it. */
static bool can_hold(int abi, const struct i2n_sandbox_opts *opts)
{
	return abi >= ABI_REFER || (abi && !sandbox_has(opts, I2N_SANDBOX_FILL));
}

bool landlock_enter(const struct i2n_sandbox_opts *opts, const struct sandbox_net *net)
{
	int abi = landlock_abi();
	struct ruleset set;
	bool ok;

	if (!can_hold(abi, opts) || !make_ruleset(abi, net, &set))
		return false;
	allow_all(&set, opts, net);
	ok = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !syscall(RESTRICT_SELF, set.fd, 0u);
	(void)close(set.fd);
	return ok;
}
