#include "img2nfs/cmdline_lint.h"

#include "cmdline_own.h"

#include <string.h>

#define LINE_MAX_ARM 1023	/* COMMAND_LINE_SIZE without the NUL */
#define LINE_MAX_OTHERS 2047

/* Names of which one token counts. */
enum single { ROOT, NFSROOT, IP, INIT, ROOTWAIT, SINGLES };

struct lint {
	i2n_lint_fn *fn;
	void *ctx;
	unsigned line, word;
	struct cmdline_token last[SINGLES];	/* raw NULL: there is none */
	struct cmdline_token mode;		/* the last of ro and rw, */
	unsigned mode_word;			/* and which word it is */
	struct cmdline_span words;		/* what was read so far */
};

static void tell(const struct lint *l, enum i2n_lint_severity severity, const char *part,
		 size_t len, const char *what, const char *remedy)
{
	const struct i2n_lint_finding f = { severity, l->line, l->word, part, len, what, remedy };

	l->fn(l->ctx, &f);
}

static void tell_token(const struct lint *l, enum i2n_lint_severity severity,
		       const struct cmdline_token *t, const char *what, const char *remedy)
{
	tell(l, severity, t->raw, t->raw_len, what, remedy);
}

/* Bytes that are read otherwise than they look. */
enum bad_byte { NUL, RETURN, NO_BREAK, NOT_ASCII, BAD_BYTES };
static const struct {
	enum i2n_lint_severity severity;
	const char *what, *remedy;
} bad_bytes[] = {
	[NUL] = { I2N_LINT_ERROR, "is a NUL byte, at which the line ends", "type this part again" },
	[RETURN] = { I2N_LINT_ERROR,
		     "is a carriage return, which the initramfs takes for a part of the word in "
		     "front", "save the file with Unix line ends" },
	[NO_BREAK] = { I2N_LINT_ERROR,
		       "is a no-break space, which separates words for the kernel only",
		       "type this part again" },
	[NOT_ASCII] = { I2N_LINT_WARNING, "is no printable ASCII character",
			"type this part again" },
};

static enum bad_byte judge_byte(unsigned char c)
{
	if (!c)
		return NUL;
	if (c == '\r')
		return RETURN;
	if (c == 0xa0)			/* isspace() of the kernel is that of Latin-1 */
		return NO_BREAK;
	return c > '~' || (c < ' ' && c != '\t' && c != '\n') ? NOT_ASCII : BAD_BYTES;
}

/* Each kind is told once, where it comes first. */
static void check_bytes(struct lint *l, const char *p, const char *end)
{
	bool told[BAD_BYTES + 1] = { [BAD_BYTES] = true };

	for (; p < end; p++) {
		enum bad_byte kind = judge_byte((unsigned char)*p);

		if (!told[kind])
			tell(l, bad_bytes[kind].severity, p, 1, bad_bytes[kind].what,
			     bad_bytes[kind].remedy);
		told[kind] = true;
		l->line += *p == '\n';
	}
}

/* One line with words, and nothing in front of it. */
static void check_lines(struct lint *l, struct cmdline_span rest)
{
	struct cmdline_span line;
	struct cmdline_token t;
	unsigned with_words = 0;
	const char *eol;

	while (cmdline_next_line(&rest, &line, &eol)) {
		struct cmdline_span at = line;

		l->line = line.line;
		if (!cmdline_next(&at, &t))
			continue;
		with_words++;
		if (*t.raw == '#')
			tell(l, I2N_LINT_ERROR, t.raw, (size_t)(line.end - t.raw),
			     "is no comment: the kernel knows none", "delete it");
		else if (with_words > 1)
			tell(l, I2N_LINT_ERROR, t.raw, (size_t)(line.end - t.raw),
			     "is on a line of its own; only one line is read for sure",
			     "write all words on one line");
		else if (line.line > 1)
			tell(l, I2N_LINT_ERROR, NULL, 0, "there are empty lines in front",
			     "begin on the first line");
	}
}

static void check_length(struct lint *l, struct cmdline_span text)
{
	size_t len;

	while (text.end > text.p && cmdline_is_blank(text.end[-1]))
		text.end--;
	len = (size_t)(text.end - text.p);
	if (len > LINE_MAX_OTHERS)
		tell(l, I2N_LINT_ERROR, NULL, 0,
		     "the line has more than 2047 characters, the rest is not read",
		     "make it shorter");
	else if (len > LINE_MAX_ARM)
		tell(l, I2N_LINT_WARNING, NULL, 0,
		     "the line has more than 1023 characters, and a 32-bit ARM kernel does not "
		     "read the rest", "make it shorter");
}

