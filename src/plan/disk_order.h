/* disk_order.h - non-directories in the order of their content on the medium. */
#ifndef PLAN_DISK_ORDER_H
#define PLAN_DISK_ORDER_H

#include "img2nfs/plan.h"

/* Fills plan->order, which has room, and n_order. Ties (all that has no content) stay in the order
 * of the tree, which keeps the objects of a directory together. false: out of memory. */
bool disk_order(struct i2n_plan *plan, struct i2n_reader *reader);

#endif
