"""Nothing that a test does, or a process that it starts, comes near the user's own data."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True, scope="session")
def own_data_folder(tmp_path_factory):
    """What would be in the user's data folder is in an empty one, and no ledger or budget is set."""
    folder = str(tmp_path_factory.mktemp("data"))
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("XDG_DATA_HOME", "LOCALAPPDATA", "HOME"):
            patch.setenv(variable, folder)
        for variable in ("TOKENWORTH_LEDGER", "TOKENWORTH_BUDGET"):
            patch.delenv(variable, raising=False)
        yield
