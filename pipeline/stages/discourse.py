"""What the text model makes of a lesson, in a form that can be kept and laid over the lesson again after a correction."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from pipeline.analysis.discourse import find_exchanges, sentences_of
from pipeline.analysis.pitch import final_rise_semitones
from pipeline.lesson import Utterance
from pipeline.ports import SAMPLE_RATE_HZ, Audio, DiscourseModel, Judgement, Progress
from pipeline.timeline import Span

_DIGITS = 4
HEARD_S = 1.1  # of an utterance's end, for its pitch
UNSURE = (0.04, 0.9)  # surer than that, a rise of the pitch would not change what the words say
WORD_END_S = 0.1  # recognition ends words a little early


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model makes of an utterance, and how far its pitch rises at the end (in semitones, None where unknown)."""

    start_s: float | None
    text: str
    judgement: Judgement
    rise_st: float | None = None


@dataclass(frozen=True, slots=True)
class Discourse:
    """Judgements by what was said and when, and uptake by the two turns it is about.

    A correction changes who spoke, at times also where an utterance ends. Then each utterance takes the judgement of
    the one that lay there, and only exchanges whose two turns stayed the same keep their uptake: no model runs again.
    """

    judged: tuple[Judged, ...] = ()
    uptake: tuple[tuple[str, str, float], ...] = ()

    def of(self, utterances: Sequence[Utterance]) -> tuple[Judged | None, ...]:
        """One an utterance, None where nothing lay there."""
        asked = [(_start_s(item), item.text) for item in utterances]
        if asked == [(item.start_s, item.text) for item in self.judged]:
            return self.judged
        by_text = {(item.start_s, item.text): item for item in self.judged}
        return tuple(by_text.get(item) or self._begun_before(item[0]) for item in asked)

    def _begun_before(self, at_s: float | None) -> Judged | None:
        if at_s is None:
            return None
        place = bisect.bisect_right(self.judged, at_s, key=lambda item: item.start_s or 0.0)
        return self.judged[place - 1] if place else None

    def uptake_scores(self, utterances: Sequence[Utterance]) -> dict[str, float]:
        """Uptake by the id of the teacher's first utterance."""
        known = {(student, teacher): score for student, teacher, score in self.uptake}
        pairs = ((item.utterance_id, known.get((item.student, item.teacher))) for item in find_exchanges(utterances))
        return {name: score for name, score in pairs if score is not None}

    def to_json(self) -> Any:
        """Plain lists."""
        return {
            "judged": [[item.start_s, item.text, item.rise_st, *_rounded(item.judgement)] for item in self.judged],
            "uptake": [list(item) for item in self.uptake],
        }

    @classmethod
    def from_json(cls, data: Any) -> Discourse:
        """What :meth:`to_json` gave."""
        judged = tuple(
            Judged(start_s, text, Judgement(question, *(tuple(shares) for shares in rest)), rise_st)
            for start_s, text, rise_st, question, *rest in data["judged"]
        )
        return cls(judged, tuple((student, teacher, score) for student, teacher, score in data["uptake"]))


def _start_s(item: Utterance) -> float | None:
    return round(item.span.start_s, 3) if item.span else None


def _rounded(judgement: Judgement) -> list[Any]:
    question, *rest = astuple(judgement)
    return [round(question, _DIGITS), *([round(share, _DIGITS) for share in shares] for shares in rest)]


def judge_discourse(
    model: DiscourseModel,
    utterances: Sequence[Utterance],
    *,
    audio: Audio | None = None,
    progress: Progress,
    uptake: bool = True,
) -> Discourse:
    """What ``model`` makes of the utterances of a lesson, in order; without ``uptake`` only sentence by sentence."""
    judged = model.judge(sentences_of(utterances), progress=lambda done: progress(0.8 * done))
    exchanges = find_exchanges(utterances) if uptake else ()
    scores = model.uptake([(item.student, item.teacher) for item in exchanges])
    return Discourse(
        tuple(
            Judged(_start_s(item), item.text, judgement, _rise_st(audio, item, judgement))
            for item, judgement in zip(utterances, judged, strict=True)
        ),
        tuple(
            (item.student, item.teacher, round(float(score), _DIGITS))
            for item, score in zip(exchanges, scores, strict=True)
        ),
    )


def _rise_st(audio: Audio | None, item: Utterance, judgement: Judgement) -> float | None:
    if audio is None or item.span is None or not UNSURE[0] < judgement.question < UNSURE[1]:
        return None
    end_s = min(item.span.end_s + WORD_END_S, audio.duration_s)
    heard = audio.read(Span(min(end_s, max(item.span.start_s, end_s - HEARD_S)), end_s))
    rise_st = final_rise_semitones(heard, SAMPLE_RATE_HZ)
    return None if rise_st is None else round(rise_st, 2)
