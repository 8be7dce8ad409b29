"""What all Whisper engines share: the walk through a recording, window by window, in whatever engine decodes the windows.

Only so many windows as make one batch are in memory at a time. The first batch is spread over the recording, so that its
windows can vote on the language before anything is written down. Speech in which a window left out words is read a second time
on its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pipeline.analysis.chunks import Window, pack_windows, unheard_windows
from pipeline.analysis.invented import believable, repeats
from pipeline.backends.whisper_models import Form, find_model
from pipeline.backends.whisper_words import Heard, find_words
from pipeline.config import AsrConfig
from pipeline.errors import ModelError
from pipeline.lesson import Passage
from pipeline.ports import SAMPLE_RATE_HZ, Audio, Progress
from pipeline.timeline import Span, covering

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW_SAMPLES = 30 * SAMPLE_RATE_HZ  # what a Whisper encoder reads
MAX_TOKENS = 224  # half of the decoder's context, as openai-whisper does; 28 s of fast speech are about 150
OTHER_LANGUAGE = 0.8  # probability from which a window is heard in another language than the recording's
OTHER_LANGUAGE_S = 3.0  # shorter speech is too little to tell a language by: a child's "no, no" is no Spanish
RETRY_WINDOW_S = 9.0  # a window in which the model got stuck is read again in pieces of this length
LOUDNESS_STEP_S = 0.02
LOUDNESS_SPAN_S = 0.3  # a pause between words, not the closure of a plosive


class WhisperModel(Protocol):
    """What an engine does with one batch of windows. ``encoded`` is whatever the engine keeps of it."""

    @property
    def multilingual(self) -> bool:
        """Whether it knows other languages than English."""
        ...

    @property
    def workers(self) -> int:
        """How many batches it can decode at once, each from a thread of its own."""
        ...

    def encode(self, samples: NDArray[np.float32]) -> Any:
        """Encodes windows padded to 30 s, shape (windows, 480000)."""
        ...

    def languages(self, encoded: Any) -> list[dict[str, float]]:
        """For each window the probability of each language (ISO 639-1)."""
        ...

    def hear(self, encoded: Any, language: str, lengths_s: Sequence[float]) -> list[Heard]:
        """Writes down each window; ``lengths_s`` is how much of each is sound."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens."""
        ...


class WhisperTranscriber:
    """A :class:`pipeline.ports.Transcriber`: what the engines have in common.

    The model's files are found at once, the model is loaded when it is used. An engine says its ``engine``, in which
    ``form`` it reads weights, whether CUDA is there, and how to load.
    """

    engine: ClassVar[str]
    form: ClassVar[Form]

    def __init__(self, config: AsrConfig) -> None:
        self._device = choose_device(config.device, there=self._has_cuda())
        self._files = find_model(config.model, self.form)
        self._config = config
        self.name = f"{self.engine}/{self._files.name}"
        self.model_sha256 = self._files.sha256

    def transcribe(
        self, audio: Audio, regions: Sequence[Span], *, language: str | None, progress: Progress
    ) -> tuple[Passage, ...]:
        """See :class:`pipeline.ports.Transcriber`."""
        return self._listener.listen(audio, regions, language=language, progress=progress)

    @cached_property
    def _listener(self) -> Listener:
        return Listener(self._load(), self._config.batch_size)

    def _has_cuda(self) -> bool:
        raise NotImplementedError

    def _load(self) -> WhisperModel:
        raise NotImplementedError


