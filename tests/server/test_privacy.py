"""What people send stays between them and the answer: never in a log, and a fault of ours shows nothing."""

from __future__ import annotations

import dataclasses
import json
import logging

import pytest
from mcp import Client

from tokenworth.wiring import build_context
from tokenworth_mcp.app import build_server
from tokenworth_mcp.catalogue import TOOLS

CANARY = "k4n4ry"

each_tool = pytest.mark.parametrize("entry", TOOLS, ids=lambda entry: entry.name)


def _with_canaries(value):
    """A call with the canary in every text and behind every number, as names of things and as unknown fields."""
    if isinstance(value, dict):
        return {key: _with_canaries(inner) for key, inner in value.items()} | {CANARY: CANARY}
    if isinstance(value, list):
        return [_with_canaries(inner) for inner in value]
    return f"{value} {CANARY}" if isinstance(value, str) else value


@each_tool
@pytest.mark.parametrize("kind", ["stdio", "http", "http modern"])
def test_no_log_line_holds_what_was_sent_even_at_debug_level(new_wire, good_call, entry, kind):
    wire = new_wire(kind, "--log-level", "debug")
    good = good_call(entry.name)
    bent = [_with_canaries(good), *({**good, key: f"{CANARY}"} for key in good), {CANARY: CANARY}]
    for number, arguments in enumerate([good, *bent]):
        wire.call(number, entry.name, json.dumps(arguments))
    wire.call(98, entry.name, f'{{"{CANARY}": [')
    wire.call(99, CANARY, "{}")
    assert CANARY not in wire.end().decode()


class _Faulty(dict):
    """Assumptions that fail the way a fault of ours would: with what was sent in the exception's text."""

    def values(self):
        raise RuntimeError(CANARY)


async def test_a_fault_of_ours_is_masked_for_the_caller_and_named_in_the_log(caplog):
    server = build_server(dataclasses.replace(build_context(), assumptions=_Faulty()))
    with caplog.at_level(logging.DEBUG):
        async with Client(server) as client:
            result = await client.call_tool("explain_assumptions", {})
    text = result.content[0].text
    assert result.is_error
    assert text.startswith("internal error in explain_assumptions, reference ")
    reference = text.split()[5].rstrip(":")
    assert reference in caplog.text
    assert "RuntimeError" in caplog.text
    assert "_chosen" in caplog.text
    assert CANARY not in text + caplog.text


def test_building_a_server_leaves_the_program_s_logging_alone():
    before = list(logging.getLogger().handlers)
    build_server()
    assert logging.getLogger().handlers == before
