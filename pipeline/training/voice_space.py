"""Trains how voices are compared, from speaker embeddings of known people: a space in which one person's pieces lie closer
together, and what tells a child's voice from an adult's.

    python -m pipeline.training.voice_space VOICES [--out models/voice_space.npz]

VOICES is a folder with ``utterances.csv`` (columns utterance, speaker, age_years) and ``SPEAKER/UTTERANCE.opus``. People of
up to 13 years are children, from 18 on adults; those between only help the space. Each utterance is heard twice, clean and
as from the back of a room (a decaying tail, low noise), because that is how children sound in a lesson. The space is linear
discriminant analysis (Fisher 1936) with a shrunk within-person covariance, the age a logistic regression. Prints the
accuracy of the age on people who were left out (five folds), then trains on all.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from pipeline.config import Config
from pipeline.ports import SAMPLE_RATE_HZ
from pipeline.registry import embedder
from pipeline.timeline import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_CHILD_YEARS, MIN_ADULT_YEARS = 13, 18
UTTERANCES = 10  # of each person
PIECE_S = 1.5  # as the lesson is cut
MAX_PIECES = 3  # of each utterance: long ones must not outweigh short ones
SHRINKAGE = 0.6  # of the within-person covariance towards a sphere: 125 people do not fill 192 dimensions
DIMENSIONS = 60
MIN_BETWEEN = 1e-3  # an axis along which people differ less than that says nothing
WEIGHT_DECAY = 3e-4  # best on people left out, of 1e-2 to 1e-4
FOLDS = 5


@dataclass
class Sound:
    """Samples as a :class:`pipeline.ports.Audio`."""

    samples: NDArray[np.float32]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE_HZ

    def read(self, span: Span) -> NDArray[np.float32]:
        return self.samples[round(span.start_s * SAMPLE_RATE_HZ) : round(span.end_s * SAMPLE_RATE_HZ)]


@dataclass
class _Examples:
    """Vectors (pieces, 192), how old their speakers are, and whose they are."""

    vectors: torch.Tensor
    years: NDArray[np.int64]
    person: NDArray[np.str_]

    def of_clear_age(self) -> tuple[torch.Tensor, torch.Tensor, NDArray[np.str_]]:
        """Vectors, 1 for a child, and persons, without those between child and adult."""
        clear = (self.years <= MAX_CHILD_YEARS) | (self.years >= MIN_ADULT_YEARS)
        child = torch.from_numpy((self.years[clear] <= MAX_CHILD_YEARS).astype(np.float32))
        return self.vectors[torch.from_numpy(clear)], child, self.person[clear]


def _versions(samples: NDArray[np.float32], rng: np.random.Generator) -> Iterator[NDArray[np.float32]]:
    """As recorded, and as from the back of a room."""
    loud = np.flatnonzero(np.abs(samples) > 0.06 * np.abs(samples).max())
    clean = _levelled(samples[loud[0] : loud[-1] + 1])
    yield clean
    size = int(rng.uniform(0.15, 0.6) * SAMPLE_RATE_HZ)
    tail = rng.standard_normal(size) * np.exp(-6.9 * np.arange(size) / size) * rng.uniform(0.02, 0.12)
    tail[0] = 1.0
    length = 2 ** int(np.ceil(np.log2(len(clean) + size)))
    room = np.fft.irfft(np.fft.rfft(clean, length) * np.fft.rfft(tail, length), length)[: len(clean)]
    brown = np.cumsum(rng.standard_normal(len(clean)))
    brown -= np.convolve(brown, np.ones(400) / 400, mode="same")  # without the drift below some 40 Hz
    yield _levelled(_levelled(room) + _levelled(brown) * 10 ** (-rng.uniform(5, 25) / 20))


def _levelled(samples: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(0.1 * samples / np.sqrt(np.mean(samples**2)), np.float32)


def collect(folder: Path) -> _Examples:
    """Embeds the pieces of all people."""
    from faster_whisper import decode_audio

    names: dict[str, list[str]] = {}
    years: dict[str, int] = {}
    for row in csv.DictReader((folder / "utterances.csv").open(encoding="utf-8")):
        names.setdefault(row["speaker"], []).append(row["utterance"])
        years[row["speaker"]] = int(row["age_years"])
    model, rng, chosen = embedder(Config()), np.random.default_rng(0), random.Random(0)
    vectors, ages, person = [], [], []
    for speaker in sorted(names):
        for name in chosen.sample(names[speaker], min(UTTERANCES, len(names[speaker]))):
            samples = decode_audio(str(folder / speaker / f"{name}.opus"), sampling_rate=SAMPLE_RATE_HZ)
            for version in _versions(samples, rng):
                sound = Sound(version)
                count = max(1, min(MAX_PIECES, int(sound.duration_s / PIECE_S)))
                ends = [min((place + 1) * PIECE_S, sound.duration_s) for place in range(count)]
                spans = [Span(place * PIECE_S, end_s) for place, end_s in enumerate(ends)]
                vectors.append(model.embed(sound, spans, progress=lambda done: None))
                ages += [years[speaker]] * count
                person += [speaker] * count
    return _Examples(torch.from_numpy(np.concatenate(vectors)), np.array(ages), np.array(person))


def fit(vectors: torch.Tensor, child: torch.Tensor) -> torch.Tensor:
    """Weights (192) and bias, both kinds weighing alike; shape (193,)."""
    share = child.mean()
    balance = torch.where(child > 0, 0.5 / share, 0.5 / (1 - share))
    weights = torch.zeros(vectors.shape[1] + 1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        odds = vectors @ weights[:-1] + weights[-1]
        value = functional.binary_cross_entropy_with_logits(odds, child, balance)
        value = value + WEIGHT_DECAY * weights[:-1].square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return weights.detach()


def find_space(examples: _Examples) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean (192), projection (60, 192) in which one person varies by 1, and how much people vary along it (60)."""
    vectors = examples.vectors.double().numpy()
    mean = vectors.mean(axis=0)
    people, index = np.unique(examples.person, return_inverse=True)
    centres = np.stack([vectors[index == one].mean(axis=0) for one in range(len(people))])
    rest, apart = vectors - centres[index], centres - mean
    within = rest.T @ rest / (len(rest) - len(people))
    size = len(mean)
    within = (1 - SHRINKAGE) * within + SHRINKAGE * np.trace(within) / size * np.eye(size)
    values, axes = np.linalg.eigh(within)
    white = (axes / np.sqrt(values)) @ axes.T
    # The means of people scatter by what one person varies, too, the less the more pieces they have.
    scatter = white @ (apart.T @ apart / len(people)) @ white - np.eye(size) * len(people) / len(rest)
    between, directions = np.linalg.eigh(scatter)
    return mean, directions[:, -DIMENSIONS:].T @ white, np.maximum(between[-DIMENSIONS:], MIN_BETWEEN)


