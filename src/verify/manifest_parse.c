#include "img2nfs/digest.h"
#include "img2nfs/name.h"

#include "manifest_own.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX (UINT32_C(1) << 28)
#define TARGET_MAX 65535u

struct parser {
	struct manifest_lines *out;
	struct i2n_err *err;
	unsigned long line_no;
	uint64_t bytes_max;		/* relative names can make much out of little */
	struct manifest_line set;	/* of /set */
	char *cwd;			/* for names without a slash; malloc */
	size_t cwd_len;
};

static int bad(struct parser *p, const char *what, const char *text, size_t len)
{
	char q[120];

	i2n_err_set(p->err, I2N_DOM_IMAGE, 0, "line %lu of the manifest: %s: %s", p->line_no, what,
		    i2n_quote(q, sizeof(q), text, len));
	i2n_err_blame(p->err, I2N_BLAME_IMAGE);
	return I2N_FATAL;
}

/* Append to the lines' bytes. */
static int put_bytes(struct parser *p, const char *bytes, size_t len, uint64_t *ret_off)
{
	struct manifest_lines *l = p->out;
	uint64_t need = l->n_bytes + len + 1;

	if (need > p->bytes_max)
		return bad(p, "the paths are too long", bytes, len);
	if (need > l->cap_bytes) {
		uint64_t cap = need + need / 2 + 4096;
		char *grown = realloc(l->bytes, (size_t)cap);

		if (!grown)
			return i2n_err_nomem(p->err);
		l->bytes = grown;
		l->cap_bytes = cap;
	}
	memcpy(l->bytes + l->n_bytes, bytes, len);
	*ret_off = l->n_bytes;
	l->n_bytes += len;
	return I2N_OK;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Undo vis(3) in place; the result is never longer. */
static size_t unvis(char *s, size_t len)
{
	static const char letters[] = "s t\tn\nr\r\\\\##**??[[";
	size_t out = 0, i = 0;

	while (i < len) {
		if (s[i] == '\\' && i + 3 < len && s[i + 1] <= '3' && is_octal(s[i + 1]) &&
		    is_octal(s[i + 2]) && is_octal(s[i + 3])) {
			s[out++] = (char)((s[i + 1] - '0') << 6 | (s[i + 2] - '0') << 3 |
					  (s[i + 3] - '0'));
			i += 4;
			continue;
		}
		if (s[i] == '\\' && i + 1 < len) {
			const char *known = NULL;

			for (const char *c = letters; *c; c += 2)
				if (*c == s[i + 1])
					known = c;
			if (known) {
				s[out++] = known[1];
				i += 2;
				continue;
			}
		}
		s[out++] = s[i++];
	}
	return out;
}

/* Digits only, no sign, no overflow. */
static bool number(const char *s, size_t len, unsigned base, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!len)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned d = (unsigned)(s[i] - '0');

		if (s[i] < '0' || d >= base || v > (max - d) / base)
			return false;
		v = v * base + d;
	}
	*ret = v;
	return true;
}

/* [-]SECONDS[.NANOSECONDS]; libarchive writes the latter without leading zeros. */
static bool parse_time(const char *s, size_t len, uint64_t *ret)
{
	const char *dot = memchr(s, '.', len);
	size_t head = dot ? (size_t)(dot - s) : len;
	bool negative = head && *s == '-';
	uint64_t sec, nsec = 0;
	struct i2n_time t;

	if (!number(s + negative, head - negative, 10, INT64_MAX, &sec) ||
	    (dot && !number(dot + 1, len - head - 1, 10, 999999999, &nsec)))
		return false;
	t = (struct i2n_time){ negative ? -(int64_t)sec : (int64_t)sec, (uint32_t)nsec };
	*ret = i2n_time_pack(t);
	return true;
}

static bool parse_type(const char *s, size_t len, struct manifest_line *line)
{
	for (unsigned type = 0; type <= I2N_S_IFMT; type += 1u << 12) {
		const char *word = mtree_type_word(type);

		if (word && strlen(word) == len && !memcmp(word, s, len)) {
			line->mode = (uint16_t)((line->mode & 07777u) | type);
			return true;
		}
	}
	return false;
}

/* "native,8,1"; other forms say nothing that we could compare. */
static void parse_device(const char *s, size_t len, struct manifest_line *line)
{
	const char *end = s + len, *first = memchr(s, ',', len);
	const char *second = first ? memchr(first + 1, ',', (size_t)(end - first - 1)) : NULL;
	uint64_t major, minor;

	if (!second || memchr(second + 1, ',', (size_t)(end - second - 1)) ||
	    !number(first + 1, (size_t)(second - first - 1), 10, UINT32_MAX, &major) ||
	    !number(second + 1, (size_t)(end - second - 1), 10, UINT32_MAX, &minor))
		return;
	line->major = (uint32_t)major;
	line->minor = (uint32_t)minor;
	line->known |= I2N_KNOW_RDEV;
}

