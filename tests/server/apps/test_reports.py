"""Reports: one file from the command line, opened from disk in a real browser with the network off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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


def _same(told, value):
    if isinstance(value, bool) or value is None:
        return told == {True: "true", False: "false", None: "null"}[value]
    return float(told) == value if isinstance(value, int | float) else told == value


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.chromium
@pytest.mark.node
@pytest.mark.slow
def test_a_report_has_every_digit_of_the_answer_with_the_network_off(
    tokenworth, good_call, browser, serious, tmp_path, name, pictures
):
    command = [str(part) for part in COMMANDS[name]]
    written = tokenworth(*command, "--html", "report.html")
    assert written.returncode == 0, written.stderr
    answer = json.loads(tokenworth(*command, "--detail", "full", "--format", "json").stdout)
    context = browser.new_context(offline=True, viewport={"width": 800, "height": 900})
    page = context.new_page()
    complaints, requests = [], []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto((tmp_path / "report.html").as_uri())
    page.locator("figure svg").first.wait_for()

    fields, leaves = dict(page.evaluate(FIELDS)), _leaves(answer)
    moving = MOMENTS if name == "budget" else set()
    assert set(fields) == set(leaves)
    wrong = [path for path, value in leaves.items() if not _same(fields[path], value)]
    assert [path for path in wrong if path.split(".")[0] not in moving] == []
    shown = page.evaluate(SHOWN)
    assert len(shown) > 3
    for path, value, form, text in shown:
        assert fields[path] == value, path
        assert _read(text, form) == pytest.approx(float(value), rel=1e-12), path
    assert "What was asked" in page.locator("main").inner_text()
    assert page.locator("input").count() == 0
    assert serious(page) == []
    page.screenshot(path=pictures / f"report-{name}.png", full_page=True)
    printed = page.pdf(path=pictures / f"report-{name}.pdf", format="A4")
    assert printed.startswith(b"%PDF-")
    assert page.locator("details:not([open])").count() == 0
    assert complaints == []
    assert requests == [(tmp_path / "report.html").as_uri()]
    context.close()


def test_a_report_cannot_be_written_into_a_folder_that_is_not_there(tokenworth, tmp_path):
    (tmp_path / "offer.json").write_text('{"base": 100000}')
    refused = tokenworth("value", "offer.json", "--html", "nowhere/offer.html")
    assert refused.returncode in (1, 2)
    assert ("Name a file in a folder that is there" in refused.stderr) == (built_page() is not None)
    assert ("make pages" in refused.stderr) == (built_page() is None)


def test_open_needs_a_file(tokenworth, tmp_path):
    (tmp_path / "offer.json").write_text('{"base": 100000}')
    refused = tokenworth("value", "offer.json", "--open")
    assert refused.returncode == 2
    assert "--html" in refused.stderr
