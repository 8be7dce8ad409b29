"""How outputs of stages are kept for reuse: values to plain JSON and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline.lesson import Passage, Speech, Word
from pipeline.timeline import Span

_EVIDENCE = ("speaker_confidence", "others", "child_log_odds", "enrolled_log_odds", "voice_spread")


def speech_to_json(speech: Iterable[Speech]) -> Any:
    """Who spoke when, and the evidence of who that is; roles come later and are not kept."""
    return [
        [item.span.start_s, item.span.end_s, item.speaker, *(getattr(item, name) for name in _EVIDENCE)]
        for item in speech
    ]


def speech_from_json(data: Any) -> tuple[Speech, ...]:
    """What :func:`speech_to_json` gave."""
    result = []
    for start_s, end_s, speaker, *values in data:
        evidence = dict(zip(_EVIDENCE, values, strict=True))
        evidence["others"] = tuple((other, share) for other, share in evidence["others"])
        result.append(Speech(Span(start_s, end_s), speaker, **evidence))
    return tuple(result)


def passages_to_json(passages: Iterable[Passage]) -> Any:
    """What was said, with the times of words to a millisecond."""
    return [
        [
            [item.span.start_s, item.span.end_s],
            item.text,
            item.language,
            [
                [round(word.span.start_s, 3), round(word.span.end_s, 3), word.text, round(word.probability, 3)]
                for word in item.words
            ],
        ]
        for item in passages
    ]


def passages_from_json(data: Any) -> tuple[Passage, ...]:
    """What :func:`passages_to_json` gave."""
    return tuple(
        Passage(
            Span(*times),
            text,
            tuple(Word(Span(start_s, end_s), word, probability) for start_s, end_s, word, probability in words),
            language,
        )
        for times, text, language, words in data
    )
