#include "extract_netboot.h"

#include "img2nfs/name.h"

#include <stdlib.h>
#include <string.h>

bool netboot_is_on(const struct netboot_opts *o)
{
	return o->profile || o->new_identity || o->hostname;
}

int netboot_check(const struct netboot_opts *o, struct netboot_run *ret, struct i2n_err *err)
{
	const char *alone = o->nfsroot ? "nfsroot" : o->ip ? "ip" : NULL;
	uint32_t bit;

	if (alone && !o->profile)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "option '--%s' needs --netboot",
				alone);
	if (o->no_edit.n && !netboot_is_on(o))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"option '--no-edit' needs --netboot, --new-identity or --hostname");
	for (unsigned i = 0; i < o->no_edit.n; i++) {
		if (i2n_netboot_parse(o->no_edit.items[i].value, &bit, err)) {
			i2n_err_wrap(err, "option '--no-edit'");
			return I2N_FATAL;
		}
		ret->skip |= bit;
	}
	if (o->hostname && i2n_hostname_check(o->hostname, err)) {
		i2n_err_wrap(err, "option '--hostname'");
		return I2N_FATAL;
	}
	return I2N_OK;
}

/* Where the machine finds its root; nothing, if that is not known. */
static int find_root(const struct netboot_args *a, struct netboot_run *r, struct i2n_err *err)
{
	struct i2n_nfsroot_want want = { .nfsroot = a->o->nfsroot, .ip = a->o->ip };

	if (!a->o->profile || (!a->url && !a->o->nfsroot))
		return I2N_OK;
	if (a->url) {
		want.host = a->url->host;
		want.path = a->url->path;
		want.port = a->url->port;
		want.mountport = a->url->mountport;
	}
	if (i2n_nfsroot_make(&want, a->notes, &r->root, err))
		return I2N_FATAL;
	r->has_root = true;
	return I2N_OK;
}

/* For what is there for the first boot. An image without a boot partition, or one that cannot be
 * read, has nothing. */
static int open_boot_files(const struct netboot_args *a, const struct i2n_tree *tree,
			   struct i2n_reader *reader, struct netboot_run *r, struct i2n_err *err)
{
	const struct boot_root root = { .image = a->image, .tree = tree, .reader = reader };
	struct i2n_err why;

	if (!a->o->profile ||
	    boot_source_find(&root, NULL, NULL, &r->boot_source, &r->boot_tree, &why) ||
	    !r->boot_source.part)
		return I2N_OK;
	return i2n_edits_new(r->boot_tree, r->boot_source.reader, &r->boot_files, err);
}

int netboot_run(const struct netboot_args *a, struct i2n_tree **tree, struct i2n_reader **reader,
		struct netboot_run *r, struct i2n_err *err)
{
	struct i2n_netboot_opts opts = {
		.profile = (enum i2n_profile)a->o->profile, .skip = r->skip, .boot = a->boot,
		.boot_opts = a->boot_opts, .new_identity = a->o->new_identity,
		.hostname = a->o->hostname,
	};
	struct i2n_tree *edited;

	if (!netboot_is_on(a->o))
		return I2N_OK;
	if (find_root(a, r, err) || open_boot_files(a, *tree, *reader, r, err) ||
	    i2n_edits_new(*tree, *reader, &r->edits, err))
		return I2N_FATAL;
	opts.boot_files = r->boot_files;
	opts.root = r->has_root ? &r->root : NULL;
	if (i2n_netboot_edit(r->edits, &opts, a->notes, &r->system, err) ||
	    i2n_edits_finish(r->edits, &edited, err))
		return I2N_FATAL;
	i2n_tree_free(*tree);
	*tree = edited;
	*reader = i2n_edits_reader(r->edits);
	r->ran = true;
	return I2N_OK;
}

void netboot_release(struct netboot_run *r)
{
	i2n_edits_free(r->edits);
	i2n_edits_free(r->boot_files);
	i2n_tree_free(r->boot_tree);
	boot_source_release(&r->boot_source);
	i2n_nfsroot_release(&r->root);
	memset(r, 0, sizeof(*r));
}

/* Tabs, quotes and backslashes do a terminal no harm; all else is as i2n_escape() has it. */
static void put_escaped(const char *p, size_t len)
{
	char buf[512];

	while (len) {
		size_t n = 0;

		while (n < len && n < 100 && !strchr("\t'\\", p[n]))
			n++;
		while (n < len && n > 90 && ((unsigned char)p[n] & 0xc0) == 0x80)
			n--;	/* whole characters of UTF-8 */
		/* main() finds failed writes, here and below */
		if (n)
			(void)fputs(i2n_escape(buf, sizeof(buf), p, n), stdout);
		else
			(void)fputc(p[n++], stdout);
		p += n;
		len -= n;
	}
}

