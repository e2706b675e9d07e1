#include "nfs3_err.h"
#include "nfs3_sink.h"

#include <stdlib.h>

#define PAGE_BYTES 8192	/* some servers send more in several fragments, which libnfs 6.0 does not
			 * take */
#define NAME_BYTES_MAX 1024
#define RESTARTS_MAX 8

struct list_entry {
	struct i2n_attr attr;
	struct nfs3_fh fh;
	bool has_attr, gone;
	unsigned short name_len;
	size_t name;		/* offset into names */
};

/* The entries of one reply: those without handle or attributes are asked for one after the other,
 * then all are handed over. Memory: of one reply of 8 KiB per LIST under way, about 40 KiB. */
struct nfs3_list {
	struct list_entry *entries;
	char *names;
	unsigned n, at;
	unsigned restarts;
	bool eof, restart, waiting;
};

static void ask_page(struct nfs3_op *o);
static void complete_entries(struct nfs3_op *o);

void nfs3_list_close(struct nfs3_op *o)
{
	if (!o->list)
		return;
	free(o->list->entries);
	free(o->list->names);
	free(o->list);
	o->list = NULL;
}

bool nfs3_list_is_waiting(const struct nfs3_op *o)
{
	return o->list && o->list->waiting;
}

static void bad_listing(struct nfs3_op *o, const char *what)
{
	char path[400];

	i2n_err_set(&o->op->err, I2N_DOM_DEST, 0, "cannot list %s: %s",
		    nfs3_op_path(o, path, sizeof(path)), what);
	nfs3_op_done(o, I2N_BADNODE);
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static bool is_name(const char *name)
{
	return name && *name && strlen(name) <= NAME_BYTES_MAX && !strchr(name, '/');
}

/* The reply is only there during the callback: copy it. false: out of memory. */
static bool copy_entries(struct nfs3_list *list, const entryplus3 *first)
{
	size_t n = 0, bytes = 1, at = 0;

	for (const void *next = first; next; n++) {
		entryplus3 e = nfs3_entry(next);

		bytes += strlen(e.name) + 1;
		next = e.nextentry;
	}
	free(list->entries);
	free(list->names);
	list->entries = calloc(n ? n : 1, sizeof(*list->entries));
	list->names = malloc(bytes);
	list->n = list->at = 0;
	if (!list->entries || !list->names)
		return false;
	for (const void *next = first; next;) {
		entryplus3 e = nfs3_entry(next);
		struct list_entry *le = &list->entries[list->n];
		const nfs_fh3 *fh = &e.name_handle.post_op_fh3_u.handle;
		const fattr3 *attrs = nfs3_attrs(&e.name_attributes);

		next = e.nextentry;
		if (is_dots(e.name))
			continue;
		le->name = at;
		le->name_len = (unsigned short)strlen(e.name);
		memcpy(list->names + at, e.name, le->name_len + 1u);
		at += le->name_len + 1u;
		if (e.name_handle.handle_follows)
			/* else it is looked up */
			(void)nfs3_fh_take(&le->fh, fh->data.data_len, fh->data.data_val);
		if (attrs)
			nfs3_take_attr(&le->attr, attrs);
		le->has_attr = attrs != NULL;
		list->n++;
	}
	return true;
}

static void join_listed(struct nfs3_op *o)
{
	struct nfs3 *nfs = o->nfs;

	o->list->waiting = true;
	o->writer_next = NULL;
	*(nfs->listed_tail ? &nfs->listed_tail->writer_next : &nfs->listed) = o;
	nfs->listed_tail = o;
}

static void on_entry_attrs(struct nfs3_op *o, const void *reply)
{
	const GETATTR3res *res = reply;
	struct list_entry *e = &o->list->entries[o->list->at];

	if (res->status == NFS3_OK)
		nfs3_take_attr(&e->attr, &res->GETATTR3res_u.resok.obj_attributes);
	else if (res->status == NFS3ERR_STALE || res->status == NFS3ERR_NOENT)
		e->gone = true;
	o->list->at++;
	complete_entries(o);
}

static void on_entry_lookup(struct nfs3_op *o, const void *reply)
{
	const LOOKUP3res *res = reply;
	const LOOKUP3resok *ok = &res->LOOKUP3res_u.resok;
	struct list_entry *e = &o->list->entries[o->list->at];
	const fattr3 *attrs = res->status == NFS3_OK ? nfs3_attrs(&ok->obj_attributes) : NULL;

	if (attrs)
		nfs3_take_attr(&e->attr, attrs);
	e->has_attr = attrs != NULL;
	e->gone = res->status == NFS3ERR_NOENT;
	/* an entry that cannot be looked up at all is handed over with neither handle nor type */
	if (res->status != NFS3_OK ||
	    !nfs3_fh_take(&e->fh, ok->object.data.data_len, ok->object.data.data_val))
		o->list->at++;
	complete_entries(o);
}

/* Ask for what the reply left out, an entry at a time: most servers leave out nothing. */
static void complete_entries(struct nfs3_op *o)
{
	struct nfs3_list *list = o->list;

	for (; list->at < list->n; list->at++) {
		struct list_entry *e = &list->entries[list->at];

		if (!e->fh.len) {
			o->dir = o->self;
			o->call.args.lookup.what = (diropargs3){ .dir = nfs3_fh_xdr(&o->dir),
								 .name = list->names + e->name };
			nfs3_ask(o, I2N_PROC_LOOKUP, on_entry_lookup);
			return;
		}
		if (!e->has_attr) {
			o->call.args.getattr.object = nfs3_fh_xdr(&e->fh);
			nfs3_ask(o, I2N_PROC_GETATTR, on_entry_attrs);
			return;
		}
	}
	join_listed(o);
}

static void start_again(struct nfs3_op *o)
{
	if (++o->list->restarts > RESTARTS_MAX) {
		nfs3_op_refused(o, I2N_PROC_READDIRPLUS, NFS3ERR_BAD_COOKIE);
		return;
	}
	memset(&o->op->pos, 0, sizeof(o->op->pos));
	o->list->restart = true;
	o->list->n = 0;
	join_listed(o);
}

/* NULL: the reply makes sense. */
static const char *wrong_with(const struct nfs3_op *o, const READDIRPLUS3resok *ok)
{
	uint64_t last = o->op->pos.cookie;

	for (const void *next = ok->reply.entries; next;) {
		entryplus3 e = nfs3_entry(next);

		if (!is_name(e.name))
			return "the server gives a name that cannot be";
		last = e.cookie;
		next = e.nextentry;
	}
	if (!ok->reply.eof && last == o->op->pos.cookie)
		return "the server's listing makes no progress";
	return NULL;
}

static void on_page(struct nfs3_op *o, const void *reply)
{
	const READDIRPLUS3res *res = reply;
	const READDIRPLUS3resok *ok = &res->READDIRPLUS3res_u.resok;
	const char *wrong;

	if (res->status == NFS3ERR_BAD_COOKIE) {
		start_again(o);
		return;
	}
	if (res->status != NFS3_OK) {
		nfs3_op_refused(o, I2N_PROC_READDIRPLUS, res->status);
		return;
	}
	wrong = wrong_with(o, ok);
	if (wrong) {
		bad_listing(o, wrong);
		return;
	}
	for (const void *next = ok->reply.entries; next;) {
		entryplus3 e = nfs3_entry(next);

		o->op->pos.cookie = e.cookie;
		next = e.nextentry;
	}
	memcpy(o->op->pos.verf, ok->cookieverf, sizeof(o->op->pos.verf));
	o->list->eof = ok->reply.eof != 0;
	if (copy_entries(o->list, ok->reply.entries))
		complete_entries(o);
	else
		nfs3_op_done(o, i2n_err_nomem(&o->op->err));
}

static void ask_page(struct nfs3_op *o)
{
	READDIRPLUS3args *args = &o->call.args.readdirplus;

	*args = (READDIRPLUS3args){ .dir = nfs3_fh_xdr(&o->self),
				    .cookie = o->op->pos.cookie,
				    .dircount = PAGE_BYTES / 2,
				    .maxcount = PAGE_BYTES };
	memcpy(args->cookieverf, o->op->pos.verf, sizeof(args->cookieverf));
	nfs3_ask(o, I2N_PROC_READDIRPLUS, on_page);
}

void nfs3_list_start(struct nfs3_op *o)
{
	o->self = nfs3_objs_get(&o->nfs->objs, o->op->obj);
	o->op->eof = o->op->pause = false;
	o->list = calloc(1, sizeof(*o->list));
	if (o->list)
		ask_page(o);
	else
		nfs3_op_done(o, i2n_err_nomem(&o->op->err));
}

/* false: out of memory. */
static bool hand_over_entries(struct nfs3_op *o)
{
	struct nfs3_list *list = o->list;

	for (unsigned i = 0; i < list->n && !o->nfs->calls.dead; i++) {
		const struct list_entry *e = &list->entries[i];
		struct i2n_entry entry = { .name = (const unsigned char *)list->names + e->name,
					   .name_len = e->name_len,
					   .attr = e->attr,
					   .obj = I2N_OBJ_NONE };

		if (e->gone)
			continue;
		if (e->fh.len) {
			entry.obj = nfs3_objs_add(&o->nfs->objs, &e->fh);
			if (entry.obj == I2N_OBJ_NONE)
				return false;
		}
		o->op->on_entry(o->op, &entry);
	}
	return true;
}

static void hand_over(struct nfs3_op *o)
{
	struct nfs3_list *list = o->list;

	if (list->restart)
		o->op->on_entry(o->op, NULL);
	list->restart = false;
	if (!hand_over_entries(o)) {
		nfs3_op_done(o, i2n_err_nomem(&o->op->err));
		return;
	}
	list->waiting = false;
	if (o->nfs->calls.dead) {
		o->op->err = o->nfs->calls.err;
		nfs3_op_done(o, I2N_FATAL);
	} else if (list->eof || o->op->pause) {
		o->op->eof = list->eof;
		nfs3_op_done(o, I2N_OK);
	} else {
		ask_page(o);
	}
}

bool nfs3_list_hand_over(struct nfs3 *nfs)
{
	bool any = nfs->listed != NULL;
	struct nfs3_op *o;

	while ((o = nfs->listed)) {
		nfs->listed = o->writer_next;
		if (!nfs->listed)
			nfs->listed_tail = NULL;
		hand_over(o);
	}
	return any;
}
