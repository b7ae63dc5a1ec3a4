"""Names as people and logs write them find their model; names that are nearly right find nothing."""

from __future__ import annotations

import random
import re

import pytest

from tokenworth.prices.cost import Unpriced

SEED = 20261124
MUTATIONS = 1000

SPELLINGS = [
    (None, "gpt-4o", "openai/gpt-4o"),
    (None, "anthropic/claude-opus-5-5", "anthropic/claude-opus-5-5"),
    (None, "openrouter/anthropic/claude-opus-5.5", "openrouter/anthropic/claude-opus-5.5"),
    ("openai", "openai/gpt-4o", "openai/gpt-4o"),
    ("openai", "GPT-4o", "openai/gpt-4o"),
    ("anthropic", "Claude Opus 5.5", "anthropic/claude-opus-5-5"),
    ("anthropic", "claude-opus-4.5", "anthropic/claude-opus-4-5"),
    ("anthropic", "claude-4.5-sonnet", "anthropic/claude-sonnet-4-5"),
    ("anthropic", "claude-sonnet-4-5[1m]", "anthropic/claude-sonnet-4-5"),
    ("anthropic", "claude-opus-latest", "anthropic/claude-opus-5-5"),
    ("anthropic", "claude-opus~latest", "anthropic/claude-opus-5-5"),
    ("claude", "claude-haiku-5-5", "anthropic/claude-haiku-5-5"),
    ("openai", "gpt-4o-20240513", "openai/gpt-4o-2024-05-13"),
    ("gemini", "models/gemini-2.5-flash", "google/gemini-2.5-flash"),
    ("vertex_ai", "publishers/google/models/gemini-2.5-pro", "vertex/gemini-2.5-pro"),
    ("vertex_ai", "claude-opus-4-5@20251101", "vertex/claude-opus-4-5@20251101"),
    (
        "bedrock",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-5-5",
        "bedrock/us.anthropic.claude-opus-5-5",
    ),
    ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ("x-ai", "grok-4.7", "xai/grok-4.7"),
    ("mistralai", "mistral-large-latest", "mistral/mistral-large-latest"),
]


@pytest.mark.parametrize(("provider", "written", "meant"), SPELLINGS)
def test_a_name_finds_its_model(prices, provider, written, meant):
    found = prices.find(provider, written)
    assert not isinstance(found, Unpriced), found
    assert found.name == meant


@pytest.mark.parametrize(
    ("written", "mode"),
    [("claude-opus-5-5-fast", "fast"), ("claude-opus-5-5:batch", "batch"), ("claude-opus-5-5", "standard")],
)
def test_a_suffix_says_how_it_was_run(prices, written, mode):
    assert prices.understood("anthropic", written).conditions.mode == mode


def test_a_suffix_for_a_mode_that_the_model_lacks_finds_nothing(prices):
    assert isinstance(prices.find("anthropic", "claude-haiku-5-5-fast"), Unpriced)


def test_a_model_with_a_suffix_of_its_own_is_that_model(prices):
    assert prices.find("xai", "grok-4-fast-reasoning").key == "grok-4-fast-reasoning"


def test_a_moving_name_means_a_model_only_from_its_release_on(usd):
    usage = {"input_tokens": 1000, "output_tokens": 0}
    assert usd("anthropic", "claude-opus-latest", usage, "2026-09-23T00:00:00Z") == "0.004"
    assert usd("anthropic", "claude-opus-latest", usage, "2026-01-01T00:00:00Z") is None


def test_the_nearest_names_are_told(prices):
    unpriced = prices.find("anthropic", "claude-opus-9")
    assert "anthropic/claude-opus-5" in unpriced.nearest
    elsewhere = prices.find("anthropic", "gpt-4o")
    assert elsewhere.nearest[0] == "openai/gpt-4o"


@pytest.mark.parametrize("name", ["", "  ", "x" * 5000, "💥", "../../etc/passwd", "gpt-4o\x00"])
def test_nonsense_is_unpriced(prices, name):
    assert isinstance(prices.find("openai", name), Unpriced)


def mutated(name, rng):
    """The name with one slip of the kind that people, versions and tools make."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-._"
    place = rng.randrange(len(name))
    numbers = list(re.finditer("[0-9]+", name))
    slips = [
        name[:place] + name[place + 1 :],
        name[:place] + rng.choice(letters) + name[place:],
        name[:place] + rng.choice(letters) + name[place + 1 :],
        name + rng.choice(["-9", ".9", "-preview", "-2027-01-01", "-20270101", "-mini", "-pro", "-v2", "x"]),
        name.rpartition("-")[0] or name + "-9",
    ]
    if numbers:
        number = rng.choice(numbers)
        slips.append(name[: number.start()] + str(int(number[0]) + rng.randint(1, 9)) + name[number.end() :])
    return rng.choice(slips)


def means_the_same(written, found):
    """Whether the slip happened to write the very model in one of the ways that are documented to mean it."""
    name = found.line.facts.get("name", "").lower()
    turned = re.fullmatch(r"claude-([0-9]+)(?:[.-]([0-9]+))?-([a-z]+)(.*)", written)
    back = turned and "-".join(filter(None, ["claude", turned[3], turned[1], turned[2]])) + turned[4]
    return written == name or written.replace("-", " ") == name or back == found.key


def test_a_thousand_slips_never_get_a_price_by_accident(prices):
    print(f"seed {SEED}")  # noqa: T201 - shown when the test fails
    rng = random.Random(SEED)  # noqa: S311 - a repeatable draw
    snapshot = prices.snapshot
    known = [(seller, key) for seller, sold in snapshot.models.items() for key in sold]
    accidents, tried = [], 0
    while tried < MUTATIONS:
        seller, key = rng.choice(known)
        written = mutated(key, rng)
        if not written.strip() or written in snapshot.models[seller] or written in snapshot.aliases.get(seller, {}):
            continue
        tried += 1
        found = prices.find(seller, written)
        if not isinstance(found, Unpriced) and not means_the_same(written, found):
            accidents.append((seller, key, written, found.name))
    assert accidents == []
