#include "img2nfs/name.h"

#include "nfs3_acl.h"
#include "nfs3_check.h"
#include "nfs3_err.h"
#include "nfs3_sink.h"
#include "nfs4_call.h"
#include "nfs_ask.h"
#include "nfs_hint.h"
#include "nfs_mountd.h"

#include <stdlib.h>

#define NFS_PORT 2049
#define LIST_BYTES 8192		/* libnfs 6.0 takes no replies of several fragments */
#define LIST_CALLS 8		/* an empty directory needs one */
#define DIR_MODE 0755
#define LARGEST_WRITE (1u << 20)
#define LARGEST_READ (256u << 10)	/* replies of libnfs 4.0 must stay below 1 MiB; larger ones
					 * were not faster */
#define MADE_MAX 512		/* a path of 1024 bytes has no more components */

/* On the way to the destination directory. */
struct walk {
	struct nfs3 *nfs;
	const struct i2n_nfs_url *url;
	const volatile int *stop;
	struct nfs_mounted mounted;
	struct nfs_ask ask;	/* what is waited for next */
	struct nfs_ask info, root, acls;	/* what is asked meanwhile */
	enum i2n_remedy remedy;	/* of the failure that was reported */
	char found[200];	/* a name in a directory that should be empty, quoted */
	bool locked;		/* and there is the lock of a run */
	bool eof;
	uint64_t cookie;
	cookieverf3 cookieverf;
	/* where we are */
	struct nfs3_fh here;
	fattr3 here_attrs;
	const char *rest;	/* of the path, not yet walked */
	struct nfs3_fh acls_of;	/* the directory that acls asks about */
	struct nfs3_fh made_in[MADE_MAX];	/* parents of what we made, to undo it */
	char *made_name[MADE_MAX];
	unsigned n_made;
};

static void take_entries(void *ctx, const READDIRPLUS3resok *ok)
{
	struct walk *w = ctx;

	memcpy(w->cookieverf, ok->cookieverf, sizeof(w->cookieverf));
	w->eof = ok->reply.eof;
	for (const void *next = ok->reply.entries; next;) {
		entryplus3 e = nfs3_entry(next);

		w->cookie = e.cookie;
		if (e.name && !strcmp(e.name, I2N_LOCK_NAME))
			w->locked = true;
		else if (e.name && strcmp(e.name, ".") && strcmp(e.name, "..") && !w->found[0])
			(void)i2n_quote(w->found, sizeof(w->found), e.name, strlen(e.name));
		next = e.nextentry;
	}
}

/* The mounted part of the path, for a line in /etc/exports. */
static const char *export_path(const struct walk *w, char *buf, size_t cap)
{
	size_t len = w->mounted.prefix_len;

	return i2n_escape(buf, cap, len ? w->url->path : "/", len ? len : 1);
}

static void hint(struct walk *w, enum i2n_remedy remedy, struct i2n_err *err)
{
	char path[300];

	w->remedy = remedy;
	nfs_hint(err, remedy, export_path(w, path, sizeof(path)), w->mounted.client);
}

static void start(struct walk *w, struct nfs_ask *a, enum i2n_proc proc)
{
	nfs_ask_start(&w->nfs->calls, a, proc);
}

/* I2N_OK: answered, look at status. */
static int await(struct walk *w, struct nfs_ask *a, struct i2n_err *err)
{
	int rc = nfs_ask_wait(a, w->stop, err);

	if (rc != I2N_OK && w->nfs->calls.denied)
		hint(w, I2N_REMEDY_PORT, err);
	return rc;
}

static int ask(struct walk *w, enum i2n_proc proc, struct i2n_err *err)
{
	start(w, &w->ask, proc);
	return await(w, &w->ask, err);
}

/* How far the walk is: for messages. */
static const char *quote_here(const struct walk *w, const char *end, char *buf, size_t cap)
{
	size_t len = (size_t)(end - w->url->path);

	return i2n_quote(buf, cap, len ? w->url->path : "/", len ? len : 1);
}

/* NFSv4: above all exports is a file system that only shows the way to them. */
static bool is_above_exports(const struct walk *w, nfsstat3 status)
{
	return w->nfs->calls.v4 && !w->mounted.prefix_len &&
	       (status == NFS3ERR_ROFS || status == NFS3ERR_ACCES || status == NFS3ERR_PERM ||
		status == NFS3ERR_NOENT);
}

