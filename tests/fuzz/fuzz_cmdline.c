/* Files with a command line of the kernel (cmdline.h): whatever they hold, an edited one stays as it
 * is when edited again, and cmdline.txt becomes one line with our root on it. */
#include "img2nfs/cmdline.h"
#include "img2nfs/cmdline_lint.h"

#define FUZZ_TARGET "cmdline"
#define FUZZ_ODD "\n\r \t\"'=#$;-\\.rox\xa0"

static const char seed_text[] =
	"label a\n linux /k\n\tAPPEND root=/dev/sda2 ro \"a b\" init=/bin/sh -- rw\n# x\n"
	"GRUB_CMDLINE_LINUX=\"resize quiet\"\nGRUB_CMDLINE_LINUX_DEFAULT='ro'\n"
	"rootdev=/dev/nfs\nrootfstype=ext4\nextraargs=a ip=on\n"
	"setenv bootargs \"root=/dev/sda1 rootwait\"\nsetenv bootargs ${bootargs} ro\n"
	"nfsroot=1.2.3.4:/x,vers=4,proto=tcp,rsize=8k rw ip=dhcp boot=local systemd.run=/x\n";

#include "fuzz_text.h"

static void on_finding(void *ctx, const struct i2n_lint_finding *f)
{
	size_t *n = ctx;

	if (!f->what || !f->remedy || f->severity > I2N_LINT_ERROR || (!f->part && f->part_len))
		abort();
	*n += f->part_len;
}

static void check_txt(const struct i2n_cmdline_edit *e)
{
	const char *nl = strchr(e->text, '\n');

	if (strlen(e->text) != e->len || (nl && nl[1]))
		abort();
	if (!strstr(e->text, "root=/dev/nfs") || !strstr(e->text, "nfsroot=10.0.0.1:/x,vers=3,tcp"))
		abort();
}

static void check_edit(enum i2n_cmdline_format format, const char *text, size_t len)
{
	const struct i2n_nfsroot root = { (char *)"10.0.0.1:/x,vers=3,tcp", (char *)"dhcp" };
	struct i2n_cmdline_edit e, again = { 0 };
	struct i2n_err err;

	if (!i2n_cmdline_edit(format, text, len, &root, &e, &err)) {
		if (format == I2N_CMDLINE_TXT)
			check_txt(&e);
		if (!i2n_cmdline_edit(format, e.text, e.len, &root, &again, &err) &&
		    (e.len != again.len || memcmp(e.text, again.text, e.len))) {
			fprintf(stderr, "format %d\n---\n%.*s\n---\n%s\n---\n%s\n---\n", format,
				(int)len, text, e.text, again.text);
			abort();
		}
	}
	i2n_cmdline_release(&again);
	i2n_cmdline_release(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len ? len : 1);
	size_t sum = 0;

	if (!text)
		return 0;
	memcpy(text, data, len);	/* exactly as long: a read beyond is seen */
	i2n_cmdline_lint(text, len, on_finding, &sum);
	for (int f = I2N_CMDLINE_TXT; f <= I2N_CMDLINE_BOOT_CMD; f++)
		check_edit((enum i2n_cmdline_format)f, text, len);
	free(text);
	return 0;
}
