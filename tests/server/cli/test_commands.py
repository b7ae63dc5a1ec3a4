"""The command line in processes of its own: what it prints where, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tokenworth import __version__
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.cli.commands import COMMANDS
from tokenworth_mcp.snapshots import read_listing

CALL = {"names": ["cut_hazard"]}


def _says_one_line(found, code, message):
    assert (found.returncode, found.stdout) == (code, "")
    assert found.stderr.startswith(f"tokenworth: {message}")
    assert found.stderr.count("\n") == 1


def test_help_and_version_cost_no_heavy_import(tokenworth):
    assert tokenworth("--version").stdout == f"tokenworth, version {__version__}\n"
    assert "serve" in tokenworth("-h").stdout
    program = (
        "import sys, tokenworth_mcp.cli; print([n for n in ('mcp', 'pydantic', 'numpy', 'rich') if n in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(tokenworth, command):
    found = tokenworth(command, "--help")
    assert found.returncode == 0
    assert found.stdout.startswith(f"Usage: tokenworth {command} ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["srve"], "No such command 'srve'."),
        (["tools", "--nope"], "No such option '--nope'."),
        (["call"], "Missing argument 'TOOL'."),
        (["call", "explain_asumptions"], "tool: no tool has that name. Did you mean 'explain_assumptions'?"),
        (["call", "explain_assumptions", "{"], "JSON: not JSON at line 1"),
        (["call", "explain_assumptions", "[]"], "JSON: the arguments are not an object."),
        (
            ["call", "explain_assumptions", '{"nmes": []}'],
            'nmes: unknown field. Did you mean "names"?',
        ),
        (["call", "explain_assumptions", "@none.json"], "none.json: no such file. Check the path"),
        (["call", "explain_assumptions", "{}", "--jsonl", "-"], "--jsonl takes its arguments from the lines"),
        (["assumptions", "cut_hazrd"], "names: no assumption has that name. Did you mean 'cut_hazard'?"),
        (["tools", "--toolsets", "offer"], "toolsets: no toolset has that name. Did you mean 'offers'?"),
        (["serve", "--toolsets", "offer"], "settings: toolsets[0]: is not one of the choices."),
        (["serve", "--config", "none.toml"], "the settings file cannot be read as TOML."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_input_that_cannot_be_used_is_one_line_on_stderr_and_exit_code_2(tokenworth, arguments, message):
    _says_one_line(tokenworth(*arguments), 2, message)


def test_an_assumptions_file_that_cannot_be_used_stops_the_server_and_the_commands(tokenworth, tmp_path):
    (tmp_path / "mine.toml").write_text("cut_hazrd = 1\n")
    for command in (["serve"], ["assumptions"]):
        found = tokenworth(*command, TOKENWORTH_ASSUMPTIONS_FILE="mine.toml")
        _says_one_line(found, 2, "assumptions file.cut_hazrd: no such assumption. Did you mean 'cut_hazard'?")


def test_tools_lists_each_with_what_it_is_for_and_in_full_as_json(tokenworth):
    lines = tokenworth("tools").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [entry.name for entry in TOOLS]
    listed = json.loads(tokenworth("tools", "--json").stdout)
    assert listed == [read_listing(entry.name) for entry in TOOLS]


@pytest.mark.parametrize("entry", TOOLS, ids=lambda entry: entry.name)
def test_call_answers_what_the_server_answers(tokenworth, good_call, entry):
    found = tokenworth("call", entry.name, json.dumps(good_call(entry.name)))
    assert found.returncode == 0, found.stderr
    assert set(read_listing(entry.name)["outputSchema"]["required"]) <= set(json.loads(found.stdout))


def test_call_reads_arguments_from_a_file_and_from_stdin(tokenworth, tmp_path):
    (tmp_path / "call.yaml").write_text("names: [cut_hazard]\n")
    wanted = tokenworth("call", "explain_assumptions", json.dumps(CALL)).stdout
    assert tokenworth("call", "explain_assumptions", "@call.yaml").stdout == wanted
    assert tokenworth("call", "explain_assumptions", "@-", stdin="names: [cut_hazard]").stdout == wanted
    assert tokenworth("call", "explain_assumptions", "@-", stdin=json.dumps(CALL)).stdout == wanted


LINES = [
    '{"names": ["cut_hazard"]}',
    '{"names": "cut_hazard", "detail": "all"}',
    "",
    '{"names": ["cut_hazrd"]}',
    '{"a": 1, "a": 2}',
    '{"search": NaN}',
    "[]",
    '{"search": "' + "x" * 1_000_000 + '"}',
    "not json",
    "{}",
]


def test_lines_are_answered_one_by_one_and_a_bad_one_stops_nothing(tokenworth):
    found = tokenworth("call", "explain_assumptions", "--jsonl", "-", stdin="\n".join(LINES))
    answers = [json.loads(line) for line in found.stdout.splitlines()]
    assert (found.returncode, found.stderr) == (1, "")
    errors = {answer["error"]["line"]: answer["error"] for answer in answers if "error" in answer}
    assert list(errors) == [2, 4, 5, 6, 7, 8, 9]
    assert len(answers) == 9
    assert errors[2]["tool"] == "explain_assumptions"
    assert errors[2]["fields"] == [
        {"field": "names", "problem": "not a list", "instead": 'Send a list such as ["text"]'},
        {"field": "detail", "problem": "is not one of the choices", "instead": 'Send "concise" or "full"'},
    ]
    assert "Did you mean 'cut_hazard'?" in errors[4]["message"]
    assert "the same name twice" in errors[5]["message"]
    assert "NaN" in errors[6]["message"]
    assert "more than 1,000,000 bytes" in errors[8]["message"]


def test_lines_from_a_file_that_are_all_good_end_with_code_0(tokenworth, tmp_path):
    (tmp_path / "calls.jsonl").write_text("{}\n{}\n")
    found = tokenworth("call", "explain_assumptions", "--jsonl", "calls.jsonl")
    assert (found.returncode, found.stdout.count("\n")) == (0, 2)


def test_each_line_is_answered_before_the_next_is_sent():
    command = [sys.executable, "-m", "tokenworth_mcp", "call", "explain_assumptions", "--jsonl", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for _ in range(3):
            process.stdin.write(b"{}\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["headline"]
        process.stdin.close()
        assert process.wait(timeout=20) == 0


def test_assumptions_are_shown_as_table_json_and_markdown(tokenworth):
    table = tokenworth("assumptions", "cut_hazard").stdout
    assert "0.25" in table
    assert "\x1b" not in table
    data = json.loads(tokenworth("assumptions", "cut_hazard", "--format", "json").stdout)
    assert data["assumptions"][0]["base"] == 0.25
    assert "| cut_hazard | 0.1 | 0.25 | 0.5 |" in tokenworth("assumptions", "cut_hazard", "--format", "md").stdout
    assert len(json.loads(tokenworth("assumptions", "--search", "tax", "--format", "json").stdout)["assumptions"]) < 20


def test_a_fault_of_ours_is_one_line_and_exit_code_1(tokenworth):
    program = (
        "import tokenworth.assumptions.explain_assumptions as m, sys\n"
        "from tokenworth_mcp.cli import main\n"
        "m.EXPLAINED_IN_FULL_MAX = None\n"
        "sys.argv = ['tokenworth', 'assumptions']\n"
        "main()\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.splitlines()[-1].startswith("tokenworth: internal error in explain_assumptions, reference ")
    assert "TypeError" in found.stderr


def test_a_reader_that_leaves_early_is_no_error():
    command = f'"{sys.executable}" -m tokenworth_mcp assumptions | head -1; exit ${{PIPESTATUS[0]}}'
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=dict(os.environ))
    assert "Traceback" not in found.stderr
    assert found.stdout.count("\n") == 1
