/* as.h - the value of --as: "UID:GID". */
#ifndef CLI_AS_H
#define CLI_AS_H

#include "img2nfs/err.h"

int as_parse(const char *text, uint32_t *ret_uid, uint32_t *ret_gid, struct i2n_err *err);

#endif
