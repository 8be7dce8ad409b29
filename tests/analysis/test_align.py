"""Words find their speakers, and become sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.align import assign_words, build_utterances, spoken_text
from pipeline.lesson import Passage, Speech, Word
from pipeline.timeline import Span
from tests.lesson_values import patient, student, teacher, words


def word(start_s: float, end_s: float, text: str = "word") -> Word:
    return Word(Span(start_s, end_s), f" {text}", 0.9)


def owner(at: Word, *speech: Speech) -> str | None:
    [(_, found)] = assign_words([at], speech)
    return found.speaker if found else None


def passage(text: str, start_s: float = 0.0, *, language: str = "en", gap_s: float = 0.0) -> Passage:
    spoken = words(text, start_s, gap_s=gap_s)
    return Passage(Span(start_s, spoken[-1].span.end_s), text, spoken, language)


def test_a_word_belongs_to_the_speech_it_overlaps_most() -> None:
    assert owner(word(4.5, 5.3), teacher(0, 5), student(5, 8)) == "T"
    assert owner(word(4.8, 5.6), teacher(0, 5), student(5, 8)) == "A"


def test_a_word_just_after_a_long_stretch_does_not_go_to_a_far_student() -> None:
    """The middle of the teacher's stretch is 31 s away, that of the student's 5 s: middles would mislead."""
    assert owner(word(61.0, 61.3), teacher(0, 60), student(62.4, 70)) == "T"
    assert owner(word(61.0, 61.3), student(63, 69), teacher(0, 60)) == "T"


def test_a_word_between_two_stretches_goes_to_the_nearer_edge() -> None:
    assert owner(word(10.2, 10.4), teacher(0, 10), student(11, 12)) == "T"
    assert owner(word(10.7, 10.9), teacher(0, 10), student(11, 12)) == "A"


def test_a_word_far_from_all_speech_has_no_speaker() -> None:
    assert owner(word(12.0, 12.2), teacher(0, 10)) == "T"
    assert owner(word(12.1, 12.3), teacher(0, 10)) is None
    assert owner(word(1, 2)) is None


def test_of_two_who_speak_at_once_the_first_to_begin_has_the_word() -> None:
    assert owner(word(5, 5.2), student(4.9, 5.5), teacher(0, 10)) == "T"


def test_a_single_stray_word_goes_back_to_those_around_it() -> None:
    speech = (teacher(0, 1.05), student(1.3, 1.6), teacher(1.75, 3))
    spoken = [word(0.5, 1.0), word(1.1, 1.32), word(1.8, 2.2)]
    assert [found.speaker for _, found in assign_words(spoken, speech) if found] == ["T", "T", "T"]


def test_a_short_answer_between_two_sentences_stays_the_students() -> None:
    speech = (teacher(0, 1), student(1.2, 1.5), teacher(1.7, 3))
    spoken = [word(0.5, 1.0), word(1.2, 1.5), word(1.8, 2.2)]
    assert [found.speaker for _, found in assign_words(spoken, speech) if found] == ["T", "A", "T"]


@patient
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 20)), max_size=20),
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 100), st.sampled_from("ABC")), max_size=8),
)
def test_walking_along_finds_what_looking_at_all_would(
    at: list[tuple[int, int]], talk: list[tuple[int, int, str]]
) -> None:
    spoken = [word(start / 10, (start + length) / 10) for start, length in at]
    speech = sorted((student(start / 10, (start + length) / 10, who) for start, length, who in talk), key=by_time)
    for item, found in assign_words(spoken, speech)[:1] + assign_words(spoken, speech)[-1:]:  # ends are never strays
        near = [part for part in speech if part.span.distance_s(item.span) <= 2.0]
        plain = max(
            near, key=lambda part: (part.span.overlap_s(item.span), -part.span.distance_s(item.span)), default=None
        )
        assert found == plain


def by_time(item: Speech) -> Span:
    return item.span


def test_sentences_become_utterances_with_their_times_and_words() -> None:
    made = build_utterances([passage("Who can see it? I can. Good")], [teacher(0, 10)])
    assert [item.text for item in made] == ["Who can see it?", "I can.", "Good"]
    assert [item.id for item in made] == ["u1", "u2", "u3"]
    assert made[0].span == Span(0.0, made[0].words[-1].span.end_s)
    assert {(item.speaker, item.role, item.language) for item in made} == {("T", "teacher", "en")}


def test_a_change_of_speaker_ends_an_utterance() -> None:
    made = build_utterances([passage("what is it a half")], [teacher(0, 0.9), student(0.9, 2)])
    assert [(item.speaker, item.role, item.text) for item in made] == [
        ("T", "teacher", "what is it"),
        ("A", "student", "a half"),
    ]


def test_a_long_pause_ends_an_utterance_and_a_short_one_does_not() -> None:
    assert len(build_utterances([passage("and so we", gap_s=1.4)], [teacher(0, 10)])) == 1
    assert len(build_utterances([passage("and so we", gap_s=1.6)], [teacher(0, 10)])) == 3


def test_text_without_punctuation_is_cut_before_it_grows_endless() -> None:
    made = build_utterances([passage(" ".join(["so"] * 150))], [teacher(0, 60)])
    assert [len(item.words) for item in made] == [60, 60, 30]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Ask Mr. Lee now.", 1),
        ("No. It is three.", 2),
        ("Well... maybe.", 1),
        ("It is 3.5 now.", 1),
        ('He said "stop." Then left.', 2),
        ("Vraiment ? Oui.", 2),
    ],
)
def test_only_the_end_of_a_sentence_ends_an_utterance(text: str, count: int) -> None:
    assert len(build_utterances([passage(text)], [teacher(0, 10)])) == count


def test_words_of_several_passages_come_in_order_of_time_each_in_its_language() -> None:
    later, first = passage("Muy bien", 5.0, language="es"), passage("All right", 0.0)
    made = build_utterances(iter([later, first]), [teacher(0, 10)])
    assert [(item.text, item.language) for item in made] == [("All right", "en"), ("Muy bien", "es")]


def test_another_language_begins_a_new_utterance() -> None:
    made = build_utterances([passage("this is"), passage("una mesa", 0.7, language="es")], [teacher(0, 10)])
    assert [(item.text, item.language) for item in made] == [("this is", "en"), ("una mesa", "es")]


def test_without_speech_all_words_are_kept_and_nobody_is_named() -> None:
    made = build_utterances([passage("One. Two.")], [])
    assert [(item.text, item.speaker, item.role) for item in made] == [
        ("One.", "unknown", "unknown"),
        ("Two.", "unknown", "unknown"),
    ]


def test_nothing_said_gives_no_utterances() -> None:
    assert build_utterances([], [teacher(0, 1)]) == ()
    blank = Passage(Span(0, 1), " ", (Word(Span(0, 1), "  ", 0.1),), "en")
    assert build_utterances([blank], [teacher(0, 1)]) == ()


@pytest.mark.parametrize(
    ("parts", "language", "text"),
    [
        ((" Twenty", "-five", " is"), "en", "Twenty-five is"),
        (("Who", "can", "tell?"), "en", "Who can tell?"),
        (("¿Qué", "es", "él?"), "es", "¿Qué es él?"),
        (("你", "好", "。"), "zh", "你好。"),
        (("Hello",), None, "Hello"),
        ((), "en", ""),
        ((" a\n\n", " b"), "en", "a b"),
    ],
)
def test_words_are_joined_as_their_language_is_written(parts: tuple[str, ...], language: str, text: str) -> None:
    spoken = [Word(Span(place, place + 1), part, 0.9) for place, part in enumerate(parts)]
    assert spoken_text(spoken, language) == text
