"""CPU time of `cachelane replay` and of libcachesim (PyPI), in turns, over one Zipf trace in libCacheSim's own format; and of
`cachelane curve` with a sample of the keys and with all of them.

    python benches/replay.py CACHELANE [REQUESTS]        prints a line of JSON

Of each side the least of ROUNDS user and system times counts. libcachesim's is that from making the reader to the end of
process_trace, without the import; Cachelane's that of the whole process.
"""

import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile

ROUNDS, CAPACITY, KEYS = 3, 10_000, 1_000_000
PAIRS = [
    ("lru", "LRU"), ("fifo", "FIFO"), ("sieve", "Sieve"), ("s3-fifo", "S3FIFO"),
    ("arc", "ARC"), ("lfu", "LFU"), ("w-tinylfu", "WTinyLFU"),
]

THEIRS = """
import json, sys, time
import libcachesim as l
begun = time.process_time()
reader = l.TraceReader(sys.argv[1], l.TraceType.ORACLE_GENERAL_TRACE, l.ReaderInitParam(ignore_obj_size=True))
misses, _ = getattr(l, sys.argv[2])(cache_size=int(sys.argv[3])).process_trace(reader)
print(json.dumps([time.process_time() - begun, misses]))
"""


def write_trace(path, requests):
    """Zipf of exponent 1; ids over all 64 bits, as hashes of names are."""
    import numpy as np

    rng = np.random.default_rng(1)
    weights = np.cumsum(1 / np.arange(1, KEYS + 1, dtype=float))
    ranks = np.minimum(np.searchsorted(weights / weights[-1], rng.random(requests)), KEYS - 1)
    ids = rng.permutation(KEYS).astype(np.uint64)[ranks]
    with np.errstate(over="ignore"):
        hashes = (ids + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    order = np.lexsort((np.arange(requests), ids))
    following = np.full(requests, -1, np.int64)
    is_same = ids[order][1:] == ids[order][:-1]
    following[order[:-1][is_same]] = order[1:][is_same] + 1
    records = np.zeros(requests, dtype=[("time", "<u4"), ("id", "<u8"), ("size", "<u4"), ("next", "<i8")])
    records["time"], records["id"] = np.arange(requests) // 1000, hashes ^ (hashes >> np.uint64(29))
    records["size"], records["next"] = 1, following
    records.tofile(path)


def cpu_of(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, printed


def curve_of(program, trace, policy):
    """One curve by a sample and by all keys, at the same capacities: CPU times, and the greatest difference of miss ratios."""
    command = [program, "curve", trace, "--policy", policy, "--json"]
    points = lambda printed: json.loads(printed)["points"]
    sampled_s, sampled = min(cpu_of(command) for _ in range(ROUNDS))
    capacities = ",".join(str(point["capacity"]) for point in points(sampled))
    exact_s, exact = cpu_of([*command, "--sample", "off", "--capacity", capacities])
    pairs = zip(points(sampled), points(exact), strict=True)
    error = max(abs(one["miss_ratio"] - other["miss_ratio"]) for one, other in pairs)
    return {"policy": policy, "sampled_s": sampled_s, "exact_s": exact_s, "error": error}


def main():
    program = sys.argv[1]
    is_there = importlib.util.find_spec("libcachesim") is not None
    requests = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
    found = {"requests": requests, "keys": KEYS, "capacity": CAPACITY, "policies": [], "curves": []}
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "zipf.oracleGeneral.bin")
        write_trace(trace, requests)
        for ours, theirs in PAIRS:
            least = {"policy": ours, "cachelane_s": float("inf")}
            for _ in range(ROUNDS):
                if is_there:
                    _, printed = cpu_of([sys.executable, "-c", THEIRS, trace, theirs, str(CAPACITY)])
                    seconds, misses = json.loads(printed.splitlines()[-1])
                    least["libcachesim_s"] = min(least.get("libcachesim_s", seconds), seconds)
                    least["libcachesim_misses"] = misses
                seconds, printed = cpu_of([program, "replay", trace, "--policy", ours, "--capacity", str(CAPACITY), "--json"])
                told = json.loads(printed)
                least["cachelane_s"], least["cachelane_misses"] = min(least["cachelane_s"], seconds), told["misses"] / told["requests"]
            found["policies"].append(least)
            found["curves"].append(curve_of(program, trace, ours))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