static void put_lines(const char *p, size_t len)
{
	while (len) {
		const char *nl = memchr(p, '\n', len);
		size_t n = nl ? (size_t)(nl - p) : len;

		put_escaped(p, n);
		if (nl)
			(void)fputc('\n', stdout);
		p += n + (nl != NULL);
		len -= n + (nl != NULL);
	}
}

static bool is_private(unsigned mode)
{
	return (mode & I2N_S_IFMT) == I2N_S_IFREG && !(mode & 0044);
}

/* Private keys that go, passwords for the first boot that come: a diff ends up in logs. */
static bool is_secret(const struct i2n_edit_change *c)
{
	return is_private(c->before_mode) || is_private(c->after_mode);
}

static const char *action(const struct i2n_edit_change *c)
{
	if (!c->after_mode)
		return "removed";
	return c->before_mode ? "changed" : "made";
}

static void print_secret(const struct i2n_edit_change *c)
{
	char name[1024];

	(void)printf("# %s is %s; only its owner may read it, so its content is not shown\n",
		     i2n_escape(name, sizeof(name), c->path, c->path_len), action(c));
}

int netboot_print_diffs(const struct i2n_edits *edits, struct i2n_err *err)
{
	const struct i2n_edit_change *c;
	size_t n, len;

	c = i2n_edits_changes(edits, &n);
	for (size_t i = 0; i < n; i++) {
		char *diff;

		(void)printf("# %s: %s\n", c[i].what.name, c[i].what.why);
		if (is_secret(&c[i])) {
			print_secret(&c[i]);
			continue;
		}
		diff = i2n_edit_diff(&c[i], &len);
		if (!diff)
			return i2n_err_nomem(err);
		put_lines(diff, len);
		free(diff);
	}
	return I2N_OK;
}

static void print_system(const struct netboot_run *r)
{
	const struct i2n_netboot_system *s = &r->system;

	if (s->profile == I2N_PROFILE_NONE)
		(void)puts("Edited for this machine:");
	else
		(void)printf("Edited for a root over NFS, as %s%s%s:\n",
			     i2n_profile_word(s->profile), s->pretty[0] ? ", " : "", s->pretty);
}

void netboot_print(const struct netboot_run *r)
{
	if (!r->ran)
		return;
	print_system(r);
	netboot_print_edits(r->edits);
}

void netboot_print_edits(const struct i2n_edits *edits)
{
	const struct i2n_edit_change *c;
	char path[400];
	size_t n;

	c = i2n_edits_changes(edits, &n);
	for (size_t i = 0; i < n; i++)
		(void)printf("  %-10s %-7s  %s: %s\n", c[i].what.name, action(&c[i]),
			     i2n_escape(path, sizeof(path), c[i].path, c[i].path_len),
			     c[i].what.why);
	if (!n)
		(void)puts("  nothing had to be changed");
}

static void json_change(struct json *j, const struct i2n_edit_change *c)
{
	size_t len;
	char *diff = is_secret(c) ? NULL : i2n_edit_diff(c, &len);

	json_object(j, NULL);
	json_str(j, "edit", c->what.name);
	json_bytes(j, "path", c->path, c->path_len);
	json_str(j, "action", action(c));
	json_str(j, "text", c->what.why);
	if (diff)
		json_bytes(j, "diff", diff, len);
	json_end(j);
	free(diff);
}

void netboot_json_edits(const struct i2n_edits *edits, struct json *j)
{
	size_t n;
	const struct i2n_edit_change *c = i2n_edits_changes(edits, &n);

	for (size_t i = 0; i < n; i++)
		json_change(j, &c[i]);
}

void netboot_json(const struct netboot_run *r, struct json *j)
{
	if (!r->ran) {
		json_null(j, "netboot");
		return;
	}
	json_object(j, "netboot");
	json_str(j, "profile", i2n_profile_word(r->system.profile));
	json_str(j, "system", r->system.pretty[0] ? r->system.pretty : NULL);
	json_str(j, "nfsroot", r->has_root ? r->root.nfsroot : NULL);
	json_array(j, "edits");
	netboot_json_edits(r->edits, j);
	json_end(j);
	json_end(j);
}
