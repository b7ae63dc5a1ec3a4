"""Amp's hard files: rewritten threads, threads cut off that go on, ledgers of older versions, and torn files."""

from __future__ import annotations

import pytest

from support.log_reading import AT, Kept, write


def message(number=1, *, at=AT, model="m", **usage):
    said = {"inputTokens": 10, "outputTokens": 20, "cacheCreationInputTokens": 40, "cacheReadInputTokens": 300}
    used = {"model": model, "timestamp": at, "credits": 1.5, **said, **usage}
    return {"role": "assistant", "messageId": number, "usage": used}


def thread(*messages, **more):
    return {"v": 5, "id": "T-1", "messages": [{"role": "user", "messageId": 0}, *messages]} | more


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".local/share/amp/threads/T-1.json"


def test_a_message_counts_each_class_of_its_tokens(path, tmp_path):
    write(path, thread(message()))
    kept = Kept("amp", tmp_path).look()
    assert kept.rows == [(10, 40, 300, 20, 1)]
    assert [call.paid_nano_usd for call in kept.counted] == [None]  # credits are no dollars


def test_a_thread_is_rewritten_as_it_grows_and_nothing_counts_twice(path, tmp_path):
    write(path, thread(message(1, outputTokens=5)))
    kept = Kept("amp", tmp_path).look()
    write(path, thread(message(1), message(2, at="2026-11-01T10:01:00Z")))
    assert kept.look().rows == [(10, 40, 300, 20, 1)] * 2


def test_a_thread_cut_off_gives_its_numbers_again_and_both_calls_were_made(path, tmp_path):
    write(path, thread(message(1), message(3, at="2026-11-01T10:01:00Z")))
    kept = Kept("amp", tmp_path).look()
    write(path, thread(message(1), message(3, at="2026-11-01T10:09:00Z", outputTokens=7)))
    assert kept.look().rows == [(10, 40, 300, 7, 1), (10, 40, 300, 20, 1), (10, 40, 300, 20, 1)]


def test_numbers_of_two_threads_are_apart(path, tmp_path):
    write(path, thread(message()))
    write(path.with_name("T-2.json"), thread(message(), id="T-2"))
    assert len(Kept("amp", tmp_path).look().rows) == 2


def test_an_older_ledger_counts_in_place_of_the_messages_and_takes_their_caches(path, tmp_path):
    entry = {"id": "e1", "timestamp": AT, "model": "m", "toMessageId": 1, "tokens": {"input": 11, "output": 22}}
    title = {"id": "e2", "timestamp": AT, "model": "small", "tokens": {"input": 1, "output": 2}}
    again = entry | {"id": "e3", "timestamp": "2026-11-01T10:01:00Z"}
    write(path, thread(message(), usageLedger={"events": [entry, title, again, None, {}]}))
    assert Kept("amp", tmp_path).look().rows == [(1, 0, 0, 2, 1), (11, 0, 0, 22, 1), (11, 40, 300, 22, 1)]


@pytest.mark.parametrize("ledger", [None, {}, [], {"events": None}, {"events": {}}, "x"])
def test_a_ledger_that_is_none_leaves_the_messages(path, tmp_path, ledger):
    write(path, thread(message(), usageLedger=ledger))
    assert Kept("amp", tmp_path).look().rows == [(10, 40, 300, 20, 1)]


def test_an_empty_ledger_says_that_nothing_was_used(path, tmp_path):
    write(path, thread(message(), usageLedger={"events": []}))
    assert Kept("amp", tmp_path).look().rows == []


def test_moment_and_model_may_stand_at_the_message(path, tmp_path):
    said = message() | {"timestamp": AT, "model": "m"}
    said["usage"] |= {"timestamp": None, "model": None}
    write(path, thread(said))
    (call,) = Kept("amp", tmp_path).look().counted
    assert call.model == "m"


def test_a_message_that_cannot_be_understood_costs_no_other(path, tmp_path):
    bad = [
        message(2, inputTokens=-1),
        message(3, at=None),
        message(4, outputTokens="x"),
        message(5, outputTokens=1e300),
    ]
    write(path, thread(*bad, message(), {"role": "assistant", "usage": None}, {"role": "user"}, None, 7))
    kept = Kept("amp", tmp_path).look()
    assert (len(kept.rows), kept.lost) == (1, 4)


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"messages": null}', '{"messages": "x"}'])
def test_a_file_that_says_nothing_is_no_fault(path, tmp_path, text):
    write(path, text)
    kept = Kept("amp", tmp_path).look()
    assert (kept.rows, kept.lost, kept.unreadable) == ([], 0, [])


def test_a_torn_file_is_reported_and_costs_no_other_and_counts_once_it_is_whole(path, tmp_path):
    write(path, '{"id": "T-1", "messages": [')
    write(path.with_name("T-2.json"), thread(message(), id="T-2"))
    kept = Kept("amp", tmp_path).look()
    assert (len(kept.rows), len(kept.unreadable)) == (1, 1)
    path.write_bytes(b"\xef\xbb\xbf" + write(path, thread(message())).read_bytes())
    assert (len(kept.look().rows), kept.unreadable) == (2, [])


def test_other_files_beside_the_threads_are_none(path, tmp_path):
    write(path.with_name("history.json"), thread(message()))
    assert Kept("amp", tmp_path).look().rows == []


@pytest.mark.parametrize(("variable", "below"), [("AMP_DATA_DIR", ""), ("XDG_DATA_HOME", "amp/")])
def test_the_variables_name_other_folders(tmp_path, variable, below):
    write(tmp_path / f"else/{below}threads/T-9.json", thread(message()))
    assert len(Kept("amp", tmp_path, {variable: str(tmp_path / "else")}).look().rows) == 1
