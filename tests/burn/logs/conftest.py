"""A history of its own for every test, and a look at a home through it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC

import pytest

from tokenworth.burn.logs.history import History
from tokenworth.burn.logs.report import rows
from tokenworth.burn.logs.scan import scan
from tokenworth.prices.first_use import PricesOnFirstUse


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture(scope="session")
def prices(tmp_path_factory):
    nothing_refreshed = tmp_path_factory.mktemp("prices")
    return PricesOnFirstUse(lambda: nothing_refreshed)


@pytest.fixture
def look(tmp_path, prices):
    """Reads what is new in a home, and gives the rows of its history."""

    def looked(home, by=("day", "model"), *, name="history", zone=UTC, environment=None, agents=("claude", "codex")):
        with closing(History(tmp_path / f"{name}.sqlite3")) as history:
            looked.scanned = scan(history, prices, str(home), environment or {}, agents)
            return rows(history, by, zone)

    return looked
