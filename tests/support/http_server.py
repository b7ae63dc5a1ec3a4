"""A real server on loopback that says exactly the bytes a test wants, well-behaved or not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tokenworth._addresses import Endpoint


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    target: str
    headers: dict[str, str]
    server_name: str | None


Answer = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """What a running server has seen; `resolve` leads every name to it."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    server_names: list[str | None] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        return [Endpoint("127.0.0.1", self.port)]

    @property
    def targets(self) -> list[str]:
        return [seen.target for seen in self.seen]


def head(status: int = 200, **headers: str | int) -> bytes:
    """A status line and headers; underscores in names become hyphens."""
    lines = [
        f"HTTP/1.1 {status} Some Words",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def reply(status: int = 200, body: bytes = b"", **headers: str | int) -> bytes:
    """A whole response."""
    return head(status, Content_Length=len(body), **headers) + body


def says(*responses: bytes) -> Answer:
    """Answers with these responses in turn, the last one for ever."""
    rest = list(responses)

    async def answer(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(rest.pop(0) if len(rest) > 1 else rest[0])

    return answer


def routes(table: dict[str, bytes | Answer]) -> Answer:
    """Answers by request target; anything else is 404."""

    async def answer(seen: Seen, writer: asyncio.StreamWriter) -> None:
        found = table.get(seen.target, reply(404))
        if isinstance(found, bytes):
            writer.write(found)
        else:
            await found(seen, writer)

    return answer


@asynccontextmanager
async def serving(answer: Answer, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Serve on a free loopback port until the block ends."""
    server = Server()
    handlers: set[asyncio.Task[None]] = set()
    name_of: dict[ssl.SSLObject, str | None] = {}

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.current_task())
        server.connections += 1
        name = name_of.get(writer.get_extra_info("ssl_object"))
        server.server_names.append(name)
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                start, *lines = request.decode("latin-1").rstrip().split("\r\n")
                headers = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
                server.seen.append(Seen(start.split(" ")[1], headers, name))
                await answer(server.seen[-1], writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError, ssl.SSLError):
            pass
        finally:
            handlers.discard(asyncio.current_task())
            writer.transport.abort()

    if tls is not None:
        tls.sni_callback = lambda made, name, _: name_of.__setitem__(made, name)
    listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for handler in list(handlers):
            handler.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
