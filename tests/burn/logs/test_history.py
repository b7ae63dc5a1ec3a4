"""What the history promises: the same rows in any order, after any interruption, and when the logs are gone."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime

import pytest

from support.agent_logs import (
    cells,
    claude_file,
    claude_line,
    codex_count,
    codex_file,
    codex_meta,
    codex_model,
    log_files,
    write,
    write_logs,
)
from tokenworth.burn.logs import scan as scanning
from tokenworth.burn.logs.history import History
from tokenworth.burn.logs.pricing import CallPricer, rate_spans
from tokenworth.burn.logs.report import rows, use_since
from tokenworth.burn.logs.schema import MIGRATIONS
from tokenworth.context import UnitCosts, UnitStep
from tokenworth.errors import HistoryUnusableError

ALL = ("day", "model", "project", "session")


def data(found):
    return [row.data() for row in found]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_cell_equals_the_truth(look, home, seed):
    truth = write_logs(home, seed, 40)
    assert cells(look(home)) == truth
    assert cells(look(home)) == truth
    assert look.scanned.read == 0


def test_many_bytes_are_read_in_other_processes_to_the_same_end(look, home, monkeypatch):
    truth = write_logs(home, 4, 60)
    expected = data(look(home, ALL, name="here"))
    monkeypatch.setattr(scanning, "APART_BYTES_MIN", 1)
    assert cells(look(home)) == truth
    assert look.scanned.read == len(log_files(home))
    assert data(look(home, ALL)) == expected


@pytest.mark.parametrize("apart_from", [1, 10**9])
def test_what_was_used_since_any_moment_is_the_calls_from_then_on(look, home, tmp_path, monkeypatch, apart_from):
    monkeypatch.setattr(scanning, "APART_BYTES_MIN", apart_from)
    moments = ["10:00:00.000", "10:07:30.001", "10:15:00.000", "10:15:00.001"]
    lines = [claude_line(f"m{n}", "r", (10**n, 0, 0, 0), at=f"2026-11-01T{at}Z") for n, at in enumerate(moments)]
    write(claude_file(home), lines)
    look(home)
    with closing(History(tmp_path / "history.sqlite3")) as history:
        for n, at in enumerate(moments):
            since_ms = round(datetime.fromisoformat(f"2026-11-01T{at}+00:00").timestamp() * 1000)
            assert use_since(history, since_ms)[1] == sum(10**later for later in range(n, len(moments)))
            assert use_since(history, since_ms + 1)[1] == sum(10**later for later in range(n + 1, len(moments)))


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_files_may_come_in_any_order_and_piece_by_piece(look, home, tmp_path, seed):
    truth = write_logs(home, seed, 15)
    expected = data(look(home, ALL, name="at once"))
    chance, other = random.Random(seed), tmp_path / "other"  # noqa: S311 - an order, not a secret
    other.mkdir()
    contents = {path.relative_to(home): path.read_bytes() for path in log_files(home)}
    for _ in range(4):
        for name in chance.sample(list(contents), len(contents) // 2):
            target = other / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(contents[name][: chance.randrange(len(contents[name]))])
        look(other, name="piecemeal")
    for name, content in contents.items():
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes(content)
    assert data(look(other, ALL, name="piecemeal")) == expected
    assert cells(look(home, name="at once")) == truth


def test_rows_outlive_the_logs(look, home):
    truth = write_logs(home, 8, 10)
    look(home)
    for path in log_files(home):
        path.unlink()
    assert cells(look(home)) == truth


def test_reading_changes_no_log(look, home):
    write_logs(home, 9, 10)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in log_files(home)}
    look(home)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in log_files(home)} == before


def test_a_file_that_was_cut_off_or_replaced_is_read_anew(look, home):
    write(claude_file(home), [claude_line(f"m{n}", "r", (1, 0, 0, 1)) for n in range(3)])
    assert data(look(home))[0]["messages"] == 3
    write(claude_file(home), [claude_line("n", "r", (1, 0, 0, 1))])
    assert data(look(home))[0]["messages"] == 4
    # As long as before, and other content.
    write(claude_file(home), [claude_line("o", "r", (1, 0, 0, 1))])
    assert data(look(home))[0]["messages"] == 5


def test_a_file_that_cannot_be_read_costs_only_itself(look, home):
    write(claude_file(home), [claude_line("m", "r", (1, 0, 0, 1))])
    # The one file that fails for root as well.
    claude_file(home, "t").symlink_to("/proc/self/mem")
    assert data(look(home))[0]["messages"] == 1
    assert [problem for _, problem in look.scanned.problems] == ["cannot be read (Input/output error)"]


def test_a_log_that_is_a_folder_a_pipe_or_a_broken_link_stops_nothing(look, home):
    write(claude_file(home), [claude_line("m", "r", (1, 0, 0, 1))])
    os.mkfifo(claude_file(home, "pipe"))
    claude_file(home, "folder").mkdir()
    claude_file(home, "link").symlink_to(home / "nowhere")
    (home / ".claude/projects/loop").symlink_to(home / ".claude/projects")
    assert data(look(home))[0]["messages"] == 1


# Kills itself after so many hundred steps of SQLite's own machine: in the middle of a statement or a commit.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from tokenworth.burn.logs import scan as scanning
from tokenworth.burn.logs.history import History
left = int(sys.argv[3])
def step():
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
history = History(Path(sys.argv[2]))
history.database.set_progress_handler(step, 100)
scanning.CALLS_A_STEP = scanning.CALLS_A_LARGE_STEP = 40
scanning.APART_BYTES_MIN = int(sys.argv[4])
scanning.scan(history, None, sys.argv[1], {}, ("claude", "codex"))
"""


