"""The language of a sentence, by its script or its commonest words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.languages import guess_language, language_name
from tests.lesson_values import patient


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What do you think about that?", "en"),
        ("¿Qué es lo que tiene más peso, y cómo lo saben ustedes?", "es"),
        ("Et vous, est-ce que nous avons une autre idée pour la suite ?", "fr"),
        ("Ich glaube nicht, dass wir das auch so machen", "de"),
        ("なぜですか", "ja"),
        ("为什么", "zh"),
        ("Почему это так", "ru"),
    ],
)
def test_a_sentence_is_known_by_its_words(text: str, language: str) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize("text", ["", "12", "la casa", "Bueno", "die", "triangle"])
def test_too_little_to_tell_is_the_usual_language(text: str) -> None:
    assert guess_language(text) == "en"
    assert guess_language(text, "es") == "es"


@patient
@given(st.text(max_size=60))
def test_any_text_has_an_answer(text: str) -> None:
    assert guess_language(text)


def test_languages_are_called_by_their_names() -> None:
    assert (language_name("es"), language_name("xx")) == ("Spanish", "xx")