static int refused(struct walk *w, const struct nfs_ask *a, enum i2n_proc proc, const char *end,
		   struct i2n_err *err)
{
	char path[300], code[32];

	i2n_err_set(err, I2N_DOM_NFS3, a->status, "cannot %s %s: %s", nfs3_proc_verb(proc),
		    quote_here(w, end, path, sizeof(path)),
		    nfs_err_name(w->nfs->calls.v4 != NULL, a->status, code));
	if (is_above_exports(w, a->status))
		hint(w, I2N_REMEDY_EXPORT, err);
	else if (a->status == NFS3ERR_ROFS)
		hint(w, I2N_REMEDY_RW, err);
	else if (a->status == NFS3ERR_PERM && (proc == I2N_PROC_FSINFO || proc == I2N_PROC_LOOKUP))
		hint(w, I2N_REMEDY_PORT, err);
	else if (a->status == NFS3ERR_ACCES || a->status == NFS3ERR_PERM)
		hint(w, I2N_REMEDY_ROOT, err);
	else if (nfs3_err_hint(a->status))
		i2n_err_hint(err, "%s", nfs3_err_hint(a->status));
	return I2N_FATAL;
}

static void use_fsinfo(struct nfs3 *nfs, const FSINFO3resok *info)
{
	uint32_t wtmax = info->wtmax ? info->wtmax : 8192;
	uint32_t size = info->wtpref && info->wtpref < wtmax ? info->wtpref : wtmax;

	if (nfs->opts.write_size)
		size = nfs->opts.write_size < wtmax ? nfs->opts.write_size : wtmax;
	else if (size > LARGEST_WRITE)
		size = LARGEST_WRITE;
	if (size > nfs->opts.bytes_in_flight)
		size = (uint32_t)nfs->opts.bytes_in_flight;
	nfs->wsize = size;
	nfs->sweep.most = I2N_RANGE_SPAN + size;
	nfs->max_file = info->maxfilesize ? info->maxfilesize : UINT64_MAX;
	nfs->delta = info->time_delta;
	size = info->rtmax ? info->rtmax : 8192;
	nfs->sink.read_size = size < LARGEST_READ ? size : LARGEST_READ;
	nfs->sink.time_delta_ns = nfs->delta.seconds * UINT64_C(1000000000) + nfs->delta.nseconds;
}

static int getattr(struct walk *w, struct i2n_err *err)
{
	int rc;

	w->ask.call.args.getattr.object = nfs3_fh_xdr(&w->here);
	rc = ask(w, I2N_PROC_GETATTR, err);
	if (rc != I2N_OK)
		return rc;
	if (w->ask.status != NFS3_OK)
		return refused(w, &w->ask, I2N_PROC_GETATTR, w->rest, err);
	w->here_attrs = w->ask.attrs;
	return I2N_OK;
}

/* Next component of the path: its copy and where it ends. NULL: no more. */
static const char *component(const char *rest, char *name)
{
	size_t n;

	while (*rest == '/')
		rest++;
	n = strcspn(rest, "/");
	memcpy(name, rest, n);	/* at most 255: the URL parser saw to it */
	name[n] = '\0';
	return n ? rest + n : NULL;
}

static int step_into(struct walk *w, const char *end, struct i2n_err *err)
{
	char path[300];
	uint64_t fsid;
	int rc = I2N_OK;

	if (!w->ask.has_fh)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_DEST, 0,
				"the server gave no usable file handle for %s",
				quote_here(w, end, path, sizeof(path)));
	w->here = w->ask.fh;
	w->rest = end;
	fsid = w->here_attrs.fsid;
	if (!w->ask.has_attrs)
		rc = getattr(w, err);
	else
		w->here_attrs = w->ask.attrs;
	if (rc == I2N_OK && w->nfs->calls.v4 && w->here_attrs.fsid != fsid)
		w->mounted.prefix_len = (size_t)(end - w->url->path);	/* an export's root */
	return rc;
}

static void start_lookup(struct walk *w, char *name)
{
	w->ask.call.args.lookup.what = (diropargs3){ .dir = nfs3_fh_xdr(&w->here), .name = name };
	start(w, &w->ask, I2N_PROC_LOOKUP);
}

