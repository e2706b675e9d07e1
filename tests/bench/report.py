#!/usr/bin/env python3
"""What a benchmark has measured, as a table and a picture.

    report.py FOLDER name=value...      FOLDER/times -> FOLDER/RESULTS.md, FOLDER/throughput.svg

Called by tests/bench/run, which says what the runners are.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import time

work = sys.argv[1]
opt = dict(a.split("=", 1) for a in sys.argv[2:])
runs = {}       # (tree, setting, runner) -> [(seconds, {name: number})]
settings = []

with open(f"{work}/times") as f:
    for line in f:
        tree, setting, runner, _round, seconds, *rest = line.split()
        extra = {k: float(v) for k, v in (r.split("=") for r in rest)}
        runs.setdefault((tree, setting, runner), []).append((float(seconds), extra))
        if setting not in settings and setting not in ("local", "knfsd"):
            settings.append(setting)
rtts = [s for s in settings if s != "direct"]
trees = [t for t in ("small", "debian", "large") if (t, "direct", "ours") in runs]


def median(tree, setting, runner):
    r = runs.get((tree, setting, runner))
    return statistics.median(s for s, _ in r) if r else None


def extra(tree, setting, runner, name):
    r = runs.get((tree, setting, runner))
    return statistics.median(e[name] for _, e in r) if r else None


def summary(tree):
    with open(f"{work}/json.{tree}.direct") as f:
        return json.load(f)


def ratio(a, b):
    return a / b if a and b else None


def paired(tree, setting, a, b):
    """The median of the rounds' ratios: both of a round met the same machine."""
    x, y = runs.get((tree, setting, a)), runs.get((tree, setting, b))
    if not x or not y:
        return None
    return statistics.median(p[0] / q[0] for p, q in zip(x, y))


def num(v, digits=2):
    return "-" if v is None else f"{v:.{digits}f}"


def name_of(setting):
    named = {"direct": "direct", "knfsd": "Linux' own server, direct"}
    return named.get(setting) or f"{int(setting) / 1000:g} ms"


