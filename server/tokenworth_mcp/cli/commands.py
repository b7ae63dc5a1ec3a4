"""The command `tokenworth` and the table of its subcommands."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final, NoReturn

import click

from tokenworth import __version__
from tokenworth.errors import TokenworthError

__all__ = ["main"]

COMMANDS: Final = {
    "demo": "Value three real offers through an MCP client and server.",
    "value": "Value an offer.",
    "compare": "Rank two to ten offers.",
    "lock-in": "Explain what leaving costs, a person or an employer.",
    "program": "Plan a token programme for staff.",
    "budget": "Set, show, hold, settle and record budgets.",
    "burn": "Show what agents on this machine used, from their own logs.",
    "cost": "Price a call or a planned task.",
    "prices": "Look prices up, and bring them up to date.",
    "serve": "Serve the tools to an MCP client.",
    "token": "Make and revoke tokens for a server on a network.",
    "tools": "List the tools.",
    "call": "Call any tool with JSON, once or line by line.",
    "assumptions": "Show every default and who says so.",
    "doctor": "Check a set-up and say what to fix.",
}
"""What each command is for; it lives in the module of its name (`-` as `_`), as a click command called `command`."""


class _LazyGroup(click.Group):
    """Imports a subcommand when it is called, so that none pays for another and help pays for none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"tokenworth_mcp.cli.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tokenworth")
def root() -> None:
    """What a pay offer with AI tokens is worth, what agents burn, and what leaving costs."""


def main() -> NoReturn:
    """Run the command line and exit: 0 when done, 1 when something failed, 2 when the input cannot be used."""
    try:
        code = root.main(prog_name="tokenworth", standalone_mode=False)
    except click.Abort:
        _fail("interrupted", 1)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except TokenworthError as error:
        _refuse(error)
    sys.exit(code if isinstance(code, int) else 0)


def _refuse(error: TokenworthError) -> NoReturn:
    from tokenworth.errors import DataUnreadableError, InvalidInputError  # noqa: PLC0415 - most calls are not refused
    from tokenworth_mcp.boundary import RefusedArgumentsError, in_one_line  # noqa: PLC0415 - same
    from tokenworth_mcp.strict_json import JsonRefusedError  # noqa: PLC0415 - same

    unusable = (InvalidInputError, DataUnreadableError, RefusedArgumentsError, JsonRefusedError)
    _fail(in_one_line(error), 2 if isinstance(error, unusable) else 1)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"tokenworth: {' '.join(message.split())}", err=True)
    sys.exit(code)
