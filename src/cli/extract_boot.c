#define _POSIX_C_SOURCE 200809L
#include "extract_boot.h"

#include "img2nfs/name.h"
#include "img2nfs/plan.h"

#include "text.h"

#include "extract_update.h"
#include "run_lock.h"
#include "signals.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* --- the command line --- */

static int bad_value(const char *option, const char *value, const char *want, struct i2n_err *err)
{
	char q[200];

	return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "option '--%s': %s is not %s", option,
			i2n_quote(q, sizeof(q), value, strlen(value)), want);
}

/* Hexadecimal digits in lower case, as the board asks for them. */
static bool put_hex(char *to, const char *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)from[i]))
			return false;
		to[i] = (char)tolower((unsigned char)from[i]);
	}
	to[n] = '\0';
	return true;
}

/* /proc/cpuinfo shows 16 digits, of which the board asks for the last 8. */
static int parse_serial(const char *text, char *ret, struct i2n_err *err)
{
	size_t len = strlen(text);
	char all[17];

	if ((len != 8 && len != 16) || !put_hex(all, text, len))
		return bad_value("serial", text, "a serial number of 8 hexadecimal digits", err);
	memcpy(ret, all + len - 8, 9);
	return I2N_OK;
}

static int parse_mac(const char *text, char *ret, struct i2n_err *err)
{
	bool good = strlen(text) == 17;

	for (size_t i = 0; good && i < 6; i++) {
		good = put_hex(ret + 3 * i, text + 3 * i, 2) &&
		       (i == 5 || text[3 * i + 2] == '-' || text[3 * i + 2] == ':');
		if (i < 5)
			ret[3 * i + 2] = '-';
	}
	return good ? I2N_OK : bad_value("mac", text, "a MAC address as dc-a6-32-01-36-c2", err);
}

static bool ends_with_img(const char *s)
{
	size_t n = strlen(s);

	return n > 4 && !strcasecmp(s + n - 4, ".img");
}

static enum boot_kind kind_of(const char *dest)
{
	struct stat st;

	if (!strncmp(dest, "nfs:", 4))
		return BOOT_NFS;
	if (!stat(dest, &st))
		return S_ISDIR(st.st_mode) ? BOOT_DIR : BOOT_CARD;
	return ends_with_img(dest) ? BOOT_CARD : BOOT_DIR;
}

const char *boot_file(const struct boot_opts *o)
{
	return o->dest && strncmp(o->dest, "nfs:", 4) ? o->dest : NULL;
}

static int go_below(struct boot_run *r, struct i2n_err *err)
{
	struct text path = { 0 };

	if (!r->below[0])
		return I2N_OK;
	text_add(&path, r->url.path);
	text_add(&path, strcmp(r->url.path, "/") ? "/" : "");
	text_add(&path, r->below);
	if (text_check(&path, err)) {
		text_release(&path);
		return I2N_FATAL;
	}
	free(r->url.path);
	r->url.path = path.p;
	return I2N_OK;
}

static int check_alone(const struct boot_opts *o, struct i2n_err *err)
{
	const char *alone = o->serial ? "serial" : o->mac ? "mac" :
			    o->partition ? "boot-partition" : NULL;

	return alone ? i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "option '--%s' needs --boot",
				alone) : I2N_OK;
}

static void prefix_note(void *ctx, const struct i2n_note *note);

int boot_check(const struct boot_opts *o, const struct i2n_notes *notes, struct boot_run *r,
	       struct i2n_err *err)
{
	if (!o->dest)
		return check_alone(o, err);
	if (o->serial && o->mac)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"options '--serial' and '--mac' exclude each other");
	r->outer = notes;
	r->notes = (struct i2n_notes){ .fn = prefix_note, .ctx = r };
	r->dest = o->dest;
	r->kind = kind_of(o->dest);
	if (o->serial && parse_serial(o->serial, r->below, err))
		return I2N_FATAL;
	if (o->mac && parse_mac(o->mac, r->below, err))
		return I2N_FATAL;
	if (r->kind == BOOT_CARD && r->below[0])
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"option '--%s': a card is for one board and has no such directory",
				o->serial ? "serial" : "mac");
	if (r->kind != BOOT_NFS)
		return I2N_OK;
	if (i2n_nfs_url_parse(o->dest, notes, &r->url, err)) {
		i2n_err_wrap(err, "option '--boot'");
		return I2N_FATAL;
	}
	return go_below(r, err);
}

/* --- reading --- */

