/* acl.h - POSIX access control lists, as ext4 and NFSACL have them.
 *
 * A list is canonical when its entries are ordered by tag and id and it has no mask that says
 * nothing: a list of owner, group, mask and other whose mask is the group's entry grants what
 * those three entries grant, and Linux neither stores such a mask that comes over NFS nor
 * spares one where the list has none. Canonical lists are equal when their bytes are.
 *
 * Unit:      permissions as rwx bits.
 * Ownership: entries are the struct's, i2n_acl_release() frees them.
 * Trust:     i2n_acl_take() checks all that it takes.
 * Source:    Linux include/uapi/linux/posix_acl.h and posix_acl_xattr.h; fs/nfs_common/nfsacl.c. */
#ifndef IMG2NFS_ACL_H
#define IMG2NFS_ACL_H

#include "img2nfs/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum i2n_acl_tag {
	I2N_ACL_USER_OBJ = 0x01,
	I2N_ACL_USER = 0x02,
	I2N_ACL_GROUP_OBJ = 0x04,
	I2N_ACL_GROUP = 0x08,
	I2N_ACL_MASK = 0x10,
	I2N_ACL_OTHER = 0x20,
};

struct i2n_ace {
	uint16_t tag, perm;
	uint32_t id;		/* of USER and GROUP; else 0 */
};

#define I2N_ACL_MAX 1024	/* entries of a list; Linux takes no more over NFS */

struct i2n_acl_list {
	struct i2n_ace *aces;
	unsigned n;		/* 0: there is no such list */
};

/* What is set on one object. */
struct i2n_acl {
	struct i2n_acl_list access, dflt;
};

/* Takes the value of "system.posix_acl_access" or "_default", as getxattr(2) returns it. false:
 * not a list that the kernel would take, or too long; *ret is empty. */
bool i2n_acl_parse(const void *value, size_t len, struct i2n_acl_list *ret);

/* Make a list of n entries canonical; false as above. Takes a copy. */
bool i2n_acl_take(const struct i2n_ace *aces, size_t n, struct i2n_acl_list *ret);

/* The list of an object that has none but its mode. false: no memory. */
bool i2n_acl_from_mode(unsigned mode, struct i2n_acl_list *ret);

bool i2n_acl_is_equal(const struct i2n_acl_list *a, const struct i2n_acl_list *b);
void i2n_acl_release(struct i2n_acl *acl);

#endif
