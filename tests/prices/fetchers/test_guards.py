"""When a source no longer looks like itself, and when it may change as markets do."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tokenworth.errors import DataUnreadableError, SourceDriftError
from tokenworth.prices.fetchers.guards import check_drift, check_json, new_fields, without_absurd
from tokenworth.prices.observations import Observation, Parsed, Provenance

AT = datetime(2026, 9, 28, tzinfo=UTC)
SOURCE = Provenance("s", "s", "https://prices.example/", AT, "MIT", "curated")


def reading(models=100, *, unknown=None, rates=None, **fields):
    """A price list with so many models at these rates."""
    rates = rates or {"input": Decimal(2), "output": Decimal(8)}
    rows = tuple(Observation("seller", f"m{number}", rates, SOURCE, **fields) for number in range(models))
    return Parsed(rows, (), unknown or {})


def check(new, old=None, *, models_min=10):
    check_drift(new, old, models_min=models_min)


def test_a_price_list_may_shrink_by_less_than_a_third():
    check(reading(70), reading(100))
    with pytest.raises(SourceDriftError, match="shrank from 100 to 69 models"):
        check(reading(69), reading(100))


def test_a_price_list_may_grow_without_bound():
    check(reading(5000), reading(100))


def test_too_few_models_are_refused_even_on_the_first_fetch():
    with pytest.raises(SourceDriftError, match="prices 9 models, and at least 10"):
        check(reading(9))


def test_prices_may_halve_and_double_but_not_all_at_once_by_ten():
    for rate in ("1", "4", "15.9"):
        check(reading(rates={"input": Decimal(rate), "output": Decimal(8)}), reading())
    for rate in ("0.2", "19"):
        with pytest.raises(SourceDriftError, match="factor of"):
            check(reading(rates={"input": Decimal(rate), "output": Decimal(8)}), reading())


@pytest.mark.parametrize("rate", ["0.019", "20.1", "0.000002"])
def test_a_typical_price_that_no_list_has_is_refused_even_on_the_first_fetch(rate):
    with pytest.raises(SourceDriftError, match="typical input price"):
        check(reading(rates={"input": Decimal(rate), "output": Decimal(8)}))


def test_losing_a_kind_of_price_is_a_renamed_field():
    cached = {"input": Decimal(2), "output": Decimal(8), "cache_read": Decimal("0.2")}
    renamed = reading(unknown={"cached_input": 100, "odd name": 100, "rare": 3})
    with pytest.raises(SourceDriftError) as caught:
        check(renamed, reading(rates=cached))
    assert str(caught.value) == (
        "the cache_read price went from 100 models to 0; fields not seen before: a field with an odd name, cached_input"
    )


def test_a_kind_of_price_that_few_models_had_may_go():
    few = reading(9, rates={"input": Decimal(2), "output": Decimal(8), "web_search": Decimal(10_000)})
    old = Parsed((*few.observations, *reading(100).observations[9:]))
    check(reading(100), old)


def test_prices_under_conditions_do_not_hide_a_lost_one():
    plain = reading(rates={"input": Decimal(2)})
    batch = reading(rates={"input": Decimal(1), "output": Decimal(4)}, processing="batch")
    with pytest.raises(SourceDriftError, match=r"most models lost their input or output price$"):
        check(Parsed((*plain.observations, *batch.observations)))


def test_a_list_of_pictures_alone_has_no_typical_token_price():
    check(reading(rates={"image": Decimal(40_000)}))


def test_a_few_absurd_prices_are_left_out_and_many_are_refused():
    absurd = reading(5, rates={"input": Decimal(3000)})
    sound = without_absurd(Parsed((*absurd.observations, *reading(100).observations)))
    assert len(sound.observations) == 100
    assert sound.unusable == {"a price that cannot be right": 5}
    with pytest.raises(SourceDriftError, match="5 of its 15 prices cannot be right"):
        without_absurd(Parsed((*absurd.observations, *reading(10).observations)))


def test_pictures_and_searches_may_cost_what_tokens_may_not():
    dear = reading(rates={"image": Decimal(40_000), "web_search": Decimal(10_000)})
    assert without_absurd(dear) is dear


def test_a_field_is_new_once_it_is_on_a_tenth_of_the_models():
    assert new_fields(reading(unknown={"a": 10, "b": 9}), None) == ["a"]
    assert new_fields(reading(unknown={"a": 10}), reading(unknown={"a": 12})) == []


@pytest.mark.parametrize("body", [b'{"a": {"b": 1, "b": 1}}', b'[{"a": 1}, {"x": {"y": 0, "z": 1, "y": 2}}]'])
def test_a_name_twice_in_one_object_is_refused_wherever_it_is(body):
    with pytest.raises(DataUnreadableError, match="same name twice"):
        check_json(body)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'\xef\xbb\xbf{"a": 1}', '{"é": "ключ"}'.encode(), b"1e400"])
def test_whole_json_in_utf_8_is_taken(body):
    check_json(body)
