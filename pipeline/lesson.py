"""The values that a lesson is made of. All are frozen; a stage takes a :class:`Lesson` and returns a new one.

Times are seconds on the lesson's clock (0 = the first sample). Unknown is None, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pipeline.timeline import Span

Role = Literal["teacher", "student", "unknown"]
QuestionKind = Literal["open", "closed", "procedural", "rhetorical"]
WaitKind = Literal["wait_time_1", "wait_time_2"]
SegmentKind = Literal["teacher_talk", "dialogue", "group_talk", "silence"]
AdviceKind = Literal["strength", "try_next", "reflection"]

ROLES: tuple[Role, ...] = ("teacher", "student", "unknown")


def _need_share(value: float | None, name: str) -> None:
    if value is not None and not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} lies between 0 and 1, got {value}")


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a media file says about itself. ``codec`` names are ffmpeg's; sizes in pixels after rotation."""

    duration_s: float
    container: str
    audio_codec: str
    audio_channels: int
    video_codec: str | None = None
    width_px: int | None = None
    height_px: int | None = None
    rotation_deg: int = 0
    pixel_format: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """One media file, known by the SHA-256 of its content. Paths are absolute; ``audio_path`` is 16 kHz mono PCM.

    ``duration_s`` is 0 for a lesson that comes from text without times.
    """

    sha256: str
    name: str
    duration_s: float
    media_path: str = ""
    audio_path: str = ""


