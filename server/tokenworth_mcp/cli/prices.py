"""`tokenworth prices`: what models cost, past and coming, and bringing the list up to date."""

from __future__ import annotations

from pathlib import Path

import anyio
import click

from tokenworth.wiring import default_prices_folder
from tokenworth_mcp.cli.output import Format
from tokenworth_mcp.cli.running import format_option, run_tool
from tokenworth_mcp.settings import load_settings

__all__ = ["command"]


@click.group("prices")
def command() -> None:
    """Look prices up, and bring them up to date."""


@command.command("show")
@click.argument("model")
@format_option
def show(model: str, output_format: Format) -> None:
    """All that is known of one MODEL's price: modes, history, coming changes, sources, conflicts."""
    run_tool("find_prices", {"model": model, "detail": "full"}, output_format)


@command.command("find")
@click.argument("words", nargs=-1)
@click.option("--provider")
@click.option("--limit", type=int, default=10, show_default=True)
@format_option
def find(words: tuple[str, ...], provider: str | None, limit: int, output_format: Format) -> None:
    """Models whose id or name has all WORDS."""
    arguments: dict[str, object] = {"search": " ".join(words), "limit": limit}
    if provider is not None:
        arguments["provider"] = provider
    run_tool("find_prices", arguments, output_format)


@command.command("history")
@click.argument("model")
@format_option
def history(model: str, output_format: Format) -> None:
    """How one MODEL's price has moved and will move."""
    run_tool("find_prices", {"model": model, "detail": "full"}, output_format, {"rows": HISTORY_COLUMNS})


@command.command("conflicts")
@click.option("--limit", type=int, default=20, show_default=True)
@format_option
def conflicts(limit: int, output_format: Format) -> None:
    """Where sources disagree, and which one is used why."""
    run_tool("find_prices", {"show": "conflicts", "limit": limit}, output_format)


@command.command("changes")
@click.option("--limit", type=int, default=20, show_default=True)
@format_option
def changes(limit: int, output_format: Format) -> None:
    """Changes that are already scheduled."""
    run_tool("find_prices", {"show": "changes", "limit": limit}, output_format)


@command.command("plans")
@format_option
def plans(output_format: Format) -> None:
    """Seats and plans: Claude, ChatGPT, Copilot, Cursor, Gemini, and committed capacity."""
    run_tool("find_prices", {"show": "plans", "limit": 100}, output_format)


@command.command("refresh")
@click.option("--source", "sources", multiple=True, help="Only this source; may be given several times.")
@click.option("--dry-run", is_flag=True, help="Fetch and compare, write nothing.")
def refresh(sources: tuple[str, ...], *, dry_run: bool) -> int:
    """Fetch what the price sources say now; the last good copy stays where a fetch fails."""
    from tokenworth.prices.refresh import RefreshReport, refresh_prices  # noqa: PLC0415 - loads the HTTP client

    folder = load_settings().prices_folder or default_prices_folder()

    async def run() -> RefreshReport:
        return await refresh_prices(folder, names=sources, dry_run=dry_run, progress=_say)

    report = anyio.run(run)
    click.echo(report.text())
    return 1 if any(one.state in ("kept", "failed") for one in report.sources) else 0


@command.command("build-snapshot")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def build(folder: Path, out: Path) -> None:
    """Build the snapshot that ships from the recorded payloads in FOLDER (its inputs.toml names them)."""
    from tokenworth.prices.building import build_snapshot, recorded_in  # noqa: PLC0415 - only this command needs it

    out.write_bytes(build_snapshot(recorded_in(folder)))
    click.echo(f"wrote {out.name}")


def _say(source: str, what: str) -> None:
    click.echo(f"{source}: {what}", err=True)


HISTORY_COLUMNS = ("model", "history", "coming", "sources")
