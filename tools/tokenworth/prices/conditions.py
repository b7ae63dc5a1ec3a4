"""How a request was run, as requests and usage objects say it: what it changes about the price."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, cast

from tokenworth.errors import InvalidInputError
from tokenworth.prices.sheets import STANDARD, Mode, mode_name

__all__ = ["KEYS", "UNCHANGED", "Conditions", "Uplift", "conditions_of", "uplift_of"]

KEYS: Final = (
    "speed",
    "service_tier",
    "processing",
    "inference_geo",
    "data_residency",
    "deployment",
    "endpoint",
    "compliance",
    "region",
)
# Values that say "nothing special", for any key.
USUAL: Final = frozenset({"", "standard", "default", "auto", "none", "global", "not_available", "on_demand", "online"})
USUAL_MORE: Final = frozenset({"normal", "realtime", "sync", "unspecified", "standard_only", "global_standard"})
ANYWHERE: Final = frozenset({"global", "global_standard", "globalstandard"})
CAPACITY: Final = frozenset({"provisioned", "ptu", "provisioned_managed"})
ZONES: Final = {"data_zone": None, "datazone": None, "data_zone_us": "us", "data_zone_eu": "eu"}


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a request asked for beyond the standard price.

    Attributes:
        mode: how it was run ("standard", "batch", "flex", "priority", "fast").
        uplifts: conditions that multiply token rates ("inference_geo=us").
        region: where it was served, when that is said.
        global_only: the caller asked for the deployment that may run anywhere.
    """

    mode: Mode = STANDARD
    uplifts: tuple[str, ...] = ()
    region: str | None = None
    global_only: bool = False


@dataclass(frozen=True, slots=True)
class Uplift:
    """A seller's multiple for a way of serving, where none is listed for the model."""

    seller: str
    condition: str
    multiple: Decimal
    plain: str
    source: str


UNCHANGED: Final = Conditions()


@lru_cache(maxsize=4096)
def conditions_of(said: tuple[tuple[str, str], ...]) -> Conditions:
    """What (key, value) pairs of a request's context change about its price; a later pair wins over an earlier one.

    Raises:
        InvalidInputError: a key that no price depends on.
    """
    values: dict[str, str] = {}
    for key, value in said:
        if key not in KEYS:
            raise InvalidInputError(f"context.{key[:40]}", "no price depends on it", f"Send any of: {', '.join(KEYS)}")
        values[key] = value.strip().lower().replace("-", "_").replace(" ", "_")
    tier, processing = _tier(values), _special(values.get("processing"))
    if values.get("service_tier") == "batch":
        processing = "batch"
    region = _special(values.get("region"))
    deployment = values.get("deployment", "")
    uplifts = [
        f"{key}={told}"
        for key in ("inference_geo", "data_residency", "compliance", "endpoint")
        if (told := _special(values.get(key)))
    ]
    if deployment in ZONES:
        uplifts.append("deployment=data_zone")
        region = region or ZONES[deployment]
    elif deployment in CAPACITY:
        tier = "provisioned"
    elif _special(deployment) and deployment not in ANYWHERE:
        uplifts.append(f"deployment={deployment}")
    if processing not in {None, "batch"}:
        tier = str(processing)
    return Conditions(
        mode=mode_name(tier, processing or "online"),
        uplifts=tuple(sorted(uplifts)),
        region=None if region is None else region.replace("_", "-"),
        global_only=deployment in ANYWHERE,
    )


def uplift_of(seller: str, condition: str) -> Uplift | None:
    """The seller's own multiple for a condition, or for any value of its key."""
    key = condition.partition("=")[0]
    for uplift in _uplifts():
        if uplift.seller == seller and uplift.condition in {condition, f"{key}=*"}:
            return uplift
    return None


def _tier(values: dict[str, str]) -> str:
    tiers = [value for key in ("speed", "service_tier") if (value := _special(values.get(key))) and value != "batch"]
    return "+".join(_unique(tiers)) or STANDARD


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _special(value: str | None) -> str | None:
    return None if value is None or value in USUAL or value in USUAL_MORE else value


@lru_cache(maxsize=1)
def _uplifts() -> tuple[Uplift, ...]:
    text = files("tokenworth.prices.data").joinpath("uplifts.toml").read_text(encoding="utf-8")
    entries = cast("list[dict[str, Any]]", tomllib.loads(text)["uplift"])
    return tuple(
        Uplift(one["seller"], one["condition"], Decimal(one["multiple"]), one["plain"], one["source"])
        for one in entries
    )
