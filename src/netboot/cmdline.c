#include "img2nfs/cmdline.h"

#include "cmdline_own.h"

#include <stdlib.h>
#include <string.h>

bool cmdline_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Quotes toggle anywhere; those around a whole token or a whole value are no part of it. */
static void split(struct cmdline_token *t)
{
	const char *p = t->raw, *end = p + t->raw_len, *eq;

	if (*p == '"') {
		p++;
		end -= end > p && end[-1] == '"';
	}
	/* "= at the front" is a name for the kernel, too */
	eq = end - p > 1 ? memchr(p + 1, '=', (size_t)(end - p - 1)) : NULL;
	t->name = p;
	t->name_len = (size_t)((eq ? eq : end) - p);
	t->val = eq ? eq + 1 : NULL;
	t->val_len = 0;
	if (!eq)
		return;
	if (t->val < end && *t->val == '"') {
		t->val++;
		end -= end > t->val && end[-1] == '"';
	}
	t->val_len = (size_t)(end - t->val);
}

bool cmdline_next(struct cmdline_span *rest, struct cmdline_token *ret)
{
	bool quoted = false;
	const char *p;

	for (; rest->p < rest->end && cmdline_is_blank(*rest->p); rest->p++)
		rest->line += *rest->p == '\n';
	if (rest->p == rest->end)
		return false;
	ret->line = rest->line;
	for (p = rest->p; p < rest->end && (quoted || !cmdline_is_blank(*p)); p++) {
		quoted ^= *p == '"';
		rest->line += *p == '\n';
	}
	ret->raw = rest->p;
	ret->raw_len = (size_t)(p - rest->p);
	rest->p = p;
	split(ret);
	return true;
}

static bool is(const char *p, size_t len, const char *s)
{
	return strlen(s) == len && !memcmp(p, s, len);
}

bool cmdline_is(const struct cmdline_token *t, const char *name)
{
	return is(t->name, t->name_len, name);
}

bool cmdline_has_val(const struct cmdline_token *t, const char *val)
{
	return t->val && is(t->val, t->val_len, val);
}

bool cmdline_is_end(const struct cmdline_token *t)
{
	return is(t->raw, t->raw_len, "--");
}

static const struct wrong {
	const char *name;
	const char *val;	/* NULL: with any value or none */
	const char *why;
} wrong[] = {
	{ "root", NULL, "the root is not on a disk" },
	{ "rootfstype", NULL, "is for a root on a disk" },
	{ "rootflags", NULL, "is for a root on a disk" },
	{ "nfsroot", NULL, "names another root" },
	{ "ip", NULL, "is replaced; --ip chooses another" },
	{ "nfsaddrs", NULL, "is an old name of ip=" },
	{ "ro", NULL, "nothing would make the root writable later" },
	{ "fsck.repair", NULL, "there is no disk to check" },
	{ "resize", NULL, "there is no partition to grow" },
	{ "init", "/usr/lib/raspberrypi-sys-mods/firstboot",
	  "grows the partition of an SD card and starts again" },
	{ "init", "/usr/lib/raspi-config/init_resize.sh",
	  "grows the partition of an SD card and starts again" },
	{ "sdhci.debug_quirks2", "4", "came with init_resize.sh" },
};

const char *cmdline_wrong(const struct cmdline_token *t)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (cmdline_is(t, wrong[i].name) &&
		    (!wrong[i].val || cmdline_has_val(t, wrong[i].val)))
			return wrong[i].why;
	if (cmdline_is(t, "boot") && !cmdline_has_val(t, "nfs"))
		return "makes the initramfs look for the root elsewhere";
	return NULL;
}

const char *cmdline_doubtful(const struct cmdline_token *t)
{
	if (cmdline_is(t, "init"))
		return "starts this instead of the system's own init";
	if (cmdline_is(t, "resume"))
		return "wants the swap space of a disk; the boot may wait for it";
	if (cmdline_is(t, "overlayroot"))
		return "lays something over the root; whether it can over NFS depends on it";
	if (cmdline_is(t, "systemd.run"))
		return "runs a script that expects the boot partition and edits cmdline.txt there; "
		       "boot once from the card first, or take it out";
	return NULL;
}

