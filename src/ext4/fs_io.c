#include "img2nfs/source.h"

#include "checked.h"
#include "ext4.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* An io_manager's open() is told a name and nothing else. As libext2fs' own unixfd_io_manager puts
 * a file descriptor into the name, this one puts the address of its struct ext4_io there, as the
 * digits of a uintptr_t (C11 7.20.1.4 makes the way back well-defined). The rejected ways: a table
 * of open sources is a mutable global, and a thread-local is one too. The name never leaves this
 * file: libext2fs shows it to nobody. */
#define IO_MAGIC 0x69326e34
#define NAME_PREFIX "i2n:"

struct ext4_io {
	struct struct_io_manager manager;
	uint32_t magic;
	struct i2n_source *src;
	struct i2n_err err;		/* of the last failed read */
};

static struct ext4_io *io_of(io_channel channel)
{
	return channel->private_data;
}

static errcode_t io_open(const char *name, int flags, io_channel *ret)
{
	struct ext4_io *io;
	io_channel ch;
	char *end;

	if (flags & IO_FLAG_RW)
		return EXT2_ET_RO_FILSYS;
	if (strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)))
		return EXT2_ET_BAD_DEVICE_NAME;
	io = (struct ext4_io *)(uintptr_t)strtoumax(name + strlen(NAME_PREFIX), &end, 16);
	if (*end || !io || io->magic != IO_MAGIC)
		return EXT2_ET_BAD_DEVICE_NAME;
	ch = calloc(1, sizeof(*ch));
	if (!ch)
		return EXT2_ET_NO_MEMORY;
	ch->name = strdup(name);	/* libext2fs frees nothing of a channel, close() does */
	if (!ch->name) {
		free(ch);
		return EXT2_ET_NO_MEMORY;
	}
	ch->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	ch->manager = &io->manager;
	ch->block_size = EXT2_MIN_BLOCK_SIZE;
	ch->refcount = 1;
	ch->private_data = io;
	*ret = ch;
	return 0;
}

static errcode_t io_close(io_channel ch)
{
	if (--ch->refcount > 0)
		return 0;
	free(ch->name);
	free(ch);
	return 0;
}

static errcode_t io_set_blksize(io_channel ch, int size)
{
	if (size < EXT2_MIN_BLOCK_SIZE || size > EXT2_MAX_BLOCK_SIZE)
		return EXT2_ET_INVALID_ARGUMENT;
	ch->block_size = size;
	return 0;
}

/* count < 0: that many bytes. */
static errcode_t io_read64(io_channel ch, unsigned long long blk, int count, void *data)
{
	struct ext4_io *io = io_of(ch);
	uint64_t off, len = 0;

	if (count < 0)
		len = (uint64_t)-(int64_t)count;
	else if (!i2n_mul((uint64_t)count, (uint64_t)ch->block_size, &len))
		return EXT2_ET_INVALID_ARGUMENT;
	if (len > SIZE_MAX || !i2n_mul(blk, (uint64_t)ch->block_size, &off))
		return EXT2_ET_INVALID_ARGUMENT;
	return i2n_source_pread(io->src, data, (size_t)len, off, &io->err) ? EXT2_ET_SHORT_READ : 0;
}

static errcode_t io_read(io_channel ch, unsigned long blk, int count, void *data)
{
	return io_read64(ch, blk, count, data);
}

static errcode_t io_write64(io_channel ch, unsigned long long blk, int count, const void *data)
{
	(void)ch, (void)blk, (void)count, (void)data;
	return EXT2_ET_RO_FILSYS;
}

static errcode_t io_write(io_channel ch, unsigned long blk, int count, const void *data)
{
	return io_write64(ch, blk, count, data);
}

static errcode_t io_flush(io_channel ch)
{
	(void)ch;
	return 0;
}

static errcode_t io_readahead(io_channel ch, unsigned long long blk, unsigned long long count)
{
	uint64_t off, len;

	if (i2n_mul(blk, (uint64_t)ch->block_size, &off) &&
	    i2n_mul(count, (uint64_t)ch->block_size, &len))
		i2n_source_willneed(io_of(ch)->src, off, len);
	return 0;
}

static void init_manager(struct struct_io_manager *m)
{
	*m = (struct struct_io_manager){
		.magic = EXT2_ET_MAGIC_IO_MANAGER,
		.name = "img2nfs source",
		.open = io_open,
		.close = io_close,
		.set_blksize = io_set_blksize,
		.read_blk = io_read,
		.write_blk = io_write,
		.flush = io_flush,
		.read_blk64 = io_read64,
		.write_blk64 = io_write64,
		.cache_readahead = io_readahead,
	};
}

int ext4_io_fail(struct ext4_io *io, errcode_t code, struct i2n_err *err, const char *doing)
{
	if (code == ENOMEM || code == EXT2_ET_NO_MEMORY)
		return i2n_err_nomem(err);
	if (io && io->err.domain != I2N_DOM_NONE) {
		if (err)
			*err = io->err;
		return I2N_FATAL;
	}
	return i2n_fail(err, I2N_FATAL, I2N_DOM_EXT2, code, "cannot %s: %s", doing,
			error_message(code));
}

int ext4_io_open(struct i2n_source *src, int flags, uint64_t superblock, unsigned block_size,
		 struct ext4_io **ret,
		 ext2_filsys *ret_e2, struct i2n_err *err)
{
	struct ext4_io *io;
	char name[sizeof(NAME_PREFIX) + 2 * sizeof(uintptr_t)];
	errcode_t code;
	int rc;

	if (superblock > INT_MAX)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot use a superblock at block %llu of %s",
				(unsigned long long)superblock, src->name);
	io = calloc(1, sizeof(*io));
	if (!io)
		return i2n_err_nomem(err);
	initialize_ext2_error_table();	/* com_err's own list of texts; once more does nothing */
	io->magic = IO_MAGIC;
	io->src = src;
	init_manager(&io->manager);
	/* fits by its size */
	(void)snprintf(name, sizeof(name), NAME_PREFIX "%" PRIxPTR, (uintptr_t)io);
	code = ext2fs_open2(name, NULL, flags & ~EXT2_FLAG_RW, (int)superblock, block_size,
			    &io->manager, ret_e2);
	if (code) {
		rc = ext4_io_fail(io, code, err, "open the file system");
		free(io);
		return rc;
	}
	*ret = io;
	return I2N_OK;
}

void ext4_io_close(struct ext4_io *io, ext2_filsys e2)
{
	if (e2)
		ext2fs_free(e2);	/* not ext2fs_close(): there is nothing to flush */
	free(io);
}