static void on_nfsroot_fault(void *ctx, const struct nfsroot_fault *f)
{
	const struct lint *l = ctx;

	tell(l, f->fatal ? I2N_LINT_ERROR : I2N_LINT_WARNING, f->part, f->part_len, f->what,
	     f->remedy);
}

static void check_nfsroot(struct lint *l, const struct cmdline_token *t)
{
	if (memchr(t->raw, '"', t->raw_len))
		tell_token(l, I2N_LINT_ERROR, t,
			   "has quotes, which the initramfs takes for a part of the path",
			   "write it without");
	else
		nfsroot_check(t->val ? t->val : "", t->val_len, on_nfsroot_fault, l);
}

static bool is_one_of(const struct cmdline_token *t, const char *const *vals, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cmdline_has_val(t, vals[i]))
			return true;
	return false;
}

/* The words that both ip_auto_config_setup() of the kernel and configure_networking() of the
 * initramfs know; else fields with colons between them. */
static void check_ip(const struct lint *l, const struct cmdline_token *t)
{
	static const char *const good[] = { "dhcp", "on", "any", "both", "bootp", "rarp" };
	static const char *const none[] = { "off", "none" };
	struct cmdline_span part;
	const char *what;

	if (is_one_of(t, good, sizeof(good) / sizeof(good[0])))
		return;
	if (is_one_of(t, none, 2))
		tell_token(l, I2N_LINT_ERROR, t, "leaves the board without a network",
			   "write ip=dhcp");
	else if (!t->val || !t->val_len)
		tell_token(l, I2N_LINT_WARNING, t, "says nothing", "write ip=dhcp");
	else if (memchr(t->val, '[', t->val_len) || !strchr("0123456789:", *t->val))
		tell_token(l, I2N_LINT_ERROR, t, "is neither a word that is known here nor an "
			   "IPv4 address with its fields", "write ip=dhcp");
	else if ((what = nfsroot_ip_fault(t->val, t->val_len, &part)))
		tell(l, I2N_LINT_ERROR, part.p, (size_t)(part.end - part.p), what,
		     "write ip=dhcp, or ip=<client>:<server>:<gateway>:<netmask>:<host>:<device>:"
		     "<autoconf>");
}

