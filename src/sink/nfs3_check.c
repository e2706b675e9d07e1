#include "nfs3_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <unistd.h>

#define LIST_BYTES 8192 /* libnfs 6.0 takes no replies of several fragments */
#define CLEAN_MS 15000 /* after a stop, the removal may take so long */
#define AGAIN_MAX 10 /* times, 200 ms each */
#define STEPS_MAX 16
#define TRIALS_MAX 3

/* One request: for which object, once which other one is there. */
struct step {
	enum i2n_proc proc;
	enum nfs3_probe_obj obj, after;
	bool essential, owned; /* owned: carries an owner, unless that is in vain */
	uint32_t mode;
	ftype3 type;
};

static const struct step steps[] = {
	{ I2N_PROC_FSSTAT, PROBE_DIR, PROBE_OBJS, true, false, 0, NF3DIR },
	{ I2N_PROC_MKDIR, PROBE_DIR, PROBE_OBJS, true, false, 0700, NF3DIR },
	{ I2N_PROC_CREATE, PROBE_FILE, PROBE_DIR, true, true, 0644, NF3REG },
	{ I2N_PROC_MKNOD, PROBE_CHR, PROBE_DIR, true, true, 0640, NF3CHR },
	{ I2N_PROC_MKNOD, PROBE_BLK, PROBE_DIR, false, true, 0640, NF3BLK },
	{ I2N_PROC_MKNOD, PROBE_FIFO, PROBE_DIR, false, true, 0640, NF3FIFO },
	{ I2N_PROC_MKNOD, PROBE_SOCK, PROBE_DIR, false, true, 0640, NF3SOCK },
	{ I2N_PROC_SYMLINK, PROBE_SYMLINK, PROBE_DIR, false, true, 0777, NF3LNK },
	{ I2N_PROC_CREATE, PROBE_LONG, PROBE_DIR, false, false, 0644, NF3REG },
	{ I2N_PROC_CREATE, PROBE_BYTES, PROBE_DIR, false, false, 0644, NF3REG },
	/* what the sink's last request for a file does */
	{ I2N_PROC_SETATTR, PROBE_FILE, PROBE_FILE, true, false, PROBE_MODE, NF3REG },
	{ I2N_PROC_LINK, PROBE_HARD, PROBE_FILE, false, false, 0, NF3REG },
	{ I2N_PROC_LOOKUP, PROBE_FILE, PROBE_FILE, false, false, 0, NF3REG },
	{ I2N_PROC_SETATTR, PROBE_SYMLINK, PROBE_SYMLINK, false, false, 0, NF3LNK },
	{ I2N_PROC_SETATTR, PROBE_DIR, PROBE_FILE, false, false, PROBE_DIR_MODE, NF3DIR },
};
#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

struct probe {
	struct nfs_call call; /* first member */
	struct nfs3_trial *p;
	const struct step *step;
	enum nfs3_probe_obj obj;
	enum { WAITING, UNDER_WAY, DONE } state;
};

struct nfs3_trial {
	struct nfs3_check_in in;
	struct nfs3_fh dir; /* in.dir */
	struct nfs3_probed got;
	struct probe probes[STEPS_MAX]; /* one per step */
	struct probe clean[PROBE_OBJS], list;
	unsigned under_way, asking; /* asking: of probes */
	bool cleaning; /* what has told all it can may be removed */
	bool removed; /* something was: the server lets us */
	bool again; /* the scratch directory was not empty when it was to be removed, or something
		     * was removed by two requests at a time */
	int64_t end_ms; /* after a stop */
	bool lost; /* the connection: nothing more will be answered */
	bool disturbed; /* some request was sent again */
	bool squashed;
	char scratch[64], target[8], folded[8];
	char names[PROBE_OBJS][I2N_NAME_MAX + 1];
};

_Static_assert(N_STEPS <= STEPS_MAX, "one probe per step");

