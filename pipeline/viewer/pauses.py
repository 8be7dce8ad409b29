"""In which row of the pauses each wait stands: after a question by the question's kind, or after a student spoke."""

from __future__ import annotations

from pipeline.lesson import Lesson, Utterance, Wait

# The metric that gives a row's middle; a row without one has none.
MIDDLES = {
    "open": "wait_time_1_open_median_s",
    "closed": "wait_time_1_closed_median_s",
    "wait_time_1": "wait_time_1_median_s",
    "wait_time_2": "wait_time_2_median_s",
}


def pause_rows(lesson: Lesson) -> list[str]:
    """A key of :data:`pipeline.viewer.words.PAUSE_WORDS` for each wait of the lesson, in order.

    Results from before the numbers were known by kind have one row for all pauses after a question.
    """
    names = {metric.name for metric in lesson.metrics}
    by_kind = MIDDLES["open"] in names or MIDDLES["closed"] in names
    lines = {line.id: line for line in lesson.utterances}
    return [_row(wait, lines.get(wait.utterance_id or "")) if by_kind else wait.kind for wait in lesson.waits]


def _row(wait: Wait, line: Utterance | None) -> str:
    if wait.kind != "wait_time_1":
        return wait.kind
    kind = line.question.kind if line and line.question else None
    return kind if kind in ("open", "closed") else "other"
