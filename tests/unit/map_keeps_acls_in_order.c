/* Ids in ACLs are mapped by their ranges, each list stays ordered by what it has then, and other ids,
 * attributes and capabilities stay as they are. */
#include "img2nfs/map.h"

#include "t.h"

static const struct i2n_ace aces[] = {
	{ .tag = I2N_ACL_USER_OBJ, .perm = 7 },	     { .tag = I2N_ACL_USER, .perm = 6, .id = 5 },
	{ .tag = I2N_ACL_USER, .perm = 4, .id = 30 }, { .tag = I2N_ACL_GROUP_OBJ, .perm = 5 },
	{ .tag = I2N_ACL_GROUP, .perm = 1, .id = 30 }, { .tag = I2N_ACL_MASK, .perm = 7 },
	{ .tag = I2N_ACL_OTHER, .perm = 0 },
};

static int give_acl(struct i2n_reader *r, const struct i2n_inode *in, struct i2n_acl *ret,
		    struct i2n_err *err)
{
	(void)r, (void)in, (void)err;
	*ret = (struct i2n_acl){ { NULL, 0 }, { NULL, 0 } };
	T_OK(i2n_acl_take(aces, sizeof(aces) / sizeof(aces[0]), &ret->access));
	return I2N_OK;
}

int main(void)
{
	static const struct i2n_reader_ops ops = { .acl = give_acl };
	struct i2n_reader from = { .ops = &ops, .ahead = 4711 }, *mapped;
	struct i2n_inode inodes[] = { { .mode = 040755, .uid = 30, .gid = 5,
					.first_dirent = I2N_NONE } };
	struct i2n_tree tree = { .inodes = inodes, .n_inodes = 1 };
	struct i2n_map map = { .has_owner = false };
	struct i2n_acl acl;
	struct i2n_err err;

	T_EQ(i2n_map_add(&map.users, "x", "0:1000:10", &err), I2N_OK);
	T_EQ(i2n_map_add(&map.users, "x", "30:100:1", &err), I2N_OK);
	T_EQ(i2n_map_add(&map.users, "x", "9:5000:1", &err), I2N_FATAL);
	T_STR(err.msg, "x: '9:5000:1' overlaps another range");
	T_EQ(i2n_map_add(&map.users, "x", "4294967295:1:1", &err), I2N_FATAL);
	T_EQ(i2n_map_tree(&tree, &from, &map, &err), I2N_OK);
	T_EQ(inodes[0].uid, 100);
	T_EQ(inodes[0].gid, 5);
	inodes[0].uid = 10;
	T_EQ(i2n_map_tree(&tree, &from, &map, &err), I2N_FATAL);
	T_STR(err.msg, "cannot map '.': its owner 10 is in no range");

	T_EQ(i2n_map_reader(&from, &map, &mapped, &err), I2N_OK);
	T_EQ(mapped->ahead, 4711);
	T_OK(!mapped->ops->xattrs);
	T_EQ(mapped->ops->acl(mapped, inodes, &acl, &err), I2N_OK);
	T_EQ(acl.access.n, 7);
	T_OK(acl.access.aces[1].id == 100 && acl.access.aces[1].perm == 4);
	T_OK(acl.access.aces[2].id == 1005 && acl.access.aces[2].perm == 6);
	T_OK(acl.access.aces[4].tag == I2N_ACL_GROUP && acl.access.aces[4].id == 30);
	T_EQ(acl.dflt.n, 0);
	i2n_acl_release(&acl);
	i2n_map_reader_free(mapped);
	i2n_map_release(&map);
	return t_end();
}