def command(*args):
    try:
        p = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
        return p.stdout.decode(errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return ""


def grep(text, pattern, default="?"):
    m = re.search(pattern, text, re.M)
    return m.group(1).strip() if m else default


def read(path):
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return ""


def machine():
    gib = int(grep(read("/proc/meminfo"), r"MemTotal: +(\d+)", "0")) / 1048576
    cpu = grep(read("/proc/cpuinfo"), r"model name\s*: (.*)", "unknown")
    system = grep(read("/etc/os-release"), r'PRETTY_NAME="(.*)"', "?")
    kernel = os.uname()
    rel = grep(kernel.release, r"^(\d+\.\d+)", kernel.release)
    virtual = " virtual" if "hypervisor" in read("/proc/cpuinfo") else ""
    return (f"{os.cpu_count()}{virtual} processors ({cpu}), {gib:.0f} GB of memory; {system}, Linux {rel} "
            f"{kernel.machine}. Client, proxy and server share it.")


def versions():
    top = os.environ["top"]
    ours = command(f"{os.environ['O']}/img2nfs", "--version").splitlines()
    commit = command("git", "-C", top, "describe", "--always", "--dirty").strip()
    server = grep(command("ganesha.nfsd", "-v"), r"Release = V?([\d.]+)",
                  grep(command("dpkg-query", "-W", "nfs-ganesha"), r"\s([\d.]+)"))
    peers = {"rsync": grep(command("rsync", "--version"), r"version ([\d.]+)"),
             "cp": grep(command("cp", "--version"), r"([\d.]+)$"),
             "debugfs": grep(command("debugfs", "-V"), r"debugfs ([\d.]+)"),
             "7z": grep(command("7z"), r"7-Zip.* (\d+\.\d+) ")}
    return (f"{ours[0] if ours else 'img2nfs'} ({commit}; {', '.join(ours[1:])}), nfs-ganesha {server}, "
            + ", ".join(f"{k} {v}" for k, v in peers.items()) + ".")


def table(head, rows):
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return out + ["| " + " | ".join(r) + " |" for r in rows] + [""]


def title(tree):
    return {"small": f"{int(opt['small_n']):,} small files", "debian": "Debian 12",
            "large": f"4 files of {opt['large_mb']} MB"}[tree]


def amount(tree):
    """What a tree has of what its rate is told in."""
    return {"small": float(opt["small_n"]), "debian": summary("debian")["requests"]["total"],
            "large": 4 * float(opt["large_mb"])}[tree]


def unit(tree):
    return {"small": "files/s", "debian": "requests/s", "large": "MB/s"}[tree]


def networks():
    out = []
    for tree in trees:
        rows = []
        for s in settings + ["knfsd"]:
            if (tree, s, "ours") not in runs:
                continue
            ours, bare = median(tree, s, "ours"), median(tree, s, "bare")
            rows.append([name_of(s), num(ours), num(bare), num(paired(tree, s, "ours", "bare")),
                         num(amount(tree) / ours, 0), num(amount(tree) / bare, 0)])
        out += [f"### {title(tree)}", ""]
        u = unit(tree)
        out += table(["network", "img2nfs, s", "bare writer, s", "ratio", f"img2nfs, {u}", f"bare, {u}"],
                     rows)
    return out


def sync_rows():
    rows = []
    for s in settings:
        per = [(t / e["files"]) for t, e in runs.get(("small", s, "sync"), [])]
        if not per:
            continue
        rate, ours = 1 / statistics.median(per), amount("small") / median("small", s, "ours")
        rows.append([name_of(s), num(rate, 0), num(ours, 0), num(ours / rate, 0)])
    return rows


def sync_factor(setting):
    per = [(t / e["files"]) for t, e in runs.get(("small", setting, "sync"), [])]
    return statistics.median(per) * amount("small") / median("small", setting, "ours") if per else None


def peers():
    names = [p for p in ("cp", "rsync", "debugfs", "7z", "guestfish")
             if any((t, "local", p) in runs for t in trees)]
    rows = []
    for t in trees:
        base = median(t, "direct", "ours")
        row = [title(t), num(base)]
        for p in names:
            m = median(t, "local", p)
            row.append("-" if m is None else f"{m:.2f} ({num(ratio(m, base))})")
        rows.append(row)
    return table(["tree", "img2nfs over NFS, s"] + [f"{p}, local" for p in names], rows)


def mounted():
    """Rates of what runs in a machine with a kernel of its own; files and KiB are what had arrived."""
    def rate(t, s, runner):
        sec, e = runs[t, s, runner][0]
        return e["kib"] / 1024 / sec if t == "large" else e["files"] / sec

    def times(a, b):
        return num(ratio(a, b), 1 if a < 10 * b else 0)

    rows = []
    for t, s in ((t, s) for t in trees for s in rtts if (t, s, "box_ours") in runs):
        cp, rsync, there = (rate(t, s, "box_" + r) for r in ("cp", "rsync", "ours"))
        n = {"small": float(opt["small_n"]), "debian": summary("debian")["stored"]["files"],
             "large": 4 * float(opt["large_mb"])}[t]
        here = n / median(t, s, "ours")
        rows.append([title(t), name_of(s), "MB/s" if t == "large" else "files/s", num(cp, 0), num(rsync, 0),
                     num(there, 0), f"{times(there, cp)}, {times(there, rsync)}", num(here, 0),
                     f"{times(here, cp)}, {times(here, rsync)}"])
    if not rows:
        return []
    return ["## Through a Linux kernel's NFS mount", "",
            "cp -a and rsync -aHAX from the mounted image to a mount of the server (vers=3,proto=tcp,noacl), as the "
            "recipe has it, in user-mode Linux, and img2nfs in the same machine. A system call costs some 20 µs "
            "there, which is what limits img2nfs; with it on the host, as in the tables above, the last columns "
            "compare. One round; all were stopped after 8 seconds, and what had arrived was counted; of the small files, cp and rsync "
            "had 1000 to copy.", ""] + table(
                ["tree", "network", "", "cp -a", "rsync -aHAX", "img2nfs there", "times cp, rsync",
                 "img2nfs on the host", "times cp, rsync"], rows)


def cost():
    rows = []
    for t in trees:
        s = summary(t)
        user, system = extra(t, "direct", "ours", "user_ms"), extra(t, "direct", "ours", "system_ms")
        rows.append([title(t), str(s["requests"]["total"]),
                     num(extra(t, "direct", "ours", "rss_kib") * 1.024e-3, 1), num(user / 1000),
                     num(system / 1000), num((user + system) * 1000 / amount(t), 0) + " per " +
                     {"small": "file", "debian": "request", "large": "MB"}[t]])
    return table(["tree", "requests", "peak memory, MB", "user, s", "system, s", "µs of processor"], rows)


def checks():
    """What issue 5 asks for: (what, limit as text, measured, met)."""
    out = []

    def at_most(what, v, limit):
        out.append((what, f"at most {limit:g}", num(v), v is not None and v <= limit))

    def at_least(what, v, limit):
        out.append((what, f"at least {limit:g}", num(v), v is not None and v >= limit))

    for t in trees:
        if t == "large":
            continue
        for s in settings:
            at_most(f"{title(t)}, {name_of(s)}: time / bare writer", paired(t, s, "ours", "bare"), 1.15)
    if "large" in trees:
        for s in settings:
            r = paired("large", s, "bare", "ours")
            at_least(f"{title('large')}, {name_of(s)}: MB/s / bare writer", r, 0.95)
        at_least("large files, direct: MB/s / plain sequential write",
                 paired("large", "direct", "sync", "ours"), 0.90)
    for t in trees:
        zero = median(t, "0", "ours")
        for s, limit in (("1000", 1.2), ("5000", 1.5)):
            if zero and (t, s, "ours") in runs:
                at_most(f"{title(t)}: {name_of(s)} / 0 ms", median(t, s, "ours") / zero, limit)
    if ("small", "1000", "sync") in runs:
        at_least("small files, 1 ms: files/s / libnfs' synchronous calls", sync_factor("1000"), 100)
    if "small" in trees:
        s = summary("small")
        dirs = s["stored"]["directories"]
        at_most("requests per small file", (s["requests"]["total"] - 2 * dirs - 30) / amount("small"),
                3.05)
    if "debian" in trees:
        peaks = [(extra("debian", s, "ours", "rss_kib") * 1.024e-3, name_of(s)) for s in settings]
        at_most(f"Debian (16,000 objects): peak memory, MB, the most ({max(peaks)[1]})", max(peaks)[0], 40)
    return out


def skipped():
    lines = [l.split(" ", 2) for l in read(f"{work}/skipped").splitlines()]
    return sorted({(what if tree == "all" else f"{what} ({tree})") + ": " + why
                   for tree, what, why in lines})


# ---- the picture ----

COLOURS = {"ours": "#1f6feb", "bare": "#8b949e", "sync": "#cf222e"}
LABELS = {"ours": "img2nfs", "bare": "bare writer (the floor)", "sync": "libnfs, synchronous"}


def panel(x0, title_text, unit_text, series, log):
    """One plot of 330 x 230 at x0; series: runner -> [value by network]."""
    import math
    w, h, y0 = 300, 200, 50
    top = max(v for vs in series.values() for v in vs if v)
    low = min(v for vs in series.values() for v in vs if v) if log else 0
    lo = 10 ** math.floor(math.log10(low)) if log else 0
    hi = 10 ** math.ceil(math.log10(top)) if log else top * 1.15

    def y(v):
        f = (math.log10(v) - math.log10(lo)) / (math.log10(hi) - math.log10(lo)) if log else v / hi
        return y0 + h - f * h

    def x(i):
        return x0 + 20 + i * (w - 40) / max(1, len(rtts) - 1)

    out = [f'<text x="{x0}" y="24" font-size="15" font-weight="bold">{title_text}</text>',
           f'<text x="{x0}" y="42" font-size="12" fill="#57606a">{unit_text}</text>']
    if log:
        ticks = [10 ** e for e in range(round(math.log10(lo)), round(math.log10(hi)) + 1)]
    else:
        step = next(s for s in (50, 100, 200, 500, 1000) if hi / s <= 6)
        ticks = list(range(0, int(hi) + 1, step))
    for t in ticks:
        out.append(f'<line x1="{x0}" x2="{x0 + w}" y1="{y(t):.1f}" y2="{y(t):.1f}" stroke="#d0d7de"/>')
        out.append(f'<text x="{x0 - 6}" y="{y(t) + 4:.1f}" font-size="11" text-anchor="end" '
                   f'fill="#57606a">{t:,}</text>')
    for i, s in enumerate(rtts):
        out.append(f'<text x="{x(i):.1f}" y="{y0 + h + 18}" font-size="11" text-anchor="middle" '
                   f'fill="#57606a">{name_of(s)}</text>')
    for runner, vs in series.items():
        at = [(x(i), y(v)) for i, v in enumerate(vs) if v]
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in at)
        out.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[runner]}" stroke-width="2.5"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{COLOURS[runner]}"/>' for a, b in at]
    return out