/* Raspberry Pi's Imager: the script edits cmdline.txt on the boot partition and reboots; where that
 * is not there the machine would switch itself off, again and again. Any other script is left. */
static bool is_imager(const struct cmdline_token *t)
{
	return cmdline_is(t, "systemd.run") &&
	       (cmdline_has_val(t, "/boot/firstrun.sh") ||
		cmdline_has_val(t, "/boot/firmware/firstrun.sh"));
}

static const char *imager_wrong(const struct cmdline_token *t)
{
	if (is_imager(t) || cmdline_is(t, "systemd.run_success_action") ||
	    cmdline_is(t, "systemd.run_failure_action") ||
	    (cmdline_is(t, "systemd.unit") && cmdline_has_val(t, "kernel-command-line.target")))
		return "expects the boot partition; what it starts is run once by a unit in the "
		       "root, see the edit first-boot";
	return NULL;
}

void cmdline_change(struct cmdline_out *out, enum i2n_change_kind kind, unsigned line,
		    const char *token, size_t len, const char *why)
{
	struct i2n_change *v = out->changes;
	char *copy = malloc(len + 1);

	if (copy && out->n == out->cap) {
		out->cap = out->cap ? 2 * out->cap : 16;
		v = realloc(v, out->cap * sizeof(*v));
	}
	if (!copy || !v) {
		free(copy);
		out->failed = true;
		out->cap = out->n;
		return;
	}
	memcpy(copy, token, len);
	copy[len] = '\0';
	out->changes = v;
	v[out->n++] = (struct i2n_change){ .kind = kind, .line = line, .token = copy, .why = why };
}

static void change_token(struct cmdline_out *out, enum i2n_change_kind kind,
			 const struct cmdline_token *t, const char *why)
{
	cmdline_change(out, kind, t->line, t->raw, t->raw_len, why);
}

/* The tokens that we want. */
struct wanted {
	const char *name, *val;		/* val NULL: none */
	enum cmdline_part part;
	const char *why;
};

#define N_WANTED 5

static void wanted_of(const struct i2n_nfsroot *root, struct wanted ret[N_WANTED])
{
	const struct wanted all[N_WANTED] = {
		{ "root", "/dev/nfs", CMDLINE_ROOT, "the root comes over NFS" },
		{ "nfsroot", root->nfsroot, CMDLINE_NFSROOT, "where it is" },
		{ "rw", NULL, CMDLINE_RW, "nothing makes the root writable later" },
		{ "ip", root->ip, CMDLINE_IP, "the network is needed before the root is there" },
		{ "rootwait", NULL, CMDLINE_ROOTWAIT, "the network may take a moment" },
	};

	memcpy(ret, all, sizeof(all));
}

/* Is the token, letter by letter, the wanted one? rootwait may have a time. */
static bool is_wanted(const struct cmdline_token *t, const struct wanted *w)
{
	size_t n = strlen(w->name);

	if (w->part == CMDLINE_ROOTWAIT)
		return cmdline_is(t, w->name);
	if (!w->val)
		return is(t->raw, t->raw_len, w->name);
	return t->raw_len > n && !memcmp(t->raw, w->name, n) && t->raw[n] == '=' &&
	       is(t->raw + n + 1, t->raw_len - n - 1, w->val);
}

static unsigned part_of(const struct cmdline_token *t, const struct wanted *w)
{
	for (unsigned i = 0; i < N_WANTED; i++)
		if (is_wanted(t, &w[i]))
			return w[i].part;
	return 0;
}

bool cmdline_has_open_quote(const struct cmdline_token *t)
{
	bool open = false;

	for (size_t i = 0; i < t->raw_len; i++)
		open ^= t->raw[i] == '"';
	return open;
}

/* What is there already, and behind which token the rest goes: root=; else in front of what must
 * stay last; else at the end. A script of systemd.run deletes all that follows it, and a quote that
 * is not closed would take it in. */
