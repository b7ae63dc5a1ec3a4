"""Drawings over time from real answers at moments of our choosing: forecasts of budgets, prices that change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from support.budgets_drawn import Month, checked
from tokenworth.prices.find_prices import find_prices
from tokenworth.prices.models import FindPricesRequest
from tokenworth.wiring import build_context

pytestmark = [pytest.mark.chromium, pytest.mark.node, pytest.mark.slow]

LISTED = datetime(2026, 11, 20, tzinfo=UTC)


async def _priced(model):
    request = FindPricesRequest(model=model, detail="full", at=LISTED)
    return (await find_prices(request, build_context())).data(), LISTED


def _seen(page, serious, pictures, name):
    page.screenshot(path=pictures / f"{name}.png", full_page=True)
    page.set_viewport_size({"width": 360, "height": 900})
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert serious(page) == []
    page.screenshot(path=pictures / f"{name}-dark-360.png", full_page=True)


@pytest.mark.parametrize(("limit_usd", "dots"), [(300, 3), (1_000, 0)], ids=["runs-out", "lasts"])
def test_a_forecast_is_a_fan_with_dots_where_nothing_is_left(drawn, serious, tmp_path, pictures, limit_usd, dots):
    answer, page, outside = drawn(checked(tmp_path, Month(limit_usd)))
    figure = page.locator("figure", has_text="Burn-down")
    assert figure.locator("path.band").count() == 1
    assert figure.locator("circle.dot.second").count() == dots
    figure.locator("summary").click()
    for name in ("projected_low", "projected_end", "projected_high"):
        shown = figure.locator(f'data[data-path="pace.{name}"]')
        assert float(shown.get_attribute("value")) == answer["pace"][name]
    out = answer["pace"].get("exhausted_p50")
    assert (out is not None) == ("It runs out about" in figure.inner_text()) == bool(dots)
    if out is not None:
        at = datetime.fromisoformat(out)
        assert f"P50 {at:%b} {at.day}, {at:%H:%M}" in figure.inner_text()
    by_model = page.locator("figure", has_text="By model")
    by_model.locator("summary").click()
    rows = [cells.split("\t") for cells in by_model.locator("tbody tr").all_inner_texts()]
    spent = 2 * answer["spent_tokens"] // 1_000
    assert [name.strip() for name, *_ in rows] == ["claude-opus-5-5", "no model said"]
    assert [usd.strip() for _, usd, _ in rows] == [f"${row['usd']:g}" for row in answer["by_model"]]
    assert sum(row["usd"] for row in answer["by_model"]) == spent == answer["spent_usd"]
    _seen(page, serious, pictures, f"forecast-{limit_usd}")
    assert outside == []


@pytest.mark.parametrize("model", ["deepseek-chat", "google/gemini-4-argon"], ids=["ended", "coming"])
def test_a_model_s_prices_are_drawn_from_day_to_day_with_what_is_coming(drawn, serious, pictures, model):
    answer, page, outside = drawn(_priced(model))
    (row,) = answer["rows"]
    figure = page.locator("figure", has_text="over time")
    figure.locator("summary").click()
    listed = [cells.split("\t")[0].strip() for cells in figure.locator("tbody tr").all_inner_texts()]
    dated = [one["since"] for one in [*row.get("history", []), *row.get("coming", [])] if one.get("since")]
    assert listed == ["launch", *dated]
    assert len(dated) >= 1
    assert figure.locator("path.line").count() == 2
    assert figure.locator(".upright.coming").count() == len(row.get("coming", []))
    _seen(page, serious, pictures, f"prices-{model.rpartition('/')[2]}")
    assert outside == []
