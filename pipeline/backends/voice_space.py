"""Where voices lie to each other, and whether a child's or an adult's is heard, from speaker embeddings.

The weights are this project's own (``models/voice_space.npz``, trained by ``pipeline/training/voice_space.py``).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

# How much the plain embedding counts beside the trained space. The space brings pieces of one real voice together that the
# embedding splits; the embedding keeps synthetic voices apart that the space, which never heard such, would merge.
PLAIN_WEIGHT = 0.5


class LinearVoiceSpace:
    """Fits :class:`pipeline.ports.VoiceSpace`."""

    name = "voice-space"

    def __init__(self, weights: Path) -> None:
        self.model_sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
        with np.load(weights, allow_pickle=False) as data:
            self._mean, self._projection, self._between = data["mean"], data["projection"], data["between"]
            self._child_weights, self._child_bias = data["child_weights"], float(data["child_bias"][0])

    @property
    def between(self) -> Doubles:
        """See :attr:`pipeline.ports.VoiceSpace.between`."""
        return np.asarray(self._between, np.float64)

    def place(self, vectors: Floats) -> Floats:
        """See :meth:`pipeline.ports.VoiceSpace.place`."""
        parts = [np.sqrt(PLAIN_WEIGHT) * vectors, np.sqrt(1 - PLAIN_WEIGHT) * self._directions(vectors)]
        return np.asarray(np.concatenate(parts, axis=1), np.float32)

    def standardise(self, vectors: Floats) -> Doubles:
        """See :meth:`pipeline.ports.VoiceSpace.standardise`."""
        # A vector says nothing by its length; a point of this space has this one on average.
        return np.asarray(self._directions(vectors) * np.sqrt(np.sum(1 + self._between)), np.float64)

    def _directions(self, vectors: Floats) -> Floats:
        inner = (vectors - self._mean) @ self._projection.T
        return np.asarray(inner / np.maximum(np.linalg.norm(inner, axis=1, keepdims=True), 1e-9), np.float32)

    def child_log_odds(self, vectors: Floats) -> Floats:
        """See :meth:`pipeline.ports.VoiceSpace.child_log_odds`."""
        return np.asarray(vectors @ self._child_weights + self._child_bias, np.float32)
