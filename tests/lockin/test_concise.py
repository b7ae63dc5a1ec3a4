"""Each fixture's concise answer, read as its person would: a headline to repeat, three numbers, the next question."""

from __future__ import annotations

import json
import re
from pathlib import Path

import bpe_openai
import pytest

SNAPSHOTS = Path(__file__).parent / "snapshots"
O200K = bpe_openai.get_encoding("o200k_base")
TOKENS_MAX = 800
SENTENCES_MAX = 4


def tokens(value):
    return len(O200K.encode(value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))))


async def test_the_concise_answer_reads_as_it_did(explain, lock_in_fixture, fixture_position):
    answer = await explain(fixture_position(lock_in_fixture))
    assert answer.text() + "\n" == (SNAPSHOTS / f"{lock_in_fixture}.txt").read_text(encoding="utf-8")


async def test_a_headline_can_be_repeated_and_has_three_numbers_and_a_next_question_follows(
    explain, lock_in_fixture, fixture_position
):
    answer = await explain(fixture_position(lock_in_fixture))
    assert len(re.findall(r"\.(?: |$)", answer.headline)) <= SENTENCES_MAX
    assert len(re.findall(r"\$[0-9,]+", answer.headline)) >= 3
    assert answer.next_questions[0].ask in answer.text()


async def test_either_channel_of_a_concise_answer_is_short(explain, lock_in_fixture, fixture_position):
    answer = await explain(fixture_position(lock_in_fixture))
    assert tokens(answer.text()) < TOKENS_MAX
    assert tokens(answer.data()) < TOKENS_MAX


EVERYTHING = {
    "position": {
        "contract": {
            "base": "240k",
            "bonus": {"target_share": 0.15},
            "sign_on": {"amount": "140k", "clawback_months": 24, "clawback": "full"},
            "equity": [
                {"kind": "rsu", "value": "400k", "refresh_per_year": "100k"},
                {"kind": "private_shares", "value": "300k"},
            ],
            "tokens": {"per_month": 4000, "unused": "rolls_over", "personal_share": 0.9},
            "currency": "EUR",
            "fx": 1.1,
        },
        "clawbacks": [{"what": "relocation", "amount": "60k", "months": 24}],
        "options": {"value": "120k", "strike_cost": "80k"},
        "built": [{"what": "agents", "count": 40, "hours_each": 8, "held_by": "format"}],
        "other_offer": {"pay_per_year": "700k", "sign_on": "400k"},
        "leave_in_months": 9,
    },
    "person": {"marginal_rate": 0.42},
}
MANY = {
    "employer": {
        "spend": [
            {"provider": f"Provider Number {place}", "model": f"large-model-{place}", "per_year": f"{place}.5M"}
            for place in range(1, 8)
        ],
        "commitments": [
            {"provider": f"Provider Number {place}", "per_year": "9M", "discount": 0.2, "termination_fee": "1M"}
            for place in (5, 6, 7)
        ],
        "features": [
            {"what": what, "count": 12}
            for what in ("caching", "fine_tune", "proprietary_tool", "format", "prompt", "embedding_index")
        ],
        "region": "EU",
    }
}


@pytest.mark.parametrize("document", [EVERYTHING, MANY], ids=["everything a person can have", "many providers"])
async def test_even_the_fullest_concise_answer_is_short(explain, document):
    answer = await explain(document)
    assert tokens(answer.text()) < TOKENS_MAX
    assert tokens(answer.data()) < TOKENS_MAX


async def test_a_full_answer_has_the_whole_curve_every_cause_and_every_source(explain, fixture_position):
    answer = await explain(fixture_position("engineer-before-a-cliff"), detail="full")
    assert len(answer.person.curve) == 49
    assert len(answer.person.terms) == 8
    assert len(answer.assumptions) == answer.assumptions_used
    assert "Hall and Murphy" in answer.text()
    assert answer.person.compute_list_cost_usd > 0
    assert "at list price" in answer.text()
