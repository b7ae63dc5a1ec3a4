"""A budget's real use in place of the guess: from charges on a ledger's own clock to what the offer is worth."""

from __future__ import annotations

import dataclasses
import json
import math
import statistics
from datetime import UTC, datetime, timedelta
from statistics import NormalDist

import bpe_openai
import pytest

from tokenworth.assumptions import load_assumptions
from tokenworth.budgets import NANO, Amount, BudgetChange, Period
from tokenworth.burn.ledger.book import Book
from tokenworth.burn.ledger.sqlite_store import SqliteStore
from tokenworth.errors import InvalidInputError
from tokenworth.offers.compare_offers import compare_offers
from tokenworth.offers.models import CompareOffersRequest, ValueOfferRequest
from tokenworth.offers.value_offer import value_offer
from tokenworth.wiring import build_context

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
OFFER = {"base": "375k", "tokens": {"per_month": "1k", "personal_share": 0.5}}
Z90 = NormalDist().inv_cdf(0.9)
O200K = bpe_openai.get_encoding("o200k_base")


def _ms(moment):
    return int(moment.timestamp() * 1000)


@pytest.fixture
async def ledger(tmp_path):
    """Writes charges of whole dollars, by days before now, as they would have been recorded on those days."""
    path = tmp_path / "ledger.sqlite3"
    clock = {"ms": _ms(NOW - timedelta(days=400))}
    book = Book(SqliteStore(path, clock_ms=lambda: clock["ms"]))

    async def charge(budget, dollars_by_days_ago, **limits):
        await book.set_budget(BudgetChange(budget, "usd", limits.pop("usd", 10**6) * NANO, **limits))
        for days, dollars in sorted(dollars_by_days_ago.items(), reverse=True):
            clock["ms"] = _ms(NOW - timedelta(days=days))
            await book.record(budget, Amount(dollars * NANO), f"{budget} {days}", "same")

    yield path, charge
    await book.close()


@pytest.fixture
def world(ledger, tmp_path):
    path, _ = ledger

    def built(**more):
        return dataclasses.replace(build_context(ledger=str(path), **more), clock=lambda: NOW)

    return built


async def value(context, person, offer=OFFER, **rest):
    rest = {"detail": "full", "draws": 1000, **rest}
    request = ValueOfferRequest.model_validate({"offer": offer, "person": {"state": "CA", **person}, **rest})
    answer = await value_offer(request, context)
    await context.ledger.close()
    return answer


def used(answer):
    return {entry.name: entry for entry in answer.assumptions}


WORK = {"token_use_from_budget": "work"}
MONTHS = (300, 500, 400, 900, 600, 700, 500, 1_000, 800, 600, 900, 1_100, 700)
# One charge in each four weeks of the last year, the earliest first.
YEAR = {1 + 28 * (12 - place): usd for place, usd in enumerate(MONTHS)} | {364.5: 1}


def _expected():
    """Level, its range and the swings after a year of MONTHS, from the closed forms alone."""
    months = [usd * 365 / 28 / 12 for usd in (MONTHS[0], *MONTHS[1:])]
    logs = [math.log(usd) for usd in months]
    slope, start = statistics.linear_regression(range(13), logs)
    around = sum((each - start - slope * place) ** 2 for place, each in enumerate(logs)) / 11
    swings = math.sqrt((6 * 0.7**2 + 11 * around) / 17)
    noise = math.log(1 + (math.exp(swings**2) - 1) / 13)
    seen = math.log(12 * statistics.mean(months)) + noise / 2
    # $6,000 is the middle of the assumption, $2,000 and $24,000 its percentiles; what was seen is above it.
    below, above = math.log(3) / Z90, math.log(4) / Z90
    weight = above**2 / (above**2 + noise)
    middle = math.log(6_000) + weight * (seen - math.log(6_000))
    ends = (-Z90 / math.sqrt(1 / below**2 + 1 / noise), 0, Z90 / math.sqrt(1 / above**2 + 1 / noise))
    return [math.exp(middle + end) for end in ends], swings, weight


async def test_a_year_s_charges_become_the_level_and_the_swings_of_demand(ledger, world):
    _, charge = ledger
    await charge("work", YEAR)
    answer = await value(world(), WORK)
    levels, swings, weight = _expected()
    demand, sigma = used(answer)["demand_usd_year"], used(answer)["demand_sigma_month"]
    assert [demand.low, demand.base, demand.high] == pytest.approx(levels, rel=1e-3)
    assert sigma.base == pytest.approx(swings, rel=1e-3)
    assert demand.origin == sigma.origin == "observed"
    monthly = round(sum(MONTHS) / 13 * 365 / 28 / 12)
    assert demand.source == f"your budget work: 365 days, ${monthly} a month; weighs {weight:.0%} against the default"
    assert any(demand.source in note for note in answer.notes)
    assert weight > 0.95
    asked = {question.field for question in answer.next_questions} | {entry.field for entry in answer.defaulted}
    assert "person.token_use_per_year" not in asked


