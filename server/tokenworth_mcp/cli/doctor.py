"""`tokenworth doctor`: checks a set-up and says what to fix."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import anyio
import click

from tokenworth_mcp.clients import Surroundings
from tokenworth_mcp.doctor import examine
from tokenworth_mcp.logs import configure_logging

__all__ = ["command"]

SOMETHING_TO_FIX: Final = 1


@click.command("doctor")
@click.option("--http", "over_http", is_flag=True, help="Also check what `serve --http` needs.")
@click.option("--no-start", is_flag=True, help="Do not start the commands, or ask the addresses, that clients name.")
@click.option(
    "--paths", is_flag=True, help="Show whole paths; without it your home is ~ and other folders are left out."
)
@click.option("--json", "as_json", is_flag=True, help="For programs; without --paths it may be shown to others.")
def command(*, over_http: bool, no_start: bool, paths: bool, as_json: bool) -> int:
    """Check this set-up and say what to fix; the exit code is 1 when something is. Nothing is changed."""
    configure_logging("error")
    around = Surroundings(Path.home(), Path.cwd(), os.environ, sys.platform)
    found = anyio.run(lambda: examine(around, datetime.now(UTC), over_http=over_http, start=not no_start))
    rows = [each.data(around.home, paths=paths) for each in found]
    wrong = sum(row["state"] == "fix" for row in rows)
    headline = f"{wrong} to fix" if wrong else "Nothing to fix"
    if as_json:
        click.echo(json.dumps({"headline": headline, "findings": rows}, ensure_ascii=False, indent=2))
    else:
        width = max(len(row["check"]) for row in rows)
        for row in rows:
            place = f" [{row['place']}]" if "place" in row else ""
            click.echo(f"{row['state']:<4}  {row['check']:<{width}}  {row['what']}{place}")
            if "instead" in row:
                click.echo("\n".join(f"{'':{width + 8}}{line}" for line in row["instead"].splitlines()))
        click.echo(f"{headline}.")
    return SOMETHING_TO_FIX if wrong else 0