static void name_objects(struct nfs3_trial *p)
{
	static const char *const fixed[PROBE_OBJS] = {
		[PROBE_FILE] = "file",
		[PROBE_CHR] = "chr",
		[PROBE_BLK] = "blk",
		[PROBE_FIFO] = "fifo",
		[PROBE_SOCK] = "sock",
		[PROBE_SYMLINK] = "symlink",
		[PROBE_BYTES] = "bytes-\xff\xfe\x80\x01",
		[PROBE_HARD] = "hardlink",
	};
	struct timespec ts = { 0, 0 };

	(void)clock_gettime(CLOCK_REALTIME, &ts); /* with the process id unique enough; MKDIR
						     refuses a second one */
	(void)snprintf(p->scratch, sizeof(p->scratch), ".img2nfs-check-%lx%08lx%lx",
		       (unsigned long)ts.tv_sec, (unsigned long)ts.tv_nsec,
		       (unsigned long)getpid());
	for (unsigned i = 0; i < PROBE_OBJS; i++)
		if (fixed[i])
			memcpy(p->names[i], fixed[i], strlen(fixed[i]) + 1);
	memset(p->names[PROBE_LONG], 'n', I2N_NAME_MAX);
	memcpy(p->target, "target", 7);
	memcpy(p->folded, "FILE", 5);
}

static diropargs3 where(struct nfs3_trial *p, enum nfs3_probe_obj obj)
{
	if (obj == PROBE_DIR)
		return (diropargs3){ .dir = nfs3_fh_xdr(&p->dir), .name = p->scratch };
	return (diropargs3){ .dir = nfs3_fh_xdr(&p->got.objs[PROBE_DIR].fh),
			     .name = p->names[obj] };
}

/* owner: of the probes, if we can expect to be allowed to give it. */
static sattr3 attrs_of(const struct nfs3_trial *p, const struct step *step)
{
	sattr3 a;

	memset(&a, 0, sizeof(a));
	a.mode.set_it = step->mode != 0;
	a.mode.set_mode3_u.mode = step->mode;
	if (step->owned && !p->squashed && !p->in.uid) {
		a.uid.set_it = a.gid.set_it = 1;
		a.uid.set_uid3_u.uid = PROBE_UID;
		a.gid.set_gid3_u.gid = PROBE_GID;
	}
	if (step->proc == I2N_PROC_SETATTR && step->obj != PROBE_DIR) {
		a.mtime.set_it = a.atime.set_it = SET_TO_CLIENT_TIME;
		a.mtime.set_mtime_u.mtime = PROBE_MTIME;
		a.atime.set_atime_u.atime = PROBE_ATIME;
	}
	return a;
}

static void fill_mknod(const struct nfs3_trial *p, const struct step *step, MKNOD3args *args)
{
	devicedata3 dev = { .dev_attributes = attrs_of(p, step),
			    .spec = { PROBE_MAJOR, PROBE_MINOR } };

	args->what.type = step->type;
	if (step->type == NF3CHR)
		args->what.mknoddata3_u.chr_device = dev;
	else if (step->type == NF3BLK)
		args->what.mknoddata3_u.blk_device = dev;
	else if (step->type == NF3FIFO)
		args->what.mknoddata3_u.pipe_attributes = dev.dev_attributes;
	else
		args->what.mknoddata3_u.sock_attributes = dev.dev_attributes;
}

static void fill(struct nfs3_trial *p, struct probe *pr)
{
	const struct step *step = pr->step;
	struct nfs3_probe_obj_state *obj = &p->got.objs[step->obj];

	memset(&pr->call.args, 0, sizeof(pr->call.args));
	switch (step->proc) {
	case I2N_PROC_FSSTAT:
		pr->call.args.fsstat.fsroot = nfs3_fh_xdr(&p->dir);
		break;
	case I2N_PROC_MKDIR:
		pr->call.args.mkdir.where = where(p, step->obj);
		pr->call.args.mkdir.attributes = attrs_of(p, step);
		break;
	case I2N_PROC_CREATE:
		pr->call.args.create.where = where(p, step->obj);
		pr->call.args.create.how.mode =
			UNCHECKED; /* the directory is ours: sent again it does no harm */
		pr->call.args.create.how.createhow3_u.obj_attributes = attrs_of(p, step);
		break;
	case I2N_PROC_MKNOD:
		pr->call.args.mknod.where = where(p, step->obj);
		fill_mknod(p, step, &pr->call.args.mknod);
		break;
	case I2N_PROC_SYMLINK:
		pr->call.args.symlink.where = where(p, step->obj);
		pr->call.args.symlink.symlink.symlink_attributes = attrs_of(p, step);
		pr->call.args.symlink.symlink.symlink_data = p->target;
		break;
	case I2N_PROC_SETATTR:
		pr->call.args.setattr.object = nfs3_fh_xdr(&obj->fh);
		pr->call.args.setattr.new_attributes = attrs_of(p, step);
		break;
	case I2N_PROC_LINK:
		pr->call.args.link.file = nfs3_fh_xdr(&p->got.objs[PROBE_FILE].fh);
		pr->call.args.link.link = where(p, step->obj);
		break;
	default: /* LOOKUP */
		pr->call.args.lookup.what = where(p, step->obj);
		pr->call.args.lookup.what.name = p->folded;
		break;
	}
}

