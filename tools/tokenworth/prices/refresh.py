"""Brings the price sources up to date: fetches side by side, keeps the last good copy of each, says what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import anyio
import anyio.to_thread

from tokenworth.context import Clock
from tokenworth.errors import DataUnreadableError, InvalidInputError, TokenworthError
from tokenworth.http import HttpClient, HttpSeams, open_http_client
from tokenworth.prices.changes import Changes, compare
from tokenworth.prices.fetchers import SOURCES, Source
from tokenworth.prices.fetchers.fetching import Fetch, fetch, read
from tokenworth.prices.fetchers.guards import models_priced
from tokenworth.prices.fetchers.last_good import Kept, read_copy, write_atomically, write_copy
from tokenworth.prices.fetchers.source import Page
from tokenworth.prices.first_use import MERGED
from tokenworth.prices.merged import merge_copies
from tokenworth.prices.observations import Parsed

__all__ = [
    "Compile",
    "Progress",
    "RefreshReport",
    "SourceReport",
    "choose_sources",
    "kept_observations",
    "refresh",
    "refresh_prices",
]

State = Literal["fresh", "unchanged", "kept", "failed"]
Progress = Callable[[str, str], None]
"""Called with a source's name and what is happening to it, for people."""
Compile = Callable[[Mapping[str, Sequence[Page]]], bytes | None]
"""Turns the copies in use, by source, into the file that the price list loads instead of the shipped snapshot."""

CHANGES_SHOWN_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of one source.

    Attributes:
        state: "fresh" fetched and accepted; "unchanged" confirmed by the host; "kept" refused, the last good copy
            stays; "failed" refused, and there is no copy.
        because: why it was refused.
        as_of: when the copy in use was current.
        models: how many have a price in the copy in use.
        notes: what else people should know.
    """

    source: str
    state: State
    because: str | None = None
    as_of: datetime | None = None
    models: int = 0
    changes: Changes = field(default_factory=Changes)
    unknown_fields: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What became of every source that was asked for, in their order."""

    at: datetime
    dry_run: bool
    sources: tuple[SourceReport, ...]

    def text(self) -> str:
        """The report for people: a line a source, and its changes below."""
        lines = [f"Prices at {self.at:%Y-%m-%d %H:%M} UTC" + (" (dry run: nothing was written)" * self.dry_run)]
        for one in self.sources:
            lines.append(f"- {one.source}: {_headline(one, self.at)}")
            lines += [f"    note: {note}" for note in one.notes]
            lines += [f"    {line}" for line in _change_lines(one.changes)]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Result:
    report: SourceReport
    fetched: Fetch | None = None
    parsed: Parsed | None = None


def choose_sources(names: Iterable[str]) -> list[Source]:
    """The sources of these names; all of them when none is named.

    Raises:
        InvalidInputError: a name that no source has.
    """
    wanted = list(names) or list(SOURCES)
    for name in wanted:
        if name not in SOURCES:
            raise InvalidInputError("source", "no price source has that name", f"Send one of: {', '.join(SOURCES)}")
    return [SOURCES[name] for name in wanted]


async def refresh_prices(
    cache_dir: Path,
    *,
    names: Iterable[str] = (),
    dry_run: bool = False,
    progress: Progress | None = None,
    seams: HttpSeams | None = None,
) -> RefreshReport:
    """`refresh` over the real network, with a client that reaches the chosen sources' hosts and no others.

    Afterwards `snapshot.current_snapshot(cache_dir)` is what the price list works from.

    Raises:
        InvalidInputError: a name that no source has.
    """
    sources = choose_sources(names)
    async with open_http_client({source.host for source in sources}, seams=seams) as client:
        return await refresh(
            sources, client=client, cache_dir=cache_dir, dry_run=dry_run, progress=progress, compiled=merge_copies
        )


async def refresh(
    sources: Sequence[Source],
    *,
    client: HttpClient,
    cache_dir: Path,
    dry_run: bool = False,
    progress: Progress | None = None,
    compiled: Compile | None = None,
    clock: Clock = lambda: datetime.now(UTC),
) -> RefreshReport:
    """Fetch every source and keep what is good.

    Nothing is written before every source has been tried, and the writing is not interrupted: a refresh that is
    cancelled leaves everything as it was.

    Args:
        sources: which to ask, all at once.
        client: may reach their hosts.
        cache_dir: where the last good copies are; created when there is something to keep.
        dry_run: fetch and compare, but write nothing.
        progress: told about each source as it goes.
        compiled: makes the merged file `MERGED` out of the copies in use; without it only the copies are written.
        clock: the time.
    """
    say = progress or _quiet
    results: dict[str, _Result] = {}

    async def work(source: Source) -> None:
        say(source.name, "asking")
        results[source.name] = await _attempt(source, client, cache_dir)
        say(source.name, results[source.name].report.state)

    async with anyio.create_task_group() as tasks:
        for source in sources:
            tasks.start_soon(work, source)
    ordered = [results[source.name] for source in sources]
    if not dry_run:
        with anyio.CancelScope(shield=True):
            ordered = await anyio.to_thread.run_sync(_keep, ordered, cache_dir, compiled)
    return RefreshReport(clock(), dry_run, tuple(result.report for result in ordered))