static void prefix_note(void *ctx, const struct i2n_note *note)
{
	const struct boot_run *r = ctx;
	struct i2n_note with = *note;
	struct text path = { 0 };

	if (note->path) {
		text_add(&path, BOOT_PREFIX);
		text_put(&path, note->path, note->path_len);
		if (!path.failed) {	/* else the path is what is missing */
			with.path = path.p;
			with.path_len = path.len;
		}
	}
	if (r->outer->fn)
		r->outer->fn(r->outer->ctx, &with);
	text_release(&path);
}

int boot_find_mount(struct boot_run *r, struct i2n_err *err)
{
	const struct i2n_nfsroot_want want = { .host = r->url.host, .path = r->url.path };
	struct i2n_nfsroot root = { 0 };
	struct i2n_err why = { 0 };
	size_t n;

	if (r->kind != BOOT_NFS)
		return I2N_OK;
	if (i2n_nfsroot_make(&want, NULL, &root, &why)) {
		i2n_note(r->outer, I2N_NOTE_WARN, "boot", NULL, 0,
			 "the machine will not mount the boot files: %s", why.msg);
		return I2N_OK;
	}
	n = strcspn(root.nfsroot, ",");
	r->mount = malloc(n + 1);
	if (r->mount) {
		memcpy(r->mount, root.nfsroot, n);
		r->mount[n] = '\0';
	}
	if (r->url.port)	/* fits always, here and below */
		n = (size_t)snprintf(r->mount_opts, sizeof(r->mount_opts), "port=%u", r->url.port);
	if (r->url.mountport)
		(void)snprintf(r->mount_opts + (r->url.port ? n : 0),
			       sizeof(r->mount_opts) - (r->url.port ? n : 0), "%smountport=%u",
			       r->url.port ? "," : "", r->url.mountport);
	i2n_nfsroot_release(&root);
	return r->mount ? I2N_OK : i2n_err_nomem(err);
}

/* TFTP knows no users: what the server shall give out must be everybody's to read. */
static void open_to_all(struct i2n_tree *t)
{
	for (uint32_t i = 0; i < t->n_inodes; i++) {
		struct i2n_inode *in = &t->inodes[i];

		if (i2n_inode_type(in) == I2N_S_IFREG)
			in->mode |= 0444;
		else if (i2n_inode_type(in) == I2N_S_IFDIR)
			in->mode |= 0555;
	}
}

int boot_read(struct boot_run *r, const struct boot_opts *o, const struct boot_root *root,
	      struct i2n_err *err)
{
	if (r->kind == BOOT_NONE)
		return I2N_OK;
	if (boot_source_find(root, o->partition, &r->notes, &r->source, &r->tree, err))
		return I2N_FATAL;
	r->reader = r->source.reader;
	if (r->kind != BOOT_CARD)
		open_to_all(r->tree);
	i2n_note(&r->notes, I2N_NOTE_INFO, "boot", NULL, 0, "the boot files are in %s",
		 r->source.name);
	return I2N_OK;
}

/* --- command lines --- */

static const struct i2n_edit_what edit_what = { "cmdline",
						"the kernel is to mount the root over NFS" };

static void tell_warnings(struct boot_run *r, const char *path, const struct i2n_cmdline_edit *edit)
{
	char q[200];

	for (unsigned i = 0; i < edit->n_changes; i++) {
		const struct i2n_change *c = &edit->changes[i];

		if (c->kind == I2N_CHANGE_WARN)
			i2n_note(&r->notes, I2N_NOTE_WARN, "cmdline", path, strlen(path),
				 "%s%s%s", c->token[0] ? i2n_quote(q, sizeof(q), c->token,
								   strlen(c->token)) : "",
				 c->token[0] ? " " : "", c->why);
	}
}

static int edit_file(struct boot_run *r, const char *path, enum i2n_cmdline_format format,
		     const struct i2n_nfsroot *root, struct i2n_err *err)
{
	struct i2n_cmdline_edit edit = { 0 };
	struct i2n_text old = { 0 };
	int rc = i2n_edits_read(r->edits, path, &old, err);

	if (rc == I2N_OK || rc == I2N_END)
		rc = i2n_cmdline_edit(format, old.bytes ? old.bytes : "", old.len, root, &edit,
				      err);
	if (rc == I2N_OK) {
		tell_warnings(r, path, &edit);
		rc = i2n_edits_write(r->edits, &edit_what, path, edit.text, edit.len, 0755, err);
	}
	i2n_cmdline_release(&edit);
	free(old.bytes);
	return rc == I2N_OK ? I2N_OK : I2N_FATAL;
}

