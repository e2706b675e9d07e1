/* A network of some round-trip time and a server that takes so many requests a second, in simulated
 * time: enough is in flight to keep it busy, and not much more. */
#include "t.h"

#include "sink/nfs_window.h"

#define QUEUE 4096

struct net {
	int64_t rtt_us, service_us;	/* one request after the other */
	uint64_t data;			/* of each request */
};

struct sim {
	struct nfs_window w;
	int64_t now_us, free_us;	/* free: when the server has done all it has */
	int64_t sent_us[QUEUE], due_us[QUEUE];
	unsigned head, n;
	uint64_t answered;
};

static bool has_room(struct sim *s, const struct net *net)
{
	if (s->n >= s->w.calls.now) {
		s->w.calls.met = true;
		return false;
	}
	if (s->n && (s->n + 1) * net->data > s->w.bytes.now) {
		s->w.bytes.met = true;
		return false;
	}
	return true;
}

static void send_all(struct sim *s, const struct net *net)
{
	while (has_room(s, net)) {
		unsigned i = (s->head + s->n++) % QUEUE;
		int64_t at = s->now_us + net->rtt_us / 2;

		s->free_us = (s->free_us > at ? s->free_us : at) + net->service_us;
		s->sent_us[i] = s->now_us;
		s->due_us[i] = s->free_us + net->rtt_us / 2;
	}
}

static void run(struct sim *s, const struct net *net, int64_t for_us)
{
	int64_t end = s->now_us + for_us;

	s->answered = 0;
	while (s->now_us < end) {
		unsigned i;
		int64_t waited;

		send_all(s, net);
		i = s->head;
		s->head = (s->head + 1) % QUEUE;
		s->n--;
		s->now_us = s->due_us[i];
		waited = s->now_us - s->sent_us[i];
		if (net->data)
			nfs_window_data(&s->w, net->data, waited);
		(void)nfs_window_reply(&s->w, s->now_us, waited);
		s->answered++;
	}
}

static void begin(struct sim *s, uint64_t calls, uint64_t bytes)
{
	memset(s, 0, sizeof(*s));
	s->now_us = 1000;
	nfs_window_init(&s->w, calls, bytes);
}

static const struct net near = { 100, 33, 0 }, far = { 20000, 33, 0 };
static const struct net disk = { 100, 1200, 1 << 20 }, far_disk = { 20000, 1200, 1 << 20 };

static void requests(struct sim *s)
{
	/* near: what there is at the start is more than enough */
	begin(s, 1024, 16 << 20);
	run(s, &near, 1000000);
	T_EQ(s->w.calls.now, 128);
	T_OK(s->answered > 30000 * 98 / 100);

	/* far: 600 fill the network; assumed after a round trip, known in half a second */
	begin(s, 1024, 16 << 20);
	run(s, &far, 30000);
	T_OK(s->w.calls.now > 600 && s->w.calls.now <= 1024);
	run(s, &far, 500000);
	T_OK(s->w.calls.now > 600 && s->w.calls.now <= 1024);
	run(s, &far, 1000000);
	T_OK(s->answered > 30000 * 98 / 100);
	/* what the user allows is the limit */
	begin(s, 300, 16 << 20);
	run(s, &far, 1000000);
	T_EQ(s->w.calls.now, 300);
	begin(s, 1, 16 << 20);
	run(s, &far, 1000000);
	T_EQ(s->w.calls.now, 1);
}

static void data(struct sim *s)
{
	/* little when near, what the network holds when far */
	begin(s, 1024, 256 << 20);
	run(s, &disk, 1000000);
	T_OK(s->w.bytes.now <= 6 << 20);
	T_OK(s->answered > 833 * 98 / 100);
	begin(s, 1024, 256 << 20);
	run(s, &far_disk, 30000);
	T_OK(s->w.bytes.now >= 15 << 20);
	run(s, &far_disk, 1000000);
	run(s, &far_disk, 1000000);
	T_OK(s->w.bytes.now > 18 << 20 && s->w.bytes.now < 90 << 20);
	T_OK(s->answered > 833 * 98 / 100);
	begin(s, 1024, 65536);
	run(s, &far_disk, 1000000);
	T_EQ(s->w.bytes.now, 65536);
}

static void mercy(struct sim *s)
{
	const struct net dead_slow = { 200, 50000, 0 };

	/* 20 requests a second: no queue of seconds; when it gets well, so does the window */
	begin(s, 1024, 16 << 20);
	run(s, &dead_slow, 60000000);
	T_OK(s->w.calls.now >= 8 && s->w.calls.now <= 20);
	run(s, &near, 2000000);
	T_EQ(s->w.calls.now, 128);

	/* the server asks for patience */
	begin(s, 1024, 16 << 20);
	for (int i = 0; i < 40; i++) {
		nfs_window_push_back(&s->w);
		run(s, &near, 25000);
	}
	T_EQ(s->w.calls.now, 8);
	T_EQ(s->w.bytes.now, 256 << 10);
	run(s, &near, 2000000);
	T_EQ(s->w.calls.now, 128);
}

int main(void)
{
	struct sim s;

	requests(&s);
	data(&s);
	mercy(&s);
	return t_end();
}
