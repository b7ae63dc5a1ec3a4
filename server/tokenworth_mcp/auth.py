"""Who calls over HTTP: bearer tokens in the one header, challenges that say what to ask for, and callers' contexts."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import anyio
from mcp.server.auth.middleware.auth_context import auth_context_var, get_access_token
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tokenworth.burn.ledger.tenancy import escaped
from tokenworth.context import Caller, Context
from tokenworth.errors import InvalidInputError, NotAllowedError
from tokenworth.wiring import context_of_caller
from tokenworth_mcp.admission import ADMISSION
from tokenworth_mcp.auth_jwt import LEEWAY_SECONDS, IssuedTokens, IssuerKeys, KeysUnavailableError, keys_reader
from tokenworth_mcp.auth_tokens import TOKEN_PREFIX, TokenFile, read_tokens
from tokenworth_mcp.scopes import ADMIN_SCOPE
from tokenworth_mcp.settings import Settings

__all__ = ["METADATA_PATH", "Authority", "BearerGate", "CallerContexts", "authority_of"]

METADATA_PATH: Final = "/.well-known/oauth-protected-resource"
TOKEN_CHARACTERS_MAX: Final = 8_192
RETRY_SECONDS: Final = 15
# A token in the file may be revoked at any moment, which costs little to see; a JWT ends when it says, or with its key.
STATIC_AGAIN_SECONDS: Final = 1.0
ISSUED_AGAIN_SECONDS: Final = 60.0
AGAIN_SECONDS_MIN: Final = 0.05
OWN_BUDGET_CHARACTERS_MAX: Final = 128


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose tokens are accepted, and what callers without one are told.

    Attributes:
        scopes: what a token should allow to use what is offered.
        resource: the endpoint's public address; None where only static tokens are accepted.
    """

    issued: IssuedTokens | None
    static: TokenFile | None
    scopes: tuple[str, ...]
    resource: str | None = None

    async def verify(self, token: str) -> AccessToken | None:
        """Who a token is for and what it allows; None when it is not accepted.

        Raises:
            KeysUnavailableError: the issuer's keys cannot be had.
        """
        if len(token) > TOKEN_CHARACTERS_MAX or not token.isascii():
            return None
        if self.static is not None and token.startswith(TOKEN_PREFIX):
            return await self.static.verify(token)
        return None if self.issued is None else await self.issued.verify(token)

    async def dismissed(self, accepted: AccessToken) -> None:
        """Return once a token that was accepted no longer is, or allows something else, or cannot be checked."""
        again: AccessToken | None = accepted
        while again == accepted:
            seconds = STATIC_AGAIN_SECONDS if accepted.token.startswith(TOKEN_PREFIX) else ISSUED_AGAIN_SECONDS
            if accepted.expires_at is not None:
                seconds = min(seconds, accepted.expires_at + LEEWAY_SECONDS - time.time())
            await anyio.sleep(max(seconds, AGAIN_SECONDS_MIN))
            try:
                again = await self.verify(accepted.token)
            except KeysUnavailableError:
                return

    @property
    def metadata_url(self) -> str | None:
        """Where the resource's metadata is (RFC 9728, section 3.1)."""
        if self.resource is None:
            return None
        parts = urlsplit(self.resource)
        return f"{parts.scheme}://{parts.netloc}{METADATA_PATH}{parts.path.removesuffix('/')}"

    async def metadata(self) -> Response:
        """The resource's metadata; none where no issuer is set."""
        if self.resource is None or self.issued is None:
            return Response(status_code=404)
        document = {
            "resource": self.resource,
            "authorization_servers": [self.issued.issuer],
            "scopes_supported": [*self.scopes, ADMIN_SCOPE],
            "bearer_methods_supported": ["header"],
            "resource_name": "Tokenworth",
        }
        return JSONResponse(document, headers={"Cache-Control": "max-age=3600", "Access-Control-Allow-Origin": "*"})

    def challenge(self, status: int, error: str | None, scopes: Collection[str], description: str) -> Response:
        """A 401 or 403 that says what token would do (RFC 6750, section 3)."""
        said = {"error": error, "scope": " ".join(scopes), "resource_metadata": self.metadata_url}
        parts = ", ".join(f'{name}="{value}"' for name, value in said.items() if value)
        body = {"error": error or "unauthorized", "error_description": description}
        return JSONResponse(body, status, headers={"WWW-Authenticate": f"Bearer {parts}"})


