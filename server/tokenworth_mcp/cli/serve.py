"""`tokenworth serve`: the MCP server, over stdio for a local client or over HTTP."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click

from tokenworth.errors import InvalidInputError
from tokenworth_mcp.app import build_server
from tokenworth_mcp.cli.running import closing, context_for
from tokenworth_mcp.logs import configure_logging
from tokenworth_mcp.settings import Settings, load_settings

if TYPE_CHECKING:
    from tokenworth.context import Context

__all__ = ["command"]


@click.command("serve")
@click.option("--http", "over_http", is_flag=True, help="Serve streamable HTTP instead of stdio.")
@click.option("--host", help="Where HTTP listens; others than loopback need tokens. [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65_535), help="Which port; 0 picks a free one. [default: 8000]")
@click.option("--toolsets", help="Offer these families of tools only, separated by commas.")
@click.option("--read-only", is_flag=True, default=None, help="Leave out the tools that write anything.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="[default: warning]")
@click.option("--log-format", type=click.Choice(["text", "json"]), help="[default: text]")
@click.option("--metrics", is_flag=True, default=None, help="Show Prometheus metrics over HTTP, at /metrics.")
@click.option("--traces", is_flag=True, default=None, help="Send OpenTelemetry traces, as OTEL_* variables say.")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A TOML file of settings.")
def command(config_file: Path | None, *, over_http: bool, **chosen: object) -> None:
    """Serve the tools to an MCP client, over stdio unless --http is given."""
    said = {name: value for name, value in chosen.items() if value is not None}
    settings = load_settings(config_file, said)
    configure_logging(settings.log_level, settings.log_format)
    with _traces(settings):
        _serve(settings, over_http=over_http)


def _traces(settings: Settings) -> AbstractContextManager[None]:
    if not settings.traces:
        return nullcontext()
    try:
        from tokenworth_mcp.tracing import traced  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError:
        raise InvalidInputError(
            "settings: traces", "the extra is not installed", "Install tokenworth[tracing], or leave it out"
        ) from None
    return traced()


def _serve(settings: Settings, *, over_http: bool) -> None:
    context = context_for(settings, local_logs=not over_http)
    if over_http:
        anyio.run(_serve_http, settings, context)
    else:
        from tokenworth_mcp.stdio import run_stdio  # noqa: PLC0415 - HTTP needs no pipes

        server = build_server(
            context,
            toolsets=settings.toolsets,
            read_only=settings.read_only,
            ask_worth_usd_min=settings.ask_worth_usd_min,
        )
        run_stdio(server, closing(context))


async def _serve_http(settings: Settings, context: Context) -> None:
    from tokenworth_mcp.http import serve_http  # noqa: PLC0415 - stdio needs no web server

    async with closing(context):
        await serve_http(settings, context)
