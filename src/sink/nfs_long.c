#include "nfs_long.h"

#include "checked.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0	/* there SO_NOSIGPIPE exists instead */
#endif

#define PATIENCE_MS 5000
#define CALL_MAX 8192	/* header 100, handle 68, name 260, attributes 60: targets up to
			 * NFS_TARGET_MAX fit */
#define REPLY_MAX 1024

struct xdr {
	unsigned char *p, *end;
	bool bad;
};

static void put_u32(struct xdr *x, uint32_t v)
{
	if (x->end - x->p < 4) {
		x->bad = true;
		return;
	}
	x->p[0] = (unsigned char)(v >> 24);
	x->p[1] = (unsigned char)(v >> 16);
	x->p[2] = (unsigned char)(v >> 8);
	x->p[3] = (unsigned char)v;
	x->p += 4;
}

static void put_bytes(struct xdr *x, const void *data, size_t len)
{
	size_t room, padded = (len + 3) & ~(size_t)3;

	put_u32(x, (uint32_t)len);
	room = (size_t)(x->end - x->p);
	if (x->bad || padded > room) {
		x->bad = true;
		return;
	}
	memset(x->p, 0, padded);
	memcpy(x->p, data, len);
	x->p += padded;
}

static void put_time(struct xdr *x, uint32_t how, const struct nfstime3 *t)
{
	put_u32(x, how);
	if (how != SET_TO_CLIENT_TIME)
		return;
	put_u32(x, t->seconds);
	put_u32(x, t->nseconds);
}

static void put_sattr(struct xdr *x, const sattr3 *a)
{
	put_u32(x, a->mode.set_it);
	if (a->mode.set_it)
		put_u32(x, a->mode.set_mode3_u.mode);
	put_u32(x, a->uid.set_it);
	if (a->uid.set_it)
		put_u32(x, a->uid.set_uid3_u.uid);
	put_u32(x, a->gid.set_it);
	if (a->gid.set_it)
		put_u32(x, a->gid.set_gid3_u.gid);
	put_u32(x, 0);	/* symlinks have no size to set */
	put_time(x, a->atime.set_it, &a->atime.set_atime_u.atime);
	put_time(x, a->mtime.set_it, &a->mtime.set_mtime_u.mtime);
}

/* RFC 5531 9 and 14: call header and AUTH_SYS. */
static void put_header(struct xdr *x, uint32_t xid, const struct rpc_target *target)
{
	static const char machine[] = "img2nfs";

	put_u32(x, xid);
	put_u32(x, 0);			/* CALL */
	put_u32(x, 2);
	put_u32(x, NFS_PROGRAM);
	put_u32(x, NFS_V3);
	put_u32(x, 10);			/* SYMLINK */
	put_u32(x, 1);			/* AUTH_SYS */
	put_u32(x, 28);			/* its length: stamp, machine, uid, gid, no further gids */
	put_u32(x, 0);
	put_bytes(x, machine, sizeof(machine) - 1);
	put_u32(x, target->uid);
	put_u32(x, target->gid);
	put_u32(x, 0);
	put_u32(x, 0);			/* AUTH_NONE as verifier */
	put_u32(x, 0);
}

static size_t encode(unsigned char *buf, size_t cap, uint32_t xid, const struct rpc_target *target,
		     const SYMLINK3args *args)
{
	struct xdr x = { .p = buf + 4, .end = buf + cap };
	struct xdr mark = { .p = buf, .end = buf + 4 };

	put_header(&x, xid, target);
	put_bytes(&x, args->where.dir.data.data_val, args->where.dir.data.data_len);
	put_bytes(&x, args->where.name, strlen(args->where.name));
	put_sattr(&x, &args->symlink.symlink_attributes);
	put_bytes(&x, args->symlink.symlink_data, strlen(args->symlink.symlink_data));
	if (x.bad)
		return 0;
	put_u32(&mark, UINT32_C(0x80000000) | (uint32_t)(x.p - buf - 4));
	return (size_t)(x.p - buf);
}

static bool wait_for(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	return poll(&pfd, 1, PATIENCE_MS) == 1;
}

static int connect_to(const struct rpc_target *target, uint16_t port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *ai;
	char service[8];
	int fd, soerr = 0;
	socklen_t len = sizeof(soerr);

	(void)snprintf(service, sizeof(service), "%u", (unsigned)port);
	if (getaddrinfo(target->addr, service, &hints, &ai))
		return -1;
	fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (fd >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
	    (!connect(fd, ai->ai_addr, ai->ai_addrlen) || errno == EINPROGRESS) &&
	    wait_for(fd, POLLOUT) && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &soerr, &len) &&
	    !soerr) {
		freeaddrinfo(ai);
		return fd;
	}
	freeaddrinfo(ai);
	if (fd >= 0)
		(void)close(fd);	/* nothing was sent */
	return -1;
}

