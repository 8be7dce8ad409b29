"""What people say about who speaks, laid over what the program found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.lesson import Correction, CorrectionSummary, Role, Speech
from pipeline.timeline import Span, summed_s


@dataclass(frozen=True, slots=True)
class _Traced:
    """A stretch as it is now, and who spoke there by the program."""

    now: Speech
    found: Speech

    def part(self, span: Span) -> _Traced:
        return _Traced(replace(self.now, span=span), self.found)


def correct_speech(
    speech: Sequence[Speech], corrections: Sequence[Correction]
) -> tuple[tuple[Speech, ...], CorrectionSummary | None]:
    """Speech with the corrections applied in their order, and how much they changed; None where there are none.

    Stretches are cut where a span begins and ends. Who is corrected is certain (confidence 1). A correction of a voice
    that a later analysis no longer hears changes nothing.
    """
    if not corrections:
        return tuple(speech), None
    traced = [_Traced(item, item) for item in speech]
    for correction in corrections:
        traced = _apply(traced, correction)
    result = _without_double(sorted(traced, key=lambda item: (item.now.span, item.now.speaker)))
    summary = CorrectionSummary(
        count=len(corrections),
        speech_s=summed_s(item.span for item in speech),
        speaker_changed_s=summed_s(item.now.span for item in result if item.now.speaker != item.found.speaker),
        role_changed_s=summed_s(item.now.span for item in result if item.now.role != item.found.role),
    )
    return tuple(item.now for item in result), summary


def voice_of(speech: Iterable[Speech], stretches: Sequence[Span]) -> str | None:
    """The speaker who sounds longest in these stretches; None where nobody does."""
    heard: dict[str, float] = {}
    for item in speech:
        seconds = sum(item.span.overlap_s(span) for span in stretches)
        heard[item.speaker] = heard.get(item.speaker, 0.0) + seconds
    best = max(heard, key=lambda speaker: heard[speaker], default=None)
    return best if best is not None and heard[best] > 0 else None


def role_of(speech: Iterable[Speech], speaker: str) -> Role | None:
    """The role in which the speaker talks most; None for a speaker who is not there."""
    talk_s: dict[Role, float] = {}
    for item in speech:
        if item.speaker == speaker:
            talk_s[item.role] = talk_s.get(item.role, 0.0) + item.span.duration_s
    return max(talk_s, key=lambda role: talk_s[role], default=None)


def _apply(traced: list[_Traced], correction: Correction) -> list[_Traced]:
    now = [item.now for item in traced]
    voice = voice_of(now, correction.voice) if correction.voice else None
    if correction.voice and voice is None:
        return traced
    speaker = (voice_of(now, correction.speaker_voice) if correction.speaker_voice else None) or correction.speaker
    role = correction.role or (role_of(now, speaker) if speaker else None)
    return [
        part
        for item in traced
        for part in (
            _relabelled(item, correction.span, speaker, role) if voice in (None, item.now.speaker) else (item,)
        )
    ]


def _relabelled(item: _Traced, span: Span | None, speaker: str | None, role: Role | None) -> Iterator[_Traced]:
    whole = item.now.span
    inside = whole.clipped(span) if span else whole
    if inside is None:
        yield item
        return
    if whole.start_s < inside.start_s:
        yield item.part(Span(whole.start_s, inside.start_s))
    changed = replace(
        item.now,
        span=inside,
        speaker=speaker or item.now.speaker,
        role=role or item.now.role,
        speaker_confidence=1.0 if speaker else item.now.speaker_confidence,
        role_confidence=1.0 if role else item.now.role_confidence,
        corrected=True,
    )
    yield _Traced(changed, item.found)
    if inside.end_s < whole.end_s:
        yield item.part(Span(inside.end_s, whole.end_s))


def _without_double(ordered: Iterable[_Traced]) -> list[_Traced]:
    """Two voices made one may have spoken at once: a speaker's seconds count once."""
    ends_s: dict[str, float] = {}
    result = []
    for item in ordered:
        start_s = max(item.now.span.start_s, ends_s.get(item.now.speaker, 0.0))
        if item.now.span.end_s > start_s:
            ends_s[item.now.speaker] = item.now.span.end_s
            result.append(item.part(Span(start_s, item.now.span.end_s)))
    return result