/* --- answers --- */

static void take_attrs(struct nfs3_probe_obj_state *obj, const post_op_attr *a)
{
	const fattr3 *attrs = nfs3_attrs(a);

	if (!attrs)
		return;
	obj->has_attrs = true;
	obj->attrs = *attrs;
}

static void take_made(struct nfs3_probe_obj_state *obj, const post_op_fh3 *fh,
		      const post_op_attr *attrs)
{
	if (fh->handle_follows)
		obj->has_fh = nfs3_fh_take(&obj->fh, fh->post_op_fh3_u.handle.data.data_len,
					   fh->post_op_fh3_u.handle.data.data_val);
	take_attrs(obj, attrs);
}

static void take_ok(struct nfs3_probe_obj_state *obj, enum i2n_proc proc, const void *res)
{
	const CREATE3resok *create = &((const CREATE3res *)res)->CREATE3res_u.resok;
	const MKDIR3resok *mkdir = &((const MKDIR3res *)res)->MKDIR3res_u.resok;
	const MKNOD3resok *mknod = &((const MKNOD3res *)res)->MKNOD3res_u.resok;
	const SYMLINK3resok *symlink = &((const SYMLINK3res *)res)->SYMLINK3res_u.resok;
	const LOOKUP3resok *lookup = &((const LOOKUP3res *)res)->LOOKUP3res_u.resok;

	switch (proc) {
	case I2N_PROC_CREATE:
		take_made(obj, &create->obj, &create->obj_attributes);
		break;
	case I2N_PROC_MKDIR:
		take_made(obj, &mkdir->obj, &mkdir->obj_attributes);
		break;
	case I2N_PROC_MKNOD:
		take_made(obj, &mknod->obj, &mknod->obj_attributes);
		break;
	case I2N_PROC_SYMLINK:
		take_made(obj, &symlink->obj, &symlink->obj_attributes);
		break;
	case I2N_PROC_LOOKUP:
		obj->has_fh = nfs3_fh_take(&obj->fh, lookup->object.data.data_len,
					   lookup->object.data.data_val);
		take_attrs(obj, &lookup->obj_attributes);
		break;
	case I2N_PROC_SETATTR:
		take_attrs(obj, &((const SETATTR3res *)res)->SETATTR3res_u.resok.obj_wcc.after);
		break;
	default:
		break;
	}
}

static void start_due(struct nfs3_trial *p);
static void start_removals(struct nfs3_trial *p);

static void finish_probe(struct probe *pr)
{
	pr->state = DONE;
	pr->p->under_way--;
	pr->p->asking--;
	start_due(pr->p);
	start_removals(pr->p);
}

static void look_up(struct probe *pr)
{
	memset(&pr->call.args, 0, sizeof(pr->call.args));
	pr->call.args.lookup.what = where(pr->p, pr->obj);
	pr->call.proc = I2N_PROC_LOOKUP;
	nfs_call_start(pr->p->in.calls, &pr->call);
}

/* The server left out what we need, or a repeated request met what its first sending made. */
static bool must_look_up(const struct probe *pr, nfsstat3 status)
{
	const struct nfs3_probe_obj_state *obj = &pr->p->got.objs[pr->obj];
	bool ours = status == NFS3ERR_EXIST && pr->call.ambiguous;

	if (pr->call.proc == I2N_PROC_LOOKUP || pr->obj == PROBE_HARD)
		return false;
	return ours || (status == NFS3_OK && !(obj->has_fh && obj->has_attrs));
}

