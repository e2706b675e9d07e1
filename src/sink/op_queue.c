#include "op_queue.h"

int op_queue_put(struct op_queue *q, struct i2n_op *op)
{
	if (q->count == OP_QUEUE_MAX)
		return I2N_RETRY;
	q->ops[(q->head + q->count++) % OP_QUEUE_MAX] = op;
	return I2N_OK;
}

struct i2n_op *op_queue_take(struct op_queue *q)
{
	struct i2n_op *op = q->ops[q->head];

	if (!q->count)
		return NULL;
	q->head = (q->head + 1) % OP_QUEUE_MAX;
	q->count--;
	return op;
}

void op_queue_cancel(struct op_queue *q, int signo)
{
	q->cancelled = true;
	q->signo = signo;
}

int op_queue_check(const struct op_queue *q, struct i2n_err *err)
{
	return q->cancelled ? i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, q->signo, "stopped")
			    : I2N_OK;
}
