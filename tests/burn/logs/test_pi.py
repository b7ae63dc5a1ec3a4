"""pi's hard files: branches that copy lines, upgrades that rewrite them, torn lines, and numbers that are none."""

from __future__ import annotations

import json

import pytest

from support.log_reading import AT, Kept, write


def message(sent=10, output=20, read=300, written=40, *, at=AT, cost=0.001, **more):
    usage = {"input": sent, "output": output, "cacheRead": read, "cacheWrite": written, "totalTokens": 370}
    inner = {"role": "assistant", "model": "m", "usage": {**usage, "cost": {"total": cost}}, "content": []}
    return {"type": "message", "timestamp": at, "message": inner} | more


@pytest.fixture
def session(tmp_path):
    return tmp_path / ".pi/agent/sessions/--x--/2026-11-01T10-00-00-000Z_a.jsonl"


def test_a_message_counts_each_class_of_its_tokens(session, tmp_path):
    write(session, {"type": "session", "id": "a"}, message())
    kept = Kept("pi", tmp_path).look()
    assert kept.rows == [(10, 40, 300, 20, 1)]
    (call,) = kept.counted
    assert (call.model, call.paid_nano_usd) == ("m", 1_000_000)


def test_a_cost_of_zero_is_a_price_that_pi_does_not_have(session, tmp_path):
    write(session, message(cost=0), message(at="2026-11-01T10:00:01Z", cost=None))
    assert [call.paid_nano_usd for call in Kept("pi", tmp_path).look().counted] == [None, None]


def test_a_branch_copies_lines_into_a_file_of_its_own_and_they_count_once(session, tmp_path):
    first, second = message(id="1"), message(at="2026-11-01T10:00:05Z", id="2")
    write(session, first, second)
    write(session.with_name("2026-11-02_b.jsonl"), first, message(at="2026-11-02T10:00:00Z", id="3"))
    assert len(Kept("pi", tmp_path).look().rows) == 3


def test_an_upgrade_rewrites_a_session_with_ids_and_nothing_counts_twice(session, tmp_path):
    write(session, message())
    kept = Kept("pi", tmp_path).look()
    write(session, {"type": "session", "version": 3}, message(id="9f3c", parentId=None))
    kept.positions.clear()  # another file than the one that was read
    assert kept.look().rows == [(10, 40, 300, 20, 1)]


def test_a_line_still_being_written_counts_when_it_is_whole(session, tmp_path):
    whole = json.dumps(message(at="2026-11-01T10:00:09Z"))
    write(session, message(), whole[:-30], end="")
    kept = Kept("pi", tmp_path).look()
    assert (len(kept.rows), kept.lost) == (1, 0)
    write(session, message(), whole)
    assert len(kept.look().rows) == 2


def test_a_last_line_without_a_line_break_counts_once(session, tmp_path):
    write(session, message(), end="")
    kept = Kept("pi", tmp_path).look()
    assert kept.look().rows == [(10, 40, 300, 20, 1)]


@pytest.mark.parametrize("value", [-1, 1.5, "12x", True, [1], {"a": 1}, 10**16, "9" * 30])
def test_a_count_that_is_none_costs_its_own_line_and_is_reported(session, tmp_path, value):
    write(session, message(sent=value), message(at="2026-11-01T10:00:01Z"))
    kept = Kept("pi", tmp_path).look()
    assert (kept.rows, kept.lost) == ([(10, 40, 300, 20, 1)], 1)


@pytest.mark.parametrize("value", ["10", 10.0])
def test_a_whole_number_written_as_text_or_with_a_point_is_that_number(session, tmp_path, value):
    write(session, message(sent=value))
    assert Kept("pi", tmp_path).look().rows == [(10, 40, 300, 20, 1)]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "null",
        "[]",
        '"usage"',
        '{"usage": null}',
        '{"message": null, "x": "usage"}',
        '{"message": {"role": "assistant", "usage": null}}',
        '{"message": {"role": "assistant", "usage": {"input": null, "output": 0}}}',
        '{"message": {"role": "user", "usage": {"input": 5}}}',
        '{"message": {"role": "assistant", "usage": "10"}}',
    ],
)
def test_null_anywhere_is_no_use_and_no_fault(session, tmp_path, line):
    write(session, line, message())
    kept = Kept("pi", tmp_path).look()
    assert (kept.rows, kept.lost) == ([(10, 40, 300, 20, 1)], 0)


@pytest.mark.parametrize("at", [None, "yesterday", "2026-11-01T10:00:00", 7, 10**18, True])
def test_a_use_without_a_moment_is_reported_and_not_given_one(session, tmp_path, at):
    write(session, message(at=at))
    kept = Kept("pi", tmp_path).look()
    assert (kept.rows, kept.lost) == ([], 1)


def test_the_variables_name_other_folders(session, tmp_path):
    write(tmp_path / "else/sessions/p/s.jsonl", message())
    write(tmp_path / "apart/p/s.jsonl", message())
    for variable, folder in (("PI_CODING_AGENT_DIR", "else"), ("PI_CODING_AGENT_SESSION_DIR", "apart")):
        assert len(Kept("pi", tmp_path, {variable: str(tmp_path / folder)}).look().rows) == 1
    assert Kept("pi", tmp_path).look().rows == []
