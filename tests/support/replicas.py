"""Replicas of the server as processes, one PostgreSQL schema behind them, and HAProxy with our settings before them."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import httpx

from tokenworth_mcp.auth_tokens import new_token, write_tokens
from tokenworth_mcp.scopes import SCOPES

POSTGRES = os.environ.get("TOKENWORTH_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")
BALANCER = Path(__file__).parents[2] / "deploy" / "haproxy" / "balancer.cfg"
DRAIN_SECONDS = 1
START_SECONDS_MAX = 60
TENANT = "crew"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Replica:
    """One server process on a port that it keeps when it is started again."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.port = free_port()
        self._variables = {**os.environ, **variables, "TOKENWORTH_DRAIN_SECONDS": str(DRAIN_SECONDS)}
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tokenworth_mcp", "serve", "--http", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=self._variables)

    def wait_until_serving(self) -> None:
        first = self.process.stderr.readline().decode()
        assert "serving MCP at" in first, first

    def kill(self) -> None:
        """Without warning, as the kernel does when memory is short."""
        self.process.kill()
        self.process.communicate()

    def end(self) -> bytes:
        """Ask it to end, wait until it has, and return what it logged."""
        self.process.send_signal(signal.SIGTERM)
        _, logged = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, logged
        return logged

    def memory_bytes(self) -> int:
        """What it keeps of the machine's memory."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


class Cluster:
    """Replicas, their balancer's address, their ledger, and the token of `TENANT` that they let in."""

    def __init__(self, folder: Path, count: int = 3) -> None:
        self.schema = f"replicas_{secrets.token_hex(6)}"
        self.ledger = f"{POSTGRES}?search_path={self.schema}"
        asyncio.run(self._execute(f"CREATE SCHEMA {self.schema}"))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/mcp"
        self.token, kept = new_token("agents", SCOPES[:-1], tenant=TENANT)
        write_tokens(folder / "tokens.toml", [kept])
        variables = {
            "TOKENWORTH_LEDGER": self.ledger,
            "TOKENWORTH_TOKENS_FILE": str(folder / "tokens.toml"),
            "TOKENWORTH_ALLOWED_HOSTS": f"127.0.0.1:{port}",
            "TOKENWORTH_CALLER_REQUESTS_PER_SECOND": "10000",
            "TOKENWORTH_CALLER_BURST": "10000",
            "TOKENWORTH_REQUEST_STATE_KEY": secrets.token_hex(32),
        }
        self.replicas = [Replica(variables) for _ in range(count)]
        try:
            for replica in self.replicas:
                replica.wait_until_serving()
        except BaseException:
            for replica in self.replicas:
                replica.kill()
            raise
        servers = folder / "servers.cfg"
        servers.write_text(self._servers())
        self._balancer = subprocess.Popen(
            ["haproxy", "-db", "-f", str(BALANCER), "-f", str(servers)],
            env={**os.environ, "BALANCER_BIND": f"127.0.0.1:{port}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.wait_until_all_serve()

    def _servers(self) -> str:
        names = [f"127.0.0.1:{replica.port}" for replica in self.replicas]
        lines = ["backend replicas", "  http-response set-header x-served-by %s"]
        return "\n".join([*lines, *(f"  server {name} {name}" for name in names)]) + "\n"

    def wait_until_all_serve(self) -> None:
        """Until the balancer sends requests to every replica."""
        wanted = {f"127.0.0.1:{replica.port}" for replica in self.replicas}
        ready = self.url.replace("/mcp", "/readyz")
        with httpx.Client() as client:
            for _ in range(START_SECONDS_MAX * 20):
                seen = set()
                for _ in range(2 * len(wanted)):
                    try:
                        seen.add(client.get(ready).headers.get("x-served-by"))
                    except httpx.TransportError:
                        break
                if seen >= wanted:
                    return
                assert self._balancer.poll() is None, self._balancer.stdout.read().decode()
                try:
                    self._balancer.wait(0.05)
                except subprocess.TimeoutExpired:
                    continue
        message = f"not all replicas serve: {seen} of {wanted}"
        raise AssertionError(message)

    def end(self) -> list[bytes]:
        """End everything, and return what each replica logged."""
        self._balancer.terminate()
        self._balancer.communicate()
        logged = [replica.end() for replica in self.replicas]
        asyncio.run(self._execute(f"DROP SCHEMA {self.schema} CASCADE"))
        return logged

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(POSTGRES)
        await connection.execute(statement)
        await connection.close()


@contextmanager
def running(folder: Path):
    """A cluster until the block ends; nothing that a replica logged may be a traceback."""
    cluster = Cluster(folder)
    try:
        yield cluster
    finally:
        logged = cluster.end()
    assert not any(b"Traceback" in each for each in logged), logged


class Unanswered(Exception):  # noqa: N818 - not a fault: a client meets it and asks again
    """No answer came that says what was done."""


class Caller:
    """A client that keeps no session: each call is one request, to whichever replica."""

    def __init__(self, cluster: Cluster, connections: int = 100) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        headers = {
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
            "authorization": f"Bearer {cluster.token}",
        }
        self._url = cluster.url
        self._client = httpx.AsyncClient(headers=headers, limits=limits, timeout=60)
        self.served_by: set[str] = set()

    async def __aenter__(self):
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *raised):
        await self._client.__aexit__(*raised)

    async def call(self, tool: str, **arguments) -> dict:
        """One call's structured answer.

        Raises:
            Unanswered: the request was lost, or the ledger does not know whether it was done.
        """
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        try:
            response = await self._client.post(self._url, json=message)
        except httpx.TransportError as error:
            raise Unanswered(type(error).__name__) from error
        if response.status_code >= 500:
            raise Unanswered(str(response.status_code))
        assert response.status_code == 200, response.text
        self.served_by.add(response.headers["x-served-by"])
        result = response.json()["result"]
        if result.get("isError"):
            raise Unanswered(result["content"][0]["text"])
        return result["structuredContent"]

    async def call_until_answered(self, tool: str, **arguments) -> tuple[dict, int]:
        """The answer, and how often the same request was sent again for it."""
        for again in range(200):
            try:
                return await self.call(tool, **arguments), again
            except Unanswered:
                await asyncio.sleep(0.05)
        message = f"{tool} was never answered"
        raise AssertionError(message)