/* Go down as far as there is something; name is the next component, which was asked for. */
static int walk_existing(struct walk *w, char *name, struct i2n_err *err)
{
	char path[300];
	const char *end;
	int rc;

	while ((end = component(w->rest, name))) {
		rc = await(w, &w->ask, err);
		if (rc != I2N_OK)
			return rc;
		if (w->ask.status == NFS3ERR_NOENT)
			return I2N_OK;
		if (w->ask.status != NFS3_OK)
			return refused(w, &w->ask, I2N_PROC_LOOKUP, end, err);
		rc = step_into(w, end, err);
		if (rc != I2N_OK)
			return rc;
		if (w->here_attrs.type != NF3DIR)
			return i2n_fail(err, I2N_FATAL, I2N_DOM_DEST, 0,
					"%s on the server is %s, not a directory",
					quote_here(w, end, path, sizeof(path)),
					w->here_attrs.type == NF3LNK ? "a symlink" : "a file");
		if (component(w->rest, name))
			start_lookup(w, name);
	}
	return I2N_OK;
}

static int check_empty(struct walk *w, struct i2n_err *err)
{
	READDIRPLUS3args *args = &w->ask.call.args.readdirplus;
	char path[300];
	int rc = I2N_OK;

	w->ask.take = take_entries;
	w->ask.ctx = w;
	w->eof = false;
	for (int i = 0; i < LIST_CALLS && !w->eof && !w->found[0]; i++) {
		*args = (READDIRPLUS3args){ .dir = nfs3_fh_xdr(&w->here), .cookie = w->cookie,
					    .dircount = 2048,
					    .maxcount = LIST_BYTES };
		memcpy(args->cookieverf, w->cookieverf, sizeof(args->cookieverf));
		rc = ask(w, I2N_PROC_READDIRPLUS, err);
		if (rc != I2N_OK)
			return rc;
		if (w->ask.status != NFS3_OK)
			return refused(w, &w->ask, I2N_PROC_READDIRPLUS, w->rest, err);
	}
	if (w->eof && !w->found[0])
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_DEST, 0, "the destination %s is not empty: it holds %s%s",
		    quote_here(w, w->rest, path,
			       sizeof(path)), w->found[0] ? w->found : "something",
		    w->locked ? " and the lock of another run" : "");
	i2n_err_hint(err, "to finish or renew what is there, add --update; else give a directory "
			  "that is absent or "
			  "empty; nothing was written");
	return I2N_FATAL;
}

/* Remove what we made, deepest first. Best effort: the error to report is another one. */
static void undo_made(struct walk *w)
{
	struct i2n_err ignored;

	while (w->n_made) {
		w->n_made--;
		w->ask.call.args.rmdir.object =
			(diropargs3){ .dir = nfs3_fh_xdr(&w->made_in[w->n_made]),
				      .name = w->made_name[w->n_made] };
		if (!w->nfs->calls.dead)
			(void)ask(w, I2N_PROC_RMDIR, &ignored);
		free(w->made_name[w->n_made]);
	}
}

/* Another run that goes into a directory beside ours may make those above at the same time. */
static bool is_shared(const struct walk *w, const char *end)
{
	char next[I2N_NAME_MAX + 1];

	return w->ask.status == NFS3ERR_EXIST && component(end, next);
}

static int make_one(struct walk *w, char *name, const char *end, struct i2n_err *err)
{
	MKDIR3args *args = &w->ask.call.args.mkdir;
	bool shared;
	int rc;

	memset(args, 0, sizeof(*args));
	args->where = (diropargs3){ .dir = nfs3_fh_xdr(&w->here), .name = name };
	args->attributes.mode.set_it = 1;
	args->attributes.mode.set_mode3_u.mode = DIR_MODE;
	rc = ask(w, I2N_PROC_MKDIR, err);
	shared = rc == I2N_OK && !w->ask.call.ambiguous && is_shared(w, end);
	/* the reply was lost, or has no handle in it: what is there is ours */
	if (rc == I2N_OK &&
	    (shared || (w->ask.status == NFS3ERR_EXIST && w->ask.call.ambiguous) ||
	     (w->ask.status == NFS3_OK && !w->ask.has_fh))) {
		start_lookup(w, name);
		rc = await(w, &w->ask, err);
	}
	if (rc != I2N_OK)
		return rc;
	if (w->ask.status != NFS3_OK)
		return refused(w, &w->ask, I2N_PROC_MKDIR, end, err);
	if (shared)
		return step_into(w, end, err);
	w->made_in[w->n_made] = w->here;
	w->made_name[w->n_made] = malloc(strlen(name) + 1);
	if (!w->made_name[w->n_made])
		return i2n_err_nomem(err);
	memcpy(w->made_name[w->n_made++], name, strlen(name) + 1);
	return step_into(w, end, err);
}

