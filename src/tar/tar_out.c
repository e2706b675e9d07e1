#define _POSIX_C_SOURCE 200809L
#include "tar_out.h"

#include "img2nfs/pack.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUT_BUF (1u << 20)

struct tar_out {
	int fd;
	char *name;		/* for messages */
	const volatile int *stop;
	struct i2n_pack *pack;
	size_t len;
	unsigned char buf[OUT_BUF];
};

static int failed(const struct tar_out *o, int code, struct i2n_err *err)
{
	return i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, code, "cannot write %s: %s", o->name,
			strerror(code));
}

static bool is_stopped(const struct tar_out *o)
{
	return o->stop && *o->stop;
}

static int stopped(const struct tar_out *o, struct i2n_err *err)
{
	return i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, *o->stop, "stopped by signal %d",
			*o->stop);
}

/* Pipes may have been set to non-blocking by whoever has the other end. */
static bool can_wait(const struct tar_out *o, int code)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };

	if (code == EINTR)
		return true;
	if (code != EAGAIN && code != EWOULDBLOCK)
		return false;
	(void)poll(&p, 1, 1000);	/* whatever comes of it, the next write tells */
	return true;
}

static int write_fd(struct tar_out *o, const unsigned char *p, size_t len, struct i2n_err *err)
{
	while (len) {
		ssize_t n = write(o->fd, p, len);

		if (n > 0) {
			p += n;
			len -= (size_t)n;
		} else if (is_stopped(o)) {
			return stopped(o, err);
		} else if (!n || !can_wait(o, errno)) {
			return failed(o, n ? errno : EIO, err);
		}
	}
	return I2N_OK;
}

static int on_packed(void *ctx, const void *buf, size_t len, struct i2n_err *err)
{
	return write_fd(ctx, buf, len, err);
}

static int pass(struct tar_out *o, const void *buf, size_t len, struct i2n_err *err)
{
	return o->pack ? i2n_pack_write(o->pack, buf, len, err) : write_fd(o, buf, len, err);
}

static int flush(struct tar_out *o, struct i2n_err *err)
{
	size_t len = o->len;

	o->len = 0;
	return pass(o, o->buf, len, err);
}

int tar_out_write(struct tar_out *o, const void *buf, size_t len, struct i2n_err *err)
{
	if (len > sizeof(o->buf) - o->len && flush(o, err))
		return I2N_FATAL;
	if (len > sizeof(o->buf) / 2)
		return o->len && flush(o, err) ? I2N_FATAL : pass(o, buf, len, err);
	memcpy(o->buf + o->len, buf, len);
	o->len += len;
	return I2N_OK;
}

int tar_out_zeros(struct tar_out *o, uint64_t len, struct i2n_err *err)
{
	static const unsigned char zeros[4096];

	while (len) {
		size_t n = len < sizeof(zeros) ? (size_t)len : sizeof(zeros);

		if (tar_out_write(o, zeros, n, err))
			return I2N_FATAL;
		len -= n;
	}
	return I2N_OK;
}

int tar_out_open(const struct i2n_tar_opts *opts, struct tar_out **ret, struct i2n_err *err)
{
	struct tar_out *o = malloc(sizeof(*o));
	int rc = I2N_OK;

	if (!o)
		return i2n_err_nomem(err);
	/* not the buffer, which costs nothing until it is used */
	memset(o, 0, offsetof(struct tar_out, buf));
	o->stop = opts->stop;
	o->fd = opts->fd;
	o->name = strdup(opts->name);
	if (!o->name)
		rc = i2n_err_nomem(err);
	else if (opts->type)
		rc = i2n_pack_open(opts->type, on_packed, o, &o->pack, err);
	if (rc == I2N_OK)
		*ret = o;
	else
		tar_out_free(o);
	return rc;
}

int tar_out_finish(struct tar_out *o, struct i2n_err *err)
{
	return flush(o, err) || (o->pack && i2n_pack_finish(o->pack, err)) ? I2N_FATAL : I2N_OK;
}

void tar_out_free(struct tar_out *o)
{
	if (!o)
		return;
	i2n_pack_free(o->pack);
	free(o->name);
	free(o);
}
