"""A gigabyte of agent logs: first scan with rows kept, and another look with nothing new, beside ccusage in one run.

ccusage 20 is fetched with npm; where that cannot be, only our own figures are printed. Wall time includes the start of
the process; memory is the largest sum over the process and its children. Our bytecode is there, as pip leaves it: no
run that is measured compiles anything.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.agent_logs import CLAUDE_MODELS, claude_file, claude_line, write

ROUNDS = int(os.environ.get("BURN_ROUNDS", "3"))
BYTES = int(os.environ.get("BURN_BYTES", "1000000000"))
PEER = "20.0.24"
LINE_BYTES = 3_000
FILE_LINES = 70
FIRST_WALL, FIRST_MEMORY, REPEAT_WALL = 1.0, 0.5, 0.15
SAMPLE_S = 0.01


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tokenworth-logs-") as folder:
        home = Path(folder)
        _write_home(home)
        ours = [sys.executable, "-m", "tokenworth_mcp", "burn", "--by", "day,model", "--json", "--offline"]
        first, repeat, theirs = [], [], []
        peer = _ccusage(home)
        _measured(ours, home)
        for _ in range(ROUNDS):
            shutil.rmtree(home / "data", ignore_errors=True)
            first.append(_measured(ours, home))
            repeat.append(_measured(ours, home))
            if peer is not None:
                theirs.append(_measured([*peer, "claude", "daily", "--offline", "--json"], home))
    _say("first scan, rows kept", first)
    _say("another look, nothing new", repeat)
    if not theirs:
        print("  ccusage cannot be had, so there is nothing to compare with")
        return 0
    _say("ccusage", theirs)
    return _judged(first, repeat, theirs)


def _judged(first, repeat, theirs) -> int:
    ratios = (
        ("first scan, wall", _median(first, 0) / _median(theirs, 0), FIRST_WALL),
        ("first scan, memory", _median(first, 2) / _median(theirs, 2), FIRST_MEMORY),
        ("another look, wall", _median(repeat, 0) / _median(theirs, 0), REPEAT_WALL),
    )
    for name, ratio, target in ratios:
        print(f"  {name}: {ratio:.2f} of ccusage's, at most {target}{'' if ratio <= target else '  MISSED'}")
    return sum(ratio > target for _, ratio, target in ratios)


def _write_home(home: Path) -> None:
    """Lines of the size that real ones have, three for each call: prose, the use so far, the whole use."""
    prose = {"type": "user", "message": {"role": "user", "content": "word " * (LINE_BYTES // 5)}}
    for number in range(BYTES // (LINE_BYTES * FILE_LINES)):
        lines = []
        for turn in range(FILE_LINES // 2):
            day, model = 1 + (number + turn) % 28, CLAUDE_MODELS[number % 3]
            shape = {"at": f"2026-09-{day:02}T10:00:00.000Z", "model": model}
            call = (f"msg_01{number:012}{turn:010}", f"req_011C{number:010}{turn:010}")
            content = [{"type": "text", "text": "word " * (LINE_BYTES // 10)}]
            lines += [prose, claude_line(*call, (3, 500, 40_000, 9), content=content, **shape)]
            lines.append(claude_line(*call, (3, 500, 40_000, 900), **shape))
        write(claude_file(home, f"s{number}", f"-p{number % 7}"), lines)


def _ccusage(home: Path) -> list[str] | None:
    npm = shutil.which("npm")
    if npm is None:
        return None
    folder = home / "peer"
    folder.mkdir()
    # Named by itself: npm leaves an optional package out without a word when it cannot have it.
    architecture = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    native = f"@ccusage/ccusage-{sys.platform}-{architecture}@{PEER}"
    wanted = [npm, "install", "--silent", f"ccusage@{PEER}", native]
    done = subprocess.run(wanted, cwd=folder, check=False, capture_output=True)
    return [str(folder / "node_modules/.bin/ccusage")] if done.returncode == 0 else None


def _measured(command, home: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds, and the largest memory in MiB of one run."""
    own = {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config")}
    environment = {**os.environ, **own, "PYTHONPYCACHEPREFIX": str(home / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}
    before = os.times()
    started = time.perf_counter()
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    most = 0.0
    while running.poll() is None:
        most = max(most, _memory_mib(running.pid))
        time.sleep(SAMPLE_S)
    wall = time.perf_counter() - started
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    assert running.returncode == 0
    return wall, cpu, most


def _memory_mib(pid: int) -> float:
    """Resident memory of a process and all below it; shared pages count once for each."""
    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            status = Path(f"/proc/{one}/statm").read_text(encoding="ascii").split()
            children = Path(f"/proc/{one}/task/{one}/children").read_text(encoding="ascii").split()
        except OSError:
            continue
        total += int(status[1]) * os.sysconf("SC_PAGE_SIZE")
        waiting += [int(child) for child in children]
    return total / 2**20


def _median(runs, which: int) -> float:
    return statistics.median(run[which] for run in runs)


def _say(name: str, runs) -> None:
    wall, cpu, memory = (_median(runs, which) for which in range(3))
    print(f"  {name}: {wall:.2f} s, CPU {cpu:.2f} s, {memory:.0f} MiB")


if __name__ == "__main__":
    sys.exit(main())
