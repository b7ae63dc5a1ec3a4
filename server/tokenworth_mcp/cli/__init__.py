"""The command line: thin over the tools; each command loads when it is called."""

from __future__ import annotations

from tokenworth_mcp.cli.commands import main

__all__ = ["main"]
