"""Copilot CLI's hard files: totals that run on, the same call told four times, and both kinds of log at once."""

from __future__ import annotations

import json

import pytest

from support.log_reading import AT, AT_MS, Kept, write

SECONDS = AT_MS // 1000


def shutdown(sent=1000, output=100, read=700, written=50, requests=3, *, at=AT, model="claude-sonnet-4.5", **more):
    usage = {"inputTokens": sent, "outputTokens": output, "cacheReadTokens": read, "cacheWriteTokens": written}
    metrics = {model: {"requests": {"count": requests, "cost": 1}, "usage": usage}} | more
    return {"type": "session.shutdown", "data": {"totalPremiumRequests": 3, "modelMetrics": metrics}, "timestamp": at}


def record(kind="span", name="chat gpt-5", sent=1000, output=100, read=700, *, trace="t1", span="s1", **attributes):
    said = {
        "gen_ai.response.model": "gpt-5",
        "gen_ai.usage.input_tokens": sent,
        "gen_ai.usage.output_tokens": output,
        "gen_ai.usage.cache_read.input_tokens": read,
        "gen_ai.conversation.id": "session-1",
    } | {key.replace("__", "."): value for key, value in attributes.items()}
    found = {"type": kind, "traceId": trace, "spanId": span, "endTime": [SECONDS, 5], "attributes": said}
    return found | ({"name": name} if kind == "span" else {"body": name})


INFERENCE = {"kind": "log", "name": "GenAI inference: gpt-5", "span": "s2"}
TURN = {"kind": "log", "name": "copilot_chat.agent.turn: 1", "span": "s3"}
SUMMARY = {"name": "invoke_agent copilot", "span": "s4"}


@pytest.fixture
def events(tmp_path):
    return tmp_path / ".copilot/session-state/session-1/events.jsonl"


@pytest.fixture
def otel(tmp_path):
    return tmp_path / ".copilot/otel/a.jsonl"


def test_the_input_of_a_total_is_less_what_was_read_from_and_written_to_a_cache(events, tmp_path):
    write(events, {"type": "session.start"}, shutdown())
    assert Kept("copilot", tmp_path).look().rows == [(250, 50, 700, 100, 3)]


def test_a_session_taken_up_again_counts_what_its_totals_grew_by_on_its_own_day(events, tmp_path):
    write(events, shutdown())
    kept = Kept("copilot", tmp_path).look()
    write(events, shutdown(), shutdown(), shutdown(1500, 150, 900, 50, 5, at="2026-11-02T10:00:00Z"))
    assert kept.look().rows == [(250, 50, 700, 100, 3), (300, 0, 200, 50, 2)]
    assert sorted(call.at_ms for call in kept.counted) == [AT_MS, AT_MS + 86_400_000]


def test_totals_lower_than_before_began_anew(events, tmp_path):
    write(events, shutdown(), shutdown(10, 5, 0, 0, 1, at="2026-11-02T10:00:00Z"))
    assert Kept("copilot", tmp_path).look().rows == [(10, 0, 0, 5, 1), (250, 50, 700, 100, 3)]


def test_each_model_of_a_session_has_totals_of_its_own(events, tmp_path):
    other = {"requests": {"count": "1"}, "usage": {"inputTokens": "7", "outputTokens": 2.0}}
    write(events, shutdown(**{"gpt-5": other, "idle": {"usage": None}, "none": None}))
    kept = Kept("copilot", tmp_path).look()
    assert kept.rows == [(7, 0, 0, 2, 1), (250, 50, 700, 100, 3)]
    assert {call.model for call in kept.counted} == {"claude-sonnet-4.5", "gpt-5"}


def test_totals_that_cannot_be_understood_are_reported_and_none_of_them_is_taken(events, tmp_path):
    bad = {"usage": {"inputTokens": -1}}
    write(events, shutdown(at=None), shutdown(**{"gpt-5": bad}), '{"type":"session.shutdown"', shutdown())
    kept = Kept("copilot", tmp_path).look()
    assert (kept.rows, kept.lost) == ([(250, 50, 700, 100, 3)], 3)


@pytest.mark.parametrize("data", [None, {}, [], "x", {"modelMetrics": None}, {"modelMetrics": []}])
def test_an_end_without_totals_is_no_use(events, tmp_path, data):
    write(events, {"type": "session.shutdown", "timestamp": AT, "data": data})
    kept = Kept("copilot", tmp_path).look()
    assert (kept.rows, kept.lost) == ([], 0)


