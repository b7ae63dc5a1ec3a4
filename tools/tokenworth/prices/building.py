"""Builds a snapshot from recorded payloads: the same inputs give the same bytes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from tokenworth.errors import DataUnreadableError, InvalidInputError
from tokenworth.prices.catalogue import Catalogue, gather
from tokenworth.prices.observations import ModelFacts, Parsed
from tokenworth.prices.packages import read_package
from tokenworth.prices.reconcile import ORDER, Reconciled
from tokenworth.prices.sellers import MAKERS
from tokenworth.prices.sheets import STANDARD, Sheet, write_sheet
from tokenworth.prices.snapshot import FACT_CODES, FORMAT, NO_PRICE
from tokenworth.prices.sources import genai_prices, litellm, metergraph, model_prices, models_dev, origin, portkey

__all__ = ["BUNDLED", "Recorded", "build_snapshot", "recorded_in"]

# Sources whose licence lets their facts be bundled, in the order in which they are read.
BUNDLED: Final[dict[str, Callable[..., Parsed]]] = {
    "genai_prices": genai_prices.parse,
    "litellm": litellm.parse,
    "model_prices": model_prices.parse,
    "metergraph": metergraph.parse,
    "models_dev": models_dev.parse,
    "portkey": portkey.parse,
}
# Sellers whose models people call by their names rather than their ids, and whose history is worth its bytes.
NAMED: Final = frozenset(MAKERS)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One payload as it was recorded.

    Attributes:
        source: the module in `sources` that reads it.
        version: of the package that carried it, or "" for a file.
        retrieved_at: when it was recorded, aware and in UTC.
        seller: for sources with a file a provider, that provider.
    """

    source: str
    version: str
    retrieved_at: datetime
    payload: bytes
    seller: str | None = None


def recorded_in(folder: Path) -> list[Recorded]:
    """The payloads that a folder's `inputs.toml` lists: wheels of price packages, and files as they were fetched.

    Each `[[input]]` has `file` and `retrieved_at` (when the package was published or the file fetched); a file that is
    no wheel also has `source` and, where that source has a file a provider, `seller`.

    Raises:
        DataUnreadableError: the list or a file cannot be read.
    """
    try:
        listed = cast(
            "list[dict[str, Any]]", tomllib.loads((folder / "inputs.toml").read_text(encoding="utf-8"))["input"]
        )
        return [_recorded(folder, entry) for entry in listed]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataUnreadableError(
            "the folder's inputs.toml cannot be read. List each payload as [[input]] with file and retrieved_at"
        ) from error


