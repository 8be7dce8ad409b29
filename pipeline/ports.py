"""What the pipeline asks of an engine. A backend is one class in :mod:`pipeline.backends` that fits one of these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipeline.lesson import MediaInfo, Passage, QuestionKind, Role
from pipeline.timeline import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16000  # what every speech model here was trained on

Progress = Callable[[float], None]
"""Called with the share of the work that is done, 0 to 1. It may raise :class:`pipeline.errors.Cancelled`."""


class Audio(Protocol):
    """The sound of a lesson: 16 kHz, mono, read in pieces so that memory does not grow with its length."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        ...

    def read(self, span: Span) -> NDArray[np.float32]:
        """Samples of ``span`` between -1 and 1, shape (samples,); parts outside the recording are left out."""
        ...


class MediaReader(Protocol):
    """Opens recordings."""

    def probe(self, path: Path) -> MediaInfo:
        """What the file says about itself. Raises MediaError for what cannot be used."""
        ...

    def extract_audio(self, path: Path, target: Path, *, progress: Progress) -> tuple[str, ...]:
        """Writes 16 kHz mono 16-bit WAV to ``target``, all or nothing; returns what the user should know about it."""
        ...


class SpeechDetector(Protocol):
    """Finds where people speak, and how many at once, without knowing who."""

    name: str
    model_sha256: str

    def activity(self, audio: Audio, *, progress: Progress) -> SpeechActivity:
        """Frame-wise activity of the whole recording."""
        ...


class SpeechActivity(Protocol):
    """Frame-wise speech activity; see the backend for its local speakers."""

    @property
    def frame_s(self) -> float:
        """Seconds from one frame to the next."""
        ...

    @property
    def speech(self) -> NDArray[np.float32]:
        """Probability that anybody speaks, shape (frames,)."""
        ...

    @property
    def offset_s(self) -> float:
        """The time of the first frame, in seconds."""
        ...

    @property
    def change(self) -> NDArray[np.float32]:
        """How strongly the speaker changes from each frame to the next, 0 to 1, shape (frames,)."""
        ...

    @property
    def overlap(self) -> NDArray[np.float32]:
        """Probability that two or more speak at once, shape (frames,)."""
        ...


class Embedder(Protocol):
    """Turns a piece of speech into a vector that is near to others of the same voice."""

    name: str
    model_sha256: str

    def embed(self, audio: Audio, spans: Sequence[Span], *, progress: Progress) -> NDArray[np.float32]:
        """One vector of length 1 a span, shape (spans, 192)."""
        ...


class VoiceSpace(Protocol):
    """Reads an :class:`Embedder`'s vectors."""

    name: str
    model_sha256: str

    def place(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Points of length 1, nearer to each other for one voice than the vectors (pieces, 192) are; (pieces, n)."""
        ...

    @property
    def between(self) -> NDArray[np.float64]:
        """How much voices vary along each axis of :meth:`standardise`, as a variance, shape (n,)."""
        ...

    def standardise(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Points (pieces, n) along axes on which the pieces of one voice vary by 1."""
        ...

    def child_log_odds(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """How far each piece sounds like a child's voice (above 0) rather than an adult's; shape (pieces,)."""
        ...


class Transcriber(Protocol):
    """Turns speech into words with times."""

    name: str
    model_sha256: str

    def transcribe(
        self, audio: Audio, regions: Sequence[Span], *, language: str | None, progress: Progress
    ) -> tuple[Passage, ...]:
        """Words of the speech in ``regions`` (ordered, not overlapping), in order of time.

        ``language`` is an ISO 639-1 code; None lets the engine find it, passage by passage where it changes. Words
        carry times on the recording's clock. Nothing is returned for regions in which nobody speaks.
        """
        ...


TEACHER_LABELS = (
    "none",
    "keeping_everyone_together",
    "getting_students_to_relate",
    "restating",
    "revoicing",
    "pressing_for_accuracy",
    "pressing_for_reasoning",
)
STUDENT_LABELS = (
    "none",
    "relating_to_another_student",
    "asking_for_more_information",
    "making_a_claim",
    "providing_evidence_or_reasoning",
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as a model of discourse reads it: what was said, by whom, and whether another spoke before."""

    text: str
    role: Role
    new_speaker: bool


QUESTION_KINDS: tuple[QuestionKind, ...] = ("open", "closed", "procedural", "rhetorical")
FOCUS_LABELS = ("none", "focusing", "funnelling")
DEMAND_LABELS = ("none", "recall", "explain", "reason")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model makes of a sentence, in probabilities.

    ``question``: that it asks. ``teacher`` and ``student``: each move of ``TEACHER_LABELS`` and ``STUDENT_LABELS``, should a
    teacher or a student have said it. ``kind``, ``focus`` and ``demand``: of ``QUESTION_KINDS``, ``FOCUS_LABELS`` and
    ``DEMAND_LABELS``, should it ask.
    """

    question: float
    teacher: tuple[float, ...]
    student: tuple[float, ...]
    kind: tuple[float, ...]
    focus: tuple[float, ...]
    demand: tuple[float, ...]


class DiscourseModel(Protocol):
    """Reads a lesson's sentences in the light of their neighbours. Case and punctuation make no difference to it."""

    name: str
    model_sha256: str

    def judge(self, sentences: Sequence[Sentence], *, progress: Progress) -> tuple[Judgement, ...]:
        """One judgement a sentence, in order; the sentences are a lesson's, in order."""
        ...

    def uptake(self, exchanges: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """How far each teacher's turn builds on the student's turn before it (student, teacher): 0 to 1, shape (exchanges,)."""
        ...


@dataclass(frozen=True, slots=True)
class Quote:
    """What was said in one moment that a piece of advice points to; ``id`` is its name within the brief: m1, m2, ..."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Brief:
    """All that a writer is told for one piece of advice: the rules' text, what was said, and the numbers as written.

    Roles stand in for names. ``numbers``: what is measured, and its value as people read it.
    """

    text: str
    quotes: tuple[Quote, ...]
    numbers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """How a writer would word it, and which of the brief's moments it chose. Nothing of it is true until it is checked."""

    text: str
    evidence: tuple[str, ...]


class FeedbackWriter(Protocol):
    """Words what the rules have found in another way; :mod:`pipeline.analysis.wording` judges what may be shown."""

    model_sha256: str

    @property
    def name(self) -> str:
        """Backend and model. Raises ModelError where the server has to be asked for it and does not answer."""
        ...

    def propose(self, brief: Brief) -> Proposal | None:
        """Another wording; None for an answer that is no proposal. Raises ModelError where no answer can be had."""
        ...
