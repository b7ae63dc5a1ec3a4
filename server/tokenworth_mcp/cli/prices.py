"""`tokenworth prices`: what models cost, past and coming, and bringing the list up to date."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

import anyio
import click

from tokenworth.wiring import prices_folder_in_use
from tokenworth_mcp.cli.output import Format
from tokenworth_mcp.cli.price_sheets import changes_apart, conflicts_apart, history_alone, one_model, plain_snapshot
from tokenworth_mcp.cli.running import format_option, run_tool
from tokenworth_mcp.settings import load_settings

if TYPE_CHECKING:
    from tokenworth.prices.refresh import RefreshReport

__all__ = ["command"]

TOOL = "find_prices"
NOT_FRESH = 1

provider_option = click.option("--provider", help="Only what this provider sells.")
at_option = click.option("--at", help="As of when, ISO 8601; now when left out.")
limit_option = click.option("--limit", type=int, default=20, show_default=True, help="How many models at most.")


def _arguments(**said: object) -> dict[str, object]:
    return {"detail": "full", **{name: value for name, value in said.items() if value is not None}}


@click.group("prices")
def command() -> None:
    """Look prices up, and bring them up to date."""


@command.command("show")
@click.argument("model")
@provider_option
@at_option
@format_option
def show(model: str, provider: str | None, at: str | None, output_format: Format) -> None:
    """All that is known of one MODEL's price: modes, history, coming changes, sources, conflicts."""
    run_tool(TOOL, _arguments(model=model, provider=provider, at=at), output_format, arranged=one_model)


@command.command("find")
@click.argument("words", nargs=-1)
@provider_option
@click.option("--kind", help="chat, embedding, image or audio.")
@at_option
@limit_option
@format_option
def find(
    words: tuple[str, ...], provider: str | None, kind: str | None, at: str | None, limit: int, output_format: Format
) -> None:
    """Models whose id or name has all WORDS, makers first, cheapest first."""
    said = _arguments(search=" ".join(words) or None, provider=provider, kind=kind, at=at, limit=limit)
    run_tool(TOOL, said, output_format, arranged=plain_snapshot)


@command.command("history")
@click.argument("model")
@provider_option
@format_option
def history(model: str, provider: str | None, output_format: Format) -> None:
    """How one MODEL's price has moved, and will move as announced."""
    run_tool(TOOL, _arguments(model=model, provider=provider), output_format, arranged=history_alone)


@command.command("conflicts")
@click.argument("model", required=False)
@provider_option
@limit_option
@format_option
def conflicts(model: str | None, provider: str | None, limit: int, output_format: Format) -> None:
    """Where sources disagree, of one MODEL or of all, and why the price used was chosen."""
    said = _arguments(show="conflicts", model=model, provider=provider, limit=limit)
    run_tool(TOOL, said, output_format, arranged=conflicts_apart)


@command.command("changes")
@provider_option
@limit_option
@format_option
def changes(provider: str | None, limit: int, output_format: Format) -> None:
    """Price changes that are already announced."""
    run_tool(TOOL, _arguments(show="changes", provider=provider, limit=limit), output_format, arranged=changes_apart)


@command.command("plans")
@click.argument("words", nargs=-1)
@provider_option
@format_option
def plans(words: tuple[str, ...], provider: str | None, output_format: Format) -> None:
    """Seats, reserved capacity and standing discounts, with who says so."""
    said = _arguments(show="plans", search=" ".join(words) or None, provider=provider, limit=100)
    run_tool(TOOL, said, output_format, {"rows": ("model", "note", "sources")}, arranged=plain_snapshot)


@command.command("refresh")
@click.option("--source", "sources", multiple=True, help="Only this source; may be given several times.")
@click.option("--dry-run", is_flag=True, help="Fetch and compare, write nothing.")
def refresh(sources: tuple[str, ...], *, dry_run: bool) -> int:
    """Fetch what the price sources say now; where that fails, the last good copy stays, and the exit code is 1."""
    from tokenworth.prices.refresh import refresh_prices  # noqa: PLC0415 - loads the HTTP client

    folder = prices_folder_in_use(load_settings().prices_folder)

    async def run() -> RefreshReport:
        return await refresh_prices(folder, names=sources, dry_run=dry_run, progress=_say)

    report = anyio.run(run)
    click.echo(report.text())
    return NOT_FRESH if any(one.state in ("kept", "failed") for one in report.sources) else 0


@command.command("build-snapshot")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.File("wb", lazy=True))
def build(folder: Path, out: IO[bytes]) -> None:
    """Build the snapshot that ships from the recorded payloads in FOLDER, which its inputs.toml lists, into OUT."""
    from tokenworth.prices.building import build_snapshot, recorded_in  # noqa: PLC0415 - only this command needs it

    out.write(build_snapshot(recorded_in(folder)))


def _say(source: str, what: str) -> None:
    click.echo(f"{source}: {what}", err=True)
