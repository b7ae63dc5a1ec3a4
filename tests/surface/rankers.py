"""How a tool is found by what somebody says, over names and descriptions alone: by words (BM25), by meaning (MiniLM),
and by both, with reciprocal ranks added (Cormack, Clarke and Buettcher, 2009).
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import bm25s
import Stemmer

from surface.sentence_vectors import Array, SentenceVectors
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.snapshots import read_listing

__all__ = ["Asked", "asked", "confusions", "rank_by_both", "rank_by_meaning", "rank_by_words", "share_right"]

PROMPTS = Path(__file__).parents[2] / "fixtures" / "prompts"
# Added to every rank, so that a first place is worth less than twice a second.
RANK_OFFSET = 5
NAMES = tuple(entry.name for entry in TOOLS)


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


def documents() -> list[str]:
    """What is searched: each tool's name, spelled as words, and its description."""
    return [f"{name.replace('_', ' ')}. {read_listing(name)['description']}" for name in NAMES]


def rank_by_words(texts: Sequence[str]) -> list[list[str]]:
    """All tools for each text, best first, by BM25 (Robertson and Zaragoza, 2009) over stemmed words."""
    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25()
    index.index(bm25s.tokenize(documents(), stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
    queries = bm25s.tokenize(list(texts), stopwords="en", stemmer=stemmer, show_progress=False)
    found, _ = index.retrieve(queries, k=len(NAMES), show_progress=False)
    return [[NAMES[place] for place in row] for row in found]


def rank_by_meaning(texts: Sequence[str]) -> list[list[str]]:
    """All tools for each text, best first, by the cosine of their sentence vectors."""
    closeness = _vectors_of(tuple(texts)) @ _vectors_of(tuple(documents())).T
    return [[NAMES[place] for place in row] for row in (-closeness).argsort(axis=1, kind="stable")]


def rank_by_both(texts: Sequence[str]) -> list[list[str]]:
    """All tools for each text, best first, by the sum of the reciprocals of their two ranks."""
    both = zip(rank_by_words(texts), rank_by_meaning(texts), strict=True)
    return [
        sorted(NAMES, key=lambda name: -sum(1 / (RANK_OFFSET + ranks.index(name)) for ranks in pair)) for pair in both
    ]


def share_right(prompts: Sequence[Asked], ranked: Sequence[Sequence[str]]) -> float:
    """How many of the prompts have a right tool in the first place."""
    return sum(ranks[0] in prompt.pick for prompt, ranks in zip(prompts, ranked, strict=True)) / len(prompts)


def confusions(prompts: Sequence[Asked], ranked: Sequence[Sequence[str]]) -> Counter[tuple[str, str]]:
    """Which tool was wanted and which stood in its place, how often."""
    pairs = zip(prompts, ranked, strict=True)
    return Counter((prompt.pick[0], ranks[0]) for prompt, ranks in pairs if ranks[0] not in prompt.pick)


@cache
def _model() -> SentenceVectors:
    return SentenceVectors()


@cache
def _vectors_of(texts: tuple[str, ...]) -> Array:
    return _model().of(texts)