enum key { KEY_TYPE, KEY_MODE, KEY_UID, KEY_GID, KEY_NLINK, KEY_SIZE, KEY_TIME, KEY_LINK,
	   KEY_DEVICE, KEY_INODE, KEY_DIGEST, KEYS };

static enum key key_of(const char *s, size_t len)
{
	static const char *const words[KEYS] = { "type", "mode", "uid", "gid", "nlink", "size",
						 "time", "link", "device", "inode", "xxh3-128" };
	unsigned k = 0;

	while (k < KEYS && (strlen(words[k]) != len || memcmp(words[k], s, len)))
		k++;
	return (enum key)k;
}

static int take_target(struct parser *p, char *s, size_t len, struct manifest_line *line)
{
	len = unvis(s, len);
	if (len > TARGET_MAX)
		return bad(p, "the target is too long", s, len);
	line->known |= I2N_KNOW_TARGET;
	line->target_len = (uint32_t)len;
	return put_bytes(p, s, len, &line->target);
}

static bool parse_mode(const char *s, size_t len, uint16_t *mode)
{
	uint64_t v;

	if (!number(s, len, 8, 07777, &v))
		return false;
	*mode = (uint16_t)((*mode & I2N_S_IFMT) | v);
	return true;
}

static bool parse_u32(const char *s, size_t len, uint32_t *ret)
{
	uint64_t v;

	if (!number(s, len, 10, UINT32_MAX, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

static int take_value(struct parser *p, enum key key, char *s, size_t len,
		      struct manifest_line *line)
{
	bool ok = true;

	switch (key) {
	case KEY_TYPE:
		ok = parse_type(s, len, line);
		break;
	case KEY_MODE:
		ok = parse_mode(s, len, &line->mode);
		line->known |= I2N_KNOW_MODE;
		break;
	case KEY_UID:
		ok = parse_u32(s, len, &line->uid);
		line->known |= I2N_KNOW_UID;
		break;
	case KEY_GID:
		ok = parse_u32(s, len, &line->gid);
		line->known |= I2N_KNOW_GID;
		break;
	case KEY_NLINK:
		ok = parse_u32(s, len, &line->nlink);
		break;
	case KEY_SIZE:
		ok = number(s, len, 10, INT64_MAX, &line->size);
		line->known |= I2N_KNOW_SIZE;
		break;
	case KEY_TIME:
		ok = parse_time(s, len, &line->mtime);
		line->known |= I2N_KNOW_MTIME;
		break;
	case KEY_LINK:
		return take_target(p, s, len, line);
	case KEY_DEVICE:
		parse_device(s, len, line);
		break;
	case KEY_INODE:
		ok = line->has_inode = number(s, len, 10, INT64_MAX, &line->inode);
		break;
	case KEY_DIGEST:
		ok = i2n_digest_parse(s, len, line->digest);
		line->known |= I2N_KNOW_DIGEST;
		break;
	case KEYS:
		break;	/* not one of ours */
	}
	return ok ? I2N_OK : bad(p, "this makes no sense", s, len);
}

static size_t word_len(const char *s, const char *end)
{
	size_t n = 0;

	while (s + n < end && s[n] != ' ' && s[n] != '\t')
		n++;
	return n;
}

static int take_words(struct parser *p, char *s, char *end, struct manifest_line *line)
{
	int rc = I2N_OK;

	while (rc == I2N_OK && s < end) {
		size_t n = word_len(s, end);
		char *equals = memchr(s, '=', n);

		if (equals)
			rc = take_value(p, key_of(s, (size_t)(equals - s)), equals + 1,
					n - (size_t)(equals + 1 - s), line);
		s += n + 1;
	}
	return rc;
}

static void unset(struct parser *p, const char *s, const char *end)
{
	static const uint16_t bits[KEYS] = {
		[KEY_MODE] = I2N_KNOW_MODE, [KEY_UID] = I2N_KNOW_UID, [KEY_GID] = I2N_KNOW_GID,
		[KEY_SIZE] = I2N_KNOW_SIZE, [KEY_TIME] = I2N_KNOW_MTIME,
	};

	while (s < end) {
		size_t n = word_len(s, end);
		enum key key = key_of(s, n);

		if (n == 3 && !memcmp(s, "all", 3))
			memset(&p->set, 0, sizeof(p->set));
		else if (key == KEY_TYPE)
			p->set.mode &= 07777u;
		else if (key == KEY_NLINK)
			p->set.nlink = 0;
		else if (key < KEYS)
			p->set.known &= (uint16_t)~bits[key];
		s += n + 1;
	}
}

/* Components without "." into the bytes, joined by one slash. */
static int put_path(struct parser *p, const char *s, size_t len, struct manifest_line *line)
{
	const char *end = s + len;
	uint64_t off, start = p->out->n_bytes;
	int rc = I2N_OK;

	while (s < end && rc == I2N_OK) {
		const char *slash = memchr(s, '/', (size_t)(end - s));
		size_t n = slash ? (size_t)(slash - s) : (size_t)(end - s);

		if (n > I2N_NAME_MAX || memchr(s, 0, n) || (n == 2 && !memcmp(s, "..", 2)))
			return bad(p, "no name can be so", s, n);
		if (n && !(n == 1 && *s == '.')) {
			if (p->out->n_bytes > start)
				rc = put_bytes(p, "/", 1, &off);
			if (rc == I2N_OK)
				rc = put_bytes(p, s, n, &off);
		}
		s += n + 1;
	}
	if (rc == I2N_OK && p->out->n_bytes - start > UINT32_MAX)
		return bad(p, "the path is too long", s, 0);
	line->path = start;
	line->path_len = (uint32_t)(p->out->n_bytes - start);
	return rc;
}

static int enter(struct parser *p, const struct manifest_line *line)
{
	char *cwd = realloc(p->cwd, (size_t)line->path_len + I2N_NAME_MAX + 2);

	if (!cwd)
		return i2n_err_nomem(p->err);
	if (line->path_len)
		memcpy(cwd, p->out->bytes + line->path, line->path_len);
	p->cwd = cwd;
	p->cwd_len = line->path_len;
	return I2N_OK;
}

static void leave(struct parser *p)
{
	while (p->cwd_len && p->cwd[p->cwd_len - 1] != '/')
		p->cwd_len--;
	p->cwd_len -= p->cwd_len > 0;
}

/* A name without a slash is relative to the directory that the lines before have entered. */
static int put_name(struct parser *p, const char *s, size_t len, struct manifest_line *line)
{
	size_t cwd_len = p->cwd_len;

	if (memchr(s, '/', len))
		return put_path(p, s, len, line);
	if (len > I2N_NAME_MAX)
		return bad(p, "no name can be so", s, len);
	if (!cwd_len)
		return put_path(p, s, len, line);
	p->cwd[cwd_len] = '/';
	memcpy(p->cwd + cwd_len + 1, s, len);	/* enter() left room for a name */
	return put_path(p, p->cwd, cwd_len + 1 + len, line);
}

static int add_line(struct parser *p, const struct manifest_line *line)
{
	struct manifest_lines *l = p->out;

	if (l->n == l->cap) {
		uint32_t cap = l->cap ? l->cap + l->cap / 2 : 64;
		struct manifest_line *grown;

		if (cap > LINES_MAX)
			return bad(p, "too many lines", "", 0);
		grown = realloc(l->lines, (size_t)cap * sizeof(*grown));
		if (!grown)
			return i2n_err_nomem(p->err);
		l->lines = grown;
		l->cap = cap;
	}
	l->lines[l->n++] = *line;
	return I2N_OK;
}

static int take_object(struct parser *p, char *s, char *end)
{
	struct manifest_line line = p->set;
	size_t n = word_len(s, end), name_len;
	bool relative = !memchr(s, '/', n);
	unsigned type;
	int rc;

	name_len = unvis(s, n);
	if (name_len == 2 && !memcmp(s, "..", 2)) {
		leave(p);
		return I2N_OK;
	}
	rc = put_name(p, s, name_len, &line);
	if (rc == I2N_OK)
		rc = take_words(p, s + n < end ? s + n + 1 : end, end, &line);
	if (rc != I2N_OK)
		return rc;
	type = line.mode & I2N_S_IFMT;
	if (!type || (!line.path_len && type != I2N_S_IFDIR))
		return bad(p, type ? "the root is no directory" : "no type", s, name_len);
	if (relative && type == I2N_S_IFDIR)
		rc = enter(p, &line);
	return rc == I2N_OK ? add_line(p, &line) : rc;
}

static bool begins(const char *s, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - s) >= n && !memcmp(s, word, n);
}

static int take_line(struct parser *p, char *s, char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	if (s == end || *s == '#')
		return I2N_OK;
	if (begins(s, end, "/set "))
		return take_words(p, s + 5, end, &p->set);
	if (begins(s, end, "/unset ")) {
		unset(p, s + 7, end);
		return I2N_OK;
	}
	if (*s == '/')
		return bad(p, "no path and no command", s, word_len(s, end));
	return take_object(p, s, end);
}

int manifest_parse(char *text, size_t len, struct manifest_lines *ret, struct i2n_err *err)
{
	struct parser p = { .out = ret, .err = err, .bytes_max = 32 * (uint64_t)len + (1 << 20) };
	char *s = text, *end = text + len;
	int rc = I2N_OK;

	while (rc == I2N_OK && s < end) {
		char *from = s, *nl;

		/* a backslash at the end of a line continues it */
		while ((nl = memchr(s, '\n', (size_t)(end - s))) && nl > from && nl[-1] == '\\') {
			nl[-1] = nl[0] = ' ';
			p.line_no++;
			s = nl + 1;
		}
		p.line_no++;
		s = nl ? nl + 1 : end;
		rc = take_line(&p, from, nl ? nl : end);
	}
	free(p.cwd);
	return rc;
}

void manifest_lines_release(struct manifest_lines *l)
{
	free(l->lines);
	free(l->bytes);
	memset(l, 0, sizeof(*l));
}
