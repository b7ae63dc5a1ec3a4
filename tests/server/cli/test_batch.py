"""`tokenworth value --batch` as a process: what it writes, what it refuses, and how it survives being killed."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import signal
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from tokenworth.offers.batch import PART_ROWS

ROWS = 2 * PART_ROWS + 100
BAD = {7: '{"base": "much"}', PART_ROWS + 3: "not json", ROWS: '{"base": 1, "bonus": {"target_shar": 1}}'}
FORMATS = ("csv", "jsonl", "parquet")


@pytest.fixture
def offers(tmp_path):
    """A file of three parts, with three bad rows."""
    lines = [BAD.get(line, f'{{"label": "offer {line}", "base": {100_000 + line}}}') for line in range(1, ROWS + 1)]
    (tmp_path / "offers.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / "offers.jsonl"


@pytest.fixture
def run(tokenworth):
    def ask(out, *options, source="offers.jsonl"):
        return tokenworth("value", "--batch", source, "--out", out, "--draws", "1000", *options)

    return ask


def rows_of(path):
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return [{name: cell or None for name, cell in row.items()} for row in csv.DictReader(file)]
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def as_text(rows):
    return [{name: None if cell is None else str(cell) for name, cell in row.items()} for row in rows]


KILLED = """
import os, signal, sys
from pathlib import Path
from tokenworth.offers.batch import BatchJob, run_batch
from tokenworth_mcp.cli.batch import CommandLine

def report(progress):
    if progress.done >= int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    out = Path(sys.argv[1])
    job = BatchJob(Path("offers.jsonl"), "jsonl", out, out.suffix[1:], draws=1000, processes=int(sys.argv[3]))
    run_batch(job, CommandLine(), report)