def test_a_torn_end_counts_when_it_is_whole(events, tmp_path):
    write(events, json.dumps(shutdown())[:-20], end="")
    kept = Kept("copilot", tmp_path).look()
    assert (kept.rows, kept.lost) == ([], 0)
    write(events, shutdown(), end="")
    assert len(kept.look().rows) == 1


def test_an_older_session_is_a_file_beside_the_folders(tmp_path):
    write(tmp_path / ".copilot/session-state/abc.jsonl", shutdown())
    write(tmp_path / ".copilot/session-state/abc/other.jsonl", shutdown())
    (call,) = Kept("copilot", tmp_path).look().counted
    assert call.call.startswith("abc ")


def test_a_span_told_twice_is_one_call_and_two_spans_of_a_trace_are_two(otel, tmp_path):
    write(otel, record(), record(), record(span="other", output=7))
    assert Kept("copilot", tmp_path).look().rows == [(300, 0, 700, 7, 1), (300, 0, 700, 100, 1)]


def test_of_the_four_ways_to_tell_a_call_the_finest_counts(otel, tmp_path):
    told = [record(**SUMMARY), record(**TURN), record(**INFERENCE), record()]
    for number in range(1, 5):
        write(otel, *told[:number])
        assert len(Kept("copilot", tmp_path).look().rows) == 1
    (call,) = Kept("copilot", tmp_path).look().counted
    assert call.request == "s1"


def test_a_finer_record_that_comes_later_takes_the_place_of_what_was_kept(otel, tmp_path):
    write(otel, record(**INFERENCE), record(**(INFERENCE | {"span": "s9"})))
    kept = Kept("copilot", tmp_path).look()
    assert kept.rows == [(600, 0, 1400, 200, 2)]
    write(otel, record(**INFERENCE), record(**(INFERENCE | {"span": "s9"})), record(), record(span="s8"))
    assert kept.look().rows == [(300, 0, 700, 100, 1)] * 2


def test_a_log_without_a_trace_is_the_same_call_when_it_has_the_same_response(otel, tmp_path):
    answer = {"gen_ai__response__id": "r1"}
    write(otel, record(**answer), record(**INFERENCE, trace="", **answer))
    assert len(Kept("copilot", tmp_path).look().rows) == 1


def test_a_session_that_a_trace_tells_of_is_not_counted_again_from_its_totals(otel, events, tmp_path):
    write(otel, record())
    write(events, shutdown())
    write(events.parents[1] / "session-2/events.jsonl", shutdown())
    assert Kept("copilot", tmp_path).look().rows == [(250, 50, 700, 100, 3), (300, 0, 700, 100, 1)]


@pytest.mark.parametrize(
    "when",
    [
        {"endTime": [SECONDS, 999_000_000]},
        {"hrTime": [str(SECONDS), "0"]},
        {"timeUnixNano": str(AT_MS * 10**6)},
        {"timestamp": AT_MS},
        {"timestamp": AT},
    ],
)
def test_a_moment_is_read_in_every_form_that_exporters_write(otel, tmp_path, when):
    write(otel, {key: value for key, value in record().items() if key != "endTime"} | when)
    (call,) = Kept("copilot", tmp_path).look().counted
    assert call.at_ms // 1000 == SECONDS


def test_numbers_are_texts_in_some_exports_and_names_differ(otel, tmp_path):
    attributes = {"gen_ai__usage__input_tokens": "1000", "gen_ai__usage__cache_creation__input_tokens": "100"}
    write(otel, record(**attributes))
    assert Kept("copilot", tmp_path).look().rows == [(200, 100, 700, 100, 1)]


def test_a_record_that_cannot_be_understood_costs_no_other(otel, tmp_path):
    moment = {key: value for key, value in record(span="a").items() if key != "endTime"}
    bad = [record(sent=-1, span="b"), record(output="x", span="c"), moment, '{"x": "gen_ai.usage.", "attributes": ']
    bad[-1] = '{"gen_ai.usage.": '
    odd = [
        {"attributes": {"gen_ai.usage.x": 1}},
        record(name="execute_tool x"),
        record(sent=None, output=None, read=None),
    ]
    write(otel, *bad, *odd, record())
    kept = Kept("copilot", tmp_path).look()
    assert (len(kept.rows), kept.lost) == (1, 4)


def test_the_variables_name_other_places(tmp_path):
    write(tmp_path / "home/session-state/s/events.jsonl", shutdown())
    assert len(Kept("copilot", tmp_path, {"COPILOT_HOME": str(tmp_path / "home")}).look().rows) == 1
    exported = write(tmp_path / "spans.jsonl", record())
    assert len(Kept("copilot", tmp_path, {"COPILOT_OTEL_FILE_EXPORTER_PATH": str(exported)}).look().rows) == 1
