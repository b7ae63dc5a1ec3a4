"""The table of tools: whole, ordered, light."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest

from tokenworth.answers import Answer, Request
from tokenworth.errors import InvalidInputError
from tokenworth_mcp.catalogue import TOOLS, TOOLSETS, find_tool, load_tool, select_tools

ORDER = [
    "value_offer", "compare_offers", "check_budget", "estimate_cost", "reserve_budget", "settle_reservation",
    "record_usage", "set_budget", "explain_lock_in", "find_prices", "plan_program", "explain_assumptions",
]  # fmt: skip

each_tool = pytest.mark.parametrize("entry", TOOLS, ids=lambda entry: entry.name)


def test_tools_stand_in_the_promised_order():
    assert [entry.name for entry in TOOLS] == [name for name in ORDER if name in {entry.name for entry in TOOLS}]


@each_tool
def test_an_entry_leads_to_an_async_function_of_a_request_and_a_context(entry):
    loaded = load_tool(entry)
    assert inspect.iscoroutinefunction(loaded.function)
    assert list(inspect.signature(loaded.function).parameters) == ["request", "context"]
    assert issubclass(loaded.request_type, Request)
    assert issubclass(loaded.answer_type, Answer)
    assert loaded.function.__name__ == entry.name


@each_tool
def test_an_entry_is_data(entry):
    with pytest.raises(FrozenInstanceError):
        entry.name = "other"
    assert not (entry.read_only and entry.destructive)


def test_the_table_loads_without_any_tool():
    program = (
        "import sys, tokenworth_mcp.catalogue; "
        "print([n for n in ('pydantic', 'numpy', 'mcp', 'tokenworth.assumptions') if n in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_wrong_tool_name_gets_the_nearest_or_all():
    with pytest.raises(InvalidInputError, match="Did you mean 'explain_assumptions'"):
        find_tool("explain_assumption")
    with pytest.raises(InvalidInputError, match=f"Call one of: {TOOLS[0].name}"):
        find_tool("zzzz")


def test_a_selection_keeps_the_order_and_refuses_what_does_not_exist():
    assert select_tools() == TOOLS
    assert select_tools(reversed(TOOLSETS)) == TOOLS
    assert select_tools([]) == ()
    assert all(entry.read_only for entry in select_tools(read_only=True))
    with pytest.raises(InvalidInputError, match="Did you mean 'prices'"):
        select_tools(["price"])
    with pytest.raises(InvalidInputError, match="Choose from: offers"):
        select_tools(["zzz"])
