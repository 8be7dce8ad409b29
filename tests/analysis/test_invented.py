"""What a recogniser makes up is told from what was said."""

from __future__ import annotations

import pytest

from pipeline.analysis.invented import believable, repeats
from pipeline.lesson import Word
from pipeline.timeline import Span


def words(text: str, *, each_s: float = 0.3, probability: float = 0.8) -> tuple[Word, ...]:
    return tuple(
        Word(Span(place * each_s, (place + 1) * each_s), part, probability) for place, part in enumerate(text.split())
    )


SAID = words("what did you notice about the wooden block")


def test_what_was_said_is_kept_word_for_word() -> None:
    assert believable(SAID, speech_s=3, mean_log_probability=-0.2, no_speech_probability=0.05) == SAID


def test_a_soft_child_is_kept() -> None:
    soft = words("it went down", probability=0.35)
    assert believable(soft, speech_s=1.2, mean_log_probability=-0.9, no_speech_probability=0.17) == soft


@pytest.mark.parametrize(
    ("found", "speech_s", "log_probability", "no_speech"),
    [
        (words("thanks for watching"), 8.0, -1.0, 0.4),
        (words("you", probability=0.05), 2.0, -0.5, 0.1),
        (words("I am going to the next one", each_s=4.0), 28.0, -0.4, 0.1),
        (words("so " * 60, each_s=0.05), 3.0, -0.3, 0.1),
        ((), 3.0, -0.1, 0.0),
    ],
)
def test_what_is_made_up_is_dropped(
    found: tuple[Word, ...], speech_s: float, log_probability: float, no_speech: float
) -> None:
    kept = believable(found, speech_s=speech_s, mean_log_probability=log_probability, no_speech_probability=no_speech)
    assert kept == ()


def test_a_phrase_over_and_over_is_noticed_and_a_lesson_is_not() -> None:
    assert repeats("I like the way that you. " * 12)
    assert not repeats(
        "What did you notice about the wooden block? It was heavy but it floated anyway, and why is that?"
    )
