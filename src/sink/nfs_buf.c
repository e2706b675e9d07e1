#include "nfs_buf.h"

#include <assert.h>
#include <stdlib.h>

#define SMALLEST 4096u

static uint64_t size_of(unsigned class_no)
{
	return (uint64_t)SMALLEST << class_no;
}

static unsigned class_of(size_t size)
{
	unsigned c = 0;

	while (size_of(c) < size)
		c++;
	assert(c < NFS_BUF_CLASSES);
	return c;
}

void nfs_bufs_init(struct nfs_bufs *bufs, uint64_t cap)
{
	*bufs = (struct nfs_bufs){ .cap = cap };
}

static void drop(struct nfs_bufs *bufs, struct nfs_buf *buf)
{
	bufs->allocated -= size_of(buf->class_no);
	free(buf->data);
	free(buf);
}

/* Give back spare buffers until `size` more fit. */
static void make_room(struct nfs_bufs *bufs, uint64_t size)
{
	for (unsigned c = NFS_BUF_CLASSES; c-- > 0 && bufs->allocated + size > bufs->cap;) {
		while (bufs->spare[c] && bufs->allocated + size > bufs->cap) {
			struct nfs_buf *buf = bufs->spare[c];

			bufs->spare[c] = buf->next;
			drop(bufs, buf);
		}
	}
}

void nfs_bufs_limit(struct nfs_bufs *bufs, uint64_t cap)
{
	bufs->cap = cap;
	make_room(bufs, 0);
}

static struct nfs_buf *make(struct nfs_bufs *bufs, unsigned class_no)
{
	struct nfs_buf *buf = malloc(sizeof(*buf));

	if (!buf)
		return NULL;
	buf->class_no = class_no;
	buf->data = malloc((size_t)size_of(class_no));
	if (!buf->data) {
		free(buf);
		return NULL;
	}
	bufs->allocated += size_of(class_no);
	return buf;
}

struct nfs_buf *nfs_bufs_get(struct nfs_bufs *bufs, size_t size)
{
	unsigned c = class_of(size);
	struct nfs_buf *buf = bufs->spare[c];

	if (buf) {
		bufs->spare[c] = buf->next;
	} else {
		make_room(bufs, size_of(c));
		if (bufs->in_use && bufs->allocated + size_of(c) > bufs->cap)
			return NULL;
		buf = make(bufs, c);
		if (!buf)
			return NULL;
	}
	bufs->in_use += size_of(c);
	return buf;
}

void nfs_bufs_put(struct nfs_bufs *bufs, struct nfs_buf *buf)
{
	bufs->in_use -= size_of(buf->class_no);
	if (bufs->allocated > bufs->cap) {
		drop(bufs, buf);
		return;
	}
	buf->next = bufs->spare[buf->class_no];
	bufs->spare[buf->class_no] = buf;
}

void nfs_bufs_release(struct nfs_bufs *bufs)
{
	assert(!bufs->in_use);
	for (unsigned c = 0; c < NFS_BUF_CLASSES; c++) {
		while (bufs->spare[c]) {
			struct nfs_buf *buf = bufs->spare[c];

			bufs->spare[c] = buf->next;
			drop(bufs, buf);
		}
	}
}
