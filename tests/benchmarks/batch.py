"""10,000 offers on 2,000 draws through the command: wall and CPU time, memory of all its processes; medians of three.

The offers have the shapes of the fixtures, in turn, with their amounts varied; options stay at the money, as they are
granted by law.
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from tokenworth.money import parse_money

__all__ = ["main"]

RUNS = 3
OFFERS = 10_000
WALL_SECONDS_MAX = 10.0
MEMORY_MB_MAX = 400.0
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "offers"
REFUSED = {"contradiction", "unpriced-tokens"}
VARIED = {
    "base",
    "value",
    "target",
    "amount",
    "other_annual",
    "per_year",
    "per_month",
    "household_income",
    "outside_wealth",
    "token_use_per_year",
    "work_tools_per_year",
}


def main() -> int:
    """Print the medians beside their targets, and return how many are missed."""
    with tempfile.TemporaryDirectory() as folder:
        batch = Path(folder) / "offers.jsonl"
        _write_offers(batch)
        runs = [_run(batch, Path(folder) / f"{number}.csv") for number in range(RUNS)]
    wall, cpu, memory = (statistics.median(values) for values in zip(*runs, strict=True))
    print(f"{OFFERS:,} offers x 2,000 draws, {os.cpu_count()} processors:")
    print(f"  wall    {wall:6.1f} s   (target {WALL_SECONDS_MAX:.0f})")
    print(f"  CPU     {cpu:6.1f} s")
    print(f"  memory  {memory:6.0f} MB  (target {MEMORY_MB_MAX:.0f}, all processes at their most)")
    return (wall > WALL_SECONDS_MAX) + (memory > MEMORY_MB_MAX)


def _write_offers(path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 - the same offers each time
    shapes = [
        yaml.safe_load(file.read_text(encoding="utf-8"))
        for file in sorted(FIXTURES.glob("*.yaml"))
        if file.stem not in REFUSED
    ]
    with path.open("w", encoding="utf-8") as file:
        for number in range(OFFERS):
            file.write(json.dumps(_varied(shapes[number % len(shapes)], "", chance)) + "\n")


def _varied(part, name, chance):
    if isinstance(part, dict):
        return {key: _varied(inner, key, chance) for key, inner in part.items()}
    if isinstance(part, list):
        return [_varied(inner, "", chance) for inner in part]
    if name not in VARIED:
        return part
    return round(float(parse_money(part).number) * chance.uniform(0.6, 1.6))


def _run(batch: Path, out: Path) -> tuple[float, float, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [sys.executable, "-m", "tokenworth_mcp", "value", "--batch", batch, "--out", out, "--processes", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    most: dict[int, int] = {}
    while process.poll() is None:
        most |= _peak_kb(process.pid)
        time.sleep(0.05)
    wall = time.perf_counter() - start
    if process.returncode != 0:
        sys.exit("the batch failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, sum(most.values()) / 1024


def _peak_kb(pid: int) -> dict[int, int]:
    """The most resident memory of a process and its children so far, by process; shared pages count in each."""
    found: dict[int, int] = {}
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return found
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            found[pid] = int(line.split()[1])
    for child in children:
        found |= _peak_kb(int(child))
    return found


if __name__ == "__main__":
    sys.exit(main())
