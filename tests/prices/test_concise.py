"""Concise answers about prices stay under 800 tokens in each channel; full ones give what was asked for."""

from __future__ import annotations

import json

import bpe_openai
import pytest

TOKENS_MAX = 800
ENCODING = bpe_openai.get_encoding("o200k_base")
MANY = ["claude-opus-5-5", "gpt-5.5", "gpt-6.1-sol", "gemini-4-argon", "deepseek-flash", "claude-haiku-5-5", "gpt-4o"]


def _assert_short(answer):
    data = json.dumps(answer.data(), ensure_ascii=False, separators=(",", ":"))
    assert len(ENCODING.encode(answer.text())) < TOKENS_MAX
    assert len(ENCODING.encode(data)) < TOKENS_MAX


@pytest.mark.parametrize("show", ["prices", "changes", "conflicts", "plans"])
async def test_every_kind_of_list_is_short_however_many_rows_are_asked_for(find, show):
    for limit in (10, 100):
        for provider in (None, "openai", "azure", "google"):
            asked = {"show": show, "limit": limit} | ({} if provider is None else {"provider": provider})
            _assert_short(await find(**asked))


async def test_every_model_of_the_makers_is_short_alone(find, prices):
    for seller in ("anthropic", "openai", "google", "deepseek", "xai"):
        for key in prices.snapshot.models[seller]:
            _assert_short(await find(provider=seller, model=key))


async def test_work_ranked_and_models_compared_are_short(find, estimate):
    _assert_short(await find(workload={"input_tokens": "20k", "output_tokens": "2k"}, limit=100))
    _assert_short(await estimate(models=MANY * 2, task={"input_tokens": "20k"}))
    _assert_short(await estimate(model="nobody-knows-this", task={"input_tokens": "20k"}))


async def test_in_full_as_many_rows_come_as_were_asked_for(find):
    assert len((await find(search="gpt", limit=40, detail="full")).rows) == 40
    assert len((await find(show="conflicts", limit=25, detail="full")).rows) == 25
