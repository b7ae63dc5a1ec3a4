"""Claude Code's hard lines: each a case that some counter gets wrong, with the figure that the lines give."""

from __future__ import annotations

import json
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from support.agent_logs import claude_file, claude_line, write

SONNET = "claude-sonnet-4-5-20250929"
# USD a token: the maker's list price for Sonnet 4.5, up to 200,000 tokens of prompt.
SENT, MADE, WRITTEN_5M, WRITTEN_1H, READ = (Decimal(each) / 1_000_000 for each in ("3", "15", "3.75", "6", "0.30"))


def one(look, home, lines, **more):
    write(claude_file(home), lines)
    (row,) = look(home, **more)
    return row


def line(*counts, call="m", request="r", **more):
    return claude_line(call, request, counts, model=more.pop("model", SONNET), **more)


def test_an_id_that_is_null_in_a_tool_s_input_is_not_the_message_s(look, home):
    content = [{"type": "tool_use", "id": "t", "name": "X", "input": {"id": None, "model": None}}]
    row = one(look, home, [line(100, 0, 0, 10, content=content)])
    assert (row.model, row.tokens, row.messages) == (SONNET, [100, 0, 0, 0, 10], 1)


def test_json_may_have_spaces_and_any_order_of_fields(look, home):
    spaced = json.dumps(dict(reversed(line(1000, 0, 0, 20).items())), indent=None, separators=(" , ", " : "))
    claude_file(home).parent.mkdir(parents=True)
    claude_file(home).write_text(spaced + "\n")
    (row,) = look(home)
    assert row.tokens == [1000, 0, 0, 0, 20]


def test_a_prompt_beyond_200_000_tokens_pays_the_long_context_price_of_its_time(look, home):
    row = one(look, home, [line(1000, 0, 249_000, 1000, at="2025-11-01T10:00:00.000Z")])
    # From the maker's page, which asked for it until April 2026: $6 and $22.50 a million, cached prompts at a tenth.
    assert row.usd == Decimal("0.006") + Decimal("0.0225") + Decimal("0.1494")
    assert row.tokens == [1000, 0, 0, 249_000, 1000]


def test_an_unknown_model_is_unpriced_and_not_free(look, home):
    row = one(look, home, [line(1000, 0, 0, 1000, model="claude-nova-9")])
    assert row.usd is None
    assert row.data()["usd"] is None
    assert row.tokens == [1000, 0, 0, 0, 1000]


def test_two_requests_with_one_message_id_are_two_calls(look, home):
    row = one(look, home, [line(10, 0, 0, 50, request="a"), line(10, 0, 0, 70, request="b")])
    assert (row.tokens, row.messages) == ([20, 0, 0, 0, 120], 2)


def test_half_past_eleven_at_night_in_utc_is_the_next_day_in_berlin(look, home):
    lines = [line(7, 0, 0, 9, at="2026-11-01T23:30:00.000Z")]
    assert one(look, home, lines).date == "2026-11-01"
    assert one(look, home, lines, zone=ZoneInfo("Europe/Berlin")).date == "2026-11-02"


@pytest.mark.parametrize("flat", [3000, 0])
def test_the_split_by_lifetime_overrides_the_flat_count(look, home, flat):
    split = {"ephemeral_5m_input_tokens": 1000, "ephemeral_1h_input_tokens": 2000}
    row = one(look, home, [line(0, flat, 0, 0, usage={"cache_creation": split})])
    assert row.tokens == [0, 1000, 2000, 0, 0]
    assert row.usd == 1000 * WRITTEN_5M + 2000 * WRITTEN_1H


def test_a_cache_write_without_a_lifetime_is_a_five_minute_one(look, home):
    assert one(look, home, [line(0, 3000, 0, 0)]).tokens == [0, 3000, 0, 0, 0]


def test_web_searches_cost_a_cent_each(look, home):
    row = one(look, home, [line(10, 0, 0, 10, usage={"server_tool_use": {"web_search_requests": 5}})])
    assert row.usd == 10 * SENT + 10 * MADE + 5 * Decimal("0.01")


def test_a_speed_of_null_is_the_usual_one_and_a_fast_call_says_so(look, home):
    assert one(look, home, [line(10, 0, 0, 10, usage={"speed": None})]).model == SONNET
    write(claude_file(home, "t"), [line(10, 0, 0, 10, call="n", usage={"speed": "fast"})])
    assert [row.model for row in look(home)] == [SONNET, f"{SONNET}-fast"]


def test_lines_of_a_stream_without_a_request_are_one_call(look, home):
    row = one(look, home, [line(10, 0, 0, 1, request=None), line(10, 0, 0, 90, request=None)])
    assert (row.tokens, row.messages) == ([10, 0, 0, 0, 90], 1)


def test_a_subagent_s_replay_under_another_request_is_no_call(look, home):
    replay = line(10, 0, 5000, 50, request="b", isSidechain=True)
    row = one(look, home, [replay, line(10, 0, 100, 50, request="a")])
    assert (row.tokens, row.messages) == ([10, 0, 0, 100, 50], 1)


