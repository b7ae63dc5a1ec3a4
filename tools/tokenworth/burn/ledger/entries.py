"""What the ledger keeps of every key it was given: the hold or the record, how it ended, and the answers it got."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final, Literal

from tokenworth.budgets import Amount, Expiry, Refusal, Unit
from tokenworth.errors import InvalidInputError

__all__ = [
    "ENTRY_COLUMNS",
    "Entry",
    "Leg",
    "entry_from_row",
    "entry_id",
    "fingerprint",
    "hold_name",
    "id_of_hold",
    "row_of",
    "written_legs",
]

ID_BYTES: Final = 15
HOLD_PREFIX: Final = "h_"
HOLD: Final = re.compile(HOLD_PREFIX + f"[0-9a-f]{{{2 * ID_BYTES}}}")
State = Literal["held", "denied", "settled", "released", "expired"]
Leg = tuple[str, int, int]
"""Where an entry counts: budget, start of the period in milliseconds, shard."""


@dataclass(slots=True)
class Entry:
    """One accepted key, in either of its lives: a hold that is settled later, or a use recorded at once.

    Attributes:
        asked: fingerprint of the request that made it; `closed_asked` of the one that settled it.
        nano_usd, tokens: held; None where not known.
        legs: every balance that it counts in, the budget's own first.
        left_nano_usd, left_tokens: what the first answer said was left; `closed_left_*` the answer to the settling.
        refused: "budget unit reason" of a hold that was not granted.
        charged_nano_usd, charged_tokens: what was charged in the end.
        late: settled after it had expired.
        model: that a planned hold was made for; of nothing else.
    """

    id: bytes
    asked: bytes
    state: State
    budget: str
    nano_usd: int | None
    tokens: int | None
    created_ms: int
    expires_ms: int | None
    on_expiry: Expiry
    legs: Sequence[Leg]
    left_nano_usd: int | None = None
    left_tokens: int | None = None
    refused: str | None = None
    closed_asked: bytes | None = None
    closed_ms: int | None = None
    charged_nano_usd: int | None = None
    charged_tokens: int | None = None
    closed_left_nano_usd: int | None = None
    closed_left_tokens: int | None = None
    late: bool = False
    model: str | None = None

    @property
    def is_hold(self) -> bool:
        """Whether it was made by a reservation rather than by a record."""
        return self.expires_ms is not None

    @property
    def held(self) -> Amount:
        """What was held."""
        return Amount(self.nano_usd, self.tokens)

    @property
    def charged(self) -> Amount:
        """What was charged."""
        return Amount(self.charged_nano_usd, self.charged_tokens)

    @property
    def left(self) -> Amount:
        """What was left when it was made."""
        return Amount(self.left_nano_usd, self.left_tokens)

    @property
    def closed_left(self) -> Amount:
        """What was left when it was settled."""
        return Amount(self.closed_left_nano_usd, self.closed_left_tokens)

    @property
    def refusal(self) -> Refusal | None:
        """Why it was not granted."""
        if self.refused is None:
            return None
        budget, unit, reason = self.refused.rsplit(" ", 2)
        known: Unit = "usd" if unit == "usd" else "tokens"
        if reason == "limit":
            return Refusal(budget, known, "limit")
        return Refusal(budget, known, "unpriced" if reason == "unpriced" else "uncounted")


ENTRY_COLUMNS: Final = (
    "id",
    "asked",
    "state",
    "budget",
    "nano_usd",
    "tokens",
    "created_ms",
    "expires_ms",
    "on_expiry",
    "legs",
    "left_nano_usd",
    "left_tokens",
    "refused",
    "closed_asked",
    "closed_ms",
    "charged_nano_usd",
    "charged_tokens",
    "closed_left_nano_usd",
    "closed_left_tokens",
    "late",
    "model",
)
LATE_AT: Final = ENTRY_COLUMNS.index("late")
LEGS_AT: Final = ENTRY_COLUMNS.index("legs")


def entry_from_row(row: Sequence[object]) -> Entry:
    """An entry from a store's row, columns in the order of `ENTRY_COLUMNS`."""
    values = list(row)
    values[LEGS_AT] = _read_legs(str(values[LEGS_AT]))
    values[LATE_AT] = bool(values[LATE_AT])
    return Entry(*values)  # type: ignore[arg-type]  # the store's columns hold these types, by its schema


def row_of(entry: Entry) -> tuple[object, ...]:
    """The store's row of an entry, in the order of `ENTRY_COLUMNS`."""
    return (
        entry.id,
        entry.asked,
        entry.state,
        entry.budget,
        entry.nano_usd,
        entry.tokens,
        entry.created_ms,
        entry.expires_ms,
        entry.on_expiry,
        written_legs(tuple(entry.legs)),
        entry.left_nano_usd,
        entry.left_tokens,
        entry.refused,
        entry.closed_asked,
        entry.closed_ms,
        entry.charged_nano_usd,
        entry.charged_tokens,
        entry.closed_left_nano_usd,
        entry.closed_left_tokens,
        entry.late,
        entry.model,
    )


def entry_id(key: str, salt: bytes) -> bytes:
    """The id that a caller's key has in one ledger; the ledger's salt keeps others from guessing it."""
    return blake2b(key.encode(), digest_size=ID_BYTES, key=salt).digest()


def fingerprint(asked: str) -> bytes:
    """What tells one request from another."""
    return blake2b(asked.encode(), digest_size=ID_BYTES).digest()


def hold_name(entry: bytes) -> str:
    """A hold's name as callers see it."""
    return HOLD_PREFIX + entry.hex()


def id_of_hold(hold: str) -> bytes:
    """The id behind a hold's name.

    Raises:
        InvalidInputError: no hold has such a name.
    """
    if HOLD.fullmatch(hold) is None:
        raise InvalidInputError("hold", "not the name of a hold", 'Send "hold" as reserve_budget answered it')
    return bytes.fromhex(hold[len(HOLD_PREFIX) :])


@lru_cache(maxsize=4096)
def written_legs(legs: tuple[Leg, ...]) -> str:
    """Legs as a store keeps them."""
    return json.dumps(legs, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=4096)
def _read_legs(text: str) -> tuple[Leg, ...]:
    return tuple((str(budget), int(period_ms), int(shard)) for budget, period_ms, shard in json.loads(text))
