"""What stands behind the answers, to be read by address: methods, assumptions, sources and the glossary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tokenworth_mcp.boundary import answer_call
from tokenworth_mcp.catalogue import ToolEntry, Toolset, find_tool

if TYPE_CHECKING:
    from tokenworth.context import Context

__all__ = ["DOCUMENTS", "MARKDOWN", "Document", "method_of", "read_document", "select_documents"]

MARKDOWN: Final = "text/markdown"
ASSUMPTIONS: Final = "tokenworth://assumptions"
SOURCES: Final = "tokenworth://sources"
SEE_ALSO: Final = (
    f"\n\nSee also: {ASSUMPTIONS} (every default, its range and who says so), {SOURCES}, tokenworth://glossary.\n"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A text with a fixed address.

    Attributes:
        toolset: the family of tools whose answers it explains, or None for all of them.
        file: the page of `docs/` that it is; None for what is written out of the data in force.
    """

    address: str
    title: str
    description: str
    toolset: Toolset | None
    file: str | None = None


DOCUMENTS: Final[tuple[Document, ...]] = (
    Document(
        "tokenworth://methods/valuation",
        "How an offer is valued",
        "Formulas, sources and worked numbers behind value_offer and compare_offers, and what is not known.",
        "offers",
        "valuation.md",
    ),
    Document(
        "tokenworth://methods/equity",
        "How equity is valued",
        "Listed and private shares and options, each worked out by hand.",
        "offers",
        "equity.md",
    ),
    Document(
        "tokenworth://methods/tax",
        "How tax is computed",
        "Whose tables, what is covered, what is left out, an example for each place.",
        "offers",
        "tax.md",
    ),
    Document(
        "tokenworth://methods/lock-in",
        "How lock-in is measured",
        "What leaving costs a person by month, and an employer that leaves its AI provider.",
        "lockin",
        "lock-in.md",
    ),
    Document(
        "tokenworth://methods/programs",
        "How a token programme is planned",
        "Use, pools, designs, what the provider may count on, and what is not known.",
        "programs",
        "programs.md",
    ),
    Document(
        "tokenworth://methods/budgets",
        "How budgets are kept",
        "Holds, periods, who may do what, pace and alerts, and which promises hold when machines fail.",
        "budget",
        "ledger.md",
    ),
    Document(
        "tokenworth://methods/prices",
        "Where prices come from",
        "The sources, what each is trusted for, and what a refresh refuses.",
        "prices",
        "prices-sources.md",
    ),
    Document(
        ASSUMPTIONS,
        "Every assumption",
        "Each default in force: low, base and high, unit, who says so and when, and the formula it stands in.",
        "assumptions",
    ),
    Document(SOURCES, "Every source", "Who is quoted, as of when, and for which assumptions.", None),
    Document(
        "tokenworth://glossary",
        "Glossary",
        "The words of answers, in the sense they are used in.",
        None,
        "glossary.md",
    ),
)


def select_documents(tools: Iterable[ToolEntry]) -> tuple[Document, ...]:
    """The documents of the families that these tools are of, and what is common to all."""
    offered = {entry.toolset for entry in tools}
    return tuple(each for each in DOCUMENTS if each.toolset is None or each.toolset in offered)


def method_of(entry: ToolEntry) -> Document:
    """The document that explains a tool's answers best."""
    return next(each for each in DOCUMENTS if each.toolset == entry.toolset)


async def read_document(document: Document, context: Context) -> str:
    """A document's text, as Markdown.

    Raises:
        TokenworthError: the assumptions in force cannot be shown.
    """
    if document.file is not None:
        return _page(document.file) + ("" if document.toolset is None else SEE_ALSO)
    if document.address == SOURCES:
        return _sources(context)
    answered = await answer_call(find_tool("explain_assumptions"), {"detail": "full"}, context)
    return answered.text


def _page(name: str) -> str:
    """A page of `docs/`: inside the package where it was installed, beside it in a checkout."""
    installed = files("tokenworth_mcp") / "documents" / name
    if installed.is_file():
        return installed.read_text(encoding="utf-8")
    return (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")


def _sources(context: Context) -> str:
    by_source: dict[str, list[str]] = {}
    for name, entry in context.assumptions.items():
        by_source.setdefault(f"{entry.source} ({entry.date})", []).append(name)
    lines = [f"- {source}: {', '.join(names)}" for source, names in sorted(by_source.items())]
    return "\n".join(
        [
            "# Every source",
            "",
            "For each: who says so, the date, and the assumptions that stand on it. Prices name their own sources in",
            "each answer (tokenworth://methods/prices), tax tables in tokenworth://methods/tax.",
            "",
            *lines,
            "",
        ]
    )