static int make_missing(struct walk *w, struct i2n_err *err)
{
	char name[I2N_NAME_MAX + 1];
	const char *end;
	int rc = I2N_OK;

	while (rc == I2N_OK && w->n_made < MADE_MAX && (end = component(w->rest, name)))
		rc = make_one(w, name, end, err);
	return rc;
}

/* Try out in a scratch directory what the server keeps. */
static int try_out(struct walk *w, bool essential, struct i2n_check *check,
		   struct nfs3_trial **ret, struct i2n_err *err)
{
	char where[300], wanted[300];
	bool unseen = w->nfs->calls.v4 && !w->mounted.prefix_len;
	struct nfs3_check_in in = {
		.calls = &w->nfs->calls,
		.dir = &w->here,
		.dir_attrs = &w->here_attrs,
		.fsinfo = &w->info.fsinfo,
		.where = quote_here(w, w->rest, where, sizeof(where)),
		.unseen = unseen ? i2n_quote(wanted, sizeof(wanted), w->url->path,
					     strlen(w->url->path)) : NULL,
		.low_port = w->mounted.low_port,
		.uid = w->nfs->opts.uid,
		.stop = w->stop,
		.essential = essential,
	};

	(void)export_path(w, check->path, sizeof(check->path));
	if (unseen)
		(void)i2n_escape(check->path, sizeof(check->path), w->url->path,
				 strlen(w->url->path));
	memcpy(check->client, w->mounted.client, sizeof(check->client));
	check->low_port = w->mounted.low_port;
	return nfs3_trial_run(&in, check, ret, err);
}

/* Refuse what would fail later, when half of the tree is there. */
static int judge_fitness(const struct walk *w, bool exists, struct i2n_err *err)
{
	const struct i2n_check *check = w->nfs->opts.check;
	int rc = nfs3_check_verdict(check, err);

	if (rc != I2N_OK || !exists || !check->squashed || w->here_attrs.uid == check->uid)
		return rc;
	i2n_err_set(err, I2N_DOM_DEST, 0,
		    "the destination exists and belongs to uid %u, not to %u who we are there",
		    w->here_attrs.uid, check->uid);
	i2n_err_hint(err, "give a directory that does not exist yet; nothing was written");
	return I2N_FATAL;
}

/* What a trial leaves to do is done while the directories are made. */
static int try_and_make(struct walk *w, bool exists, struct i2n_err *err)
{
	struct i2n_check *check = w->nfs->opts.check;
	struct nfs3_trial *trial;
	struct i2n_err second;
	int rc, end = I2N_OK;

	if (!check)
		return make_missing(w, err);
	check->needs.later = exists && w->nfs->opts.dest == I2N_DEST_UPDATE;
	rc = try_out(w, true, check, &trial, err);
	if (rc == I2N_OK)
		rc = judge_fitness(w, exists, err);
	if (rc == I2N_OK)
		rc = make_missing(w, err);
	if (trial)
		end = nfs3_trial_end(trial, check, &second);
	if (end == I2N_OK && rc == I2N_OK)
		end = nfs3_check_verdict(check, &second);	/* of what could not be removed */
	if (rc == I2N_OK && end != I2N_OK)
		*err = second;
	return rc == I2N_OK ? end : rc;
}

static void start_fsinfo(struct walk *w)
{
	w->info.call.args.fsinfo.fsroot = nfs3_fh_xdr(&w->here);
	start(w, &w->info, I2N_PROC_FSINFO);
}

static int take_fsinfo(struct walk *w, struct i2n_err *err)
{
	int rc = await(w, &w->info, err);

	if (rc == I2N_OK && w->info.status != NFS3_OK)
		rc = refused(w, &w->info, I2N_PROC_FSINFO, w->rest, err);
	if (rc == I2N_OK)
		use_fsinfo(w->nfs, &w->info.fsinfo);
	return rc;
}

/* Go to the deepest directory that exists. The root's attributes also tell that requests are
 * accepted at all. */
