/* Patterns of --protect, by rsync(1), PATTERN MATCHING RULES. */
#include "img2nfs/glob.h"

#include <string.h>

#include "t.h"

static bool m(const char *glob, const char *path)
{
	return i2n_glob_match(glob, path, strlen(path));
}

int main(void)
{
	T_OK(m("/home", "home"));
	T_OK(!m("/home", "home/pi"));
	T_OK(!m("/home", "var/home"));
	T_OK(m("home", "var/home"));
	T_OK(!m("home", "var/homes"));
	T_OK(!m("home", "xhome"));
	T_OK(m("var/log", "var/log"));
	T_OK(m("var/log", "mnt/var/log"));
	T_OK(!m("var/log", "mntvar/log"));
	T_OK(m("*.log", "var/a.log"));
	T_OK(m("/var/*.log", "var/a.log"));
	T_OK(!m("/var/*.log", "var/x/a.log"));
	T_OK(m("/var/**.log", "var/x/y/a.log"));
	T_OK(m("/**/etc", "a/b/etc"));
	T_OK(!m("/**/etc", "etc"));
	T_OK(m("/a/**", "a/b/c"));
	T_OK(!m("/a/**", "a"));
	T_OK(m("/?x", "ax"));
	T_OK(!m("/a?b", "a/b"));
	T_OK(m("/[a-c]1", "b1"));
	T_OK(!m("/[!a-c]1", "b1"));
	T_OK(m("/[!a-c]1", "d1"));
	T_OK(m("/[]]", "]"));
	T_OK(m("/[x", "[x"));
	T_OK(m("/\\*", "*"));
	T_OK(!m("/\\*", "a"));
	T_OK(m("/*a*b*c", "xaxbxc"));
	T_OK(!m("/*a*b*c", "xaxbx"));
	T_OK(m("/**/x*y", "a/xb/xcy"));
	T_OK(!m("/", "a"));
	/* no exponential time */
	T_OK(!m("/**a**a**a**a**a**a**a**a**a**b",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	return t_end();
}
