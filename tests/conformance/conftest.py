"""The shipped server for outside tools: a process on a port, and the command that starts one on pipes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.processes import HttpServer


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where every server of these tests keeps budgets."""
    return str(tmp_path_factory.mktemp("ledger") / "ledger.sqlite3")


@pytest.fixture(scope="session")
def http_server(ledger: str) -> Iterator[HttpServer]:
    """A server that all of these tests share."""
    server = HttpServer(TOKENWORTH_LEDGER=ledger)
    yield server
    server.end()


@pytest.fixture(scope="session")
def http_url(http_server: HttpServer) -> str:
    """Its address."""
    return http_server.url
