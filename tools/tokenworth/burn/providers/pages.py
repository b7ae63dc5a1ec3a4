"""Asks a provider page by page to the end, whichever way it pages, and never round in circles."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

import anyio.to_thread

from tokenworth.burn.providers.fields import Row, count, decode, drifted, member
from tokenworth.http import Fetched, HttpClient

__all__ = ["PAGES_MAX", "Asking", "Parameters"]

PAGES_MAX: Final = 500
Parameters = Sequence[tuple[str, str | int]]


class Asking:
    """One report under way.

    Args:
        client: may reach the provider.
        base: where it answers, without a slash at the end.
        headers: sent with every request; they hold the key.
    """

    def __init__(self, client: HttpClient, base: str, headers: Mapping[str, str]) -> None:
        self._client = client
        self._base = base
        self._headers = headers
        self.pages = 0

    async def page(self, path: str, parameters: Parameters = ()) -> Row:
        """One document; a host that is busy is asked again a few times, as late as it asks us to.

        Raises:
            FetchError: it could not be had.
            SourceDriftError: it is not a JSON object, or it is one page too many.
        """
        if self.pages == PAGES_MAX:
            raise drifted("the report", f"has more than {PAGES_MAX} pages")
        self.pages += 1
        query = f"?{urlencode(parameters)}" if parameters else ""
        fetched = await self._client.get(f"{self._base}{path}{query}", headers=self._headers)
        if not isinstance(fetched, Fetched):  # answered only to a conditional request
            raise drifted("the page", "was not sent")
        return await anyio.to_thread.run_sync(decode, fetched.body)

    async def by_cursor(self, path: str, parameters: Parameters) -> AsyncIterator[Row]:
        """Every page of a list that names the next one in `next_page`, as `has_more` says or until it is null.

        Raises:
            FetchError: a page could not be had.
            SourceDriftError: pages that lead back, or do not say whether they are the last.
        """
        seen: set[str] = set()
        onward: Parameters = parameters
        while True:
            page = await self.page(path, onward)
            yield page
            cursor = _next(page)
            if cursor is None:
                return
            if cursor in seen:
                raise drifted("next_page", "leads back to a page that was read")
            seen.add(cursor)
            onward = (*parameters, ("page", cursor))

    async def by_number(
        self, path: str, parameters: Parameters, *, counted_in: str | None = None
    ) -> AsyncIterator[Row]:
        """Every page of a list that counts its pages in `page` and `total_pages`.

        Args:
            path: as for `page`.
            parameters: as for `page`.
            counted_in: the object of the page that holds the two; the page itself when not given.

        Raises:
            FetchError: a page could not be had.
            SourceDriftError: a page other than the one that was asked for, or without a count.
        """
        number = 1
        while True:
            page = await self.page(path, (*parameters, ("page", number)))
            counted = page if counted_in is None else member(page, counted_in)
            if count(counted, "page") != number:
                raise drifted("page", "is not the one that was asked for")
            yield page
            if number >= count(counted, "total_pages"):
                return
            number += 1


def _next(page: Row) -> str | None:
    cursor, more = page.get("next_page"), page.get("has_more")
    if more is False:
        return None
    if isinstance(cursor, str) and cursor:
        return cursor
    if more is True or cursor is not None or ("next_page" not in page and more is None):
        raise drifted("next_page", "does not say whether there is more")
    return None
