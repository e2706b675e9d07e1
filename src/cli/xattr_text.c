#include "xattr_text.h"

#include "img2nfs/name.h"

#include "checked.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ACL_VERSION 2
#define ACL_ENTRY 8		/* le16 tag, le16 permissions, le32 id */
#define CAP_V1 0x01000000u
#define CAP_V2 0x02000000u
#define CAP_V3 0x03000000u
#define CAP_EFFECTIVE 1u

static const char *const cap_names[] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
};

static void put_bytes(FILE *f, const void *value, size_t len)
{
	char *buf = malloc(4 * len + 4);

	if (!buf) {
		fprintf(f, "(%zu bytes)", len);
		return;
	}
	fprintf(f, "\"%s\"", i2n_escape(buf, 4 * len + 4, value, len));
	free(buf);
}

static const char *acl_tag(unsigned tag, bool *ret_has_id)
{
	*ret_has_id = tag == 0x02 || tag == 0x08;
	switch (tag) {
	case 0x01:
	case 0x02:
		return "user";
	case 0x04:
	case 0x08:
		return "group";
	case 0x10:
		return "mask";
	case 0x20:
		return "other";
	default:
		return "";	/* no such tag */
	}
}

static bool put_acl(FILE *f, const unsigned char *v, size_t len)
{
	bool has_id;

	if (len < 4 || i2n_le32(v) != ACL_VERSION || (len - 4) % ACL_ENTRY)
		return false;
	for (size_t i = 4; i < len; i += ACL_ENTRY)
		if (!*acl_tag(i2n_le16(v + i), &has_id) || i2n_le16(v + i + 2) > 7)
			return false;
	for (size_t i = 4; i < len; i += ACL_ENTRY) {
		unsigned perm = i2n_le16(v + i + 2);

		fprintf(f, "%s%s:", i > 4 ? "," : "", acl_tag(i2n_le16(v + i), &has_id));
		if (has_id)
			fprintf(f, "%" PRIu32, i2n_le32(v + i + 4));
		fprintf(f, ":%c%c%c", perm & 4 ? 'r' : '-', perm & 2 ? 'w' : '-', perm & 1 ? 'x' :
			'-');
	}
	return true;
}

/* The capabilities of one mask, "cap_a,cap_b"; those newer than our table by number. */
static void put_caps(FILE *f, uint64_t mask)
{
	bool first = true;

	for (unsigned i = 0; i < 64; i++) {
		if (!(mask >> i & 1))
			continue;
		fputs(first ? "" : ",", f);
		if (i < sizeof(cap_names) / sizeof(cap_names[0]))
			fprintf(f, "cap_%s", cap_names[i]);
		else
			fprintf(f, "%u", i);
		first = false;
	}
}

static bool put_capability(FILE *f, const unsigned char *v, size_t len)
{
	uint32_t magic = len >= 4 ? i2n_le32(v) : 0, rev = magic & 0xff000000u;
	const char *e = magic & CAP_EFFECTIVE ? "e" : "";
	uint64_t permitted, inheritable;
	struct { uint64_t mask; const char *flags; } sets[3];
	bool first = true;

	if (!((rev == CAP_V1 && len == 12) || (rev == CAP_V2 && len == 20) ||
	      (rev == CAP_V3 && len == 24)))
		return false;
	permitted = i2n_le32(v + 4);
	inheritable = i2n_le32(v + 8);
	if (rev != CAP_V1) {
		permitted |= (uint64_t)i2n_le32(v + 12) << 32;
		inheritable |= (uint64_t)i2n_le32(v + 16) << 32;
	}
	sets[0].mask = permitted & inheritable;
	sets[0].flags = "ip";
	sets[1].mask = permitted & ~inheritable;
	sets[1].flags = "p";
	sets[2].mask = inheritable & ~permitted;
	sets[2].flags = "i";
	for (int i = 0; i < 3; i++) {
		if (!sets[i].mask)
			continue;
		fputs(first ? "" : " ", f);
		put_caps(f, sets[i].mask);
		fprintf(f, "=%s%s", e, sets[i].flags);
		first = false;
	}
	if (first)
		fprintf(f, "=%s", e);
	if (rev == CAP_V3)
		fprintf(f, " [rootid=%" PRIu32 "]", i2n_le32(v + 20));
	return true;
}

void xattr_text(FILE *f, const char *name, const void *value, size_t len)
{
	bool done = false;

	if (!strcmp(name, "system.posix_acl_access") || !strcmp(name, "system.posix_acl_default"))
		done = put_acl(f, value, len);
	else if (!strcmp(name, "security.capability"))
		done = put_capability(f, value, len);
	if (!done)
		put_bytes(f, value, len);
}
