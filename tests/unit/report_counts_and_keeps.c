/* The report counts every note by class, keeps the first 1000 objects of each class, and derives
 * the status: a failed object beats a damaged one, which beats a loss that was not allowed. */
#include "cli/report.h"
#include "t.h"

static struct report r;
static struct i2n_notes notes = { report_note, &r };

static void give(enum i2n_note_kind kind, const char *cls, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		i2n_note(&notes, kind, cls, "a\xff", 2, "text of %s", cls);
}

static void statuses(void)
{
	r = (struct report){ .quiet = true };
	give(I2N_NOTE_INFO, "x", 1);
	give(I2N_NOTE_STATE, "x", 1);
	give(I2N_NOTE_WARN, "x", 1);
	T_EQ(report_status(&r), 0);
	give(I2N_NOTE_LOSS, "acl", 1);
	T_EQ(report_status(&r), 1);
	r.allow = 1 << 1;	/* I2N_LOSS_ACL */
	T_EQ(report_status(&r), 0);
	give(I2N_NOTE_LOSS, "caps", 1);
	T_EQ(report_status(&r), 1);
	r.allow |= 1 << 2;
	T_EQ(report_status(&r), 0);
	give(I2N_NOTE_LOSS, "a word of the future", 1);
	T_EQ(report_status(&r), 1);
	give(I2N_NOTE_DAMAGED, "dirent", 1);
	T_EQ(report_status(&r), 5);
	give(I2N_NOTE_FAILED, "store", 1);
	T_EQ(report_status(&r), 4);
	report_release(&r);
}

static void bounds(void)
{
	char cls[16];

	r = (struct report){ .quiet = true };
	give(I2N_NOTE_LOSS, "acl", 1500);
	give(I2N_NOTE_LOSS, "caps", 3);
	T_EQ(r.counts[I2N_NOTE_LOSS], 1503);
	T_EQ(r.n_items, 1003);
	T_EQ(r.n_classes, 2);
	T_EQ(r.classes[0].count, 1500);
	T_EQ(r.classes[1].count, 3);
	T_STR(r.items[1002].cls, "caps");
	T_EQ(r.items[1002].path_len, 2);
	T_STR(r.items[1002].text, "text of caps");
	for (unsigned i = 0; i < 100; i++) {
		snprintf(cls, sizeof(cls), "c%u", i);
		give(I2N_NOTE_LOSS, cls, 1);
	}
	T_EQ(r.n_classes, 64);
	T_STR(r.classes[63].cls, "other");
	T_EQ(r.classes[63].count, 100 - 61);
	report_release(&r);
}

static void summary(void)
{
	char text[2048] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	r = (struct report){ .quiet = true, .allow = 1 << 1 };
	give(I2N_NOTE_LOSS, "acl", 1);
	give(I2N_NOTE_LOSS, "caps", 12);
	give(I2N_NOTE_DAMAGED, "dirent", 2);
	report_print(&r, f);
	fclose(f);
	T_STR(text, "Damaged in the image and left out; the first of each class:\n"
		    "  dirent                2 objects  text of dirent\n"
		    "Could not be kept at the destination:\n"
		    "  acl                   1 object   POSIX access control lists (allowed)\n"
		    "  caps                 12 objects  file capabilities (security.capability)\n"
		    "  (-v lists the objects; --allow-loss=CLASS,... makes it no error)\n");
	report_release(&r);
}

int main(void)
{
	statuses();
	bounds();
	summary();
	return t_end();
}