def build_snapshot(recorded: Iterable[Recorded]) -> bytes:
    """A snapshot of everything that was recorded, with our own origin facts.

    Raises:
        InvalidInputError: nothing was given, or a source that may not be bundled.
        DataUnreadableError: a payload cannot be read.
    """
    order = list(BUNDLED)
    inputs = list(recorded)
    for one in inputs:
        if one.source not in BUNDLED:
            raise InvalidInputError("inputs", "a source that may not be bundled", f"Give some of: {', '.join(order)}")
    if not inputs:
        raise InvalidInputError("inputs", "no recorded payloads", "Give a folder with the packages that carry them")
    inputs.sort(key=lambda one: (order.index(one.source), one.seller or ""))
    parsed = [_parse(one) for one in inputs]
    newest = max(one.retrieved_at for one in inputs)
    catalogue = gather([origin.parse(origin.shipped(), newest), *parsed])
    content = {
        "format": FORMAT,
        "as_of": newest.isoformat(),
        "sources": _header(inputs, parsed),
        "voices": list(ORDER),
        **_lines(catalogue),
    }
    return (json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _recorded(folder: Path, entry: dict[str, Any]) -> Recorded:
    path = folder / str(entry["file"])
    retrieved_at = cast("datetime", entry["retrieved_at"]).astimezone(UTC)
    if path.suffix == ".whl":
        carried = read_package(path)
        return Recorded(carried.source, carried.version, retrieved_at, carried.payload)
    return Recorded(str(entry["source"]), "", retrieved_at, path.read_bytes(), entry.get("seller"))


def _parse(one: Recorded) -> Parsed:
    parse = BUNDLED[one.source]
    keywords = {} if one.seller is None else {"seller": one.seller}
    parsed = parse(one.payload, one.retrieved_at, **keywords)
    if not parsed.observations:
        raise DataUnreadableError(f"{one.source}: the recorded payload holds no price")
    return parsed


def _header(inputs: list[Recorded], parsed: list[Parsed]) -> list[dict[str, Any]]:
    infos: dict[str, dict[str, Any]] = {}
    for one, result in zip(inputs, parsed, strict=True):
        provenance = result.observations[0].provenance
        info = infos.setdefault(
            one.source,
            {
                "name": one.source,
                "upstream_group": provenance.upstream_group,
                "url": provenance.url,
                "licence": provenance.licence,
                "version": one.version,
                "retrieved_at": one.retrieved_at.isoformat(),
                "observations": 0,
                "models": 0,
            },
        )
        info["observations"] += len(result.observations)
        info["models"] += len({(row.seller, row.model) for row in result.observations})
    return list(infos.values())


def _lines(catalogue: Catalogue) -> dict[str, Any]:
    numbers: dict[str, int] = {}
    models: dict[str, dict[str, str]] = {}
    conflicts: dict[str, list[list[str]]] = {}
    for (seller, model), reconciled in catalogue.models.items():
        facts = catalogue.facts.get((seller, model))
        models.setdefault(seller, {})[model] = _line(seller, model, reconciled, facts, numbers)
        if reconciled.conflicts:
            conflicts[f"{seller}/{model}"] = [
                [conflict.source, write_sheet(Sheet({(STANDARD, None): conflict.rates})), conflict.reason]
                for conflict in reconciled.conflicts
            ]
    aliases: dict[str, dict[str, str]] = {}
    for (seller, alias), (target, since) in catalogue.aliases.items():
        aliases.setdefault(seller, {})[alias] = f"{target}@@{since}" if since else target
    return {"sheets": list(numbers), "models": models, "aliases": aliases, "conflicts": conflicts}


def _line(seller: str, model: str, reconciled: Reconciled, facts: ModelFacts | None, numbers: dict[str, int]) -> str:
    steps: list[str] = []
    ended: datetime | None = None
    for index, (starts_at, ends_at, sheet) in enumerate(reconciled.spans):
        if index and ended is not None and starts_at != ended:
            steps.append(f"{_moment(ended)}={NO_PRICE}")
        number = numbers.setdefault(write_sheet(sheet), len(numbers))
        steps.append(f"{_moment(starts_at)}={number}" if index else str(number))
        ended = ends_at
    if ended is not None:
        steps.append(f"{_moment(ended)}={NO_PRICE}")
    spoken = "".join(str(ORDER.index(source)) for source in (reconciled.source, *reconciled.agreeing))
    return "|".join([";".join(steps), spoken, *_facts(seller, model, reconciled.written, facts)])


def _facts(seller: str, model: str, written: str, facts: ModelFacts | None) -> list[str]:
    """Only what an answer uses; where the seller is not the maker, only how large a prompt may be and until when."""
    kept: dict[str, str] = {}
    if facts is not None:
        for name, code in FACT_CODES.items():
            value = getattr(facts, name, None)
            if value is not None and "|" not in str(value) and (seller in NAMED or code in "cktx"):
                kept[code] = str(value)
    if kept.get("k") == "chat":
        del kept["k"]
    if written != model and written.lower() == model:
        kept["w"] = written
    return [f"{code}{value}" for code, value in kept.items()]


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.strftime("%Y-%m-%d" if (moment.hour, moment.minute) == (0, 0) else "%Y-%m-%dT%H:%M")
