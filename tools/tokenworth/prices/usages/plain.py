"""Plain counts, as people plan a task: every token is named once, so `input_tokens` are those that no cache held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tokenworth.prices.observations import METERS, Meter
from tokenworth.prices.usages.counts import Counts, whole

__all__ = ["METER_OF", "read"]

NAMED: Final[dict[str, Meter]] = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_tokens": "cache_read",
    "cache_write_tokens": "cache_write_5m",
    "cache_write_5m_tokens": "cache_write_5m",
    "cache_write_1h_tokens": "cache_write_1h",
    "reasoning_tokens": "reasoning",
    "input_audio_tokens": "input_audio",
    "output_audio_tokens": "output_audio",
    "cache_read_audio_tokens": "cache_read_audio",
    "input_image_tokens": "input_image",
    "output_image_tokens": "output_image",
    "input_video_tokens": "input_video",
    "web_searches": "web_search",
    "file_searches": "file_search",
    "requests": "request",
    "images": "image",
    "pages": "page",
    "input_seconds": "input_second",
    "output_seconds": "output_second",
    "input_characters": "input_character",
    "output_characters": "output_character",
}
METER_OF: Final[dict[str, Meter]] = {**{meter: meter for meter in METERS}, **NAMED}
SENT: Final = frozenset(meter for meter in METERS if meter.startswith(("input", "cache")) and "_second" not in meter)


def read(usage: Mapping[str, Any]) -> Counts:
    """Counts by our own names: `{"input_tokens": 1000, "cache_read_tokens": 5000, "output_tokens": 200}`.

    Raises:
        InvalidInputError: a count that is none.
    """
    units: dict[Meter, int] = {}
    for name, meter in METER_OF.items():
        if name in usage and (count := whole(usage, name)):
            units[meter] = units.get(meter, 0) + count
    prompt = sum(count for meter, count in units.items() if meter in SENT and meter != "input_character")
    return Counts(units, prompt)
