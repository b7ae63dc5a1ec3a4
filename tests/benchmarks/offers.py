"""CPU time of a complete value_offer answer, and what each part of it takes; medians of five."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import anyio
import yaml

from tokenworth.offers.compare_offers import compare_offers
from tokenworth.offers.models import CompareOffersRequest, ValueOfferRequest
from tokenworth.offers.value_offer import value_offer
from tokenworth.wiring import build_context

__all__ = ["main"]

RUNS = 5
OFFERS = Path(__file__).resolve().parents[2] / "fixtures" / "offers"
NAMES = ("base-plus-100k", "big-company", "startup", "personal-account")


async def _cpu_ms(tool, request, context) -> float:
    await tool(request, context)
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        await tool(request, context)
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def main() -> None:
    """Print one line an offer."""
    context = build_context()
    documents = {name: yaml.safe_load((OFFERS / f"{name}.yaml").read_text(encoding="utf-8")) for name in NAMES}
    print("complete value_offer answer, 20,000 draws, all explanations (target 50 ms CPU):")
    for name, document in documents.items():
        request = ValueOfferRequest.model_validate(document | {"detail": "full"})
        print(f"  {name:18} {anyio.run(_cpu_ms, value_offer, request, context):6.1f} ms CPU")
    offers = [document["offer"] for document in documents.values()]
    request = CompareOffersRequest.model_validate({"offers": offers})
    print(f"compare_offers, those four: {anyio.run(_cpu_ms, compare_offers, request, context):.1f} ms CPU")


if __name__ == "__main__":
    main()