def test_a_replay_without_requests_is_no_call_either_however_large(look, home):
    replay = line(10, 0, 5000, 50, request=None, isSidechain=True)
    row = one(look, home, [line(10, 0, 100, 50, request=None), replay])
    assert (row.tokens, row.messages) == ([10, 0, 0, 100, 50], 1)


def test_a_stream_that_ends_smaller_keeps_the_larger_line(look, home):
    assert one(look, home, [line(10, 0, 0, 90), line(10, 0, 0, 1)]).tokens == [10, 0, 0, 0, 90]


def test_a_last_line_that_lost_its_request_still_is_the_same_call(look, home):
    row = one(look, home, [line(10, 0, 0, 1), line(10, 0, 0, 90, request=None)])
    assert (row.tokens, row.messages) == ([10, 0, 0, 0, 90], 1)


def test_what_a_tool_reports_of_its_own_use_is_not_counted(look, home):
    decoy = {"type": "user", "toolUseResult": {"usage": {"input_tokens": 4, "output_tokens": 1418}}, "message": {}}
    synthetic = line(0, 0, 0, 0, call="x", model="<synthetic>")
    assert one(look, home, [decoy, synthetic, line(1, 0, 0, 2)]).tokens == [1, 0, 0, 0, 2]


def test_what_the_model_was_sent_is_no_call_whatever_it_quotes_and_hides_none(look, home):
    sent = {"type": "user", "message": {"content": '"usage":{"input_tokens":9}'}, "toolUseResult": {"usage": {"x": 1}}}
    quoting = {"data": {"type": "user", "note": '"type":"user"'}, **line(1, 0, 0, 2)}
    first = {"type": "assistant", "note": "user", **line(3, 0, 0, 4, call="n")}
    assert one(look, home, [sent, quoting, first]).tokens == [4, 0, 0, 0, 6]


def test_progress_that_echoes_a_subagent_is_counted_once_with_it(look, home):
    inner = line(5, 0, 0, 6)
    progress = {
        "type": "progress",
        "data": {"type": "agent_progress", "message": inner},
        "timestamp": inner["timestamp"],
    }
    assert one(look, home, [progress]).tokens == [5, 0, 0, 0, 6]
    write(claude_file(home, "s/subagents/agent-a"), [{**inner, "isSidechain": True}])
    (row,) = look(home)
    assert (row.tokens, row.messages) == ([5, 0, 0, 0, 6], 1)


def test_a_line_that_cannot_be_understood_costs_only_itself_and_is_told(look, home):
    broken = [line(-5, 0, 0, 1, call="n"), line(1, 0, 0, 1, call="o", at="yesterday"), line("7", 0, 0, 1, call="p")]
    write(claude_file(home), [*broken, line(1, 0, 0, 2)])
    with claude_file(home).open("a") as file:
        file.write('{"message":{"usage":{"input_tokens":1}\n')
    (row,) = look(home)
    assert row.tokens == [1, 0, 0, 0, 2]
    assert look.scanned.problems == [(str(claude_file(home)), "4 lines cannot be understood")]


def test_a_torn_last_line_is_no_fault_and_counts_once_it_is_whole(look, home):
    whole = json.dumps(line(1, 0, 0, 2))
    claude_file(home).parent.mkdir(parents=True)
    claude_file(home).write_text(whole[:90])
    assert look(home) == []
    assert look.scanned.problems == []
    claude_file(home).write_text(whole)  # without a line break, as at the end of a copied file
    assert [row.tokens for row in look(home)] == [[1, 0, 0, 0, 2]]
    claude_file(home).write_text(whole + "\n" + json.dumps(line(3, 0, 0, 4, call="n")) + "\n")
    assert [row.tokens for row in look(home)] == [[4, 0, 0, 0, 6]]


def test_every_folder_of_the_variable_is_read_and_the_usual_ones_are_not(look, home, tmp_path):
    write(claude_file(home), [line(1, 0, 0, 1)])
    for number, folder in enumerate((tmp_path / "one", home / "two")):
        write(folder / "projects/p/s.jsonl", [line(10, 0, 0, 10, call=f"m{number}")])
    environment = {"CLAUDE_CONFIG_DIR": f"{tmp_path / 'one'} , ~/two"}
    assert [row.tokens for row in look(home, environment=environment)] == [[20, 0, 0, 0, 20]]


def test_the_xdg_folder_is_read_beside_the_usual_one(look, home, tmp_path):
    write(claude_file(home), [line(1, 0, 0, 1)])
    write(tmp_path / "config/claude/projects/p/s.jsonl", [line(10, 0, 0, 10, call="n")])
    (row,) = look(home, environment={"XDG_CONFIG_HOME": str(tmp_path / "config")})
    assert row.tokens == [11, 0, 0, 0, 11]
