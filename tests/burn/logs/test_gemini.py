"""Gemini CLI's hard files: both formats, messages written again, chats taken up again, totals that tell of caches."""

from __future__ import annotations

import pytest

from support.log_reading import AT, Kept, write

RANDOM = "0b4d6c1e-9f0a-4a55-8f7e-1c2d3e4f5a6b"


def message(own="g1", *, at=AT, **tokens):
    said = {"input": 1000, "output": 100, "cached": 400, "thoughts": 50, "tool": 0, "total": 1150} | tokens
    return {"id": own, "timestamp": at, "type": "gemini", "model": "gemini-2.5-pro", "tokens": said}


def chat(*messages, session="s", **more):
    return {"sessionId": session, "messages": list(messages)} | more


@pytest.fixture
def chats(tmp_path):
    return tmp_path / ".gemini/tmp/hash/chats"


def rows(tmp_path, **environment):
    return Kept("gemini", tmp_path, environment).look().rows


def test_thoughts_are_output_and_what_was_cached_is_taken_out_of_the_input(chats, tmp_path):
    write(chats / "session-a.json", chat(message()))
    assert rows(tmp_path) == [(600, 0, 400, 150, 1)]


def test_a_total_that_adds_the_cache_says_that_it_is_not_in_the_input(chats, tmp_path):
    write(chats / "session-a.json", chat(message(total=1550)))
    assert rows(tmp_path) == [(1000, 0, 400, 150, 1)]


def test_tool_results_are_input_beside_the_prompt(chats, tmp_path):
    write(chats / "session-a.json", chat(message(tool=30, total=1180)))
    assert rows(tmp_path) == [(630, 0, 400, 150, 1)]


def test_more_cached_than_sent_leaves_no_input_below_zero(chats, tmp_path):
    write(chats / "session-a.json", chat(message(input=100, cached=400, total=250)))
    assert rows(tmp_path) == [(0, 0, 400, 150, 1)]


def test_of_the_lines_with_one_id_the_last_one_counts_even_when_it_is_smaller(chats, tmp_path):
    first, last = message(output=900, total=1950), message(output=10, total=1060)
    write(chats / "session-a.jsonl", {"sessionId": "s"}, message(output=5, total=1055), first, last)
    assert rows(tmp_path) == [(600, 0, 400, 60, 1)]


def test_the_last_line_counts_also_when_it_is_read_another_time(chats, tmp_path):
    path = chats / "session-a.jsonl"
    write(path, {"sessionId": "s"}, message(output=900, total=1950))
    kept = Kept("gemini", tmp_path).look()
    write(path, {"sessionId": "s"}, message(output=900, total=1950), message(output=10, total=1060))
    assert kept.look().rows == [(600, 0, 400, 60, 1)]


def test_a_file_rewritten_with_less_takes_the_place_of_what_it_said(chats, tmp_path):
    path = chats / "session-a.json"
    write(path, chat(message(output=900, total=1950), lastUpdated="2026-11-01T10:00:00Z"))
    kept = Kept("gemini", tmp_path).look()
    write(path, chat(message(output=10, total=1060), lastUpdated="2026-11-01T10:05:00Z"))
    assert kept.look().rows == [(600, 0, 400, 60, 1)]


def test_a_message_that_a_rewritten_file_no_longer_has_was_used_all_the_same(chats, tmp_path):
    path = chats / "session-a.json"
    write(path, chat(message("g1"), message("g2")))
    kept = Kept("gemini", tmp_path).look()
    write(path, chat(message("g2")))
    assert len(kept.look().rows) == 2


def test_a_chat_taken_up_in_the_other_format_counts_its_messages_once(chats, tmp_path):
    write(chats / "session-a.json", chat(message(RANDOM), lastUpdated="2026-11-01T10:05:00Z"))
    write(chats / "session-b.jsonl", {"sessionId": "t"}, message(RANDOM))
    assert len(rows(tmp_path)) == 1


def test_short_ids_of_two_chats_are_two_messages(chats, tmp_path):
    write(chats / "session-a.json", chat(message("1"), session="a"))
    write(chats / "session-b.json", chat(message("1"), session="b"))
    assert len(rows(tmp_path)) == 2


def test_messages_that_a_line_sets_are_read(chats, tmp_path):
    write(chats / "session-a.jsonl", {"sessionId": "s"}, {"$set": {"messages": [message(), {"type": "user"}]}})
    assert rows(tmp_path) == [(600, 0, 400, 150, 1)]


def test_a_message_that_cannot_be_understood_costs_no_other(chats, tmp_path):
    write(chats / "session-a.json", chat(message("a", input=-1), message("b"), message("c", at=None), None, "x", {}))
    write(chats / "session-b.jsonl", {"sessionId": "t"}, message("d", output="many"), '{"tokens": ', message("e"))
    kept = Kept("gemini", tmp_path).look()
    assert (len(kept.rows), kept.lost) == (2, 4)


@pytest.mark.parametrize("text", ["", "\n", "null", "[]", "{}", '{"messages": null}', '{"messages": {}}', "7"])
def test_a_file_that_says_nothing_is_no_fault(chats, tmp_path, text):
    write(chats / "session-a.json", text)
    write(chats / "session-b.jsonl", text)
    kept = Kept("gemini", tmp_path).look()
    assert (kept.rows, kept.lost, kept.unreadable) == ([], 0, [])


def test_a_torn_file_is_reported_and_costs_no_other(chats, tmp_path):
    write(chats / "session-a.json", '{"messages": [{"id"')
    write(chats / "session-b.json", chat(message()))
    kept = Kept("gemini", tmp_path).look()
    assert len(kept.rows) == 1
    assert [issubclass(error, ValueError) for error in kept.unreadable] == [True]


def test_a_byte_order_mark_is_passed_over(chats, tmp_path):
    path = write(chats / "session-a.json", chat(message()))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(rows(tmp_path)) == 1


@pytest.mark.parametrize("tokens", [None, {}, [], "x", {"input": None, "output": None}])
def test_a_message_without_tokens_is_no_call(chats, tmp_path, tokens):
    write(chats / "session-a.json", chat(message() | {"tokens": tokens}))
    assert rows(tmp_path) == []


def test_the_variables_name_other_folders(tmp_path):
    write(tmp_path / "other/.gemini/tmp/h/chats/session-a.json", chat(message()))
    assert len(rows(tmp_path, GEMINI_CLI_HOME=str(tmp_path / "other"))) == 1
    assert len(rows(tmp_path, GEMINI_DATA_DIR=f"{tmp_path / 'none'}, {tmp_path / 'other/.gemini/tmp'}")) == 1
    assert rows(tmp_path) == []
