"""The one exception family: each error tells the caller what to send instead.

TokenworthError
├── InvalidInputError      a field the caller sent cannot be used
├── NotPricedError         a price is needed and nobody said one
├── NotAllowedError        whoever asks may not do this; somebody else may
├── LedgerError            the ledger cannot answer
│   ├── LedgerBusyError        not now: others are writing; the same request may be sent again
│   └── LedgerUnusableError    not this ledger: it is newer than this version, not a ledger, or cannot be reached
├── HistoryUnusableError   the history of agents' logs is newer than this version, something else, or cannot be opened
├── DataUnreadableError    a data file (assumptions, prices) cannot be read
├── SourceDriftError       a source of prices or of usage no longer looks like itself
└── FetchError             something on the network could not be had
    ├── UrlRefusedError        not https, or a host that is not on the list
    ├── AddressRefusedError    the name leads to an address that is not public
    ├── RedirectRefusedError   sent elsewhere, or in circles
    ├── ConnectionFailedError  no connection, no certificate, or cut off
    ├── DeadlineExceededError  too slow, in one step or in all
    ├── StatusRefusedError     answered, but not with what was asked for
    └── BodyRefusedError       too large, or packed in a way that cannot be read
"""

from __future__ import annotations

__all__ = [
    "AddressRefusedError",
    "BodyRefusedError",
    "ConnectionFailedError",
    "DataUnreadableError",
    "DeadlineExceededError",
    "FetchError",
    "HistoryUnusableError",
    "InvalidInputError",
    "LedgerBusyError",
    "LedgerError",
    "LedgerUnusableError",
    "NotAllowedError",
    "NotPricedError",
    "RedirectRefusedError",
    "SourceDriftError",
    "StatusRefusedError",
    "TokenworthError",
    "UrlRefusedError",
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


class HistoryUnusableError(TokenworthError):
    """The history of what agents' logs said cannot be used; it is left as it is.

    Args:
        problem: what is wrong, and what to do.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"the history of agents' logs cannot be used: {problem}")


class DataUnreadableError(TokenworthError):
    """A data file cannot be read; the message names the kind of file, never its path."""


class SourceDriftError(TokenworthError):
    """A source of prices or usage answered, but with too little, in other units or under other names than before."""


class FetchError(TokenworthError):
    """Something on the network could not be had; the message names at most a host that we chose to ask.

    Args:
        host: the host that was asked.
        problem: what happened, without the address, the path or anything that the other side said.
        instead: what to do about it.
        retryable: whether asking again may help.
        retry_after_seconds: how long the other side asked us to wait, if it did.
    """

    def __init__(
        self,
        host: str,
        problem: str,
        instead: str,
        *,
        retryable: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(f"{host} {problem}. {instead}")
        self.host = host
        self.retryable = retryable
        self.retry_after_seconds = retry_after_seconds


class UrlRefusedError(FetchError):
    """The URL is not https, or its host is not one that this client may ask."""


class AddressRefusedError(FetchError):
    """The host's name leads to an address that is not a public one."""


class RedirectRefusedError(FetchError):
    """The answer sends us to another host, or round and round."""


class ConnectionFailedError(FetchError):
    """There was no connection, no acceptable certificate, or the connection broke."""


class DeadlineExceededError(FetchError):
    """One step, or the whole fetch, took longer than it may."""


class StatusRefusedError(FetchError):
    """The host answered with a status that carries no content for us.

    Args:
        status: the HTTP status.
    """

    def __init__(
        self, host: str, status: int, instead: str, *, retryable: bool, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(
            host, f"answered {status}", instead, retryable=retryable, retry_after_seconds=retry_after_seconds
        )
        self.status = status


class BodyRefusedError(FetchError):
    """The body is larger than it may be, or is packed in a way that cannot be read."""
