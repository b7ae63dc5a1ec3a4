"""Reports from the command line: the two options, and writing what they ask for. Light, for quick commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

import click

__all__ = ["Report", "report_options", "write_answer"]

Returned = TypeVar("Returned")


@dataclass(frozen=True, slots=True)
class Report:
    """Where an answer is to be written as a page.

    Attributes:
        path: the file.
        opens: show it in the browser afterwards.
    """

    path: str
    opens: bool


def report_options(command: Callable[..., Returned]) -> Callable[..., Returned]:
    """Adds --html and --open to a command, which gets them as `report`, None when no report is wanted."""

    @wraps(command)
    def with_report(*args: object, html: str | None, opens: bool, **options: object) -> Returned:
        if opens and html is None:
            raise click.UsageError("--open goes with --html FILE.")
        return command(*args, report=None if html is None else Report(html, opens), **options)

    opened = click.option("--open", "opens", is_flag=True, help="Show the --html file in the browser.")
    return click.option("--html", metavar="FILE", help="Write the full answer as a page to keep.")(opened(with_report))


def write_answer(report: Report, data: Mapping[str, Any], asked: Mapping[str, object], made_at: datetime) -> None:
    """Write an answer as a page, print its headline, and open it where that is wanted.

    Args:
        report: where to.
        data: the answer, with its headline.
        asked: what it answers.
        made_at: when.

    Raises:
        TokenworthError: there is no page to put it into, or it cannot be written there.
    """
    from tokenworth_mcp.apps.report import report_html, write_report  # noqa: PLC0415 - most commands write none

    file = write_report(report.path, report_html(data, asked, made_at))
    click.echo(f"{data['headline']}\nWritten to {report.path}.")
    if report.opens and click.launch(file.as_uri()):
        click.echo("Nothing here opens a browser; open the file yourself.", err=True)