/* What was cut off nfsroot= by a blank. */
static bool is_cut_off(const struct cmdline_token *t)
{
	static const char *const names[] = { "vers", "nfsvers", "proto", "tcp", "udp", "nolock",
					     "v3", "v4", "rsize", "wsize" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (cmdline_is(t, names[i]))
			return true;
	return false;
}

/* Leftovers of a root on a disk; those of init= and boot= keep the board from starting. */
static void check_leftover(const struct lint *l, const struct cmdline_token *t)
{
	const char *why = cmdline_wrong(t);

	if (!why)
		return;
	if (cmdline_is(t, "rootfstype") && cmdline_has_val(t, "nfs"))
		return;
	tell_token(l, cmdline_is(t, "init") || cmdline_is(t, "boot") ? I2N_LINT_ERROR :
		      cmdline_is(t, "fsck.repair") || cmdline_is(t, "sdhci.debug_quirks2") ?
								       I2N_LINT_NOTE :
								       I2N_LINT_WARNING,
		   t, why, "leave it out");
}

static bool is_twice(struct cmdline_span before, const struct cmdline_token *t)
{
	struct cmdline_token o;

	if (before.end - before.p > LINE_MAX_OTHERS)
		return false;		/* not read any more */
	while (cmdline_next(&before, &o))
		if (o.raw_len == t->raw_len && !memcmp(o.raw, t->raw, o.raw_len))
			return true;
	return false;
}

static int single_of(const struct cmdline_token *t)
{
	static const char *const names[SINGLES] = { "root", "nfsroot", "ip", "init", "rootwait" };

	for (int i = 0; i < SINGLES; i++)
		if (cmdline_is(t, names[i]))
			return i;
	return -1;
}

static void check_again(struct lint *l, const struct cmdline_token *t)
{
	int i = single_of(t);

	if (is_twice(l->words, t))
		tell_token(l, I2N_LINT_NOTE, t, "is there twice", "");
	else if (i >= 0 && l->last[i].raw)
		tell_token(l, I2N_LINT_WARNING, t, "is not the first of its name; the last counts",
			   "leave the others out");
	if (i >= 0)
		l->last[i] = *t;
	if (cmdline_is(t, "ro") || cmdline_is(t, "rw")) {
		l->mode = *t;
		l->mode_word = l->word;
	}
}

static void check_token(struct lint *l, const struct cmdline_token *t)
{
	const char *why = cmdline_doubtful(t);

	check_again(l, t);
	if (cmdline_is(t, "root") && !cmdline_has_val(t, "/dev/nfs"))
		tell_token(l, I2N_LINT_ERROR, t, "is a root on a disk", "write root=/dev/nfs");
	else if (cmdline_is(t, "nfsroot"))
		check_nfsroot(l, t);
	else if (cmdline_is(t, "ip"))
		check_ip(l, t);
	else if (is_cut_off(t))
		tell_token(l, I2N_LINT_ERROR, t, "stands alone, and belongs to nfsroot=",
			   "append it there, after a comma and without a blank");
	else if (!cmdline_is(t, "root") && !cmdline_is(t, "ro"))
		check_leftover(l, t);
	if (why && !cmdline_wrong(t))
		tell_token(l, I2N_LINT_WARNING, t, why, "");
}

static void check_tokens(struct lint *l, struct cmdline_span text)
{
	struct cmdline_span rest = text;
	struct cmdline_token t;

	for (l->word = 1; cmdline_next(&rest, &t) && !cmdline_is_end(&t); l->word++) {
		l->line = t.line;
		l->words = (struct cmdline_span){ text.p, t.raw, 1 };
		if (*t.raw == '#') {		/* told with its line */
			while (rest.p < rest.end && *rest.p != '\n')
				rest.p++;
			continue;
		}
		if (cmdline_has_open_quote(&t))
			tell_token(l, I2N_LINT_ERROR, &t,
				   "has a quote that is not closed, which takes the rest in",
				   "close or delete it");
		check_token(l, &t);
	}
}

/* What is known at the end: ro counts if no rw follows it. */
static void check_end(struct lint *l)
{
	bool over_nfs = l->last[ROOT].raw && cmdline_has_val(&l->last[ROOT], "/dev/nfs");

	if (l->mode.raw && cmdline_is(&l->mode, "ro")) {
		l->line = l->mode.line;
		l->word = l->mode_word;
		tell_token(l, I2N_LINT_ERROR, &l->mode,
			   "leaves the root read-only, nothing mounts it anew", "write rw");
	}
	l->line = l->word = 0;
	if (!l->last[ROOT].raw)
		tell(l, I2N_LINT_ERROR, NULL, 0, "there is no root=", "add root=/dev/nfs");
	if (!l->last[NFSROOT].raw && over_nfs)
		tell(l, I2N_LINT_WARNING, NULL, 0,
		     "there is no nfsroot=: server and path are left to the DHCP server",
		     "add nfsroot=ADDRESS:/path,vers=3,tcp");
	else if (!l->last[NFSROOT].raw)
		tell(l, I2N_LINT_ERROR, NULL, 0, "there is no nfsroot=",
		     "add nfsroot=ADDRESS:/path,vers=3,tcp");
	if (!l->mode.raw)
		tell(l, I2N_LINT_ERROR, NULL, 0,
		     "there is no rw: the root stays read-only, nothing mounts it anew",
		     "add rw");
	if (!l->last[IP].raw)
		tell(l, I2N_LINT_WARNING, NULL, 0,
		     "there is no ip=: a kernel without initramfs has no network",
		     "add ip=dhcp");
	if (!l->last[ROOTWAIT].raw)
		tell(l, I2N_LINT_NOTE, NULL, 0, "there is no rootwait", "add rootwait");
}

void i2n_cmdline_lint(const char *text, size_t len, i2n_lint_fn *fn, void *ctx)
{
	struct cmdline_span all = { text, text + len, 1 };
	struct lint l = { .fn = fn, .ctx = ctx, .line = 1 };

	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		tell(&l, I2N_LINT_ERROR, text, 3,
		     "is a byte order mark, which becomes part of the first word",
		     "save the file without");
		all.p += 3;
	}
	check_bytes(&l, all.p, all.end);
	check_lines(&l, all);
	l.line = 0;
	check_length(&l, all);
	check_tokens(&l, all);
	check_end(&l);
}

const char *i2n_lint_word(enum i2n_lint_severity severity)
{
	static const char *const words[] = {
		[I2N_LINT_NOTE] = "note",
		[I2N_LINT_WARNING] = "warning",
		[I2N_LINT_ERROR] = "error",
	};

	return words[severity];
}
