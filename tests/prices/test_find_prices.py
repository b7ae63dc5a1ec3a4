"""find_prices: search and filter, one model in full, what is coming, what is disputed, what is sold by the seat."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tokenworth.errors import InvalidInputError
from tokenworth.prices.cost import dollars_in_full


async def test_a_search_shows_makers_first_cheapest_first(find):
    answer = await find(search="claude opus", limit=5)
    assert answer.total_found > 50
    assert answer.rows[0].model == "anthropic/claude-opus-5-5"
    blends = [3 * Decimal(row.input) + Decimal(row.output) for row in answer.rows]
    assert blends == sorted(blends)
    assert f"{answer.total_found - 5} more are not shown" in answer.text()
    assert len(answer.text()) < 3200


async def test_limits_filter(find):
    answer = await find(
        provider="openai",
        min_context_tokens=900_000,
        max_input_usd_per_million="$1",
        max_output_usd_per_million=5,
        limit=100,
        detail="full",
    )
    assert answer.rows
    for row in answer.rows:
        assert row.model.startswith("openai/")
        assert row.context_tokens_max >= 900_000
        assert Decimal(row.input) <= 1
        assert Decimal(row.output) <= 5


async def test_kinds_filter(find):
    answer = await find(provider="openai", kind="embedding", limit=100, detail="full")
    assert "openai/text-embedding-3-small" in {row.model for row in answer.rows}
    assert "openai/gpt-4o" not in {row.model for row in answer.rows}


async def test_one_model_is_shown_in_full(find):
    answer = await find(model="gpt-5.6-sol")
    row = answer.rows[0]
    assert (row.input, row.output, row.cache_read) == ("4", "20", "0.4")
    assert row.long_context == ["above 272,000 tokens $8 in, $30 out, $0.80 cached, $10 written to cache per million"]
    assert row.modes["batch"].startswith("$2 in, $10 out")
    assert row.uplifts["data_residency=eu"] == "x1.1"
    assert [(one.since, one.rates["input"]) for one in row.history] == [(None, "5"), ("2026-08-21", "4")]
    assert row.sources == ["genai_prices", "litellm", "model_prices", "metergraph", "models_dev"]
    assert row.conflicts[0].source == "portkey"
    assert "not confirmed since" in row.note
    assert len(answer.text()) < 3200


async def test_a_scheduled_change_is_shown_with_the_model(find):
    answer = await find(provider="google", model="gemini-4-argon")
    assert [(one.since, one.rates["output"]) for one in answer.rows[0].coming] == [("2026-12-01", "20")]
    assert answer.headline.endswith("It changes on 2026-12-01.")
    assert "coming: since 2026-12-01" in answer.text()


async def test_a_retired_model_stays_with_its_history(find):
    answer = await find(provider="deepseek", model="deepseek-chat")
    assert "has no price any more" in answer.headline
    assert len(answer.rows[0].history) == 6
    then = await find(provider="deepseek", model="deepseek-chat", at="2025-10-01")
    assert then.rows[0].input == "0.28"


async def test_an_unknown_model_gets_near_names(find):
    answer = await find(model="gpt-5.6-soll")
    assert answer.rows == []
    assert "openai/gpt-5.6-sol" in answer.nearest
    assert "unpriced" in answer.headline


async def test_all_coming_changes_are_listed_by_date(find):
    answer = await find(show="changes", limit=100, detail="full")
    dates = [row.coming[0].since for row in answer.rows]
    assert dates == sorted(dates)
    assert answer.rows[0].model == "google/gemini-4-argon"
    assert "google/gemini-3.8-flash" in {row.model for row in answer.rows}
    assert len((await find(show="changes")).text()) < 3200


async def test_disputed_prices_show_both_sides(find):
    answer = await find(show="conflicts", provider="deepseek", limit=100, detail="full")
    disputed = {row.model: row for row in answer.rows}
    row = disputed["deepseek/deepseek-flash"]
    assert row.input == "0.3"
    assert [(one.source, one.stated) for one in row.conflicts] == [
        ("models_dev", "$0.15 in, $0.60 out, $0.003 cached per million")
    ]
    assert (await find(show="conflicts")).total_found > 100


async def test_work_is_priced_on_models_that_are_sold_and_known_to_more_than_one_source(find):
    answer = await find(
        workload={"input_tokens": 20_000, "output_tokens": 2000, "calls": 1000}, min_context_tokens="200k", kind="chat"
    )
    costs = [Decimal(row.workload_usd) for row in answer.rows]
    assert costs == sorted(costs)
    assert all(row.retires_on is None or row.retires_on > "2026-11-24" for row in answer.rows)
    assert answer.rows[0].model in answer.headline


async def test_work_in_a_batch_is_priced_as_a_batch(find):
    asked = {"provider": "anthropic", "search": "opus-5-5", "workload": {"input_tokens": 10**6, "output_tokens": 0}}
    standard, batch = await find(**asked), await find(**asked, context={"processing": "batch"})
    assert (standard.rows[0].workload_usd, batch.rows[0].workload_usd) == ("4", "2")


async def test_seats_and_reservations_are_dated_facts(find):
    answer = await find(show="plans", limit=100, detail="full")
    told = {row.model: row for row in answer.rows}
    assert "$200 a month" in told["Cursor Ultra"].note
    assert "includes $400 of use" in told["Cursor Ultra"].note
    assert "$1 a hour" not in answer.text()
    assert told["Azure OpenAI provisioned throughput unit, global"].note.startswith("provisioned; $1 an hour")
    assert all("http" in row.sources[0] and "202" in row.sources[0] for row in answer.rows)
    assert "Google AI Ultra" not in told
    before = await find(show="plans", provider="google", at="2026-05-18", limit=100, detail="full")
    assert {row.model for row in before.rows} >= {"Google AI Ultra"}
    assert "Google AI Ultra $100" not in {row.model for row in before.rows}


async def test_a_provider_that_sells_nothing_we_know_is_refused(find):
    with pytest.raises(InvalidInputError, match="no prices of that provider"):
        await find(provider="acme", search="x")


async def test_a_workload_without_tokens_is_refused(find):
    with pytest.raises(InvalidInputError, match="no tokens"):
        await find(workload={})


async def test_nothing_found_is_said(find):
    answer = await find(search="no such model anywhere")
    assert answer.rows == []
    assert answer.headline.startswith("No model in the list fits")


@pytest.mark.parametrize(
    ("amount", "told"),
    [("4", "$4"), ("0.2", "$0.20"), ("25000", "$25,000"), ("4860000.50", "$4,860,000.50"), ("0.000084", "$0.000084")],
)
def test_prices_in_sentences_have_cents_and_thousands_and_every_digit(amount, told):
    assert dollars_in_full(Decimal(amount)) == told
