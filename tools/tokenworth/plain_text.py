"""Text that shows what it is: no control characters, nothing invisible, nothing that turns the reading order around.

Names that people send and texts that we fetched end up in front of a person and a language model. What is invisible to
the one is an instruction to the other (tag characters spell whole sentences), an escape sequence repaints a terminal,
and a bidirectional override makes a file name or an amount read as another.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, cast

__all__ = ["plain_text", "plain_values"]

# An escape sequence goes as a whole: CSI, OSC up to its end, or ESC with one character.
ESCAPE: Final = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -~]?"
# Unicode: Cc but tab and newline; Cf, which has the bidirectional controls, the byte-order mark and the tags;
# default-ignorable letters and fillers; variation selectors; line separators; surrogates; private use.
UNSEEN: Final = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0d\ufeff"
    r"\uffa0\ufff0-\uffff\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U0010ffff"
)
# Joiners are spelling in Persian and Hindi and build emoji, one at a time and between what is seen; the presentation
# selectors follow a symbol.
SEEN: Final = rf"[^\x00-\xbf{UNSEEN}\u200c\u200d]"
JOINER: Final = rf"(?<!{SEEN})[\u200c\u200d]|[\u200c\u200d](?!{SEEN})"
SELECTOR: Final = r"(?<![#*0-9\xa9\xae\u203c-\u27ff\u2900-\u32ff\U0001f000-\U0001faff])[\ufe0e\ufe0f]"
HIDDEN: Final = f"{ESCAPE}|[{UNSEEN}]|{JOINER}|{SELECTOR}"
# Most texts have none of it, and one class of characters is looked for thirty times faster than all of the above.
SUSPECT: Final = rf"[{UNSEEN}\u200c\u200d\ufe0e\ufe0f]"


def plain_text(text: str) -> str:
    """The text without what cannot be seen; tabs and newlines stay."""
    if (text.isascii() and text.isprintable()) or _compiled(SUSPECT).search(text) is None:
        return text
    return _compiled(HIDDEN).sub("", text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # Five milliseconds, for which no server that is only started should wait.
    return re.compile(pattern)


def plain_values(members: dict[str, Any]) -> dict[str, Any]:
    """A JSON object whose texts and names are plain, all the way down."""
    return {plain_text(name): _plain(value) for name, value in members.items()}


def _plain(value: object) -> object:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, dict):
        return plain_values(cast("dict[str, Any]", value))
    if isinstance(value, list):
        return [_plain(inner) for inner in cast("list[object]", value)]
    return value
