"""`tokenworth burn` as typed: rows for programs, tables for people, one line for a status line; how light it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from support.agent_logs import cells, claude_file, claude_line, codex_count, codex_file, codex_model, write, write_logs

COMMAND = [sys.executable, "-m", "tokenworth_mcp", "burn"]


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def own(tmp_path):
    return {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.fixture
def burn(home, own):
    def run(*arguments, stdin="", environment=None):
        return subprocess.run(
            [*COMMAND, "--home", home, *arguments],
            input=stdin,
            env={**own, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_rows_for_programs_equal_the_truth(burn, home):
    truth = write_logs(home, 21, 10)
    answered = burn("--by", "day,model", "--json", "--offline", "--timezone", "UTC")
    assert answered.stderr == ""
    rows = json.loads(answered.stdout)
    assert cells(rows) == truth
    names = "date agent model input cache_write_5m cache_write_1h cache_read output messages usd"
    assert list(rows[0])[:10] == names.split()


def test_people_get_a_table_the_official_quotas_and_what_could_not_be_read(burn, home):
    limits = {"primary": {"used_percent": 12.5, "window_minutes": 300, "resets_at": 1_793_527_200}}
    write(codex_file(home), [codex_model("gpt-5-codex"), codex_count((1_000_000, 0, 0), limits=limits)])
    write(claude_file(home), [claude_line("m", "r", (1, 0, 0, 1), model="claude-nova-9"), {"message": {"usage": 1}}])
    answered = burn("--by", "model")
    headline = "$1.25 at list prices for 1,000,002 tokens in 2 calls; 1 of the calls has no known price."
    assert headline in " ".join(answered.stdout.split())
    assert "12.5   2026-11-01 10:00 UTC" in answered.stdout
    assert answered.stderr.endswith("s.jsonl: 1 line cannot be understood\n")


def test_since_is_a_day_of_the_zone(burn, home):
    write(claude_file(home), [claude_line("m", "r", (1, 0, 0, 1), at="2026-11-01T23:30:00.000Z")])
    assert json.loads(burn("--json", "--since", "2026-11-02").stdout) == []
    (row,) = json.loads(burn("--json", "--since", "2026-11-02", "--timezone", "Europe/Berlin").stdout)
    assert row["date"] == "2026-11-02"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--by", "hour"], "--by takes any of day, week, month, model, project, session, block"),
        (["--by", "day,month"], "--by takes one of day, week, month and block at a time"),
        (["--timezone", "Mars/Olympus"], "--timezone takes an IANA name"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(burn, arguments, told):
    answered = burn(*arguments)
    assert (answered.returncode, answered.stdout) == (2, "")
    assert told in answered.stderr


def test_the_status_line_shows_today_and_the_official_quotas(burn, home):
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    write(claude_file(home), [claude_line("m", "r", (0, 0, 0, 1_000_000), at=at, model="claude-sonnet-4-5-20250929")])
    burn("--json")
    asked = {
        "model": {"display_name": "Sonnet"},
        "rate_limits": {
            "five_hour": {"used_percentage": 23.5, "resets_at": time.time() + 7_260},
            "seven_day": {"used_percentage": 41, "resets_at": 0},
        },
    }
    answered = burn("--status-line", stdin=json.dumps(asked))
    assert answered.stdout in {f"Sonnet · today $15.00 · 5h 24% (new in 2h0{m}m) · 7d 41%\n" for m in (0, 1)}
    assert burn("--status-line", stdin="no json").stdout == "today $15.00\n"


def million(call):
    return claude_line(call, "r", (0, 0, 0, 1_000_000), model="claude-sonnet-4-5-20250929")


@pytest.fixture
def growing_log(home):
    return write(claude_file(home), [million("first")])


@pytest.fixture
def watch(home, own, growing_log):
    """Whoever runs the tests in the background may have them ignore interruptions: the command must not."""
    assert growing_log.exists()
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*COMMAND, "--home", home, "--watch"],
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, kept)
    with process:
        yield process
        process.kill()


def test_a_watch_shows_what_is_added_to_a_log_and_ends_well_when_interrupted(watch, growing_log):
    next(line for line in watch.stdout if line.startswith("$15.00 at list prices for 1,000,000 tokens in 1 call"))
    with growing_log.open("a", encoding="utf-8") as log:
        log.write(json.dumps(million("second")) + "\n")
    next(line for line in watch.stdout if line.startswith("$30.00 at list prices for 2,000,000 tokens in 2 calls"))
    watch.send_signal(signal.SIGINT)
    _, told = watch.communicate()
    assert (watch.returncode, told) == (0, "")


def test_the_command_loads_neither_the_tools_nor_the_server(burn, home):
    write(claude_file(home), [claude_line("m", "r", (1, 0, 0, 1))])
    answered = burn("--json", environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert "tokenworth.burn.logs.scan" in answered.stderr
    assert {"pydantic", "numpy", "mcp", "httpx", "rich", "yaml"} & _imported(answered) == set()


def test_another_look_at_the_same_logs_loads_neither_readers_nor_prices(burn, home):
    write(claude_file(home), [claude_line("m", "r", (1, 0, 0, 1))])
    answered = [burn("--json", environment={"PYTHONPROFILEIMPORTTIME": "1"}) for _ in range(2)]
    readers = {"msgspec", "tokenworth.prices.price_list"}
    assert [readers & _imported(one) for one in answered] == [readers, set()]
    assert answered[0].stdout == answered[1].stdout


def _imported(answered):
    return {line.rpartition("|")[2].strip() for line in answered.stderr.splitlines()}
