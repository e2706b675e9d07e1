#include "img2nfs/tar.h"

#include <string.h>

static const struct {
	const char *end, *type;
} types[] = {
	{ ".tar", NULL },	   { ".tar.gz", "gzip" },  { ".tgz", "gzip" },
	{ ".tar.xz", "xz" },	   { ".txz", "xz" },	   { ".tar.zst", "zstd" },
	{ ".tzst", "zstd" },	   { ".tar.bz2", "bzip2" }, { ".tbz2", "bzip2" },
	{ ".tar.lz4", "lz4" },
};

bool i2n_tar_type(const char *name, const char **ret)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t n = strlen(types[i].end);

		if (len <= n || strcmp(name + len - n, types[i].end))
			continue;
		*ret = types[i].type;
		return true;
	}
	return false;
}

const char *i2n_tar_types(void)
{
	return ".tar, .tar.gz, .tgz, .tar.xz, .txz, .tar.zst, .tzst, .tar.bz2, .tbz2 or .tar.lz4";
}