static int arrive(struct walk *w, struct i2n_err *err)
{
	char name[I2N_NAME_MAX + 1];
	struct nfs_ask *all[] = { &w->info, &w->root, &w->ask };
	struct i2n_err each;
	bool v4 = w->nfs->calls.v4 != NULL;
	int rc = I2N_OK;

	w->root.call.args.getattr.object = nfs3_fh_xdr(&w->here);
	if (!v4)
		start_fsinfo(w);
	start(w, &w->root, I2N_PROC_GETATTR);
	if (component(w->rest, name))
		start_lookup(w, name);
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (await(w, all[i], &each) != I2N_OK) {
			rc = I2N_FATAL;
			*err = each;
		}
	if (rc == I2N_OK && !v4)
		rc = take_fsinfo(w, err);
	if (rc != I2N_OK)
		return rc;
	if (w->root.status != NFS3_OK)
		return refused(w, &w->root, I2N_PROC_GETATTR, w->rest, err);
	w->here_attrs = w->root.attrs;
	rc = walk_existing(w, name, err);
	if (rc != I2N_OK || !v4)
		return rc;
	start_fsinfo(w);	/* the root of NFSv4 is no export: other limits */
	return take_fsinfo(w, err);
}

/* --- ACLs --- */

/* What is made in a directory with a default ACL gets ACLs that the image does not have, and other
 * modes. The destination's own attributes come last, so for now it has none. */
static int drop_default_acl(struct walk *w, struct i2n_err *err)
{
	struct i2n_acl plain = { { NULL, 0 }, { NULL, 0 } };
	struct nfsacl_ace aces[5];
	int rc;

	if (!i2n_acl_from_mode(w->here_attrs.mode, &plain.access))
		return i2n_err_nomem(err);
	nfs3_acl_args(&plain, w->here_attrs.uid, w->here_attrs.gid, aces,
		      &w->ask.call.args.setacl);
	w->ask.call.args.setacl.dir = nfs3_fh_xdr(&w->here);
	rc = ask(w, I2N_PROC_SETACL, err);
	i2n_acl_release(&plain);
	if (rc == I2N_OK && w->ask.status != NFS3_OK)
		i2n_note(w->nfs->env.notes, I2N_NOTE_LOSS, "acl", ".", 1,
			 "the destination hands its default ACL down to what is made in it");
	return rc;
}

static bool tree_has_acls(const struct i2n_tree *t)
{
	for (uint32_t i = 0; t && i < t->n_inodes; i++)
		if (t->inodes[i].flags & I2N_INODE_ACL)
			return true;
	return false;
}

static bool writes(const struct walk *w)
{
	return w->nfs->opts.dest == I2N_DEST_NEW || w->nfs->opts.dest == I2N_DEST_UPDATE;
}

static void start_getacl(struct walk *w)
{
	w->acls_of = w->here;
	w->acls.call.args.getacl = nfs3_getacl_args(&w->acls_of, true);
	w->acls.call.optional = true;
	start(w, &w->acls, I2N_PROC_GETACL);
}

/* Does the server have NFSACL for the directory where we are? When that is to be written, also:
 * must a default ACL be dropped? One that the tree's root has itself may stay for an update. */
static void ask_acls(struct walk *w)
{
	if (writes(w) || tree_has_acls(w->nfs->env.tree))
		start_getacl(w);
}

/* Of the directory that was asked about or, if it has a default ACL, of what was made in it. */
static int learn_acls(struct walk *w, bool exists, struct i2n_err *err)
{
	const struct i2n_tree *t = w->nfs->env.tree;
	bool update = exists && w->nfs->opts.dest == I2N_DEST_UPDATE;
	int rc = await(w, &w->acls, err);

	if (rc == I2N_OK && w->acls.status == NFS3_OK && w->acls.default_aces &&
	    (w->here.len != w->acls_of.len ||
	     memcmp(w->here.data, w->acls_of.data, w->here.len) != 0)) {
		start_getacl(w);
		rc = await(w, &w->acls, err);
	}
	if (rc != I2N_OK || !w->acls.call.calls || w->acls.status != NFS3_OK)
		return rc;
	w->nfs->sink.caps |= I2N_CAP_ACL;
	if (!writes(w) || !w->acls.default_aces ||
	    (update && t && t->inodes[t->root].flags & I2N_INODE_ACL))
		return I2N_OK;
	return drop_default_acl(w, err);
}

static int absent(const struct walk *w, struct i2n_err *err)
{
	char name[I2N_NAME_MAX + 1], path[300];

	return i2n_fail(err, I2N_FATAL, I2N_DOM_DEST, 0, "there is no %s on the server",
			quote_here(w, component(w->rest, name), path, sizeof(path)));
}

