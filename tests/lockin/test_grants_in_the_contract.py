"""What leaving forfeits of a contract's grants: shares at today's fair price; options are not shares."""

from __future__ import annotations

import anyio

from tokenworth.lockin.explain_lock_in import explain_lock_in
from tokenworth.lockin.models import ExplainLockInRequest
from tokenworth.wiring import build_context

SCHEDULE = {"vesting": {"months": 48, "cliff_months": 12}}
ISO = {"kind": "iso", "shares": 40_000, "strike": 2, "price_409a": 2, **SCHEDULE}


def leaving(*grants):
    position = {"contract": {"base": 165_000, "equity": list(grants)}, "months_served": 12}
    request = ExplainLockInRequest.model_validate({"position": position, "draws": 1000})
    return anyio.run(explain_lock_in, request, build_context()).data()


def test_options_of_the_contract_are_named_and_not_counted_as_shares():
    without, beside = leaving(), leaving(ISO)
    assert beside["person"]["cost"] == without["person"]["cost"]
    assert any("options are not counted" in note for note in beside["notes"])


def test_shares_are_forfeited_at_the_fair_price_however_they_are_counted():
    by_value = {"kind": "private_shares", "value": 400_000, "price_409a": 3, "last_round_price": 12, **SCHEDULE}
    by_count = {"kind": "private_shares", "shares": 100_000 // 3, "price_409a": 3, **SCHEDULE}
    plain = {"kind": "private_shares", "value": 100_000, "price_409a": 3, **SCHEDULE}
    costs = [leaving(grant)["person"]["cost"]["p50_usd"] for grant in (by_value, by_count, plain)]
    assert max(costs) - min(costs) <= 5
    assert costs[0] > 1_000
