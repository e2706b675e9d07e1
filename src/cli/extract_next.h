/* extract_next.h - after `extract --netboot`: what is left to do, for people and for machines.
 *
 * Ownership: i2n_next_release() frees what next_make() gave. */
#ifndef CLI_EXTRACT_NEXT_H
#define CLI_EXTRACT_NEXT_H

#include "img2nfs/next.h"

#include "extract_run.h"

/* For those of n runs that are complete and were edited for a root over NFS. false: there are
 * none, or there is no memory for that. */
bool next_make(const struct run *runs, unsigned n, struct i2n_next *ret);

void next_print(const struct i2n_next *next);
/* Member "next" of the object that is open in j; NULL: null. */
void next_json(struct json *j, const struct i2n_next *next);

#endif
