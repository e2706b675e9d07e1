/* xattr_text.h - values of extended attributes as people know them: ACLs as getfacl(1) prints them,
 * capabilities as getcap(8) does, everything else quoted.
 *
 * Trust: values come from the image; what is not well-formed is shown as bytes.
 * Source: Linux include/uapi/linux/posix_acl_xattr.h and capability.h. */
#ifndef CLI_XATTR_TEXT_H
#define CLI_XATTR_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* One line without newline. */
void xattr_text(FILE *f, const char *name, const void *value, size_t len);

#endif
