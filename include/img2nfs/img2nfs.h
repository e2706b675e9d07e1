/* img2nfs.h - libimg2nfs: read disk images, and store their trees where you like. Start here.
 *
 *	i2n_image_open(path, ...)		packed.h	whatever the image comes in
 *	i2n_image_source(image)				-> bytes of the disk
 *	i2n_ptable_read(source, ...)		ptable.h	its partitions
 *	i2n_fstype_probe(slice, ...)				what lies in one
 *	i2n_source_slice(source, start, size)	source.h
 *	i2n_fs_open(slice, ...)			fs.h	ext2, ext3, ext4, journal replayed in memory
 *	i2n_fs_tree(fs, ...)			node.h	all inodes and names
 *	i2n_fs_reader(fs)			reader.h	data, symlink targets, attributes
 *	i2n_plan_make(tree, reader, ...)	plan.h	what to store in which order
 *	i2n_sink_open_nfs3(url, ...)		sink.h	a server; or a struct i2n_sink of your own
 *	i2n_engine_run(plan, reader, sink, ...)	engine.h	stores it
 *
 * A program that reads images of strangers calls i2n_sandbox_enter() (sandbox.h) when all it needs
 * is open; i2n_image_open() says when.
 *
 * Each header teaches its part: units, ownership, threads, errors. The other headers of this folder
 * are what the program img2nfs(1) is made of on top of these: verification, updates, edits, locks.
 * It has no way into the library that you have not. tests/example/treesum.c is a whole program.
 *
 * Compile:   cc x.c $(pkg-config --cflags --libs libimg2nfs)
 * Thread:    no global state; what is made in one thread stays in it. libext2fs' error table is the
 *            exception: the first i2n_fs_open() must not run beside another.
 * Versions:  symbols carry the version IMG2NFS_0. While that is 0, structs may become longer with
 *            any release: the soname changes then, and programs are compiled anew. */
#ifndef IMG2NFS_IMG2NFS_H
#define IMG2NFS_IMG2NFS_H

#include "img2nfs/engine.h"
#include "img2nfs/err.h"
#include "img2nfs/fs.h"
#include "img2nfs/loss.h"
#include "img2nfs/name.h"
#include "img2nfs/node.h"
#include "img2nfs/note.h"
#include "img2nfs/packed.h"
#include "img2nfs/plan.h"
#include "img2nfs/ptable.h"
#include "img2nfs/reader.h"
#include "img2nfs/sandbox.h"
#include "img2nfs/sink.h"
#include "img2nfs/source.h"

#endif
