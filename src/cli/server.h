/* server.h - URL and the options that say how to speak to its server, the same for all commands
 * that do.
 *
 * Ownership: the URL is the caller's to release, also after a failure. */
#ifndef CLI_SERVER_H
#define CLI_SERVER_H

#include "img2nfs/sink.h"

#include "opts.h"

struct server_opts {
	const char *as, *allow_loss;
	uint64_t retry_for;
	uint64_t window, connections, bytes_in_flight;	/* 0: the command has no SERVER_FLOW_ROWS */
};

/* Rows for a struct (`tag`: "struct x_opts") with a member `m` of type struct server_opts. as: what
 * follows from the choice; loss: the help of --allow-loss; retry: default of --retry-for. */
#define SERVER_ROWS(tag, m, as_help, loss_help, retry) \
	{ .name = "as", .type = OPT_STRING, .off = offsetof(tag, m.as), .arg = "UID:GID", \
	  .help = "who we say we are to the server (default 0:0)" as_help }, \
	{ .name = "allow-loss", .type = OPT_STRING, .off = offsetof(tag, m.allow_loss), \
	  .arg = "CLASS,...", .help = loss_help }, \
	{ .name = "retry-for", .type = OPT_NUMBER, .off = offsetof(tag, m.retry_for), \
	  .arg = "SECONDS", .max = 604800, .def = retry, .unit = "s", \
	  .help = "give up when the server gave no sign for so long" }

#define SERVER_FLOW_ROWS(tag, m) \
	{ .name = "window", .type = OPT_NUMBER, .off = offsetof(tag, m.window), .arg = "N", \
	  .min = 1, .max = 1024, .def = "1024", .unit = "requests", \
	  .help = "requests in flight at most" }, \
	{ .name = "connections", .type = OPT_NUMBER, .off = offsetof(tag, m.connections), \
	  .arg = "N", .min = 1, .max = I2N_NFS_CONNECTIONS_MAX, .def = "2", \
	  .help = "spread the requests of NFSv3 over so many TCP connections" }, \
	{ .name = "bytes-in-flight", .type = OPT_SIZE, .off = offsetof(tag, m.bytes_in_flight), \
	  .arg = "BYTES", .min = 64 << 10, .max = 1 << 30, \
	  .help = "file data in flight at most (else 12M, for very large files up to 64M)" }

/* "UID:GID". `what` begins the message. */
int server_ids(const char *what, const char *text, uint32_t *ret_uid, uint32_t *ret_gid,
	       struct i2n_err *err);

/* All that can be wrong with them. text: the URL, NULL = there is none to parse. *ret_nfs is set
 * but for what only the command knows (dest, check, write_size); *ret_allow is left alone without
 * --allow-loss. */
int server_parse(const struct server_opts *opts, const char *text, const struct i2n_notes *notes,
		 struct i2n_nfs_url *ret_url, struct i2n_nfs_opts *ret_nfs, uint32_t *ret_allow,
		 struct i2n_err *err);

#endif
