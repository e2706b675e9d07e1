#include "confine.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more of `size` bytes. */
static void *grown(struct confine *c, void *list, unsigned n, size_t size)
{
	void *p = realloc(list, (n + (size_t)1) * size);

	c->failed |= !p;
	return p;
}

void confine_path(struct confine *c, const char *path, enum i2n_sandbox_right right)
{
	struct i2n_sandbox_path *p;

	if (!path)
		return;
	p = grown(c, c->paths, c->n_paths, sizeof(*p));
	if (!p)
		return;
	c->paths = p;
	p[c->n_paths++] = (struct i2n_sandbox_path){ .path = path, .right = right };
}

void confine_out(struct confine *c, const struct out_file *o)
{
	confine_path(c, o->to, I2N_SANDBOX_RENAME);
}

void confine_server(struct confine *c, const struct i2n_nfs_url *url)
{
	const char **p;

	c->secured |= url->sec || url->xprtsec;
	p = grown(c, c->hosts, c->n_hosts, sizeof(*p));
	if (!p)
		return;
	c->hosts = p;
	p[c->n_hosts++] = url->host;
}

int confine_enter(struct confine *c, bool off, const struct i2n_notes *notes, struct i2n_err *err)
{
	const struct i2n_sandbox_opts opts = { .paths = c->paths, .n_paths = c->n_paths,
					       .hosts = c->hosts, .n_hosts = c->n_hosts };
	char text[I2N_SANDBOX_TEXT];

	if (c->failed)
		return i2n_err_nomem(err);
	if (off || c->entered)
		return I2N_OK;
	c->entered = true;
	if (c->secured)	/* fits */
		(void)snprintf(text, sizeof(text), "not confined: Kerberos or TLS need more rights "
			       "than can be foreseen");
	else
		(void)i2n_sandbox_enter(&opts, text);	/* the text says how far */
	i2n_note(notes, I2N_NOTE_INFO, "sandbox", NULL, 0, "%s", text);
	return I2N_OK;
}

void confine_release(struct confine *c)
{
	free(c->paths);
	free(c->hosts);
	memset(c, 0, sizeof(*c));
}
