#define _POSIX_C_SOURCE 200809L
#include "sandbox_own.h"

#include <netdb.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <sys/socket.h>

const char *const sandbox_resolver_files[] = {
	"/etc/hosts",
	"/etc/resolv.conf",
	"/etc/nsswitch.conf",
	"/etc/host.conf",
	"/etc/gai.conf",
	"/etc/services",
	"/etc/protocols",
	"/etc/mdns.allow",
	/* who replaces resolv.conf while we run does it there */
	"/run/systemd/resolve",
	"/run/NetworkManager",
	"/run/resolvconf",
	"/run/connman",
	/* parts of glibc's resolver are loaded when they are needed */
	"/etc/ld.so.cache",
	"/lib",
	"/lib64",
	"/usr/lib",
	"/usr/lib64",
	"/usr/local/lib",
	"/nix/store",
	NULL,
};

static bool is_address(const char *host)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST };
	struct addrinfo *list;

	if (getaddrinfo(host, NULL, &hints, &list))
		return false;
	freeaddrinfo(list);
	return true;
}

static bool is_local(const char *host)
{
	static const char end[] = ".local";
	size_t len = strlen(host), n = sizeof(end) - 1;

	if (len && host[len - 1] == '.')
		len--;
	return len > n && !strncasecmp(host + len - n, end, n);
}

struct sandbox_net sandbox_net_of(const struct i2n_sandbox_opts *opts)
{
	struct sandbox_net net = { .any = opts->n_hosts != 0 };

	for (unsigned i = 0; i < opts->n_hosts; i++) {
		net.names |= !is_address(opts->hosts[i]);
		net.local |= is_local(opts->hosts[i]);
	}
	return net;
}