static bool send_all(int fd, const unsigned char *buf, size_t len)
{
	while (len) {
		ssize_t n = wait_for(fd, POLLOUT) ? send(fd, buf, len, MSG_NOSIGNAL) : -1;

		if (n <= 0)
			return false;
		buf += n;
		len -= (size_t)n;
	}
	return true;
}

static bool recv_all(int fd, unsigned char *buf, size_t len)
{
	while (len) {
		ssize_t n = wait_for(fd, POLLIN) ? recv(fd, buf, len, 0) : -1;

		if (n <= 0)
			return false;
		buf += n;
		len -= (size_t)n;
	}
	return true;
}

/* One record of one or several fragments; 0 = none. */
static size_t recv_record(int fd, unsigned char *buf, size_t cap)
{
	size_t len = 0;
	unsigned char head[4];
	uint32_t mark;

	do {
		if (!recv_all(fd, head, 4))
			return 0;
		mark = i2n_be32(head);
		if ((mark & 0x7fffffff) > cap - len || !recv_all(fd, buf + len, mark & 0x7fffffff))
			return 0;
		len += mark & 0x7fffffff;
	} while (!(mark & 0x80000000));
	return len;
}

static uint32_t get_u32(struct xdr *x)
{
	if (x->bad || x->end - x->p < 4) {
		x->bad = true;
		return 0;
	}
	x->p += 4;
	return i2n_be32(x->p - 4);
}

static uint64_t get_u64(struct xdr *x)
{
	uint64_t high = get_u32(x);

	return high << 32 | get_u32(x);
}

static const unsigned char *get_bytes(struct xdr *x, uint32_t *ret_len)
{
	uint32_t len = get_u32(x);
	size_t padded = ((size_t)len + 3) & ~(size_t)3;
	const unsigned char *data = x->p;

	if (x->bad || padded > (size_t)(x->end - x->p)) {
		x->bad = true;
		return NULL;
	}
	x->p += padded;
	*ret_len = len;
	return data;
}

static void get_time(struct xdr *x, struct nfstime3 *t)
{
	t->seconds = get_u32(x);
	t->nseconds = get_u32(x);
}

static void get_attrs(struct xdr *x, post_op_attr *ret)
{
	fattr3 *a = &ret->post_op_attr_u.attributes;

	ret->attributes_follow = get_u32(x) == 1;
	if (!ret->attributes_follow)
		return;
	a->type = (ftype3)get_u32(x);
	a->mode = get_u32(x);
	a->nlink = get_u32(x);
	a->uid = get_u32(x);
	a->gid = get_u32(x);
	a->size = get_u64(x);
	a->used = get_u64(x);
	a->rdev.specdata1 = get_u32(x);
	a->rdev.specdata2 = get_u32(x);
	a->fsid = get_u64(x);
	a->fileid = get_u64(x);
	get_time(x, &a->atime);
	get_time(x, &a->mtime);
	get_time(x, &a->ctime);
}

static bool decode(unsigned char *buf, size_t len, uint32_t xid, struct nfs3_fh *ret_fh,
		   SYMLINK3res *res)
{
	struct xdr x = { .p = buf, .end = buf + len };
	SYMLINK3resok *ok = &res->SYMLINK3res_u.resok;
	uint32_t n;
	const unsigned char *data;

	memset(res, 0, sizeof(*res));
	if (get_u32(&x) != xid || get_u32(&x) != 1 || get_u32(&x) != 0)	/* REPLY, MSG_ACCEPTED */
		return false;
	(void)get_u32(&x);		/* the verifier says nothing with AUTH_SYS */
	(void)get_bytes(&x, &n);
	if (get_u32(&x) != 0)		/* SUCCESS */
		return false;
	res->status = (nfsstat3)get_u32(&x);
	if (x.bad || res->status != NFS3_OK)
		return !x.bad;
	if (get_u32(&x)) {
		data = get_bytes(&x, &n);
		if (!data || !nfs3_fh_take(ret_fh, n, data))
			return false;
		ok->obj.handle_follows = 1;
		ok->obj.post_op_fh3_u.handle = nfs3_fh_xdr(ret_fh);
	}
	get_attrs(&x, &ok->obj_attributes);
	return !x.bad;
}

bool nfs_long_symlink(const struct rpc_target *target, uint16_t port, const SYMLINK3args *args,
		      struct nfs3_fh *ret_fh,
		      SYMLINK3res *ret_res)
{
	unsigned char call[CALL_MAX], reply[REPLY_MAX];
	uint32_t xid = 0x6c6f6e67;	/* alone on its connection: any will do */
	size_t len = encode(call, sizeof(call), xid, target, args);
	int fd = len ? connect_to(target, port) : -1;
	bool ok = false;

	if (fd < 0)
		return false;
	if (send_all(fd, call, len)) {
		len = recv_record(fd, reply, sizeof(reply));
		ok = len && decode(reply, len, xid, ret_fh, ret_res);
	}
	(void)close(fd);	/* the answer is in, or counts as lost */
	return ok;
}