static unsigned look(struct cmdline_span old, const struct wanted *w, size_t *ret_at,
		     bool *ret_imager)
{
	size_t i = 0, last = SIZE_MAX;
	unsigned have = 0;
	struct cmdline_token t;

	*ret_at = SIZE_MAX;
	*ret_imager = false;
	for (; cmdline_next(&old, &t) && !cmdline_is_end(&t); i++) {
		*ret_imager |= is_imager(&t);
		have |= part_of(&t, w);
		if (*ret_at == SIZE_MAX && cmdline_is(&t, "root"))
			*ret_at = i + 1;
		if (last == SIZE_MAX &&
		    ((cmdline_is(&t, "systemd.run") && !is_imager(&t)) ||
		     cmdline_has_open_quote(&t)))
			last = i;
	}
	if (*ret_at == SIZE_MAX)
		*ret_at = last != SIZE_MAX ? last : i;
	return have;
}

/* A line break between quotes would make two lines of one. */
static void put_token(struct cmdline_out *out, size_t start, const char *p, size_t len)
{
	if (out->text.len > start)
		text_add(&out->text, " ");
	for (size_t n; len; p += n, len -= n) {
		for (n = 0; n < len && p[n] != '\n' && p[n] != '\r'; )
			n++;
		text_put(&out->text, p, n);
		if (n < len) {
			text_add(&out->text, " ");
			n++;
		}
	}
}

static void put_wanted(struct cmdline_out *out, size_t start, unsigned line,
		       const struct wanted *w, unsigned parts)
{
	struct text t = { 0 };

	for (unsigned i = 0; i < N_WANTED; i++) {
		if (!(parts & w[i].part))
			continue;
		t.len = 0;
		text_add(&t, w[i].name);
		if (w[i].val)
			text_addf(&t, "=%s", w[i].val);
		if (t.failed)
			break;
		put_token(out, start, t.p, t.len);
		cmdline_change(out, I2N_CHANGE_IN, line, t.p, t.len, w[i].why);
	}
	out->failed |= t.failed;
	text_release(&t);
}

/* Keep it or not; *seen: parts that stayed so far. */
static void judge(struct cmdline_out *out, size_t start, const struct cmdline_token *t,
		  const struct wanted *w, bool imager, unsigned *seen)
{
	unsigned part = part_of(t, w);
	const char *why = part & *seen ? "is there twice" : part ? NULL : cmdline_wrong(t);

	if (!why && imager)
		why = imager_wrong(t);
	if (why) {
		change_token(out, I2N_CHANGE_OUT, t, why);
		return;
	}
	*seen |= part;
	why = cmdline_doubtful(t);
	if (why)
		change_token(out, I2N_CHANGE_WARN, t, why);
	put_token(out, start, t->raw, t->raw_len);
}

void cmdline_line(struct cmdline_out *out, struct cmdline_span old, const struct i2n_nfsroot *root,
		  unsigned parts)
{
	size_t start = out->text.len, at, i = 0;
	unsigned line = old.line, have, seen = 0;
	struct wanted w[N_WANTED];
	struct cmdline_token t;
	bool ended = false, imager;

	while (old.end > old.p && cmdline_is_blank(old.end[-1]))
		old.end--;
	wanted_of(root, w);
	have = look(old, w, &at, &imager);
	for (; cmdline_next(&old, &t); i++) {
		if (i == at)
			put_wanted(out, start, line, w, parts & ~have);
		ended |= cmdline_is_end(&t);
		if (ended)
			put_token(out, start, t.raw, t.raw_len);
		else
			judge(out, start, &t, w, imager, &seen);
	}
	if (i <= at)
		put_wanted(out, start, line, w, parts & ~have);
}

bool cmdline_next_line(struct cmdline_span *rest, struct cmdline_span *ret, const char **ret_eol)
{
	const char *nl;

	if (rest->p == rest->end)
		return false;
	nl = memchr(rest->p, '\n', (size_t)(rest->end - rest->p));
	*ret = (struct cmdline_span){ rest->p, nl ? nl : rest->end, rest->line };
	*ret_eol = nl ? "\n" : "";
	if (nl && nl > rest->p && nl[-1] == '\r') {
		ret->end--;
		*ret_eol = "\r\n";
	}
	rest->p = nl ? nl + 1 : rest->end;
	rest->line++;
	return true;
}

/* cmdline.txt knows no comments, and people write them: the tokens of the other lines. Blanks in
 * their place keep the numbers of lines and tokens. */