static int take_root(struct walk *w, struct i2n_err *err)
{
	struct nfs3 *nfs = w->nfs;

	nfs->root_attrs = w->here_attrs;
	if (nfs->objs.n)
		return I2N_OK;
	return nfs3_objs_add(&nfs->objs, &w->here) == I2N_OBJ_ROOT ? I2N_OK : i2n_err_nomem(err);
}

static int tell_arrival(struct walk *w, struct i2n_err *err)
{
	const struct i2n_nfs_opts *opts = &w->nfs->opts;
	int rc = take_root(w, err);

	return rc == I2N_OK ? opts->arrived(opts->arrived_ctx, &w->nfs->sink, err) : rc;
}

/* For writing: nothing but the trial's scratch directory is made before all has been looked at. */
static int prepare_writing(struct walk *w, bool exists, struct i2n_err *err)
{
	struct i2n_err ignored;	/* not the first one */
	int rc = I2N_OK;

	if (exists && w->nfs->opts.dest == I2N_DEST_NEW)
		rc = check_empty(w, err);
	if (rc == I2N_OK && exists && w->nfs->opts.arrived)
		rc = tell_arrival(w, err);
	if (rc != I2N_OK)
		return rc;
	ask_acls(w);
	rc = try_and_make(w, exists, err);
	if (rc == I2N_OK)
		rc = learn_acls(w, exists, err);
	else
		(void)nfs_ask_wait(&w->acls, w->stop, &ignored);
	if (rc != I2N_OK)
		undo_made(w);
	return rc;
}

static int prepare(struct walk *w, struct i2n_err *err)
{
	char name[I2N_NAME_MAX + 1];
	bool exists;
	int rc = arrive(w, err);

	if (rc != I2N_OK)
		return rc;
	exists = !component(w->rest, name);
	if (writes(w))
		return prepare_writing(w, exists, err);
	if (w->nfs->opts.dest == I2N_DEST_EXISTING && !exists)
		return absent(w, err);
	w->nfs->sink.absent = !exists;
	ask_acls(w);
	return learn_acls(w, exists, err);
}

/* The port of the NFS service: what the portmapper says, else the usual one. */
static int find_port(struct walk *w, struct rpc_target *target, struct i2n_err *err)
{
	int rc;

	target->port = w->url->port;
	if (target->port)
		return I2N_OK;
	rc = nfs_conn_wait_up(w->mounted.nfs, NULL, "the NFS service", w->url->host, w->stop, err);
	target->port = rc == I2N_OK ? rpc_conn_port(w->mounted.nfs) : NFS_PORT;
	return rc != I2N_OK && err->domain == I2N_DOM_STOPPED ? rc : I2N_OK;
}

/* The connection that was begun beside mounting, unless that came to nothing. */
static struct rpc_conn *connection(struct walk *w)
{
	struct rpc_conn *conn = w->mounted.nfs;

	if (!conn || rpc_conn_state(conn) == RPC_FAILED)
		return NULL;
	w->mounted.nfs = NULL;
	return conn;
}

/* NFSv4: one port, no MOUNT, and the way from the root of all exports is walked by LOOKUP. */
static int reach_root(struct walk *w, struct i2n_err *err)
{
	struct nfs3 *nfs = w->nfs;
	struct rpc_target target = { .program = RPC_NFS3,
				     .nfs4 = true,
				     .uid = nfs->opts.uid,
				     .gid = nfs->opts.gid,
				     .port = w->url->port ? w->url->port : NFS_PORT };
	int rc;

	if (nfs->opts.connections > 1)
		i2n_note(nfs->env.notes, I2N_NOTE_INFO, "connections", NULL, 0,
			 "NFSv4 goes over one connection");
	rpc_target_secure(&target, w->url);
	rc = nfs_find_server(w->url, &target, w->stop, &w->mounted, err);
	w->remedy = w->mounted.remedy;
	if (rc != I2N_OK)
		return rc;
	nfs_calls_init(&nfs->calls, &target, NULL, &nfs->opts, &nfs->sink.stats, nfs->env.notes);
	nfs->calls.v4 = nfs4_new(nfs->env.notes);
	if (!nfs->calls.v4)
		return i2n_err_nomem(err);
	w->rest = w->url->path;
	rc = ask(w, I2N_PROC_ROOT, err);
	if (rc != I2N_OK)
		return rc;
	if (w->ask.status != NFS3_OK)
		return refused(w, &w->ask, I2N_PROC_ROOT, w->rest, err);
	return step_into(w, w->rest, err);
}

