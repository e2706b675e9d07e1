/* op_queue.h - for sinks that work at once: ops are queued by submit and carried out by service,
 * one a call, so that the completion contract is that of a server and the engine looks at its stop
 * flag between any two files. */
#ifndef SINK_OP_QUEUE_H
#define SINK_OP_QUEUE_H

#include "img2nfs/sink.h"

#define OP_QUEUE_MAX 64

struct op_queue {
	struct i2n_op *ops[OP_QUEUE_MAX];
	unsigned head, count;
	bool cancelled;
	int signo;		/* of cancel */
};

int op_queue_put(struct op_queue *q, struct i2n_op *op);	/* I2N_RETRY: it is full */
struct i2n_op *op_queue_take(struct op_queue *q);		/* NULL: it is empty */
void op_queue_cancel(struct op_queue *q, int signo);
/* I2N_FATAL: stopped, which err says. */
int op_queue_check(const struct op_queue *q, struct i2n_err *err);

#endif
