"""Our prices against two outside ones: genai-prices' own library, and LiteLLM's table by LiteLLM's published rules.

Random usages; where a figure differs, one of the named rules must explain it exactly, or the test fails.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from genai_prices import Usage, calc_price

from known_models import KNOWN
from tokenworth.prices.cost import Unpriced
from tokenworth.prices.price_list import PriceList

TABLE = json.loads(
    (Path(__file__).resolve().parents[2] / "fixtures" / "prices" / "recorded" / "litellm_rates.json").read_text(),
    parse_float=Decimal,
)
SEED = 486
TIERED = "input_cost_per_token_above_"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SAMPLES = 2000


def genai(seller, model, counts, at):
    """What genai-prices makes of the counts; its input includes what was cached and written."""
    written = counts["cache_write_5m"] + counts["cache_write_1h"]
    usage = Usage(
        input_tokens=counts["input"] + counts["cache_read"] + written,
        cache_read_tokens=counts["cache_read"] or None,
        cache_write_tokens=written or None,
        cache_write_1h_tokens=counts["cache_write_1h"] or None,
        output_tokens=counts["output"],
    )
    return calc_price(usage, model, provider_id=seller, genai_request_timestamp=at).total_price


def litellm_rate(entry, name, above):
    """The field of a tier where the table has it, else the base field."""
    if above is not None and f"{name}_above_{above}k_tokens" in entry:
        return entry[f"{name}_above_{above}k_tokens"]
    return entry.get(name)


def litellm(entry, counts):
    """LiteLLM's arithmetic: the highest boundary that the prompt exceeds reprices all of it."""
    prompt = counts["input"] + counts["cache_read"] + counts["cache_write_5m"] + counts["cache_write_1h"]
    names = [key for key in entry if key.startswith(TIERED) and key.endswith("k_tokens")]
    bounds = [int(key.removeprefix(TIERED).removesuffix("k_tokens")) for key in names]
    above = max((bound for bound in bounds if prompt > bound * 1000), default=None)
    sent = litellm_rate(entry, "input_cost_per_token", above)
    read = litellm_rate(entry, "cache_read_input_token_cost", above)
    write = litellm_rate(entry, "cache_creation_input_token_cost", above) or sent
    hour = entry.get("cache_creation_input_token_cost_above_1hr" + (f"_above_{above}k_tokens" if above else ""))
    total = (
        counts["input"] * sent
        + counts["cache_read"] * (sent if read is None else read)
        + counts["cache_write_5m"] * write
        + counts["cache_write_1h"] * (hour or write)
        + counts["output"] * litellm_rate(entry, "output_cost_per_token", above)
    )
    return Decimal(total)


def drawn(rng, seller):
    """Counts of one request, on either side of every boundary; caches only where the seller has them."""
    small, large = rng.choice([(10, 5000), (50_000, 150_000), (180_000, 320_000)])
    cached = rng.random() < 0.6
    writes = cached and seller == "anthropic"
    return {
        "input": rng.randint(small, large),
        "output": rng.randint(0, 20_000),
        "cache_read": rng.randint(0, 200_000) if cached else 0,
        "cache_write_5m": rng.randint(0, 50_000) if writes else 0,
        "cache_write_1h": rng.randint(0, 50_000) if writes else 0,
    }


def usage_of(counts):
    return {f"{meter}_tokens": units for meter, units in counts.items()}


def prompt_of(counts):
    return sum(units for meter, units in counts.items() if meter != "output")


class Case(NamedTuple):
    """One request with both figures."""

    prices: PriceList
    seller: str
    model: str
    counts: dict[str, int]
    at: datetime
    ours: Decimal
    theirs: Decimal


# Each rule says why a figure differs, and holds only where it accounts for all of the difference.
def the_dearer_tier_ended(case):
    """Sonnet 4.5's dearer long prompts ended with its 1M beta; genai-prices keeps them to describe the past."""
    if case.model != "claude-sonnet-4-5":
        return False
    while_it_ran = case.prices.cost(case.seller, case.model, usage_of(case.counts), datetime(2026, 4, 29, tzinfo=UTC))
    return case.theirs == while_it_ran.usd


