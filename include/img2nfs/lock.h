/* lock.h - one run at a time into one destination: a file with a name that all runs agree on.
 *
 *	i2n_lock_new(&opts)
 *	i2n_lock_look(lock, sink, &err)		reads only: refuses when another run is alive
 *	i2n_lock_take(lock, sink, &err)		from here on the lock is ours
 *	i2n_lock_beat(lock)			as often as you like, while the sink is serviced
 *	i2n_lock_is_lost(lock, &err)		somebody took it from us: stop
 *	i2n_lock_drop(lock, sink, &err)		at every end
 *
 * NFSv3 has no locks of its own (NLM is another service, and seldom there). The file is made with a
 * GUARDED CREATE, which one of two runs loses, and holds one line: a random number that is the
 * run's own, a counter, and who holds it. The holder reads it every few seconds, to see that it is
 * still its own, and changes the counter. A run that meets a lock reads it for a while: when it
 * changes twice (once may be the late request of a run that was killed), its holder is alive and
 * the run is refused; when it does not, in so many answered reads, its holder was killed, and the
 * run writes its own line over it. Neither clocks nor process
 * ids are compared: in containers and on cloned machines they say nothing. A server without room
 * for the line gets a hole, whose mtime is the run's number and whose size is the counter.
 *
 * What it cannot do: a holder that was frozen for longer than the others watch goes on with the
 * requests it has prepared before it finds its lock gone. Of two runs that take over a dead lock in
 * the same moment, one notices only with its first beat, a second later.
 *
 * Unit:      milliseconds.
 * Thread:    one.
 * Ownership: opts' members must outlive the lock. Free the sink of i2n_lock_take() before the
 *            lock: it may still have a beat under way.
 * Trust:     what a lock holds is only compared and quoted. */
#ifndef IMG2NFS_LOCK_H
#define IMG2NFS_LOCK_H

#include "img2nfs/sink.h"

#define I2N_LOCK_WATCH_MS 30000	/* a lock that does not change for so long is dead */
#define I2N_LOCK_BEAT_MS 5000	/* how often a holder changes it */

struct i2n_lock;

struct i2n_lock_opts {
	i2n_obj dir;		/* in which directory of the sinks */
	const char *name;	/* at most 255 bytes */
	const char *who;	/* "pid 12 on host since ...": printable, what exceeds 200 bytes is
				 * cut */
	uint64_t nonce;		/* random */
	bool break_it;		/* take it over at once, whoever holds it */
	const struct i2n_notes *notes;
	const volatile int *stop;	/* or NULL */
};

struct i2n_lock *i2n_lock_new(const struct i2n_lock_opts *opts);	/* NULL: out of memory */
void i2n_lock_free(struct i2n_lock *lock);

/* Is there a lock whose holder is alive? Then I2N_FATAL, domain DEST. Takes up to
 * I2N_LOCK_WATCH_MS. */
int i2n_lock_look(struct i2n_lock *lock, struct i2n_sink *sink, struct i2n_err *err);

/* Make it, or take over a dead one; looks again where it must. */
int i2n_lock_take(struct i2n_lock *lock, struct i2n_sink *sink, struct i2n_err *err);

/* Never waits; asks the sink of take for at most two small requests every I2N_LOCK_BEAT_MS. May be
 * called before take. */
void i2n_lock_beat(struct i2n_lock *lock);
bool i2n_lock_is_held(const struct i2n_lock *lock);	/* taken, not dropped; perhaps lost */
bool i2n_lock_is_lost(const struct i2n_lock *lock, struct i2n_err *err);

/* Ask now whether it is still ours. */
int i2n_lock_confirm(struct i2n_lock *lock, struct i2n_sink *sink, struct i2n_err *err);

/* Remove it, if it is ours; over the sink of take or another one with the same directory.
 * I2N_FATAL: it may still be there. May be called again, and without take. */
int i2n_lock_drop(struct i2n_lock *lock, struct i2n_sink *sink, struct i2n_err *err);

#endif
