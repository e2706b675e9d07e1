/* extract_opts.h - the options of `extract`. */
#ifndef CLI_EXTRACT_OPTS_H
#define CLI_EXTRACT_OPTS_H

#include "extract_boot.h"
#include "choose_opts.h"
#include "extract_dest.h"
#include "extract_netboot.h"
#include "extract_update.h"
#include "image.h"
#include "progress.h"
#include "server.h"

struct extract_opts {
	struct image_opts image;
	struct server_opts server;
	struct progress_opts progress;
	uint64_t write_size;
	unsigned caps, squashed;
	const char *script, *manifest, *report;
	bool verbose, json, no_check, verify, break_lock, atomic, remove_old;
	struct update_opts update;
	struct choose_opts choose;
	struct netboot_opts netboot;
	struct boot_opts boot;
};

enum { CAPS_FAIL, CAPS_DROP, CAPS_SETUID };
enum { SQUASHED_FAIL, SQUASHED_SCRIPT };

extern const struct opt extract_rows[];

/* Refuse what makes no sense together. */
int extract_check(const struct extract_opts *o, const struct dest *dest, struct i2n_err *err);

/* A file is for one purpose only, and none of them is the image: to be asked before the first one
 * is opened. destination: as given, or NULL. */
int extract_check_files(const struct extract_opts *o, const char *image, const char *destination,
			struct i2n_err *err);

#endif
