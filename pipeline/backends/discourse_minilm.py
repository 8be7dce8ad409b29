"""Questions, talk moves and uptake by the small network that this project trained (models/cards/discourse.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from pipeline.analysis.uptake import FEATURES, uptake_features
from pipeline.backends.discourse_network import (
    WINDOW_TOKENS,
    DiscourseNetwork,
    Window,
    clipped,
    exchange_window,
    fill_windows,
    load_network,
    load_tokenizer,
    marker,
    plain_text,
)
from pipeline.ports import STUDENT_LABELS, TEACHER_LABELS, Judgement, Progress, Sentence

if TYPE_CHECKING:
    from torch import Tensor

BATCH = 8  # windows at once: more is no faster on two cores and takes memory
CONTEXT_TOKENS = WINDOW_TOKENS // 4  # at least so much is read on either side of what a window judges
SIGNS = len(FEATURES) + len(STUDENT_LABELS) - 1 + len(TEACHER_LABELS) - 1 + 1
PROBABILITIES = ("teacher", "student", "kind", "focus", "demand")


class MiniLmDiscourse:
    """Fits :class:`pipeline.ports.DiscourseModel`. English alone: nothing else was in its training."""

    def __init__(self, folder: Path, sha256: str) -> None:
        self.name, self.model_sha256 = "minilm-discourse", sha256
        self._network, about = load_network(folder)
        self._tokenizer = load_tokenizer(folder)
        self._shift = {name: torch.tensor(values) for name, values in about.get("shift", {}).items()}
        self._uptake = about["uptake"]

    def judge(self, sentences: Sequence[Sentence], *, progress: Progress) -> tuple[Judgement, ...]:
        """One judgement a sentence. Windows overlap, and each sentence is judged where it has neighbours on both sides."""
        texts = self._tokenizer.encode_batch([plain_text(item.text) for item in sentences], add_special_tokens=False)
        tokens = [[marker(item), *clipped(text.ids)] for item, text in zip(sentences, texts, strict=True)]
        runs = overlapping_runs([len(item) for item in tokens])
        found: list[Judgement | None] = [None] * len(tokens)
        with torch.inference_mode():
            for begin in range(0, len(runs), BATCH):
                batch = runs[begin : begin + BATCH]
                read = self._network.read([Window.of(tokens[run.first : run.last]) for run in batch])
                judged = iter(self._judgements(read))
                for run in batch:
                    for place in range(run.first, run.last):
                        judgement = next(judged)
                        if run.begin <= place < run.end:
                            found[place] = judgement
                progress(min(1.0, (begin + BATCH) / len(runs)))
        return tuple(item for item in found if item is not None)

    def _judgements(self, read: Tensor) -> list[Judgement]:
        question = torch.sigmoid(self._network.ask(read, "question")[:, 0]).tolist()
        shares = [
            torch.softmax(self._network.ask(read, name) + self._shift.get(name, 0.0), dim=1).tolist()
            for name in PROBABILITIES
        ]
        return [Judgement(asks, *(tuple(row) for row in rows)) for asks, *rows in zip(question, *shares, strict=True)]

    def uptake(self, exchanges: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """A weighing of signs in the words and of what the network makes of the teacher's turn, brought to 0 to 1."""
        if not exchanges:
            return np.zeros(0)
        scores = exchange_signs(self._network, self._tokenizer, exchanges) @ np.array(self._uptake["weights"])
        return np.asarray(
            1 / (1 + np.exp(-(scores + self._uptake["bias"] - self._uptake["middle"]) * self._uptake["slope"]))
        )


def exchange_signs(
    network: DiscourseNetwork, tokenizer: Tokenizer, exchanges: Sequence[tuple[str, str]]
) -> NDArray[np.float64]:
    """Signs of uptake, shape (exchanges, :data:`SIGNS`): in the words, and the probable moves and questions of both turns."""
    rows = []
    with torch.inference_mode():
        for begin in range(0, len(exchanges), BATCH):
            batch = exchanges[begin : begin + BATCH]
            read = network.read([exchange_window(tokenizer, student, teacher) for student, teacher in batch])
            student, teacher = read[0::2], read[1::2]
            network_says = torch.cat(
                [
                    torch.softmax(network.ask(student, "student"), dim=1)[:, 1:],
                    torch.softmax(network.ask(teacher, "teacher"), dim=1)[:, 1:],
                    torch.sigmoid(network.ask(teacher, "question")),
                ],
                dim=1,
            ).numpy()
            words = [uptake_features(*exchange) for exchange in batch]
            rows.append(np.concatenate([np.array(words), network_says], axis=1))
    return np.concatenate(rows)


@dataclass(frozen=True, slots=True)
class Run:
    """Sentences ``first`` to ``last`` are read together, ``begin`` to ``end`` of them judged; the ends not included."""

    first: int
    last: int
    begin: int
    end: int


def overlapping_runs(lengths: Sequence[int]) -> list[Run]:
    """Windows over sentences of these lengths in tokens: the middle half of each is judged, the rest is context."""
    runs, room = [], WINDOW_TOKENS - 2
    for begin, end in fill_windows(lengths, room=room - 2 * CONTEXT_TOKENS):
        used, first, last = sum(lengths[begin:end]), begin, end
        while first > 0 and used + lengths[first - 1] <= room and sum(lengths[first - 1 : begin]) <= CONTEXT_TOKENS:
            first -= 1
            used += lengths[first]
        while last < len(lengths) and used + lengths[last] <= room:
            used += lengths[last]
            last += 1
        runs.append(Run(first, last, begin, end))
    return runs