static void take_make(struct probe *pr, const void *res)
{
	struct nfs3_trial *p = pr->p;
	struct nfs3_probe_obj_state *obj = &p->got.objs[pr->obj];
	nfsstat3 status = *(const nfsstat3 *)res;

	if (status == NFS3_OK)
		take_ok(obj, pr->call.proc, res);
	if (must_look_up(pr, status)) {
		look_up(pr);
		return;
	}
	obj->answered = true;
	obj->status = status == NFS3ERR_EXIST && pr->call.ambiguous ? NFS3_OK : status;
	if (pr->obj == PROBE_DIR && status == NFS3_OK && obj->has_attrs)
		p->squashed = obj->attrs.uid != p->in.uid;
	finish_probe(pr);
}

static void take_set(struct probe *pr, const void *res)
{
	struct nfs3_probe_obj_state *obj = &pr->p->got.objs[pr->obj];
	nfsstat3 status = *(const nfsstat3 *)res;

	obj->set = true;
	if (pr->call.proc == I2N_PROC_SETATTR) {
		obj->set_status = status;
		obj->has_attrs = false; /* what they were before says nothing */
	}
	if (status == NFS3_OK)
		take_ok(obj, pr->call.proc, res);
	if (status == NFS3_OK && !obj->has_attrs && pr->call.proc == I2N_PROC_SETATTR)
		look_up(pr);
	else
		finish_probe(pr);
}

static void on_answer(struct nfs_call *call, const void *res)
{
	struct probe *pr = (struct probe *)(void *)call;
	struct nfs3_trial *p = pr->p;

	p->disturbed |= call->ambiguous;
	if (!res) {
		p->lost = true;
		finish_probe(pr);
	} else if (pr->step->proc == I2N_PROC_FSSTAT) {
		p->got.statted = *(const nfsstat3 *)res == NFS3_OK;
		if (p->got.statted)
			p->got.stat = ((const FSSTAT3res *)res)->FSSTAT3res_u.resok;
		finish_probe(pr);
	} else if (pr->step->proc == I2N_PROC_LOOKUP) {
		p->got.names = *(const nfsstat3 *)res == NFS3ERR_NOENT ? CASE_SENSITIVE
			       : *(const nfsstat3 *)res == NFS3_OK     ? CASE_FOLDED
								       : CASE_UNKNOWN;
		finish_probe(pr);
	} else if (pr->step->proc == I2N_PROC_SETATTR) {
		take_set(pr, res);
	} else {
		take_make(pr, res);
	}
}

/* --- which after which --- */

static bool is_stopped(const struct nfs3_trial *p)
{
	return p->in.stop && *p->in.stop;
}

static void start_due(struct nfs3_trial *p)
{
	for (unsigned i = 0; i < N_STEPS && !p->lost && !is_stopped(p); i++) {
		const struct step *step = &steps[i];
		struct probe *pr = &p->probes[i];
		const struct nfs3_probe_obj_state *after = step->after < PROBE_OBJS
								   ? &p->got.objs[step->after]
								   : NULL;

		if (pr->state != WAITING || (p->in.essential && !step->essential))
			continue;
		/* what is being made counts as made when its answer is there */
		if (after && !(after->answered && after->status == NFS3_OK && after->has_fh))
			continue;
		if (step->proc != I2N_PROC_FSSTAT && step->proc != I2N_PROC_SETATTR &&
		    step->proc != I2N_PROC_LOOKUP)
			p->got.objs[step->obj].asked = true;
		*pr = (struct probe){ .p = p,
				      .step = step,
				      .obj = step->obj,
				      .state = UNDER_WAY,
				      .call = { .proc = step->proc, .done = on_answer } };
		fill(p, pr);
		p->under_way++;
		p->asking++;
		nfs_call_start(p->in.calls, &pr->call);
	}
}

/* A stop lets what was sent come back: only so it can be removed. */
static void serve(struct nfs3_trial *p)
{
	struct i2n_err why;

	if (is_stopped(p) && !p->end_ms)
		p->end_ms = nfs_now_ms() + CLEAN_MS;
	if (p->end_ms && nfs_now_ms() >= p->end_ms) {
		i2n_err_set(&why, I2N_DOM_STOPPED, *p->in.stop, "stopped by signal %d",
			    *p->in.stop);
		nfs_calls_stop(p->in.calls, &why, true);
	}
	(void)nfs_calls_service(p->in.calls, 200); /* dead: all have been answered */
}

