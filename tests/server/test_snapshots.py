"""The committed listings: current, true to the models, and cheap to read."""

from __future__ import annotations

import json
import subprocess
import sys

import bpe_openai
import jsonschema
import pytest

from tokenworth.wiring import build_context
from tokenworth_mcp.boundary import answer_call
from tokenworth_mcp.catalogue import TOOLS, load_tool
from tokenworth_mcp.snapshots import build_listing, read_listing, write_listings

TOKENS_MAX = {"value_offer": 1_500}
TOKENS_MAX_OTHERS = 450
TOKENS_MAX_ALL = 6_000

each_tool = pytest.mark.parametrize("entry", TOOLS, ids=lambda entry: entry.name)


def _tokens(value: object) -> int:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(bpe_openai.get_encoding("o200k_base").encode(text))


@each_tool
def test_the_committed_listing_is_what_make_schemas_would_write(entry):
    assert read_listing(entry.name) == build_listing(entry), "run: make schemas"


@each_tool
def test_no_argument_travels_in_a_header_for_which_the_server_would_have_to_check_them(entry):
    assert "x-mcp-header" not in json.dumps(read_listing(entry.name))


def test_make_schemas_writes_every_listing_once_and_drops_those_of_tools_that_are_gone(tmp_path):
    (tmp_path / "gone.json").write_text("{}")
    written = write_listings(tmp_path)
    assert sorted(written) == sorted(["gone.json", *(f"{entry.name}.json" for entry in TOOLS)])
    assert {path.stem for path in tmp_path.iterdir()} == {entry.name for entry in TOOLS}
    assert write_listings(tmp_path) == []


@each_tool
def test_a_listing_keeps_to_its_share_of_the_model_s_context(entry):
    assert _tokens(read_listing(entry.name)) <= TOKENS_MAX.get(entry.name, TOKENS_MAX_OTHERS)


def test_all_listings_together_stay_under_six_thousand_tokens():
    assert _tokens([read_listing(entry.name) for entry in TOOLS]) <= TOKENS_MAX_ALL


@each_tool
def test_schemas_are_schemas_and_nothing_at_the_top_may_be_unknown(entry):
    listing = read_listing(entry.name)
    for schema in (listing["inputSchema"], listing["outputSchema"]):
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
    assert listing["inputSchema"]["additionalProperties"] is False


@each_tool
def test_the_written_output_schema_names_only_fields_that_the_answer_has(entry):
    listed = read_listing(entry.name)["outputSchema"]
    answer = load_tool(entry).answer_type.model_json_schema(mode="serialization")
    assert set(listed["properties"]) <= set(answer["properties"])
    assert set(listed["required"]) <= set(listed["properties"])


async def test_an_answer_fits_the_output_schema():
    entry = TOOLS[-1]
    answered = await answer_call(entry, {}, build_context())
    jsonschema.validate(answered.data, read_listing(entry.name)["outputSchema"])


def test_starting_up_reads_no_prices_and_imports_no_http_client():
    program = (
        "import sys, asyncio; from tokenworth_mcp.app import build_server\n"
        "server = build_server()\n"
        "asyncio.run(server.list_tools()), asyncio.run(server.list_resource_templates())\n"
        "prices = {n for n in sys.modules if n.startswith('tokenworth.prices.')}\n"
        "print(sorted(prices | {'httpx', 'tokenworth.http', 'platformdirs'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    # This one stands for the price list until somebody asks it something.
    assert found.stdout.strip() == "['tokenworth.prices.first_use']"


def test_listing_the_tools_imports_no_request_model():
    program = (
        "import sys, asyncio; from tokenworth_mcp.app import build_server\n"
        "tools = asyncio.run(build_server().list_tools())\n"
        "models = [n for n in sys.modules if n.startswith('tokenworth.') and n.endswith('.models')]\n"
        "print(len(tools), models, 'numpy' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == [str(len(TOOLS)), "[]", "False"]
