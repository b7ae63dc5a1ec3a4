"""Nothing under test may block the event loop."""

from __future__ import annotations

import keyring
import keyring.backend
import keyring.errors
import pytest
from blockbuster import blockbuster_ctx


@pytest.fixture(autouse=True)
def _no_blocking_calls():
    with blockbuster_ctx("tokenworth.burn.providers"):
        yield


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A store of one test's own, of the kind that desktops bring along."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service, username):
        if self.locked:
            raise keyring.errors.KeyringLocked
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password


@pytest.fixture(autouse=True)
def memory_keyring():
    """The keyring in use, so that nobody's own is asked."""
    before = keyring.get_keyring()
    keyring.set_keyring(made := MemoryKeyring())
    yield made
    keyring.set_keyring(before)
