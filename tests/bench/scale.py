#!/usr/bin/env python3
"""What large, uneven and sparse images cost, and reading from a slow disk. Run by `make bench-scale`.

Environment: O, top; ROUNDS (3), QUICK=1 (a tenth of the inodes), SAVE=1 (replace tests/bench/SCALE.md
and scale.svg). Images are made in $O/bench-scale and removed at the end, 12 GB at most at a time.
The part with the slow disk needs root, for the mount and to drop caches.
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

top, build = os.environ["top"], os.environ["O"]
rounds = int(os.environ.get("ROUNDS") or 3)
quick = bool(os.environ.get("QUICK"))
save = bool(os.environ.get("SAVE"))
work = f"{build}/bench-scale"
tools = f"{build}/tests/tools"
program = f"{build}/img2nfs"
out = []


def say(text=""):
    print(text, flush=True)
    out.append(text)


def run(*args, **kw):
    return subprocess.run(args, check=True, stdout=kw.pop("stdout", subprocess.DEVNULL), **kw)


def make_image(path, size, inodes, *options, features=()):
    if os.path.exists(path):
        os.remove(path)
    run("truncate", "-s", str(size), path)
    count = ["-N", str(inodes)] if inodes else []
    run("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", *count, *features, path, stderr=subprocess.DEVNULL)
    run(f"{tools}/bigimage", *options, path)


def measured(*args):
    """Wall and CPU seconds, peak memory in bytes."""
    told = f"{work}/watched"
    if os.path.exists(told):
        os.remove(told)
    if subprocess.run([f"{tools}/watched", told, *args], stdout=subprocess.DEVNULL).returncode:
        sys.exit(f"failed: {' '.join(args)}")
    v = dict(line.split() for line in open(told))
    return int(v["wall_ms"]) / 1e3, (int(v["user_ms"]) + int(v["system_ms"])) / 1e3, int(v["maxrss_kib"]) * 1024


def medians(runs):
    return [statistics.median(column) for column in zip(*runs)]


def tree_of(image):
    """Inodes, reads and bytes of loading the tree."""
    text = subprocess.run([f"{tools}/treedump", "-q", image], check=True, capture_output=True, text=True).stdout
    m = re.search(r"(\d+) inodes, \d+ dirents, (\d+) reads, (\d+) bytes", text)
    return [int(x) for x in m.groups()]


def commands(image):
    return {"extract": [program, "extract", "--quiet", image, "null:"], "ls -R": [program, "ls", "-R", image],
            "list": [program, "list", image]}


def row(cells):
    say("| " + " | ".join(str(c) for c in cells) + " |")


def head(cells):
    row(cells)
    row(["---"] * len(cells))


# --- linear growth ---

def growth():
    """(inodes, CPU seconds, bytes) of extract, for the picture."""
    sizes = [500_000, 1_000_000, 2_000_000, 5_000_000]
    if quick:
        sizes = [n // 10 for n in sizes]
    images, runs = {}, {}
    for n in sizes:
        images[n] = f"{work}/{n}.img"
        make_image(images[n], 2 * n * 1024 + (1 << 30), n + n // 40 + 1000, "-n", str(n))
    for _ in range(rounds):
        for n in sizes:
            for name, cmd in commands(images[n]).items():
                runs.setdefault((n, name), []).append(measured(*cmd))
    say("## Many inodes\n")
    say("Empty files in directories of 50, names of 11 bytes, image in the page cache. Bytes per inode: peak memory of the")
    say("process, all of it, divided by the inodes.\n")
    head(["inodes", "extract to null:", "CPU", "µs per inode", "bytes per inode", "`ls -R`", "bytes per inode", "`list`"])
    points = []
    for n in sizes:
        inodes = tree_of(images[n])[0]
        e, ls, li = (medians(runs[n, name]) for name in ("extract", "ls -R", "list"))
        row([f"{inodes:,}", f"{e[0]:.2f} s", f"{e[1]:.2f} s", f"{e[1] / inodes * 1e6:.2f}", f"{e[2] / inodes:.0f}",
             f"{ls[0]:.2f} s", f"{ls[2] / inodes:.0f}", f"{li[0]:.2f} s"])
        points.append((inodes, e[1], e[2]))
        os.remove(images[n])
    say()
    return points


def uneven():
    n = 100_000 if quick else 1_000_000
    image = f"{work}/uneven.img"
    say("## Uneven trees\n")
    head(["tree", "inodes", "extract to null:", "CPU", "bytes per inode"])
    cases = [
        (f"one directory of {n:,}", n, ["-n", str(n), "-d", str(n)]),
        (f"a directory for each of {n // 2:,} files, side by side", n, ["-n", str(n // 2), "-d", "1"]),
        (f"{n // 10:,} directories, each in the one before", n // 5, ["-n", str(n // 10), "-d", "1", "-D"]),
        ("names of 60 bytes", n, ["-n", str(n), "-l", "60"]),
        ("64,000 names of one file, and 10,000 files", 20_000, ["-n", "10000", "-H", "64000"]),
    ]
    for what, inodes, options in cases:
        make_image(image, 16 << 30, inodes + inodes // 20 + 1000, *options)
        m = medians([measured(*commands(image)["extract"]) for _ in range(rounds)])
        made = tree_of(image)[0]
        row([what, f"{made:,}", f"{m[0]:.2f} s", f"{m[1]:.2f} s", f"{m[2] / made:.0f}"])
    os.remove(image)
    say()


def sparse():
    image = f"{work}/sparse.img"
    say("## Mostly empty file systems\n")
    say("20,000 files. `^metadata_csum`: without checksums of group descriptors, as ext3 has it.\n")
    head(["file system", "reads for the tree", "bytes", "extract to null:", "CPU", "peak memory"])
    for features in (["-O", "^has_journal"], ["-O", "^has_journal,^metadata_csum,^uninit_bg"]):
        for size in (2, 200):
            make_image(image, size << 30, 0, "-n", "20000", features=features)
            _, reads, read = tree_of(image)
            m = medians([measured(*commands(image)["extract"]) for _ in range(rounds)])
            kind = "ext4, ^metadata_csum" if "csum" in features[1] else "ext4"
            row([f"{kind}, {size} GB", reads, f"{read:,}", f"{m[0]:.2f} s", f"{m[1]:.2f} s", f"{m[2] / 1e6:.1f} MB"])
    os.remove(image)
    say()


# --- a slow disk ---

def on_slow_disk(image, cmd):
    """Seconds, requests, seeks, bytes, with a cold cache."""
    folder = f"{work}/slow"
    os.makedirs(folder, exist_ok=True)
    with open(image, "rb") as f:        # what is behind the slow disk is not to be slow itself
        while f.read(1 << 24):
            pass
    disk = subprocess.Popen([f"{tools}/slowdisk", image, folder], stdout=subprocess.PIPE, text=True)
    while not os.path.exists(f"{folder}/image"):
        time.sleep(0.05)
    start = time.monotonic()
    subprocess.run([c.replace("IMG", f"{folder}/image") for c in cmd], check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - start
    run("umount", folder)
    m = re.search(r"reads (\d+) seeks (\d+) bytes (\d+)", disk.communicate()[0])
    return [took] + [int(x) for x in m.groups()]


def slow_disk():
    if os.geteuid():
        say("(The slow disk needs root and was left out.)\n")
        return
    small, debian = f"{work}/small.img", f"{build}/fixtures/debian.img"
    make_image(small, 1 << 30, 40000, "-n", "30000", "-s", "4000")
    say("## Cold, from a disk of 40 MB/s and 1 ms for each seek\n")
    say("`tests/tools/slowdisk`. The file data is what extract reports. `dd`: so many bytes from the start of the image, in")
    say("one piece. Over a small gap, a directory block in the cache already, the disk reads on without a seek.\n")
    head(["image", "file data", "read", "requests", "seeks", "extract to null:", "dd of the bytes read", "ratio"])
    for what, image in (("30,000 files of 4 kB", small), ("Debian", debian)):
        if not os.path.exists(image):
            continue
        told = json.loads(subprocess.run([program, "extract", "--quiet", "--json", image, "null:"],
                                         capture_output=True, text=True, check=True).stdout)
        data = find(told, "bytes_written")
        ours, dd = [], []
        for _ in range(rounds):
            ours.append(on_slow_disk(image, [program, "extract", "--quiet", "IMG", "null:"]))
            count = str(round(ours[-1][3] / (1 << 20)))
            dd.append(on_slow_disk(image, ["dd", "if=IMG", "of=/dev/null", "bs=1M", "count=" + count, "status=none"]))
        o, d = medians(ours), medians(dd)
        row([what, f"{data / 1e6:.0f} MB", f"{o[3] / 1e6:.0f} MB", f"{o[1]:.0f}", f"{o[2]:.0f}", f"{o[0]:.1f} s",
             f"{d[0]:.1f} s", f"{o[0] / d[0]:.2f}"])
    os.remove(small)
    say()


def find(tree, name):
    """The first value of that name, at any depth; 0 = none."""
    if isinstance(tree, dict):
        if name in tree:
            return tree[name]
        tree = list(tree.values())
    if isinstance(tree, list):
        for t in tree:
            v = find(t, name)
            if v:
                return v
    return 0


# --- picture and text ---

def picture(points):
    w, h, left, bottom = 360, 220, 60, 180
    most = max(n for n, _, _ in points)

    def panel(x0, title, values, unit):
        top_v = max(values) * 1.15

        def x(n):
            return x0 + left + n / most * (w - left - 20)

        def y(v):
            return bottom - v / top_v * (bottom - 40)
        line = " ".join(f"{x(n):.1f},{y(v):.1f}" for (n, _, _), v in zip(points, values))
        s = [f'<text x="{x0 + left}" y="20" font-size="13">{title}</text>',
             f'<path d="M{x0 + left},30 V{bottom} H{x0 + w - 10}" fill="none" stroke="#888"/>',
             f'<polyline points="{x(0):.1f},{y(0):.1f} {line}" fill="none" stroke="#06c" stroke-width="2"/>']
        for (n, _, _), v in zip(points, values):
            s.append(f'<circle cx="{x(n):.1f}" cy="{y(v):.1f}" r="3" fill="#06c"/>')
            s.append(f'<text x="{x(n):.1f}" y="{y(v) - 8:.1f}" font-size="10" text-anchor="end">{v:.3g} {unit}</text>')
            s.append(f'<text x="{x(n):.1f}" y="{bottom + 15}" font-size="10" text-anchor="middle">{n / 1e6:.1f}</text>')
        s.append(f'<text x="{x0 + w / 2 + 20}" y="{bottom + 32}" font-size="11" text-anchor="middle">million inodes</text>')
        return s
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * w} {h}" font-family="sans-serif">',
             f'<rect width="{2 * w}" height="{h}" fill="white"/>']
    parts += panel(0, "extract to null:, CPU", [t for _, t, _ in points], "s")
    parts += panel(w, "peak memory", [b / 1e6 for _, _, b in points], "MB")
    return "\n".join(parts + ["</svg>", ""])


def main():
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    say("# Scale\n")
    say(f"`make bench-scale`, medians of {rounds} rounds, {time.strftime('%Y-%m-%d', time.gmtime())}, "
        f"{os.uname().sysname} {os.uname().release.split('-')[0]} {os.uname().machine}, {os.cpu_count()} cores.\n")
    say("![CPU and memory over the number of inodes](scale.svg)\n")
    points = growth()
    uneven()
    sparse()
    slow_disk()
    for name, text in (("SCALE.md", "\n".join(out).rstrip() + "\n"), ("scale.svg", picture(points))):
        with open(f"{work}/{name}", "w") as f:
            f.write(text)
        if save:
            shutil.copy(f"{work}/{name}", f"{top}/tests/bench/{name}")


main()
