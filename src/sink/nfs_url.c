#include "img2nfs/name.h"
#include "img2nfs/sink.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define URL_MAX 4096	/* longer ones are refused */
#define PATH_LIMIT 1024	/* MNTPATHLEN, RFC 1813 5.1.2 */
#define COMPONENT_LIMIT 255

static int bad(struct i2n_err *err, const char *text, const char *why)
{
	char q[512];

	return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "%s in %s", why,
			i2n_quote(q, sizeof(q), text, strlen(text)));
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decode %XX of [s, s + len) into a fresh string. *ret_why says what is wrong when NULL is
 * returned; NULL = no memory.
 */
static char *decode(const char *s, size_t len, const char **ret_why)
{
	char *out = malloc(len + 1);
	size_t i, n = 0;

	*ret_why = NULL;
	for (i = 0; out && i < len; i++) {
		int c = (unsigned char)s[i];

		if (c == '%') {
			int hi = len - i > 2 ? hex(s[i + 1]) : -1,
			    lo = hi >= 0 ? hex(s[i + 2]) : -1;

			if (lo < 0 || (hi | lo) == 0) {
				*ret_why = "a '%' without two hexadecimal digits (or %00)";
				free(out);
				return NULL;
			}
			c = hi << 4 | lo;
			i += 2;
		}
		out[n++] = (char)c;
	}
	if (out)
		out[n] = '\0';
	return out;
}

static int parse_u32(const char *s, size_t len, uint32_t max, uint32_t *ret)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)s[i]))
			return -1;
		v = v * 10 + (uint64_t)(s[i] - '0');
		if (v > max)
			return -1;
	}
	*ret = (uint32_t)v;
	return len ? 0 : -1;
}

/* Drop doubled and trailing slashes in place; refuse "." and ".." and components that no server
 * takes. */
static const char *clean_path(char *path)
{
	char *in = path, *out = path;

	while (*in) {
		size_t n;

		while (*in == '/')
			in++;
		n = strcspn(in, "/");
		if (!n)
			break;
		if ((n == 1 && in[0] == '.') || (n == 2 && in[0] == '.' && in[1] == '.'))
			return "a '.' or '..'";
		if (n > COMPONENT_LIMIT)
			return "a name of more than 255 bytes";
		*out++ = '/';
		memmove(out, in, n);
		out += n;
		in += n;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
	return out - path > PATH_LIMIT ? "a path of more than 1024 bytes" : NULL;
}

enum arg_kind {
	ARG_VERSION,
	ARG_NFSPORT,
	ARG_MOUNTPORT,
	ARG_UID,
	ARG_GID,
	ARG_SEC,
	ARG_TLS,
	ARG_IGNORED
};
static const struct url_arg {
	const char *name;
	enum arg_kind kind;
} url_args[] = {
	{ "version", ARG_VERSION },
	{ "nfsport", ARG_NFSPORT },
	{ "mountport", ARG_MOUNTPORT },
	{ "uid", ARG_UID },
	{ "gid", ARG_GID },
	{ "sec", ARG_SEC },
	{ "xprtsec", ARG_TLS },
	{ "tcp-syncnt", ARG_IGNORED },
	{ "debug", ARG_IGNORED },
	{ "auto-traverse-mounts", ARG_IGNORED },
	{ "dircache", ARG_IGNORED },
	{ "autoreconnect", ARG_IGNORED },
	{ "if", ARG_IGNORED },
	{ "readahead", ARG_IGNORED },
	{ "pagecache", ARG_IGNORED },
	{ "timeo", ARG_IGNORED },
	{ "retrans", ARG_IGNORED },
	{ "rsize", ARG_IGNORED },
	{ "wsize", ARG_IGNORED },
	{ "readdir-buffer", ARG_IGNORED },
	{ "readonly", ARG_IGNORED },
};

static const struct url_arg *find_arg(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(url_args) / sizeof(url_args[0]); i++)
		if (strlen(url_args[i].name) == len && !memcmp(url_args[i].name, s, len))
			return &url_args[i];
	return NULL;
}

static int set_port(const char *text, const char *val, size_t len, uint16_t *port,
		    struct i2n_err *err)
{
	uint32_t n;

	if (parse_u32(val, len, 65535, &n) || !n)
		return bad(err, text, "a port that is not 1..65535");
	if (*port && *port != n)
		return bad(err, text, "two different ports");
	*port = (uint16_t)n;
	return I2N_OK;
}

static int set_version(const char *text, const char *val, size_t len, struct i2n_nfs_url *url,
		       struct i2n_err *err)
{
	if (len == 1 && (*val == '3' || *val == '4')) {
		url->version = (unsigned)(*val - '0');
		return I2N_OK;
	}
	(void)bad(err, text, "an NFS version other than 3 and 4");
	i2n_err_hint(err, "NFSv3 and NFSv4.0 are spoken; without 'version' 3 is tried, then 4");
	return I2N_FATAL;
}

/* The first word is what there is without asking. */
static const char *const secs[] = { "sys", "krb5", "krb5i", "krb5p", NULL };
static const char *const xprtsecs[] = { "none", "tls", "mtls", NULL };

static bool set_word(const char *const *words, const char *val, size_t len, const char **ret)
{
	for (int i = 0; words[i]; i++)
		if (strlen(words[i]) == len && !memcmp(words[i], val, len)) {
			*ret = i ? words[i] : NULL;
			return true;
		}
	return false;
}

