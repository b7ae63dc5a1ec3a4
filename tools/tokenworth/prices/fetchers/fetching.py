"""Fetches all documents of one source, reads them off the event loop, and accepts them only if they look right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import anyio
import anyio.abc
import anyio.to_thread

from tokenworth.errors import (
    DataUnreadableError,
    DeadlineExceededError,
    FetchError,
    SourceDriftError,
    StatusRefusedError,
    TokenworthError,
)
from tokenworth.http import Fetched, HttpClient, NotModified
from tokenworth.prices.fetchers.guards import check_drift, check_json, new_fields, without_absurd
from tokenworth.prices.fetchers.source import Document, Page, Source
from tokenworth.prices.observations import Parsed

__all__ = ["Fetch", "fetch", "read", "read_here"]

DOCUMENTS_AT_ONCE: Final = 4
GONE: Final = frozenset({404, 410})
TOO_MANY: Final = 429


@dataclass(frozen=True, slots=True)
class Fetch:
    """One source, fetched and accepted.

    Attributes:
        before: what the kept copy said, or None on the first fetch.
        unchanged: every document was confirmed to be the kept one.
        notes: what people should know although it was accepted: documents that could not be had, new fields.
    """

    pages: tuple[Page, ...]
    parsed: Parsed
    before: Parsed | None
    unchanged: bool
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Round:
    """The documents of one fetch as they come in."""

    source: Source
    kept: dict[str, Page]
    asked: set[str] = field(default_factory=set[str])
    pages: dict[str, Page] = field(default_factory=dict[str, Page])
    confirmed: set[str] = field(default_factory=set[str])
    kept_instead: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])
    failure: FetchError | DataUnreadableError | None = None
    turned_away: bool = False
    fault: TokenworthError | None = None


async def fetch(source: Source, client: HttpClient, kept: Sequence[Page]) -> Fetch:
    """Ask for every document of the source, conditionally where a kept one is at hand, and read them together.

    Args:
        source: whom to ask.
        client: may reach the source's host.
        kept: the last good copy; empty on the first fetch.

    Raises:
        FetchError: a document that is needed could not be had, or all of them together took too long.
        DataUnreadableError: a document is not JSON that every reader reads alike.
        SourceDriftError: the source no longer looks like itself.
    """
    this = _Round(source, {page.document.url: page for page in kept})
    with anyio.move_on_after(source.seconds_max) as deadline:
        async with anyio.create_task_group() as tasks:
            limit = anyio.Semaphore(DOCUMENTS_AT_ONCE)
            for document in source.documents:
                _ask(document, this, client, tasks, limit)
    if this.fault is not None:
        raise this.fault
    if deadline.cancelled_caught:
        raise DeadlineExceededError(source.host, f"took more than {source.seconds_max:g} s", "Try again later")
    if this.failure is not None and len(this.kept_instead) + len(this.missing) == len(this.asked):
        raise this.failure
    pages = _in_order(this)
    parsed = await read(source, pages)
    if len(this.confirmed) == len(kept) == len(pages):
        return Fetch(pages, parsed, parsed, unchanged=True, notes=_notes(this))
    before = await read(source, kept) if kept else None
    check_drift(parsed, before, models_min=source.models_min)
    fields = [f"fields not seen before: {', '.join(names)}" for names in [new_fields(parsed, before)] if names]
    return Fetch(pages, parsed, before, unchanged=False, notes=(*_notes(this), *fields))


async def read(source: Source, pages: Sequence[Page]) -> Parsed:
    """What the documents say, read in a worker thread."""
    return await anyio.to_thread.run_sync(read_here, source, pages)


def read_here(source: Source, pages: Sequence[Page]) -> Parsed:
    """What the documents say, read in the thread that asks."""
    return without_absurd(source.parse(pages))


def _ask(
    document: Document, this: _Round, client: HttpClient, tasks: anyio.abc.TaskGroup, limit: anyio.Semaphore
) -> None:
    """Begin one document, unless it was begun already or there would be too many."""
    if document.url in this.asked:
        return
    if len(this.asked) == this.source.documents_max:
        this.fault = SourceDriftError(f"it leads to more than {this.source.documents_max} documents")
        tasks.cancel_scope.cancel()
        return
    this.asked.add(document.url)

    async def work() -> None:
        try:
            async with limit:
                page = await _page(document, this, client)
            onward = [] if page is None else await anyio.to_thread.run_sync(this.source.onward, page)
        except (FetchError, DataUnreadableError, SourceDriftError) as error:
            this.fault = this.fault or error
            tasks.cancel_scope.cancel()
            return
        for following in onward:
            _ask(following, this, client, tasks, limit)

    tasks.start_soon(work)


async def _page(document: Document, this: _Round, client: HttpClient) -> Page | None:
    """The document as it is now; for one that stands alone and cannot be had, the kept one or none."""
    at_hand = this.kept.get(document.url)
    page: Page | None
    try:
        page = await _current(document, at_hand, this, client)
    except (FetchError, DataUnreadableError) as error:
        if not this.source.stand_alone or document == this.source.leading:
            raise
        this.failure = error
        status = error.status if isinstance(error, StatusRefusedError) else None
        this.turned_away = this.turned_away or status == TOO_MANY
        page = None if status in GONE else at_hand
        (this.missing if page is None else this.kept_instead).append(document.name)
    if page is not None:
        this.pages[document.url] = page
        if sum(len(one.body) for one in this.pages.values()) > this.source.bytes_max:
            raise SourceDriftError(f"its documents together exceed {this.source.bytes_max >> 20} MB")
    return page


async def _current(document: Document, at_hand: Page | None, this: _Round, client: HttpClient) -> Page:
    if this.turned_away and this.failure is not None:
        raise this.failure  # a host that has had enough of us is not asked for the rest
    known = None if at_hand is None else at_hand.validators
    match await client.get(document.url, known=known):
        case Fetched() as fetched:
            await anyio.to_thread.run_sync(check_json, fetched.body)
            return Page(document, fetched.body, fetched.validators, fetched.retrieved_at)
        case NotModified(retrieved_at=retrieved_at):
            this.confirmed.add(document.url)
            # The client answers this only to the validators of a copy, so there is one.
            return replace(this.kept[document.url], retrieved_at=retrieved_at)


def _in_order(this: _Round) -> tuple[Page, ...]:
    """First the documents as the source lists them, then those they led to by name: the same on every run."""
    first = [document.url for document in this.source.documents]
    rest = sorted(this.pages.keys() - set(first), key=lambda url: (this.pages[url].document.name, url))
    return tuple(this.pages[url] for url in (*first, *rest) if url in this.pages)


def _notes(this: _Round) -> tuple[str, ...]:
    notes: list[str] = []
    if this.kept_instead:
        notes.append(f"{len(this.kept_instead)} of {len(this.asked)} documents could not be had: kept ones are used")
    if this.missing:
        notes.append(f"{len(this.missing)} of {len(this.asked)} documents could not be had and are missing")
    return tuple(notes)