static void without_comments(struct cmdline_out *out, struct cmdline_span old, struct text *ret)
{
	struct cmdline_span line;
	const char *eol, *p;

	while (cmdline_next_line(&old, &line, &eol)) {
		for (p = line.p; p < line.end && cmdline_is_blank(*p); )
			p++;
		if (p < line.end && *p == '#')
			cmdline_change(out, I2N_CHANGE_OUT, line.line, p, (size_t)(line.end - p),
				       "is no comment for the kernel");
		else
			text_put(ret, line.p, (size_t)(line.end - line.p));
		text_add(ret, "\n");
	}
}

static void edit_txt(struct cmdline_out *out, struct cmdline_span old,
		     const struct i2n_nfsroot *root)
{
	bool has_eol = old.p == old.end || old.end[-1] == '\n';
	struct text t = { 0 };

	while (old.end - old.p >= 3 && !memcmp(old.p, "\xef\xbb\xbf", 3)) {
		cmdline_change(out, I2N_CHANGE_OUT, 1, old.p, 3, "is a byte order mark");
		old.p += 3;
	}
	text_put(&t, "", 0);
	without_comments(out, old, &t);
	if (!t.failed)
		cmdline_line(out, (struct cmdline_span){ t.p, t.p + t.len, 1 }, root, CMDLINE_ALL);
	if (has_eol)
		text_add(&out->text, "\n");
	out->failed |= t.failed;
	text_release(&t);
}

enum i2n_cmdline_format i2n_cmdline_format_of(const char *path, size_t len)
{
	static const struct {
		const char *end;
		enum i2n_cmdline_format format;
	} ends[] = {
		{ "cmdline.txt", I2N_CMDLINE_TXT },
		{ "extlinux.conf", I2N_CMDLINE_EXTLINUX },
		{ "etc/default/grub", I2N_CMDLINE_GRUB },
		{ "armbianEnv.txt", I2N_CMDLINE_ARMBIAN },
		{ "boot.cmd", I2N_CMDLINE_BOOT_CMD },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i].end);

		if (len >= n && !memcmp(path + len - n, ends[i].end, n) &&
		    (len == n || path[len - n - 1] == '/'))
			return ends[i].format;
	}
	return I2N_CMDLINE_NONE;
}

typedef void edit_fn(struct cmdline_out *out, struct cmdline_span old,
		     const struct i2n_nfsroot *root);

static edit_fn *edit_of(enum i2n_cmdline_format format)
{
	switch (format) {
	case I2N_CMDLINE_NONE:
		break;
	case I2N_CMDLINE_TXT:
		return edit_txt;
	case I2N_CMDLINE_EXTLINUX:
		return cmdline_edit_extlinux;
	case I2N_CMDLINE_GRUB:
		return cmdline_edit_grub;
	case I2N_CMDLINE_ARMBIAN:
		return cmdline_edit_armbian;
	case I2N_CMDLINE_BOOT_CMD:
		return cmdline_edit_boot_cmd;
	}
	return NULL;
}

int i2n_cmdline_edit(enum i2n_cmdline_format format, const char *text, size_t len,
		     const struct i2n_nfsroot *root, struct i2n_cmdline_edit *ret,
		     struct i2n_err *err)
{
	const char *nul = len ? memchr(text, '\0', len) : NULL;
	struct cmdline_out out = { 0 };
	edit_fn *edit = edit_of(format);

	*ret = (struct i2n_cmdline_edit){ 0 };
	if (len > I2N_CMDLINE_MAX)
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
				"the file with the kernel's command line has more than %u bytes",
				I2N_CMDLINE_MAX);
	if (nul) {
		cmdline_change(&out, I2N_CHANGE_OUT, 1, "", 0,
			       "a NUL byte is the end for the kernel; all from it on is dropped");
		len = (size_t)(nul - text);
	}
	text_put(&out.text, "", 0);
	if (edit)
		edit(&out, (struct cmdline_span){ text, text + len, 1 }, root);
	*ret = (struct i2n_cmdline_edit){ out.text.p, out.text.len, out.changes, out.n };
	return out.failed || out.text.failed ? i2n_err_nomem(err) : I2N_OK;
}

void i2n_cmdline_release(struct i2n_cmdline_edit *edit)
{
	for (unsigned i = 0; i < edit->n_changes; i++)
		free(edit->changes[i].token);
	free(edit->changes);
	free(edit->text);
	*edit = (struct i2n_cmdline_edit){ 0 };
}
