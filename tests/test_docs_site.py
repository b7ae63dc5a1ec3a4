"""The tutorial and the how-to run as they stand, and what the tutorial shows is what is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.reference import reference_pages, write_reference
from tokenworth_mcp.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FENCE = re.compile(r"```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)```", re.DOTALL)
# One call makes one table; a terminal of another width would break its lines elsewhere.
PLAIN = {"COLUMNS": "240", "NO_COLOR": "1"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    monkeypatch.setenv("TOKENWORTH_LEDGER", str(tmp_path / "ledger.sqlite"))
    return tmp_path


def _run(line, folder):
    program = Path(sys.executable).with_name("tokenworth")
    shell = re.sub(r"(^|\s)tokenworth ", rf"\1{program} ", line, count=1)
    return subprocess.run(
        ["bash", "-c", shell], cwd=folder, env={**os.environ, **PLAIN}, capture_output=True, text=True, check=False
    )


def _words(text):
    return " ".join(text.split())


@pytest.mark.parametrize("name", ["tutorial.md", "how-to.md"])
def test_every_command_of_a_page_runs_in_its_order_and_prints_what_stands_below_it(name, folder):
    printed = ""
    ran = 0
    for language, title, body in FENCE.findall((DOCS / name).read_text(encoding="utf-8")):
        if title:
            (folder / title).write_text(body, encoding="utf-8")
        elif language == "bash":
            printed = ""
            for line in body.splitlines():
                found = _run(line, folder)
                assert found.returncode == 0, (line, found.stderr)
                printed += found.stdout
                ran += 1
        elif language == "text":
            for line in body.splitlines():
                assert _words(line) in _words(printed), line
    assert ran > 4


def test_the_site_has_every_page_of_the_documents():
    navigation = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    listed = [page for section in navigation for pages in section.values() for page in pages]
    written = [f"reference/{name}" for name in reference_pages()]
    assert sorted(listed) == sorted([*(path.name for path in DOCS.glob("*.md")), *written])


def test_links_between_pages_lead_somewhere():
    for page in DOCS.glob("*.md"):
        for target in re.findall(r"\]\(([\w.-]+\.md)[^)]*\)", page.read_text(encoding="utf-8")):
            assert (DOCS / target).is_file(), (page.name, target)


def test_the_reference_names_every_tool_setting_and_command(tmp_path):
    write_reference(tmp_path / "reference")
    pages = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "reference").iterdir()}
    assert pages == reference_pages()
    assert all(f"`{entry.name}`" in pages["tools.md"] for entry in TOOLS)
    assert all(f"| `{name}` |" in pages["settings.md"] for name in Settings.model_fields)
    assert "## `tokenworth budget reserve`" in pages["commands.md"]
