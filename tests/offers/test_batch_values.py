"""Many offers valued at once: the digits of each are those it has alone."""

from __future__ import annotations

import random

import anyio
import pytest

from support.varied_offers import FIXTURE_NAMES, fixture_request, varied_request
from tokenworth.cases import build_case
from tokenworth.offers.batch_values import BLOCK_CELLS, BatchValuer
from tokenworth.offers.simulate import BLOCK_DRAWS
from tokenworth.offers.value_offer import value_offer
from tokenworth.wiring import build_context

DRAWS = 2000
CONTEXT = build_context()


def figures_alone(request, *, seed=1, draws=DRAWS):
    asked = request.model_copy(update={"detail": "full", "seed": seed, "draws": draws})
    answer = anyio.run(value_offer, asked, CONTEXT)
    return {
        "face_usd": answer.face.total_usd,
        "p10_usd": answer.pay.p10_usd,
        "p50_usd": answer.pay.p50_usd,
        "p90_usd": answer.pay.p90_usd,
        "components_usd": {part.name: part.p50_usd for part in answer.components},
        "employer_cost_usd": answer.employer_cost_usd,
        "token_share": answer.face.token_share,
    }


def figures_together(requests, *, seed=1, draws=DRAWS):
    cases = [build_case(each.offer, each.person, {}, CONTEXT, label="offer") for each in requests]
    found = BatchValuer(seed, draws).value(cases)
    return [{name: getattr(each, name) for name in each.__slots__} for each in found]


@pytest.fixture(scope="module")
def mixed():
    """Every fixture as it is and with other amounts, in no order."""
    chance = random.Random(4)  # noqa: S311 - the same mix each time
    requests = [fixture_request(name) for name in FIXTURE_NAMES]
    requests += [varied_request(name, chance) for name in FIXTURE_NAMES for _ in range(2)]
    chance.shuffle(requests)
    return requests


@pytest.mark.parametrize("seed", [1, 77])
def test_a_mixed_batch_has_the_digits_that_each_offer_has_alone(mixed, seed):
    assert figures_together(mixed, seed=seed) == [figures_alone(each, seed=seed) for each in mixed]


def test_the_digits_of_an_offer_do_not_depend_on_the_batch_around_it(mixed):
    together = figures_together(mixed)
    assert together == figures_together(mixed[::-1])[::-1]
    assert together == [figures_together([each])[0] for each in mixed]


def test_offers_of_one_shape_that_fill_more_than_one_pass_stay_themselves():
    chance = random.Random(9)  # noqa: S311 - the same offers each time
    requests = [varied_request("big-company", chance) for _ in range(BLOCK_CELLS // DRAWS + 3)]
    assert figures_together(requests) == [figures_alone(each) for each in requests]


def test_facts_that_only_some_say_stand_beside_the_draws_of_the_others():
    offer = {"base": 200_000, "tokens": {"per_month": 900, "personal_share": 0.5}}
    people = [{}, {"own_token_spend_per_year": 3000}, {"token_use_per_year": 7000, "household_income": 90_000}]
    requests = [fixture_request("work-only").model_validate({"offer": offer, "person": person}) for person in people]
    assert figures_together(requests) == [figures_alone(each) for each in requests]


def test_with_more_draws_than_one_pass_takes_the_digits_are_the_same():
    requests = [fixture_request(name) for name in ("startup-iso", "big-company", "personal-account")]
    draws = BLOCK_DRAWS + 2000
    assert figures_together(requests, draws=draws) == [figures_alone(each, draws=draws) for each in requests]


def test_nothing_is_valued_where_there_is_nothing():
    assert figures_together([]) == []