static int set_arg(const char *text, const struct url_arg *arg, const char *val, size_t len,
		   const struct i2n_notes *notes, struct i2n_nfs_url *url, struct i2n_err *err)
{
	switch (arg->kind) {
	case ARG_VERSION:
		return set_version(text, val, len, url, err);
	case ARG_NFSPORT:
		return set_port(text, val, len, &url->port, err);
	case ARG_MOUNTPORT:
		return set_port(text, val, len, &url->mountport, err);
	case ARG_UID:
		url->has_uid = true;
		return parse_u32(val, len, UINT32_MAX, &url->uid)
			       ? bad(err, text, "a uid that is not a number")
			       : I2N_OK;
	case ARG_GID:
		url->has_gid = true;
		return parse_u32(val, len, UINT32_MAX, &url->gid)
			       ? bad(err, text, "a gid that is not a number")
			       : I2N_OK;
	case ARG_SEC:
		return set_word(secs, val, len, &url->sec)
			       ? I2N_OK
			       : bad(err, text, "a security flavour other than sys, krb5, krb5i, "
						"krb5p");
	case ARG_TLS:
		return set_word(xprtsecs, val, len, &url->xprtsec)
			       ? I2N_OK
			       : bad(err, text, "a transport security other than none, tls, mtls");
	case ARG_IGNORED:
		i2n_note(notes, I2N_NOTE_WARN, "url", NULL, 0,
			 "'%s' in the URL has no meaning here and is ignored",
			 arg->name);
		return I2N_OK;
	}
	return I2N_OK;
}

static int parse_args(const char *text, const char *s, const struct i2n_notes *notes,
		      struct i2n_nfs_url *url,
		      struct i2n_err *err)
{
	while (*s) {
		size_t len = strcspn(s, "&"), nlen = strcspn(s, "=&");
		const struct url_arg *arg = find_arg(s, nlen);
		const char *val = nlen < len ? s + nlen + 1 : s + len;
		char q[128];
		int rc;

		if (len && !arg) {
			rc = i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "unknown URL argument %s",
				      i2n_quote(q, sizeof(q), s, nlen));
			i2n_err_hint(err, "known are version, nfsport, mountport, uid, gid and "
					  "what libnfs documents");
			return rc;
		}
		rc = len ? set_arg(text, arg, val, len - (size_t)(val - s), notes, url,
				   err) : I2N_OK;
		if (rc != I2N_OK)
			return rc;
		s += len + (s[len] == '&');
	}
	return I2N_OK;
}

/* host, [v6], host:port. */
static int parse_host(const char *text, const char *s, size_t len, struct i2n_nfs_url *url,
		      struct i2n_err *err)
{
	const char *why = NULL, *end, *port;

	if (memchr(s, '@', len))
		return bad(err, text, "a user name (NFS has none; see --as)");
	if (len && *s == '[') {
		end = memchr(++s, ']', len - 1);
		if (!end)
			return bad(err, text, "a '[' without ']'");
		port = end + 1;
		len -= (size_t)(port - s) + 1;
	} else {
		end = memchr(s, ':', len);
		end = end ? end : s + len;
		port = end;
		len -= (size_t)(end - s);
	}
	if (end == s)
		return bad(err, text, "no host");
	if (len && *port != ':')
		return bad(err, text, "something other than a port after ']'");
	if (len && set_port(text, port + 1, len - 1, &url->port, err) != I2N_OK)
		return I2N_FATAL;
	url->host = decode(s, (size_t)(end - s), &why);
	return url->host ? I2N_OK : why ? bad(err, text, why) : i2n_err_nomem(err);
}

static int parse(const char *text, const struct i2n_notes *notes, struct i2n_nfs_url *url,
		 struct i2n_err *err)
{
	const char *s = text, *why = NULL;
	size_t len;
	int rc;

	if (strlen(text) > URL_MAX)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"the URL is longer than %d bytes", URL_MAX);
	if (strncmp(s, "nfs://", 6)) {
		(void)bad(err, text, "no 'nfs://' at the start");
		i2n_err_hint(err, "a destination looks like nfs://server/export/directory");
		return I2N_FATAL;
	}
	s += 6;
	len = strcspn(s, "/?");
	rc = parse_host(text, s, len, url, err);
	if (rc != I2N_OK)
		return rc;
	s += len;
	if (*s != '/') {
		(void)bad(err, text, "no path");
		i2n_err_hint(err, "a destination looks like nfs://server/export/directory");
		return I2N_FATAL;
	}
	len = strcspn(s, "?");
	url->path = decode(s, len, &why);
	if (!url->path)
		return why ? bad(err, text, why) : i2n_err_nomem(err);
	why = clean_path(url->path);
	if (why)
		return bad(err, text, why);
	s += len;
	return *s ? parse_args(text, s + 1, notes, url, err) : I2N_OK;
}

int i2n_nfs_url_parse(const char *text, const struct i2n_notes *notes, struct i2n_nfs_url *ret,
		      struct i2n_err *err)
{
	struct i2n_nfs_url url = { 0 };
	int rc = parse(text, notes, &url, err);

	if (rc == I2N_OK)
		*ret = url;
	else
		i2n_nfs_url_release(&url);
	return rc;
}

void i2n_nfs_url_release(struct i2n_nfs_url *url)
{
	free(url->host);
	free(url->path);
	*url = (struct i2n_nfs_url){ 0 };
}
