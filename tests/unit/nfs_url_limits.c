/* Names and paths that no server takes are refused before anything is sent. */
#include "t.h"

#include "img2nfs/sink.h"

static int parse(const char *text, struct i2n_err *err)
{
	struct i2n_nfs_url url;
	int rc = i2n_nfs_url_parse(text, NULL, &url, err);

	if (rc == I2N_OK)
		i2n_nfs_url_release(&url);
	return rc;
}

/* nfs://h, then n components of len bytes */
static const char *make(char *buf, unsigned n, unsigned len)
{
	char *p = buf + sprintf(buf, "nfs://h");

	while (n--) {
		*p++ = '/';
		memset(p, 'x', len);
		p += len;
	}
	*p = '\0';
	return buf;
}

int main(void)
{
	static char buf[9000];
	struct i2n_err err = { 0 };

	T_EQ(parse(make(buf, 1, 255), &err), I2N_OK);
	T_EQ(parse(make(buf, 1, 256), &err), I2N_FATAL);
	T_HAS(err.msg, "255 bytes");
	T_EQ(parse(make(buf, 4, 255), &err), I2N_OK);		/* 1024 bytes: MNTPATHLEN */
	T_EQ(parse(make(buf, 512, 1), &err), I2N_OK);
	T_EQ(parse(make(buf, 513, 1), &err), I2N_FATAL);
	T_HAS(err.msg, "1024 bytes");
	T_EQ(parse(make(buf, 32, 255), &err), I2N_FATAL);
	T_HAS(err.msg, "longer than 4096");
	return t_end();
}
