"""Gathers every source's observations and model facts into one catalogue: prices, facts and names by seller and id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from tokenworth.prices.observations import ModelFacts, Parsed
from tokenworth.prices.reconcile import ORDER, Reconciled, reconcile
from tokenworth.prices.sellers import seller_named
from tokenworth.prices.sheets import STANDARD
from tokenworth.prices.tracks import Key, Track, line_up

__all__ = ["Catalogue", "gather"]

# Anthropic's one-hour cache writes cost 2x input and its five-minute ones 1.25x, for every model and every seller:
# https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing
CLAUDE_LONG_WRITE: Final = Decimal("1.6")
# A name that moves from model to model says which one it means only while that model exists.
MOVING: Final = re.compile(r"(?:^|[-/.~])latest$")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a snapshot is written from.

    Attributes:
        models: each model's reconciled price, by seller and id.
        facts: what is known of it besides.
        aliases: other names, by seller: the id that each means, and the date from which it does, if that is known.
        as_of: when the newest source was recorded.
    """

    models: Mapping[Key, Reconciled]
    facts: Mapping[Key, ModelFacts]
    aliases: Mapping[Key, tuple[str, str | None]]
    as_of: datetime = field(default=datetime.min.replace(tzinfo=UTC))


def gather(parsed: Iterable[Parsed]) -> Catalogue:
    """One catalogue out of every source's payload.

    Raises:
        ValueError: no observation at all.
    """
    everything = list(parsed)
    observations = [row for one in everything for row in one.observations]
    as_of = max(row.provenance.retrieved_at for row in observations)
    tracks = line_up(observations)
    described = [facts for one in everything for facts in one.models]
    _tie_histories(tracks, described, as_of)
    for (_, model), by_source in tracks.items():
        if "claude" in model:
            for track in by_source.values():
                _extend_claude_caches(track)
    models = {key: found for key, one in sorted(tracks.items()) if (found := reconcile(one, as_of)) is not None}
    facts = _facts(models, described)
    return Catalogue(models, facts, _aliases(models, facts, described, as_of), as_of)


def _tie_histories(tracks: dict[Key, dict[str, Track]], described: list[ModelFacts], as_of: datetime) -> None:
    """Give an id that only undated sources list the dated history of the model it is a spelling of.

    A source's pattern alone is never enough: the id must be listed exactly elsewhere, at the very price that the
    pattern's model has now.
    """
    patterned: dict[str, list[ModelFacts]] = {}
    for facts in described:
        if facts.patterns or facts.aliases:
            patterned.setdefault(seller_named(facts.seller), []).append(facts)
    for (seller, model), by_source in tracks.items():
        for facts in patterned.get(seller, ()):
            if facts.source not in by_source and _matches(facts, model):
                history = tracks.get((seller, facts.model.lower()), {}).get(facts.source)
                if history is not None and any(_same_now(history, other, as_of) for other in by_source.values()):
                    by_source[facts.source] = replace(
                        history, written=next(iter(by_source.values())).written, tied=True
                    )
                break


def _matches(facts: ModelFacts, model: str) -> bool:
    if model in (alias.lower() for alias in facts.aliases):
        return True
    for kind, text in facts.patterns:
        wanted = text.lower()
        if (
            (kind == "starts_with" and model.startswith(wanted))
            or (kind == "ends_with" and model.endswith(wanted))
            or (kind == "contains" and wanted in model)
            or (kind == "regex" and re.search(text, model))
        ):
            return True
    return False


def _same_now(one: Track, other: Track, as_of: datetime) -> bool:
    ours, theirs = one.at(STANDARD, as_of), other.at(STANDARD, as_of)
    if ours is None or theirs is None:
        return False
    ends = [(ours.base.get(meter), theirs.base.get(meter)) for meter in ("input", "output")]
    return all(mine is not None and mine == other_rate for mine, other_rate in ends)


def _extend_claude_caches(track: Track) -> None:
    for spans in track.spans.values():
        for span in spans:
            for rates in span.steps.values():
                if "cache_write_5m" in rates:
                    rates.setdefault("cache_write_1h", rates["cache_write_5m"] * CLAUDE_LONG_WRITE)


def _facts(models: Mapping[Key, Reconciled], described: list[ModelFacts]) -> dict[Key, ModelFacts]:
    """The first source that says something is believed, in the order in which prices are."""
    facts: dict[Key, ModelFacts] = {}
    for one in sorted(described, key=lambda facts: ORDER.index(facts.source) if facts.source in ORDER else len(ORDER)):
        key = (seller_named(one.seller), one.model.lower())
        if key not in models:
            continue
        known = facts.get(key)
        if known is None:
            facts[key] = one
            continue
        facts[key] = replace(
            known,
            name=known.name or one.name,
            family=known.family or one.family,
            kind=known.kind or one.kind,
            context_tokens_max=known.context_tokens_max or one.context_tokens_max,
            output_tokens_max=known.output_tokens_max or one.output_tokens_max,
            released_on=known.released_on or one.released_on,
            retires_on=known.retires_on or one.retires_on,
            successor=known.successor or one.successor,
            status=known.status or one.status,
            aliases=(*known.aliases, *one.aliases),
        )
    return facts


def _aliases(
    models: Mapping[Key, Reconciled], facts: Mapping[Key, ModelFacts], described: list[ModelFacts], as_of: datetime
) -> dict[Key, tuple[str, str | None]]:
    """Exact other names. One that two models claim means nothing and is left out; an id is never an alias."""
    claimed: dict[Key, set[str]] = {}
    for one in described:
        key = (seller_named(one.seller), one.model.lower())
        if key in models:
            for alias in one.aliases:
                claimed.setdefault((key[0], alias.lower()), set()).add(key[1])
    aliases: dict[Key, tuple[str, str | None]] = {}
    for (seller, alias), targets in sorted(claimed.items()):
        if len(targets) == 1 and (seller, alias) not in models:
            target = targets.pop()
            known = facts.get((seller, target))
            since = (known.released_on if known else None) or f"{as_of:%Y-%m-%d}"
            aliases[seller, alias] = (target, since if MOVING.search(alias) else None)
    return aliases
