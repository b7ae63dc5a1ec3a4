"""`make backtest`: it sees nothing of the future, takes any table of use, refuses what is none, meets its targets."""

from __future__ import annotations

import csv
import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BACKTEST = Path(__file__).parents[1] / "backtest" / "run.py"
CHECKOUT = BACKTEST.parents[2]
HEAD = ["client", *(f"h{hour}" for hour in range(336))]
SEED = 20_261_129


@pytest.fixture
def backtest(monkeypatch):
    monkeypatch.syspath_prepend(str(BACKTEST.parent))
    import run  # noqa: PLC0415 - found beside the script

    return run


@pytest.fixture
def used(backtest):
    """Some clients of the real trace."""
    return backtest.read_trace(backtest.OURS).used[::27]


def futures(used, origin):
    """The same past with other futures: those of other hours, those of other clients, and noise of any size."""
    dice = np.random.default_rng(SEED + origin)
    shuffled, exchanged, noise = used.copy(), used.copy(), used.copy()
    shuffled[:, origin:] = dice.permuted(used[:, origin:], axis=1)
    exchanged[:, origin:] = np.roll(used, 1, axis=0)[:, origin:]
    noise[:, origin:] = dice.lognormal(10, 5, used[:, origin:].shape)
    return shuffled, exchanged, noise


@pytest.mark.parametrize("hours", [5, 24, 72])
def test_whatever_comes_after_an_origin_every_digit_forecast_up_to_it_is_the_same(backtest, used, hours):
    moments = backtest.origins(used.shape[1], hours)
    seen = backtest.ours_at(used, hours)
    for origin in (moments[0], moments[len(moments) // 2], moments[-1]):
        known = moments.index(origin) + 1
        for changed in futures(used, origin):
            again = backtest.ours_at(changed, hours)
            assert (again[:known] == seen[:known]).all()
            assert known == len(moments) or (again[known:] != seen[known:]).any()


@pytest.mark.parametrize("hours", [5, 24, 72])
def test_what_we_are_held_against_sees_no_future_either(backtest, used, hours):
    moments = backtest.origins(used.shape[1], hours)
    origin = moments[-2]
    for changed in futures(used, origin):
        for name, before in backtest.conformals(used, hours).items():
            assert (backtest.conformals(changed, hours)[name][:-1] == before[:-1]).all()


def run(data, cwd):
    return subprocess.run([sys.executable, BACKTEST, data], capture_output=True, text=True, check=False, cwd=cwd)


def write(path, rows):
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as lines:
        csv.writer(lines).writerows(rows)
    return path


@pytest.mark.parametrize("clients", [1, 10])
@pytest.mark.parametrize("name", ["other clients.csv", "other.csv.gz"])
def test_other_clients_are_read_from_a_relative_path_however_many_they_are(tmp_path, clients, name):
    # A run rate foretells a steady use without any error: nothing can be better. One client never worked.
    rows = [[f"c{client}", *[client] * 336] for client in range(1, clients)]
    write(tmp_path / name, [HEAD, *rows, ["idle", *[0] * 336]])
    found = run(name, tmp_path)
    assert (found.returncode, found.stderr) == (1, "")
    assert f"{clients} clients x 336 hours" in found.stdout
    assert found.stdout.count("h ahead") == 3
    assert "target(s) missed" in found.stdout


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([HEAD, ["a", *[1] * 335, "nan"]], "client a, h335: an amount of use is a number from 0 up"),
        ([HEAD, ["a", *[1] * 336], ["b", -1, *[1] * 335]], "client b, h0: an amount of use is a number from 0 up"),
        ([HEAD, ["a", "", *[1] * 335]], "client a, h0: an amount of use is a number from 0 up"),
        ([HEAD, ["a", *[1] * 300]], "client a: 300 hours, where the head names 336"),
        ([HEAD[:200], ["a", *[1] * 199]], "199 hours; forecasts of 72 h from hour 192 need 264 at least"),
        ([HEAD], "a table of the columns client, h0, h1, ... with a row for each client is needed"),
        (
            [["time", "tokens"], [0, 1]],
            "a table of the columns client, h0, h1, ... with a row for each client is needed",
        ),
        ([], "a table of the columns client, h0, h1, ... with a row for each client is needed"),
    ],
    ids=["not a number", "negative", "missing", "short row", "short", "no client", "another table", "empty"],
)
def test_what_is_no_table_of_use_is_refused_with_the_place_and_the_reason(backtest, tmp_path, capsys, rows, told):
    with pytest.raises(SystemExit) as ended:
        backtest.main([str(write(tmp_path / "trace.csv", rows))])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"\x1f\x8b\x08broken", b"\xff\xfe\x00"], ids=["none", "gzip", "binary"])
def test_what_cannot_be_read_is_refused_with_its_full_path(backtest, tmp_path, capsys, content):
    path = tmp_path / "trace.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        backtest.main([os.path.relpath(path)])
    assert ended.value.code == 2
    assert f"{path}: cannot be read" in capsys.readouterr().err


@pytest.mark.slow
def test_make_meets_every_target_on_our_trace_and_the_page_has_its_figures():
    found = subprocess.run(["make", "backtest"], capture_output=True, text=True, check=False, cwd=CHECKOUT)
    assert found.returncode == 0, found.stdout + found.stderr
    page = (CHECKOUT / "docs" / "forecast.md").read_text(encoding="utf-8")
    scores = [line for line in found.stdout.splitlines() if line.startswith("  tokenworth")]
    covered = [line.replace("(76-84%)", "") for line in found.stdout.splitlines() if "intervals cover" in line]
    figures = [word for line in scores for word in line.split() if word.startswith("0.")]
    figures += re.findall(r"[0-9.]+%", " ".join(covered).replace("80% intervals", ""))
    assert len(figures) == 6 + 12
    for figure in figures:
        assert f"| {figure} " in page


@pytest.mark.slow
def test_make_takes_data_from_a_path_with_a_space(tmp_path):
    data = write(tmp_path / "other clients.csv", [HEAD, ["a", *[1] * 336]])
    # Below another make, as in `make test`, it would say where it enters.
    command = ["make", "--no-print-directory", "backtest", f"DATA={data}"]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    assert found.stdout.startswith("1 clients x 336 hours")
