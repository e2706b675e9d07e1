#include "stream.h"

#include <stdlib.h>
#include <string.h>

int stream_read(struct stream *s, void *buf, size_t len, size_t *ret_n, struct i2n_err *err)
{
	const unsigned char *from;
	int rc;

	if (s->ops->read)
		return s->ops->read(s, buf, len, ret_n, err);
	rc = s->ops->lend(s, buf, len, &from, ret_n, err);
	if (rc != I2N_OK || !*ret_n)
		return rc;
	if (*ret_n > len)
		*ret_n = len;
	memcpy(buf, from, *ret_n);
	s->ops->take(s, *ret_n);
	return I2N_OK;
}

int stream_lend(struct stream *s, void *buf, size_t len, const unsigned char **ret, size_t *ret_n,
		struct i2n_err *err)
{
	if (s->ops->lend)
		return s->ops->lend(s, buf, len, ret, ret_n, err);
	*ret = buf;
	return stream_read(s, buf, len, ret_n, err);
}

void stream_take(struct stream *s, size_t n)
{
	if (s->ops->take)
		s->ops->take(s, n);
}

int stream_fill(struct stream *s, void *buf, size_t len, size_t *ret_n, struct i2n_err *err)
{
	unsigned char *to = buf;
	size_t at = 0, n = 1;
	int rc = I2N_OK;

	while (at < len && n && rc == I2N_OK) {
		rc = stream_read(s, to + at, len - at, &n, err);
		at += rc == I2N_OK ? n : 0;
	}
	*ret_n = at;
	return rc;
}

void stream_free(struct stream *s)
{
	if (s)
		s->ops->free(s);
}

struct peek {
	struct stream stream;
	struct stream *from;
	bool has_head, lent_head;
	size_t len, at;			/* of head; what of it was read */
	unsigned char head[STREAM_HEAD];
};

static int peek_read(struct stream *s, void *buf, size_t len, size_t *ret_n, struct i2n_err *err)
{
	struct peek *p = (struct peek *)s;

	if (p->at == p->len)
		return stream_read(p->from, buf, len, ret_n, err);
	if (len > p->len - p->at)
		len = p->len - p->at;
	memcpy(buf, p->head + p->at, len);
	p->at += len;
	*ret_n = len;
	return I2N_OK;
}

static int peek_lend(struct stream *s, void *buf, size_t len, const unsigned char **ret,
		     size_t *ret_n, struct i2n_err *err)
{
	struct peek *p = (struct peek *)s;

	p->lent_head = p->at < p->len;
	if (!p->lent_head)
		return stream_lend(p->from, buf, len, ret, ret_n, err);
	*ret = p->head + p->at;
	*ret_n = p->len - p->at;
	return I2N_OK;
}

static void peek_take(struct stream *s, size_t n)
{
	struct peek *p = (struct peek *)s;

	if (p->lent_head)
		p->at += n;
	else
		stream_take(p->from, n);
}

static void peek_free(struct stream *s)
{
	struct peek *p = (struct peek *)s;

	stream_free(p->from);
	free(p);
}

static const struct stream_ops peek_ops = { .read = peek_read, .lend = peek_lend,
					    .take = peek_take, .free = peek_free };

int stream_peek_open(struct stream *from, struct stream **ret, struct i2n_err *err)
{
	struct peek *p = calloc(1, sizeof(*p));

	if (!p)
		return i2n_err_nomem(err);
	p->stream = (struct stream){ .ops = &peek_ops, .name = from->name, .size = from->size };
	p->from = from;
	*ret = &p->stream;
	return I2N_OK;
}

int stream_peek(struct stream *peek, const unsigned char **ret, size_t *ret_len,
		struct i2n_err *err)
{
	struct peek *p = (struct peek *)peek;
	int rc = I2N_OK;

	if (!p->has_head)
		rc = stream_fill(p->from, p->head, sizeof(p->head), &p->len, err);
	p->has_head = true;
	*ret = p->head;
	*ret_len = p->len;
	return rc;
}

int stream_fail(const struct stream *s, const char *what, struct i2n_err *err)
{
	return i2n_fail(err, I2N_FATAL, I2N_DOM_PACKED, 0, "cannot unpack %s: %s", s->name, what);
}

int stream_cut(const struct stream *s, struct i2n_err *err)
{
	(void)stream_fail(s, "it ends too early", err);
	i2n_err_hint(err, "it was not copied or downloaded completely");
	return I2N_FATAL;
}
