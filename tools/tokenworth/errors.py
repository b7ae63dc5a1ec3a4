"""The one exception family: each error tells the caller what to send instead.

TokenworthError
├── InvalidInputError      a field the caller sent cannot be used
├── NotPricedError         a price is needed and nobody said one
└── DataUnreadableError    a data file (assumptions, prices) cannot be read
"""

from __future__ import annotations

__all__ = ["DataUnreadableError", "InvalidInputError", "NotPricedError", "TokenworthError"]


class TokenworthError(Exception):
    """Anything we refuse on purpose. The message is safe to show to whoever asked."""


class InvalidInputError(TokenworthError):
    """A field the caller sent cannot be used.

    Args:
        field: the path of the field, as the caller wrote it (`offer.tokens.per_year`).
        problem: what is wrong, without repeating the value.
        instead: what to send, with an example.
    """

    def __init__(self, field: str, problem: str, instead: str) -> None:
        super().__init__(f"{field}: {problem}. {instead}")
        self.field = field
        self.problem = problem
        self.instead = instead


class NotPricedError(TokenworthError):
    """A price is needed and is not known; never treated as zero."""


class DataUnreadableError(TokenworthError):
    """A data file cannot be read; the message names the kind of file, never its path."""