static void await_all(struct nfs3_trial *p)
{
	while (p->under_way)
		serve(p);
}

/* --- reading back --- */

static enum nfs3_probe_obj obj_named(const struct nfs3_trial *p, const char *name)
{
	for (unsigned i = PROBE_FILE; i < PROBE_OBJS; i++)
		if (!strcmp(p->names[i], name))
			return (enum nfs3_probe_obj)i;
	return PROBE_OBJS;
}

static void on_list(struct nfs_call *call, const void *res)
{
	struct probe *pr = (struct probe *)(void *)call;
	struct nfs3_trial *p = pr->p;
	const READDIRPLUS3res *list = res;

	p->under_way--;
	p->lost |= !res;
	if (!res || list->status != NFS3_OK)
		return;
	p->got.listed = list->READDIRPLUS3res_u.resok.reply.eof;
	for (const void *next = list->READDIRPLUS3res_u.resok.reply.entries; next;) {
		entryplus3 e;
		enum nfs3_probe_obj obj;

		memcpy(&e, next, sizeof(e)); /* libnfs does not align them */
		obj = e.name ? obj_named(p, e.name) : PROBE_OBJS;
		if (obj < PROBE_OBJS) {
			p->got.objs[obj].listed = true;
			take_attrs(&p->got.objs[obj], &e.name_attributes);
		}
		next = e.nextentry;
	}
}

static void start_extra(struct nfs3_trial *p, struct probe *pr, enum i2n_proc proc,
			void (*done)(struct nfs_call *call, const void *res))
{
	p->under_way++;
	pr->p = p;
	pr->state = UNDER_WAY;
	pr->call.proc = proc;
	pr->call.done = done;
	nfs_call_start(p->in.calls, &pr->call);
}

static void read_back(struct nfs3_trial *p)
{
	const struct nfs3_probe_obj_state *dir = &p->got.objs[PROBE_DIR];

	if (p->lost || is_stopped(p) || p->in.essential || !dir->has_fh)
		return;
	p->list.call.args.readdirplus = (READDIRPLUS3args){ .dir = nfs3_fh_xdr(&dir->fh),
							    .dircount = 4096,
							    .maxcount = LIST_BYTES };
	start_extra(p, &p->list, I2N_PROC_READDIRPLUS, on_list);
	await_all(p);
}

/* --- removal --- */

/* NOENT: never made, or removed by the first sending; STALE: so was the directory it lay in. */
static bool is_gone(const struct probe *pr, nfsstat3 status)
{
	return status == NFS3_OK || status == NFS3ERR_NOENT ||
	       (status == NFS3ERR_STALE && pr->call.proc == I2N_PROC_REMOVE);
}

static void on_removed(struct nfs_call *call, const void *res)
{
	struct probe *pr = (struct probe *)(void *)call;
	struct nfs3_trial *p = pr->p;
	const nfsstat3 *status = res;

	pr->state = DONE;
	p->under_way--;
	p->lost |= !res;
	if (status && is_gone(pr, *status))
		p->removed = true;
	else if (status && (*status == NFS3ERR_NOTEMPTY || call->ambiguous))
		p->again = true;
	else
		p->got.left_behind = true;
	start_removals(p);
}

/* Something refused, or whose answer is unknown, was perhaps made. */
static bool may_exist(const struct nfs3_probe_obj_state *obj)
{
	return obj->asked && (!obj->answered || obj->status == NFS3_OK);
}

static bool is_used(const struct nfs3_trial *p, enum nfs3_probe_obj obj)
{
	for (unsigned i = 0; i < N_STEPS; i++)
		if (p->probes[i].state == UNDER_WAY &&
		    (steps[i].obj == obj || steps[i].after == obj))
			return true;
	return false;
}