@pytest.mark.parametrize("apart_from", [1, 10**9])
def test_killed_at_any_point_the_next_scan_completes_it(look, home, tmp_path, apart_from):
    truth = write_logs(home, 10, 40)
    chance, path = random.Random(10), tmp_path / "killed.sqlite3"  # noqa: S311 - a moment
    asked = [sys.executable, "-c", PROGRAM, home, path]
    ends = [
        subprocess.run([*asked, str(chance.randrange(120)), str(apart_from)], check=False).returncode for _ in range(10)
    ]
    assert ends.count(-signal.SIGKILL) >= 5
    assert cells(look(home, name="killed")) == truth
    assert data(look(home, ALL, name="killed")) == data(look(home, ALL, name="clean"))


# As version 1 kept two calls, one of them in two lines, and a thread's; places and models by numbers of its own.
VERSION_1 = """
    INSERT INTO models VALUES (1, 'claude-opus-4-6'), (2, 'gpt-5-codex');
    INSERT INTO places VALUES (1, '-home-dev-x', 's'), (2, '', 't');
    INSERT INTO calls VALUES
      ('claude', '', 'm', 'r', 0, 0, 1793527200000, 1, 1, 5, 0, 0, 0, 7, 1, 0, NULL, 300, 200, 1),
      ('claude', '', 'm', '', 0, 0, 1793527200000, 1, 1, 5, 0, 0, 0, 6, 1, 0, NULL, 250, NULL, 0),
      ('codex', 't', '0:0/0/0>9/4/2', 't', 0, 0, 1793527201000, 2, 2, 5, 0, 0, 4, 2, 1, 0, NULL, NULL, NULL, 1);
    PRAGMA application_id = 1415009608;
    PRAGMA user_version = 1;
"""


def test_a_history_of_version_1_is_brought_up_to_date_and_knows_its_calls_again(look, home, tmp_path):
    path = tmp_path / "history.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(MIGRATIONS[0] + VERSION_1)
    kept = {
        ("claude", "2026-11-01", "claude-opus-4-6"): [5, 0, 0, 0, 7, 1],
        ("codex", "2026-11-01", "gpt-5-codex"): [5, 0, 0, 4, 2, 1],
    }
    with closing(History(path)) as history:
        assert cells(rows(history, ("day", "model"), UTC)) == kept
        assert [row.more for row in rows(history, ("project", "session"), UTC)] == [
            {"project": "-home-dev-x", "session": "s"},
            {"project": "", "session": "t"},
        ]
        priced = history.database.execute("SELECT pico_usd, was_pico_usd FROM calls ORDER BY pico_usd").fetchall()
        assert priced == [(None, None), (250, None), (300, 200)]
    opus = {"model": "claude-opus-4-6"}
    write(
        claude_file(home), [claude_line("m", "r", (5, 0, 0, 7), **opus), claude_line("m", None, (5, 0, 0, 6), **opus)]
    )
    write(codex_file(home), [codex_meta("t"), codex_model("gpt-5-codex"), codex_count((9, 4, 2))])
    assert cells(look(home)) == kept


