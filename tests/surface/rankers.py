"""How a tool is found by what somebody says, over names and descriptions alone: by words (BM25), by meaning (MiniLM),
and by both, with reciprocal ranks added (Cormack, Clarke and Buettcher, 2009).

A client spells a tool in its index as it likes and cuts words as it likes, so the usual ways are measured: `SPELLINGS`
and `WORDS`.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import bm25s
import Stemmer

from surface.sentence_vectors import Array, SentenceVectors
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.snapshots import read_listing

__all__ = [
    "FIRST_SPELLING",
    "NAMES",
    "SPELLINGS",
    "WORDS",
    "Asked",
    "asked",
    "confusions",
    "cut_words",
    "rank_by_both",
    "rank_by_meaning",
    "rank_by_words",
    "sentence_vectors",
    "share_right",
]

PROMPTS = Path(__file__).parents[2] / "fixtures" / "prompts"
# Added to every rank, so that a first place is worth less than twice a second.
RANK_OFFSET = 5
NAMES = tuple(entry.name for entry in TOOLS)
# The text of a tool in an index, from its name, title and description.
SPELLINGS: Final[dict[str, Callable[[str, str, str], str]]] = {
    "name as words, description": lambda name, _, description: f"{name.replace('_', ' ')}. {description}",
    "name: description": lambda name, _, description: f"{name}: {description}",
    "name, title, description": lambda name, title, description: f"{name}\n{title}\n{description}",
    "description alone": lambda _name, _title, description: description,
}
FIRST_SPELLING = next(iter(SPELLINGS))
# What counts as a word to BM25, and as the same word.
WORDS: Final[dict[str, dict[str, Any]]] = {
    "stems, no stop words": {"stopwords": "en", "stemmer": Stemmer.Stemmer("english")},
    "stems": {"stopwords": None, "stemmer": Stemmer.Stemmer("english")},
    "no stop words": {"stopwords": "en"},
    "every word as it stands": {"stopwords": None},
}
FIRST_WORDS = next(iter(WORDS))


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody says, the tools that answer it, and those that must not be picked."""

    text: str
    pick: tuple[str, ...]
    never: tuple[str, ...]


def asked(name: str) -> list[Asked]:
    """The prompts of a file, in its order."""
    prompts = tomllib.loads((PROMPTS / f"{name}.toml").read_text(encoding="utf-8"))["prompt"]
    return [Asked(each["text"], tuple(each["pick"]), tuple(each["never"])) for each in prompts]


def rank_by_words(texts: Sequence[str], spelling: str = FIRST_SPELLING, words: str = FIRST_WORDS) -> list[list[str]]:
    """All tools for each text, best first, by BM25 (Robertson and Zaragoza, 2009)."""

    def cut(those: Sequence[str]) -> Any:
        return bm25s.tokenize(list(those), **WORDS[words], show_progress=False)

    index = bm25s.BM25()
    index.index(cut(_documents(spelling)), show_progress=False)
    found, _ = index.retrieve(cut(texts), k=len(NAMES), show_progress=False)
    return [[NAMES[place] for place in row] for row in found]


def rank_by_meaning(texts: Sequence[str], spelling: str = FIRST_SPELLING) -> list[list[str]]:
    """All tools for each text, best first, by the cosine of their sentence vectors."""
    closeness = _model().of(texts) @ _model().of(_documents(spelling)).T
    return [[NAMES[place] for place in row] for row in (-closeness).argsort(axis=1, kind="stable")]


def rank_by_both(texts: Sequence[str], spelling: str = FIRST_SPELLING) -> list[list[str]]:
    """All tools for each text, best first, by the sum of the reciprocals of their two ranks."""
    both = zip(rank_by_words(texts, spelling), rank_by_meaning(texts, spelling), strict=True)
    return [
        sorted(NAMES, key=lambda name: -sum(1 / (RANK_OFFSET + ranks.index(name)) for ranks in pair)) for pair in both
    ]


def share_right(prompts: Sequence[Asked], ranked: Sequence[Sequence[str]], places: int = 1) -> float:
    """How many of the prompts have a right tool in one of the first places."""
    pairs = zip(prompts, ranked, strict=True)
    return sum(not set(ranks[:places]).isdisjoint(prompt.pick) for prompt, ranks in pairs) / len(prompts)


def confusions(prompts: Sequence[Asked], ranked: Sequence[Sequence[str]]) -> Counter[tuple[str, str]]:
    """Which tool was wanted and which stood in its place, how often."""
    pairs = zip(prompts, ranked, strict=True)
    return Counter((prompt.pick[0], ranks[0]) for prompt, ranks in pairs if ranks[0] not in prompt.pick)


def cut_words(texts: Sequence[str]) -> list[list[str]]:
    """The words of each text as BM25 counts them at first."""
    cut: list[list[str]] = bm25s.tokenize(list(texts), **WORDS[FIRST_WORDS], show_progress=False, return_ids=False)
    return cut


def sentence_vectors(texts: Sequence[str]) -> Array:
    """One unit vector a text, by the model that ranks by meaning."""
    return _model().of(texts)


@cache
def _documents(spelling: str) -> tuple[str, ...]:
    listings = [read_listing(name) for name in NAMES]
    return tuple(SPELLINGS[spelling](each["name"], each["title"], each["description"]) for each in listings)


@cache
def _model() -> SentenceVectors:
    return SentenceVectors()
