"""Short ways to write down a lesson's values, for tests that work out its numbers by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from pipeline.lesson import Lesson, Question, Recording, Role, Speech, Utterance, Wait, Word
from pipeline.timeline import Span

if TYPE_CHECKING:
    from pipeline.lesson import QuestionKind

# The same examples in every run, and no deadline: the machine may be busy.
patient = settings(deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.too_slow])

RECORDING = Recording("c0ffee" + "0" * 58, "My lesson.mp4", 100.0)

moments_s = st.integers(0, 400).map(lambda tenths: tenths / 10)
spans = st.tuples(moments_s, moments_s).map(lambda edges: Span(min(edges), max(edges)))


def teacher(start_s: float, end_s: float, speaker: str = "T") -> Speech:
    return Speech(Span(start_s, end_s), speaker, "teacher")


def student(start_s: float, end_s: float, speaker: str = "A") -> Speech:
    return Speech(Span(start_s, end_s), speaker, "student")


def somebody(start_s: float, end_s: float, speaker: str = "X") -> Speech:
    return Speech(Span(start_s, end_s), speaker)


def said(
    name: str,
    who: Speech,
    text: str,
    *,
    kind: QuestionKind | None = None,
    language: str | None = "en",
) -> Utterance:
    """An utterance that fills a stretch of speech."""
    question = Question(kind, 0.9) if kind else None
    return Utterance(name, who.span, who.speaker, who.role, text, language=language, question=question)


def words(text: str, start_s: float = 0.0, *, word_s: float = 0.3, gap_s: float = 0.0) -> tuple[Word, ...]:
    """The words of a text one after the other, each with its leading blank."""
    step_s = word_s + gap_s
    return tuple(
        Word(Span(start_s + place * step_s, start_s + place * step_s + word_s), f" {word}", 0.9)
        for place, word in enumerate(text.split())
    )


def waited(start_s: float, end_s: float, by: Role = "student", name: str | None = "q") -> Wait:
    return Wait("wait_time_1", Span(start_s, end_s), by, name)


def lesson(*speech: Speech, utterances: tuple[Utterance, ...] = (), duration_s: float = 100.0) -> Lesson:
    recording = Recording(RECORDING.sha256, RECORDING.name, duration_s)
    return Lesson(recording, speech=speech, utterances=utterances)
