"""`tokenworth prices` and `tokenworth cost`: the tools' own answers, and the price list brought up to date."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tokenworth.prices.building import build_snapshot, recorded_in

RECORDED = Path(__file__).resolve().parents[3] / "fixtures" / "prices" / "recorded"


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (["show", "gpt-5.6-sol"], {"model": "gpt-5.6-sol"}),
        (["show", "gpt-4o", "--provider", "azure", "--at", "2026-01-01"], {"model": "gpt-4o", "provider": "azure"}),
        (["find", "claude", "opus", "--limit", "3"], {"search": "claude opus", "limit": 3}),
        (["find", "--provider", "openai", "--kind", "embedding"], {"provider": "openai", "kind": "embedding"}),
        (["history", "gpt-5.6-sol"], {"model": "gpt-5.6-sol"}),
        (["conflicts", "--limit", "3"], {"show": "conflicts", "limit": 3}),
        (["conflicts", "gpt-5.6-sol"], {"show": "conflicts", "model": "gpt-5.6-sol"}),
        (["changes"], {"show": "changes"}),
        (["plans", "claude"], {"show": "plans", "search": "claude", "limit": 100}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_each_question_is_the_tools_and_is_shown_in_every_format(tokenworth, arguments, sent):
    as_json = tokenworth("prices", *arguments, "--format", "json")
    assert as_json.returncode == 0, as_json.stderr
    answer = json.loads(as_json.stdout)
    at = {"at": "2026-01-01"} if "--at" in arguments else {}
    limit = {} if "limit" in sent or "model" in sent else {"limit": 20}
    called = tokenworth("call", "find_prices", json.dumps({**sent, **at, **limit, "detail": "full"}))
    assert answer == json.loads(called.stdout)
    for output_format in ("table", "md"):
        shown = tokenworth("prices", *arguments, "--format", output_format)
        assert shown.returncode == 0
        assert " ".join(answer["headline"].split()[:4]) in " ".join(shown.stdout.split())
        assert "6,526 models" in shown.stdout


def test_one_model_is_laid_out_on_tables_of_its_own(tokenworth):
    shown = tokenworth("prices", "show", "gpt-5.6-sol", "--format", "md").stdout
    assert "### history" in shown
    assert "| launch | 5 | 30 | 0.5 |" in shown
    assert "| 2026-08-21 | 4 | 20 | 0.4 |" in shown
    assert "### modes" in shown
    assert "### conflicts" in shown
    alone = tokenworth("prices", "history", "gpt-5.6-sol", "--format", "md").stdout
    assert "| launch | 5 | 30 | 0.5 |" in alone
    assert "### modes" not in alone


def test_a_price_that_never_moved_is_its_own_history(tokenworth):
    shown = tokenworth("prices", "history", "claude-opus-5-5", "--format", "md").stdout
    assert "| launch | 4 | 20 | 0.2 |" in shown


@pytest.mark.parametrize("what", ["show", "history"])
def test_a_name_that_nobody_prices_is_an_answer_too(tokenworth, what):
    found = tokenworth("prices", what, "claude-opus-5-55")
    assert found.returncode == 0
    assert found.stdout.startswith("claude-opus-5-55 is unpriced")
    assert "anthropic/claude-opus-5-5" in found.stdout


def test_conflicts_are_a_line_for_each_source(tokenworth):
    shown = tokenworth("prices", "conflicts", "gpt-5.6-sol", "--format", "md").stdout
    assert "| openai/gpt-5.6-sol | $4 in, $20 out | portkey | $5 in, $30 out" in shown


def test_a_call_is_priced_from_counts_and_from_a_usage_object(tokenworth, tmp_path):
    # Opus 5.5 lists at $4 in and $20 out a million: 1,000 and 500 tokens are 0.4 and 1 cent.
    counted = tokenworth("cost", "claude-opus-5-5", "--input", "1k", "--output", "500", "--format", "json")
    assert json.loads(counted.stdout)["usd"] == "0.014"
    (tmp_path / "usage.json").write_text('{"input_tokens": 1000, "output_tokens": 500}')
    in_a_file = tokenworth("cost", "claude-opus-5-5", "--usage", "usage.json", "--format", "json")
    assert json.loads(in_a_file.stdout)["usd"] == "0.014"
    on_stdin = tokenworth(
        "cost", "claude-opus-5-5", "--provider", "anthropic", "--at", "2026-11-24T12:00:00Z", "--context",
        "processing=batch", "--usage", "-", "--format", "json", stdin='{"input_tokens": 1000, "output_tokens": 500}',
    )  # fmt: skip
    assert json.loads(on_stdin.stdout)["usd"] == "0.007"


def test_several_models_are_priced_side_by_side(tokenworth):
    found = tokenworth("cost", "claude-opus-5-5", "gpt-5.5", "--input", "20k", "--calls", "3", "--format", "json")
    answer = json.loads(found.stdout)
    assert answer["cheapest"] == "anthropic/claude-opus-5-5"
    assert [row["usd"] for row in answer["compared"]] == ["0.24", "0.3"]
    assert (
        "| anthropic/claude-opus-5-5 | 0.24 |"
        in tokenworth("cost", "claude-opus-5-5", "gpt-5.5", "--input", "20k", "--calls", "3", "--format", "md").stdout
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cost", "gpt-5.5"], "Give either counts, such as --input 20k --output 2k, or --usage FILE."),
        (["cost", "gpt-5.5", "--input", "1", "--usage", "-"], "Give either counts"),
        (["cost", "gpt-5.5", "--input", "many"], "task.input_tokens: not a count of tokens."),
        (["cost", "gpt-5.5", "--input", "1", "--context", "batch"], "--context: no value."),
        (
            ["cost", "gpt-5.5", "--input", "1", "--context", "sped=fast"],
            "context.sped: unknown field. Did",
        ),
        (["cost", "gpt-5.5", "--usage", "none.json"], "none.json: no such file."),
        (["prices", "find", "--provider", "nobody-at-all"], "provider: no prices of that provider."),
        (["prices", "refresh", "--source", "litelm"], "source: no price source has that name. Send one of: "),
        (["prices", "build-snapshot", ".", "out.json"], "the folder's inputs.toml cannot be read."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_used_is_one_line(tokenworth, arguments, message):
    found = tokenworth(*arguments)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith(f"tokenworth: {message}")
    assert found.stderr.count("\n") == 1


def test_a_snapshot_is_built_from_a_folder_of_recorded_payloads(tokenworth, tmp_path):
    assert tokenworth("prices", "build-snapshot", str(RECORDED), "out.json").returncode == 0
    assert (tmp_path / "out.json").read_bytes() == build_snapshot(recorded_in(RECORDED))
    unwritable = tokenworth("prices", "build-snapshot", str(RECORDED), "no/such/folder/out.json")
    assert unwritable.returncode == 1
    assert unwritable.stderr.count("\n") == 1


OFFLINE = """
import socket, sys
def refuse(*_, **__):
    raise socket.gaierror("no network")
socket.getaddrinfo = refuse
from tokenworth_mcp.cli import main
sys.argv = ["tokenworth", "prices", "refresh", "--source", "litellm", "--source", "models_dev", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_refresh_without_a_network_says_so_writes_nothing_and_ends_with_code_1(tmp_path, monkeypatch, options):
    monkeypatch.setenv("TOKENWORTH_PRICES_FOLDER", str(tmp_path / "prices"))
    found = subprocess.run([sys.executable, "-c", OFFLINE, *options], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "- litellm: failed, and there is no earlier copy" in found.stdout
    assert ("(dry run: nothing was written)" in found.stdout) == bool(options)
    assert sorted(found.stderr.splitlines()) == [
        "litellm: asking", "litellm: failed", "models_dev: asking", "models_dev: failed",
    ]  # fmt: skip
    assert not (tmp_path / "prices").exists()


def test_looking_a_price_up_loads_no_http_client():
    program = (
        "import sys; from tokenworth_mcp.cli.prices import command\n"
        "command.main(['history', 'claude-opus-5-5', '--format', 'json'], standalone_mode=False)\n"
        "print([n for n in ('httpx', 'mcp', 'numpy', 'rich') if n in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"
