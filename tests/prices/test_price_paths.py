"""Price paths for grants: each point can be checked against the list, and the slopes agree with published ones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tokenworth.context import PriceList as PriceListProtocol
from tokenworth.prices import PricedPaths

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def paths(prices):
    return PricedPaths(prices)


def test_it_is_what_other_families_ask_for(paths):
    asked: PriceListProtocol = paths
    assert asked.blended_usd_per_million("openai/gpt-4o", NOW) is not None


def test_a_blend_is_three_in_to_one_out(paths):
    price = paths.blended_usd_per_million("claude-opus-5-5", NOW)
    assert price.usd_per_million == (3 * Decimal(4) + Decimal(20)) / 4
    assert "anthropic/claude-opus-5-5" in price.source
    assert price.as_of.date() == date(2026, 11, 20)


def test_a_blend_follows_the_date(paths):
    before = paths.blended_usd_per_million("gemini-4-argon", NOW)
    after = paths.blended_usd_per_million("gemini-4-argon", datetime(2026, 12, 1, tzinfo=UTC))
    assert after.usd_per_million == 2 * before.usd_per_million


def test_what_is_unknown_or_retired_has_no_blend(paths):
    assert paths.blended_usd_per_million("gpt-99", NOW) is None
    assert paths.blended_usd_per_million("deepseek/deepseek-chat", NOW) is None
    assert paths.model_path("gpt-99", NOW) is None
    assert paths.flagship_path("acme", NOW) is None
    assert paths.capability_path("oracle", NOW) is None


def test_retirement_dates_are_known_where_they_were_announced(paths):
    assert paths.retires_on("claude-sonnet-4-5") == date(2026, 11, 30)
    assert paths.retires_on("claude-opus-5-5") is None
    assert paths.retires_on("gpt-99") is None


@pytest.mark.parametrize(
    ("vendor", "yearly"),
    # Published elsewhere for 2023-07 to 2026-11: OpenAI -45% a year, Opus -38%, Sonnet -14%.
    [("openai", -0.45), ("anthropic", -0.38), ("claude sonnet", -0.14)],
)
def test_flagships_fell_as_fast_as_published(paths, vendor, yearly):
    path = paths.flagship_path(vendor, NOW)
    assert path.yearly_change == pytest.approx(yearly, abs=0.015)
    assert path.source.endswith("(2026-11)")


def test_a_capability_class_falls_by_most_of_its_price_every_year(paths):
    assert paths.capability_classes() == ("gpt-4",)
    path = paths.capability_path("gpt-4", NOW)
    assert -0.9 < path.yearly_change < -0.35
    assert path.points[0].usd_per_million == Decimal("37.5")


def test_every_point_is_the_lists_own_price_of_that_day(paths):
    for path in (paths.flagship_path("openai", NOW), paths.capability_path("gpt-4", NOW)):
        for point in path.points:
            end_of_day = datetime(point.day.year, point.day.month, point.day.day, 23, 59, tzinfo=UTC)
            assert paths.blended_usd_per_million(point.model, end_of_day).usd_per_million == point.usd_per_million


def test_a_path_ends_where_it_is_asked_to(paths):
    path = paths.flagship_path("openai", datetime(2024, 1, 1, tzinfo=UTC))
    assert [point.model for point in path.points] == ["openai/gpt-4", "openai/gpt-4-turbo"]
    assert path.yearly_change is None


def test_a_models_own_path_starts_at_its_release(paths):
    path = paths.model_path("gpt-5.6-sol", NOW)
    assert [(point.day, point.usd_per_million) for point in path.points] == [
        (date(2026, 7, 9), Decimal("11.25")),
        (date(2026, 8, 21), Decimal(8)),
    ]
