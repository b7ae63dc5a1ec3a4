"""Where log lines go (stderr, one each, plain or JSON), and what is in them: never arguments or the SDK's messages."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Literal

__all__ = ["LogFormat", "LogLevel", "configure_logging"]

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]

TEXT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
# At debug the SDK writes out whole messages, offers included; at info, a line for every call.
CAPPED_LOGGERS: Final = ("mcp", "asyncio", "uvicorn", "sse_starlette", "httpx", "opentelemetry")


class _TextLines(logging.Formatter):
    """A line; below it, of an exception, its place and its kind, since its text may quote what was sent."""

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - as logging has it
        """The lines under a record's own."""
        kind, _, place = ei
        return "".join(traceback.format_tb(place)) + (kind.__qualname__ if kind is not None else "")


class _JsonLines(logging.Formatter):
    """One JSON object a line; of an exception, its kind and its place, for the same reason."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__qualname__
            line["at"] = "".join(traceback.format_tb(record.exc_info[2]))
        return json.dumps(line, ensure_ascii=False)


def configure_logging(level: LogLevel, log_format: LogFormat = "text") -> None:
    """Log to stderr from this level up; other people's libraries only from warnings up.

    Nobody else configures it: the SDK's own way is kept from doing so, in `sdk_compat`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if log_format == "json" else _TextLines(TEXT))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in CAPPED_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
