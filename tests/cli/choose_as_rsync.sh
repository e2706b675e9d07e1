# --exclude, --include and --exclude-from choose what the real rsync chooses of the same tree: sets of rules
# that its manual tells of, and random ones (SEED=N repeats a run, SETS=N makes more).
. "$top/tests/lib/cli.sh"
PATH=$PATH:/usr/sbin:/sbin
need rsync mke2fs python3 tar
cat >compare.py <<'EOF'
import os, random, subprocess, sys

program, sets, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
print("SEED=%d" % seed)
rnd = random.Random(seed)
parts = ["a", "b", "ab", "foo", "bar", "foo.o", "b.c", "x[y]", "s*r", "q?", "back\\slash", "A", "foobar", "-", "7", "]"]
paths = set(["lost+found/"])


def grow(prefix, depth):
    for name in rnd.sample(parts, rnd.randint(3, 7)):
        is_dir = depth < 4 and rnd.random() < 0.55
        paths.add(prefix + name + ("/" if is_dir else ""))
        if is_dir:
            grow(prefix + name + "/", depth + 1)


grow("", 0)
os.mkdir("src")
for p in sorted(paths):
    full = os.path.join("src", p)
    if p.endswith("/"):
        os.makedirs(full, exist_ok=True)
    else:
        open(full, "w").close()
# names of one inode that are out under one name and in under another
os.makedirs("src/links/in", exist_ok=True)
open("src/links/one", "w").close()
os.link("src/links/one", "src/links/in/two")
os.symlink("one", "src/links/symlink")
subprocess.run(["truncate", "-s", "16M", "x.img"], check=True)
subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", "src", "x.img"], check=True)

# (option, value) each
known = [
    [("exclude", "*.o")],
    [("exclude", "/foo")],
    [("exclude", "foo/")],
    [("exclude", "/foo/*/bar")],
    [("exclude", "/foo/**/bar")],
    [("include", "*/"), ("include", "*.c"), ("exclude", "*")],
    [("include", "foo/"), ("include", "foo/bar"), ("exclude", "*")],
    [("include", "/a/***"), ("exclude", "*")],
    [("include", "/a/**"), ("exclude", "*")],
    [("exclude", "**/foo")],
    [("exclude", "**foo")],
    [("exclude", "foo**")],
    [("exclude", "a/b")],
    [("exclude", "/a/b/")],
    [("exclude", "[[:upper:]]"), ("exclude", "[!a-z]")],
    [("exclude", "x[[]y[]]")], [("exclude", "x\\[y]")], [("exclude", "x[y]")],
    [("exclude", "s\\*r")], [("exclude", "s[*]r")], [("exclude", "back\\slash")], [("exclude", "back\\\\sl*")],
    [("exclude", "q[")], [("exclude", "q\\?")], [("exclude", "[]]")], [("exclude", "[]-a]")], [("exclude", "[z-a]")],
    [("exclude", "- foo")], [("exclude", "+ foo"), ("exclude", "foo*")],
    [("exclude", "a"), ("exclude", "!"), ("exclude", "b")],
    [("include", "/links/in/"), ("include", "/links/in/two"), ("include", "/links/"), ("exclude", "*")],
    [("exclude", "/links/one")],
    [("exclude", "/")], [("exclude", "/*")], [("exclude", "*")], [("exclude", "**")], [("exclude", "***")],
    [("exclude", "/**")], [("exclude", "*/")], [("exclude", "**/")], [("exclude", "/***")], [("exclude", "a/***/b")],
    [("exclude-from", "# comment\n; another\n\n*.c\n+ foo.o\n- foo*\r\n  spaced\n")],
    [("include", "/a"), ("exclude-from", "+ /b\n/*\n"), ("include", "/foo")],
]


def pattern():
    atoms = parts + ["*", "**", "?", "[a-f]", "[!a-f]", "[^b]", "***", "f*", "*o", "?oo", "[[:alpha:]]", "*.*",
                     "foo**", "**bar", "a?", "[b", "\\*", "[a-]", "*\\]"]
    n = rnd.choice([1, 1, 1, 2, 2, 3])
    p = "/".join(rnd.choice(atoms) for _ in range(n))
    p = rnd.choice(["", "", "/"]) + p + rnd.choice(["", "", "", "/", "/***", "/**"])
    return p if p.strip() else "a"


for _ in range(sets):
    known.append([(rnd.choice(["exclude", "exclude", "include"]), pattern()) for _ in range(rnd.randint(1, 5))])

bad = 0
for rules in known:
    args = []
    for i, (option, value) in enumerate(rules):
        if option == "exclude-from":
            with open("from.%d" % i, "w", newline="") as f:
                f.write(value)
            value = "from.%d" % i
        args.append("--%s=%s" % (option, value))
    want = subprocess.run(["rsync", "-rlH", "-8", "-n", "--out-format=%n"] + args + ["src/", "nowhere/"],
                          check=True, stdout=subprocess.PIPE).stdout.decode().splitlines()
    want = sorted(w for w in want if w != "./" and "skipping" not in w)
    tar = subprocess.run([program, "extract", "--quiet"] + args + ["x.img", "-"], stdout=subprocess.PIPE)
    names = subprocess.run(["tar", "--quoting-style=literal", "-tf", "-"], input=tar.stdout,
                           stdout=subprocess.PIPE).stdout.decode().splitlines()
    got = sorted(n[2:] for n in names if n != "./")
    if tar.returncode or want != got:
        bad += 1
        print("differs:", " ".join(map(repr, args)), "status", tar.returncode)
        print("  rsync only:", sorted(set(want) - set(got))[:5])
        print("  ours only: ", sorted(set(got) - set(want))[:5])
print("%d sets of rules, %d differ" % (len(known), bad))
sys.exit(bad > 0)
EOF
python3 compare.py "$img2nfs" "${SETS:-120}" "${SEED:-$(od -An -N3 -tu4 /dev/urandom)}" || die "not as rsync"
