#include "choose_opts.h"

#include "server.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool choose_is_on(const struct choose_opts *o)
{
	return o->rules.n || o->map_users.n || o->map_groups.n || o->subdir || o->owner ||
	       o->reproducible;
}

static int add_rule(struct i2n_rules *rules, const struct opt_item *item, struct i2n_err *err)
{
	int rc;

	if (!strcmp(item->option, "exclude-from"))
		rc = i2n_rules_read(rules, item->value, err);
	else
		rc = i2n_rules_add(rules, !strcmp(item->option, "include"), item->value, err);
	if (rc != I2N_OK && err->domain == I2N_DOM_USAGE)
		i2n_err_wrap(err, "option '--%s'", item->option);
	return rc;
}

static int init_rules(struct choose *c, struct i2n_err *err)
{
	int rc = c->o->rules.n ? i2n_rules_new(&c->rules, err) : I2N_OK;

	for (unsigned i = 0; rc == I2N_OK && i < c->o->rules.n; i++)
		rc = add_rule(c->rules, &c->o->rules.items[i], err);
	return rc;
}

static int init_ids(const struct opt_list *list, const char *what, struct i2n_id_map *ret,
		    struct i2n_err *err)
{
	int rc = I2N_OK;

	for (unsigned i = 0; rc == I2N_OK && i < list->n; i++)
		rc = i2n_map_add(ret, what, list->items[i].value, err);
	return rc;
}

/* reproducible-builds.org's variable: seconds since 1970. */
static int init_epoch(struct i2n_map *map, struct i2n_err *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t sec;

	if (!text || !*text) {
		i2n_err_set(err, I2N_DOM_USAGE, 0,
			    "option '--reproducible' needs the variable SOURCE_DATE_EPOCH");
		i2n_err_hint(err, "for the time of the last commit: "
			     "SOURCE_DATE_EPOCH=$(git log -1 --format=%%ct)");
		return I2N_FATAL;
	}
	if (opts_number(text, false, 0, (uint64_t)I2N_TIME_MAX, "SOURCE_DATE_EPOCH", &sec, err))
		return I2N_FATAL;
	map->has_epoch = true;
	map->epoch = i2n_time_pack((struct i2n_time){ (int64_t)sec, 0 });
	return I2N_OK;
}

int choose_init(struct choose *c, const struct choose_opts *o, struct i2n_err *err)
{
	c->o = o;
	if (o->owner && (o->map_users.n || o->map_groups.n))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"options '--owner' and '--map-%s' exclude each other",
				o->map_users.n ? "users" : "groups");
	if (init_rules(c, err) ||
	    init_ids(&o->map_users, "option '--map-users'", &c->map.users, err) ||
	    init_ids(&o->map_groups, "option '--map-groups'", &c->map.groups, err))
		return I2N_FATAL;
	c->map.has_owner = o->owner;
	if (o->owner && server_ids("option '--owner'", o->owner, &c->map.uid, &c->map.gid, err))
		return I2N_FATAL;
	return o->reproducible ? init_epoch(&c->map, err) : I2N_OK;
}

void choose_release(struct choose *c)
{
	i2n_map_reader_free(c->reader);
	i2n_rules_free(c->rules);
	i2n_map_release(&c->map);
	*c = (struct choose){ 0 };
}

bool choose_must_wait(const struct choose *c, const char *rest)
{
	return rest[0] || c->o->subdir || c->map.users.n || c->map.groups.n;
}

int choose_tree(const struct choose *c, const char *rest, struct i2n_tree *tree,
		const struct i2n_notes *notes, struct i2n_err *err)
{
	uint64_t n = 0;

	if ((rest[0] && i2n_choose_below(tree, rest, err)) ||
	    (c->o->subdir && i2n_choose_below(tree, c->o->subdir, err)))
		return I2N_FATAL;
	if (!c->rules)
		return I2N_OK;
	if (i2n_choose_by_rules(tree, c->rules, &n, err))
		return I2N_FATAL;
	i2n_note(notes, I2N_NOTE_INFO, "exclude", NULL, 0, "%" PRIu64 " names are left out", n);
	return I2N_OK;
}

int choose_map(struct choose *c, struct i2n_tree *tree, struct i2n_reader **reader,
	       struct i2n_err *err)
{
	if (i2n_map_tree(tree, *reader, &c->map, err))
		return I2N_FATAL;
	if (!c->map.users.n && !c->map.groups.n)
		return I2N_OK;
	if (i2n_map_reader(*reader, &c->map, &c->reader, err))
		return I2N_FATAL;
	*reader = c->reader;
	return I2N_OK;
}

bool choose_excludes(void *ctx, const char *path, size_t len)
{
	const struct i2n_rules *rules = ctx;

	return i2n_rules_excludes(rules, path, len, false) ||
	       i2n_rules_excludes(rules, path, len, true);
}