class Listener:
    """Writes down recordings with one model."""

    def __init__(self, model: WhisperModel, batch_size: int) -> None:
        self._model = model
        self._batch_size = math.ceil(batch_size / model.workers)  # so many windows at once in all

    def listen(
        self, audio: Audio, regions: Sequence[Span], *, language: str | None, progress: Progress
    ) -> tuple[Passage, ...]:
        """See :meth:`pipeline.ports.Transcriber.transcribe`; a passage is what was heard in one window."""
        windows = pack_windows(regions, audio.duration_s, quietest=lambda span: quietest(audio, span))
        whole_s = sum(window.speech_s for window in windows)
        guessing = language is None and self._model.multilingual
        main = language if self._model.multilingual else "en"
        if not windows:
            return ()
        first, others = _spread(windows, self._batch_size * self._model.workers)
        pool = ThreadPoolExecutor(self._model.workers)
        try:
            parts = [*_batches(first, math.ceil(len(first) / self._model.workers) or 1)]
            heard = [*pool.map(lambda batch: self._guessed(audio, batch, guessing=guessing), parts)]
            main = main or _vote(first, [guess for _, guesses in heard for guess in guesses])

            def part(batch: Sequence[Window], encoded: Any, guesses: Sequence[dict[str, float]]) -> list[Passage]:
                spoken = [_language(*row, main) for row in zip(batch, guesses, strict=True)]
                return [*self._batch(audio, batch, encoded, spoken)]

            def whole(batch: Sequence[Window]) -> list[Passage]:
                return part(batch, *self._guessed(audio, batch, guessing=guessing))

            work = [(batch, pool.submit(part, batch, *row)) for batch, row in zip(parts, heard, strict=True)]
            work += [(batch, pool.submit(whole, batch)) for batch in self._even_batches(others)]
            found: list[Passage] = []
            done_s = 0.0
            for batch, future in work:
                progress(done_s / whole_s)
                found += future.result()
                done_s += sum(window.speech_s for window in batch)
        finally:
            pool.shutdown(cancel_futures=True)
        progress(1.0)
        return tuple(sorted(found, key=lambda passage: passage.span))

    def _even_batches(self, windows: Sequence[Window]) -> Iterator[Sequence[Window]]:
        """Batches of one size, as many as keep all workers busy to the end."""
        rounds = math.ceil(len(windows) / (self._batch_size * self._model.workers))
        return _batches(windows, math.ceil(len(windows) / (rounds * self._model.workers)) if rounds else 1)

    def _guessed(
        self, audio: Audio, batch: Sequence[Window], *, guessing: bool
    ) -> tuple[Any, Sequence[dict[str, float]]]:
        """The encoded windows of a batch, and the probability of each language for each, where it has to be found."""
        encoded = self._encode(audio, batch)
        return encoded, self._model.languages(encoded) if guessing else [{}] * len(batch)

    def _batch(self, audio: Audio, batch: Sequence[Window], encoded: Any, spoken: Sequence[str]) -> Iterator[Passage]:
        for language in sorted(set(spoken)):
            chosen = [window for window, own in zip(batch, spoken, strict=True) if own == language]
            if len(chosen) < len(batch):
                encoded = self._encode(audio, chosen)
            again: list[Window] = []
            for window, heard in self._heard(encoded, language, chosen):
                if repeats(self._model.decode(heard.tokens)):
                    again += pack_windows(
                        window.regions,
                        audio.duration_s,
                        quietest=lambda span: quietest(audio, span),
                        max_window_s=RETRY_WINDOW_S,
                    )
                    continue
                for passage in self._passages(window, heard, language):
                    yield passage
                    again += unheard_windows(window, [word.span for word in passage.words])
            for pieces in _batches(again, self._batch_size):
                for window, heard in self._heard(self._encode(audio, pieces), language, pieces):
                    yield from self._passages(window, heard, language)

    def _encode(self, audio: Audio, windows: Sequence[Window]) -> Any:
        import numpy as np

        samples = np.zeros((len(windows), WINDOW_SAMPLES), np.float32)
        for row, window in enumerate(windows):
            piece = audio.read(window.span)
            samples[row, : len(piece)] = piece
        return self._model.encode(samples)

    def _heard(self, encoded: Any, language: str, windows: Sequence[Window]) -> Iterable[tuple[Window, Heard]]:
        return zip(
            windows, self._model.hear(encoded, language, [item.span.duration_s for item in windows]), strict=True
        )

    def _passages(self, window: Window, heard: Heard, language: str) -> Iterator[Passage]:
        """One passage, or none where nothing was said."""
        words = believable(
            find_words(heard, window, language, self._model.decode),
            speech_s=window.speech_s,
            mean_log_probability=heard.mean_log_probability,
            no_speech_probability=heard.no_speech_probability,
        )
        if words:
            text = " ".join(word.text for word in words)
            yield Passage(covering([word.span for word in words]), text, words, language)


def choose_device(wished: str, *, there: bool) -> str:
    """``cpu`` or ``cuda`` for ``auto``, ``cpu`` or ``cuda``. Raises ModelError where CUDA is wished for and not there."""
    if wished == "cuda" and not there:
        raise ModelError(
            "No NVIDIA GPU can be used here.", hint="Choose --device cpu, or install the driver and CUDA libraries."
        )
    return "cuda" if there and wished != "cpu" else "cpu"


def quietest(audio: Audio, span: Span) -> float:
    """The moment (seconds) in the middle of the quietest 0.3 s of ``span``."""
    import numpy as np

    samples = audio.read(span)
    step = round(LOUDNESS_STEP_S * SAMPLE_RATE_HZ)
    energy = (samples[: len(samples) // step * step].reshape(-1, step) ** 2).mean(1)
    width = round(LOUDNESS_SPAN_S / LOUDNESS_STEP_S)
    if len(energy) < width:
        return span.middle_s
    first = int(np.convolve(energy, np.ones(width), "valid").argmin())
    return span.start_s + (first + width / 2) * LOUDNESS_STEP_S


def _batches(windows: Sequence[Window], size: int) -> Iterator[Sequence[Window]]:
    for first in range(0, len(windows), size):
        yield windows[first : first + size]


def _spread(windows: Sequence[Window], size: int) -> tuple[list[Window], list[Window]]:
    """Some windows from everywhere in the recording, and the others, both in order."""
    count = min(size, len(windows))
    spread = {round(place * (len(windows) - 1) / max(1, count - 1)) for place in range(count)}
    return (
        [windows[place] for place in sorted(spread)],
        [window for place, window in enumerate(windows) if place not in spread],
    )


def _vote(windows: Sequence[Window], guesses: Sequence[dict[str, float]]) -> str:
    """The language that most seconds of speech are in."""
    seconds: dict[str, float] = {}
    for window, guess in zip(windows, guesses, strict=True):
        for language, probability in guess.items():
            seconds[language] = seconds.get(language, 0.0) + probability * window.speech_s
    return max(seconds, key=lambda language: seconds[language])


def _language(window: Window, guess: dict[str, float], main: str) -> str:
    """The recording's language, unless the window is clearly in another."""
    own = max(guess, key=lambda language: guess[language], default=main)
    return own if guess.get(own, 0.0) > OTHER_LANGUAGE and window.speech_s >= OTHER_LANGUAGE_S else main
