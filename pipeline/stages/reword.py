"""Lets a language model word the advice, where one is configured. Whatever goes wrong there, the rules' text stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.analysis.wording import accept, brief_of
from pipeline.errors import Cancelled, LessonMirrorError, StoreError
from pipeline.lesson import Lesson
from pipeline.ports import Brief, FeedbackWriter, Progress, Proposal

STAGE = "writer"
_WORDED = "Feedback was worded by"
_FIRST_WORDED = "Feedback was first worded by"
WORDED_ELSEWHERE = (
    _WORDED + " a language model at {host}, which is not this computer: what was said in this lesson was sent there."
)
ASKED_ELSEWHERE = (
    "A language model at {host}, which is not this computer, was asked to word the feedback: what was said in this lesson may "
    "have been sent there."
)
NOT_WORDED = "The language model could not word the feedback, which stands in the program's own words: {reason}"
_NOT_HELD = "did not hold against the recording and was thrown away."
THROWN_AWAY = (
    "The program's own words stand for {count} of {of} texts: what the language model wrote there " + _NOT_HELD
)

Answers = Callable[[Sequence[Brief]], tuple[Proposal | None, ...]]
"""Gives one answer a brief, from a writer or from what it answered before."""


def reword(lesson: Lesson, answers: Answers, *, elsewhere: str | None) -> tuple[Lesson, tuple[str, ...]]:
    """The lesson with the wordings that hold, and what its reader has to know.

    ``elsewhere``: the host of the server, where that is another computer.
    """
    if not lesson.advice:
        return lesson, ()
    briefs = tuple(brief_of(item, lesson) for item in lesson.advice)
    try:
        proposals = answers(briefs)
    except (Cancelled, StoreError):
        raise
    except Exception as error:  # whatever goes wrong here, the lesson must not be lost
        reason = error.message if isinstance(error, LessonMirrorError) else f"{type(error).__name__}: {error}"
        return lesson, (*_told(ASKED_ELSEWHERE, elsewhere), NOT_WORDED.format(reason=reason))
    worded = [accept(proposal, item, lesson) for proposal, item in zip(proposals, lesson.advice, strict=True)]
    advice = tuple(new or old for new, old in zip(worded, lesson.advice, strict=True))
    thrown = worded.count(None)
    notices = (THROWN_AWAY.format(of=len(worded), count=thrown),) if thrown else ()
    return replace(lesson, advice=advice), (*_told(WORDED_ELSEWHERE, elsewhere), *notices)


def _told(notice: str, elsewhere: str | None) -> tuple[str, ...]:
    return (notice.format(host=elsewhere),) if elsewhere else ()


def ask(writer: FeedbackWriter, briefs: Sequence[Brief], *, progress: Progress) -> tuple[Proposal | None, ...]:
    """One answer a brief. Raises ModelError at the first that cannot be had: the others would not fare better."""
    found = []
    for number, brief in enumerate(briefs):
        progress(number / len(briefs))
        found.append(writer.propose(brief))
    return tuple(found)


def in_the_rules_words(lesson: Lesson) -> Lesson:
    """A lesson whose advice was made anew by the rules: no writer worded it, but what was sent somewhere stays told."""
    notices = tuple(
        _FIRST_WORDED + text.removeprefix(_WORDED) if text.startswith(_WORDED) else text
        for text in lesson.notices
        if _NOT_HELD not in text
    )
    stages = tuple(record for record in lesson.stages if record.stage != STAGE)
    return replace(lesson, notices=notices, stages=stages)


def proposals_to_json(proposals: Sequence[Proposal | None]) -> list[Mapping[str, Any] | None]:
    """Plain values, to be kept with a lesson's other results."""
    return [None if item is None else {"text": item.text, "evidence": list(item.evidence)} for item in proposals]


def proposals_from_json(data: Sequence[Mapping[str, Any] | None]) -> tuple[Proposal | None, ...]:
    """What :func:`proposals_to_json` gave."""
    return tuple(None if item is None else Proposal(item["text"], tuple(item["evidence"])) for item in data)
