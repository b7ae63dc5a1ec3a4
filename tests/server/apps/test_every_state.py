"""Pages in the states that answers come in: nothing is cut off, lies on something else or is no word of anybody's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from support.budgets_drawn import Month, checked
from tokenworth.wiring import build_context
from tokenworth_mcp.catalogue import find_tool, load_tool

pytestmark = [pytest.mark.chromium, pytest.mark.node, pytest.mark.slow]

FIXTURES = Path(__file__).parents[3] / "fixtures"
ONE_WORD = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft"[:80]
LONG = "Principal staff engineer, applied research and inference platform, or remote"
CHINESE = "苏黎世高级软件工程师职位附带代币补贴和四年期限制性股票"
LABELS = ("Lab", LONG, ONE_WORD, CHINESE, "E", "start-up in Berlin", "Bank", "contractor, no benefits", "Seed", "BigCo")
TEN = [
    {"label": label, "base": 150_000 + 12_000 * place, "tokens": {"per_year": 5_000 + 9_000 * place}}
    for place, label in enumerate(LABELS)
]
HUGE = {
    "base": "900M",
    "bonus": "400M",
    "sign_on": {"amount": "300M", "clawback_months": 24},
    "tokens": {"per_year": "900M", "personal_share": 0.5},
    "equity": [{"kind": "rsu", "value": "900M", "vesting": {"months": 48, "cliff_months": 12}}],
}
OVERSPENT = {
    "groups": [{"name": "all", "headcount": 90, "per_month": "2k", "pay": "100k", "use": {"mean": "2.5k"}}],
    "budget": {"total": "400k"},
    "contract": {"commitment_per_year": "5M", "discount": 0.1},
}
TINY = {"groups": [{"name": ONE_WORD[:40], "headcount": 1, "per_month": 1, "pay": "30k"}], "months": 3}
AT = "2026-11-20T00:00:00Z"


def _file(path):
    return yaml.safe_load((FIXTURES / path).read_text("utf-8"))


ASKED = {
    "offer": ("value_offer", _file("offers/startup.yaml")),
    "offer-of-one-word": ("value_offer", {"offer": {**_file("offers/startup.yaml")["offer"], "label": ONE_WORD}}),
    "offer-of-tokens-that-cost": ("value_offer", _file("offers/work-only-taxed-at-face.yaml")),
    "offer-of-cash": ("value_offer", {"offer": {"base": "120k"}}),
    "offer-of-a-dollar": ("value_offer", {"offer": {"base": 1, "tokens": {"per_year": "0.5"}}}),
    "offer-of-billions": ("value_offer", {"offer": HUGE}),
    "ten-offers": ("compare_offers", {"offers": TEN}),
    "far-apart": ("compare_offers", {"offers": [{"label": "A", "base": "2k"}, {"label": "B", "base": "900M"}]}),
    "cliffs": ("explain_lock_in", _file("lock_in/engineer-before-a-cliff.yaml")),
    "no-cliff": ("explain_lock_in", _file("lock_in/use-it-or-lose-it.yaml")),
    "employer": ("explain_lock_in", _file("lock_in/startup-one-provider.yaml")),
    "program": ("plan_program", _file("programs/two-classes.yaml")),
    "program-overspent": ("plan_program", OVERSPENT),
    "program-of-one": ("plan_program", TINY),
    "no-price": ("find_prices", {"search": "nosuchmodel"}),
    "near-names": ("find_prices", {"model": "claude-opus-55"}),
    "one-price": ("find_prices", {"model": "claude-opus-5-5", "at": AT}),
    "ended": ("find_prices", {"model": "deepseek-chat", "at": AT}),
    "coming": ("find_prices", {"show": "changes", "at": AT}),
    "conflicts": ("find_prices", {"show": "conflicts"}),
    "plans": ("find_prices", {"show": "plans"}),
    "cheap-work": ("find_prices", {"search": "flash", "workload": {"input_tokens": 1, "output_tokens": 1}}),
}
MANY = tuple(f"vendor-{place}/model-{place}-with-a-rather-long-name" for place in range(40))
MONTHS = {
    "first-day": Month(100, hours=20, usd_an_hour=0.5),
    "holds": Month(400, hours=200, holds=8),
    "many-models": Month(1_000, models=MANY),
    "past-the-limit": Month(100, hours=480, usd_an_hour=3),
    "tiny-sums": Month(0.001, hours=100, usd_an_hour=0.000002),
    "huge-sums": Month(900_000_000, usd_an_hour=2_000_000),
    "one-word": Month(1_000, name=ONE_WORD),
}

# A letter may begin a pixel before its place; names and values of one row may meet in the air between their lines.
WRONG = """() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) found.push("the page is wider than the screen");
  for (const svg of document.querySelectorAll("figure svg")) {
    const box = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].filter((one) => one.textContent.trim());
    const places = texts.map((one) => one.getBoundingClientRect());
    places.forEach((a, index) => {
      if (a.left < box.left - 2 || a.right > box.right + 2 || a.top < box.top - 2 || a.bottom > box.bottom + 2) {
        found.push(`outside its drawing: ${texts[index].textContent}`);
      }
      places.slice(index + 1).forEach((b, later) => {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const along = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        const both = [texts[index], texts[index + 1 + later]].map((one) => one.textContent);
        if (across > 1 && along > 4) found.push(both.join(" on "));
      });
    });
  }
  for (const cell of document.querySelectorAll("td, th")) {
    if (!cell.checkVisibility() || cell.textContent.length < 12) continue;
    if (cell.getBoundingClientRect().width < 60) found.push(`in a column of letters: ${cell.textContent}`);
  }
  const odd = document.body.innerText.match(/.*(NaN|undefined|Infinity|\\[object).*/g);
  return [...found, ...(odd ?? [])];
}"""
SHADED = """() => [...document.querySelectorAll(".scroll")].filter((one) => one.scrollWidth > one.clientWidth + 1)
    .every((one) => getComputedStyle(one).backgroundImage.includes("gradient"))"""
WIDTHS = "[...document.querySelectorAll('figure svg')].map((svg) => svg.viewBox.baseVal.width)"


async def _answered(tool, asked):
    loaded = load_tool(find_tool(tool))
    request = loaded.request_type.model_validate({**asked, "detail": "full"})
    return (await loaded.function(request, build_context())).data(), datetime.now(UTC)


def _is_well_laid_out(page, pictures, name):
    for width in (360, 800):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"() => ({WIDTHS}).every((drawn) => drawn <= {width})")
        page.evaluate("document.querySelectorAll('figure details').forEach((one) => (one.open = true))")
        assert page.evaluate(WRONG) == [], width
        assert page.evaluate(SHADED)
        page.screenshot(path=pictures / f"state-{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("name", ASKED)
def test_nothing_is_cut_off_or_lies_on_something_else(drawn, pictures, name):
    _, page, outside = drawn(_answered(*ASKED[name]))
    _is_well_laid_out(page, pictures, name)
    assert outside == []


@pytest.mark.parametrize("name", MONTHS)
def test_nothing_of_a_budget_is_cut_off_or_lies_on_something_else(drawn, tmp_path, pictures, name):
    _, page, outside = drawn(checked(tmp_path, MONTHS[name]))
    _is_well_laid_out(page, pictures, name)
    assert outside == []


def test_from_a_small_screen_drawings_are_printed_for_paper(drawn):
    _, page, _ = drawn(_answered(*ASKED["offer"]))
    page.set_viewport_size({"width": 360, "height": 900})
    page.wait_for_function(f"() => ({WIDTHS}).every((drawn) => drawn < 360)")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert set(page.evaluate(WIDTHS)) == {672}
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert all(width < 360 for width in page.evaluate(WIDTHS))


def test_a_name_that_nobody_has_is_answered_with_the_names_near_to_it(drawn):
    answer, page, _ = drawn(_answered(*ASKED["near-names"]))
    assert answer["rows"] == []
    assert answer["nearest"]
    told = page.locator("section", has_text="Names near to it").locator("li").all_inner_texts()
    assert told == answer["nearest"]


def test_a_model_that_is_sold_no_more_has_no_price_and_keeps_its_note(drawn):
    answer, page, _ = drawn(_answered(*ASKED["ended"]))
    assert page.locator("h1").inner_text().strip() == "No price"
    assert answer["rows"][0]["note"] in page.locator("section", has_text="Note").first.inner_text()


def test_no_more_is_drawn_than_a_page_of_paper_has_room_for_and_the_table_has_all(drawn):
    answer, page, _ = drawn(_answered("find_prices", {"search": "gpt", "limit": 40}))
    figure = page.locator("figure", has_text="The first 20 are drawn.")
    assert figure.locator("rect").count() == 20
    assert figure.locator("tbody tr").count() == sum("output" in row for row in answer["rows"]) > 20


def test_every_plan_is_told_with_its_terms_and_source(drawn):
    answer, page, _ = drawn(_answered(*ASKED["plans"]))
    told = page.locator("section", has_text="What there is").inner_text()
    for row in answer["rows"]:
        assert all(part in told for part in (row["model"], row["note"], *row["sources"]))


def test_what_a_budget_has_left_is_told_apart_from_what_is_unspent(drawn, tmp_path):
    answer, page, _ = drawn(checked(tmp_path, MONTHS["holds"]))
    unspent = answer["limit_usd"] - answer["spent_usd"]
    assert answer["held_usd"] == unspent - answer["left_usd"] > 0
    drawing = page.locator("figure", has_text="Burn-down").inner_text()
    assert f"${unspent:,.2f} of ${answer['limit_usd']:,.2f} unspent" in drawing
    assert f"now: ${unspent:,.0f} unspent" in drawing
    assert page.locator("h1").inner_text().replace("\n", " ").split()[0] == f"${answer['left_usd']:,.2f}"


def test_the_tax_of_a_programme_is_told_by_how_it_is_given(drawn):
    answer, page, _ = drawn(_answered(*ASKED["program"]))
    rows = page.locator("section", has_text="Tax a year").locator("tbody tr").all_inner_texts()
    told = [[cell.strip() for cell in row.split("\t")] for row in rows]
    fields = ("imputed_usd", "employee_usd", "employer_usd")
    assert told == [
        [name.capitalize(), *(f"${tax[field]:,}" for field in fields)] for name, tax in answer["tax"].items()
    ]
