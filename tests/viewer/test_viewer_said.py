"""What was said: talk moves, ideas taken up, praise, languages, and pauses by the kind of question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.lesson import Lesson, Moment
from pipeline.timeline import Span
from pipeline.viewer import charts, words
from pipeline.viewer.lesson_cards import focus_help, metric_cards, question_moments, said_cards, wait_moments
from pipeline.viewer.moments import offered
from pipeline.viewer.move_words import MOVE_WORDS
from pipeline.viewer.player_data import player_payload
from pipeline.viewer.said import SAID_FILTERS, is_judged, languages_line, said_moments, why_not_judged
from tests.viewer.lesson_samples import moves_lesson, recording_of, small_lesson

LESSON = moves_lesson(recording_of("a" * 64))
BY_RULES = small_lesson(recording_of("a" * 64))


def _only(lesson: Lesson, number: int, **changes: object) -> Lesson:
    line = replace(lesson.utterances[number], **changes)  # type: ignore[arg-type]
    return replace(lesson, utterances=(*lesson.utterances[:number], line, *lesson.utterances[number + 1 :]))


def test_every_move_has_a_row_also_those_that_were_not_made() -> None:
    table = charts.moves_table(LESSON)
    assert list(table["Talk move"]) == [item.name for item in MOVE_WORDS.values()]
    made = {name: times for name, times in zip(table["Talk move"], table["Times"], strict=True) if times}
    assert made == {"Revoicing": 1, "Asking for reasons": 1, "Giving reasons": 1}
    assert set(table["Who"]) == {"Teacher", "Students"}


def test_moves_of_a_role_that_was_not_judged_have_no_rows() -> None:
    silent = replace(LESSON, utterances=tuple(line for line in LESSON.utterances if line.role == "teacher"))
    assert set(charts.moves_table(silent)["Who"]) == {"Teacher"}
    assert len(charts.moves_table(BY_RULES)) == 0


@pytest.mark.parametrize("ink", ["#000000", "#ffffff"])
def test_the_chart_of_moves_is_a_whole_specification(ink: str) -> None:
    chart = charts.moves_chart(charts.moves_table(LESSON), ink).to_dict()
    assert ink in str(chart)
    axes = [layer["encoding"]["y"]["axis"] for layer in chart["layer"]]
    assert all(axis["labelFlush"] is False for axis in axes)
    assert all("Restating" in str(axis["labelColor"]) for axis in axes)  # not made: faint
    assert not any("Revoicing" in str(axis["labelColor"]) for axis in axes)


def test_what_was_said_is_listed_with_how_sure_it_is() -> None:
    assert [(entry["start_s"], entry["kinds"], entry["note"]) for entry in said_moments(LESSON)] == [
        (0.5, ["pressing_for_reasoning"], "Asking for reasons, sure"),
        (4.0, ["providing_evidence_or_reasoning"], "Giving reasons, fairly sure"),
        (
            4.0,
            ["revoicing", "uptake", "praise"],
            "Revoicing, unsure · Builds on a student's idea, strongly · Praise that says why, sure",
        ),
    ]
    assert {kind for entry in said_moments(LESSON) for kind in entry["kinds"]} <= dict(SAID_FILTERS).keys()


def test_an_idea_that_is_taken_up_is_heard_from_the_students_words() -> None:
    *_, taken_up = said_moments(LESSON)
    assert (taken_up["start_s"], taken_up["before"]) == (4.0, "Because it is lighter than water.")
    long_ago = replace(LESSON.utterances[2], span=Span(60.0, 62.0))
    *_, later = said_moments(replace(LESSON, utterances=(*LESSON.utterances[:2], long_ago)))
    assert later["start_s"] == 60.0


def test_a_long_turn_before_is_cut_at_a_word() -> None:
    *_, taken_up = said_moments(_only(LESSON, 1, text="so " * 60 + "it floats"))
    assert taken_up["before"].startswith("… so ")
    assert taken_up["before"].endswith("it floats")
    assert len(taken_up["before"]) < 120


def test_weak_uptake_is_not_listed() -> None:
    weak = _only(LESSON, 2, uptake=0.59, praise=None, teacher_move=None)
    assert len(said_moments(weak)) == 2


def test_lines_without_times_are_counted_but_cannot_be_played() -> None:
    lines = tuple(replace(line, span=None) for line in LESSON.utterances)
    untimed = replace(LESSON, utterances=lines)
    assert said_moments(untimed) == []
    assert charts.moves_table(untimed)["Times"].sum() == 3


def test_single_moves_are_no_cards() -> None:
    assert [card["label"] for card in said_cards(LESSON)] == [
        "Building on answers",
        "Question, answer, verdict",
        "Students giving reasons",
        "Praise that says why",
        "General praise",
    ]


def test_without_judgements_the_page_says_why() -> None:
    assert is_judged(LESSON)
    assert not is_judged(BY_RULES)
    assert why_not_judged(BY_RULES).endswith("did not look at this lesson.")
    german = replace(BY_RULES, language="de", languages=(("de", 0.9), ("fr", 0.1)))
    assert why_not_judged(german).endswith("knows English alone, and this lesson is in German.")


def test_languages_are_named_where_several_were_spoken() -> None:
    mixed = replace(LESSON, languages=(("en", 0.74), ("es", 0.22), ("tl", 0.04)))
    assert languages_line(mixed) == "Languages: English 74 %, Spanish 22 % of the words"
    assert languages_line(LESSON) == ""
    assert languages_line(replace(LESSON, languages=(("en", 0.96), ("es", 0.04)))) == ""


def test_questions_say_what_they_ask_for() -> None:
    notes = [(entry["kind"], entry["note"]) for entry in question_moments(LESSON)]
    assert notes == [("open", "asks for a reason · focusing"), ("closed", "asks to recall a fact · funnelling")]
    assert focus_help(LESSON) == " ".join(words.FOCUS_WORDS.values())
    assert focus_help(BY_RULES) is None


def test_pauses_stand_by_the_kind_of_question_with_its_middle() -> None:
    closed = replace(LESSON.waits[0], span=Span(10.0, 10.5), utterance_id="u3")
    nobodys = replace(LESSON.waits[0], span=Span(11.0, 11.5), utterance_id=None)
    table = charts.waits_table(replace(LESSON, waits=(*LESSON.waits, closed, nobodys)))
    assert list(table["Pause"]) == [
        "After an open question",
        "After a student spoke",
        "After a closed question",
        "After another question",
    ]
    assert list(table["Middle"].fillna(-1)) == [1.0, -1.0, -1.0, -1.0]
    assert charts.waits_chart(table, "#000").to_dict()
    assert [entry["kind"] for entry in wait_moments(LESSON)] == ["open", "wait_time_2"]


def test_results_without_numbers_by_kind_keep_one_row_of_pauses() -> None:
    assert list(charts.waits_table(BY_RULES)["Pause"]) == ["After a question", "After a student spoke"]


def test_the_middle_half_of_pauses_is_explained_on_its_card() -> None:
    (card,) = metric_cards(LESSON, [LESSON.metric("wait_time_1_open_median_s")])
    assert card["range"] == "half of them between 0.8 and 1.4 s"
    assert card["certainty"] == words.SPREAD_MEANING
    assert "not a range of uncertainty" in card["meaning"]


def test_the_transcript_is_tagged_with_moves_that_are_not_unsure() -> None:
    tags = [line[5] for line in player_payload(LESSON, ())["lines"]]
    assert tags == ["Asking for reasons", "Giving reasons", "", ""]
    assert {line[5] for line in player_payload(BY_RULES, ())["lines"]} == {""}


def test_a_moment_without_a_time_is_not_offered() -> None:
    timeless = Moment(None, "u1")  # type: ignore[arg-type, unused-ignore]
    assert offered([timeless, Moment(Span(3.0, 4.0), "u1")], {}) == [{"start_s": 3.0, "text": ""}]
