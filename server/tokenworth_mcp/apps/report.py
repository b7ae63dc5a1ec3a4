"""An answer as a file to keep: the page that chats show, with the answer and what was asked inside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tokenworth import __version__
from tokenworth.errors import InvalidInputError, TokenworthError
from tokenworth_mcp.apps.pages import built_page

__all__ = ["PageNotBuiltError", "report_html", "write_report"]

PLACE = "<!--report-->"


class PageNotBuiltError(TokenworthError):
    """This installation has no page to write."""

    def __init__(self) -> None:
        super().__init__("reports need the page, which was not built. Run `make pages` (needs npm), or use --format md")


def report_html(answer: Mapping[str, Any], asked: Mapping[str, Any], made_at: datetime) -> str:
    """The whole file.

    Args:
        answer: the data of a tool's full answer.
        asked: the arguments that it answers.
        made_at: when.

    Raises:
        PageNotBuiltError: there is no page to put it into.
    """
    page = built_page()
    if page is None:
        raise PageNotBuiltError
    made = {"version": __version__, "on": f"{made_at:%Y-%m-%d}"}
    text = json.dumps({"answer": answer, "asked": asked, "made": made}, ensure_ascii=False)
    # In a script element only "<" could end it, or begin a comment.
    kept = text.replace("<", "\\u003c")
    return page.replace(PLACE, f'<script type="application/json" id="report">{kept}</script>', 1)


def write_report(path: str, html: str) -> Path:
    """Write the file.

    Raises:
        InvalidInputError: it cannot be written there.
    """
    file = Path(path)
    try:
        file.write_text(html, encoding="utf-8")
    except OSError:
        raise InvalidInputError("--html", "cannot be written", "Name a file in a folder that is there") from None
    return file.resolve()
