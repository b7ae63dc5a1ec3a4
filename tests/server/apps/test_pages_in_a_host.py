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
    "compare_offers": 5,
    "check_budget": 1,
    "explain_lock_in": 4,
    "find_prices": 1,
    "plan_program": 3,
}
SLID = [
    ("value_offer", "pay.p50_usd"),
    ("compare_offers", "ranking.0.p50_usd"),
    ("explain_lock_in", "person.cost.p50_usd"),
]
# The answer to this is worth more than anybody's time, so whoever can be asked is asked.
TELLING = {
    "offer": {"base": "300k", "tokens": {"per_year": "100k", "personal_share": 0.5}},
    "person": {"token_use_per_year": "12k"},
}
TAXED = {"offer.tokens.taxed": "face"}
# Timers of a page fire in the order of their times: after this one, the slider's own has fired.
RESTED = "() => new Promise((done) => setTimeout(done, 300))"
MOVED = "(slider, places) => places.forEach((at) => { slider.value = at; slider.dispatchEvent(new Event('input')); })"


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
    said = shown.view.locator(".moved[role=status]", has_text="$")
    said.wait_for()
    shown.settle()
    name, value = slider.get_attribute("data-assumption"), float(slider.get_attribute("data-value"))
    asked = shown.calls[-1]["arguments"]
    assert asked["overrides"][name] == value
    full = shown.ask(tool, {**good_call(tool), "detail": "full"})
    (told,) = [one for one in full["assumptions"] if one["name"] == name]
    assert value == told["high"]
    now = _at(shown.ask(tool, asked), field)
    assert shown.number(field) == now != before
    assert f"${abs(now):,}" in said.inner_text()
    assert f"${abs(now - before):,.0f}" in said.inner_text()
    assert slider.evaluate("slider => slider === document.activeElement")
    shown.view.get_by_role("button", name="Back to the defaults").click()
    shown.view.locator(".moved", has_text="as before").wait_for()
    assert shown.number(field) == before
    assert shown.complaints == []
    assert shown.strays() == []


def test_a_slider_on_the_move_asks_once_for_where_it_comes_to_rest(show, good_call, http_url):
    shown = show("value_offer", good_call("value_offer"))
    shown.settle()
    held = []
    shown.page.route(http_url, lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    slider = shown.view.locator("input[type=range]").first
    with shown.page.expect_request(http_url):
        slider.evaluate(MOVED, [1, 30, 31, 32])
    assert slider.get_attribute("data-value") == str(shown.calls[-1]["arguments"]["overrides"].popitem()[1])
    assert shown.view.locator("#page").get_attribute("aria-busy") == "true"
    asked = len(shown.calls)
    # It moves on while the host has not answered: nothing more is asked until it has.
    slider.evaluate(MOVED, [33, 34])
    slider.evaluate(RESTED)
    assert len(shown.calls) == asked
    shown.page.unroute(http_url)
    with shown.page.expect_request(http_url):
        held[0].continue_()
    shown.view.locator(".moved", has_text="$").wait_for()
    shown.settle()
    assert len(shown.calls) == asked + 1
    last = shown.calls[-1]["arguments"]
    assert str(last["overrides"][slider.get_attribute("data-assumption")]) == slider.get_attribute("data-value")
    assert shown.number("pay.p50_usd") == shown.ask("value_offer", last)["pay"]["p50_usd"]


def test_when_the_server_does_not_answer_the_last_picture_stays_and_the_page_says_so(show, good_call, http_url):
    shown = show("compare_offers", good_call("compare_offers"))
    shown.settle()
    before, drawn = shown.number("ranking.0.p50_usd"), shown.view.locator("figure svg").count()
    shown.page.route(http_url, lambda route: route.abort())
    shown.view.locator("input[type=range]").first.press("Home")
    shown.view.locator(".moved[role=status]", has_text="Not changed").wait_for()
    shown.settle()
    assert shown.number("ranking.0.p50_usd") == before
    assert shown.view.locator("figure svg").count() == drawn
    shown.page.unroute(http_url)
    shown.view.get_by_role("button", name="Back to the defaults").click()
    shown.view.locator(".moved", has_text="as before").wait_for()


@pytest.mark.parametrize("era", ["legacy", "auto"])
def test_whoever_can_be_asked_is_asked_by_the_model_s_call_and_never_by_the_page_s(show, era):
    shown = show("value_offer", TELLING, era=era, filled=TAXED)
    shown.settle()
    asked = shown.forms()
    assert asked
    assert shown.told["structuredContent"]["filled_in"] == TAXED
    assert shown.calls[-1]["arguments"]["offer"]["tokens"]["taxed"] == "face"
    assert shown.number("pay.p50_usd") == shown.told["structuredContent"]["pay"]["p50_usd"]
    for key in ("End", "Home"):
        calls = len(shown.calls)
        with shown.page.expect_request(lambda request: "tools/call" in (request.post_data or "")):
            shown.view.locator("input[type=range]").first.press(key)
        shown.settle()
        assert len(shown.calls) == calls + 1
    shown.view.locator(".moved", has_text="$").wait_for()
    assert shown.forms() == asked
    shown.ask("value_offer", TELLING)
    assert shown.forms() > asked


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
