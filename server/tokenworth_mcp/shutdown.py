"""How every transport is asked to end: SIGTERM or SIGINT, answered with a clean exit."""

from __future__ import annotations

import signal
import sys

import anyio

__all__ = ["shutdown_asked"]


async def shutdown_asked() -> None:
    """Return once a signal asks this process to end."""
    if sys.platform == "win32":  # its event loop takes no signal handlers; there the process is simply ended
        await anyio.sleep_forever()
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            return
