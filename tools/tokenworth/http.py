"""The one safe HTTP client: listed public https hosts, pinned addresses, capped bodies, deadlines, polite retries."""

from __future__ import annotations

import random
import re
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

import anyio
import anyio.to_thread
import httpx

from tokenworth._addresses import Endpoint, Resolve, is_loopback_address, is_public_address, resolve_by_dns
from tokenworth._bodies import read_capped, too_large
from tokenworth.context import Clock
from tokenworth.errors import (
    AddressRefusedError,
    ConnectionFailedError,
    DeadlineExceededError,
    FetchError,
    InvalidInputError,
    RedirectRefusedError,
    StatusRefusedError,
    UrlRefusedError,
)

__all__ = ["Fetched", "HttpClient", "HttpLimits", "HttpSeams", "NotModified", "Validators", "open_http_client"]

RETRYABLE_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
PRINTABLE: Final = re.compile(r"[!-\[\]-~]+")
TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE: Final = re.compile(r"[!-~](?:[\t -~]*[!-~])?")
SECONDS: Final = re.compile(r"[0-9]{1,9}")
# A name with many addresses may not turn one connection into dozens of slow ones.
ENDPOINTS_TRIED_MAX: Final = 3
# What the client decides itself: a caller who sets these would undo the pinning, the validators or the cap.
OWN_HEADERS: Final = frozenset(
    {"accept-encoding", "connection", "host", "if-modified-since", "if-none-match", "range", "transfer-encoding"}
)
LATER: Final = "Try again later"


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Every bound on a fetch.

    Attributes:
        body_bytes_max: on the wire and unpacked.
        overall_seconds: for one `get`, with its redirects, retries and waits.
        retry_seconds: the first backoff; each later one is twice as long, and a random share of it is waited.
        retry_after_seconds_max: the longest wait that a host may ask for; beyond it we give up at once.
    """

    body_bytes_max: int = 16 * 2**20
    redirects_max: int = 3
    attempts_max: int = 3
    requests_in_flight_max: int = 8
    requests_per_host_max: int = 4
    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    overall_seconds: float = 90.0
    retry_seconds: float = 0.5
    retry_after_seconds_max: float = 30.0


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class HttpSeams:
    """Where a test may put its own part; the defaults are the real ones.

    Attributes:
        trust: the certificates to trust; None for the usual public authorities (or `SSL_CERT_FILE`).
        share: a random number from 0 to 1 for each backoff.
        loopback: also connect to this machine's own loopback, and speak plain http there; never to other
            addresses that are not public. No setting turns this on, but for a proxy that its owner says is on this
            machine (`burn/providers/observe_budget.py`), and then for that host alone.
    """

    resolve: Resolve = resolve_by_dns
    trust: ssl.SSLContext | None = None
    clock: Clock = _now
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    share: Callable[[], float] = random.random
    loopback: bool = False


class Validators(NamedTuple):
    """What a kept copy knows about itself, sent so that the host can say it is still the current one."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole body, unpacked, as one host sent it; `validators` make the next fetch conditional."""

    body: bytes = field(repr=False)
    status: int
    validators: Validators
    content_type: str | None
    retrieved_at: datetime


@dataclass(frozen=True, slots=True)
class NotModified:
    """The copy that the validators described is still the current one."""

    validators: Validators
    retrieved_at: datetime


@dataclass(frozen=True, slots=True)
class _Target:
    """A URL that passed every check, in the parts that are sent; no other parser sees the text again."""

    scheme: str
    host: str
    port: int
    path: str
    text: str

    @property
    def authority(self) -> str:
        return self.host if self.port == _default_port(self.scheme) else f"{self.host}:{self.port}"


@dataclass(slots=True)
class _Flight:
    """One request under way, and everybody who waits for it."""

    landed: anyio.Event = field(default_factory=anyio.Event)
    outcome: Fetched | NotModified | FetchError | None = None


_FlightKey = tuple[str, Validators, tuple[tuple[str, str], ...]]


