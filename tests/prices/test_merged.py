"""Fresh prices over shipped ones: newer where it is known, dated where it can be, nothing lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from support.price_servers import FIXTURES
from tokenworth.http import Validators
from tokenworth.prices.cost import Unpriced
from tokenworth.prices.fetchers.source import Document, Page
from tokenworth.prices.first_use import MERGED
from tokenworth.prices.merged import lay_over, merge_copies
from tokenworth.prices.price_list import PriceList
from tokenworth.prices.snapshot import (
    Snapshot,
    SourceInfo,
    current_snapshot,
    read_snapshot,
    shipped_snapshot,
)

SHIPPED_AT = datetime(2026, 9, 1, 15, tzinfo=UTC)
FRESH_AT = datetime(2026, 10, 1, tzinfo=UTC)
# Rate lines as snapshots write them, and what the tests call them.
SHEETS = ["i1 o5", "i2 o6", "i3 o7", "i4 o8"]
NAMES = dict(zip(SHEETS, ["old", "new", "later", "much later"], strict=True))


def snapshot(as_of, lines, *, voices=("origin", "litellm", "model_prices"), conflicts=None, sources=("litellm",)):
    infos = tuple(SourceInfo(name, name, "https://prices.example/", "MIT", "", as_of, 1, 1) for name in sources)
    return Snapshot(as_of, infos, list(voices), SHEETS, {"s": lines}, {"s": {}}, conflicts or {})


def merged_line(shipped, fresh, **options):
    """The model's steps after laying one line over the other, with the sheets' names for their numbers."""
    old, new = ({} if line is None else {"m": line} for line in (shipped, fresh))
    content = lay_over(snapshot(SHIPPED_AT, old), snapshot(FRESH_AT, new, **options))
    steps, voices, *facts = content["models"]["s"]["m"].split("|")
    named = []
    for step in steps.split(";"):
        start, _, number = step.rpartition("=")
        sheet = number if number == "-" else content["sheets"][int(number)]
        named.append((start, NAMES.get(sheet, sheet)))
    return named, voices, facts


def test_an_unchanged_price_keeps_its_history():
    assert merged_line("0;2026-03-01=1|1", "1|1") == ([("", "old"), ("2026-03-01", "new")], "1", [])


def test_an_undated_change_starts_when_the_shipped_price_was_last_known_to_be_right():
    assert merged_line("0|1|c100", "1|1|c200") == ([("", "old"), ("2026-09-01", "new")], "1", ["c200"])


def test_a_dated_change_starts_at_its_date():
    assert merged_line("0|1", "0;2026-09-20=1|1") == ([("", "old"), ("2026-09-20", "new")], "1", [])


def test_an_announced_change_stands_where_the_fresh_source_knows_no_schedule():
    assert merged_line("0;2026-12-01=2|1", "0|1") == ([("", "old"), ("2026-12-01", "later")], "1", [])


def test_a_new_schedule_replaces_the_announced_one():
    found, _, _ = merged_line("0;2026-12-01=2|1", "0;2027-01-01=3|1")
    assert found == [("", "old"), ("2027-01-01", "much later")]


def test_a_price_whose_source_has_not_spoken_again_stays():
    assert merged_line("0|2", "1|1") == ([("", "old")], "2", [])


def test_models_that_are_only_in_one_of_them_are_kept():
    assert merged_line("0;2026-06-01=-|1", None) == ([("", "old"), ("2026-06-01", "-")], "1", [])
    assert merged_line(None, "3|1|k" + "embedding") == ([("", "much later")], "1", ["kembedding"])


def test_conflicts_go_with_the_price_that_was_taken():
    old, fresh = [["portkey", "x", "older"]], [["portkey", "y", "newer"]]
    for line, expected in (("1", fresh), ("2", old)):
        shipped = snapshot(SHIPPED_AT, {"m": f"0|{line}"}, conflicts={"s/m": old})
        content = lay_over(shipped, snapshot(FRESH_AT, {"m": "1|1"}, conflicts={"s/m": fresh}))
        assert content["conflicts"] == {"s/m": expected}


@pytest.mark.parametrize(
    ("old", "new", "laid"),
    [
        ("i4 o20|batch:i2 o10", "i4 o20 r0.4", "i4 o20 r0.4|batch:i2 o10"),  # the batch price is not lost
        ("i4 o20|batch:i2 o10", "i5 o20", "i5 o20"),  # a batch price of the old price is no price now
        ("i4 o20|batch:i2 o10", "i4 o20|batch:i1 o5", "i4 o20|batch:i1 o5"),
        ("i4 o20|>200000:i8 o30", "i4 o20|>200000:i6 o30", "i4 o20|>200000:i6 o30"),
        ("i4 o20|~batch:i2 o10", "i4 o20|batch:i3 o15", "i4 o20|batch:i3 o15"),  # a rule gives way to a price
        ("i4 o20 r0.4|batch:i2 o10 r0.2", "i4 o20 r0.4 w5|batch:i2 o10", "i4 o20 r0.4 w5|batch:i2 o10 r0.2"),
        ("i4 o20|*speed=fast:6", "i4 o20|*speed=fast:2", "i4 o20|*speed=fast:2"),
    ],
)
def test_fresh_rates_complete_the_shipped_ones_or_replace_them_all(old, new, laid):
    shipped = replace(snapshot(SHIPPED_AT, {"m": "0|1"}), sheets=[old])
    fresh = replace(snapshot(FRESH_AT, {"m": "0|1"}), sheets=[new])
    content = lay_over(shipped, fresh)
    assert content["sheets"][-1] == laid
    assert content["models"]["s"]["m"].startswith("0;2026-09-01=1|")


def copy(name, body, at, document="table"):
    return Page(Document(document, f"https://prices.example/{name}"), body, Validators(), at)


@pytest.fixture(scope="module")
def shipped():
    return read_snapshot(shipped_snapshot())


@pytest.fixture(scope="module")
def copies(shipped):
    """What LiteLLM and Portkey say a day after the snapshot was made: one price doubled, one model new."""
    at = shipped.as_of + timedelta(days=1)
    data = json.loads((FIXTURES / "litellm.json").read_bytes())
    data["gpt-77"] = data["gpt-5"] | {"input_cost_per_token": 7e-06, "output_cost_per_token": 7e-05}
    google = (FIXTURES / "portkey_google.json").read_bytes()
    return {
        "litellm": (copy("litellm", json.dumps(data).encode(), at),),
        "portkey": (copy("portkey", google, at, document="google"),),
        "vercel": (copy("vercel", b"not read: not a source of snapshots", at),),
        "azure": (),
    }


def test_the_merged_file_is_a_snapshot_with_every_shipped_model(shipped, copies):
    merged = read_snapshot(merge_copies(copies))
    for seller, lines in shipped.models.items():
        assert lines.keys() <= merged.models[seller].keys()
    assert merged.as_of == shipped.as_of + timedelta(days=1)
    assert {one.name for one in shipped.sources} <= {one.name for one in merged.sources}


def test_a_price_list_works_from_the_merged_file(tmp_path, shipped, copies):
    (tmp_path / MERGED).write_bytes(merge_copies(copies))
    prices = PriceList(current_snapshot(tmp_path))
    usage = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}
    at = shipped.as_of + timedelta(days=2)
    assert prices.cost("openai", "gpt-77", usage, at).usd == Decimal(77)
    assert isinstance(PriceList(shipped).cost("openai", "gpt-77", usage, at), Unpriced)
    before = PriceList(shipped).cost("anthropic", "claude-opus-4-1", usage, at)
    assert prices.cost("anthropic", "claude-opus-4-1", usage, at).usd == before.usd


def test_without_any_copy_there_is_nothing_to_merge():
    assert merge_copies({"litellm": (), "vercel": (copy("vercel", b"{}", FRESH_AT),)}) is None


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff", b'{"format": 99}'])
def test_a_merged_file_that_cannot_be_read_leaves_the_shipped_prices(tmp_path, shipped, content):
    if content is not None:
        (tmp_path / MERGED).write_bytes(content)
    assert current_snapshot(tmp_path).as_of == shipped.as_of


def test_a_copy_that_is_older_than_what_was_shipped_is_no_news(shipped, copies):
    recorded_at = {one.name: one.retrieved_at for one in shipped.sources}
    stale = {
        name: tuple(replace(page, retrieved_at=recorded_at.get(name, shipped.as_of)) for page in pages)
        for name, pages in copies.items()
    }
    assert merge_copies(stale) is None


def test_a_newer_version_of_the_program_beats_an_older_merged_file(tmp_path, shipped, copies):
    data = json.loads(merge_copies(copies))
    data["as_of"] = (shipped.as_of - timedelta(days=1)).isoformat()
    (tmp_path / MERGED).write_text(json.dumps(data))
    assert current_snapshot(tmp_path).as_of == shipped.as_of
