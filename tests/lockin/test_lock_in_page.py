"""The worked numbers in docs/lock-in.md are the code's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tokenworth.money import dollars, percent
from tokenworth.valuation.career import implied_output_multiple, ratcheted_hourly
from tokenworth.valuation.commitment import best_commitment_lognormal
from tokenworth.valuation.concentration import herfindahl, price_rise_ceiling
from tokenworth.valuation.retention import (
    GRADE_CUT_OFFS,
    artefact_loss,
    clawback_owed,
    exercise_financing,
    lapse_probability,
    ramp_loss,
    unvested_by_month,
)
from tokenworth.valuation.willingness import willingness_to_pay

PAGE = " ".join((Path(__file__).resolve().parents[2] / "docs" / "lock-in.md").read_text(encoding="utf-8").split())


def test_the_table_of_unvested_shares():
    vests = [0.0] * 15
    vests[2] = vests[14] = 100_000.0
    e = unvested_by_month(vests, np.array([0.328]), [1.0] * 15, horizon_months=48)[:, 0]
    assert f"| today | {dollars(e[0])} |" in PAGE
    assert f"| in 2 months | {dollars(e[2])} |" in PAGE
    assert f"the day before the vest | {dollars(e[3] + 100_000)} |" in PAGE
    assert f"the day after | {dollars(e[3])} |" in PAGE


def options(window_months):
    lapse = float(lapse_probability(0.678, window_months, 4.0))
    return lapse * 90_000 + (1 - lapse) * float(exercise_financing(20_000, 0.1, 4.0))


@pytest.mark.parametrize(
    ("before", "usd"),
    [
        ("still claims", clawback_owed(40_000, 24, 9, pro_rata=True)),
        ("for four years at 10% costs", float(exercise_financing(20_000, 0.1, 4.0))),
        ("so X is", options(3)),
        ("exercise and", options(120)),
        ("at $120 an hour:", float(artefact_loss(132, 0.25, 120))),
        ("on $240,000:", float(ramp_loss(240_000, 6, 0.25, 0.1))),
        ("not $2,000 but", 2 * float(willingness_to_pay(1_000.0, 100.0, 1.0))),
        ("commit to", best_commitment_lognormal(1e6, 0.6, 0.17)),
    ],
)
def test_a_number_worked_by_hand(before, usd):
    assert f"{before} {dollars(usd)}" in PAGE


def test_the_ratchet_concentration_ceiling_and_grades():
    multiple = float(implied_output_multiple(21_600, 2_400, 0.301))
    assert f"is {dollars(float(ratcheted_hourly(100, multiple, 0.5)))} for an hour's old output" in PAGE
    assert f"and {dollars(float(ratcheted_hourly(100, multiple, 1.0)))} once all" in PAGE
    assert f"have a concentration of {herfindahl([60, 40]):,.0f}" in PAGE
    assert f"a ceiling of {percent(float(price_rise_ceiling(60_000, 1_200_000)))}" in PAGE
    cuts = list(GRADE_CUT_OFFS.items())
    said = ", ".join([f"A below {percent(cuts[0][1])}", *(f"{grade} {percent(cut)}" for grade, cut in cuts[1:])])
    assert f"{said}, E from there" in PAGE
