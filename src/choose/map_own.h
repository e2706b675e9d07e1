/* map_own.h - ids inside extended attributes. */
#ifndef CHOOSE_MAP_OWN_H
#define CHOOSE_MAP_OWN_H

#include "img2nfs/map.h"

/* The largest that a value can become longer. */
#define MAP_LONGER 4u

/* *id mapped; false: it is in no range. */
bool map_id(const struct i2n_id_map *map, uint32_t *id);

/* Map the ids in the value of an attribute: len bytes, with room for MAP_LONGER more; *ret_len of
 * them then. What is no ACL and no capability stays as it is. false: *ret_id is in no range. */
bool map_value(const struct i2n_map *map, const char *name, unsigned char *value, size_t len,
	       size_t *ret_len, uint32_t *ret_id);

#endif
