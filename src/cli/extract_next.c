#include "extract_next.h"

#include <string.h>

static bool is_ready(const struct run *r)
{
	return !r->rc && r->dest.kind == DEST_NFS && r->netboot.ran && r->netboot.has_root &&
	       !r->o->update.dry_run;
}

/* The address in nfsroot=, up to the colon. */
static const char *server_of(const struct run *r, char *buf, size_t cap)
{
	size_t n = strcspn(r->netboot.root.nfsroot, ":");

	if (n >= cap)
		return NULL;
	memcpy(buf, r->netboot.root.nfsroot, n);
	buf[n] = '\0';
	return buf;
}

/* Is the last part of path the board's own? */
static bool is_own(const struct run *r, const char *last)
{
	return (r->boot.below[0] && !strcmp(last, r->boot.below)) ||
	       (r->name && !strcmp(last, r->name));
}

/* Where TFTP has its root: above the board's own directory. */
static void boot_of(const struct run *r, struct i2n_next_want *want, char *buf, size_t cap)
{
	const struct boot_run *boot = &r->boot;
	const char *path = boot->kind == BOOT_NFS ? boot->url.path : boot->dest, *slash;

	if (boot->kind == BOOT_NONE)
		return;
	want->boot = boot->kind == BOOT_CARD ? I2N_NEXT_BOOT_CARD : I2N_NEXT_BOOT_TFTP;
	want->boot_is_export = boot->kind == BOOT_NFS;
	want->boot_is_below = boot->below[0] != '\0';
	want->boot_path = path;
	slash = strrchr(path, '/');
	if (boot->kind == BOOT_CARD || !slash || slash == path || !is_own(r, slash + 1) ||
	    (size_t)(slash - path) >= cap)
		return;
	memcpy(buf, path, (size_t)(slash - path));
	buf[slash - path] = '\0';
	want->boot_path = buf;
}

/* Mounted there, the boot files hide what the root has. */
static void user_of(const struct run *r, struct i2n_next_want *want)
{
	if (!r->netboot.system.no_user)
		return;
	want->user_dir_is_boot = r->boot.mount;
	want->user_dir = r->boot.mount ? r->boot.url.path : r->netboot.system.boot_dir;
}

bool next_make(const struct run *runs, unsigned n, struct i2n_next *ret)
{
	const char *roots[I2N_SHARE_RUNS];
	struct i2n_next_want want = { .roots = roots };
	char server[64], boot[1100];

	*ret = (struct i2n_next){ 0 };
	for (unsigned i = 0; i < n; i++) {
		const struct run *r = &runs[i];

		if (!is_ready(r))
			continue;
		if (!want.n_roots) {
			want.server = server_of(r, server, sizeof(server));
			want.is_pi = r->netboot.system.profile == I2N_PROFILE_RPI;
			boot_of(r, &want, boot, sizeof(boot));
			user_of(r, &want);
		}
		/* without the check nothing is known of the port */
		want.high_port |= !r->check.low_port;
		roots[want.n_roots++] = r->url.path;
	}
	if (!want.n_roots)
		return false;
	if (!i2n_next_make(&want, ret, NULL))
		return true;
	i2n_next_release(ret);
	return false;
}

/* Lines to paste, which begin where they begin. */
static void print_lines(const char *title, const struct i2n_lines *lines)
{
	/* main() finds failed writes, here and below */
	if (lines->n)
		(void)printf("\n%s\n", title);
	for (unsigned i = 0; i < lines->n; i++)
		(void)puts(lines->v[i]);
}

void next_print(const struct i2n_next *next)
{
	print_lines("For /etc/exports on the server:", &next->exports);
	print_lines("For dnsmasq, where the boot files are:", &next->dnsmasq);
	(void)puts("\nWhat is left to do:");
	for (unsigned i = 0; i < next->steps.n; i++)
		(void)printf("%u. %s\n", i + 1, next->steps.v[i]);
}

static void json_lines(struct json *j, const char *key, const struct i2n_lines *lines)
{
	json_array(j, key);
	for (unsigned i = 0; i < lines->n; i++)
		json_str(j, NULL, lines->v[i]);
	json_end(j);
}

void next_json(struct json *j, const struct i2n_next *next)
{
	if (!next) {
		json_null(j, "next");
		return;
	}
	json_object(j, "next");
	json_lines(j, "exports", &next->exports);
	json_lines(j, "dnsmasq", &next->dnsmasq);
	json_lines(j, "steps", &next->steps);
	json_end(j);
}
