"""What is found by those who learn from prompts: one ranker a kind, taught with five sixths of them, asked the rest.

No wording stands behind it, so it says how far words alone and one vector a tool get with so many prompts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from surface.rankers import NAMES, Asked, cut_words, sentence_vectors

__all__ = ["taught_meaning", "taught_words"]

FOLDS = 6
# A word that no prompt of a tool has is taken as if three in ten had it once.
UNSEEN = 0.3
STEPS = 300
STEP = 0.24
TEMPERATURE = 0.05
Numbers = NDArray[np.float64]


def taught_words(prompts: Sequence[Asked]) -> list[list[str]]:
    """All tools for each prompt, best first, by naive Bayes on the stems of the other prompts."""
    stems = cut_words([prompt.text for prompt in prompts])
    places = {stem: place for place, stem in enumerate(sorted({stem for each in stems for stem in each}))}
    counts = np.zeros((len(prompts), len(places)))
    for row, each in enumerate(stems):
        np.add.at(counts[row], [places[stem] for stem in each], 1)

    def teach(taught: Numbers, wanted: NDArray[np.intp]) -> Numbers:
        seen = np.stack([taught[wanted == tool].sum(axis=0) for tool in range(len(NAMES))]) + UNSEEN
        return np.log(seen / seen.sum(axis=1, keepdims=True))

    return _in_folds(prompts, counts, teach)


def taught_meaning(prompts: Sequence[Asked]) -> list[list[str]]:
    """All tools for each prompt, best first, by one vector a tool, fitted to the other prompts from their mean on."""

    def teach(taught: Numbers, wanted: NDArray[np.intp]) -> Numbers:
        right = np.eye(len(NAMES))[wanted]
        vectors = _unit(right.T @ taught)
        for _ in range(STEPS):
            odds = np.exp(taught @ vectors.T / TEMPERATURE)
            wrong = odds / odds.sum(axis=1, keepdims=True) - right
            vectors = _unit(vectors - STEP * wrong.T @ taught / len(taught))
        return vectors

    return _in_folds(prompts, sentence_vectors([prompt.text for prompt in prompts]).astype(float), teach)


def _in_folds(
    prompts: Sequence[Asked], seen: Numbers, teach: Callable[[Numbers, NDArray[np.intp]], Numbers]
) -> list[list[str]]:
    wanted = np.array([NAMES.index(prompt.pick[0]) for prompt in prompts])
    fold = np.arange(len(prompts)) % FOLDS
    scores = np.zeros((len(prompts), len(NAMES)))
    for left_out in range(FOLDS):
        asked = fold == left_out
        scores[asked] = seen[asked] @ teach(seen[~asked], wanted[~asked]).T
    return [[NAMES[place] for place in row] for row in (-scores).argsort(axis=1, kind="stable")]


def _unit(rows: Numbers) -> Numbers:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
