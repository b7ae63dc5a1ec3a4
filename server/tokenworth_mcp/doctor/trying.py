"""Starts the command that a client would start, or asks the address that it would ask, and says whether we answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import anyio
from anyio import ClosedResourceError, EndOfStream
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from tokenworth import __version__
from tokenworth_mcp.clients import SERVER_NAME
from tokenworth_mcp.doctor.client_configs import Named
from tokenworth_mcp.doctor.findings import Finding, fix, good, note
from tokenworth_mcp.strict_json import is_object

__all__ = ["try_named"]

# A first `uvx` downloads and installs before it starts.
START_SECONDS_MAX: Final = 60.0
END_SECONDS_MAX: Final = 5.0
ANSWER_SECONDS_MAX: Final = 10.0
LINE_BYTES_MAX: Final = 1_000_000
STATUS_OK: Final = 200
GREETING: Final = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "tokenworth-doctor", "version": __version__},
    },
}


async def try_named(named: Named, environment: Mapping[str, str]) -> Finding:
    """Whether a client's entry leads to this server."""
    check = f"client {named.client.title}"
    if named.has_blanks:
        return note(check, "names us; not tried, as only the client can fill in its ${...}", place=named.file)
    if named.url is not None:
        return await _ask(check, named, named.url)
    if named.command is None:
        return fix(check, "names us without a command", f"Write: {named.client.snippet()}", named.file)
    path = named.environment.get("PATH", environment.get("PATH", os.defpath))
    if shutil.which(named.command, path=path) is None:
        return fix(
            check,
            "its command is not found",
            "Install it (for uvx: https://docs.astral.sh/uv), or write the command with its whole path",
            named.file,
        )
    return await _start(check, named, {**environment, **named.environment})


async def _start(check: str, named: Named, environment: Mapping[str, str]) -> Finding:
    command = [str(named.command), *named.arguments]
    try:
        process = await anyio.open_process(command, stderr=subprocess.PIPE, env=environment)
    except OSError:
        return fix(check, "its command cannot be started", "Correct the command", named.file)
    said = _Said()
    async with process:
        try:
            with anyio.move_on_after(START_SECONDS_MAX):
                await said.hear(process)
            await _end(process)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
    if said.answer is not None:
        return _judged(check, named, said.answer)
    because = f": {said.complaint}" if said.complaint else ""
    return fix(check, f"its command does not answer{because}", "Run the command in a shell to see why", named.file)


class _Said:
    """What a started command said: its first line on stdout, and our own last complaint on stderr."""

    def __init__(self) -> None:
        self.answer: str | None = None
        self.complaint = ""

    async def hear(self, process: Process) -> None:
        """Greet it and wait for its answer, or for its end."""
        stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
        if stdin is None or stdout is None or stderr is None:
            return
        async with anyio.create_task_group() as tasks:

            async def complain() -> None:
                async for chunk in stderr:
                    for line in chunk.decode("utf-8", "replace").splitlines():
                        if line.startswith(f"{SERVER_NAME}: "):  # ours name no path and no secret; others' may
                            self.complaint = line.removeprefix(f"{SERVER_NAME}: ")

            tasks.start_soon(complain)
            with suppress(BrokenPipeError, ConnectionError, anyio.BrokenResourceError, ClosedResourceError):
                await stdin.send(json.dumps(GREETING).encode() + b"\n")
            with suppress(EndOfStream, anyio.IncompleteRead, anyio.DelimiterNotFound):
                line = await BufferedByteReceiveStream(stdout).receive_until(b"\n", LINE_BYTES_MAX)
                self.answer = line.decode("utf-8", "replace")
                tasks.cancel_scope.cancel()


async def _end(process: Process) -> None:
    """Hang up as a client does, and give it a moment."""
    if process.stdin is not None:
        await process.stdin.aclose()
    with anyio.move_on_after(END_SECONDS_MAX):
        await process.wait()


async def _ask(check: str, named: Named, url: str) -> Finding:
    import httpx  # noqa: PLC0415 - only entries with an address need it

    accepts = {"accept": "application/json, text/event-stream"}
    try:
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS_MAX, follow_redirects=False, trust_env=False) as client:
            response = await client.post(url, json=GREETING, headers={**accepts, **named.headers})
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return fix(check, "its address does not answer", "Start the server there, or correct the address", named.file)
    if response.status_code in (401, 403):
        return fix(
            check, f"its address refuses us ({response.status_code})", "Correct the token in its headers", named.file
        )
    if response.status_code != STATUS_OK:
        return fix(check, f"its address answers {response.status_code}", "Correct the address", named.file)
    return _judged(check, named, response.text)


def _judged(check: str, named: Named, answer: str) -> Finding:
    try:
        message: Any = json.loads(answer)
    except ValueError:
        message = None
    result = message.get("result") if is_object(message) else None
    server = result.get("serverInfo") if is_object(result) else None
    if not is_object(server) or server.get("name") != SERVER_NAME:
        return fix(check, "what it starts is not this server", f"Write: {named.client.snippet()}", named.file)
    if server.get("version") != __version__:
        return note(check, f"works, with another version than this one's {__version__}", place=named.file)
    return good(check, "works", named.file)