/* In FAT a name is the same in upper and lower case. */
static enum i2n_cmdline_format format_of(const struct boot_run *r, const char *path, size_t len)
{
	char lower[64];

	if (!r->source.fat || len >= sizeof(lower))
		return i2n_cmdline_format_of(path, len);
	for (size_t i = 0; i < len; i++)
		lower[i] = (char)tolower((unsigned char)path[i]);
	return i2n_cmdline_format_of(lower, len);
}

static int edit_all(struct boot_run *r, const struct i2n_nfsroot *root, unsigned *ret_n,
		    struct i2n_err *err)
{
	for (uint32_t d = 0; d < r->tree->n_dirents; d++) {
		const struct i2n_inode *in = &r->tree->inodes[r->tree->dirents[d].inode];
		enum i2n_cmdline_format format;
		size_t len;
		char *path;
		int rc;

		if (i2n_inode_type(in) != I2N_S_IFREG)
			continue;
		path = i2n_tree_path(r->tree, d, &len);
		if (!path)
			return i2n_err_nomem(err);
		format = format_of(r, path, len);
		rc = format == I2N_CMDLINE_NONE ? I2N_OK : edit_file(r, path, format, root, err);
		*ret_n += format != I2N_CMDLINE_NONE;
		free(path);
		if (rc)
			return rc;
	}
	return I2N_OK;
}

/* A Raspberry Pi boots without a cmdline.txt, but not from NFS. */
static int add_missing(struct boot_run *r, const struct i2n_nfsroot *root, struct i2n_err *err)
{
	if (i2n_tree_resolve(r->tree, "config.txt", strlen("config.txt"), NULL) != I2N_NONE)
		return edit_file(r, "cmdline.txt", I2N_CMDLINE_TXT, root, err);
	i2n_note(&r->notes, I2N_NOTE_WARN, "cmdline", NULL, 0,
		 "no kernel command line was found among the boot files: the boot loader has to be "
		 "told root=/dev/nfs nfsroot=%s ip=%s rw", root->nfsroot, root->ip);
	return I2N_OK;
}

int boot_edit(struct boot_run *r, const struct i2n_nfsroot *root, struct i2n_err *err)
{
	struct i2n_tree *edited;
	unsigned n = 0;

	if (i2n_edits_new(r->tree, r->reader, &r->edits, err) || edit_all(r, root, &n, err) ||
	    (!n && add_missing(r, root, err)) || i2n_edits_finish(r->edits, &edited, err))
		return I2N_FATAL;
	i2n_tree_free(r->tree);
	r->tree = edited;
	r->reader = i2n_edits_reader(r->edits);
	return I2N_OK;
}

/* --- storing --- */

struct work {
	struct boot_run *r;
	const struct boot_args *args;
	struct progress progress;
	struct i2n_engine_opts engine;
	struct i2n_plan *plan;
	struct i2n_sink *sink;
};

static struct i2n_sink_env env_of(const struct boot_run *r)
{
	return (struct i2n_sink_env){ .tree = r->tree, .reader = r->reader, .notes = &r->notes };
}

static int plan(struct work *w, struct i2n_err *err)
{
	return i2n_plan_make(w->r->tree, w->r->reader, w->sink->caps, &w->r->notes, &w->plan, err);
}

/* As --update does: other files there are other boards' business. */
static int update(struct work *w, struct i2n_err *err)
{
	const struct update_opts opts = { .update = true };
	struct update_result result = { 0 };
	const struct update_job job = { .o = &opts, .plan = w->plan, .reader = w->r->reader,
					.sink = w->sink, .notes = &w->r->notes,
					.engine = &w->engine };

	return update_store(&job, &result, &w->r->at, err);
}

