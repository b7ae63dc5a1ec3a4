"""Pages in a real browser, inside a real host of MCP Apps, drawing real answers of a real server."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.chromium, pytest.mark.node, pytest.mark.slow]

# The one number at the top of each page, by its place in the answer.
NUMBERS = {
    "value_offer": "pay.p50_usd",
    "compare_offers": "ranking.0.p50_usd",
    "check_budget": "left_usd",
    "explain_lock_in": "person.cost.p50_usd",
    "find_prices": "rows.0.workload_usd",
    "plan_program": "paid_by_month.24.p50_usd",
}
DRAWN_MIN = {
    "value_offer": 5,
    "compare_offers": 3,
    "check_budget": 1,
    "explain_lock_in": 4,
    "find_prices": 1,
    "plan_program": 3,
}
SLID = [("value_offer", "pay.p50_usd"), ("explain_lock_in", "person.cost.p50_usd")]


def _at(answer, path):
    for key in path.split("."):
        answer = answer[int(key) if isinstance(answer, list) else key]
    return answer


@pytest.mark.parametrize("tool", NUMBERS)
def test_a_page_draws_a_real_answer_and_asks_for_nothing_outside(show, serious, good_call, tool, pictures):
    shown = show(tool, good_call(tool))
    shown.settle()
    assert shown.number(NUMBERS[tool]) == float(_at(shown.told["structuredContent"], NUMBERS[tool]))
    assert shown.view.locator("figure svg[role=img]").count() >= DRAWN_MIN[tool]
    assert shown.view.locator("figure").count() == shown.view.locator("figure table").count()
    assert [call["arguments"]["detail"] for call in shown.calls] == [good_call(tool).get("detail", "concise"), "full"]
    assert "tokenworth/page" in shown.calls[-1]["_meta"]
    assert serious(shown.view) == []
    assert shown.complaints == []
    assert shown.strays() == []
    shown.picture(pictures / f"{tool}.png")


@pytest.mark.parametrize("tool", NUMBERS)
def test_a_page_in_the_dark_on_a_small_screen_is_as_readable(show, serious, good_call, tool, pictures):
    shown = show(tool, good_call(tool), theme="dark", width=360)
    shown.settle()
    assert shown.view.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 25, 28)"
    assert shown.view.evaluate("document.documentElement.scrollWidth") <= 360
    assert serious(shown.view) == []
    assert shown.complaints == []
    shown.picture(pictures / f"{tool}-dark-360.png")


@pytest.mark.parametrize(("tool", "field"), SLID)
def test_a_slider_shows_what_the_tool_says_for_its_value(show, good_call, tool, field):
    shown = show(tool, good_call(tool))
    shown.settle()
    before = shown.number(field)
    slider = shown.view.locator("input[type=range]").first
    slider.focus()
    # A key, as for someone without a mouse: to the upper end.
    slider.press("End")
    shown.view.locator(".moved", has_text="$").wait_for()
    shown.settle()
    name, value = slider.get_attribute("data-assumption"), float(slider.input_value())
    asked = shown.calls[-1]["arguments"]
    assert asked["overrides"][name] == value
    assert shown.number(field) == _at(shown.ask(tool, asked), field) != before
    assert slider.evaluate("slider => slider === document.activeElement")
    assert shown.complaints == []


def test_without_a_host_that_calls_tools_a_page_draws_what_it_was_told(show, good_call):
    shown = show("value_offer", good_call("value_offer"), capabilities={})
    shown.settle()
    assert shown.number("pay.p50_usd") == shown.told["structuredContent"]["pay"]["p50_usd"]
    assert shown.view.locator("input[type=range]").count() == 0
    assert len(shown.calls) == 1
    assert shown.complaints == []


def test_a_refusal_is_shown_in_the_tool_s_own_words(show):
    shown = show("value_offer", {"offer": {"base": -1}})
    said = shown.view.locator("[role=alert]")
    said.wait_for()
    assert said.inner_text() == shown.told["content"][0]["text"]


def test_a_page_follows_the_host_when_it_changes_its_theme(show, good_call):
    shown = show("find_prices", good_call("find_prices"))
    shown.settle()
    shown.page.evaluate("window.changeContext({theme: 'dark'})")
    shown.view.locator(":root[data-theme=dark]").wait_for()
    assert shown.view.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 25, 28)"
