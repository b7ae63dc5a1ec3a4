"""A throw-away authority whose certificates the test servers show."""

from __future__ import annotations

import pytest
import trustme


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()
