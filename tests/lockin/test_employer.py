"""What explain_lock_in promises an employer: concentration, ceiling, commitments, the way out, what is not known."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tokenworth.context import PriceChange, UseSeen
from tokenworth.errors import InvalidInputError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SPEND = [{"provider": "Acme AI", "model": "acme-large", "per_year": 600_000}, {"provider": "Beta", "per_year": 400_000}]


@pytest.fixture
def world(context):
    return dataclasses.replace(context, clock=lambda: NOW)


async def test_the_start_up_on_one_provider_hears_the_ceiling_and_the_better_commitment(
    explain, fixture_position, world
):
    answer = await explain(fixture_position("startup-one-provider"), world, detail="full")
    employer = answer.employer
    assert employer.concentration == 10_000
    assert employer.concentration_reading.startswith("highly concentrated")
    (commitment,) = employer.commitments
    assert commitment.best_usd < commitment.committed_usd == 1_200_000
    assert commitment.saves_usd > 0
    assert sum(item.usd for item in employer.switching_items) == pytest.approx(employer.switching.p50_usd, rel=0.05)
    assert employer.second_source.ceiling_after < employer.price_rise_ceiling.p50
    assert "All of $1,000,000" in answer.headline
    assert all(lever.frees_usd >= 0 for lever in answer.levers)


async def test_the_ceiling_is_the_switch_over_the_present_value_of_spend(explain, world):
    features = [{"what": "other", "count": 3, "hours_each": 100}, {"what": "other", "hours_each": 50}]
    sure = {"switch_hours_fixed": 50, "discount_rate": 0}
    document = {
        "employer": {"spend": SPEND, "features": features, "engineer_hour_usd": 150, "horizon_months": 24},
        "overrides": sure,
    }
    employer = (await explain(document, world, detail="full")).employer
    assert employer.largest == "Acme AI"
    assert employer.switching_hours == 400
    assert employer.switching.p50_usd == 60_000
    assert employer.price_rise_ceiling.p50 == pytest.approx(60_000 / 1_200_000, abs=1e-4)
    assert [item.hours for item in employer.switching_items] == [300, 50, 50]
    assert len({item.what for item in employer.switching_items}) == 3


@pytest.mark.parametrize(
    ("providers", "concentration", "reading"),
    [(2, 5_000, "highly concentrated"), (8, 1_250, "moderately concentrated"), (20, 500, "not concentrated")],
)
async def test_concentration_of_equal_providers_falls_with_their_number(
    explain, world, providers, concentration, reading
):
    spend = [{"provider": str(place), "per_year": 100} for place in range(providers)]
    employer = (await explain({"employer": {"spend": spend}}, world, detail="full")).employer
    assert employer.concentration == concentration
    assert employer.concentration_reading.startswith(reading)


async def test_a_sure_demand_is_committed_to_in_full_and_nothing_is_wasted(explain, world):
    commitments = [{"provider": "Acme AI", "per_year": 600_000, "discount": 0.2, "termination_fee": 10_000}]
    sure = {"employer_spend_growth": 0, "employer_spend_sigma": 0}
    document = {"employer": {"spend": SPEND, "commitments": commitments, "features": []}, "overrides": sure}
    answer = await explain(document, world, detail="full")
    (outcome,) = answer.employer.commitments
    assert (outcome.best_usd, outcome.unused_usd, outcome.saves_usd) == (600_000, 0, 0)
    assert outcome.exposure_usd == 10_000
    assert {"commitment forfeited": 10_000}.items() <= {i.what: i.usd for i in answer.employer.switching_items}.items()
    over = [{**commitments[0], "per_year": 900_000, "termination_fee": None}]
    document["employer"]["commitments"] = over
    (outcome,) = (await explain(document, world, detail="full")).employer.commitments
    assert outcome.unused_usd == pytest.approx(300_000 * 0.8, abs=1)
    assert outcome.saves_usd == pytest.approx(300_000 * 0.8, abs=1)
    assert outcome.chance_unused == 1.0


async def test_exit_rights_have_their_dates_and_say_whether_they_hold_already(explain, world):
    employer = (await explain({"employer": {"spend": SPEND, "region": "EU"}}, world, detail="full")).employer
    by_article = {right.article: right for right in employer.exit_rights}
    assert by_article["art. 25(2)(d)"].in_force
    assert by_article["art. 29"].applies_from == "2027-01-12"
    assert not by_article["art. 29"].in_force
    later = dataclasses.replace(world, clock=lambda: datetime(2027, 1, 12, tzinfo=UTC))
    employer = (await explain({"employer": {"spend": SPEND, "region": "EU"}}, later, detail="full")).employer
    assert all(right.in_force for right in employer.exit_rights)


@pytest.mark.parametrize(("region", "said"), [("other", "the contract decides"), (None, "no region was given")])
async def test_elsewhere_no_right_is_claimed(explain, world, region, said):
    position = {"spend": SPEND} | ({"region": region} if region else {})
    answer = await explain({"employer": position}, world)
    assert answer.employer.exit_rights == []
    assert any(said in note for note in answer.notes)


class Schedule:
    """A price list that has one announcement, and knows two models."""

    async def ready(self):
        """There is nothing to read."""

    def coming_changes(self, model, after):
        assert after == NOW
        if model == "acme-large":
            return [PriceChange(model, datetime(2027, 2, 1, tzinfo=UTC), Decimal("0.1"), "Acme's price page")]
        return [] if model == "beta-small" else None


async def test_coming_prices_are_said_or_said_to_be_unknown(explain, world):
    silent = await explain({"employer": {"spend": SPEND}}, dataclasses.replace(world, price_schedule=None))
    assert silent.employer.coming_prices is None
    assert "not known" in silent.text()
    told = dataclasses.replace(world, price_schedule=Schedule())
    answer = await explain({"employer": {"spend": SPEND}}, told)
    (change,) = answer.employer.coming_prices
    assert (change.on, change.usd_per_year) == ("2027-02-01", 60_000)
    assert "Price of acme-large 10% on 2027-02-01: $60,000 a year" in answer.text()
    steady = [{"provider": "Beta", "model": "beta-small", "per_year": 10}]
    assert "No price change announced." in (await explain({"employer": {"spend": steady}}, told)).text()
    unknown = [{"provider": "Beta", "model": "beta-huge", "per_year": 10}]
    assert "unknown: beta-huge" in (await explain({"employer": {"spend": unknown}}, told)).text()
    unnamed = [{"provider": "Beta", "per_year": 10}]
    assert "name the models" in (await explain({"employer": {"spend": unnamed}}, told)).text()


class Ledger:
    """A ledger of what was spent, or one with nothing in it."""

    def __init__(self, usd):
        self.usd = usd

    async def use_seen(self, until):
        return UseSeen({key: Decimal(usd) for key, usd in self.usd.items()}, 73, "ledger")


async def test_spend_that_was_not_given_comes_from_the_ledger(explain, world):
    seen = Ledger({("Acme AI", "acme-large"): 30_000, ("Acme AI", "acme-small"): 10_000})
    answer = await explain({"employer": {}}, dataclasses.replace(world, observed_use=seen))
    assert answer.employer.spend_usd == 200_000
    assert "spend as seen over 73 days (ledger)" in answer.notes


@pytest.mark.parametrize("usd", [None, {}], ids=["no ledger", "an empty ledger"])
async def test_without_any_spend_the_answer_is_what_to_send(explain, world, usd):
    looked = world if usd is None else dataclasses.replace(world, observed_use=Ledger(usd))
    with pytest.raises(InvalidInputError, match=r"employer\.spend: no spend given"):
        await explain({"employer": {}}, looked)


async def test_a_commitment_to_somebody_without_spend_is_refused(explain, world):
    commitments = [{"provider": "Acme", "per_year": 1, "discount": 0.1}]
    with pytest.raises(InvalidInputError, match=r"employer\.commitments\.0\.provider"):
        await explain({"employer": {"spend": SPEND, "commitments": commitments}}, world)


async def test_other_features_need_their_hours(explain, world):
    with pytest.raises(ValueError, match="hours_each"):
        await explain({"employer": {"spend": SPEND, "features": [{"what": "other"}]}}, world)


async def test_features_that_were_not_said_are_the_first_question(explain, world):
    answer = await explain({"employer": {"spend": SPEND}}, world, detail="full")
    assert answer.next_questions[0].field == "employer.features"
    assert answer.defaulted[0].field == "employer.features"
    known = await explain({"employer": {"spend": SPEND, "features": [{"what": "format"}]}}, world, detail="full")
    assert "employer.features" not in {entry.field for entry in known.defaulted}
    assert any(lever.ask_for.startswith("open tools") and lever.frees_usd > 0 for lever in known.levers)
