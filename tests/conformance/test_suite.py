"""The protocol's own conformance suite: both eras on the real builder, and the shipped server against its baseline."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.node_tools import run_node

HERE = Path(__file__).parent
NEWER, OLDER = "conformance-0.2/dist/index.js", "conformance-0.1/dist/index.js"
SCORE = re.compile(r"^[✓✗] ([\w-]+): (\d+) passed, (\d+) failed$", re.MULTILINE)

pytestmark = pytest.mark.node


@contextmanager
def _serving(kind):
    """The fixture's address while it runs."""
    command = [sys.executable, HERE / "fixture_server.py", kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip()
        process.stdin.close()


def _scores(output):
    """Checks passed and failed by scenario; the tasks extension, which nobody must have, left out."""
    scored = {name: (int(passed), int(failed)) for name, passed, failed in SCORE.findall(output)}
    assert scored, output
    return {name: score for name, score in scored.items() if not name.startswith("tasks-")}


@pytest.mark.parametrize(
    ("kind", "revision", "checks"), [("sessions", "2025-11-25", 84), ("modern", "2026-07-28", 152)]
)
def test_the_builder_passes_every_check_of_a_revision(tmp_path, kind, revision, checks):
    with _serving(kind) as url:
        found = run_node(NEWER, "server", "--url", url, "--requirements", revision, folder=tmp_path)
    assert found.returncode == 0, found.stdout
    scores = _scores(found.stdout)
    assert {name: score for name, score in scores.items() if score[1]} == {}
    assert sum(passed for passed, _ in scores.values()) == checks


def test_the_builder_passes_every_check_of_the_older_suite(tmp_path):
    with _serving("sessions") as url:
        found = run_node(OLDER, "server", "--url", url, folder=tmp_path)
    assert found.returncode == 0, found.stdout
    scores = _scores(found.stdout)
    assert {name: score for name, score in scores.items() if score[1]} == {}
    assert sum(passed for passed, _ in scores.values()) == 40


@pytest.mark.parametrize(
    ("suite", "options", "baseline"),
    [
        (NEWER, ["--suite", "all", "--spec-version", "2025-11-25"], "handshake.yml"),
        (NEWER, ["--suite", "all", "--spec-version", "2026-07-28"], "modern.yml"),
        (OLDER, [], "handshake-0.1.yml"),
    ],
    ids=["handshake", "modern", "older suite"],
)
def test_the_shipped_server_fails_exactly_what_its_baseline_names(tmp_path, http_url, suite, options, baseline):
    expected = ["--expected-failures", HERE / "baselines" / baseline]
    found = run_node(suite, "server", "--url", http_url, *options, *expected, folder=tmp_path)
    assert found.returncode == 0, found.stdout[found.stdout.rfind("=== SUMMARY") :]


def test_a_baseline_with_a_stale_entry_fails(tmp_path, http_url):
    stale = tmp_path / "stale.yml"
    stale.write_text((HERE / "baselines" / "handshake.yml").read_text() + "  - ping\n")
    options = ["--suite", "all", "--spec-version", "2025-11-25", "--expected-failures", stale]
    found = run_node(NEWER, "server", "--url", http_url, *options, folder=tmp_path)
    assert found.returncode == 1
    assert "stale" in found.stdout.lower() + found.stderr.lower()
