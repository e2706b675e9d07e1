#include "img2nfs/name.h"

#include "extract_boot.h"
#include "extract_netboot.h"
#include "human.h"
#include "msg.h"

#include <inttypes.h>
#include <string.h>

static const char *const kinds[] = {
	[BOOT_NONE] = NULL, [BOOT_NFS] = "nfs", [BOOT_DIR] = "directory", [BOOT_CARD] = "card"
};

void boot_tell(const struct boot_run *r)
{
	struct i2n_err err = { 0 };
	char q[400];

	if (r->kind == BOOT_NONE || r->complete)
		return;
	i2n_quote(q, sizeof(q), r->dest, strlen(r->dest));
	if (!r->begun) {
		msg_line("the boot files were not written: %s is as it was", q);
		return;
	}
	i2n_err_set(&err, I2N_DOM_NONE, 0,
		    "the root file system is stored, but the boot files in %s are not complete", q);
	i2n_err_hint(&err, r->kind == BOOT_CARD ?
			     "no card was written, or without what is told above" :
			     "what is there is a mixture of older and new files, each of them "
			     "whole; run the same command again with --update");
	msg_error(&err);
}

void boot_print(const struct boot_run *r, const struct report *report)
{
	char q[400], bytes[HUMAN_MAX];

	if (r->kind == BOOT_NONE || !r->begun)
		return;
	/* main() finds failed writes, here and below */
	(void)printf("Boot: %" PRIu64 " file%s, %s, of %s, in %s%s%s", r->at.done.files,
		     human_s(r->at.done.files), human_bytes(bytes, r->at.done.bytes),
		     r->source.name, i2n_quote(q, sizeof(q), r->dest, strlen(r->dest)),
		     r->below[0] ? ", below " : "", r->below);
	if (r->kind == BOOT_CARD && r->card.bits)
		(void)printf(", a card with FAT%u of %s", r->card.bits,
			     human_bytes(bytes, r->card.size));
	(void)puts(r->complete ? "" : "; not complete");
	if (r->edits)
		netboot_print_edits(r->edits);
	if (r->proof.ran) {
		(void)fputs("Boot files read back and compared: ", stdout);
		verify_print(&r->proof, report);
	}
}

void boot_print_dry(const struct boot_run *r)
{
	char q[400];
	uint64_t files = 0;

	if (r->kind == BOOT_NONE)
		return;
	for (uint32_t i = 0; i < r->tree->n_inodes; i++)
		files += i2n_inode_type(&r->tree->inodes[i]) == I2N_S_IFREG;
	(void)printf("# boot: %" PRIu64 " file%s of %s would be in %s%s%s\n", files, human_s(files),
		     r->source.name, i2n_quote(q, sizeof(q), r->dest, strlen(r->dest)),
		     r->below[0] ? ", below " : "", r->below);
}

/* Where they differ is told with what the root differs in. */
static void json_proof(const struct verify_summary *proof, struct json *j)
{
	if (!proof->ran) {
		json_null(j, "verify");
		return;
	}
	json_object(j, "verify");
	json_u64(j, "compared", proof->result.at.done.objects);
	json_u64(j, "bytes_compared", proof->result.bytes);
	json_u64(j, "not_read", proof->result.unread);
	json_u64(j, "differences", proof->result.differences);
	json_end(j);
}

void boot_json(const struct boot_run *r, struct json *j)
{
	if (r->kind == BOOT_NONE) {
		json_null(j, "boot");
		return;
	}
	json_object(j, "boot");
	json_bytes(j, "destination", r->dest, strlen(r->dest));
	json_str(j, "kind", kinds[r->kind]);
	json_str(j, "below", r->below[0] ? r->below : NULL);
	json_str(j, "source", r->source.name[0] ? r->source.name : NULL);
	json_bool(j, "complete", r->complete);
	json_u64(j, "files", r->at.done.files);
	json_u64(j, "directories", r->at.done.dirs);
	json_u64(j, "file_bytes", r->at.done.bytes);
	json_u64(j, "bytes_written", r->at.written);
	json_u64(j, "not_stored", r->at.failed + r->at.left);
	json_u64(j, "requests", r->at.requests);
	if (r->card.bits)
		json_u64(j, "card_bytes", r->card.size);
	json_array(j, "edits");
	if (r->edits)
		netboot_json_edits(r->edits, j);
	json_end(j);
	json_proof(&r->proof, j);
	json_end(j);
}
