"""The table of pages: which tools are drawn, under which `ui://` address, and the one built file behind all of them.

The file is made by `make pages` with npm and is not in the repository; where it is missing, nothing here is offered.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tokenworth_mcp.catalogue import ToolEntry

__all__ = [
    "PAGES",
    "UI_META",
    "PageEntry",
    "built_page",
    "page_of_tool",
    "read_page",
    "say_not_built",
    "select_pages",
]

logger = logging.getLogger(__name__)

BUILT: Final = files("tokenworth_mcp").joinpath("apps").joinpath("built").joinpath("page.html")

UI_META: Final[dict[str, Any]] = {
    # Nothing is loaded from anywhere and nothing is sent: every list of domains is empty.
    "csp": {"connectDomains": [], "resourceDomains": [], "frameDomains": [], "baseUriDomains": []},
    "prefersBorder": True,
}
"""What hosts are told of a page: `_meta.ui` of the resource."""


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One page: its address, its words, and the tools whose answers it draws."""

    name: str
    title: str
    description: str
    tools: tuple[str, ...]

    @property
    def uri(self) -> str:
        """Where clients read it."""
        return f"ui://tokenworth/{self.name}.html"


PAGES: Final[tuple[PageEntry, ...]] = (
    PageEntry(
        name="offers",
        title="Offers, drawn",
        description="From face to pay value, year by year, offers side by side, and the assumptions to move.",
        tools=("value_offer", "compare_offers"),
    ),
    PageEntry(
        name="budget",
        title="A budget, drawn",
        description="What is left of a budget over its period, what is held, and where it ends at this pace.",
        tools=("check_budget",),
    ),
    PageEntry(
        name="lock-in",
        title="Lock-in, drawn",
        description="What leaving costs month by month, what causes it, and what would loosen it.",
        tools=("explain_lock_in",),
    ),
    PageEntry(
        name="prices",
        title="Prices, drawn",
        description="What models cost, have cost and will cost.",
        tools=("find_prices",),
    ),
    PageEntry(
        name="program",
        title="A token programme, drawn",
        description="What a programme costs over its months, whether it lasts, and what it is worth to whom.",
        tools=("plan_program",),
    ),
)


@cache
def built_page() -> str | None:
    """The file that draws every answer, None where it was not built."""
    try:
        return BUILT.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


@cache
def say_not_built() -> None:
    """Say in the log, once, to whoever could have shown pages."""
    logger.warning("the pages are not built, so answers come as text only; `make pages` builds them (needs npm)")


def select_pages(tools: Iterable[ToolEntry]) -> tuple[PageEntry, ...]:
    """The pages of these tools; none where they were not built."""
    offered = {entry.name for entry in tools}
    return tuple(page for page in PAGES if offered.intersection(page.tools)) if built_page() is not None else ()


def page_of_tool(name: str, pages: Iterable[PageEntry] = PAGES) -> PageEntry | None:
    """The page that draws a tool's answers."""
    return next((page for page in pages if name in page.tools), None)


def read_page(uri: str, pages: Iterable[PageEntry]) -> str | None:
    """What is under a page's address; None when it is not the address of one of these."""
    return built_page() if any(page.uri == uri for page in pages) else None
