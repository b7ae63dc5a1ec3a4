"""The one place that builds the concrete context from settings; no family imports it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tokenworth.assumptions import load_assumptions
from tokenworth.context import Context

__all__ = ["build_context"]


def build_context(*, assumptions_file: Path | None = None) -> Context:
    """The context that the server, the command line and scripts use.

    Args:
        assumptions_file: TOML laid over the shipped defaults.

    Raises:
        DataUnreadableError, InvalidInputError: the file cannot be used.
    """
    return Context(assumptions=load_assumptions(assumptions_file), clock=_utc_now)


def _utc_now() -> datetime:
    return datetime.now(UTC)
