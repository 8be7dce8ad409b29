"""Whisper by faster-whisper (CTranslate2): the default engine; 8-bit integers on the CPU, 16-bit floats on a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ctranslate2
import faster_whisper
import numpy as np

from pipeline.backends.whisper_listening import MAX_TOKENS, WhisperTranscriber
from pipeline.backends.whisper_words import Heard
from pipeline.machine import usable_cores

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAMES_PER_S = 100  # of the spectrogram
MOST_WORKERS = 4
STEP_S = 0.02  # one frame of the encoder


def workers_and_threads(cores: int) -> tuple[int, int]:
    """How many batches to decode at once, and the threads of each.

    Decoding a token is too little work to be shared among threads: on two cores, half the batch on each takes 0.77 to 0.89 of
    the time and 0.9 of the memory. More than four workers would make too small batches of it.
    """
    workers = min(cores, MOST_WORKERS)
    return workers, cores // workers


class FasterWhisper(WhisperTranscriber):
    """See :class:`pipeline.backends.whisper_listening.WhisperTranscriber`."""

    engine = "faster-whisper"
    form = "ctranslate2"

    def _has_cuda(self) -> bool:
        return bool(ctranslate2.get_cuda_device_count() > 0)

    def _load(self) -> _Model:
        workers, threads = workers_and_threads(usable_cores() if self._device == "cpu" else 1)
        model = faster_whisper.WhisperModel(
            str(self._files.folder),
            device=self._device,
            compute_type="float16" if self._device == "cuda" else "int8",
            cpu_threads=threads,
            num_workers=workers,
            local_files_only=True,
        )
        return _Model(model, self._config.beam_size, workers)


class _Model:
    """Fits :class:`pipeline.backends.whisper_listening.WhisperModel`."""

    def __init__(self, model: Any, beam_size: int, workers: int) -> None:
        self._model = model
        self.workers = workers
        self._beam_size = beam_size
        self._tokenizer = model.hf_tokenizer
        self._end = self._id("endoftext")

    @property
    def multilingual(self) -> bool:
        return bool(self._model.model.is_multilingual)

    def encode(self, samples: NDArray[np.float32]) -> Any:
        extract = self._model.feature_extractor
        return self._model.encode(np.stack([extract(row, padding=0)[:, : extract.nb_max_frames] for row in samples]))

    def languages(self, encoded: Any) -> list[dict[str, float]]:
        found = self._model.model.detect_language(encoded)
        return [{token.strip("<|>"): probability for token, probability in row} for row in found]

    def hear(self, encoded: Any, language: str, lengths_s: Sequence[float]) -> list[Heard]:
        start = self._start(language)
        results = self._model.model.generate(
            encoded,
            [[*start, self._id("notimestamps")]] * len(lengths_s),
            beam_size=self._beam_size,
            max_length=len(start) + 1 + MAX_TOKENS,
            return_scores=True,
            return_no_speech_prob=True,
        )
        texts = [[token for token in result.sequences_ids[0] if token < self._end] for result in results]
        frames = [round(length_s * FRAMES_PER_S) for length_s in lengths_s]
        aligned = self._model.model.align(encoded, start, texts, frames)
        return [_heard(*row) for row in zip(texts, results, aligned, lengths_s, strict=True)]

    def decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens)))

    def _start(self, language: str) -> list[int]:
        kinds = ["startoftranscript", *([language, "transcribe"] if self.multilingual else [])]
        return [self._id(kind) for kind in kinds]

    def _id(self, kind: str) -> int:
        return int(self._tokenizer.token_to_id(f"<|{kind}|>"))


def _heard(tokens: list[int], result: Any, aligned: Any, length_s: float) -> Heard:
    count = len(result.sequences_ids[0])
    steps: dict[int, int] = {}  # of each token the first frame on the path
    for token, step in aligned.alignments:
        steps.setdefault(token, step)
    edges_s = [steps[token] * STEP_S for token in range(len(tokens) + 1)] if steps else [0.0]
    return Heard(
        tokens=tuple(tokens),
        edges_s=tuple(min(edge_s, length_s) for edge_s in edges_s),
        probabilities=tuple(aligned.text_token_probs),
        mean_log_probability=result.scores[0] * count / (count + 1),
        no_speech_probability=result.no_speech_prob,
    )
