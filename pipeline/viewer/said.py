"""What was said, as a page shows it: talk moves, ideas that were taken up, and praise, each to be played.

A single judgement of a program is often debatable; the words say how sure it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.analysis.discourse import group_turns
from pipeline.analysis.languages import language_name
from pipeline.lesson import Lesson, Role, Utterance
from pipeline.timeline import Span
from pipeline.viewer import words
from pipeline.viewer.moments import LONGEST_LEAD_S
from pipeline.viewer.move_words import MOVE_WORDS, MoveWords, sureness

BUILDS_ON = 0.6  # below this, whether the teacher takes up the student's idea is open to debate
STRONGLY = 0.8
TAGGED = 0.6  # what the program is less sure of is not written into the transcript
LISTED_SHARE = 0.05  # less of a language are names, songs, or mistakes of recognition
_LAST_CHARACTERS = 110  # of the student's words before: enough to know the place again

UPTAKE, PRAISE = "uptake", "praise"
# How the list is filtered: the keys are the kinds of :func:`said_moments`.
SAID_FILTERS: tuple[tuple[str, str], ...] = (
    (UPTAKE, "Builds on a student's idea"),
    *((item.move, item.name) for item in MOVE_WORDS.values()),
    (PRAISE, "Praise"),
)
# docs/accuracy.md: macro F1 of 0.79 for the teacher's moves and 0.74 for the students'.
HOW_JUDGED = (
    "A program that learned from mathematics lessons in English judged this. About one move in four is misnamed or "
    "missed; the sums over a lesson are surer than any single one."
)
WHAT_MOVES_ARE = (
    "Ways of speaking that keep the talk going: asking for a reason, say, or putting a student's idea in other words."
)


def move_of(line: Utterance) -> MoveWords | None:
    """The words of the line's talk move; None for none, and where nothing was judged."""
    label = line.teacher_move if line.role == "teacher" else line.student_move if line.role == "student" else None
    return MOVE_WORDS.get(label or "")


def is_tagged(line: Utterance) -> bool:
    """Whether the program is sure enough of the line's move to write it into the transcript."""
    return (line.move_confidence or 0.0) >= TAGGED


def is_judged(lesson: Lesson, role: Role | None = None) -> bool:
    """Whether a program judged talk moves in this lesson (of that role)."""
    return any(line.move_confidence is not None and role in (None, line.role) for line in lesson.utterances)


def why_not_judged(lesson: Lesson) -> str:
    """One sentence for a lesson without talk moves."""
    spoken = [code for code, _ in lesson.languages] or ([lesson.language] if lesson.language else [])
    if spoken and "en" not in spoken:
        return (
            f"Talk moves are not shown here: the program that finds them knows English alone, and this lesson is in "
            f"{language_name(spoken[0])}."
        )
    return "Talk moves are not shown here: the program that finds them did not look at this lesson."


def languages_line(lesson: Lesson) -> str:
    """``Languages: English 78 %, Spanish 22 % of the words``; empty where one language was spoken, or nearly."""
    spoken = [(code, share) for code, share in lesson.languages if share >= LISTED_SHARE]
    if len(spoken) < 2:
        return ""
    named = ", ".join(f"{language_name(code)} {words.written(share, 'share')}" for code, share in spoken)
    return f"Languages: {named} of the words"


def said_moments(lesson: Lesson) -> list[dict[str, Any]]:
    """Every line with a move, an idea taken up, or praise, in order of time.

    ``kinds`` are keys of ``SAID_FILTERS``, ``note`` names them and says how sure each is, ``strength`` is for sorting. Where an
    idea is taken up, ``before`` has the student's words, and it plays from there.
    """
    asked = _student_turns(lesson)
    found = (_moment(line, line.span, asked) for line in lesson.utterances if line.span)
    return sorted((entry for entry in found if entry["kinds"]), key=lambda entry: entry["start_s"])


def _moment(line: Utterance, span: Span, before: Mapping[str, tuple[float, str]]) -> dict[str, Any]:
    kinds = dict(_kinds(line))
    strength = line.uptake if line.uptake is not None and UPTAKE in kinds else 0.0
    start_s, student = span.start_s, ""
    if UPTAKE in kinds and line.id in before:
        turn_s, student = before[line.id]
        start_s = turn_s if 0 <= start_s - turn_s <= LONGEST_LEAD_S else start_s
    return {
        "start_s": round(start_s, 2),
        "text": line.text,
        "before": student,
        "kinds": list(kinds),
        "note": " · ".join(kinds.values()),
        "strength": strength,
    }


def _kinds(line: Utterance) -> Iterator[tuple[str, str]]:
    move = move_of(line)
    if move and line.move_confidence is not None:
        yield move.move, f"{move.name}, {sureness(line.move_confidence)}"
    if line.uptake is not None and line.uptake >= BUILDS_ON:
        yield UPTAKE, f"Builds on a student's idea, {'strongly' if line.uptake >= STRONGLY else 'clearly'}"
    if line.praise:
        name = words.metric_words(f"praise_{line.praise}_count").label
        yield PRAISE, f"{name}, {sureness(line.praise_confidence)}" if line.praise_confidence else name


def _student_turns(lesson: Lesson) -> dict[str, tuple[float, str]]:
    """By the id of the line after a student's turn: when that turn began, and its last words."""
    found: dict[str, tuple[float, str]] = {}
    last: list[Utterance] = []
    for turn in group_turns(line for line in lesson.utterances if line.text.strip()):
        if last and last[0].role == "student" and last[0].span:
            found[turn[0].id] = (last[0].span.start_s, _last_words(" ".join(line.text for line in last)))
        last = turn
    return found


def _last_words(text: str) -> str:
    if len(text) <= _LAST_CHARACTERS:
        return text
    return "… " + text[-_LAST_CHARACTERS:].partition(" ")[2]
