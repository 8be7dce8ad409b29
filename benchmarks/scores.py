"""How near an analysed lesson is to the truth: who spoke, what was said, what was asked, how long people waited."""

from __future__ import annotations

import statistics
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

COLLAR_S = 0.25  # around each edge of the truth, in all; nobody marks an edge more exactly
WAIT_REACH_S = 1.0  # a wait that begins within this of a true one can be that one
QUESTION_OVERLAP = 0.3  # of the shorter of two utterances: then they are the same one
WORD_SLACK_S = 0.2

FIGURES = ("role_err", "der", "share_pts", "wer", "wer_s", "q_f1", "w_f1", "w_mae")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Somebody's speech from ``start_s`` to ``end_s``."""

    start_s: float
    end_s: float
    speaker: str
    role: str


def score(truth: Mapping[str, Any], lesson: Mapping[str, Any]) -> dict[str, float | None]:
    """The figures of one lesson; None where the truth cannot give one.

    ``truth`` is a ground-truth file, ``lesson`` a lesson.json (schema lessonmirror/1). Errors are shares of the true speech or
    words; ``share_pts`` is in points of 100, ``w_mae`` in seconds.
    """
    asked = truth["utterances"]
    true_speech = [
        Stretch(start, end, row["speaker"], row["role"])
        for row in asked
        for start, end in row.get("speech") or [(row["start"], row["end"])]
    ]
    found_speech = [Stretch(row["start_s"], row["end_s"], row["speaker"], row["role"]) for row in lesson["speech"]]
    return {
        "role_err": _role_error(true_speech, found_speech),
        "der": _speaker_error(true_speech, found_speech),
        "share_pts": _share_points(true_speech, found_speech),
        **_word_errors(asked, lesson),
        **_question_figures(asked, lesson),
        **_wait_figures(asked, lesson),
    }


def means(rows: Iterable[Mapping[str, float | None]]) -> dict[str, float | None]:
    """The mean of each figure over the lessons that have it."""
    rows = list(rows)
    known = {name: [row[name] for row in rows if row.get(name) is not None] for name in FIGURES}
    return {name: statistics.mean(values) if values else None for name, values in known.items()}  # type: ignore[type-var]


def _annotation(stretches: Sequence[Stretch], key: str) -> Any:
    from pyannote.core import Annotation, Segment

    result = Annotation()
    for number, item in enumerate(stretches):
        if item.end_s > item.start_s:
            result[Segment(item.start_s, item.end_s), number] = getattr(item, key) or "unknown"
    return result


def _speaker_error(truth: Sequence[Stretch], found: Sequence[Stretch]) -> float:
    from pyannote.metrics.diarization import DiarizationErrorRate

    return _quietly(DiarizationErrorRate(collar=COLLAR_S), _annotation(truth, "speaker"), _annotation(found, "speaker"))


def _role_error(truth: Sequence[Stretch], found: Sequence[Stretch]) -> float | None:
    from pyannote.metrics.identification import IdentificationErrorRate

    if not any(item.role for item in truth):
        return None
    return _quietly(IdentificationErrorRate(collar=COLLAR_S), _annotation(truth, "role"), _annotation(found, "role"))


def _quietly(metric: Any, truth: Any, found: Any) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it approximates the evaluated stretch, which is what is wanted
        return float(metric(truth, found))


def _share_points(truth: Sequence[Stretch], found: Sequence[Stretch]) -> float | None:
    true_share = _teacher_share(truth)
    return None if true_share is None else 100 * abs((_teacher_share(found) or 0.0) - true_share)


def _teacher_share(stretches: Sequence[Stretch]) -> float | None:
    seconds = {role: sum(i.end_s - i.start_s for i in stretches if i.role == role) for role in ("teacher", "student")}
    whole = sum(seconds.values())
    return seconds["teacher"] / whole if whole else None


def _word_errors(asked: Sequence[Mapping[str, Any]], lesson: Mapping[str, Any]) -> dict[str, float | None]:
    words = sorted((word for row in lesson["utterances"] for word in row["words"]), key=lambda word: word["start_s"])
    worded = [row for row in asked if row["text"]]
    students = [row for row in worded if row["role"] == "student"]
    whole = _word_error(worded, words) if len(worded) == len(asked) else None
    inside = [word for word in words if any(_within(word, row) for row in students)]
    return {"wer": whole, "wer_s": _word_error(students, inside) if students else None}


def _within(word: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    middle = (word["start_s"] + word["end_s"]) / 2
    return bool(row["start"] - WORD_SLACK_S <= middle <= row["end"] + WORD_SLACK_S)


def _word_error(rows: Sequence[Mapping[str, Any]], words: Sequence[Mapping[str, Any]]) -> float | None:
    import jiwer
    from whisper.normalizers import EnglishTextNormalizer

    plain = EnglishTextNormalizer()
    truth = plain(" ".join(row["text"].lower() for row in rows))
    return float(jiwer.wer(truth, plain(" ".join(word["text"].strip() for word in words)))) if truth else None


def _question_figures(asked: Sequence[Mapping[str, Any]], lesson: Mapping[str, Any]) -> dict[str, float | None]:
    if all(row["question"] is None for row in asked):
        return {"q_f1": None}
    truth = [row for row in asked if row["question"]]
    found = [row for row in lesson["utterances"] if row["question"]]
    pairs = sorted(
        (
            (overlap, i, j)
            for i, row in enumerate(truth)
            for j, other in enumerate(found)
            if (overlap := min(row["end"], other["end_s"]) - max(row["start"], other["start_s"]))
            > QUESTION_OVERLAP * min(row["end"] - row["start"], other["end_s"] - other["start_s"])
        ),
        reverse=True,
    )
    hits = len(_one_to_one((i, j) for _, i, j in pairs))
    return {"q_f1": 2 * hits / (len(truth) + len(found)) if truth or found else None}


def _one_to_one(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs, best first, in which neither side was taken before."""
    left: set[int] = set()
    right: set[int] = set()
    kept = []
    for i, j in pairs:
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            kept.append((i, j))
    return kept


def _wait_figures(asked: Sequence[Mapping[str, Any]], lesson: Mapping[str, Any]) -> dict[str, float | None]:
    if all(row["question"] is None for row in asked):
        return {"w_f1": None, "w_mae": None}
    truth = [
        (end_s, max(0.0, _edges(after)[0] - end_s))
        for row, after in pairwise(asked)
        if row["role"] == "teacher" and row["question"] and after["role"] == "student"
        for end_s in [_edges(row)[1]]
    ]
    found = [row for row in lesson["waits"] if row["kind"] == "wait_time_1" and row["by"] == "student"]
    near = sorted(
        (distance, i, j)
        for i, (start_s, _) in enumerate(truth)
        for j, row in enumerate(found)
        if (distance := abs(row["start_s"] - start_s)) <= WAIT_REACH_S
    )
    matched = _one_to_one((i, j) for _, i, j in near)
    errors = [abs(found[j]["end_s"] - found[j]["start_s"] - truth[i][1]) for i, j in matched]
    count = len(truth) + len(found)
    return {"w_f1": 2 * len(matched) / count if count else None, "w_mae": statistics.mean(errors) if errors else None}


def _edges(row: Mapping[str, Any]) -> tuple[float, float]:
    """First and last moment at which the utterance sounds, in seconds."""
    speech = row.get("speech")
    return (speech[0][0], speech[-1][1]) if speech else (row["start"], row["end"])
