"""JWTs of one issuer (RFC 9068): its published keys, asymmetric signatures only, and every claim checked.

The keys are where the operator says, never where a token says (`jku`, `x5u`, `jwk`, `iss`).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
import jwt
from anyio import to_thread
from mcp.server.auth.provider import AccessToken

from tokenworth.errors import DataUnreadableError, FetchError
from tokenworth.http import Fetched, HttpLimits, HttpSeams, open_http_client
from tokenworth_mcp.strict_json import JsonRefusedError, is_list, is_object, read_json

__all__ = ["LEEWAY_SECONDS", "IssuedTokens", "IssuerKeys", "KeysUnavailableError", "keys_reader"]

KEYS_BYTES_MAX: Final = 262_144
KEYS_MAX: Final = 100
KEYS_FRESH_SECONDS: Final = 3_600.0
KEYS_USABLE_SECONDS: Final = 86_400.0
# A stranger's made-up key id may make us ask the issuer only this often.
KEYS_AGAIN_SECONDS: Final = 15.0
FETCH_SECONDS_MAX: Final = 10.0
LEEWAY_SECONDS: Final = 30
SUBJECT_CHARACTERS_MAX: Final = 255
KEY_TYPES: Final = frozenset({"RSA", "EC", "OKP"})

ReadKeys = Callable[[], Awaitable[bytes]]


class KeysUnavailableError(Exception):
    """The issuer's keys cannot be had, so nobody can be told apart."""


def keys_reader(place: str, seams: HttpSeams | None = None) -> ReadKeys:
    """How to read a key set (RFC 7517) from an https address, by the safe client, or from a file."""

    async def from_network() -> bytes:
        limits = HttpLimits(body_bytes_max=KEYS_BYTES_MAX, overall_seconds=FETCH_SECONDS_MAX)
        async with open_http_client([urlsplit(place).hostname or ""], limits=limits, seams=seams) as client:
            fetched = await client.get(place)
        return fetched.body if isinstance(fetched, Fetched) else b""

    file = Path(place).expanduser()

    async def from_file() -> bytes:
        try:
            return await to_thread.run_sync(file.read_bytes)
        except OSError:
            raise DataUnreadableError("the file of the issuer's keys cannot be read") from None

    return from_network if "://" in place else from_file


class IssuerKeys:
    """The issuer's public keys by id: kept for an hour, read again for an id that is not among them."""

    def __init__(self, read: ReadKeys, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._keys: Mapping[str | None, Mapping[str, Any]] = {}
        self._read_at = -KEYS_USABLE_SECONDS
        self._tried_at = -KEYS_USABLE_SECONDS
        self._reading = anyio.Lock()

    async def key(self, key_id: str | None) -> Mapping[str, Any] | None:
        """The key with an id, or the only key there is for a token that names none; None when there is none.

        Raises:
            KeysUnavailableError: no keys could be read for a day.
        """
        known = self._found(key_id) if self._age() <= KEYS_USABLE_SECONDS else None
        if known is not None and (self._age() <= KEYS_FRESH_SECONDS or self._reading.locked() or not self._may_try()):
            return known
        async with self._reading:  # whoever comes meanwhile, and has no key to be checked with, waits for what is read
            if self._may_try():
                await self._read_again()
        if self._age() > KEYS_USABLE_SECONDS:
            raise KeysUnavailableError
        return self._found(key_id)

    def _age(self) -> float:
        return self._clock() - self._read_at

    def _found(self, key_id: str | None) -> Mapping[str, Any] | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _may_try(self) -> bool:
        return self._clock() - self._tried_at > KEYS_AGAIN_SECONDS

    async def _read_again(self) -> None:
        try:
            found = _public_keys(await self._read())
        except (FetchError, DataUnreadableError, JsonRefusedError):
            found = {}
        self._tried_at = self._clock()  # a read that was cut short was no try
        if found:
            self._keys, self._read_at = found, self._clock()


def _public_keys(body: bytes) -> dict[str | None, Mapping[str, Any]]:
    """The keys of a set that check signatures; secrets and keys for encryption are not among them."""
    document = read_json(body)
    listed = document.get("keys") if is_object(document) else None
    usable = [key for key in (listed if is_list(listed) else [])[:KEYS_MAX] if is_object(key)]
    return {
        key_id if isinstance(key_id := key.get("kid"), str) else None: key
        for key in usable
        if key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig"
    }


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """Accepts the tokens that one issuer made for this server.

    Attributes:
        tenant_claim: whose value budgets belong to; the subject's own when None.
    """

    keys: IssuerKeys
    issuer: str
    audience: str
    algorithms: Sequence[str]
    tenant_claim: str | None = None

    async def verify(self, token: str) -> AccessToken | None:
        """Who a token is for and what it allows; None when it is not one of this issuer's for us, now.

        Raises:
            KeysUnavailableError: the issuer's keys cannot be had.
        """
        try:
            head = jwt.get_unverified_header(token)
            algorithm, key_id = head.get("alg"), head.get("kid")
            if not isinstance(algorithm, str) or algorithm not in self.algorithms or not isinstance(key_id, str | None):
                return None
            known = await self.keys.key(key_id)
            if known is None or known.get("alg", algorithm) != algorithm:
                return None
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(dict(known), algorithm).key,
                algorithms=[algorithm],
                issuer=self.issuer,
                audience=self.audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
        return self._accepted(token, claims)

    def _accepted(self, token: str, claims: Mapping[str, Any]) -> AccessToken | None:
        subject = claims["sub"]
        tenant = subject if self.tenant_claim is None else claims.get(self.tenant_claim)
        for name in (subject, tenant):
            if not isinstance(name, str) or not 0 < len(name) <= SUBJECT_CHARACTERS_MAX:
                return None
        client = claims.get("client_id", claims.get("azp"))
        return AccessToken(
            token=token,
            client_id=client if isinstance(client, str) else subject,
            scopes=_scopes(claims.get("scope", claims.get("scp"))),
            subject=subject,
            expires_at=int(claims["exp"]),
            claims={"iss": self.issuer, "tenant": tenant},
        )


def _scopes(said: object) -> list[str]:
    """Scopes as a text with spaces (RFC 8693) or as a list."""
    if isinstance(said, str):
        return said.split()
    return [each for each in said if isinstance(each, str)] if is_list(said) else []
