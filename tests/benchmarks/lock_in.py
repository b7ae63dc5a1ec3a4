"""CPU time of a complete explain_lock_in answer at 20,000 draws and 48 months; medians of five."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

import anyio
import yaml

from tokenworth.lockin.explain_lock_in import explain_lock_in
from tokenworth.lockin.models import ExplainLockInRequest
from tokenworth.wiring import build_context

__all__ = ["main"]

RUNS = 5
TARGET_MS = 60.0
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "lock_in"


async def _cpu_ms(request, context) -> float:
    await explain_lock_in(request, context)
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        await explain_lock_in(request, context)
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def main() -> int:
    """Print one line a fixture; how many missed the target."""
    context = build_context()
    missed = 0
    print(f"complete explain_lock_in answer, 20,000 draws, 48 months (target {TARGET_MS:.0f} ms CPU):")
    for path in sorted(FIXTURES.glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8")) | {"detail": "full"}
        request = ExplainLockInRequest.model_validate_json(json.dumps(document))
        took = anyio.run(_cpu_ms, request, context)
        missed += took > TARGET_MS
        print(f"  {path.stem:24} {took:6.1f} ms CPU")
    return missed


if __name__ == "__main__":
    main()