def weekends_are_off_peak(case):
    """Weekends and holidays are off-peak all day; genai-prices only knows hours, so it states twice the price."""
    return case.seller == "deepseek" and case.at.isoweekday() > 5 and case.ours * 2 == case.theirs


def the_table_states_the_peak(case):
    """The table's base fields are the peak price, and it was off-peak: half of it."""
    return case.seller == "deepseek" and case.ours * 2 == case.theirs


def the_boundary_is_inside(case):
    """xAI's boundary itself pays the higher price; LiteLLM's table says "above"."""
    return case.seller == "xai" and prompt_of(case.counts) == 200_000 and case.ours == case.theirs * 2


def explained(rules, case):
    return next((rule.__name__ for rule in rules if rule(case)), None)


@pytest.mark.parametrize(("seller", "model", "theirs"), KNOWN, ids=lambda value: value)
def test_well_known_models_cost_what_genai_prices_says(prices, seller, model, theirs):
    counts = {"input": 1000, "cache_read": 3000, "cache_write_5m": 0, "cache_write_1h": 0, "output": 500}
    ours = prices.cost(seller, model, usage_of(counts), NOON)
    assert not isinstance(ours, Unpriced)
    assert ours.usd == genai(theirs, model, counts, NOON)


def test_where_sources_differ_on_a_well_known_model_the_difference_is_shown(prices):
    for seller, model, _ in KNOWN:
        found = prices.find(seller, model)
        for source, line, reason in prices.snapshot.conflicts.get(f"{seller}/{found.key}", ()):
            assert source != found.line.sources[0]
            assert line
            assert reason


def test_two_thousand_random_usages_differ_from_genai_prices_only_by_named_rules(prices):
    print(f"seed {SEED}")  # noqa: T201 - shown when the test fails
    rng = random.Random(SEED)  # noqa: S311 - a repeatable draw
    rules = (the_dearer_tier_ended, weekends_are_off_peak)
    used, unexplained = set(), []
    for _ in range(SAMPLES):
        seller, model, theirs_name = rng.choice(KNOWN)
        counts, at = drawn(rng, seller), NOON + timedelta(hours=rng.randint(0, 40 * 24))
        ours = prices.cost(seller, model, usage_of(counts), at).usd
        case = Case(prices, seller, model, counts, at, ours, genai(theirs_name, model, counts, at))
        if case.ours != case.theirs:
            rule = explained(rules, case)
            used.add(rule)
            if rule is None:
                unexplained.append(case[1:])
    assert unexplained == []
    assert used == {rule.__name__ for rule in rules}


def test_two_thousand_random_usages_differ_from_litellm_only_by_named_rules(prices):
    print(f"seed {SEED}")  # noqa: T201 - shown when the test fails
    rng = random.Random(SEED)  # noqa: S311 - a repeatable draw
    rules = (the_table_states_the_peak, the_boundary_is_inside)
    in_table = [(seller, model) for seller, model, _ in KNOWN if f"{seller}/{model}" in TABLE]
    assert len(in_table) > 40
    unexplained = []
    for _ in range(SAMPLES):
        seller, model = rng.choice(in_table)
        counts = drawn(rng, seller)
        ours = prices.cost(seller, model, usage_of(counts), NOON).usd
        case = Case(prices, seller, model, counts, NOON, ours, litellm(TABLE[f"{seller}/{model}"], counts))
        if case.ours != case.theirs and explained(rules, case) is None:
            unexplained.append(case[1:])
    assert unexplained == []


def test_exactly_on_xais_boundary_the_rule_is_needed(prices):
    counts = {"input": 200_000, "cache_read": 0, "cache_write_5m": 0, "cache_write_1h": 0, "output": 1000}
    ours = prices.cost("xai", "grok-4.7", usage_of(counts), NOON).usd
    case = Case(prices, "xai", "grok-4.7", counts, NOON, ours, litellm(TABLE["xai/grok-4.7"], counts))
    assert (case.ours, case.theirs) == (Decimal("0.812"), Decimal("0.406"))
    assert the_boundary_is_inside(case)
