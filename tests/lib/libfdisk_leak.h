/* libfdisk_leak.h - what LeakSanitizer passes over where random tables are read.
 *
 * libfdisk 2.38.1 keeps a sector for an extended boot record that lies past the end of the image,
 * and forgets it when the table has a further extended partition: 512 bytes each, of four entries
 * at most. A context of libfdisk that we forget would be passed over, too: tests whose tables are
 * not random do without this, and find it. */
#ifndef LIBFDISK_LEAK_H
#define LIBFDISK_LEAK_H

const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfdisk.so\n";
}

#endif
