"""Reports: one file from the command line, opened from disk in a real browser with the network off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.agent_logs import codex_count, codex_file, codex_model, write, write_logs
from tokenworth_mcp.apps.pages import built_page

FIXTURES = Path(__file__).parents[3] / "fixtures"
COMMANDS = {
    "value": ["value", FIXTURES / "offers" / "startup.yaml"],
    "compare": ["compare", FIXTURES / "offers" / "startup.yaml", FIXTURES / "offers" / "big-company.yaml"],
    "person": ["lock-in", FIXTURES / "lock_in" / "engineer-before-a-cliff.yaml"],
    "employer": ["lock-in", FIXTURES / "lock_in" / "startup-one-provider.yaml"],
    "program": ["program", FIXTURES / "programs" / "pool-of-25.yaml"],
    "budget": ["budget", "show", "me"],
}
# Each moment has its own clock, so these differ between two calls of check_budget.
MOMENTS = {"as_of", "pace", "headline", "do_next"}
FIELDS = """[...document.querySelectorAll('[data-of="answer"]')].map(one =>
    [one.dataset.path, one.getAttribute("value") ?? one.textContent])"""
SHOWN = """[...document.querySelectorAll("data[data-format]")].map(one =>
    [one.dataset.path, one.value, one.dataset.format, one.textContent])"""


def _leaves(value, path=()):
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {leaf: told for key, inner in pairs for leaf, told in _leaves(inner, (*path, str(key))).items()}
    return {".".join(path): value}


def _read(text, form):
    number = float(text.replace("$", "").replace(",", "").replace("−", "-").replace("+", "").removesuffix("%"))
    return number / 100 if form == "percent" else number


# How near a number in text is to the field: assumptions are shown to six digits, sums of prices to the cent.
NEAR = {"about": {"rel": 5e-6}, "spent": {"abs": 0.005}}


def _same(told, value):
    if isinstance(value, bool) or value is None:
        return told == {True: "true", False: "false", None: "null"}[value]
    return float(told) == value if isinstance(value, int | float) else told == value


def _shown_as_they_are(page, fields):
    """How many numbers are shown in text; each must be the field that it says it is."""
    shown = page.evaluate(SHOWN)
    for path, value, form, text in shown:
        assert fields[path] == value, path
        assert _read(text, form) == pytest.approx(float(value), **NEAR.get(form, {"rel": 1e-12})), path
    return len(shown)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.chromium
@pytest.mark.node
@pytest.mark.slow
def test_a_report_has_every_digit_of_the_answer_with_the_network_off(
    tokenworth, good_call, opened, serious, tmp_path, name, pictures
):
    command = [str(part) for part in COMMANDS[name]]
    written = tokenworth(*command, "--html", "report.html")
    assert written.returncode == 0, written.stderr
    answer = json.loads(tokenworth(*command, "--detail", "full", "--format", "json").stdout)
    page, outside = opened(tmp_path / "report.html")

    fields, leaves = dict(page.evaluate(FIELDS)), _leaves(answer)
    moving = MOMENTS if name == "budget" else set()
    assert set(fields) == set(leaves)
    wrong = [path for path, value in leaves.items() if not _same(fields[path], value)]
    assert [path for path in wrong if path.split(".")[0] not in moving] == []
    assert _shown_as_they_are(page, fields) > 3
    assert "What was asked" in page.locator("main").inner_text()
    assert page.locator("input").count() == 0
    assert serious(page) == []
    page.screenshot(path=pictures / f"report-{name}.png", full_page=True)
    printed = page.pdf(path=pictures / f"report-{name}.pdf", format="A4")
    assert printed.startswith(b"%PDF-")
    assert page.locator("figure details:not([open])").count() == 0
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert outside == []


@pytest.mark.chromium
@pytest.mark.node
@pytest.mark.slow
def test_a_report_of_what_agents_burned_has_the_rows_for_programs_digit_for_digit(
    good_call, opened, serious, tmp_path, pictures
):
    home = tmp_path / "home"
    write_logs(home, 21, 10)
    limits = {"primary": {"used_percent": 12.5, "window_minutes": 300, "resets_at": 1_793_527_200}}
    write(codex_file(home), [codex_model("gpt-5-codex"), codex_count((1_000_000, 0, 0), limits=limits)])
    own = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def burn(*arguments):
        command = [sys.executable, "-m", "tokenworth_mcp", "burn", "--home", home, *arguments]
        return subprocess.run(command, env=own, capture_output=True, text=True, check=True).stdout

    written = burn("--html", tmp_path / "burned.html")
    rows = json.loads(burn("--json"))
    page, outside = opened(tmp_path / "burned.html")
    fields = dict(page.evaluate(FIELDS))
    leaves = _leaves({"use": rows})
    assert [path for path, value in leaves.items() if not _same(fields[path], value)] == []
    assert {path for path in fields if path.startswith("use.")} == set(leaves)
    for sums, name in (("by_date", "date"), ("by_model", "model"), ("by_agent", "agent")):
        told = sorted({row[name] for row in rows})
        assert [fields[f"{sums}.{index}.{name}"] for index in range(len(told))] == told
        for index, one in enumerate(told):
            usd = sum(row["usd"] or 0 for row in rows if row[name] == one)
            assert float(fields[f"{sums}.{index}.usd"].replace("null", "0")) == pytest.approx(usd)
    assert float(fields["totals.messages"]) == sum(row["messages"] for row in rows)
    assert fields["headline"] in written
    assert fields["official_quotas.0.used_percent"] == "12.5"
    assert _shown_as_they_are(page, fields) > len(rows)
    assert page.locator("figure svg[role=img]").count() == 2
    assert serious(page) == []
    page.screenshot(path=pictures / "report-burn.png", full_page=True)
    page.set_viewport_size({"width": 360, "height": 900})
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.screenshot(path=pictures / "report-burn-dark-360.png", full_page=True)
    assert outside == []


def test_a_report_cannot_be_written_into_a_folder_that_is_not_there(tokenworth, tmp_path):
    (tmp_path / "offer.json").write_text('{"base": 100000}')
    refused = tokenworth("value", "offer.json", "--html", "nowhere/offer.html")
    assert refused.returncode in (1, 2)
    assert ("Name a file in a folder that is there" in refused.stderr) == (built_page() is not None)
    assert ("make pages" in refused.stderr) == (built_page() is None)


@pytest.mark.node
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="xdg-open is of Linux desktops")
@pytest.mark.parametrize("there", [True, False])
def test_open_shows_the_file_in_the_browser_and_says_so_where_there_is_none(tokenworth, tmp_path, there):
    (tmp_path / "offer.json").write_text('{"base": 100000}')
    folder, opened = tmp_path / "bin", tmp_path / "opened.txt"
    folder.mkdir()
    if there:
        browser = folder / "xdg-open"
        browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
        browser.chmod(0o755)
    written = tokenworth("value", "offer.json", "--html", "offer.html", "--open", PATH=str(folder))
    assert written.returncode == 0
    assert "Written to offer.html." in written.stdout
    # The browser holds our output open, so it has been started and is gone by now.
    assert (opened.read_text().strip() if there else "") == (str(tmp_path / "offer.html") if there else "")
    assert ("open the file yourself" in written.stderr) != there


def test_open_needs_a_file(tokenworth, tmp_path):
    (tmp_path / "offer.json").write_text('{"base": 100000}')
    refused = tokenworth("value", "offer.json", "--open")
    assert refused.returncode == 2
    assert "--html" in refused.stderr
