#!/bin/sh
# A sweep as a Slurm array, a shard for each task: see docs/slurm.md.
#     sbatch tools/slurm_sweep.sh default --vary cache.ttl=1s..60s/log10 --seeds 20
# SHARDS is how many there are where not all tasks of the array are submitted.
#SBATCH --job-name=sweep
#SBATCH --array=1-64
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --time=02:00:00
#SBATCH --output=shard-%a.log
#SBATCH --requeue
#SBATCH --open-mode=append
set -eu
export RAYON_NUM_THREADS="${SLURM_CPUS_PER_TASK:-1}"
exec cachelane sweep "$@" --shard "$SLURM_ARRAY_TASK_ID/${SHARDS:-$SLURM_ARRAY_TASK_COUNT}" --out "shard-$SLURM_ARRAY_TASK_ID.jsonl"
