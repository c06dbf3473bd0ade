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
    text += COSTS
    costs = [match.groups() for match in map(COST.search, read("speed.txt").splitlines()) if match]
    for _, users, keys, requests, cost, events, event in costs:
        text += f"| {int(requests):,} | {int(users):,} | {int(keys):,} | {float(cost):.2f} µs | {float(events):.1f} | {float(event):.2f} µs |\n"
    replay = json.loads(read("replay.json"))
    text += f"""
## Replayed requests

{replay["requests"]:,} Zipf requests of {replay["keys"]:,} keys in libCacheSim's own format, {replay["capacity"]:,} entries; CPU time of
`cachelane replay` and of libcachesim 0.3.5 from PyPI, in turns, the least of three (`benches/replay.py`). The variants of S3-FIFO and
W-TinyLFU differ a little. A dash: libcachesim did not install. The C program of libCacheSim says of itself, on its authors' machine
and with its best table, 22 M requests a second for LRU, 27 M for FIFO and 29 M for SIEVE: a figure from elsewhere, no yardstick of this run.

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
    smooth = json.loads(read("smooth.json"))
    for what, longest in smooth["tasks"].items():
        text += f"| {what} | {longest['ms']:.0f} ms | {longest['frames']} |\n" if longest["ms"] else f"| {what} | below 50 ms | below 3 |\n"
    text += f"""
"Finish now", from the click to the end of six lanes of 250,000 requests each: {smooth["finish_s"]:.1f} s, on {os.cpu_count()} cores, the least of
three. `cachelane compare` runs the same in {smooth["native_s"]:.1f} s.
"""
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
    text += SHORT
    for what, reached, asked, where, tried in short_of(rows, replay, smooth, sizes):
        text += f"| {what} | {reached} | {asked} | {where} | {tried} |\n"
    print(text, end="")


COSTS = """
## Whatever the length, whatever the keys

The same job for ever longer, and with ever more keys (`benches/speed.rs`), natively, once each. With more keys more requests miss, each
of which is more events; and what is touched no longer fits into the machine's caches.

| requests | users | keys | a request | events a request | an event |
|---|---|---|---|---|---|
"""

COST = re.compile(r"(longer|more keys)  (\d+) users, (\d+) keys, (\d+) requests: ([\d.]+) us a request, ([\d.]+) events a request, ([\d.]+) us an event")

SHORT = """
## Where it falls short

What was asked of this project and is not reached, where the time or the bytes go, and what was tried. Shares are of instructions
counted by callgrind in the release build (valgrind 3.19), of a run of the default preset's first lane and of a replay of two million requests.

| what | reached | asked | where it goes | tried |
|---|---|---|---|---|
"""


def short_of(rows, replay, smooth, sizes):
    """The rows that are short of what was asked."""
    per_hold = [(f"{int(users):,} users, {int(keys):,} keys", float(per)) for where, users, keys, _, _, per in rows if where == "native"]
    for (job, reached), (where, tried) in zip(per_hold, ENGINE):
        if reached < 0.13:
            yield f"requests per hold, {job}", f"{reached:.3f}", ".13", where, tried
    for users in dict.fromkeys(row[1] for row in rows):
        native, wasm = (next(float(row[3]) for row in rows if row[0] == where and row[1] == users) for where in ("native", "wasm"))
        if wasm / native < 0.8:
            yield f"WebAssembly ÷ native, {int(users):,} users", f"{wasm / native:.2f}", ".8", *WASM
    slow = {row["policy"]: row["libcachesim_s"] / row["cachelane_s"] for row in replay["policies"] if row.get("libcachesim_s")}
    slow = {policy: times for policy, times in slow.items() if times < 3}
    if slow:
        yield f"replay beside libcachesim: {', '.join(slow)}", ", ".join(f"{times:.1f}" for times in slow.values()), "3", *REPLAY
    if smooth["finish_s"] > 2:
        yield "\"Finish now\"", f"{smooth['finish_s']:.1f} s", "2 s", *FINISH
    if sizes["page"] > 450e3:
        yield "the page, before its first figure moves", f"{sizes['page'] / 1e3:.0f} KB", "450 KB", *PAGE


ENGINE = (
    (
        "Some four events a request and 7,000 instructions, spread thin: the main loop 13 %, the queue of events 8 %, polling tasks 4 %; of all the "
        "rest (network, cache, ledger, random lengths, figures) nothing above 3 %, but for the report at the end of so short a run, 6 %. The .13 is that of a plain small simulation of the same job.",
        "Kept: steps fused that nothing can come between, completion computed on arrival for servers in order, requests made in batches, dense "
        "ids, no call-back for which nobody waits, tasks that stay where they are, siblings of the queue on one cache line. "
        "Without gain: link-time optimisation and one codegen unit, a look at the queue before each pop.",
    ),
    ("As with 100 users; and the keys, copies and rows of 100,000 keys do not fit into the second-level cache.", "As with 100 users; and fields that each request touches apart from the others."),
)
WASM = (
    "Not attributed to a part; the hold loop, too, is slower there than natively (see the ratios per hold, which are better).",
    "Kept: `wasm-opt -O3` without inlining anew, an entry that V8 compiles well from its next call on. No shared memory, so that it works in an embed.",
)
REPLAY = (
    "Of LRU's some 490 instructions a request reading and naming the record is a quarter, the look-up a fifth, putting an entry in an eighth, copying a twentieth; "
    "some four reads a request miss the first-level cache, nearly half of them where a key gets its number.",
    "Kept: records decoded by the block, a table of its own for numbers, a look-up that goes to the store at once. Not kept: look-ups of 64 records in passes of "
    "their own, so that their waits overlap (4 to 13 % slower).",
)
FINISH = (
    "Six lanes on two cores are three rounds; a lane takes what the tables above say.",
    "Kept: a pool of plain workers, each of which takes the next lane. More cores are used where there are more.",
)
PAGE = (
    "Of 1,480 KB before compression the simulator, which is optimised for speed, is 600, the stage 70, the controls 50; the rest is Yew, the standard library, "
    "figures and texts.",
    "Kept: a profile of its own for the page, what the first figure does not call in a second part, simple numbers read without a table, similar functions "
    "side by side, `.br` beside each file. Not kept: controls and stage in the second part (about 460 KB, an estimate), for the first screen would then build up in two steps.",
)


if __name__ == "__main__":
    main()