/* Two are faster than one at any distance, more are no faster. */
static unsigned connections(const struct nfs3 *nfs)
{
	return nfs->opts.connections ? nfs->opts.connections : 2;
}

static int mount_export(struct walk *w, struct i2n_err *err)
{
	struct nfs3 *nfs = w->nfs;
	struct rpc_target target = { .program = RPC_NFS3,
				     .uid = nfs->opts.uid,
				     .gid = nfs->opts.gid };
	int rc;

	if (nfs->version == 4)
		return reach_root(w, err);
	nfs->opts.connections = target.lines = connections(nfs);
	rpc_target_secure(&target, w->url);
	rc = nfs_mountd_mount(w->url, &nfs->opts, w->stop, &nfs->sink.stats, &w->mounted, err);
	w->remedy = w->mounted.remedy;
	if (rc != I2N_OK)
		return rc;
	memcpy(target.addr, w->mounted.addr, sizeof(target.addr));
	rc = find_port(w, &target, err);
	if (rc != I2N_OK)
		return rc;
	nfs_calls_init(&nfs->calls, &target, connection(w), &nfs->opts, &nfs->sink.stats,
		       nfs->env.notes);
	w->here = w->mounted.fh;
	w->rest = w->url->path + w->mounted.prefix_len;
	return I2N_OK;
}

static int mount_and_prepare(struct walk *w, struct i2n_err *err)
{
	int rc = mount_export(w, err);

	if (rc == I2N_OK)
		rc = prepare(w, err);
	return rc == I2N_OK ? take_root(w, err) : rc;
}

static struct walk *walk_new(struct nfs3 *nfs, const struct i2n_nfs_url *url,
			     const volatile int *stop)
{
	struct walk *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->nfs = nfs;
	w->url = url;
	w->stop = stop;
	return w;
}

static void walk_free(struct walk *w)
{
	rpc_conn_free(w->mounted.nfs);
	free(w);
}

int nfs_mount_open(struct nfs3 *nfs, const struct i2n_nfs_url *url, const volatile int *stop,
		   struct i2n_err *err)
{
	struct walk *w = walk_new(nfs, url, stop);
	int rc;

	if (!w)
		return i2n_err_nomem(err);
	rc = mount_and_prepare(w, err);
	while (w->n_made)
		free(w->made_name[--w->n_made]);
	walk_free(w);
	return rc;
}

/* What kept us from asking is a finding itself, if something on the server mends it. */
static int as_finding(const struct walk *w, struct i2n_check *check, const struct i2n_err *err)
{
	bool writing = w->remedy == I2N_REMEDY_RW || w->remedy == I2N_REMEDY_ROOT;

	if (w->remedy == I2N_REMEDY_NONE)
		return I2N_FATAL;
	nfs3_check_found(check, writing ? I2N_CHECK_WRITABLE : I2N_CHECK_EXPORT, I2N_CHECK_FAIL,
			 w->remedy, "%s", err->msg);
	(void)export_path(w, check->path, sizeof(check->path));
	if (!w->mounted.prefix_len)
		(void)i2n_escape(check->path, sizeof(check->path), w->url->path,
				 strlen(w->url->path));
	memcpy(check->client, w->mounted.client, sizeof(check->client));
	return I2N_OK;
}

int nfs_mount_check(struct nfs3 *nfs, const struct i2n_nfs_url *url, const volatile int *stop,
		    struct i2n_check *check,
		    struct i2n_err *err)
{
	struct walk *w = walk_new(nfs, url, stop);
	struct nfs3_trial *trial = NULL;
	struct i2n_err second;
	int rc;

	if (!w)
		return i2n_err_nomem(err);
	rc = mount_export(w, err);
	if (rc == I2N_OK)
		rc = arrive(w, err);
	if (rc == I2N_OK)
		rc = try_out(w, false, check, &trial, err);
	else
		rc = as_finding(w, check, err);
	if (trial && nfs3_trial_end(trial, check, &second) != I2N_OK && rc == I2N_OK) {
		*err = second;
		rc = I2N_FATAL;
	}
	walk_free(w);
	return rc;
}
