"""plan_program on 10,000 people in 12 groups over 36 months and 2,000 draws: processor seconds and peak memory."""

from __future__ import annotations

import asyncio
import resource
import statistics
import time
from typing import Final

from tokenworth.programs.models import PlanProgramRequest
from tokenworth.programs.plan_program import plan_program
from tokenworth.wiring import build_context

RUNS: Final = 5
CPU_SECONDS_MAX: Final = 5.0
RSS_MB_MAX: Final = 500.0
GROUPS: Final = 12
PEOPLE: Final = 10_000


def request() -> PlanProgramRequest:
    """Groups of unequal size, half with a budget a month and half with one a year."""
    sizes = [PEOPLE // GROUPS + (place < PEOPLE % GROUPS) for place in range(GROUPS)]
    groups = [
        {
            "name": f"group {place}",
            "headcount": size,
            "pay": 120_000 + 10_000 * place,
            "use": {"mean": 100 * (place + 1)},
        }
        | ({"per_month": 500} if place % 2 else {"per_year": 6_000})
        for place, size in enumerate(sizes)
    ]
    return PlanProgramRequest.model_validate(
        {"groups": groups, "budget": {"total": "120M"}, "months": 36, "draws": 2_000}
    )


def measure() -> tuple[float, float]:
    """Median processor seconds of a call, all threads together, and the process's peak resident megabytes."""
    asked, context = request(), build_context()
    seconds: list[float] = []
    for _ in range(RUNS):
        start = time.process_time()
        answer = asyncio.run(plan_program(asked, context))
        seconds.append(time.process_time() - start)
        assert answer.people == PEOPLE
    return statistics.median(seconds), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main() -> int:
    """Measure, print beside the targets, and say how many are missed."""
    seconds, megabytes = measure()
    print(f"plan_program: {seconds:.2f} s CPU, median of {RUNS} (target {CPU_SECONDS_MAX:g})")
    print(f"peak memory of the process: {megabytes:.0f} MB (target {RSS_MB_MAX:g})")
    return int(seconds > CPU_SECONDS_MAX) + int(megabytes > RSS_MB_MAX)
