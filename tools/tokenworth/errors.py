"""The one exception family: each error tells the caller what to send instead.

TokenworthError
├── InvalidInputError      a field the caller sent cannot be used
├── NotPricedError         a price is needed and nobody said one
├── NotAllowedError        whoever asks may not do this; somebody else may
├── LedgerError            the ledger cannot answer
│   ├── LedgerBusyError        not now: others are writing; the same request may be sent again
│   └── LedgerUnusableError    not this ledger: it is newer than this version, not a ledger, or cannot be reached
└── DataUnreadableError    a data file (assumptions, prices) cannot be read
"""

from __future__ import annotations

__all__ = [
    "DataUnreadableError",
    "InvalidInputError",
    "LedgerBusyError",
    "LedgerError",
    "LedgerUnusableError",
    "NotAllowedError",
    "NotPricedError",
    "TokenworthError",
]


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


class NotAllowedError(TokenworthError):
    """The caller may not do this; the message says who may."""


class LedgerError(TokenworthError):
    """The ledger cannot answer."""


class LedgerBusyError(LedgerError):
    """Others kept the ledger busy for too long; what was asked may or may not have happened.

    The same request with the same key is safe to send again: it happens once.
    """


class LedgerUnusableError(LedgerError):
    """The ledger was made by a newer version, is something else, or cannot be reached; it is left as it is."""


class DataUnreadableError(TokenworthError):
    """A data file cannot be read; the message names the kind of file, never its path."""
