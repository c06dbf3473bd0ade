"""Makes docs/speed.md from what scripts/bench has measured: speed.txt, engines.json, replay.json, smooth.json and guest.json in the folder given."""

import json
import os
import re
import sys

HEAD = """# Speed

Made by `make bench`, in one run on one machine; do not edit. Machines differ, so compare the ratios: each stands beside
a yardstick of the same run.

## Simulated requests

Look-aside in a closed loop, with ledger and figures (`benches/speed.rs`). The yardstick is the hold loop: take the
earliest of 1,000 events from Rust's binary heap, and put it back later. SimPy runs the first job without ledger and
figures; so does NeXosim, on one thread (`benches/nexosim`); Ciw knows no caches, and is given the share of misses
(`benches/engines.py`).

| what | job | requests a second | per hold |
|---|---|---|---|
"""

LINE = re.compile(r"(native|wasm) +look-aside, (\d+) users, (\d+) keys: ([\d.]+) M requests/s.*hold loop: ([\d.]+) M/s.*per hold: ([\d.]+)")


def main():
    def read(name):
        with open(os.path.join(sys.argv[1], name), encoding="utf-8") as file:
            return file.read()

    rows = [match.groups() for match in map(LINE.search, read("speed.txt").splitlines()) if match]
    text = HEAD
    for where, users, keys, rate, _, per_hold in rows:
        text += f"| Cachelane, {where} | {int(users):,} users, {int(keys):,} keys | {float(rate):.2f} M | {per_hold} |\n"
    native_holds = float(next(row[4] for row in rows if row[0] == "native"))
    for engine, rate in json.loads(read("engines.json")).items():
        shown = f"{rate / 1e6:.3f} M | {rate / 1e6 / native_holds:.4f}" if rate else "not installed | –"
        text += f"| {engine} | 100 users, 2,000 keys | {shown} |\n"
    for users in dict.fromkeys(row[1] for row in rows):
        native, wasm = (next(float(row[3]) for row in rows if row[0] == where and row[1] == users) for where in ("native", "wasm"))
        text += f"\nWebAssembly does {wasm / native:.2f} of the native rate with {int(users):,} users.\n"
    replay = json.loads(read("replay.json"))
    text += f"""
## Replayed requests

{replay["requests"]:,} Zipf requests of {replay["keys"]:,} keys in libCacheSim's own format, {replay["capacity"]:,} entries; CPU time of
`cachelane replay` and of libcachesim 0.3.5 from PyPI, in turns, the least of three (`benches/replay.py`). The variants of S3-FIFO and
W-TinyLFU differ a little. A dash: libcachesim did not install.

| policy | libcachesim | Cachelane | times as fast | Cachelane, requests a second | miss ratios |
|---|---|---|---|---|---|
"""
    for row in replay["policies"]:
        ours, theirs = row["cachelane_s"], row.get("libcachesim_s")
        beside = f"{theirs:.2f} s | {ours:.2f} s | {theirs / ours:.1f}" if theirs else f"– | {ours:.2f} s | –"
        misses = f"{row['libcachesim_misses']:.4f}, " if theirs else ""
        text += f"| {row['policy']} | {beside} | {replay['requests'] / ours / 1e6:.1f} M | {misses}{row['cachelane_misses']:.4f} |\n"
    curves = replay["curves"]
    sampled_s, exact_s = (sum(row[name] for row in curves) for name in ("sampled_s", "exact_s"))
    error = max(row["error"] for row in curves)
    text += f"""
## Curves by a sample

`cachelane curve` of the same trace, at 14 capacities from a hundredth of the keys to all: CPU time with a sample of the keys, the
least of three, and once with all of them (`--sample off`), and the greatest difference of miss ratios. With all keys, LRU's is one pass
over stack distances for all capacities; the others are a cache for each. All seven: {exact_s / sampled_s:.0f} times as fast, within {error:.4f}.

| policy | all keys | a sample | times as fast | within |
|---|---|---|---|---|
"""
    for row in curves:
        text += f"| {row['policy']} | {row['exact_s']:.2f} s | {row['sampled_s']:.2f} s | {row['exact_s'] / row['sampled_s']:.1f} | {row['error']:.4f} |\n"
    text += """
## The page, held up

The longest task of the page's thread in Chromium, where a frame takes a sixtieth of a second (`benches/smooth.mjs`).

| while | longest task | frames |
|---|---|---|
"""
    for what, longest in json.loads(read("smooth.json")).items():
        text += f"| {what} | {longest['ms']:.0f} ms | {longest['frames']} |\n" if longest["ms"] else f"| {what} | below 50 ms | below 3 |\n"
    with open("tests/data/sizes.json", encoding="utf-8") as file:
        sizes = json.load(file)
    text += """
## What is sent

Brotli, as `tests/browser/size.test.mjs` weighs and limits it. The rest of a program follows while its first figure moves
(`scripts/split.mjs`).

| what | before its first figure moves | the rest |
|---|---|---|
"""
    for what, name in (("the page", "page"), ("a figure in another page, with `embed.js`", "embed")):
        text += f"| {what} | {sizes[name] / 1e3:.0f} KB | {sizes[name + ', the rest'] / 1e3:.0f} KB |\n"
    text += f"| of that, `embed.js` | {sizes['embed.js'] / 1e3:.1f} KB | – |\n"
    guest = json.loads(read("guest.json"))
    eight, phone = guest["eight"], guest["phone"]
    text += f"""
## In an article

Figures on a page of another origin in Chromium, their files compressed beforehand (`benches/guest.mjs`). Pictures of their own
stand until they live. The phone: 1.6 Mbit/s, 150 ms to the first byte of each answer, a page thread four times slower.

| what | eight figures | one, on the phone |
|---|---|---|
| first picture | {eight["painted_ms"] / 1e3:.1f} s | {phone["painted_ms"] / 1e3:.1f} s |
| first figure alive | {eight["first_alive_ms"] / 1e3:.1f} s | {phone["first_alive_ms"] / 1e3:.1f} s |
| sent until then, with the pictures in sight | {eight["first_kb"]:.0f} KB | {phone["first_kb"]:.0f} KB |
| sent for all, with their pictures | {eight["all_kb"]:.0f} KB | – |
| memory beside the article without figures | {eight["memory_mb"]:.0f} MB | – |
| longest task | {eight["longest_task_ms"]:.0f} ms | – |
| frames later than 50 ms in 4 s of scrolling past all | {eight["late_frames"]} of {eight["frames"]} | – |
"""
    print(text, end="")


if __name__ == "__main__":
    main()