static int store_nfs(struct work *w, struct i2n_err *err)
{
	struct boot_run *r = w->r;
	const struct i2n_sink_env env = env_of(r);
	struct i2n_nfs_opts nfs = *w->args->nfs;
	struct run_lock lock = { 0 };
	struct i2n_err why = { 0 };
	int rc;

	nfs.dest = I2N_DEST_UPDATE;
	nfs.check = NULL;
	nfs.arrived = run_lock_arrived;
	nfs.arrived_ctx = &lock;
	rc = run_lock_init(&lock, &r->url, I2N_LOCK_NAME, w->args->break_lock, &nfs, &r->notes,
			   err);
	if (!rc)
		rc = i2n_sink_open_nfs3(&r->url, &nfs, &env, signals_stop(), &w->sink, err);
	if (!rc)
		rc = run_lock_take(&lock, w->sink, err);
	if (!rc)
		rc = plan(w, err);
	if (!rc)
		rc = update(w, err);
	run_lock_drop(&lock, rc && err->domain == I2N_DOM_RPC);
	if (!rc && run_lock_is_lost(&lock, &why)) {
		*err = why;
		rc = I2N_FATAL;
	}
	i2n_sink_free(w->sink);
	w->sink = NULL;
	run_lock_release(&lock);
	return rc;
}

static int store_dir(struct work *w, struct i2n_err *err)
{
	struct boot_run *r = w->r;
	const struct i2n_sink_env env = env_of(r);
	const char *below = r->below[0] ? r->below : NULL;

	if (i2n_sink_open_dir(r->dest, below, &env, &w->sink, err) || plan(w, err) ||
	    i2n_engine_run(w->plan, r->reader, w->sink, &r->notes, &w->engine, &r->at, err))
		return I2N_FATAL;
	return i2n_sink_finish(w->sink, err);
}

/* Where the partition was, so that PARTUUIDs and the board's ROM find it there again. */
static void place_card(const struct boot_run *r, struct i2n_card_opts *opts)
{
	const struct boot_source *s = &r->source;
	const struct i2n_fat_info *fat = s->fat ? i2n_fat_info(s->fat) : NULL;
	const bool is_dos = s->table->label == I2N_LABEL_DOS;

	if (s->part) {
		opts->start = s->part->start - s->part->start % 512;
		opts->bootable = s->part->bootable;
		opts->part_no = s->part->part_no <= 4 ? s->part->part_no : 1;
	}
	if (is_dos)
		opts->disk_id = (uint32_t)strtoul(s->table->disk_id, NULL, 16);
	if (fat) {
		opts->serial = fat->serial;
		opts->has_label = fat->has_label;
		memcpy(opts->label, fat->label, sizeof(opts->label));
		opts->label_mtime = fat->label_mtime;
	} else {
		opts->serial = opts->disk_id;
	}
	if (!is_dos)
		opts->disk_id = opts->serial;
	if (opts->start < 512)
		opts->start = 4 << 20;
}

static int store_card(struct work *w, struct i2n_err *err)
{
	struct boot_run *r = w->r;
	struct out_file *card = w->args->card;
	struct i2n_card_opts opts = { .start = 4 << 20, .part_no = 1, .stop = signals_stop() };

	place_card(r, &opts);
	if (i2n_card_write(fileno(card->f), r->dest, r->tree, r->reader, &opts, &r->notes,
			   &r->card, err))
		return I2N_FATAL;
	if (out_file_close(card, true, err)) {
		i2n_err_blame(err, I2N_BLAME_SERVER);	/* it is a destination */
		return I2N_FATAL;
	}
	r->at.done.files = r->card.files;
	r->at.done.dirs = r->card.dirs;
	r->at.done.objects = r->card.files + r->card.dirs;
	r->at.done.bytes = r->at.written = r->card.written;
	r->at.failed = r->card.failed;
	return I2N_OK;
}

int boot_store(struct boot_run *r, const struct boot_args *args, struct i2n_err *err)
{
	struct work w = { .r = r, .args = args };
	int rc;

	if (r->kind == BOOT_NONE)
		return I2N_OK;
	w.engine = (struct i2n_engine_opts){ .stop = signals_stop(), .progress = progress_update,
					     .ctx = &w.progress, .root_later = true };
	r->begun = true;
	progress_begin(&w.progress, args->progress);
	rc = r->kind == BOOT_NFS ? store_nfs(&w, err) :
	     r->kind == BOOT_DIR ? store_dir(&w, err) : store_card(&w, err);
	progress_end(&w.progress);
	i2n_plan_free(w.plan);
	i2n_sink_free(w.sink);
	if (rc)
		i2n_err_wrap(err, "boot files");
	r->complete = !rc && !r->at.failed;
	return rc ? I2N_FATAL : I2N_OK;
}

void boot_release(struct boot_run *r)
{
	i2n_tree_free(r->tree);
	i2n_edits_free(r->edits);
	boot_source_release(&r->source);
	i2n_nfs_url_release(&r->url);
	free(r->mount);
	memset(r, 0, sizeof(*r));
}
