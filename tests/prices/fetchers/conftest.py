"""Nothing under test may block the event loop."""

from __future__ import annotations

import pytest
from blockbuster import blockbuster_ctx


@pytest.fixture(autouse=True)
def _no_blocking_calls():
    with blockbuster_ctx("tokenworth"):
        yield
