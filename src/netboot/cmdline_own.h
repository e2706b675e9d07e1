/* cmdline_own.h - what the files of the command line share: tokens, rules, the text that grows.
 *
 * Trust: tokens point into text of any bytes. */
#ifndef NETBOOT_CMDLINE_OWN_H
#define NETBOOT_CMDLINE_OWN_H

#include "img2nfs/cmdline.h"

#include "text.h"

#include <stdbool.h>

/* Bytes of an old text, and the line they begin in. */
struct cmdline_span {
	const char *p, *end;
	unsigned line;
};

/* One token as the kernel's next_arg() cuts it. */
struct cmdline_token {
	const char *raw;		/* with its quotes */
	size_t raw_len;
	const char *name, *val;		/* val NULL: there is no '=' */
	size_t name_len, val_len;
	unsigned line;
};

/* isspace() of the kernel, in the "C" locale. 0xa0 is one there, too; see cmdline_lint.c. */
bool cmdline_is_blank(char c);
bool cmdline_next(struct cmdline_span *rest, struct cmdline_token *ret);	/* false: no more */
bool cmdline_is(const struct cmdline_token *t, const char *name);
bool cmdline_has_val(const struct cmdline_token *t, const char *val);
/* Such a token takes in all that follows. */
bool cmdline_has_open_quote(const struct cmdline_token *t);
/* From here on all is for init. */
bool cmdline_is_end(const struct cmdline_token *t);

/* Why a token must not stay where the root comes over NFS, NULL: it may. Tokens of the line that
 * we want are judged by the caller. */
const char *cmdline_wrong(const struct cmdline_token *t);
/* Why a token that stays deserves a look, or NULL. */
const char *cmdline_doubtful(const struct cmdline_token *t);

struct cmdline_out {
	struct text text;
	struct i2n_change *changes;
	unsigned n, cap;
	bool failed;
};

/* token: len raw bytes. */
void cmdline_change(struct cmdline_out *out, enum i2n_change_kind kind, unsigned line,
		    const char *token, size_t len, const char *why);

/* Parts of the line that we want. */
enum cmdline_part {
	CMDLINE_ROOT = 1 << 0,
	CMDLINE_NFSROOT = 1 << 1,
	CMDLINE_RW = 1 << 2,
	CMDLINE_IP = 1 << 3,
	CMDLINE_ROOTWAIT = 1 << 4,
	CMDLINE_ALL = (1 << 5) - 1,
};

/* The tokens of `old` without the wrong ones, with what is missing of `parts`, one blank between
 * them and none around. */
void cmdline_line(struct cmdline_out *out, struct cmdline_span old, const struct i2n_nfsroot *root,
		  unsigned parts);

/* The next line of rest, without its end; *ret_eol: "\n", "\r\n" or "" at the end of the text.
 * false: no more. */
bool cmdline_next_line(struct cmdline_span *rest, struct cmdline_span *ret, const char **ret_eol);

/* One per format, all but cmdline.txt's in cmdline_files.c. */
void cmdline_edit_extlinux(struct cmdline_out *out, struct cmdline_span old,
			   const struct i2n_nfsroot *root);
void cmdline_edit_grub(struct cmdline_out *out, struct cmdline_span old,
		       const struct i2n_nfsroot *root);
void cmdline_edit_armbian(struct cmdline_out *out, struct cmdline_span old,
			  const struct i2n_nfsroot *root);
void cmdline_edit_boot_cmd(struct cmdline_out *out, struct cmdline_span old,
			   const struct i2n_nfsroot *root);

/* A fault in the value of nfsroot=. */
struct nfsroot_fault {
	bool fatal;			/* the board does not boot with it */
	const char *part;		/* of the value */
	size_t part_len;
	const char *what, *remedy;	/* remedy: "" if there is none but leaving it out */
};
typedef void nfsroot_fault_fn(void *ctx, const struct nfsroot_fault *fault);
void nfsroot_check(const char *value, size_t len, nfsroot_fault_fn *fn, void *ctx);

/* Fields of ip= with colons between them, as nfsroot.rst has them: what is wrong with the first one
 * that is, or NULL. *ret: that field. */
const char *nfsroot_ip_fault(const char *value, size_t len, struct cmdline_span *ret);

#endif