@dataclass(frozen=True, slots=True)
class LessonDetails:
    """What people say about a recording at upload or in a sidecar file; all of it optional.

    ``goal``: what the teacher set out to reach, as a number such as ``wait_time_1_median_s >= 3``.
    """

    teacher: str = ""
    class_name: str = ""
    subject: str = ""
    title: str = ""
    held_on: date | None = None
    lawful_basis: str = ""
    keep_until: date | None = None
    goal: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word; ``probability`` is the engine's own (0 to 1)."""

    span: Span
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Passage:
    """What a transcriber heard in one go: words in order, in one language (ISO 639-1)."""

    span: Span
    text: str
    words: tuple[Word, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Speech:
    """A stretch in which one speaker really sounds. Stretches of different speakers may overlap.

    ``corrected``: a person has said who speaks here. ``child_log_odds``: how far it sounds like a child (above 0) rather than
    an adult; ``enrolled_log_odds``: how far it is the enrolled teacher's; ``others``: whose voice it may be instead, with
    probabilities; ``voice_spread``: how unlike the pieces of this voice are (about 1 for one person). All four are evidence,
    not for export.
    """

    span: Span
    speaker: str
    role: Role = "unknown"
    speaker_confidence: float | None = None
    role_confidence: float | None = None
    corrected: bool = False
    child_log_odds: float | None = None
    enrolled_log_odds: float | None = None
    others: tuple[tuple[str, float], ...] = ()
    voice_spread: float | None = None

    def __post_init__(self) -> None:
        _need_share(self.speaker_confidence, "speaker_confidence")
        _need_share(self.role_confidence, "role_confidence")


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person says about who speaks: another ``speaker``, another ``role``, or both.

    It holds for ``span``, or for the whole lesson where that is None; with ``voice`` only for one voice. Names such as S2 change
    from one analysis to the next, so a voice is known by the stretches it had when the correction was made; so is the
    voice that ``speaker`` meant, by ``speaker_voice`` (empty for a name that no voice had).
    """

    span: Span | None = None
    voice: tuple[Span, ...] = ()
    speaker: str | None = None
    speaker_voice: tuple[Span, ...] = ()
    role: Role | None = None

    def __post_init__(self) -> None:
        if self.speaker is None and self.role is None:
            raise ValueError("a correction names a speaker, a role, or both")
        if self.span is None and not self.voice:
            raise ValueError("a correction is about a voice, a span, or both")


@dataclass(frozen=True, slots=True)
class CorrectionSummary:
    """How far people had to correct the program: corrections, and seconds of speech in all and changed."""

    count: int
    speech_s: float
    speaker_changed_s: float
    role_changed_s: float


@dataclass(frozen=True, slots=True)
class Turn:
    """Consecutive stretches of one speaker, until another speaks or 3 s of silence pass."""

    span: Span
    speaker: str
    role: Role


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of activity. Segments cover the lesson without a gap."""

    span: Span
    kind: SegmentKind


@dataclass(frozen=True, slots=True)
class Question:
    """That an utterance asks for an answer, how sure that is, and what kind of question it is."""

    kind: QuestionKind
    confidence: float
    focus: Literal["focusing", "funnelling"] | None = None
    demand: Literal["recall", "explain", "reason"] | None = None
    kind_confidence: float | None = None

    def __post_init__(self) -> None:
        _need_share(self.confidence, "confidence")
        _need_share(self.kind_confidence, "kind_confidence")


@dataclass(frozen=True, slots=True)
class Utterance:
    """About a sentence of one speaker. ``span`` is None in lessons that come from text without times.

    ``move_confidence`` is None where no model has judged; with neither move, it says how sure it is that there is none.
    """

    id: str
    span: Span | None
    speaker: str
    role: Role
    text: str
    words: tuple[Word, ...] = ()
    language: str | None = None
    question: Question | None = None
    teacher_move: str | None = None
    student_move: str | None = None
    uptake: float | None = None
    praise: Literal["specific", "general"] | None = None
    move_confidence: float | None = None
    praise_confidence: float | None = None

    def __post_init__(self) -> None:
        _need_share(self.uptake, "uptake")
        _need_share(self.move_confidence, "move_confidence")
        _need_share(self.praise_confidence, "praise_confidence")


@dataclass(frozen=True, slots=True)
class Wait:
    """Silence after a question (``wait_time_1``) or after a student's turn (``wait_time_2``), and who ended it."""

    kind: WaitKind
    span: Span
    by: Role
    utterance_id: str | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """Utterances that belong together, such as question, answer, evaluation (``ire``)."""

    kind: str
    utterance_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in the lesson: the evidence behind a number or a piece of advice.

    ``span`` is None in lessons that come from text without times; an utterance then says where it is.
    """

    span: Span | None
    utterance_id: str | None = None

    def __post_init__(self) -> None:
        if self.span is None and not self.utterance_id:
            raise ValueError("a moment needs a span, an utterance, or both")


@dataclass(frozen=True, slots=True)
class Metric:
    """A number with what it is made of. ``value`` is None where there is nothing to measure.

    ``low`` and ``high`` bound the value where its uncertainty is known; ``moments`` are what it was counted from.
    """

    name: str
    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    method: str = ""
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """What a teacher wants a number of the own lessons to reach: at least or at most so much, in the number's own unit.

    ``words`` is the goal as the teacher would say it, such as "wait longer after a question".
    """

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    words: str = ""

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ValueError(f"a goal for {self.metric} needs a number to reach: at_least, at_most, or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"no number is at least {self.at_least} and at most {self.at_most}")

    def reached_by(self, value: float) -> bool:
        """Whether a value lies where the goal wants it."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True, slots=True)
class Advice:
    """A prompt for the teacher, never a verdict. ``evidence`` is never empty.

    ``strategy`` is the id of the strategy in ``configs/strategies.toml`` that it proposes to try.
    """

    kind: AdviceKind
    text: str
    metric_names: tuple[str, ...]
    evidence: tuple[Moment, ...]
    strategy: str | None = None

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError("advice without a moment behind it is an opinion; give evidence")


@dataclass(frozen=True, slots=True)
class StageRecord:
    """How one stage came to its result: backend, model, settings, seconds of work, when, and whether it was reused."""

    stage: str
    backend: str
    model_sha256: str
    config_sha256: str
    elapsed_s: float
    finished_at: datetime | None = None
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Lesson:
    """One analysed lesson: the aggregate that every export, page and test reads.

    Without ``students_told_apart`` its students are one group: their voices are no count of people.
    """

    recording: Recording
    language: str | None = None
    languages: tuple[tuple[str, float], ...] = ()
    speech: tuple[Speech, ...] = ()
    turns: tuple[Turn, ...] = ()
    segments: tuple[Segment, ...] = ()
    utterances: tuple[Utterance, ...] = ()
    waits: tuple[Wait, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    metrics: tuple[Metric, ...] = ()
    advice: tuple[Advice, ...] = ()
    stages: tuple[StageRecord, ...] = ()
    notices: tuple[str, ...] = ()
    corrections: CorrectionSummary | None = None
    students_told_apart: bool = True

    def metric(self, name: str) -> Metric:
        """The metric of that name. Raises KeyError where the lesson has none."""
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(name)
