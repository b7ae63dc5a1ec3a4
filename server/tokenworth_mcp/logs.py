"""Where log lines go (stderr, one plain line each) and what is in them: never arguments, never the SDK's messages."""

from __future__ import annotations

import logging
import sys
from typing import Final, Literal

__all__ = ["LogLevel", "configure_logging"]

LogLevel = Literal["debug", "info", "warning", "error"]

# At debug the SDK writes out whole messages, offers included; at info, a line for every call.
CAPPED_LOGGERS: Final = ("mcp", "asyncio", "uvicorn", "sse_starlette", "httpx")


def configure_logging(level: LogLevel) -> None:
    """Log to stderr from this level up; other people's libraries only from warnings up.

    Called before the server is built: the SDK's constructor configures logging itself when nobody has.
    """
    logging.basicConfig(
        stream=sys.stderr, level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    for name in CAPPED_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
