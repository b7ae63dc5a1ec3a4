"""Finds the model that a written name means: exact ids, listed aliases and display names, never a guess."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from tokenworth.prices.conditions import Conditions, conditions_of
from tokenworth.prices.cost import Unpriced
from tokenworth.prices.names import spellings
from tokenworth.prices.priced import Priced
from tokenworth.prices.sellers import MAKERS, seller_named
from tokenworth.prices.sheets import STANDARD
from tokenworth.prices.snapshot import Snapshot

__all__ = ["Finder", "Found"]

NEAREST_MAX: Final = 5
NEAR_ENOUGH: Final = 0.6
NAME_MAX: Final = 200
# Sellers whose region is a multiple of the global price, not a price list of its own.
REGION_AS_ENDPOINT: Final = frozenset({"vertex"})
# Resellers that keep a maker's model names, so the maker's aliases are theirs too.
NAMED_AFTER: Final = {"azure": "openai", "vertex": "google"}


class Found(NamedTuple):
    """A model and how it is run.

    Attributes:
        conditions: of the request, with what the name itself said ("-fast").
        since: the moment from which the written name means this model; None for always.
        remarks: what was understood, for people.
    """

    priced: Priced
    conditions: Conditions
    since: datetime | None
    remarks: tuple[str, ...]


class Finder:
    """The names of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._models: dict[tuple[str, str], Priced] = {}
        self._display: dict[str, dict[str, str]] = {}
        self._sellers: dict[str, list[str]] = {}

    def find(self, provider: str | None, model: str, conditions: Conditions) -> Found | Unpriced:
        """The model that a name means for a seller, or unpriced with the nearest known names."""
        if not model.strip() or len(model) > NAME_MAX:
            return Unpriced("the model has no usable name")
        for seller, name in self._places_to_look(provider, model):
            for candidate, said in spellings(seller, name):
                found = self._exact(seller, candidate, _with(conditions, said))
                if found is not None and (not said or found.priced.has_mode(found.conditions.mode)):
                    return found
            named = self._by_display_name(seller).get(" ".join(name.lower().split()))
            if named is not None and (found := self._exact(seller, named, conditions)) is not None:
                return found
        return self._unknown(provider, model)

    def priced(self, seller: str, key: str) -> Priced:
        """A model of the snapshot by its seller and key.

        Raises:
            KeyError: no such model.
        """
        priced = self._models.get((seller, key))
        if priced is None:
            priced = self._models[seller, key] = Priced(self._snapshot, seller, key)
        return priced

    def sellers_of(self, key: str) -> list[str]:
        """Who sells a model under exactly this id, its maker first."""
        if not self._sellers:
            order = {seller: index for index, seller in enumerate(MAKERS)}
            for seller in sorted(self._snapshot.models, key=lambda one: (order.get(one, len(order)), one)):
                for known in self._snapshot.models[seller]:
                    self._sellers.setdefault(known, []).append(seller)
        return self._sellers.get(key, [])

    def _places_to_look(self, provider: str | None, model: str) -> Iterator[tuple[str, str]]:
        """Which sellers to ask, and what to ask them for."""
        if provider is not None and provider.strip():
            yield seller_named(provider), model
            return
        head, slash, rest = model.strip().partition("/")
        if slash and seller_named(head) in self._snapshot.models:
            yield seller_named(head), rest
        for seller in MAKERS:
            yield seller, model
        for seller in self.sellers_of(model.strip().lower()):
            if len(self.sellers_of(model.strip().lower())) == 1:
                yield seller, model

    def _exact(self, seller: str, candidate: str, conditions: Conditions) -> Found | None:
        models = self._snapshot.models.get(seller)
        if models is None:
            return None
        target, since = self._meaning(seller, candidate)
        for key in _placed(target, conditions):
            if key in models:
                placed, remarks = _by_place(seller, key, conditions)
                return Found(self.priced(seller, key), placed, since, remarks)
        return None

    def _meaning(self, seller: str, candidate: str) -> tuple[str, datetime | None]:
        if candidate in self._snapshot.models[seller]:
            return candidate, None
        for names in (seller, NAMED_AFTER.get(seller, seller)):
            alias = self._snapshot.aliases.get(names, {}).get(candidate)
            if alias is not None:
                target, _, date = alias.partition("@@")
                return target, datetime.fromisoformat(date).replace(tzinfo=UTC) if date else None
        return candidate, None

    def _by_display_name(self, seller: str) -> dict[str, str]:
        names = self._display.get(seller)
        if names is None:
            names = self._display[seller] = {}
            claimed: set[str] = set()
            for key in self._snapshot.models.get(seller, {}) if seller in MAKERS else ():
                name = self._snapshot.line(seller, key).facts.get("name", "").lower()
                # Two ids under one name: the undated one is meant, and else none.
                if name in claimed and len(names.get(name, "")) <= len(key):
                    continue
                if name:
                    names[name] = key
                    claimed.add(name)
        return names

    def _unknown(self, provider: str | None, model: str) -> Unpriced:
        written, bare = model.strip().lower(), model.strip().lower().rpartition("/")[2]
        if provider is not None and (seller := seller_named(provider)) not in self._snapshot.models:
            near = difflib.get_close_matches(seller, self._snapshot.models, NEAREST_MAX, NEAR_ENOUGH)
            elsewhere = [f"{one}/{bare}" for one in self.sellers_of(bare)[:NEAREST_MAX]]
            return Unpriced("no source prices anything of that provider", tuple(elsewhere or near))
        elsewhere = [f"{one}/{key}" for key in dict.fromkeys((written, bare)) for one in self.sellers_of(key)[:2]]
        asked = [seller_named(provider)] if provider else list(MAKERS)
        close = difflib.get_close_matches(
            bare, {key: one for one in asked for key in self._snapshot.models.get(one, {})}, NEAREST_MAX, NEAR_ENOUGH
        )
        near = [f"{one}/{key}" for key in close for one in asked if key in self._snapshot.models.get(one, {})]
        where = f" of {seller_named(provider)}" if provider else ""
        return Unpriced(
            f"no source prices a model{where} under exactly this name",
            tuple(dict.fromkeys([*elsewhere, *near]))[:NEAREST_MAX],
        )


def _with(conditions: Conditions, said: tuple[tuple[str, str], ...]) -> Conditions:
    """The request's conditions, with the mode that the name says where the request says none."""
    if not said or conditions.mode != STANDARD:
        return conditions
    return replace(conditions, mode=conditions_of(said).mode)


def _placed(key: str, conditions: Conditions) -> Iterator[str]:
    """The key led by the place that was asked for, then without one."""
    if conditions.region is not None:
        yield f"{conditions.region}/{key}"
    elif "deployment=data_zone" in conditions.uplifts:
        yield f"us/{key}"
    if conditions.global_only:
        yield f"global/{key}"
    yield key
    yield f"global/{key}"


def _by_place(seller: str, key: str, conditions: Conditions) -> tuple[Conditions, tuple[str, ...]]:
    if conditions.region is None or key.startswith(f"{conditions.region}/") or conditions.region == "global":
        return conditions, ()
    if seller in REGION_AS_ENDPOINT:
        uplifts = tuple(sorted({*conditions.uplifts, "endpoint=regional"}))
        return replace(conditions, uplifts=uplifts), ()
    return conditions, ("no source tells this model's regions apart",)
