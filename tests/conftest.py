"""What all tests share: services that some need, and a data folder that is nobody's own.

A test that lacks a service is left out and counted, or fails where all must be there. Mark a test `postgres`, `node`,
`chromium` or `haproxy`. With TOKENWORTH_REQUIRE_SERVICES=1, as in CI, nothing is left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from functools import cache

import pytest

NEEDS = {
    "postgres": "a PostgreSQL server",
    "node": "Node.js with npm",
    "chromium": "Chromium",
    "haproxy": "HAProxy",
}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
LEFT_OUT = "left out for want of "


@cache
def _is_there(service: str) -> bool:
    if service == "postgres":
        ready = shutil.which("pg_isready")
        return ready is not None and subprocess.run([ready, "--quiet"], check=False).returncode == 0
    if service == "node":
        return all(shutil.which(name) for name in ("node", "npm"))
    names = CHROMIUM_NAMES if service == "chromium" else (service,)
    return any(shutil.which(name) for name in names)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for service, needed in NEEDS.items():
        if item.get_closest_marker(service) is None or _is_there(service):
            continue
        if os.environ.get("TOKENWORTH_REQUIRE_SERVICES") == "1":
            pytest.fail(f"needs {needed}, and TOKENWORTH_REQUIRE_SERVICES=1 says it is there", pytrace=False)
        pytest.skip(f"{LEFT_OUT}{needed}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", ())]
    wanting = Counter(reason.partition(LEFT_OUT)[2] for reason in reasons if LEFT_OUT in reason)
    counted = ", ".join(f"{service} ({count})" for service, count in sorted(wanting.items())) or "nothing"
    terminalreporter.write_line(f"Tests left out for want of a service: {counted}.")


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
