"""Wait time 1 and 2 (Rowe 1974), and question-answer-evaluation sequences (IRE, Mehan 1979)."""

from __future__ import annotations

import bisect
import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Seq

from pipeline.analysis.questions import normalised
from pipeline.lesson import Role, Sequence, Speech, Turn, Utterance, Wait
from pipeline.timeline import Span

MAX_AVERAGED_S = 30.0  # longer is work time: listed, not averaged
SAME_EDGE_S = 0.5  # word times and speech edges differ by up to this much


class _Timeline:
    """Speech in order of time, for asking who speaks at a moment without looking at all of it."""

    def __init__(self, speech: Iterable[Speech]) -> None:
        self._speech = sorted(speech, key=lambda item: item.span)
        self._starts = [item.span.start_s for item in self._speech]
        self._latest_ends = list(itertools.accumulate((item.span.end_s for item in self._speech), max))

    def sounding(self, at_s: float) -> Iterator[Speech]:
        """The stretches that began before this moment and go on after it, the latest first."""
        place = bisect.bisect_left(self._starts, at_s) - 1
        while place >= 0 and self._latest_ends[place] > at_s:
            if self._speech[place].span.end_s > at_s:
                yield self._speech[place]
            place -= 1

    def next(self, at_s: float) -> Speech | None:
        """The first stretch that begins at this moment or later."""
        place = bisect.bisect_left(self._starts, at_s)
        return self._speech[place] if place < len(self._speech) else None

    def last_end_s(self, until_s: float) -> float | None:
        """The latest end of a stretch up to this moment; only where stretches do not overlap."""
        place = bisect.bisect_right(self._latest_ends, until_s) - 1
        return self._latest_ends[place] if place >= 0 else None


def averaged(waits: Iterable[Wait], accept: Callable[[Wait], bool]) -> tuple[Wait, ...]:
    """The waits that count: accepted, and not over 30 s (that is work time)."""
    return tuple(wait for wait in waits if accept(wait) and wait.span.duration_s <= MAX_AVERAGED_S)


def find_waits(utterances: Seq[Utterance], speech: Seq[Speech], turns: Seq[Turn]) -> tuple[Wait, ...]:
    """All waits in order of time.

    ``wait_time_1``: from the end of a teacher's question to the next speech of anybody; ``by`` says whose. An answer
    that overlaps the end of the question counts 0. ``wait_time_2``: from the end of a student's turn to the next
    teacher's speech, where nobody else speaks between; 0 where a teacher already speaks.
    """
    timeline = _Timeline(speech)
    found = [*_after_questions(utterances, speech, timeline), *_after_students(turns, utterances, timeline)]
    return tuple(sorted(found, key=lambda wait: (wait.span, wait.kind)))


def _after_questions(utterances: Seq[Utterance], speech: Seq[Speech], timeline: _Timeline) -> Iterator[Wait]:
    own = {name: _Timeline(items) for name, items in _by_speaker(speech).items()}
    timed = [(item, item.span) for item in utterances if item.span is not None]
    for (question, span), after in itertools.zip_longest(timed, timed[1:]):
        if question.question is None or question.role != "teacher":
            continue
        goes_on_s = after[1].start_s if after and after[0].speaker == question.speaker else math.inf
        end_s = _sounding_end_s(span, own.get(question.speaker, _Timeline(())), goes_on_s)
        reply = _reply(question, span, end_s, timeline)
        if reply is None or goes_on_s < reply[0]:
            reply = (goes_on_s, question.role)
        if math.isfinite(reply[0]):
            yield Wait("wait_time_1", Span(end_s, max(end_s, reply[0])), reply[1], question.id)


def _by_speaker(speech: Iterable[Speech]) -> dict[str, list[Speech]]:
    result: dict[str, list[Speech]] = {}
    for item in speech:
        result.setdefault(item.speaker, []).append(item)
    return result


def _sounding_end_s(question: Span, own: _Timeline, goes_on_s: float) -> float:
    """Where the question's sound ends.

    That is the near edge of a stretch of its speaker, for those are truer than word times; else, while its speaker
    goes on without a pause, the end of its last word. ``goes_on_s``: when the speaker's next utterance begins.
    """
    current = next(own.sounding(question.end_s), None)
    if current is not None:
        edge_s = current.span.end_s
        return edge_s if edge_s <= min(question.end_s + SAME_EDGE_S, goes_on_s) else question.end_s
    edge = own.last_end_s(question.end_s)
    return edge if edge is not None and edge > question.start_s else question.end_s


def _reply(question: Utterance, span: Span, end_s: float, timeline: _Timeline) -> tuple[float, Role] | None:
    """When (seconds) the next speech begins after the question, or over its end, and in what role."""
    over = [item for item in timeline.sounding(end_s) if item.speaker != question.speaker]
    over = [item for item in over if item.span.start_s >= span.middle_s]
    after = min(over, key=lambda item: item.span, default=None) or timeline.next(end_s)
    return (after.span.start_s, after.role) if after else None


def _after_students(turns: Seq[Turn], utterances: Seq[Utterance], timeline: _Timeline) -> Iterator[Wait]:
    spoken: dict[str, list[tuple[Span, str]]] = {}
    for item in utterances:
        if item.span is not None:
            spoken.setdefault(item.speaker, []).append((item.span, item.id))
    for turn in turns:
        if turn.role != "student":
            continue
        start_s = turn.span.end_s
        roles = {item.role for item in timeline.sounding(start_s) if item.speaker != turn.speaker}
        after = timeline.next(start_s)
        if "teacher" in roles:
            end_s = start_s
        elif not roles and after is not None and after.role == "teacher":
            end_s = after.span.start_s
        else:
            continue
        last = _last_within(spoken.get(turn.speaker, []), turn.span)
        yield Wait("wait_time_2", Span(start_s, end_s), "teacher", last)


def _last_within(spoken: Seq[tuple[Span, str]], turn: Span) -> str | None:
    place = bisect.bisect_left(spoken, turn.end_s, key=lambda item: item[0].start_s) - 1
    return spoken[place][1] if place >= 0 and spoken[place][0].overlap_s(turn) > 0 else None


# Words with which a teacher judges an answer. They have to open the utterance: "right" inside one is often a direction.
_EVALUATION = re.compile(
    r"^(?:(?:okay|ok|oh|so|and|yes|yeah|mm|mhm|well|ah|um|uh) )*(?:yes|yeah|yep|right|correct|exactly|good|great|nice|"
    r"perfect|excellent|awesome|wonderful|fantastic|very good|well done|no|nope|not quite|almost|close|"
    r"that's (?:right|correct|it|true|good|great|not)|you're right|i like|i love|absolutely|precisely|super|beautiful|"
    r"brilliant|thank you)\b"
)
ANSWER_REACH = 12  # utterances after the question: an answer farther away answers something else


def find_ire(utterances: Seq[Utterance]) -> tuple[Sequence, ...]:
    """Teacher's question, student's answer, teacher's evaluation, each directly after the other; ids of the three."""
    found = []
    for place, question in enumerate(utterances):
        kind = question.question.kind if question.question else None
        if question.role != "teacher" or kind not in ("open", "closed"):
            continue
        window = utterances[place + 1 : place + 1 + ANSWER_REACH]
        if not window or window[0].role != "student":
            continue
        reply = next((item for item in window if item.role == "teacher"), None)
        if reply is not None and _EVALUATION.match(normalised(reply.text)):
            found.append(Sequence("ire", (question.id, window[0].id, reply.id)))
    return tuple(found)
