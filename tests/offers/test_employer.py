"""What an offer costs the employer: payroll tax on wages and on taxed tokens, and the tax it pays for the person."""

from __future__ import annotations

import pytest


async def cost(value, offer, **person):
    return (await value(offer, person=person, detail="full")).employer_cost_usd


async def test_cash_costs_its_face_and_the_employers_half_of_fica_futa_and_state_unemployment(value):
    # SSA 2026: 6.2% of $184,500; 1.45% of all; 0.6% and 2.7% of the first $7,000 and $9,000.
    on_top = 11_439 + 0.0145 * 300_000 + 42 + 243
    assert await cost(value, {"base": 300_000, "start_year": 2026}, state="TX") - 300_000 == pytest.approx(
        on_top + 0.062 * sum((192_300 - 184_500, 197_108 - 184_500, 202_035 - 184_500)) / 4, abs=2
    )


async def test_vesting_shares_are_wages_and_a_sign_on_is_paid_once(value):
    plain = await cost(value, {"base": 200_000}, state="TX")
    vests = {"kind": "rsu", "value": 400_000, "vesting": {"yearly": [0.25, 0.25, 0.25, 0.25]}}
    shares = await cost(value, {"base": 200_000, "equity": [vests]}, state="TX")
    assert shares - plain == pytest.approx(100_000 * 1.0145, abs=500)
    signed = await cost(value, {"base": 250_000, "sign_on": 40_000}, state="TX")
    unsigned = await cost(value, {"base": 250_000}, state="TX")
    assert signed - unsigned == pytest.approx(10_000 * 1.0145, abs=2)


async def test_a_contractor_costs_what_is_invoiced(value):
    assert await cost(value, {"base": 240_000, "employment": "contractor"}) == 240_000


async def test_without_tables_the_cost_has_no_payroll_tax_and_says_so(value):
    answer = await value({"base": 200_000}, person={"marginal_rate": 0.4}, detail="full")
    assert answer.employer_cost_usd == 200_000
    assert any("no payroll tax" in note for note in answer.notes)


async def test_a_british_employer_pays_15_percent_above_5000_pounds(value):
    offer = {"base": 100_000, "currency": "GBP", "fx": 1.3}
    assert await cost(value, offer, country="GB") == pytest.approx(1.3 * (100_000 + 14_250), abs=1)


TAXED_AT_FACE = {"per_year": 50_000, "taxed": "face", "unused": "rolls_over", "personal_share": 1}


async def test_a_gross_up_costs_the_employer_the_persons_tax_and_the_tax_on_that(value):
    person, few = {"state": "TX", "marginal_rate": None}, {"overrides": {"cut_hazard": 0, "employer_discount": 0}}
    paid = {"base": 300_000, "tokens": TAXED_AT_FACE | {"tax_paid_by_employer": True}, "start_year": 2026}
    unpaid = {"base": 300_000, "tokens": TAXED_AT_FACE, "start_year": 2026}
    with_it, without = [
        (await value(offer, person=person, detail="full", **few)).tokens.employer_cost_usd for offer in (paid, unpaid)
    ]
    # At $300,000 to $400,000 a single person pays 35% and 1.45% and 0.9%; the employer 1.45% on top of wages.
    rate = 0.35 + 0.0145 + 0.009
    assert with_it - without == pytest.approx(50_000 * rate / (1 - rate) * 1.0145, rel=0.001)


async def test_work_use_that_is_not_taxed_costs_no_payroll_tax(value):
    tokens = {"per_year": 50_000, "personal_share": 0, "taxed": "no"}
    taxed, untaxed = [
        (await value({"base": 300_000, "tokens": tokens | {"taxed": how}}, detail="full")).tokens.employer_cost_usd
        for how in ("face", "no")
    ]
    assert 0 < taxed - untaxed < 0.0146 * 50_000
