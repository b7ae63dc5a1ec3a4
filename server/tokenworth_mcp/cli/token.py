"""`tokenworth token`: make, list and revoke the bearer tokens of a small team's HTTP server."""

from __future__ import annotations

from pathlib import Path

import click

from tokenworth.errors import InvalidInputError
from tokenworth_mcp.auth_tokens import new_token, read_tokens, write_tokens
from tokenworth_mcp.cli.output import Format, show
from tokenworth_mcp.cli.running import format_option
from tokenworth_mcp.scopes import SCOPES
from tokenworth_mcp.settings import load_settings

__all__ = ["command"]

file_option = click.option(
    "--file", "path", type=click.Path(path_type=Path), help="Where tokens are kept. [default: TOKENWORTH_TOKENS_FILE]"
)


@click.group("token")
def command() -> None:
    """Say who may call `tokenworth serve --http`; a running server knows within a second."""


@command.command("new")
@click.argument("subject")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="What it allows; may be repeated.")
@click.option("--tenant", help="Whose budgets it reaches. [default: SUBJECT's own]")
@click.option("--days", type=click.IntRange(1, 3_650), help="How long it lasts. [default: until revoked]")
@file_option
def new_command(subject: str, scopes: tuple[str, ...], tenant: str | None, days: int | None, path: Path | None) -> None:
    """Make a token for SUBJECT and print it, this once; only its hash is kept.

    Without --scope it allows every tool, and not to raise limits.
    """
    file = _file(path)
    kept = read_tokens(file) if file.exists() else []
    token, made = new_token(subject, scopes or SCOPES[:-1], tenant=tenant, days=days)
    write_tokens(file, [*kept, made])
    click.echo(token)
    click.echo(f"tokenworth: token {made.id} of {subject}; it is not shown again", err=True)


@command.command("list")
@file_option
@format_option
def list_command(path: Path | None, output_format: Format) -> None:
    """List the tokens: whose they are, what they allow, until when."""
    tokens = [token.model_dump(mode="json", exclude={"sha256"}) for token in read_tokens(_file(path))]
    show({"tokens": tokens}, output_format)


@command.command("revoke")
@click.argument("token_id", metavar="ID")
@file_option
def revoke_command(token_id: str, path: Path | None) -> None:
    """Revoke the token with this ID, as `list` shows it."""
    file = _file(path)
    tokens = read_tokens(file)
    left = [token for token in tokens if token.id != token_id]
    if len(left) == len(tokens):
        raise InvalidInputError("id", "no token has it", "Call `tokenworth token list` for those there are")
    write_tokens(file, left)


def _file(path: Path | None) -> Path:
    file = path or load_settings().tokens_file
    if file is None:
        raise InvalidInputError("file", "not said", "Send --file tokens.toml, or set TOKENWORTH_TOKENS_FILE")
    return file.expanduser()
