/* The lines to paste and the steps that follow an extract for a board. Wanted lines are those of
 * exports(5) and of Raspberry Pi's documentation of network boot. */
#include "img2nfs/next.h"

#include "t.h"

static const char *const one[] = { "/srv/nfs/pi" };
static const char *const three[] = { "/srv/pi/kitchen", "/srv/pi/hall", "/srv/pi/door" };
static const char *const apart[] = { "/a/pi", "/b/pi 2" };
static const char *const top[] = { "/x", "/y" };

static void check_lines(const struct i2n_lines *l, const char *want)
{
	char got[4096] = "";

	for (unsigned i = 0; i < l->n; i++) {
		strcat(got, l->v[i]);
		strcat(got, "\n");
	}
	T_STR(got, want);
}

static bool steps_have(const struct i2n_next *next, const char *part)
{
	for (unsigned i = 0; i < next->steps.n; i++)
		if (strstr(next->steps.v[i], part))
			return true;
	return false;
}

static struct i2n_next make(const struct i2n_next_want *w)
{
	struct i2n_next next;
	struct i2n_err err;

	T_EQ(i2n_next_make(w, &next, &err), I2N_OK);
	return next;
}

static void check_one(void)
{
	const struct i2n_next_want w = { .roots = one, .n_roots = 1, .server = "192.0.2.7",
					 .is_pi = true, .boot = I2N_NEXT_BOOT_TFTP,
					 .boot_path = "/srv/tftp", .user_dir = "/boot/firmware" };
	struct i2n_next next = make(&w);

	check_lines(&next.exports,
		    "/srv/nfs/pi 192.0.2.0/24(rw,sync,no_subtree_check,no_root_squash)\n");
	check_lines(&next.dnsmasq, "port=0\ndhcp-range=192.0.2.255,proxy\nenable-tftp\n"
		    "tftp-root=/srv/tftp\npxe-service=0,\"Raspberry Pi Boot\"\n");
	T_OK(steps_have(&next, "exportfs -ra"));
	T_OK(steps_have(&next, "--serial"));
	T_OK(steps_have(&next, "BOOT_ORDER=0xf21"));
	T_OK(steps_have(&next, "two files into /srv/nfs/pi/boot/firmware on the server"));
	i2n_next_release(&next);
}

/* Unprivileged, the boot files mounted by the boards, each below its number. */
static void check_three(void)
{
	const struct i2n_next_want w = { .roots = three, .n_roots = 3, .server = "10.1.2.3",
					 .high_port = true, .is_pi = true,
					 .boot = I2N_NEXT_BOOT_TFTP, .boot_path = "/srv/tftp",
					 .boot_is_export = true, .boot_is_below = true,
					 .user_dir = "/srv/tftp/9ffefdef",
					 .user_dir_is_boot = true };
	struct i2n_next next = make(&w);

	check_lines(&next.exports,
		    "/srv/pi 10.1.2.0/24(rw,sync,no_subtree_check,no_root_squash,insecure)\n"
		    "/srv/tftp 10.1.2.0/24(rw,sync,no_subtree_check,no_root_squash,insecure)\n");
	T_OK(steps_have(&next, "'insecure'"));
	T_OK(steps_have(&next, "two files into each board's directory of boot files on the server"));
	T_OK(!steps_have(&next, "--serial"));
	i2n_next_release(&next);
}

/* No Pi, no boot files, no network known. */
static void check_apart(void)
{
	const struct i2n_next_want w = { .roots = apart, .n_roots = 2, .server = "127.0.0.1" };
	struct i2n_next next = make(&w);

	check_lines(&next.exports,
		    "/a/pi 192.168.1.0/24(rw,sync,no_subtree_check,no_root_squash)\n"
		    "/b/pi\\0402 192.168.1.0/24(rw,sync,no_subtree_check,no_root_squash)\n");
	check_lines(&next.dnsmasq, "port=0\ndhcp-range=192.168.1.255,proxy\nenable-tftp\n"
		    "tftp-root=/srv/tftp\n");
	T_OK(steps_have(&next, "in place of the example"));
	T_OK(steps_have(&next, "--boot="));
	T_OK(!steps_have(&next, "Pi 4"));
	T_OK(!steps_have(&next, "log in"));
	i2n_next_release(&next);
}

static void check_card(void)
{
	const struct i2n_next_want w = { .roots = top, .n_roots = 2, .is_pi = true,
					 .boot = I2N_NEXT_BOOT_CARD, .boot_path = "card.img" };
	struct i2n_next next = make(&w);

	T_EQ(next.exports.n, 2);
	T_EQ(next.dnsmasq.n, 0);
	T_OK(steps_have(&next, "dd if=card.img"));
	T_OK(!steps_have(&next, "BOOT_ORDER"));
	i2n_next_release(&next);
}

int main(void)
{
	check_one();
	check_three();
	check_apart();
	check_card();
	return t_end();
}
