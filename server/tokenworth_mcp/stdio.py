"""The stdio transport: one JSON-RPC message a line, every line answered, a clean end on EOF, SIGTERM or a lost client.

Ours rather than the SDK's, which drops a line it cannot parse (the client then waits for ever), reads in a thread that
no signal ends, and lets the first message fix the protocol era.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, aclosing, contextmanager, nullcontext
from typing import Final

import anyio
from anyio import to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import (
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)

from tokenworth.errors import InvalidInputError
from tokenworth_mcp.messages import MessageRefusedError, read_message
from tokenworth_mcp.sdk_compat import TableServer, answer_probe, is_probe
from tokenworth_mcp.shutdown import shutdown_asked
from tokenworth_mcp.strict_json import MESSAGE_BYTES_MAX

__all__ = ["run_stdio"]

CHUNK_BYTES: Final = 65_536
PIPE_BYTES: Final = 4_096
END_GRACE_SECONDS: Final = 5.0


def run_stdio(server: TableServer, around: AbstractAsyncContextManager[None] | None = None) -> None:
    """Serve one client over this process's stdin and stdout until it leaves or a signal asks us to end.

    What was asked is answered first, for a few seconds at most; a second signal ends it at once.

    Args:
        server: what answers.
        around: entered before the first message and left after the last answer.

    Raises:
        InvalidInputError: stdin or stdout is closed.
    """
    for name, stream in (("stdin", sys.stdin), ("stdout", sys.stdout)):
        if stream is None:
            raise InvalidInputError(name, "closed", "Start this from an MCP client, or use --http")
    if sys.stdin.isatty():
        sys.stderr.write("tokenworth: waiting for an MCP client on stdin; Ctrl-C ends\n")
    # Before the event loop opens anything: a closed descriptor's number would be taken and then written over.
    with _claimed_wire() as (read_fd, write_fd):
        anyio.run(_serve, server, read_fd, write_fd, around or nullcontext())


async def _serve(server: TableServer, read_fd: int, write_fd: int, around: AbstractAsyncContextManager[None]) -> None:
    wire = _Wire(server, read_fd, write_fd)
    async with around, anyio.create_task_group() as tasks:

        async def end_when_asked() -> None:
            await shutdown_asked()
            wire.read_no_more()
            await shutdown_asked()
            tasks.cancel_scope.cancel()

        tasks.start_soon(end_when_asked)
        await wire.serve()
        tasks.cancel_scope.cancel()


class _Wire:
    """One connection: what was asked and not yet answered, and whether the era is decided."""

    def __init__(self, server: TableServer, read_fd: int, write_fd: int) -> None:
        self._server = server
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._writing = anyio.Lock()
        self._unanswered: set[RequestId] = set()
        self._all_answered = anyio.Event()
        self._era_decided = False
        self._ending = False
        self._reading = anyio.CancelScope()

    async def serve(self) -> None:
        inbox_send, inbox = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        outbox, outbox_receive = anyio.create_memory_object_stream[SessionMessage](0)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._read, inbox_send)
                tasks.start_soon(self._write, outbox_receive)
                server = self._server.lowlevel
                await server.run(inbox, outbox, server.create_initialization_options())
        except* (BrokenPipeError, ConnectionResetError):
            pass  # the client is gone: an end like any other

    def read_no_more(self) -> None:
        """Take what arrives from now on for nothing, as if the client had closed its end."""
        self._ending = True
        self._reading.cancel()

    async def _read(self, inbox: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
        async with inbox, aclosing(_lines(self._next_chunk)) as lines:
            async for line in lines:
                if (message := await self._accept(line)) is not None:
                    await inbox.send(SessionMessage(message))
            # EOF ends the SDK's loop and cancels what it is doing; let what was asked be answered first, and streams
            # with their end.
            self._server.end_streams()
            with anyio.move_on_after(END_GRACE_SECONDS):
                while self._unanswered:
                    self._all_answered = anyio.Event()
                    await self._all_answered.wait()

    async def _next_chunk(self) -> bytes:
        with anyio.CancelScope() as self._reading:
            return b"" if self._ending else await _read_some(self._read_fd)
        return b""

    async def _write(self, outbox: MemoryObjectReceiveStream[SessionMessage]) -> None:
        async with outbox:
            async for outgoing in outbox:
                await self._send(outgoing.message)

    async def _accept(self, line: bytes) -> JSONRPCMessage | None:
        """The message on a line for the SDK's loop, or None when it was answered here."""
        try:
            message = read_message(line)
        except MessageRefusedError as refused:
            await self._send(refused.answer)
            return None
        if isinstance(message, JSONRPCRequest):
            if not self._era_decided and is_probe(message):
                await self._send((await answer_probe(self._server.lowlevel, message)).message)
                return None
            self._era_decided = True
            self._unanswered.add(message.id)
        elif isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
            self._settle((message.params or {}).get("requestId"))  # a cancelled request is never answered
        return message

    async def _send(self, message: JSONRPCMessage) -> None:
        text = message.model_dump_json(by_alias=True, exclude_unset=True)
        data = memoryview(text.encode() + b"\n")
        async with self._writing:
            while data:
                data = data[await _write_some(self._write_fd, data) :]
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            self._settle(message.id)

    def _settle(self, request_id: object) -> None:
        if isinstance(request_id, str | int):
            self._unanswered.discard(request_id)
        if not self._unanswered:
            self._all_answered.set()


async def _lines(next_chunk: Callable[[], Awaitable[bytes]]) -> AsyncGenerator[bytes]:
    """The lines that arrive; of one that is too long only the head, which no parser takes for JSON."""
    pending = bytearray()
    skipping = False
    while chunk := await next_chunk():
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            pending += part
            if not skipping and pending.strip():
                yield bytes(pending)
            pending.clear()
            skipping = False
        pending += rest
        if len(pending) > MESSAGE_BYTES_MAX:
            if not skipping:
                yield bytes(pending[: MESSAGE_BYTES_MAX + 1])
            skipping = True
            pending.clear()
    if pending.strip() and not skipping:
        yield bytes(pending)


async def _read_some(fd: int) -> bytes:
    """What has arrived, "" at the end. Waits in the event loop: no signal wakes a thread that waits in read(2)."""
    try:
        await anyio.wait_readable(fd)
    except OSError:  # a plain file, which is always ready, or Windows, which cannot wait for pipes
        return await to_thread.run_sync(os.read, fd, CHUNK_BYTES)
    return os.read(fd, CHUNK_BYTES)


async def _write_some(fd: int, data: memoryview) -> int:
    """Write what is taken without blocking; a pipe that can be written to takes this much at once (POSIX)."""
    try:
        await anyio.wait_writable(fd)
    except OSError:
        return await to_thread.run_sync(os.write, fd, data)
    return os.write(fd, data[:PIPE_BYTES])


@contextmanager
def _claimed_wire() -> Generator[tuple[int, int]]:
    """Private copies of stdin and stdout; meanwhile a stray print goes to stderr and a stray read finds nothing."""
    read_fd, write_fd = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        os.dup2(nothing, 0)
        os.dup2(nothing if sys.stderr is None else 2, 1)
        yield read_fd, write_fd
    finally:
        sys.stdout.flush()
        os.dup2(read_fd, 0)
        os.dup2(write_fd, 1)
        os.close(nothing)
