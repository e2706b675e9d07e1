/* delayed.h - one direction of a connection of nfsproxy: pieces of bytes, each with the time from
 * which it may be passed on, the earliest first. */
#ifndef TESTS_TOOLS_DELAYED_H
#define TESTS_TOOLS_DELAYED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chunk {
	struct chunk *next;
	int64_t due_us;
	size_t len, pos;
	unsigned char data[];
};

struct half {
	unsigned side;		/* 0: to the client, 1: to the server */
	struct chunk *head, *tail;
	size_t queued;
	unsigned char *rec;	/* record being collected, with its mark(s) */
	size_t rec_len, rec_cap;
	bool eof;
};

static inline struct chunk *chunk_of(const void *data, size_t len)
{
	struct chunk *c = malloc(sizeof(*c) + len);

	if (!c) {
		perror("malloc");
		exit(1);
	}
	c->len = len;
	memcpy(c->data, data, len);
	return c;
}

/* Behind all that are due as early. */
static inline void half_put(struct half *h, struct chunk *c, int64_t due_us)
{
	struct chunk **link = h->tail ? &h->tail->next : &h->head;

	c->pos = 0;
	c->due_us = due_us;
	if (h->tail && h->tail->due_us > due_us)
		for (link = &h->head; (*link)->due_us <= due_us; link = &(*link)->next)
			;
	c->next = *link;
	*link = c;
	if (!c->next)
		h->tail = c;
	h->queued += c->len;
}

static inline void half_drop_first(struct half *h)
{
	struct chunk *c = h->head;

	h->head = c->next;
	if (!h->head)
		h->tail = NULL;
	h->queued -= c->len;
	free(c);
}

static inline void half_release(struct half *h)
{
	while (h->head)
		half_drop_first(h);
	free(h->rec);
	memset(h, 0, sizeof(*h));
}

#endif
