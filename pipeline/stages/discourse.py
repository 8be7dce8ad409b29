"""What the text model makes of a lesson, in a form that can be kept and laid over the lesson again after a correction."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from pipeline.analysis.discourse import find_exchanges, sentences_of
from pipeline.lesson import Utterance
from pipeline.ports import DiscourseModel, Judgement, Progress

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Discourse:
    """Judgements by what was said and when, and uptake by the two turns it is about.

    A correction changes who spoke, at times also where an utterance ends. Then each utterance takes the judgement of
    the one that lay there, and only exchanges whose two turns stayed the same keep their uptake: no model runs again.
    """

    judged: tuple[tuple[float | None, str, Judgement], ...] = ()
    uptake: tuple[tuple[str, str, float], ...] = ()

    def judgements(self, utterances: Sequence[Utterance]) -> tuple[Judgement | None, ...]:
        """One an utterance, None where nothing lay there."""
        if [(_start_s(item), item.text) for item in utterances] == [
            (start_s, text) for start_s, text, _ in self.judged
        ]:
            return tuple(judgement for _, _, judgement in self.judged)
        by_text = {(start_s, text): judgement for start_s, text, judgement in self.judged}
        return tuple(
            by_text.get((_start_s(item), item.text)) or self._begun_before(_start_s(item)) for item in utterances
        )

    def _begun_before(self, at_s: float | None) -> Judgement | None:
        if at_s is None:
            return None
        place = bisect.bisect_right(self.judged, at_s, key=lambda item: item[0] or 0.0)
        return self.judged[place - 1][2] if place else None

    def uptake_scores(self, utterances: Sequence[Utterance]) -> dict[str, float]:
        """Uptake by the id of the teacher's first utterance."""
        known = {(student, teacher): score for student, teacher, score in self.uptake}
        pairs = ((item.utterance_id, known.get((item.student, item.teacher))) for item in find_exchanges(utterances))
        return {name: score for name, score in pairs if score is not None}

    def to_json(self) -> Any:
        """Plain lists."""
        return {
            "judged": [[start_s, text, *_rounded(judgement)] for start_s, text, judgement in self.judged],
            "uptake": [list(item) for item in self.uptake],
        }

    @classmethod
    def from_json(cls, data: Any) -> Discourse:
        """What :meth:`to_json` gave."""
        judged = tuple(
            (start_s, text, Judgement(question, *(tuple(shares) for shares in rest)))
            for start_s, text, question, *rest in data["judged"]
        )
        return cls(judged, tuple((student, teacher, score) for student, teacher, score in data["uptake"]))


def _start_s(item: Utterance) -> float | None:
    return round(item.span.start_s, 3) if item.span else None


def _rounded(judgement: Judgement) -> list[Any]:
    question, *rest = astuple(judgement)
    return [round(question, _DIGITS), *([round(share, _DIGITS) for share in shares] for shares in rest)]


def judge_discourse(
    model: DiscourseModel, utterances: Sequence[Utterance], *, progress: Progress, uptake: bool = True
) -> Discourse:
    """What ``model`` makes of the utterances of a lesson, in order; without ``uptake`` only sentence by sentence."""
    judged = model.judge(sentences_of(utterances), progress=lambda done: progress(0.8 * done))
    exchanges = find_exchanges(utterances) if uptake else ()
    scores = model.uptake([(item.student, item.teacher) for item in exchanges])
    return Discourse(
        tuple((_start_s(item), item.text, judgement) for item, judgement in zip(utterances, judged, strict=True)),
        tuple(
            (item.student, item.teacher, round(float(score), _DIGITS))
            for item, score in zip(exchanges, scores, strict=True)
        ),
    )