async def kept_observations(cache_dir: Path, sources: Iterable[Source] = tuple(SOURCES.values())) -> list[Parsed]:
    """What the last good copies on disk say, source by source; damaged ones are left out."""
    kept = [(source, await anyio.to_thread.run_sync(read_copy, cache_dir, source.name)) for source in sources]
    return [await read(source, copy.pages) for source, copy in kept if copy.pages]


async def _attempt(source: Source, client: HttpClient, cache_dir: Path) -> _Result:
    kept = await anyio.to_thread.run_sync(read_copy, cache_dir, source.name)
    damage = ("the kept copy was damaged and is ignored",) if kept.damaged else ()
    try:
        fetched = await fetch(source, client, kept.pages)
    except TokenworthError as error:
        return await _refused(source, kept, damage, f"{error}")
    changes = Changes() if fetched.before is None else compare(fetched.before, fetched.parsed)
    report = SourceReport(
        source.name,
        "unchanged" if fetched.unchanged else "fresh",
        as_of=min(page.retrieved_at for page in fetched.pages),
        models=len(models_priced(fetched.parsed)),
        changes=changes,
        unknown_fields=sum(fetched.parsed.unknown_fields.values()),
        notes=(*damage, *fetched.notes),
    )
    return _Result(report, fetched, fetched.parsed)


async def _refused(source: Source, kept: Kept, damage: tuple[str, ...], because: str) -> _Result:
    if not kept.pages:
        return _Result(SourceReport(source.name, "failed", because, notes=damage))
    parsed = await read(source, kept.pages)
    as_of = min(page.retrieved_at for page in kept.pages)
    report = SourceReport(source.name, "kept", because, as_of, len(models_priced(parsed)))
    return _Result(report, None, parsed)


def _keep(results: Sequence[_Result], cache_dir: Path, compiled: Compile | None) -> list[_Result]:
    """Write every accepted source, then the merged file; runs in a worker thread, whole."""
    written = [_kept(result, cache_dir) for result in results]
    if compiled is None or not any(result.fetched for result in written):
        return written
    try:
        merged = compiled({name: read_copy(cache_dir, name).pages for name in SOURCES})
        if merged is not None:
            write_atomically(cache_dir / MERGED, merged)
    except (OSError, DataUnreadableError):
        note = "the merged price file could not be written: the old one stays in use"
        return [_noted(result, note) if result.fetched else result for result in written]
    return written


def _kept(result: _Result, cache_dir: Path) -> _Result:
    if result.fetched is None:
        return result
    try:
        write_copy(cache_dir, result.report.source, result.fetched.pages)
    except OSError:
        return _noted(result, "the copy could not be written: check the cache directory's space and permissions")
    return result


def _noted(result: _Result, note: str) -> _Result:
    return replace(result, report=replace(result.report, notes=(*result.report.notes, note)))


def _headline(one: SourceReport, at: datetime) -> str:
    if one.state == "failed":
        return f"failed, and there is no earlier copy: {one.because}"
    if one.as_of is not None and one.state == "kept":
        return (
            f"kept the copy of {one.as_of:%Y-%m-%d} ({_age(at - one.as_of)} old, {one.models:,} models): {one.because}"
        )
    changes = one.changes
    counts = f"+{len(changes.added)} -{len(changes.removed)}, {len(changes.prices)} prices changed"
    unknown = f", {one.unknown_fields:,} unknown fields ignored" if one.unknown_fields else ""
    return f"{one.state}, {one.models:,} models ({counts}){unknown}"


def _age(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"


def _change_lines(changes: Changes) -> list[str]:
    lines = [
        *(f"new: {name}" for name in changes.added),
        *(f"gone: {name}" for name in changes.removed),
        *(str(change) for change in changes.prices),
    ]
    hidden = len(lines) - CHANGES_SHOWN_MAX
    return lines if hidden <= 0 else [*lines[:CHANGES_SHOWN_MAX], f"and {hidden} more"]


def _quiet(_source: str, _state: str) -> None:
    """Nobody asked to be told."""