static void start_removals(struct nfs3_trial *p)
{
	const struct nfs3_probe_obj_state *dir = &p->got.objs[PROBE_DIR];
	struct probe *last = &p->clean[PROBE_DIR];
	bool empty = !p->asking;

	for (unsigned i = PROBE_FILE; p->cleaning && i < PROBE_OBJS && dir->has_fh; i++) {
		enum nfs3_probe_obj obj = (enum nfs3_probe_obj)i;
		struct probe *pr = &p->clean[i];

		if (!may_exist(&p->got.objs[i]))
			continue;
		if (pr->state == WAITING && !is_used(p, obj)) {
			pr->call.args.remove.object = where(p, obj);
			start_extra(p, pr, I2N_PROC_REMOVE, on_removed);
		}
		empty &= pr->state == DONE;
	}
	if (!p->cleaning || !empty || last->state != WAITING || !may_exist(dir))
		return;
	last->call.args.rmdir.object = where(p, PROBE_DIR);
	start_extra(p, last, I2N_PROC_RMDIR, on_removed);
}

/* --- the whole of it --- */

static struct nfs3_trial *trial_new(const struct nfs3_check_in *in)
{
	struct nfs3_trial *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->in = *in;
	p->dir = *in->dir;
	p->cleaning = in->essential;
	name_objects(p);
	start_due(p);
	return p;
}

static int failed(const struct nfs3_trial *p, struct i2n_err *err)
{
	if (!p->lost)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, *p->in.stop,
				"stopped by signal %d", *p->in.stop);
	*err = p->in.calls->err;
	if (p->got.left_behind)
		i2n_err_hint(err, "the directory %s may be left there", p->scratch);
	return I2N_FATAL;
}

/* What was under way when a connection broke may be carried out later than what was sent over the
 * next one, so that for a moment there is something where all was removed; or at the same time, and
 * then one of two removals may fail in any way (nfs-ganesha: STALE). */
static void clean_up(struct nfs3_trial *p)
{
	p->cleaning = true;
	start_removals(p);
	await_all(p);
	for (int i = 0; p->again && i < AGAIN_MAX && !p->lost && !is_stopped(p); i++) {
		serve(p);	/* a pause: nothing is under way */
		p->again = false;
		for (unsigned k = 0; k < PROBE_OBJS; k++)
			p->clean[k].state = WAITING;
		start_removals(p);
		await_all(p);
	}
	p->got.left_behind |= p->again;
}

static int verdict(struct nfs3_trial *p, struct i2n_check *check, struct i2n_err *err)
{
	check->version = p->in.calls->v4 ? 4 : 3;
	while (p->asking || (p->under_way && !p->removed))
		serve(p);
	read_back(p);
	if (p->lost || is_stopped(p)) {
		clean_up(p);
		return failed(p, err);
	}
	nfs3_check_judge(&p->in, &p->got, check);
	return I2N_OK;
}

int nfs3_trial_end(struct nfs3_trial *p, struct i2n_check *check, struct i2n_err *err)
{
	int rc = I2N_OK;

	clean_up(p);
	if (p->lost || is_stopped(p))
		rc = failed(p, err);
	else if (p->got.left_behind)
		nfs3_check_found(check, I2N_CHECK_CLEANUP, I2N_CHECK_FAIL, I2N_REMEDY_NONE,
				 "could not remove %s again", p->scratch);
	free(p);
	return rc;
}

static bool is_all_right(const struct i2n_check *check)
{
	for (unsigned i = 0; i < I2N_CHECKS; i++)
		if (check->findings[i].state >= I2N_CHECK_LOSS)
			return false;
	return true;
}

/* Of a request that was sent again, both may be carried out at a time, and what the server shows
 * meanwhile says nothing: nfs-ganesha may still be about to give the owner of the first. */
int nfs3_trial_run(const struct nfs3_check_in *in, struct i2n_check *check,
		   struct nfs3_trial **ret, struct i2n_err *err)
{
	const struct i2n_check before = *check;

	for (unsigned i = 1;; i++) {
		int rc;

		*ret = trial_new(in);
		if (!*ret)
			return i2n_err_nomem(err);
		rc = verdict(*ret, check, err);
		if (rc != I2N_OK || !(*ret)->disturbed || is_all_right(check) || i == TRIALS_MAX)
			return rc;
		rc = nfs3_trial_end(*ret, check, err);
		*ret = NULL;
		if (rc != I2N_OK || check->findings[I2N_CHECK_CLEANUP].state == I2N_CHECK_FAIL)
			return rc;
		*check = before;
	}
}
