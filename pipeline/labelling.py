"""Labels for tables of text: the columns of TalkMoves' data, and exchanges to be rated for uptake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.analysis.discourse import likeliest_move
from pipeline.analysis.languages import guess_language
from pipeline.analysis.uptake import shared_words
from pipeline.lesson import Role, Utterance
from pipeline.ports import DiscourseModel, Progress
from pipeline.stages.discourse import judge_discourse
from pipeline.stages.understand import label_utterances

if TYPE_CHECKING:
    import pandas as pd

SENTENCE_COLUMNS = ("sentence",)
PAIR_COLUMNS = ("student_text", "teacher_text")
SPEAKING_ROLES: tuple[Role, ...] = ("teacher", "student")
LABEL_COLUMNS = ("teacher_move", "student_move", "question", "question_kind")


def label_sentences(table: pd.DataFrame, model: DiscourseModel | None, *, progress: Progress) -> pd.DataFrame:
    """The table with ``teacher_move``, ``student_move``, ``question`` (true or false) and ``question_kind``, rows as they were.

    ``table`` has the column ``sentence``, and as far as it is known ``transcript``, ``turn``, ``speaker`` and ``role`` (teacher,
    student, anything else is unknown), all text. A move is ``none`` where there is none, and empty for the other role's
    column; where the role is unknown, each column says what the sentence would be if a teacher or a student had said it. Without
    ``model`` moves stay empty: rules find questions alone.
    """
    labels: dict[str, list[str]] = {name: [""] * len(table) for name in LABEL_COLUMNS}
    lessons = _rows_by_transcript(table)
    rows = table.to_dict("records")
    for number, places in enumerate(lessons):
        utterances = [_utterance(rows[place], place) for place in places]
        _label(utterances, places, model, labels)
        progress((number + 1) / len(lessons))
    return table.assign(**labels)


def _rows_by_transcript(table: pd.DataFrame) -> list[list[int]]:
    names = table["transcript"].tolist() if "transcript" in table else [""] * len(table)
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    return list(places.values())


def _utterance(row: Mapping[Any, Any], place: int) -> Utterance:
    told = str(row.get("role", "")).strip().lower()
    role: Role = "teacher" if told == "teacher" else "student" if told == "student" else "unknown"
    speaker = f"{row.get('turn', '')}/{row.get('speaker', '') or told}"
    text = str(row["sentence"])
    return Utterance(
        f"u{place}",
        None,
        speaker,
        role,
        text,
        language=guess_language(text),
    )


def _label(
    utterances: Sequence[Utterance], places: Sequence[int], model: DiscourseModel | None, labels: dict[str, list[str]]
) -> None:
    discourse = None if model is None else judge_discourse(model, utterances, progress=lambda done: None, uptake=False)
    judged = [None] * len(utterances) if discourse is None else discourse.of(utterances)
    for item, found, place in zip(label_utterances(utterances, discourse), judged, places, strict=True):
        labels["question"][place] = "true" if item.question else "false"
        labels["question_kind"][place] = item.question.kind if item.question else ""
        for role in SPEAKING_ROLES:
            if found is not None and item.role in (role, "unknown"):
                labels[f"{role}_move"][place] = likeliest_move(found.judgement, role)[0] or "none"


def rate_uptake(table: pd.DataFrame, model: DiscourseModel | None) -> pd.DataFrame:
    """The table (``student_text``, ``teacher_text``) with ``uptake``, 0 to 1 in every row: how far the teacher builds on it.

    Without ``model`` it is the share of the student's words that the teacher takes up.
    """
    pairs = list(zip(table["student_text"].tolist(), table["teacher_text"].tolist(), strict=True))
    scores = (
        [shared_words(student, teacher) for student, teacher in pairs]
        if model is None
        else model.uptake(pairs).tolist()
    )
    return table.assign(uptake=[round(float(score), 6) for score in scores])
