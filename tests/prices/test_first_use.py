"""The price list is read once, when it is first asked for, off the event loop, from the newest file there is."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from tokenworth.context import PriceList as PriceListProtocol
from tokenworth.context import PriceSchedule
from tokenworth.prices.estimate_cost import estimate_cost
from tokenworth.prices.first_use import MERGED, PricesOnFirstUse
from tokenworth.prices.models import EstimateCostRequest
from tokenworth.prices.snapshot import shipped_snapshot
from tokenworth.wiring import build_context, prices_folder_in_use

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OPUS = {"provider": "anthropic", "model": "claude-opus-5-5"}
CALL = EstimateCostRequest.model_validate({**OPUS, "at": NOW.isoformat(), "usage": {"input_tokens": 1_000_000}})


def snapshot(as_of):
    """The shipped snapshot as if it had been recorded at another time, with another model's rates for Opus 5.5."""
    data = json.loads(shipped_snapshot())
    sold = data["models"]["anthropic"]
    # Opus 4.6 lists at $5 in, Opus 5.5 at $4.
    sold["claude-opus-5-5"] = sold["claude-opus-4-6"].rpartition(";")[2].rpartition("=")[2]
    return json.dumps(data | {"as_of": as_of}).encode()


NEWER = snapshot("2026-11-23T00:00:00+00:00")
OLDER = snapshot("2026-01-01T00:00:00+00:00")


@pytest.fixture
def context(tmp_path):
    return replace(build_context(prices_folder=tmp_path), clock=lambda: NOW)


async def test_a_newer_file_in_the_folder_goes_before_the_shipped_one(tmp_path, context):
    (tmp_path / MERGED).write_bytes(NEWER)
    answer = await estimate_cost(CALL, context)
    assert Decimal(answer.usd) == 5
    assert answer.snapshot.as_of == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize("content", [None, b"", b"{", OLDER], ids=["none", "empty", "damaged", "older"])
async def test_an_older_a_damaged_or_no_file_leaves_the_shipped_one(tmp_path, context, content):
    if content is not None:
        (tmp_path / MERGED).write_bytes(content)
    assert Decimal((await estimate_cost(CALL, context)).usd) == 4


async def test_it_is_what_other_families_ask_for_and_is_read_once():
    where = []
    prices = PricesOnFirstUse(lambda: where.append(1) or prices_folder_in_use(None))
    as_list: PriceListProtocol = prices
    as_schedule: PriceSchedule = prices
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(as_list.ready)
            tasks.start_soon(as_schedule.ready)
    assert where == [1]
    assert as_list.blended_usd_per_million("claude-opus-5-5", NOW).usd_per_million == 8
    assert as_list.retires_on("claude-sonnet-4-5").isoformat() == "2026-11-30"
    assert as_list.cost_of_usage("claude-opus-5-5", {"input_tokens": 1_000}, NOW).usd == Decimal("0.004")
    assert "anthropic/claude-haiku-5-5" in as_list.alternatives("claude-opus-5-5", NOW)
    assert as_list.model_path("claude-opus-5-5", NOW).points
    assert as_list.flagship_path("anthropic", NOW).points
    assert as_list.capability_path("gpt-4", NOW).points
    (change,) = as_schedule.coming_changes("gemini-4-argon", NOW)
    assert (change.at.date().isoformat(), change.change) == ("2026-12-01", 1)


def test_a_folder_of_ones_own_may_start_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert prices_folder_in_use(Path("~/prices")) == tmp_path / "prices"
    assert prices_folder_in_use(None).name == "prices"


def test_first_use_imports_neither_the_fetchers_nor_the_http_client():
    program = (
        "import sys; from tokenworth.wiring import build_context\n"
        "print(build_context().prices.blended_usd_per_million('claude-opus-5-5', __import__('datetime').datetime.now("
        "__import__('datetime').UTC)).usd_per_million)\n"
        "print([n for n in sys.modules if n in ('httpx', 'tokenworth.http') or '.prices.fetchers' in n])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["8", "[]"]
