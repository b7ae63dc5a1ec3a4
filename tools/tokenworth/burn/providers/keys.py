"""Where a provider's key comes from: the environment, or the system's keyring; it is never printed, logged or kept."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import anyio.to_thread
from pydantic import SecretStr

from tokenworth.errors import InvalidInputError, NotAllowedError

__all__ = ["KEYRING_SERVICE", "find_key"]

KEYRING_SERVICE: Final = "tokenworth"


async def find_key(variable: str, environment: Mapping[str, str]) -> SecretStr:
    """The key under a name.

    Args:
        variable: the environment variable; in the keyring, the user name of the service "tokenworth".
        environment: the variables that are set.

    Raises:
        InvalidInputError: it is in neither, or cannot be sent.
        NotAllowedError: the keyring is locked.
    """
    key = environment.get(variable, "").strip()
    if not key:
        key = (await anyio.to_thread.run_sync(_in_keyring, variable) or "").strip()
    if not key:
        raise InvalidInputError(
            variable,
            "no key is set",
            f"Set the environment variable, or install the extra `keyring` and run: keyring set {KEYRING_SERVICE} "
            f"{variable}",
        )
    if not key.isascii() or not key.isprintable():
        raise InvalidInputError(variable, "holds characters that no key has", "Set the key alone, on one line")
    return SecretStr(key)


def _in_keyring(variable: str) -> str | None:
    """The keyring's entry; None where there is none, or no keyring."""
    if find_spec("keyring") is None:
        return None
    keyring, errors = import_module("keyring"), import_module("keyring.errors")
    try:
        found = keyring.get_password(KEYRING_SERVICE, variable)
    except errors.NoKeyringError:
        return None
    except errors.KeyringError:
        raise NotAllowedError(
            f"{variable}: the keyring gives nothing out now. Unlock it, or set the variable"
        ) from None
    return found if isinstance(found, str) else None