"""


def kill_after(folder, out, rows, processes=1):
    """Run a batch that kills itself, as nobody can catch, once so many rows are written; wait for all its processes."""
    (folder / "killed.py").write_text(KILLED, encoding="utf-8")
    command = [sys.executable, "killed.py", out, str(rows), str(processes)]
    # Whoever still holds the pipe is a process that outlived its parent.
    found = subprocess.run(command, cwd=folder, capture_output=True, timeout=100, check=False)
    assert found.returncode == -signal.SIGKILL, found.stderr


def test_every_row_is_answered_in_its_place_and_a_bad_one_stops_no_other(run, offers):
    found = run("values.csv")
    assert found.returncode == 1
    assert found.stdout == f"{ROWS - 3:,} of {ROWS:,} offers valued, 3 failed (column error): values.csv\n"
    rows = rows_of(offers.with_name("values.csv"))
    assert [int(row["line"]) for row in rows] == list(range(1, ROWS + 1))
    errors = {int(row["line"]): row["error"] for row in rows if row["error"]}
    assert list(errors) == list(BAD)
    assert errors[7].startswith("offer.base: not an amount of money. Send a plain amount")
    assert (
        errors[PART_ROWS + 3] == 'JSON: not JSON at line 1, column 1. Send one JSON value, such as {"detail": "full"}'
    )
    assert errors[ROWS] == 'offer.bonus.target_shar: unknown field. Did you mean "target_share"?'
    assert found.stderr.splitlines() == [f"line {line}: {error}" for line, error in errors.items()]
    assert (rows[0]["label"], rows[0]["p50_usd"], rows[0]["base_usd"]) == ("offer 1", "100001", "100001")
    assert not list(offers.parent.glob("values.csv.*"))


def test_all_formats_say_the_same_and_processes_change_no_byte(run, offers):
    folder = offers.parent
    for kind in FORMATS:
        run(f"one.{kind}", "--processes", "1")
        run(f"two.{kind}", "--processes", "2")
        assert (folder / f"one.{kind}").read_bytes() == (folder / f"two.{kind}").read_bytes()
    in_csv, in_lines, in_parquet = (rows_of(folder / f"one.{kind}") for kind in FORMATS)
    assert in_lines == in_parquet
    assert in_csv == as_text(in_lines)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_killed_batch_goes_on_to_the_very_file_of_an_unbroken_one(run, offers, kind):
    folder = offers.parent
    run(f"whole.{kind}")
    for killed_after in (0, 1, PART_ROWS + 1, ROWS):
        kill_after(folder, f"broken.{kind}", killed_after)
        done = json.loads((folder / f"broken.{kind}.progress").read_text(encoding="utf-8"))["rows"]
        assert done == min(-(-killed_after // PART_ROWS) * PART_ROWS, ROWS)
        found = run(f"broken.{kind}")
        assert found.returncode == 1
        assert (f", {done:,} of them before" in found.stdout) == (done > 0)
        assert (folder / f"broken.{kind}").read_bytes() == (folder / f"whole.{kind}").read_bytes()
        assert [path.name for path in folder.glob("broken.*")] == [f"broken.{kind}"]
        (folder / f"broken.{kind}").unlink()


def test_a_batch_may_be_killed_again_and_again(run, offers):
    folder = offers.parent
    run("whole.csv")
    for killed_after in (1, 1, PART_ROWS + 1, PART_ROWS + 1, ROWS):
        kill_after(folder, "broken.csv", killed_after)
    assert run("broken.csv").returncode == 1
    assert (folder / "broken.csv").read_bytes() == (folder / "whole.csv").read_bytes()


def test_a_batch_killed_on_two_processes_leaves_none_behind_and_goes_on(run, offers):
    folder = offers.parent
    run("whole.csv")
    kill_after(folder, "broken.csv", 1, processes=2)
    assert run("broken.csv").returncode == 1
    assert (folder / "broken.csv").read_bytes() == (folder / "whole.csv").read_bytes()


@pytest.mark.parametrize("more", [b'{"line":501,"lab', b'{"line":501}\n{"line":502}\n'], ids=["torn", "unrecorded"])
def test_what_was_written_but_not_recorded_is_cut_off(run, offers, more):
    folder = offers.parent
    run("whole.jsonl")
    kill_after(folder, "broken.jsonl", 1)
    with (folder / "broken.jsonl").open("ab") as file:
        file.write(more)
    run("broken.jsonl")
    assert (folder / "broken.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()


def test_a_batch_of_something_else_does_not_go_on_and_touches_nothing(run, offers):
    folder = offers.parent
    (folder / "person.yaml").write_text("state: CA\n", encoding="utf-8")
    (folder / "others.jsonl").write_text('{"base": 1}\n', encoding="utf-8")
    kill_after(folder, "broken.csv", 1)
    before = (folder / "broken.csv").read_bytes(), (folder / "broken.csv.progress").read_bytes()
    changes = {
        ("--seed", "2"): "--seed",
        ("--draws", "1500"): "--draws",
        ("--set", "cut_hazard=0.1"): "values of --set",
        ("--person", "person.yaml"): "facts about the person",
        ("--format", "jsonl"): "--format",
        ("--batch", "others.jsonl"): "rows in the file",
    }
    for options, changed in changes.items():
        found = run("broken.csv", *options)
        assert (found.returncode, found.stdout) == (2, "")
        assert found.stderr.startswith(
            f"tokenworth: broken.csv: was begun with other {changed}. Repeat that, name another"
        )
    assert before == ((folder / "broken.csv").read_bytes(), (folder / "broken.csv.progress").read_bytes())


def test_a_record_holds_no_fact_of_an_offer_or_a_person(offers):
    kill_after(offers.parent, "broken.csv", 1)
    record = json.loads((offers.parent / "broken.csv.progress").read_text(encoding="utf-8"))
    assert all(len(digest) == 64 for digest in record.pop("asked").values())
    assert set(record) == {"as_of", "rows", "failed", "size_bytes"}


def test_a_file_that_is_there_is_never_overwritten(run, offers):
    (offers.parent / "values.csv").write_text("mine\n", encoding="utf-8")
    found = run("values.csv")
    assert found.returncode == 2
    assert found.stderr == "tokenworth: values.csv: is there already. Name another file, or delete it first\n"
    assert (offers.parent / "values.csv").read_text(encoding="utf-8") == "mine\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("broken.csv", "line", "broken.csv: shorter than its record says"),
        ("broken.csv.progress", "{}", "broken.csv.progress: not a record of a batch. Delete it and broken.csv"),
        ("broken.csv.progress", "[", "broken.csv.progress: not a record of a batch. Delete it and broken.csv"),
    ],
)
def test_a_record_that_does_not_fit_its_file_is_refused(run, offers, name, content, message):
    kill_after(offers.parent, "broken.csv", 1)
    (offers.parent / name).write_text(content, encoding="utf-8")
    found = run("broken.csv")
    assert found.returncode == 2
    assert message in found.stderr


def test_two_batches_never_write_one_file(run, offers):
    kill_after(offers.parent, "broken.csv", 1)
    with offers.with_name("broken.csv").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = run("broken.csv")
    assert found.returncode == 2
    assert "broken.csv: another batch is writing it. Wait for it" in found.stderr
    assert run("broken.csv").returncode == 1


def test_facts_and_assumptions_hold_for_all_rows_and_a_rows_own_facts_go_first(run, tmp_path):
    (tmp_path / "person.yaml").write_text("marginal_rate: 0.4\n", encoding="utf-8")
    header = "base,tokens.per_year,tokens.personal_share,tokens.taxed,person.marginal_rate"
    rows = "100k,10k,0,face,\n100k,10k,0,face,0.1\n100k,10k,0,face,2\n"
    (tmp_path / "offers.csv").write_text(f"{header}\n{rows}", encoding="utf-8")
    settings = ("--person", "person.yaml", "--set", "funded_anyway=1", "--set", "cut_hazard=0")
    run("values.jsonl", *settings, source="offers.csv")
    first, second, third = rows_of(tmp_path / "values.jsonl")
    # Tokens for work only, which the employer would have paid for anyway, cost their tax: 4,000 of 10,000 at 40% net of
    # tax, 6,667 as salary; 1,000 at 10%, 1,111.
    assert (first["tokens_usd"], second["tokens_usd"]) == (-6667, -1111)
    assert third["error"].startswith("person.marginal_rate: not a share. Send a share from 0 to 1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batch", "offers.csv"], "--batch takes its offers from its own file and needs --out"),
        (["offer.yaml", "--batch", "offers.csv", "--out", "a.csv"], "--batch takes its offers from its own file"),
        (["--batch", "offers.csv", "--out", "a.csv", "--format", "md"], "A batch is written as csv, jsonl or parquet."),
        (["--batch", "offers.xlsx", "--out", "a.csv"], "offers.xlsx: unknown kind of file. Use one of .csv"),
        (["--batch", "offers.csv", "--out", "a.xlsx"], "a.xlsx: unknown kind of file."),
        (["--batch", "none.csv", "--out", "a.csv"], "none.csv: no such file. Check the path"),
        (["--batch", "offers.csv", "--out", "none/a.csv"], "a.csv: cannot be written. Check the folder"),
        (["--batch", "offers.csv", "--out", "a.csv", "--draws", "1"], "draws: must be at least 1000."),
        (["--batch", "offers.csv", "--out", "a.csv", "--draws", "0"], "draws: must be at least 1000."),
        (
            ["--batch", "offers.csv", "--out", "a.csv", "--set", "cut_hazrd=1"],
            "overrides.cut_hazrd: no such assumption.",
        ),
        (
            ["--batch", "offers.csv", "--out", "a.csv", "--use-from-budget", "me"],
            "--use-from-budget goes with one offer",
        ),
        (
            ["--batch", "offers.csv", "--out", "a.csv", "--person", "budget.yaml"],
            "person.token_use_from_budget: a batch reads no budgets",
        ),
        (["offer.yaml", "--out", "a.csv"], "--out, --processes and csv, jsonl or parquet go with --batch."),
        (["offer.yaml", "--format", "csv"], "--out, --processes and csv, jsonl or parquet go with --batch."),
        ([], "Missing argument 'FILE'."),
    ],
    ids=lambda value: " ".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_what_cannot_be_asked_is_one_line_and_exit_code_2(tokenworth, tmp_path, arguments, message):
    (tmp_path / "offers.csv").write_text("base\n1\n", encoding="utf-8")
    (tmp_path / "budget.yaml").write_text("token_use_from_budget: me\n", encoding="utf-8")
    found = tokenworth("value", *arguments)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith(f"tokenworth: {message}")
    assert not list(tmp_path.glob("a.*"))


def test_an_empty_file_has_no_offers(run, tmp_path):
    (tmp_path / "offers.csv").write_text("base\n", encoding="utf-8")
    found = run("values.csv", source="offers.csv")
    assert (found.returncode, found.stdout) == (0, "0 of 0 offers valued: values.csv\n")
    assert rows_of(tmp_path / "values.csv") == []


def test_parquet_without_pyarrow_says_what_to_install_before_anything_is_written(tmp_path):
    (tmp_path / "offers.csv").write_text("base\n1\n", encoding="utf-8")
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from tokenworth_mcp.cli import main\n"
        "sys.argv = ['tokenworth', 'value', '--batch', 'offers.csv', '--out', 'values.parquet']\n"
        "main()\n"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert found.stderr.startswith(
        "tokenworth: Parquet needs pyarrow, which is not installed. Install tokenworth[batch]"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["offers.csv"]


@pytest.mark.parametrize("plain", [True, False])
def test_a_terminal_gets_a_bar_in_colour_unless_it_asks_for_none(tmp_path, plain):
    (tmp_path / "offers.csv").write_text("base\n1\n", encoding="utf-8")
    ours, theirs = os.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm-256color"}
    found = subprocess.run(
        [sys.executable, "-m", "tokenworth_mcp", "value", "--batch", "offers.csv", "--out", "values.csv"],
        cwd=tmp_path,
        env=environment | ({"NO_COLOR": "1"} if plain else {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=False,
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert found.returncode == 0
    assert "valuing offers" in shown
    assert ("\x1b[38;5;" in shown) != plain
