"""Words of the subject in what teacher and students say, by lists that a school can change (``configs/vocabulary.toml``)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.analysis.discourse_metrics import moments_of
from pipeline.analysis.questions import JUDGED_LANGUAGES, normalised
from pipeline.lesson import Lesson, Metric, Role, Utterance
from pipeline.timeline import share

MIN_DISTINCT = 3  # fewer different terms of a subject come up in any talk


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject with a pattern that finds its terms in text of lower case without punctuation."""

    name: str
    pattern: re.Pattern[str]

    def found(self, text: str) -> list[str]:
        """The terms in a text, in order, each as often as it is said."""
        return [match.group(1) for match in self.pattern.finditer(normalised(text))]


def read_subjects(data: Mapping[str, Mapping[str, str]]) -> tuple[Subject, ...]:
    """Subjects from the sections of the file; longer terms go before the words they are made of."""
    return tuple(_subject(name, shlex.split(section["terms"])) for name, section in data.items())


def _subject(name: str, terms: Iterable[str]) -> Subject:
    ordered = sorted({term.lower() for term in terms}, key=lambda term: (-len(term), term))
    forms = "|".join(re.escape(term[:-1]) + "(?:y|ies)" if term.endswith("y") else re.escape(term) for term in ordered)
    return Subject(name, re.compile(rf"\b({forms})(?:s|es)?\b"))


def measure_vocabulary(lesson: Lesson, subjects: Iterable[Subject]) -> tuple[Metric, ...]:
    """Terms in 100 words of teacher and students, of the subject of which most different ones are said.

    None where fewer than three different terms of any subject are said: then the lists do not fit the lesson.
    """
    said = [item for item in lesson.utterances if item.language in JUDGED_LANGUAGES]
    spoken = {subject: {term for item in said for term in subject.found(item.text)} for subject in subjects}
    best = max(spoken, key=lambda subject: len(spoken[subject]), default=None)
    known = best if best is not None and len(spoken[best]) >= MIN_DISTINCT else None
    return tuple(_per_100(role, [item for item in said if item.role == role], known) for role in ("teacher", "student"))


def _per_100(role: Role, said: list[Utterance], subject: Subject | None) -> Metric:
    found = [(item, len(subject.found(item.text))) for item in said] if subject else []
    terms, words = sum(count for _, count in found), sum(len(normalised(item.text).split()) for item in said)
    return Metric(
        f"academic_words_{role}_per_100",
        share(100 * terms, words) if subject else None,
        "1/100 words",
        numerator=terms if subject else None,
        denominator=words if subject else None,
        method=f"words of the list '{subject.name}' / 100 words, English only" if subject else "words of the subject",
        moments=moments_of(item for item, count in found if count),
    )
