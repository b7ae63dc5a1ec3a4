"""Every test, and every process that it starts, keeps its ledger in a folder of its own."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path_factory, monkeypatch):
    """What would be in the user's data folder is in an empty one."""
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.setenv("LOCALAPPDATA", str(folder))
    monkeypatch.delenv("TOKENWORTH_LEDGER", raising=False)
    monkeypatch.delenv("TOKENWORTH_BUDGET", raising=False)
