"""The snapshot: the same inputs give the same bytes, nothing is lost on the way through its lines, and it is honest."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.errors import DataUnreadableError, InvalidInputError
from tokenworth.prices.building import Recorded, build_snapshot, recorded_in
from tokenworth.prices.observations import METERS, ContextThreshold
from tokenworth.prices.packages import read_package
from tokenworth.prices.price_list import PriceList
from tokenworth.prices.sheets import Sheet, read_sheet, write_sheet
from tokenworth.prices.snapshot import read_snapshot, shipped_snapshot

RECORDED = Path(__file__).resolve().parents[2] / "fixtures" / "prices" / "recorded"
DIGEST_CODE = """
import hashlib, pathlib, sys
from tokenworth.prices.building import build_snapshot, recorded_in
print(hashlib.sha256(build_snapshot(recorded_in(pathlib.Path(sys.argv[1])))).hexdigest())
"""


@pytest.fixture(scope="module")
def built():
    return build_snapshot(recorded_in(RECORDED))


def test_the_same_inputs_give_the_same_bytes_whatever_their_order(built):
    assert build_snapshot(reversed(recorded_in(RECORDED))) == built


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_same_inputs_give_the_same_bytes_in_another_process(built, seed):
    run = subprocess.run(
        [sys.executable, "-c", DIGEST_CODE, str(RECORDED)],
        env={"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == hashlib.sha256(built).hexdigest()


def test_a_price_list_of_the_excerpts_prices_like_the_shipped_one(built, prices):
    small = PriceList(read_snapshot(built))
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    usage = {"input_tokens": 120, "cache_read_input_tokens": 150_000, "output_tokens": 900}
    for seller, model in (
        ("anthropic", "claude-haiku-5-5"),
        ("anthropic", "claude-opus-latest"),
        ("openai", "gpt-5.6-sol"),
        ("xai", "grok-4.7"),
        ("google", "gemini-4-argon"),
        ("bedrock", "us.anthropic.claude-opus-5-5"),
    ):
        assert small.cost(seller, model, usage, at).usd == prices.cost(seller, model, usage, at).usd


def test_the_shipped_snapshot_says_where_it_is_from(prices):
    snapshot = prices.snapshot
    assert snapshot.model_count > 6000
    assert {one.name for one in snapshot.sources} == {
        "genai_prices",
        "litellm",
        "model_prices",
        "metergraph",
        "models_dev",
        "portkey",
    }
    for one in snapshot.sources:
        assert one.licence in {"MIT", "Apache-2.0"}
        assert one.url.startswith("https://")
        assert one.observations >= one.models > 0
        assert one.retrieved_at <= snapshot.as_of


def test_the_shipped_snapshot_is_compact_and_every_line_of_it_can_be_read(prices):
    assert len(shipped_snapshot()) < 560_000
    for line in prices.snapshot.sheets:
        sheet = read_sheet(line)
        assert write_sheet(sheet) == line
        for rates in sheet.rates.values():
            assert all(rate >= 0 for rate in rates.values())
    for seller, sold in prices.snapshot.models.items():
        for key in sold:
            starts = [start for start, _ in prices.snapshot.line(seller, key).starts]
            assert starts[1:] == sorted(start for start in starts[1:] if start)


def test_a_price_of_nothing_is_only_what_a_source_says_is_free(prices):
    free = [
        f"{seller}/{key}"
        for seller, sold in prices.snapshot.models.items()
        for key in sold
        for _, sheet in prices.finder.priced(seller, key).spans
        if sheet is not None and not any(sheet.base.values())
    ]
    assert len(free) < 20
    assert not any(name.startswith(("anthropic/", "openai/", "xai/", "bedrock/", "azure/")) for name in free)


def test_batch_and_flex_never_cost_more_than_the_standard_price(prices):
    for seller in ("anthropic", "openai", "google", "mistral", "xai"):
        for key in prices.snapshot.models[seller]:
            for _, sheet in prices.finder.priced(seller, key).spans:
                for mode in {"batch", "flex"} & set(sheet.modes if sheet else ()):
                    rates = sheet.rates[mode, None]
                    assert all(rates[meter] <= sheet.base[meter] for meter in rates if meter in sheet.base), key


RATES = st.dictionaries(
    st.sampled_from(METERS),
    st.decimals(min_value=0, max_value=10**6, places=9, allow_nan=False).map(Decimal.normalize),
    min_size=1,
)


@given(
    base=RATES,
    batch=RATES,
    above=RATES,
    tokens=st.integers(1, 10**7),
    inclusive=st.booleans(),
    uplift=st.sampled_from(["1", "1.1", "1.25"]),
    derived=st.booleans(),
)
def test_a_sheet_survives_being_written_down(base, batch, above, tokens, inclusive, uplift, derived):
    threshold = ContextThreshold(tokens, inclusive)
    sheet = Sheet(
        {
            ("standard", None): base,
            ("standard", threshold): {**base, **above},
            ("batch", None): {**base, **batch},
            ("batch", threshold): {**base, **batch, **above},
        },
        {"data_residency=eu": Decimal(uplift)},
        frozenset({"batch"} if derived else ()),
    )
    assert read_sheet(write_sheet(sheet)) == sheet


def test_a_source_without_a_licence_for_it_cannot_be_bundled():
    with pytest.raises(InvalidInputError, match="may not be bundled"):
        build_snapshot([Recorded("llm_prices", "", datetime(2026, 11, 1, tzinfo=UTC), b"{}")])


def test_no_inputs_are_refused():
    with pytest.raises(InvalidInputError, match="no recorded payloads"):
        build_snapshot([])


@pytest.mark.parametrize("payload", [b"", b"[", b"{}", b'{"openai": {"models": {}}}', b"NaN", b"\xff\xfe"])
def test_a_payload_without_prices_is_refused(payload):
    with pytest.raises(DataUnreadableError):
        build_snapshot([Recorded("models_dev", "", datetime(2026, 11, 1, tzinfo=UTC), payload)])


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"format":99}', b'{"format":1,"as_of":"x"}'])
def test_a_damaged_snapshot_is_refused(content):
    with pytest.raises(DataUnreadableError, match="price snapshot"):
        read_snapshot(content)


def test_a_damaged_line_is_refused_when_it_is_asked_for(built):
    content = json.loads(built)
    content["models"]["openai"]["gpt-4o"] = "no line"
    snapshot = read_snapshot(json.dumps(content).encode())
    with pytest.raises(DataUnreadableError, match="cannot be read"):
        snapshot.line("openai", "gpt-4o")


def test_a_folder_without_a_list_is_refused(tmp_path):
    with pytest.raises(DataUnreadableError, match=r"inputs\.toml"):
        recorded_in(tmp_path)


def test_a_file_that_is_no_price_package_is_refused(tmp_path):
    path = tmp_path / "requests-2.0-py3-none-any.whl"
    path.write_bytes(b"")
    with pytest.raises(DataUnreadableError, match="no known price package"):
        read_package(path)
    path = tmp_path / "litellm-1.0-py3-none-any.whl"
    path.write_bytes(b"not a zip")
    with pytest.raises(DataUnreadableError, match="does not hold"):
        read_package(path)
