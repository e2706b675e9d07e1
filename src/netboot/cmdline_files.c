#include "cmdline_own.h"

#include <stdio.h>
#include <string.h>

/* The files in which a command line is one value among others. What is replaced stays as a
 * comment. */

static void skip_blanks(const char **p, const char *end)
{
	while (*p < end && cmdline_is_blank(**p))
		(*p)++;
}

/* The word at *p, up to a blank; *p moves behind it. */
static size_t word(const char **p, const char *end)
{
	const char *start = *p;

	while (*p < end && !cmdline_is_blank(**p))
		(*p)++;
	return (size_t)(*p - start);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_word(const char *p, size_t len, const char *want)
{
	if (strlen(want) != len)
		return false;
	while (len--)
		if (lower(p[len]) != want[len])
			return false;
	return true;
}

static bool has(const char *p, const char *end, const char *what)
{
	size_t n = strlen(what);

	for (; (size_t)(end - p) >= n; p++)
		if (!memcmp(p, what, n))
			return true;
	return false;
}

static void put_span(struct text *t, struct cmdline_span s)
{
	text_put(t, s.p, (size_t)(s.end - s.p));
}

/* A line that stays. */
static void put_line(struct cmdline_out *out, struct cmdline_span line, const char *eol)
{
	put_span(&out->text, line);
	text_add(&out->text, eol);
}

/* Where in a line the tokens are. */
struct place {
	struct cmdline_span line, value;
	const char *eol;
	const char *around[2];		/* what the tokens lack in front and behind */
};

/* The old line as a comment, and a new one with the tokens edited. Or the old one as it is, if
 * nothing is to be changed. */
static void put_edited(struct cmdline_out *out, const struct place *at,
		       const struct i2n_nfsroot *root, unsigned parts)
{
	struct cmdline_span tail = { at->value.end, at->line.end, at->line.line };
	size_t start = out->text.len;
	unsigned n = out->n;
	bool changed = false;

	text_add(&out->text, "#");
	put_line(out, at->line, *at->eol ? at->eol : "\n");
	text_put(&out->text, at->line.p, (size_t)(at->value.p - at->line.p));
	text_add(&out->text, at->around[0]);
	cmdline_line(out, at->value, root, parts);
	text_add(&out->text, at->around[1]);
	put_span(&out->text, tail);
	text_add(&out->text, at->eol);
	for (; n < out->n; n++)
		changed |= out->changes[n].kind != I2N_CHANGE_WARN;
	if (changed || out->text.failed)
		return;
	out->text.len = start;
	put_line(out, at->line, at->eol);
}

/* All of the line that we want, as a line of its own. */
static void put_new(struct cmdline_out *out, const char *head, const char *tail, unsigned line,
		    const struct i2n_nfsroot *root, unsigned parts)
{
	if (out->text.len && out->text.p[out->text.len - 1] != '\n')
		text_add(&out->text, "\n");
	text_add(&out->text, head);
	cmdline_line(out, (struct cmdline_span){ "", "", line }, root, parts);
	text_add(&out->text, tail);
	text_add(&out->text, "\n");
}

/* extlinux.conf, as U-Boot (boot/pxe_utils.c) and syslinux read it: a keyword in any case, then its
 * value to the end of the line. */
struct extlinux {
	struct cmdline_out *out;
	const struct i2n_nfsroot *root;
	unsigned label;			/* its line, 0: none is open */
	bool boots, has_append;
};

/* Without APPEND a label boots the kernel with nothing. */
static void end_label(struct extlinux *e)
{
	if (e->label && e->boots && !e->has_append)
		put_new(e->out, "\tAPPEND ", "", e->label, e->root, CMDLINE_ALL);
	e->label = 0;
	e->boots = e->has_append = false;
}

static void extlinux_line(struct extlinux *e, struct cmdline_span line, const char *eol)
{
	struct place at = { .line = line, .eol = eol, .around = { "", "" } };
	struct cmdline_span value = line;
	const char *key;
	size_t len;

	skip_blanks(&value.p, value.end);
	key = value.p;
	len = word(&value.p, value.end);
	skip_blanks(&value.p, value.end);
	if (is_word(key, len, "label")) {
		end_label(e);
		e->label = line.line;
	} else if (is_word(key, len, "append")) {
		at.around[0] = value.p == key + len ? " " : "";
		at.value = value;
		e->has_append = true;
		put_edited(e->out, &at, e->root, CMDLINE_ALL);
		return;
	}
	e->boots |= is_word(key, len, "linux") || is_word(key, len, "kernel") ||
		    is_word(key, len, "fit");
	put_line(e->out, line, eol);
}

void cmdline_edit_extlinux(struct cmdline_out *out, struct cmdline_span old,
			   const struct i2n_nfsroot *root)
{
	struct extlinux e = { .out = out, .root = root };
	struct cmdline_span line;
	const char *eol;

	if (has(old.p, old.end, "u-boot-update"))
		cmdline_change(out, I2N_CHANGE_WARN, 1, "", 0,
			       "u-boot-update writes this file anew: set U_BOOT_ROOT and "
			       "U_BOOT_PARAMETERS in /etc/default/u-boot before it runs");
	while (cmdline_next_line(&old, &line, &eol))
		extlinux_line(&e, line, eol);
	end_label(&e);
}

/* Can a word of a shell hold these bytes as they are, in quotes or without? */
static bool is_plain(struct cmdline_span s, bool quoted)
{
	for (; s.p < s.end; s.p++)
		if (strchr("\"'\\$`", *s.p) ||
		    (!quoted && (cmdline_is_blank(*s.p) || strchr("#;&|<>()", *s.p))))
			return false;
	return true;
}

/* The value behind the first `skip` bytes of a line that a shell reads: between one pair of quotes,
 * of which the first is skipped already if it is open, or a word without any, which needs some.
 * false: only a shell knows what it is. */
static bool shell_value(struct place *at, size_t skip, bool open)
{
	struct cmdline_span v = at->line;
	char quote = open ? '"' : '\0';

	v.p += skip;
	while (v.end > v.p && cmdline_is_blank(v.end[-1]))
		v.end--;
	if (!open && v.p < v.end && (*v.p == '"' || *v.p == '\''))
		quote = *v.p++;
	if (quote && (v.p == v.end || v.end[-1] != quote))
		return false;
	v.end -= quote != '\0';
	at->value = v;
	at->around[0] = at->around[1] = quote ? "" : "\"";
	return is_plain(v, quote != '\0');
}

static bool begins(struct cmdline_span line, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(line.end - line.p) >= n && !memcmp(line.p, with, n);
}

/* Length of a name GRUB_CMDLINE_LINUX* and '=' at the front of a line; 0: something else. */
static size_t grub_name(struct cmdline_span line)
{
	size_t n = sizeof("GRUB_CMDLINE_LINUX") - 1, len = (size_t)(line.end - line.p);

	if (!begins(line, "GRUB_CMDLINE_LINUX"))
		return 0;
	while (n < len && (line.p[n] == '_' || (line.p[n] >= 'A' && line.p[n] <= 'Z')))
		n++;
	return n < len && line.p[n] == '=' ? n + 1 : 0;
}

/* What we add where a value is too hard to read. */
static const char grub_more[] = "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX ";

/* *has_main: the value that goes to every kernel, also those of rescue entries, was there. */
static void grub_line(struct cmdline_out *out, struct cmdline_span line, const char *eol,
		      const struct i2n_nfsroot *root, bool *has_main)
{
	bool more = begins(line, grub_more), is_main = begins(line, "GRUB_CMDLINE_LINUX=");
	struct place at = { .line = line, .eol = eol };
	size_t n = more ? sizeof(grub_more) - 1 : grub_name(line);

	if (n && shell_value(&at, n, more)) {
		put_edited(out, &at, root, is_main && !*has_main ? CMDLINE_ALL : 0);
		*has_main |= is_main;
		return;
	}
	if (n)
		cmdline_change(out, I2N_CHANGE_WARN, line.line, line.p,
			       (size_t)(line.end - line.p),
			       "only a shell can read this value; look for root=, ro and init= "
			       "in it");
	put_line(out, line, eol);
}

/* grub-mkconfig writes "root=<disk> ro" in front; what comes later wins. */
void cmdline_edit_grub(struct cmdline_out *out, struct cmdline_span old,
		       const struct i2n_nfsroot *root)
{
	struct cmdline_span line = old;
	bool has_main = false;
	const char *eol;

	while (cmdline_next_line(&old, &line, &eol))
		grub_line(out, line, eol, root, &has_main);
	if (!has_main)
		put_new(out, grub_more, "\"", line.line, root, CMDLINE_ALL);
	cmdline_change(out, I2N_CHANGE_WARN, 1, "", 0,
		       "grub.cfg is made from this: it names the disk until update-grub runs");
}

/* armbianEnv.txt: NAME=value lines that U-Boot imports, no quotes. boot.cmd puts root=, rootwait
 * and rootfstype= of these in front of extraargs. */
struct armbian {
	const char *name, *value;	/* value NULL: tokens */
	bool seen;
};

static void armbian_set(struct cmdline_out *out, struct cmdline_span line, const char *eol,
			struct armbian *a, const struct i2n_nfsroot *root)
{
	size_t n = strlen(a->name) + 1;
	struct cmdline_span value = { line.p + n, line.end, line.line };
	const struct place at = { line, value, eol, { "", "" } };

	if (!a->value) {
		put_edited(out, &at, root, CMDLINE_NFSROOT | CMDLINE_RW | CMDLINE_IP);
	} else if (is_word(value.p, (size_t)(value.end - value.p), a->value)) {
		put_line(out, line, eol);
	} else {
		cmdline_change(out, I2N_CHANGE_OUT, line.line, line.p,
			       (size_t)(line.end - line.p), "the root is not on a disk");
		text_add(&out->text, "#");
		put_line(out, line, *eol ? eol : "\n");
		text_addf(&out->text, "%s=%s%s", a->name, a->value, eol);
	}
	a->seen = true;
}

static void armbian_line(struct cmdline_out *out, struct cmdline_span line, const char *eol,
			 struct armbian *vars, size_t n, const struct i2n_nfsroot *root)
{
	size_t len = (size_t)(line.end - line.p);

	for (size_t i = 0; i < n; i++) {
		size_t name = strlen(vars[i].name);

		if (len > name && !memcmp(line.p, vars[i].name, name) && line.p[name] == '=') {
			armbian_set(out, line, eol, &vars[i], root);
			return;
		}
	}
	put_line(out, line, eol);
}

void cmdline_edit_armbian(struct cmdline_out *out, struct cmdline_span old,
			  const struct i2n_nfsroot *root)
{
	struct armbian vars[] = {
		{ "rootdev", "/dev/nfs", false },
		{ "rootfstype", "nfs", false },
		{ "extraargs", NULL, false },
	};
	size_t n = sizeof(vars) / sizeof(vars[0]);
	struct cmdline_span line = old;
	char text[64];
	const char *eol;

	while (cmdline_next_line(&old, &line, &eol))
		armbian_line(out, line, eol, vars, n, root);
	if (out->text.len && out->text.p[out->text.len - 1] != '\n')
		text_add(&out->text, "\n");
	for (size_t i = 0; i < n; i++) {
		if (vars[i].seen)
			continue;
		if (!vars[i].value) {
			put_new(out, "extraargs=", "", line.line, root,
				CMDLINE_NFSROOT | CMDLINE_RW | CMDLINE_IP);
			continue;
		}
		/* both are short */
		(void)snprintf(text, sizeof(text), "%s=%s", vars[i].name, vars[i].value);
		text_addf(&out->text, "%s\n", text);
		cmdline_change(out, I2N_CHANGE_IN, line.line, text, strlen(text),
			       "the root comes over NFS");
	}
}

/* boot.cmd: "setenv bootargs WORDS", the words in one pair of quotes or none. */
static bool bootargs_value(struct cmdline_span line, struct cmdline_span *ret)
{
	static const char *const words[] = { "setenv", "bootargs" };
	const char *p, *end = line.end;

	for (size_t i = 0; i < 2; i++) {
		skip_blanks(&line.p, end);
		p = line.p;
		if (!is_word(p, word(&line.p, end), words[i]))
			return false;
	}
	skip_blanks(&line.p, end);
	while (end > line.p && cmdline_is_blank(end[-1]))
		end--;
	if (end - line.p >= 2 && (*line.p == '"' || *line.p == '\'') && end[-1] == *line.p) {
		line.p++;
		end--;
	}
	*ret = (struct cmdline_span){ line.p, end, line.line };
	return true;
}

static bool has_root_variable(struct cmdline_span value)
{
	struct cmdline_token t;

	while (cmdline_next(&value, &t))
		if (cmdline_is(&t, "root") && t.val && memchr(t.val, '$', t.val_len))
			return true;
	return false;
}

/* Why a line must be left as it is, NULL: it can be edited. U-Boot replaces ${...} anywhere. */
static const char *boot_cmd_obstacle(struct cmdline_span value)
{
	if (has_root_variable(value))
		return "takes root= from a variable: set that, in armbianEnv.txt or uEnv.txt if "
		       "the board reads one";
	for (; value.p < value.end; value.p++)
		if (strchr("\"'\\;`&|", *value.p))
			return "only U-Boot's shell can read this line; it is left as it was";
	return NULL;
}

static void boot_cmd_line(struct cmdline_out *out, struct cmdline_span line, const char *eol,
			  const struct i2n_nfsroot *root, bool *found)
{
	struct place at = { .line = line, .eol = eol, .around = { "", "" } };
	const char *why = NULL;

	if (bootargs_value(line, &at.value)) {
		*found = true;
		why = boot_cmd_obstacle(at.value);
		if (!why) {
			/* more for a line that another one begins */
			put_edited(out, &at, root,
				   has(at.value.p, at.value.end, "${bootargs}") ? 0 : CMDLINE_ALL);
			return;
		}
		cmdline_change(out, I2N_CHANGE_WARN, line.line, line.p,
			       (size_t)(line.end - line.p), why);
	}
	put_line(out, line, eol);
}

void cmdline_edit_boot_cmd(struct cmdline_out *out, struct cmdline_span old,
			   const struct i2n_nfsroot *root)
{
	struct cmdline_span line;
	const char *eol;
	bool found = false;

	while (cmdline_next_line(&old, &line, &eol))
		boot_cmd_line(out, line, eol, root, &found);
	if (!found)
		cmdline_change(out, I2N_CHANGE_WARN, 1, "", 0,
			       "there is no 'setenv bootargs' to edit");
	else
		cmdline_change(out, I2N_CHANGE_WARN, 1, "", 0,
			       "the board runs boot.scr, which is made from this: mkimage -C none "
			       "-A arm -T script -d boot.cmd boot.scr");
}
