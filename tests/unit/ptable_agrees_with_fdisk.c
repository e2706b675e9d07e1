/* A table reads as `fdisk -l` of util-linux shows it: DOS with primary, extended and logical
 * partitions, GPT with names, 512 and 4096 byte sectors, broken copies of the GPT, hybrid MBR. The
 * tables are made by sfdisk, sgdisk and fdisk. */
#define _XOPEN_SOURCE 700
#include "img2nfs/ptable.h"

#include <unistd.h>

#include "t.h"

struct row {
	const char *name, *size, *command;
	enum i2n_label label;
	uint32_t sector_size;	/* what the reader is told; 0: find out */
	uint32_t want_sector_size;
	unsigned want_parts;
};

static const struct row rows[] = {
	{ "recipe", "1854590976",
	  "printf 'label: dos\\nlabel-id: 0x5e3da3da\\nstart=8192, size=85622, type=c\\n"
	  "start=94208, size=3528040, type=83\\n' | sfdisk -q x",
	  I2N_LABEL_DOS, 0, 512, 2 },
	{ "logical", "200M",
	  "printf 'label: "
	  "dos\\n,10M,c,*\\n,20M,L\\n,,E\\n,10M,L\\n,5M,S\\n,7M,L\\n,20M,fd\\n,,L\\n' | sfdisk -q "
	  "x",
	  I2N_LABEL_DOS, 0, 512, 8 },
	{ "extended first, gaps", "200M",
	  "printf 'label: dos\\nx1: start=100000,size=200000,type=5\\nx4: "
	  "start=2048,size=2048,type=83\\n"
	  "x5: start=110000,size=5000,type=83\\nx6: start=150000,size=6000,type=82\\n' | sfdisk -q "
	  "x",
	  I2N_LABEL_DOS, 0, 512, 4 },
	{ "logical out of order", "200M",
	  "printf 'label: dos\\n,,E\\n' | sfdisk -q x && "
	  "printf 'n\\nl\\n200000\\n300000\\nn\\nl\\n10000\\n20000\\nn\\nl\\n50000\\n60000\\nw\\n' "
	  "| fdisk x",
	  I2N_LABEL_DOS, 0, 512, 4 },
	{ "empty dos", "10M", "echo 'label: dos' | sfdisk -q x", I2N_LABEL_DOS, 0, 512, 0 },
	{ "dos, 4k sectors", "200M",
	  "printf 'o\\nn\\np\\n\\n\\n+50M\\nn\\ne\\n\\n\\n\\nn\\n\\n+20M\\nn\\n\\n\\nw\\n' | fdisk "
	  "-b 4096 x",
	  I2N_LABEL_DOS, 4096, 4096, 4 },
	{ "gpt", "64M",
	  "sgdisk -n 1:0:+10M -c 1:boot -t 1:ef00 -n 3:0:+20M -c '3:Grüße, Wurzel' -t 3:8304 -n "
	  "2:0:0 x",
	  I2N_LABEL_GPT, 0, 512, 3 },
	{ "empty gpt", "10M", "sgdisk -o x", I2N_LABEL_GPT, 0, 512, 0 },
	{ "gpt, 4k sectors", "64M",
	  "printf 'g\\nn\\n\\n\\n+10M\\nn\\n\\n\\n\\nw\\n' | fdisk -b 4096 x", I2N_LABEL_GPT, 0,
	  4096, 2 },
	{ "gpt, 200 partitions", "64M",
	  "sgdisk -S 256 x && sgdisk $(for i in $(seq 200); do echo --new=$i:0:+64k; done) x",
	  I2N_LABEL_GPT, 0, 512, 200 },
	{ "hybrid", "64M", "sgdisk -n 1:0:+10M -n 2:0:+20M -n 3:0:0 -h 1:2 x", I2N_LABEL_GPT, 0,
	  512, 3 },
	{ "gpt, primary header broken", "64M",
	  "sgdisk -n 1:0:+10M -c 1:a -n 2:0:0 x && printf X | dd of=x bs=1 seek=560 conv=notrunc",
	  I2N_LABEL_GPT, 0, 512, 2 },
	{ "gpt, primary entries broken", "64M",
	  "sgdisk -n 1:0:+10M -n 2:0:0 x && printf X | dd of=x bs=1 seek=1100 conv=notrunc",
	  I2N_LABEL_GPT, 0, 512, 2 },
	{ "gpt, backup broken", "64M",
	  "sgdisk -n 1:0:+10M -n 2:0:0 x && printf XXXX | dd of=x bs=1 seek=67108400 conv=notrunc",
	  I2N_LABEL_GPT, 0, 512, 2 },
	{ "gpt of a disk that grew", "64M", "sgdisk -n 1:0:+10M -n 2:0:0 x && truncate -s 100M x",
	  I2N_LABEL_GPT, 0, 512, 2 },
	{ "gpt, image not of whole sectors", "64M",
	  "sgdisk -n 1:0:+10M -n 2:0:0 x && truncate -s +100 x", I2N_LABEL_GPT, 0, 512, 2 },
};

