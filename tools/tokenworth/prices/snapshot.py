"""The compact file that prices work from: read in a few milliseconds, taken apart only where it is asked about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

from tokenworth.errors import DataUnreadableError
from tokenworth.prices.first_use import MERGED

__all__ = [
    "FACT_CODES",
    "FORMAT",
    "NO_PRICE",
    "ModelLine",
    "Snapshot",
    "SourceInfo",
    "current_snapshot",
    "read_snapshot",
    "shipped_snapshot",
]

FORMAT: Final = 1
# A model's facts are kept under one letter each.
FACT_CODES: Final = {
    "context_tokens_max": "c",
    "output_tokens_max": "m",
    "kind": "k",
    "released_on": "r",
    "retires_on": "x",
    "successor": "s",
    "status": "t",
    "name": "n",
    "family": "y",
    "written": "w",
}
FACT_OF: Final = {code: name for name, code in FACT_CODES.items()}
# Stands for a span in which the model has no price any more.
NO_PRICE: Final = "-"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source of a snapshot, as its header tells it."""

    name: str
    upstream_group: str
    url: str
    licence: str
    version: str
    retrieved_at: datetime
    observations: int
    models: int


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model's line taken apart.

    Attributes:
        starts: (start, sheet number) ascending; None for unbounded, and for a span without a price.
        sources: whose price it is, then who agrees.
        facts: by `ModelFacts` field name, as text; "written" is the id with its capitals.
    """

    starts: tuple[tuple[datetime | None, int | None], ...]
    sources: tuple[str, ...]
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A price file in memory.

    Attributes:
        as_of: when its newest source was recorded.
        voices: names of sources, by the digit that stands for each in a line.
        sheets: rate lines, shared by the models that have the same prices.
        models: by seller, by id: the model's line.
        aliases: by seller: the id that another name means, with "@@date" where it means it only from a date.
        conflicts: by "seller/id": source, rates and reason of what others state.
    """

    as_of: datetime
    sources: tuple[SourceInfo, ...]
    voices: list[str]
    sheets: list[str]
    models: Mapping[str, Mapping[str, str]]
    aliases: Mapping[str, Mapping[str, str]]
    conflicts: Mapping[str, list[list[str]]]

    @property
    def model_count(self) -> int:
        """How many seller-and-model pairs have a price."""
        return sum(len(sold) for sold in self.models.values())

    def line(self, seller: str, model: str) -> ModelLine:
        """A model's line taken apart.

        Raises:
            KeyError: no such model.
            DataUnreadableError: the line does not follow the grammar.
        """
        line = self.models[seller][model]
        try:
            return _taken_apart(line, self.voices)
        except (ValueError, IndexError, LookupError) as error:
            raise DataUnreadableError("the price snapshot holds a line that cannot be read. Build it again") from error


def read_snapshot(content: bytes) -> Snapshot:
    """The snapshot in a file's bytes.

    Raises:
        DataUnreadableError: not a snapshot of this format.
    """
    try:
        data = cast("dict[str, Any]", json.loads(content))
        if data["format"] != FORMAT:
            raise DataUnreadableError(f"the price snapshot has another format than {FORMAT}. Build it again")
        return Snapshot(
            as_of=datetime.fromisoformat(data["as_of"]),
            sources=tuple(_source(one) for one in data["sources"]),
            voices=data["voices"],
            sheets=data["sheets"],
            models=data["models"],
            aliases=data["aliases"],
            conflicts=data["conflicts"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DataUnreadableError("the price snapshot cannot be read. Build it again") from error


def shipped_snapshot() -> bytes:
    """The snapshot that comes with this version."""
    return files("tokenworth.prices.data").joinpath("snapshot.json").read_bytes()


def current_snapshot(cache_dir: Path, shipped: Snapshot | None = None) -> Snapshot:
    """The newer of the merged file and the snapshot that came with this version; a file that is damaged is neither.

    Args:
        cache_dir: where refreshed prices are kept.
        shipped: the latter, where it has been read already.
    """
    if shipped is None:
        shipped = read_snapshot(shipped_snapshot())
    try:
        merged = read_snapshot((cache_dir / MERGED).read_bytes())
    except (OSError, DataUnreadableError):
        return shipped
    return merged if merged.as_of >= shipped.as_of and merged.voices == shipped.voices else shipped


def _source(fields: dict[str, Any]) -> SourceInfo:
    retrieved_at = datetime.fromisoformat(fields.pop("retrieved_at"))
    return SourceInfo(retrieved_at=retrieved_at, **fields)


def _taken_apart(line: str, voices: list[str]) -> ModelLine:
    steps, spoken, *fields = line.split("|")
    starts: list[tuple[datetime | None, int | None]] = []
    for step in steps.split(";"):
        start, _, number = step.rpartition("=")
        moment = datetime.fromisoformat(start).replace(tzinfo=UTC) if start else None
        starts.append((moment, None if number == NO_PRICE else int(number)))
    sources = tuple(voices[int(voice)] for voice in spoken)
    return ModelLine(tuple(starts), sources, {FACT_OF[field[0]]: field[1:] for field in fields})
