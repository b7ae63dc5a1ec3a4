"""Values many offers at once: those of one shape in one pass, some at a time, all on the same draws."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from tokenworth.assumptions import Assumption
from tokenworth.cases import Case
from tokenworth.money import whole
from tokenworth.offers.employer import OptionCosts, employer_costs
from tokenworth.offers.simulate import BLOCK_DRAWS, UNUSED, parameters_of, run_case, token_shocks
from tokenworth.offers.value_offer import face_of
from tokenworth.valuation.arrays import Array
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.pay import Pay, levels_of, value_pay
from tokenworth.valuation.payroll import Contribution
from tokenworth.valuation.sensitivity import percentiles_by_row
from tokenworth.valuation.spread import Spread
from tokenworth.valuation.stacked import shape_of, stacked, stacked_draws, stacked_taxes

__all__ = ["COMPONENTS", "BatchValuer", "OfferFigures"]

COMPONENTS: Final = ("base", "bonus", "sign_on", "shares", "options", "tokens", "other")
# Offers times draws in one pass: arrays of a block stay in the processor's cache.
BLOCK_CELLS: Final = 16_000
KNOWN_DRAWS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class OfferFigures:
    """What a batch says of one offer, USD a year.

    Attributes:
        p10_usd, p50_usd, p90_usd: of pay, as gross salary.
        components_usd: each component's P50, by name; those that the offer has.
        token_share: of the whole package at face.
    """

    face_usd: int
    p10_usd: int
    p50_usd: int
    p90_usd: int
    components_usd: Mapping[str, int]
    employer_cost_usd: int
    token_share: float


class BatchValuer:
    """Values cases on one seed's draws, which all share; keeps the draws."""

    def __init__(self, seed: int, draws: int) -> None:
        self._sampler = Sampler(seed, draws)
        self._drawn: dict[tuple[str, Spread], Array] = {}
        self._shocks: dict[int, list[Array]] = {}
        self._option_costs = OptionCosts(seed)

    def value(self, cases: Sequence[Case]) -> list[OfferFigures]:
        """The figures of every case, in order; the digits of one do not depend on the others."""
        found: dict[int, OfferFigures] = {}
        groups: dict[Hashable, list[int]] = {}
        for place, case in enumerate(cases):
            groups.setdefault(_shape(case), []).append(place)
        size = max(BLOCK_CELLS // self._sampler.count, 1)
        for places in groups.values():
            # Neighbours of one tax table are looked up together.
            places.sort(key=lambda place: _taxed_as(cases[place]))
            for start in range(0, len(places), size):
                block = places[start : start + size]
                figures = self._value_block([cases[place] for place in block])
                found.update(zip(block, figures, strict=True))
        return [found[place] for place in range(len(cases))]

    def _value_block(self, cases: Sequence[Case]) -> list[OfferFigures]:
        if self._sampler.count > BLOCK_DRAWS:
            return [self._value_alone(case) for case in cases]
        terms, taxes = stacked([case.terms for case in cases]), stacked_taxes([case.taxes for case in cases])
        p = {**UNUSED}
        for name in parameters_of(cases[0].terms):
            p[name] = self._draws_of(name, [case.assumptions[name] for case in cases])
        pay = value_pay(terms, p, self._token_shocks(cases[0]), taxes)
        charged = stacked([case.employer_taxes for case in cases])
        options = np.array([[self._option_costs.total_usd(case)] for case in cases])
        costs, _ = employer_costs(terms, pay, taxes, charged, options)
        return self._figures(cases, pay, p, costs)

    def _value_alone(self, case: Case) -> OfferFigures:
        """With so many draws one offer fills the cache by itself, and its draws go in blocks."""
        run = run_case(case, self._sampler)
        costs, _ = employer_costs(
            case.terms, run.pay, case.taxes, case.employer_taxes, self._option_costs.total_usd(case)
        )
        return self._figures([case], run.pay, run.p, costs)[0]

    def _figures(self, cases: Sequence[Case], pay: Pay, p: Mapping[str, Array], costs: Array) -> list[OfferFigures]:
        shape = (len(cases), self._sampler.count)
        levels = {name: np.broadcast_to(level, shape) for name, level in levels_of(pay.components, p).items()}
        worth = percentiles_by_row(np.sum(list(levels.values()), axis=0))
        middles = {name: percentiles_by_row(level)[:, 1] for name, level in levels.items()}
        cost_of = np.broadcast_to(costs.reshape(-1), len(cases))
        found: list[OfferFigures] = []
        for row, case in enumerate(cases):
            face = face_of(case)
            low, middle, high = (whole(value) for value in worth[row].tolist())
            found.append(
                OfferFigures(
                    face_usd=face.total_usd,
                    p10_usd=low,
                    p50_usd=middle,
                    p90_usd=high,
                    components_usd={name: whole(float(values[row])) for name, values in middles.items()},
                    employer_cost_usd=whole(float(cost_of[row])),
                    token_share=face.token_share,
                )
            )
        return found

    def _draws_of(self, name: str, entries: Sequence[Assumption]) -> Array:
        """One parameter for all rows of a block: one row where none of them says otherwise."""
        if all(entry is entries[0] for entry in entries):
            entries = entries[:1]
        return stacked_draws([self._draw(name, entry.spread()) for entry in entries])

    def _draw(self, name: str, spread: Spread) -> Array:
        key = (name, spread)
        if key not in self._drawn:
            if len(self._drawn) >= KNOWN_DRAWS_MAX:
                self._drawn.clear()
            self._drawn[key] = self._sampler.draw(name, spread)
        return self._drawn[key]

    def _token_shocks(self, case: Case) -> list[Array]:
        tokens = case.terms.tokens
        periods = 0 if tokens is None else tokens.periods_per_year
        if periods not in self._shocks:
            self._shocks[periods] = token_shocks(case.terms, self._sampler)
        return self._shocks[periods]


def _shape(case: Case) -> Hashable:
    tokens = case.terms.tokens
    # Nothing of one's own to value is the quicker path for a whole block.
    own = tokens is not None and case.assumptions["personal_share"].high > 0.0
    return shape_of(case.terms), _shape_of_charges(case.employer_taxes), own


@lru_cache(maxsize=256)
def _shape_of_charges(employer_taxes: tuple[tuple[Contribution, ...], ...] | None) -> Hashable:
    return shape_of(employer_taxes)


def _taxed_as(case: Case) -> str:
    return f"{case.tax} {case.person.household_income}"