def picture():
    def rate(tree, runner):
        return [ratio(amount(tree), median(tree, s, runner)) for s in rtts]

    sync = []
    for s in rtts:
        per = [(e["files"] / t) for t, e in runs.get(("small", s, "sync"), [])]
        sync.append(statistics.median(per) if per else None)
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 320" font-family="sans-serif">',
           '<rect width="760" height="320" fill="#ffffff"/>']
    out += panel(60, title("small"), "files per second, over the round-trip time to the server",
                 {"sync": sync, "bare": rate("small", "bare"), "ours": rate("small", "ours")}, True)
    out += panel(430, title("large"), "MB per second, over the round-trip time",
                 {"bare": rate("large", "bare"), "ours": rate("large", "ours")}, False)
    for i, r in enumerate(("ours", "bare", "sync")):
        out.append(f'<rect x="{60 + i * 210}" y="292" width="14" height="14" fill="{COLOURS[r]}"/>')
        out.append(f'<text x="{80 + i * 210}" y="304" font-size="13">{LABELS[r]}</text>')
    return "\n".join(out + ["</svg>", ""])


def results():
    fs = {"tmpfs": "a tmpfs", "ext2/ext3": "ext4 on the machine's disk"}.get(opt["fs"], opt["fs"])
    cold = "dropped before each run" if opt["cold"] else "warm (the image is in the page cache)"
    out = ["# Results of `make bench`", "",
           f"{time.strftime('%Y-%m-%d', time.gmtime())}, {opt['rounds']} interleaved rounds in "
           f"{int(opt['seconds']) // 60} min {int(opt['seconds']) % 60} s, medians; a ratio is the median of "
           "the rounds' ratios. " + ("QUICK=1. " if opt["quick"] else ""), "",
           "- Machine: " + machine(), "- Versions: " + versions(),
           f"- Server: nfs-ganesha, FSAL_VFS on {fs}, fresh for each run. Caches: {cold}. Load average at the end: "
           f"{os.getloadavg()[2]:.1f} over 15 minutes.",
           "- Times of img2nfs are those of the whole process, as an ordinary user, reading of the image and "
           "trial of the export included. Networks but `direct` go through a proxy that delays; `0 ms` is "
           "what the proxy itself costs.",
           "- The bare writer sends the same requests from memory, over as many connections (2), without checks: 128 in flight and 4 MB of "
           "data; at 5 ms 512 and 16 MB, at 20 ms 1024 and 64 MB, which is what makes it fastest.", ""]
    out += ["## What is asked for", ""]
    out += table(["", "wanted", "measured", ""],
                 [[w, l, m, "ok" if ok else "**missed**"] for w, l, m, ok in checks()])
    out += ["## Over the network's round-trip time", ""] + networks()
    out += ["## libnfs' synchronous calls, small files", "",
            "A sample of 15 to 2000 files, scaled: creat, write, close, chown, chmod and utimes, one after "
            "the other, as any program does that waits for each reply.", ""]
    out += table(["network", "libnfs, files/s", "img2nfs, files/s", "times as many"], sync_rows())
    out += mounted()
    out += ["## Others, locally", "",
            "Seconds, and as multiple of img2nfs over NFS (direct). They write into a local directory, without "
            "any server: a lower bound for what they would take through a mount. cp and rsync read from a loop "
            "mount, which needs root; debugfs and 7z make no devices, owners or hard links.", ""]
    out += peers()
    if skipped():
        out += ["Left out:", ""] + ["- " + s for s in skipped()] + [""]
    out += ["## What it costs the client", ""] + cost()
    return "\n".join(out)


with open(f"{work}/RESULTS.md", "w") as f:
    f.write(results().rstrip() + "\n")
if "small" in trees and "large" in trees:
    with open(f"{work}/throughput.svg", "w") as f:
        f.write(picture())
