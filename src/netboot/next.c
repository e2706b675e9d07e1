#include "img2nfs/next.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define ROOTS_TOLD 8	/* more of them are told by the directory above */

static int add_line(struct i2n_lines *l, struct text *line, struct i2n_err *err)
{
	char **v;

	if (text_check(line, err)) {
		text_release(line);
		return I2N_FATAL;
	}
	v = realloc(l->v, (l->n + 1) * sizeof(*v));
	if (!v) {
		text_release(line);
		return i2n_err_nomem(err);
	}
	l->v = v;
	v[l->n++] = line->p;
	return I2N_OK;
}

static int add(struct i2n_lines *l, struct i2n_err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int add(struct i2n_lines *l, struct i2n_err *err, const char *fmt, ...)
{
	struct text line = { 0 };
	va_list ap;

	va_start(ap, fmt);
	text_addv(&line, fmt, ap);
	va_end(ap);
	return add_line(l, &line, err);
}

/* The network of 256 addresses around the server; *ret_known: false, it is an example. Most home
 * networks are of that size; the steps say that it may be another. */
static uint32_t network_of(const char *server, bool *ret_known)
{
	struct in_addr a = { 0 };

	*ret_known = server && inet_pton(AF_INET, server, &a) == 1 &&
		     ntohl(a.s_addr) >> 24 != 127 && a.s_addr;
	return *ret_known ? ntohl(a.s_addr) & 0xffffff00u : 0xc0a80100u;	/* 192.168.1.0 */
}

/* exports(5): blanks, '#' and quotes as octal numbers. */
static void put_export(struct text *t, const char *path, size_t len)
{
	for (; len; path++, len--)
		if ((unsigned char)*path <= ' ' || strchr("\"#\\", *path))
			text_addf(t, "\\%03o", (unsigned char)*path);
		else
			text_put(t, path, 1);
}

static int add_export(const struct i2n_next_want *w, const char *path, size_t len,
		      struct i2n_next *ret, struct i2n_err *err)
{
	struct text line = { 0 };
	bool known;
	uint32_t net = network_of(w->server, &known);

	put_export(&line, len ? path : "/", len ? len : 1);
	text_addf(&line, " %u.%u.%u.0/24(rw,sync,no_subtree_check,no_root_squash%s)", net >> 24,
		  net >> 16 & 255, net >> 8 & 255, w->high_port ? ",insecure" : "");
	return add_line(&ret->exports, &line, err);
}

/* Length of the directory above path: 0 for the top. */
static size_t above(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

/* Do all roots lie in one directory, which is not the top? */
static bool has_common(const struct i2n_next_want *w, size_t *ret_len)
{
	*ret_len = above(w->roots[0]);
	for (unsigned i = 1; i < w->n_roots; i++)
		if (above(w->roots[i]) != *ret_len ||
		    memcmp(w->roots[i], w->roots[0], *ret_len))
			return false;
	return w->n_roots > 1 && *ret_len;
}

static int make_exports(const struct i2n_next_want *w, struct i2n_next *ret, struct i2n_err *err)
{
	size_t len;
	int rc = I2N_OK;

	if (has_common(w, &len))
		rc = add_export(w, w->roots[0], len, ret, err);
	else
		for (unsigned i = 0; !rc && i < w->n_roots && i < ROOTS_TOLD; i++)
			rc = add_export(w, w->roots[i], strlen(w->roots[i]), ret, err);
	if (!rc && w->boot_is_export && w->boot_path)
		rc = add_export(w, w->boot_path, strlen(w->boot_path), ret, err);
	return rc;
}

static int make_dnsmasq(const struct i2n_next_want *w, struct i2n_next *ret, struct i2n_err *err)
{
	struct i2n_lines *l = &ret->dnsmasq;
	const char *root = w->boot == I2N_NEXT_BOOT_TFTP ? w->boot_path : "/srv/tftp";
	bool known;
	uint32_t net = network_of(w->server, &known);

	if (w->boot == I2N_NEXT_BOOT_CARD)
		return I2N_OK;
	/* no DNS, and no addresses: the router's DHCP server goes on giving them */
	if (add(l, err, "port=0") ||
	    add(l, err, "dhcp-range=%u.%u.%u.255,proxy", net >> 24, net >> 16 & 255,
		net >> 8 & 255) ||
	    add(l, err, "enable-tftp") || add(l, err, "tftp-root=%s", root))
		return I2N_FATAL;
	return w->is_pi ? add(l, err, "pxe-service=0,\"Raspberry Pi Boot\"") : I2N_OK;
}

static int server_steps(const struct i2n_next_want *w, struct i2n_next *ret, struct i2n_err *err)
{
	struct i2n_lines *l = &ret->steps;
	bool known;

	(void)network_of(w->server, &known);
	if (add(l, err, "on the server: put the line%s into /etc/exports%s and run 'exportfs -ra'",
		ret->exports.n > 1 ? "s" : "",
		known ? ", with your network if it is another," :
			", with your network in place of the example,") ||
	    (w->high_port &&
	     add(l, err, "'insecure' is for img2nfs without root only: boards do without")))
		return I2N_FATAL;
	if (!ret->dnsmasq.n)
		return I2N_OK;
	return add(l, err, "where dnsmasq runs and %s is: put the lines into "
		   "/etc/dnsmasq.d/netboot.conf, with your network's broadcast address, and "
		   "restart it",
		   w->boot == I2N_NEXT_BOOT_TFTP ? "the boot files are" :
						   "the boot files shall be");
}

static int boot_steps(const struct i2n_next_want *w, struct i2n_next *ret, struct i2n_err *err)
{
	struct i2n_lines *l = &ret->steps;

	switch (w->boot) {
	case I2N_NEXT_BOOT_NOWHERE:
		return add(l, err, "the boot files are still in the image: --boot=DIR or "
			   "--boot=nfs://... stores them for TFTP, --boot=card.img makes an SD "
			   "card");
	case I2N_NEXT_BOOT_CARD:
		return add(l, err, "write the card, on the machine with the reader: "
			   "dd if=%s of=/dev/sdX bs=4M conv=fsync", w->boot_path);
	case I2N_NEXT_BOOT_TFTP:
		break;
	}
	if (w->is_pi && !w->boot_is_below)
		return add(l, err, "a Pi asks for files below its serial number first, then for "
			   "those here; for more than one Pi, use --serial or --mac");
	return I2N_OK;
}

/* userconf-pi, raspberrypi-sys-mods; an image as it is downloaded has no user with a password. */
static int user_step(const struct i2n_next_want *w, struct i2n_next *ret, struct i2n_err *err)
{
	const bool one = w->n_roots == 1;
	const char *in = w->user_dir_is_boot && !one ? "each board's directory of boot files" :
						       w->user_dir;

	if (!w->user_dir)
		return I2N_OK;
	return add(&ret->steps, err,
		   "nobody can log in yet but at keyboard and screen: before the first boot put "
		   "two files into %s%s on the server: 'ssh', empty, and 'userconf.txt' with the "
		   "line NAME:HASH, where HASH is what 'openssl passwd -6' prints",
		   w->user_dir_is_boot ? "" : one ? w->roots[0] : "each board's ", in);
}

static int board_steps(const struct i2n_next_want *w, struct i2n_next *ret, struct i2n_err *err)
{
	struct i2n_lines *l = &ret->steps;

	if (w->boot == I2N_NEXT_BOOT_CARD)
		return add(l, err, "put the card into the board, plug in the network cable, switch "
			   "it on");
	if (!w->is_pi)
		return add(l, err, "have the board's boot loader load kernel and initramfs over "
			   "TFTP with the command line that was written, and switch it on");
	if (add(l, err, "Pi 4, 5: BOOT_ORDER=0xf21 in 'sudo rpi-eeprom-config --edit' boots from "
		"the network when there is no card") ||
	    add(l, err, "Pi 3B+ does so by itself; Pi 3B once needs program_usb_boot_mode=1 in "
		"config.txt of a card"))
		return I2N_FATAL;
	return add(l, err, "take the card out, plug in the network cable (wireless does not do), "
		   "switch it on");
}

int i2n_next_make(const struct i2n_next_want *want, struct i2n_next *ret, struct i2n_err *err)
{
	*ret = (struct i2n_next){ 0 };
	if (make_exports(want, ret, err) || make_dnsmasq(want, ret, err) ||
	    server_steps(want, ret, err) || boot_steps(want, ret, err) ||
	    user_step(want, ret, err))
		return I2N_FATAL;
	return board_steps(want, ret, err);
}

static void lines_release(struct i2n_lines *l)
{
	for (unsigned i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
}

void i2n_next_release(struct i2n_next *next)
{
	lines_release(&next->exports);
	lines_release(&next->dnsmasq);
	lines_release(&next->steps);
	*next = (struct i2n_next){ 0 };
}