async def test_the_value_is_that_of_the_same_numbers_as_overrides(ledger, world):
    _, charge = ledger
    await charge("work", YEAR)
    measured = await value(world(), WORK)
    entries = [used(measured)[name] for name in ("demand_usd_year", "demand_sigma_month")]
    overrides = {entry.name: {"low": entry.low, "base": entry.base, "high": entry.high} for entry in entries}
    stated = await value(world(), {}, overrides=overrides)
    assert (stated.pay, stated.waterfall, stated.tornado) == (measured.pay, measured.waterfall, measured.tornado)
    assert stated.pay != (await value(world(), {})).pay


async def test_a_week_of_use_changes_nothing_and_the_answer_says_why(ledger, world):
    _, charge = ledger
    await charge("work", {7: 500, 3: 900})
    answer = await value(world(), WORK)
    assert answer.pay == (await value(world(), {})).pay
    assert used(answer)["demand_usd_year"].origin == "default"
    assert "budget work has 7 days of use: under four weeks say too little, so the default stands" in answer.notes


async def test_what_the_caller_states_goes_before_the_budget(ledger, world, tmp_path):
    _, charge = ledger
    await charge("work", YEAR)
    said = await value(world(), {**WORK, "token_use_per_year": 9_000})
    assert (used(said)["demand_usd_year"].base, used(said)["demand_usd_year"].origin) == (9_000, "said")
    assert used(said)["demand_sigma_month"].origin == "observed"
    overrides = {"demand_usd_year": 4_000, "demand_sigma_month": 0.5}
    both = await value(world(), WORK, overrides=overrides)
    assert [used(both)[name].base for name in overrides] == [4_000, 0.5]
    (tmp_path / "mine.toml").write_text("demand_usd_year = 3_000\n", encoding="utf-8")
    fixed = await value(world(assumptions_file=tmp_path / "mine.toml"), WORK)
    assert (used(fixed)["demand_usd_year"].base, used(fixed)["demand_usd_year"].origin) == (3_000, "file")
    for answer in (said, both, fixed):
        assert any("what you state about use goes before it" in note for note in answer.notes)


async def test_what_a_limit_cut_is_the_least_that_would_be_used(ledger, world):
    _, charge = ledger
    monthly = {1 + 28 * place: 100 for place in range(6)}
    await charge("free", monthly)
    await charge("cut", monthly, usd=100, period=Period("rolling", window_s=14 * 86_400))
    free, cut = [await value(world(), {"token_use_from_budget": name}) for name in ("free", "cut")]
    default = load_assumptions()["demand_usd_year"].base
    assert used(free)["demand_usd_year"].base < 0.4 * default
    assert used(cut)["demand_usd_year"].base >= default
    assert any("of 5 four-week spans of budget cut a limit was nearly used up" in note for note in cut.notes)
    assert not any("limit was" in note for note in free.notes)


async def test_no_use_in_dollars_leaves_the_default(ledger, world):
    _, charge = ledger
    await charge("work", {60: 0, 30: 0})
    answer = await value(world(), WORK)
    assert used(answer)["demand_usd_year"].origin == "default"
    assert "budget work shows no use in dollars in 60 days, so the default stands" in answer.notes


async def test_a_ranking_takes_it_too_and_says_so_in_its_shortest_form(ledger, world):
    _, charge = ledger
    await charge("work", YEAR)
    context = world()
    offers = [{"label": "A", **OFFER}, {"label": "B", "base": "380k", "bonus": "10k"}]
    request = CompareOffersRequest.model_validate({"offers": offers, "person": {"state": "CA", **WORK}})
    compared = await compare_offers(request, context)
    await context.ledger.close()
    alone = await value(world(), WORK, draws=20_000)
    ranked = next(place for place in compared.ranking if place.label == "A")
    assert (ranked.p10_usd, ranked.p50_usd) == (alone.pay.p10_usd, alone.pay.p50_usd)
    shown = {entry.name: entry.base for entry in compared.assumptions if entry.origin == "observed"}
    assert shown == {name: used(alone)[name].base for name in ("demand_usd_year", "demand_sigma_month")}
    assert any(used(alone)["demand_usd_year"].source in note for note in compared.notes)


async def test_a_concise_answer_names_the_budget_in_both_channels_and_stays_short(ledger, world):
    _, charge = ledger
    await charge("work", YEAR)
    answer = await value(world(), WORK, detail="concise")
    for channel in (answer.text(), json.dumps(answer.data(), separators=(",", ":"))):
        assert "your budget work: 365 days" in channel
        assert len(O200K.encode(channel)) < 800
    observed = {entry.name for entry in answer.assumptions if entry.origin == "observed"}
    assert observed == {"demand_usd_year", "demand_sigma_month"}


async def test_an_offer_without_tokens_says_nothing_of_use(ledger, world):
    _, charge = ledger
    await charge("work", YEAR)
    answer = await value(world(), WORK, offer={"base": "200k"})
    assert not any("budget" in note for note in answer.notes)


@pytest.mark.parametrize("offer", [OFFER, {"base": "200k"}], ids=["tokens", "no tokens"])
async def test_an_unknown_budget_is_refused_and_no_ledger_is_made(tmp_path, offer):
    context = build_context(ledger=str(tmp_path / "none.sqlite3"))
    with pytest.raises(InvalidInputError, match=r"person\.token_use_from_budget: no budget of yours has that id"):
        await value(context, WORK, offer=offer)
    assert list(tmp_path.iterdir()) == []
