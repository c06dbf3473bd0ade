"""Runs a sweep on a Dask cluster, shard by shard, and prints the whole, to the byte what one machine would print.

    python tools/dask_sweep.py --shards 64 --scheduler tcp://head:8786 -- default --vary cache.ttl=1s..60s/log10 --seeds 20

What stands behind `--` is what `cachelane sweep` takes. Without --scheduler, a cluster of --workers processes is started here.
A worker needs the program `cachelane` (or what --program names) and nothing else. A worker that is lost, or a shard that fails, is
tried again elsewhere, for a shard depends on nothing but its number.
"""

import argparse
import os
import subprocess
import sys
import tempfile


def run_shard(program, arguments, number, shards):
    """The rows of one shard, as `cachelane sweep` prints them."""
    command = [program, "sweep", *arguments, "--shard", f"{number}/{shards}"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode == 2:
        # The arguments are wrong, and would be elsewhere.
        raise SystemExit(done.stderr.decode())
    done.check_returncode()
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scheduler", help="the address of a running scheduler")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="how many processes to start without one")
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--retries", type=int, default=5, help="how often a shard is tried again")
    parser.add_argument("--program", default="cachelane")
    parser.add_argument("arguments", nargs="+", metavar="ARGUMENT", help="what `cachelane sweep` takes")
    args = parser.parse_args()

    from distributed import Client, LocalCluster

    cluster = args.scheduler or LocalCluster(n_workers=args.workers, threads_per_worker=1, dashboard_address=None)
    with Client(cluster) as client, tempfile.TemporaryDirectory() as folder:
        if os.environ.get("DASK_SWEEP_PIDS"):  # for scripts/check-sweeps, which kills one of them
            pids = client.run(os.getpid).values()
            with open(os.environ["DASK_SWEEP_PIDS"], "w", encoding="utf-8") as file:
                file.write("\n".join(map(str, pids)))
        numbers = range(1, args.shards + 1)
        futures = [
            client.submit(run_shard, args.program, args.arguments, number, args.shards, retries=args.retries, pure=False)
            for number in numbers
        ]
        files = []
        for number, rows in zip(numbers, client.gather(futures)):
            files.append(os.path.join(folder, f"{number}.jsonl"))
            with open(files[-1], "wb") as file:
                file.write(rows)
        sys.stdout.flush()
        subprocess.run([args.program, "merge", *files], check=True)


if __name__ == "__main__":
    main()