static void run(const char *what, const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "{ %s; } >log 2>&1", command);
	if (system(line) != 0) {
		fprintf(stderr, "%s: failed: %s\n", what, command);
		(void)!system("tail -n 5 log >&2");
		t_failures++;
	}
}

/* One line as fdisk prints it, blanks squeezed. */
static void our_line(const struct i2n_ptable *pt, const struct i2n_part *part, char *buf,
		     size_t cap)
{
	unsigned long long start = part->start / pt->sector_size, n = part->size / pt->sector_size;
	char uuid[40];
	size_t i;

	if (pt->label == I2N_LABEL_DOS) {
		snprintf(buf, cap, "x%u%s %llu %llu %s %s", part->part_no,
			 part->bootable ? " *" : "", start, n, part->type_id, part->type_name);
		return;
	}
	snprintf(uuid, sizeof(uuid), "%s", part->partuuid);
	for (i = 0; uuid[i]; i++)
		uuid[i] = (char)(uuid[i] >= 'a' ? uuid[i] - 32
						: uuid[i]); /* fdisk shouts, udev does not */
	snprintf(buf, cap, "x%u %llu %llu %s %s%s%s", part->part_no, start, n, part->type_id, uuid,
		 part->partlabel[0] ? " " : "", part->partlabel);
}

static void compare(const struct row *row, const struct i2n_ptable *pt)
{
	char line[512], want[512], id[64];
	unsigned i = 0;
	FILE *f;

	snprintf(line, sizeof(line),
		 "fdisk -b %u -l -o %s x 2>log | sed -n 's/  */ /g; s/ $//; /^x[0-9]/p'",
		 pt->sector_size,
		 pt->label == I2N_LABEL_DOS ? "device,boot,start,sectors,id,type"
					    : "device,start,sectors,type-uuid,uuid,name");
	f = popen(line, "r");
	while (f && fgets(want, sizeof(want), f)) {
		want[strcspn(want, "\n")] = '\0';
		if (i < pt->n_parts)
			our_line(pt, &pt->parts[i], line, sizeof(line));
		else
			strcpy(line, "nothing");
		T_STR(line, want);
		i++;
	}
	if (f)
		pclose(f);
	T_EQ(i, row->want_parts);
	snprintf(line, sizeof(line), "fdisk -b %u -l x 2>log | sed -n 's/^Disk identifier: //p'",
		 pt->sector_size);
	f = popen(line, "r");
	if (f && fgets(id, sizeof(id), f)) {
		id[strcspn(id, "\n")] = '\0';
		T_STR(pt->disk_id, id);
	} else {
		t_failures++;
	}
	if (f)
		pclose(f);
}

static void check_row(const struct row *row)
{
	struct i2n_source *src = NULL;
	struct i2n_ptable *pt = NULL;
	struct i2n_err err = { 0 };
	int before = t_failures;
	char line[128];

	snprintf(line, sizeof(line), "rm -f x; truncate -s %s x", row->size);
	run(row->name, line);
	run(row->name, row->command);
	T_EQ(i2n_source_open_file("x", &src, &err), I2N_OK);
	if (!src)
		return;
	T_EQ(i2n_ptable_read(src, row->sector_size, NULL, &pt, &err), I2N_OK);
	if (pt) {
		T_EQ(pt->label, row->label);
		T_EQ(pt->sector_size, row->want_sector_size);
		T_EQ(pt->n_parts, row->want_parts);
		compare(row, pt);
	}
	i2n_ptable_free(pt);
	i2n_source_free(src);
	if (t_failures != before)
		fprintf(stderr, "^ in row %s\n", row->name);
	else
		printf("ok %s\n", row->name);
}

int main(void)
{
	unsigned i;

	T_EQ(setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1), 0);
	T_EQ(setenv("LC_ALL", "C.UTF-8", 1), 0);
	if (system("command -v fdisk sfdisk sgdisk >/dev/null") != 0)
		return t_skip(
			"fdisk, sfdisk and sgdisk (packages fdisk, gdisk) are not all installed");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
	(void)unlink("x");
	return t_end();
}
