"""What a price source on the network is: where it answers, how its documents lead on, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tokenworth.http import Validators
from tokenworth.prices.observations import Observation, Parsed

__all__ = ["Document", "Page", "Source", "joined", "one_document", "same_moment"]


class Document(NamedTuple):
    """One thing to ask for: a name for people, and its URL."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Page:
    """One document's bytes as they were last known to be current.

    Attributes:
        retrieved_at: when they were fetched, or last confirmed unchanged; aware and in UTC.
    """

    document: Document
    body: bytes = field(repr=False)
    validators: Validators
    retrieved_at: datetime


def _leads_nowhere(_page: Page) -> list[Document]:
    return []


@dataclass(frozen=True, slots=True)
class Source:
    """One source, the same shape for all of them.

    Attributes:
        name: ours, also the name of its file in the cache.
        trusted_for: what its word counts for, in a few words for people.
        licence: SPDX identifier, or None when it states none (then it is read at run time and never bundled).
        documents: what is asked for first.
        parse: reads all of its pages; runs off the event loop.
        onward: the documents that a page leads to, such as the next page; runs off the event loop.
        stand_alone: whether a document says something without the others, so that one that fails may be replaced by
            its kept copy; otherwise the source is only as good as the whole.
        leading: the one document of a `stand_alone` source that the others follow from, if there is one.
        models_min: fewer models than this are not the source as it is known.
        documents_max, bytes_max, seconds_max: bounds on one fetch of all its documents.
    """

    name: str
    host: str
    trusted_for: str
    licence: str | None
    documents: tuple[Document, ...]
    parse: Callable[[Sequence[Page]], Parsed]
    onward: Callable[[Page], list[Document]] = _leads_nowhere
    stand_alone: bool = False
    leading: Document | None = None
    models_min: int = 100
    documents_max: int = 1
    bytes_max: int = 64 * 2**20
    seconds_max: float = 120.0


def one_document(parse: Callable[[bytes, datetime], Parsed]) -> Callable[[Sequence[Page]], Parsed]:
    """Reads a source that is a single document."""

    def read(pages: Sequence[Page]) -> Parsed:
        return parse(pages[0].body, pages[0].retrieved_at)

    return read


def same_moment(pages: Sequence[Page]) -> datetime:
    """When all of the pages were current: the oldest one's time."""
    return min(page.retrieved_at for page in pages)


def joined(parts: Sequence[Parsed]) -> Parsed:
    """What several documents of one source say, as one."""
    observations: list[Observation] = []
    unknown: dict[str, int] = {}
    unusable: dict[str, int] = {}
    for part in parts:
        observations += part.observations
        for into, counts in ((unknown, part.unknown_fields), (unusable, part.unusable)):
            for name, count in counts.items():
                into[name] = into.get(name, 0) + count
    models = tuple(model for part in parts for model in part.models)
    return Parsed(tuple(observations), models, unknown, unusable)
