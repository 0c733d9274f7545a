#!/usr/bin/env python3
"""Time and memory of the whole program on fleets of several sizes, against merely reading their files.

    python3 benches/planning.py [--sizes 10k,100k,1m] [--runs 5] [--check]

Builds the release binary and the generator, makes the fleets in target/fleet once, and runs, turn by turn:

    floor    jettison inventory show FILE
    whole    jettison plan examples/fleet --inventory FILE
    explain  jettison explain ADDRESS examples/fleet --inventory FILE

Times are of the wall, the best and the median of the runs; memory is the peak that wait4 tells. With --check it ends with 1
if a target is missed. A machine that does something else beside it gives larger times: compare ratios.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
POLICY = "examples/fleet"
LABELS = {"000000000000": "tools", "111111111111": "prod"}

MOST_SECONDS = 3.0
MOST_MIB = 1536
MOST_PER_OBJECT = 1.3
MOST_EXPLAIN_MS = 50.0


def images_of(size):
    units = {"k": 1_000, "m": 1_000_000}
    return int(size[:-1]) * units[size[-1]] if size[-1] in units else int(size)


def make(size):
    """The file of a fleet; made once, and again when its generator was built anew."""
    generator = TARGET / "release/examples/generate_fleet"
    path = TARGET / "fleet" / f"{size}.ndjson"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.stat().st_mtime < generator.stat().st_mtime:
        subprocess.run([generator, "--images", str(images_of(size)), "--out", path], check=True)
    return path


def address(path):
    """An image from the middle of the file."""
    with open(path, "rb") as file:
        file.seek(path.stat().st_size * 2 // 3)
        file.readline()
        for line in file:
            if line.startswith(b'{"kind":"ecr.image"'):
                record = json.loads(line)
                value = record["value"]
                account = LABELS[record["account_id"]]
                return f'{account}/{record["region"]}/ecr/image/{value["repositoryName"]}@{value["imageDigest"]}'
    raise SystemExit(f"{path} has no image in its last third")


def objects(path):
    with open(path, "rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def run(command):
    """Seconds and peak MiB of one run, whose output goes nowhere."""
    with open(os.devnull, "wb") as nowhere:
        begin = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, stdout=nowhere, stderr=subprocess.PIPE)
        error = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begin
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{error.decode()}")
    return seconds, usage.ru_maxrss / 1024


def measure(path, runs):
    jettison = TARGET / "release/jettison"
    commands = {
        "floor": [jettison, "inventory", "show", path],
        "whole": [jettison, "plan", POLICY, "--inventory", path],
        "explain": [jettison, "explain", address(path), POLICY, "--inventory", path],
    }
    found = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            found[name].append(run(command))
    return {
        name: {
            "best": min(seconds for seconds, _ in times),
            "median": statistics.median(seconds for seconds, _ in times),
            "mib": max(mib for _, mib in times),
        }
        for name, times in found.items()
    }


def judge(name, value, limit, unit):
    is_met = value <= limit
    print(f"  {name}: {value:.2f}{unit}, target {limit:g}{unit}: {'met' if is_met else 'MISSED'}")
    return is_met


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10k,100k,1m")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--check", action="store_true", help="end with 1 if a target is missed")
    args = parser.parse_args()
    build = ["cargo", "build", "--release", "--locked", "--quiet", "--bin", "jettison", "--example", "generate_fleet"]
    subprocess.run(build, cwd=ROOT, check=True)
    sizes = args.sizes.split(",")
    files = {size: make(size) for size in sizes}
    results = {}
    print(f"{'size':>6} {'what':>8} {'best s':>8} {'median s':>9} {'peak MiB':>9}")
    for size in sizes:
        results[size] = measure(files[size], args.runs)
        for name, it in results[size].items():
            print(f"{size:>6} {name:>8} {it['best']:8.3f} {it['median']:9.3f} {it['mib']:9.0f}", flush=True)
    are_met = True
    smallest = min(sizes, key=images_of)
    print()
    for size in sizes:
        floor, whole, explain = (results[size][name] for name in ("floor", "whole", "explain"))
        print(f"{size}: planning takes {whole['best'] / floor['best']:.2f} × the time of reading the file")
        per_object = {each: results[each]["whole"]["best"] / objects(files[each]) for each in (size, smallest)}
        print(f"  {per_object[size] * 1e6:.2f} µs an object")
        beyond = (explain["best"] - floor["best"]) * 1e3
        are_met &= judge("explain beyond reading", beyond, MOST_EXPLAIN_MS, " ms")
        if size != smallest:
            are_met &= judge(f"per object against {smallest}", per_object[size] / per_object[smallest], MOST_PER_OBJECT, " ×")
        if images_of(size) >= 1_000_000:
            are_met &= judge("whole", whole["best"], MOST_SECONDS, " s")
            are_met &= judge("peak", whole["mib"], MOST_MIB, " MiB")
    return 1 if args.check and not are_met else 0


if __name__ == "__main__":
    sys.exit(main())