def authority_of(settings: Settings, scopes: tuple[str, ...]) -> Authority | None:
    """Whose tokens the settings accept; None when nobody has to authenticate.

    Raises:
        InvalidInputError: an issuer without its keys or without the address its tokens are for.
        DataUnreadableError: the file of tokens cannot be read.
    """
    issued = _issued_of(settings)
    static = None
    if settings.tokens_file is not None:
        path = settings.tokens_file.expanduser()
        read_tokens(path)
        static = TokenFile(path)
    if issued is None and static is None:
        return None
    return Authority(issued, static, scopes, settings.public_url if issued is not None else None)


def _issued_of(settings: Settings) -> IssuedTokens | None:
    if settings.auth_issuer is None:
        return None
    if settings.auth_jwks is None or settings.public_url is None:
        missing = "auth_jwks" if settings.auth_jwks is None else "public_url"
        raise InvalidInputError(
            f"settings: {missing}",
            "missing, and auth_issuer is set",
            "Set auth_jwks to the issuer's keys and public_url to the address that clients use for the endpoint",
        )
    if "://" in settings.auth_jwks and not settings.auth_jwks.startswith("https://"):
        raise InvalidInputError("settings: auth_jwks", "not an https address", "Send an https address, or a file")
    return IssuedTokens(
        keys=IssuerKeys(keys_reader(settings.auth_jwks)),
        issuer=settings.auth_issuer,
        audience=settings.auth_audience or settings.public_url,
        algorithms=settings.auth_algorithms,
        tenant_claim=settings.auth_tenant_claim,
    )


class BearerGate:
    """Lets nobody to the tools without a token that is accepted, and says who it was to what comes after.

    A token anywhere but in the header is no token; it goes no further than here.
    """

    def __init__(self, app: ASGIApp, authority: Authority) -> None:
        self._app = app
        self._authority = authority

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an ASGI request with a challenge, or pass it on as its caller's."""
        token = _bearer(scope)
        authority = self._authority
        if token is None:
            answer = authority.challenge(401, None, authority.scopes, "Send a token in the Authorization header")
            await answer(scope, receive, send)
            return
        try:
            accepted = await authority.verify(token)
        except KeysUnavailableError:
            answer = Response("Tokens cannot be checked now", 503, {"Retry-After": str(RETRY_SECONDS)})
            await answer(scope, receive, send)
            return
        if accepted is None:
            answer = authority.challenge(401, "invalid_token", authority.scopes, "The token is not accepted")
            await answer(scope, receive, send)
            return
        user = AuthenticatedUser(accepted)
        before = auth_context_var.set(user)
        admitted_before = ADMISSION.set(partial(authority.dismissed, accepted))
        try:
            await self._app({**scope, "user": user}, receive, send)
        finally:
            ADMISSION.reset(admitted_before)
            auth_context_var.reset(before)


def _bearer(scope: Scope) -> str | None:
    sent = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(sent) != 1:
        return None
    kind, _, token = sent[0].decode("latin-1").partition(" ")
    return token.strip() or None if kind.lower() == "bearer" else None


@dataclass(frozen=True, slots=True)
class CallerContexts:
    """What the request at hand may use: the shared context, with its caller's own budgets in place of all."""

    shared: Context

    def __call__(self) -> Context:
        """The context of whoever sent the request at hand.

        Raises:
            NotAllowedError: nobody was let in, which the gate does not do.
        """
        token = get_access_token()
        claims: Mapping[str, object] = {} if token is None or token.claims is None else token.claims
        tenant = claims.get("tenant")
        if token is None or token.subject is None or not isinstance(tenant, str):
            raise NotAllowedError("who asks is not known. Send a token in the Authorization header")
        own = escaped(token.subject)[:OWN_BUDGET_CHARACTERS_MAX]
        return context_of_caller(self.shared, Caller(own, ADMIN_SCOPE in token.scopes, tenant))
