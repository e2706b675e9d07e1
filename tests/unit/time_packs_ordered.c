/* Packed times keep every value that ext4 can store, order as time does, and clamp the rest. */
#include "img2nfs/node.h"
#include "t.h"

int main(void)
{
	static const struct i2n_time ok[] = {
		{ I2N_TIME_MIN, 0 },
		{ I2N_TIME_MIN, 1 },
		{ -1, 999999999 },
		{ 0, 0 },
		{ 0, 1 },
		{ 2147483647, 5 },
		{ 2147483648, 0 },
		{ 4294967295, 999999999 },
		{ 4294967296, 0 },
		{ I2N_TIME_MAX, 999999999 },
	};
	size_t i;

	for (i = 0; i < sizeof(ok) / sizeof(ok[0]); i++) {
		struct i2n_time t = i2n_time_unpack(i2n_time_pack(ok[i]));

		T_EQ(t.sec, ok[i].sec);
		T_EQ(t.nsec, ok[i].nsec);
		if (i)
			T_OK(i2n_time_pack(ok[i - 1]) < i2n_time_pack(ok[i]));
	}
	T_EQ(i2n_time_pack((struct i2n_time){ I2N_TIME_MIN - 1, 7 }), 0);
	T_EQ(i2n_time_pack((struct i2n_time){ I2N_TIME_MAX + 1, 7 }), i2n_time_pack(ok[9]));
	T_EQ(i2n_time_unpack(i2n_time_pack((struct i2n_time){ 5, 1073741823 })).nsec, 999999999);
	return t_end();
}