def show_accuracy(examples: _Examples) -> None:
    """On people that the model has not heard: of pieces, and of people by the mean of their pieces."""
    vectors, child, person = examples.of_clear_age()
    people = np.random.default_rng(1).permutation(np.unique(person))
    odds = torch.zeros(len(child))
    for fold in range(FOLDS):
        out = torch.from_numpy(np.isin(person, people[fold::FOLDS]))
        weights = fit(vectors[~out], child[~out])
        odds[out] = vectors[out] @ weights[:-1] + weights[-1]
    right = ((odds > 0) == (child > 0)).float()
    masks = (torch.from_numpy(person == one) for one in people)
    whole = [bool((odds[mask].mean() > 0) == (child[mask][0] > 0)) for mask in masks]
    print(f"on people left out: pieces {right.mean():.3f}, people {np.mean(whole):.3f} of {len(people)}")


def main() -> None:
    """Reads the arguments, trains, writes the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("voices", type=Path)
    parser.add_argument("--out", type=Path, default=Path("models/voice_space.npz"))
    args = parser.parse_args()
    examples = collect(args.voices)
    show_accuracy(examples)
    weights = fit(*examples.of_clear_age()[:2]).numpy()
    mean, projection, between = (np.asarray(part, "f4") for part in find_space(examples))
    child_weights, child_bias = weights[:-1], weights[-1:]
    space = {"mean": mean, "projection": projection, "between": between}
    np.savez(args.out, allow_pickle=False, **space, child_weights=child_weights, child_bias=child_bias)


if __name__ == "__main__":
    main()
