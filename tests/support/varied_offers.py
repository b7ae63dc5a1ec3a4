"""Offers in the shapes of the fixtures, with other amounts."""

from __future__ import annotations

from pathlib import Path

import yaml

from tokenworth.money import parse_money
from tokenworth.offers.models import ValueOfferRequest

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "offers"
REFUSED = ("contradiction", "unpriced-tokens")
FIXTURE_NAMES = [path.stem for path in sorted(FIXTURES.glob("*.yaml")) if path.stem not in REFUSED]
AMOUNTS = ("base", "value", "target", "amount", "other_annual", "per_year", "per_month", "household_income")


def fixture_request(name):
    return ValueOfferRequest.model_validate(_document(name))


def varied_request(name, chance):
    """A fixture with each amount from half to 1.7 times what it is; `chance` is a `random.Random`."""
    return ValueOfferRequest.model_validate(_varied(_document(name), "", chance))


def _document(name):
    return yaml.safe_load((FIXTURES / f"{name}.yaml").read_text(encoding="utf-8"))


def _varied(part, name, chance):
    if isinstance(part, dict):
        return {key: _varied(inner, key, chance) for key, inner in part.items()}
    if isinstance(part, list):
        return [_varied(inner, "", chance) for inner in part]
    return round(float(parse_money(part).number) * chance.uniform(0.5, 1.7)) if name in AMOUNTS else part