def test_a_history_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "history.sqlite3"
    History(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(HistoryUnusableError, match="newer than this version"):
        History(path)
    assert path.read_bytes() == before


def test_another_kind_of_file_is_refused(tmp_path):
    path = tmp_path / "history.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE mine (x)")
    with pytest.raises(HistoryUnusableError, match="another kind of database"):
        History(path)
    path.write_text("not a database at all, and long enough to tell " * 40)
    with pytest.raises(HistoryUnusableError, match="cannot be opened"):
        History(path)


class Listed:
    """A price list at so many USD a million tokens."""

    def __init__(self, rate):
        self.rate = rate

    def version(self):
        return f"list at {self.rate}"

    def unit_costs(self, model, at_ms):
        if self.rate is None:
            return None
        return UnitCosts(-(10**15), 10**15, (UnitStep(0, *[self.rate * 10**12] * 5, 0),))


def test_a_better_list_prices_anew_and_the_old_figure_is_kept(home, tmp_path):
    write(claude_file(home), [claude_line("m", "r", (1_000_000, 0, 0, 0))])
    with closing(History(tmp_path / "history.sqlite3")) as history:
        for rate, usd in ((None, None), (2, 2), (3, 3), (3, 3)):
            scanning.scan(history, Listed(rate), str(home), {}, ("claude",))
            assert data(rows(history, ("model",), date.min))[0]["usd"] == usd
        kept = history.database.execute("SELECT pico_usd, was_pico_usd FROM calls").fetchall()
    assert kept == [(3 * 10**12, 2 * 10**12)]


def test_prices_by_the_unit_are_those_of_whole_requests(prices):
    pricer, chance = CallPricer(rate_spans(prices.unit_costs)), random.Random(11)  # noqa: S311 - sizes of prompts
    for model in ("claude-sonnet-4-5-20250929", "gpt-5-codex", "deepseek-chat", "gemini-2.5-pro", "claude-nova-9"):
        for _ in range(40):
            at_ms = 1_735_689_600_000 + chance.randrange(60_000_000_000)
            counts = [chance.randrange(300_000) for _ in range(5)]
            names = ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output")
            usage = {f"{name}_tokens": count for name, count in zip(names, counts, strict=True)}
            asked = prices.cost_of_usage(model, usage, datetime.fromtimestamp(at_ms / 1000, UTC))
            found = pricer.pico_usd(model, at_ms, tuple(counts), 0)
            assert (found is None) == (asked.usd is None)
            assert found is None or abs(found - asked.usd * 10**12) <= 0.5


def test_five_hour_windows_begin_with_the_first_call_after_the_last_one(look, home):
    times = ("2026-11-01T10:20", "2026-11-01T14:59", "2026-11-01T15:00", "2026-11-02T09:59")
    write(claude_file(home), [claude_line(at, "r", (1, 0, 0, 1), at=f"{at}:00.000Z") for at in times])
    found = [(row.more["block"], row.messages) for row in look(home, ("block",))]
    assert found == [("2026-11-01T10:00:00Z", 2), ("2026-11-01T15:00:00Z", 1), ("2026-11-02T09:00:00Z", 1)]


def test_weeks_begin_on_monday_and_sessions_have_their_project(look, home):
    write(claude_file(home, "one"), [claude_line("m", "r", (1, 0, 0, 1), at="2026-11-01T10:00:00.000Z")])
    write(codex_file(home), [codex_model("gpt-5-codex"), codex_count((9, 0, 1), at="2026-11-02T10:00:00.000Z")])
    assert [row.date for row in look(home, ("week",))] == ["2026-10-26", "2026-11-02"]
    assert [row.more for row in look(home, ("project", "session"))] == [
        {"project": "-home-dev-x", "session": "one"},
        {"project": "", "session": "rollout-2026-11-01T10-00-00-x"},
    ]


def test_rows_are_json(look, home):
    write_logs(home, 12, 3)
    assert json.loads(json.dumps(data(look(home, ALL))))
