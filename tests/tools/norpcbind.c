/* norpcbind.c - preload object: lets a throw-away nfs-ganesha start on a machine without rpcbind.
 *
 * Debian's build of nfs-ganesha 4.3 ends at start when it cannot register its ports with rpcbind.
 * The tests give the ports in the URL, so the registration is of no use; these four functions of
 * libntirpc only say that it went well. */
#include <stdbool.h>

struct netconfig;
struct svc_xprt;
struct netbuf;

bool svc_reg(struct svc_xprt *xprt, unsigned prog, unsigned vers, void (*dispatch)(void),
	     const struct netconfig *nc);
void svc_unreg(unsigned prog, unsigned vers);
bool rpcb_set(unsigned prog, unsigned vers, const struct netconfig *nc, const struct netbuf *addr);
bool rpcb_unset(unsigned prog, unsigned vers, const struct netconfig *nc);

bool svc_reg(struct svc_xprt *xprt, unsigned prog, unsigned vers, void (*dispatch)(void),
	     const struct netconfig *nc)
{
	(void)xprt, (void)prog, (void)vers, (void)dispatch, (void)nc;
	return true;
}

void svc_unreg(unsigned prog, unsigned vers)
{
	(void)prog, (void)vers;
}

bool rpcb_set(unsigned prog, unsigned vers, const struct netconfig *nc, const struct netbuf *addr)
{
	(void)prog, (void)vers, (void)nc, (void)addr;
	return true;
}

bool rpcb_unset(unsigned prog, unsigned vers, const struct netconfig *nc)
{
	(void)prog, (void)vers, (void)nc;
	return true;
}
