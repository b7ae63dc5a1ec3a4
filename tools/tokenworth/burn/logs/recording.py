"""What a reading gives the history, worked out in whichever process reads: priced rows that only need keeping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from tokenworth.burn.logs.events import Quota
from tokenworth.burn.logs.naming import call_numbers, number_of, request_number
from tokenworth.burn.logs.pricing import CallPricer
from tokenworth.burn.logs.reading import FileRead, KnownFile

__all__ = ["AGENT", "COLUMNS", "FAMILY", "TOLD", "CallRow", "Recorded", "Recorder"]

CallRow = tuple[Any, ...]
COLUMNS: Final = (
    "told, request, family, agent, rank, version, at_ms, model, place, input, cache_write_5m, cache_write_1h, "
    "cache_read, output, messages, web_searches, paid_nano_usd, pico_usd"
)
"""What a row of a call holds, in order."""
TOLD: Final = 0
FAMILY: Final = 2
AGENT: Final = 3


class Recorded(NamedTuple):
    """One reading of a file, or a part of it, as the history keeps it.

    Attributes:
        rows: in the order of `COLUMNS`.
        models, places: the names that the rows' numbers stand for; a place is (project, session).
        parents: threads that were copied from another: (thread, where it was copied from).
    """

    agent: str
    path: str
    known: KnownFile
    rows: list[CallRow]
    models: list[str]
    places: list[tuple[str, str]]
    quotas: Sequence[Quota] = ()
    parents: Sequence[tuple[str, str]] = ()


class Recorder:
    """Makes rows of readings.

    Args:
        pricer: what prices them; None leaves them unpriced.
    """

    def __init__(self, pricer: CallPricer | None) -> None:
        self._price = None if pricer is None else pricer.pico_usd
        self._families = {"": 0}

    def record(self, read: FileRead) -> Recorded:
        """The rows of a reading, with the names that they use."""
        agent, price, families, call_number = read.agent, self._price, self._families, call_numbers(read.agent)
        models: dict[str, int] = {}
        places: dict[tuple[str, str], int] = {}
        rows: list[CallRow] = []
        for (
            call,
            at_ms,
            model,
            sent,
            short,
            hour,
            cached,
            made,
            messages,
            searches,
            request,
            rank,
            version,
            family,
            session,
            project,
            paid,
        ) in read.calls:
            if model not in models:
                models[model] = number_of(model)
            if family not in families:
                families[family] = number_of(family)
            place = (project or read.project, session or read.session)
            if place not in places:
                places[place] = number_of(*place)
            rows.append(
                (
                    call_number(call) ^ families[family],
                    request_number(request),
                    families[family],
                    agent,
                    rank,
                    version,
                    at_ms,
                    models[model],
                    places[place],
                    sent,
                    short,
                    hour,
                    cached,
                    made,
                    messages,
                    searches,
                    paid,
                    None if price is None else price(model, at_ms, (sent, short, hour, cached, made), searches),
                )
            )
        return Recorded(agent, read.path, read.known, rows, list(models), list(places), read.quotas, read.parents)
