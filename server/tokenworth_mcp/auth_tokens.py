"""Static bearer tokens for small teams: made once, kept as hashes in a TOML file, read again when the file changes.

A token is 256 random bits, so there is nothing to guess: a plain SHA-256 of it is as good as a salted or a slow hash,
which are for secrets that people choose, and costs strangers who send rubbish nothing of ours.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import secrets
import tempfile
import time
import tomllib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

from anyio import Lock, to_thread
from mcp.server.auth.provider import AccessToken
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tokenworth.errors import DataUnreadableError, InvalidInputError
from tokenworth_mcp.scopes import SCOPES

__all__ = ["TOKEN_PREFIX", "StaticToken", "TokenFile", "new_token", "read_tokens", "write_tokens"]

logger = logging.getLogger(__name__)

TOKEN_PREFIX: Final = "tokenworth_"  # noqa: S105 - how a token begins, so that scanners and people know one
SECRET_BYTES: Final = 32
ID_BYTES: Final = 5
LOOK_AGAIN_SECONDS: Final = 1.0
TITLE: Final = "# Tokens of `tokenworth serve --http`, as hashes. Made by `tokenworth token`, which writes it anew.\n"

Name = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]


class StaticToken(BaseModel):
    """One token as it is kept.

    Attributes:
        id: what to call it when it is revoked; says nothing of the token.
        sha256: of the token, in hex.
        subject: whose it is; has a budget of this name.
        tenant: whose budgets it reaches; the subject's own when None.
        expires: None for never.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[0-9a-f]{4,32}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    subject: Name
    tenant: Name | None = None
    scopes: list[str]
    created: datetime
    expires: datetime | None = None


class _Tokens(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    token: list[StaticToken] = []


def new_token(
    subject: str, scopes: Sequence[str], *, tenant: str | None = None, days: int | None = None
) -> tuple[str, StaticToken]:
    """A token, to be shown once, and what is kept of it.

    Raises:
        InvalidInputError: a scope that does not exist, or a name that cannot be one.
    """
    if not scopes or any(scope not in SCOPES for scope in scopes):
        raise InvalidInputError("scope", "none, or one that does not exist", f"Choose from: {', '.join(SCOPES)}")
    token = TOKEN_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        kept = StaticToken(
            id=secrets.token_hex(ID_BYTES),
            sha256=_hash(token),
            subject=subject,
            tenant=tenant,
            scopes=list(scopes),
            created=now,
            expires=None if days is None else now + timedelta(days=days),
        )
    except ValidationError:
        raise InvalidInputError("subject", "empty, too long, or with control characters", 'Send "alice"') from None
    return token, kept


def read_tokens(path: Path) -> list[StaticToken]:
    """The tokens of a file.

    Raises:
        DataUnreadableError: it is not there, or not as `write_tokens` leaves it.
    """
    try:
        return _Tokens.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).token
    except (OSError, ValueError):
        raise DataUnreadableError(
            "the file of tokens cannot be read. Make it with `tokenworth token new`, and let the server's user read it"
        ) from None


def write_tokens(path: Path, tokens: Sequence[StaticToken]) -> None:
    """Replace a file by these tokens, all at once, readable by its owner only.

    Raises:
        DataUnreadableError: it cannot be written.
    """
    text = "\n".join([TITLE, *(_block(token) for token in tokens)])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".tokens")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except OSError:
        raise DataUnreadableError("the file of tokens cannot be written. Check its folder") from None


def _block(token: StaticToken) -> str:
    # Of JSON's texts and lists of texts, those without DEL are TOML's too; names have none.
    values = token.model_dump(mode="json", exclude_none=True)
    return "\n".join(["[[token]]", *(f"{name} = {json.dumps(value)}" for name, value in values.items()), ""])


class TokenFile:
    """Accepts the tokens of a file as it is now, give or take a second; a file that cannot be read lets nobody in."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._known: dict[str, StaticToken] = {}
        self._looked_at = -math.inf
        self._looking = Lock()
        self._version: tuple[int, ...] | None = None

    async def verify(self, token: str) -> AccessToken | None:
        """Who a token is for and what it allows; None when it is none of them, or no longer."""
        if self._is_old():
            async with self._looking:  # whoever comes meanwhile waits for what it finds
                if self._is_old():
                    await to_thread.run_sync(self._look)
                    self._looked_at = self._clock()
        # Found by its hash: the time that takes says nothing of any token.
        found = self._known.get(_hash(token))
        if found is None or (found.expires is not None and found.expires <= datetime.now(UTC)):
            return None
        return AccessToken(
            token=token,
            client_id=f"token {found.id}",
            scopes=list(found.scopes),
            subject=found.subject,
            claims={"tenant": found.tenant or found.subject},
        )

    def _is_old(self) -> bool:
        return self._clock() - self._looked_at >= LOOK_AGAIN_SECONDS

    def _look(self) -> None:
        try:
            seen = self._path.stat()
            version = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
            if version != self._version:
                self._known = {token.sha256: token for token in read_tokens(self._path)}
                self._version = version
        except (OSError, DataUnreadableError):
            if self._version is not None or self._known:
                logger.error("the file of tokens cannot be read: nobody is let in")  # noqa: TRY400 - its path stays out
            self._known, self._version = {}, None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