class HttpClient:
    """GETs from a fixed list of hosts; made by `open_http_client`."""

    def __init__(
        self, hosts: Collection[str], limits: HttpLimits, seams: HttpSeams, trust: ssl.SSLContext, stack: AsyncExitStack
    ) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._limits = limits
        self._seams = seams
        self._trust = trust
        self._stack = stack
        self._in_flight = anyio.Semaphore(limits.requests_in_flight_max)
        self._hosts_in_flight = {host: anyio.Semaphore(limits.requests_per_host_max) for host in self._hosts}
        self._transports: dict[str, httpx.AsyncHTTPTransport] = {}
        self._flights: dict[_FlightKey, _Flight] = {}

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, known: Validators | None = None
    ) -> Fetched | NotModified:
        """Fetch one document.

        Equal requests that overlap share one exchange. Headers go to the URL's own host only, since no other is
        ever followed to, and are never logged.

        Args:
            url: https, on a host of the list, without a user name.
            headers: such as `Authorization`.
            known: of the copy at hand; `NotModified` is answered only when this is given.

        Raises:
            FetchError: one of its kinds; all of them within `overall_seconds`.
            InvalidInputError: a header that cannot be sent, or that the client sets itself.
        """
        target = self._checked(url)
        sent = self._headers(target, headers or {}, known or Validators())
        key = (target.text, known or Validators(), tuple(sorted((headers or {}).items())))
        try:
            with anyio.fail_after(self._limits.overall_seconds):
                return await self._shared(key, target, sent)
        except TimeoutError:
            seconds = f"{self._limits.overall_seconds:g}"
            raise DeadlineExceededError(target.host, f"did not finish in {seconds} s", LATER) from None

    async def _shared(self, key: _FlightKey, target: _Target, headers: httpx.Headers) -> Fetched | NotModified:
        """Wait for an equal request under way, or be the one that others wait for."""
        while flight := self._flights.get(key):
            await flight.landed.wait()
            if isinstance(flight.outcome, FetchError):
                raise flight.outcome
            if flight.outcome is not None:
                return flight.outcome
            # Whoever led was cancelled; the first to notice leads anew.
        flight = self._flights[key] = _Flight()
        try:
            outcome = flight.outcome = await self._persistent(target, headers)
        except FetchError as error:
            flight.outcome = error
            raise
        finally:
            del self._flights[key]
            flight.landed.set()
        return outcome

    async def _persistent(self, target: _Target, headers: httpx.Headers) -> Fetched | NotModified:
        attempt = 1
        while True:
            try:
                async with self._hosts_in_flight[target.host], self._in_flight:
                    return await self._redirected(target, headers)
            except FetchError as error:
                if not error.retryable or attempt == self._limits.attempts_max:
                    raise
                wait_seconds = self._wait_seconds(error, attempt)
                if anyio.current_time() + wait_seconds >= anyio.current_effective_deadline():
                    raise
            await self._seams.sleep(wait_seconds)
            attempt += 1

    def _wait_seconds(self, error: FetchError, attempt: int) -> float:
        """As long as the host asked, or a random share of a doubling time; raises `error` if asked too much."""
        asked_seconds = error.retry_after_seconds
        if asked_seconds is None:
            return self._limits.retry_seconds * 2.0 ** (attempt - 1) * self._seams.share()
        if asked_seconds > self._limits.retry_after_seconds_max:
            raise error
        return asked_seconds

    async def _redirected(self, target: _Target, headers: httpx.Headers) -> Fetched | NotModified:
        for _ in range(self._limits.redirects_max + 1):
            response = await self._connected(target, headers)
            try:
                if response.status_code not in REDIRECTS:
                    return await self._read(target, headers, response)
                target = self._onward(target, response.headers.get("location"))
            except httpx.TimeoutException:
                raise DeadlineExceededError(target.host, "stalled while sending", LATER, retryable=True) from None
            except httpx.TransportError:
                raise ConnectionFailedError(target.host, "broke off while sending", LATER, retryable=True) from None
            finally:
                await response.aclose()
        raise RedirectRefusedError(target.host, "redirects without end", "Report it to the source")

    async def _connected(self, target: _Target, headers: httpx.Headers) -> httpx.Response:
        """The head of the answer, from the first of the host's addresses that takes a connection."""
        failure: FetchError | None = None
        for endpoint in (await self._endpoints(target))[:ENDPOINTS_TRIED_MAX]:
            try:
                return await self._sent(target, endpoint, headers)
            except httpx.ConnectTimeout:
                failure = DeadlineExceededError(target.host, "did not take the connection", LATER, retryable=True)
            except httpx.TimeoutException:
                raise DeadlineExceededError(target.host, "did not begin to answer", LATER, retryable=True) from None
            except httpx.ConnectError as error:
                if _is_certificate_fault(error):
                    raise ConnectionFailedError(
                        target.host, "showed a certificate that is not trusted", "Check who sits between"
                    ) from None
                failure = ConnectionFailedError(target.host, "could not be connected to", LATER, retryable=True)
            except httpx.TransportError:
                raise ConnectionFailedError(target.host, "broke off before answering", LATER, retryable=True) from None
        raise failure or ConnectionFailedError(target.host, "has no address", LATER, retryable=True)

    async def _sent(self, target: _Target, endpoint: Endpoint, headers: httpx.Headers) -> httpx.Response:
        """One request on a connection to exactly this address, under the host's own name and certificate."""
        limits = self._limits
        url = httpx.URL(
            scheme=target.scheme, host=endpoint.address, port=endpoint.port, raw_path=target.path.encode("ascii")
        )
        timeouts = {
            "connect": limits.connect_seconds,
            "read": limits.read_seconds,
            "write": limits.read_seconds,
            "pool": limits.read_seconds,
        }
        request = httpx.Request(
            "GET", url, headers=headers, extensions={"sni_hostname": target.host, "timeout": timeouts}
        )
        return await (await self._transport(target.host)).handle_async_request(request)

    async def _transport(self, host: str) -> httpx.AsyncHTTPTransport:
        """Each host has its own connections: hosts that share an address never share a certificate check."""
        transport = self._transports.get(host)
        if transport is None:
            limits = httpx.Limits(max_connections=self._limits.requests_per_host_max)
            transport = httpx.AsyncHTTPTransport(verify=self._trust, trust_env=False, limits=limits)
            self._transports[host] = transport
            self._stack.push_async_callback(transport.aclose)
        return transport

    async def _endpoints(self, target: _Target) -> list[Endpoint]:
        """Where the name leads now; one address out of bounds condemns them all."""
        try:
            endpoints = list(await self._seams.resolve(target.host, target.port))
        except OSError:
            raise ConnectionFailedError(target.host, "is not a name that resolves", LATER, retryable=True) from None
        if not all(self._may_connect(endpoint.address) for endpoint in endpoints):
            raise AddressRefusedError(target.host, "leads to an address that is not public", "Check the resolver")
        return endpoints

    def _may_connect(self, address: str) -> bool:
        return is_public_address(address) or (self._seams.loopback and is_loopback_address(address))

    async def _read(self, target: _Target, headers: httpx.Headers, response: httpx.Response) -> Fetched | NotModified:
        validators = Validators(
            _sendable(response.headers.get("etag")), _sendable(response.headers.get("last-modified"))
        )
        now = self._seams.clock()
        conditional = "if-none-match" in headers or "if-modified-since" in headers
        if response.status_code == 304 and conditional:
            return NotModified(validators, now)
        if response.status_code != 200:
            retry_after_seconds = _retry_after_seconds(response.headers.get("retry-after"), now)
            raise StatusRefusedError(
                target.host,
                response.status_code,
                LATER if response.status_code in RETRYABLE_STATUSES else "Check access and the source's notices",
                retryable=response.status_code in RETRYABLE_STATUSES,
                retry_after_seconds=retry_after_seconds,
            )
        declared_bytes = response.headers.get("content-length", "")
        if SECONDS.fullmatch(declared_bytes) and int(declared_bytes) > self._limits.body_bytes_max:
            raise too_large(target.host, self._limits.body_bytes_max)
        body = await read_capped(
            response.aiter_raw(),
            encoding=response.headers.get("content-encoding", "").strip().lower(),
            bytes_max=self._limits.body_bytes_max,
            host=target.host,
        )
        return Fetched(body, 200, validators, response.headers.get("content-type"), now)

    def _onward(self, target: _Target, location: str | None) -> _Target:
        """A redirect's target, which must be the same scheme, host and port."""
        try:
            onward = self._checked(urljoin(target.text, location or ""))
        except (UrlRefusedError, ValueError):
            onward = None
        if onward is None or (onward.scheme, onward.host, onward.port) != (target.scheme, target.host, target.port):
            raise RedirectRefusedError(target.host, "redirects to another host", "Report it to the source")
        return onward

    def _checked(self, url: str) -> _Target:
        try:
            parts = urlsplit(url)
            port = parts.port or _default_port(parts.scheme)
        except ValueError:
            raise UrlRefusedError("URL", "cannot be read", "Send an https URL") from None
        host = parts.hostname or ""
        if host not in self._hosts:
            raise UrlRefusedError("URL", "names a host that is not on the list", "Ask one of the known hosts")
        schemes = ("https", "http") if self._seams.loopback else ("https",)
        if parts.scheme not in schemes or (port != 443 and not self._seams.loopback):
            raise UrlRefusedError(host, "is asked for over something other than https", "Send an https URL")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if parts.username is not None or not PRINTABLE.fullmatch(path):
            raise UrlRefusedError(host, "is asked for with a user name or unescaped characters", "Escape the URL")
        return _Target(parts.scheme, host, port, path, parts._replace(fragment="").geturl())

    def _headers(self, target: _Target, extra: Mapping[str, str], known: Validators) -> httpx.Headers:
        for name, value in extra.items():
            if name.lower() in OWN_HEADERS or not TOKEN.fullmatch(name):
                raise InvalidInputError("headers", "one of the names is not for callers to set", "Leave it out")
            if not HEADER_VALUE.fullmatch(value):
                raise InvalidInputError("headers", "one of the values cannot be sent", "Send printable ASCII")
        headers = {
            "Host": target.authority,
            "User-Agent": "tokenworth",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
        }
        if known.etag is not None:
            headers["If-None-Match"] = known.etag
        if known.last_modified is not None:
            headers["If-Modified-Since"] = known.last_modified
        sent = httpx.Headers(headers)
        sent.update(dict(extra))
        return sent


@asynccontextmanager
async def open_http_client(
    hosts: Collection[str], *, limits: HttpLimits | None = None, seams: HttpSeams | None = None
) -> AsyncGenerator[HttpClient]:
    """A client for these hosts; its connections close with the block.

    Proxies named in the environment are not used: a proxy would resolve the name itself and undo the pinning.
    """
    seams = seams or HttpSeams()
    trust = seams.trust
    if trust is None:
        trust = await anyio.to_thread.run_sync(httpx.create_ssl_context)
    async with AsyncExitStack() as stack:
        yield HttpClient(hosts, limits or HttpLimits(), seams, trust, stack)


def _sendable(validator: str | None) -> str | None:
    """A validator that can be sent back as it came; others are worth nothing."""
    return validator if validator is not None and HEADER_VALUE.fullmatch(validator) else None


def _default_port(scheme: str) -> int:
    return 80 if scheme == "http" else 443


def _is_certificate_fault(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """A Retry-After in either of its forms (RFC 9110, 10.2.3) as seconds from now; None if absent or unreadable."""
    if value is None:
        return None
    if SECONDS.fullmatch(value.strip()):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
