"""What pages and components are given: voices, moments, cards, lists, plans."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.deletion_words import plan_lines
from pipeline.lesson import LessonDetails, Moment, Question, Speech, Utterance, Wait
from pipeline.store.library import Library
from pipeline.store.rows import DeletionPlan, JobRow, LessonRow, PlannedFile
from pipeline.timeline import Span
from pipeline.viewer import charts
from pipeline.viewer.downloads import downloads_html
from pipeline.viewer.lesson_cards import QUESTION_FILTERS, advice_cards, headline_cards, question_moments, wait_moments
from pipeline.viewer.lesson_list import about, is_busy, list_entry, progress_words, share_done, standstill
from pipeline.viewer.markdown import escaped
from pipeline.viewer.moments import MAX_OFFERED, lines_by_id, offered
from pipeline.viewer.playable import media_of
from pipeline.viewer.player_data import mount_data, player_payload
from pipeline.viewer.results import KEPT, Results
from pipeline.viewer.voices import voices_of
from tests.viewer.lesson_samples import add_analysed, add_recording, recording_of, small_lesson

LESSON = small_lesson(recording_of("a" * 64))
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def _job(stage: str, share: float, eta_s: float | None) -> JobRow:
    return JobRow("j", "l", "analyze", "running", stage, share, eta_s, 1, "w", "", "", NOW, NOW)


def _in_state(row: LessonRow, **changes: object) -> LessonRow:
    return dataclasses.replace(row, **changes)  # type: ignore[arg-type]


def test_voices_are_named_by_role_the_longest_heard_first() -> None:
    assert [(voice.name, voice.talk_s) for voice in voices_of(LESSON)] == [
        ("Teacher", 5.0),
        ("Student 1", 3.0),
        ("Student 2", 1.0),
    ]


def test_two_teachers_are_numbered_and_unknown_voices_named_apart() -> None:
    more = (Speech(Span(20, 21), "S9", "teacher"), Speech(Span(22, 23), "S8", "unknown"))
    names = [voice.name for voice in voices_of(dataclasses.replace(LESSON, speech=LESSON.speech + more))]
    assert names == ["Teacher 1", "Teacher 2", "Student 1", "Student 2", "Voice 1"]


def test_without_diarization_the_words_still_have_a_voice() -> None:
    lines = tuple(dataclasses.replace(line, speaker="", role="unknown") for line in LESSON.utterances)
    payload = player_payload(dataclasses.replace(LESSON, speech=(), utterances=lines), ())
    assert [voice["name"] for voice in payload["voices"]] == ["Voice 1"]
    assert [line[2] for line in payload["lines"]] == [0, 0, 0, 0]
    assert payload["speech"] == [[]]


def test_lines_without_times_are_left_out_of_the_player() -> None:
    timeless = Utterance("u9", None, "S1", "teacher", "No time")
    payload = player_payload(dataclasses.replace(LESSON, utterances=(*LESSON.utterances, timeless)), ())
    assert len(payload["lines"]) == len(LESSON.utterances)


def test_a_moment_plays_from_the_words_before_a_pause() -> None:
    lines = lines_by_id(LESSON)
    assert offered([Moment(Span(3.0, 4.0), "u1")], lines) == [{"start_s": 0.5, "text": "Why does <b>ice</b> float?"}]
    assert offered([Moment(None, "u1")], lines) == []  # from text: there is nothing to play
    assert offered([Moment(Span(6.0, 8.0))], lines) == [{"start_s": 6.0, "text": ""}]
    assert offered([Moment(Span(60.0, 61.0), "u1")], lines)[0]["start_s"] == 60.0  # too long ago to be heard again


def test_of_many_moments_the_longest_are_offered_in_order_of_time() -> None:
    moments = [Moment(Span(number, number + (2 if number % 2 else 1))) for number in range(MAX_OFFERED * 2)]
    starts = [entry["start_s"] for entry in offered(moments, {})]
    assert starts == [float(number) for number in range(1, MAX_OFFERED * 2, 2)]


def test_the_first_screen_has_the_headlines_that_were_measured() -> None:
    cards = headline_cards(LESSON)
    assert [card["label"] for card in cards] == ["Teacher's share of the talk", "Questions", "Wait after a question"]
    assert (cards[0]["value"], cards[0]["range"], cards[0]["source"]) == (
        "56 %",
        "between 50 and 60 %",
        "5.0 s of 9.0 s",
    )
    assert "four of five" in cards[0]["certainty"]
    assert (cards[1]["range"], cards[1]["certainty"]) == ("", "")
    assert len(cards[1]["moments"]) == 2


def test_advice_shows_its_moments() -> None:
    (card,) = advice_cards(LESSON)
    assert (card["kind"], card["label"], card["open"]) == ("try_next", "Something to try", True)
    assert card["moments"][0]["start_s"] == 0.5


def test_questions_and_waits_are_listed_in_order() -> None:
    assert [(item["start_s"], item["kind"]) for item in question_moments(LESSON)] == [(0.5, "open"), (7.5, "closed")]
    assert [(item["start_s"], item["note"]) for item in wait_moments(LESSON)] == [
        (0.5, "1.0 s, then students"),
        (4.0, "0.5 s, then teacher"),
    ]


def test_questions_of_others_are_listed_apart_from_the_teachers_kinds() -> None:
    asked = dataclasses.replace(LESSON.utterances[1], question=Question("open", 0.9))
    unsure = dataclasses.replace(LESSON.utterances[3], role="unknown", question=Question("closed", 0.9))
    ask, _, check, _ = LESSON.utterances
    found = question_moments(dataclasses.replace(LESSON, utterances=(ask, asked, check, unsure)))
    assert [(item["kind"], item["note"]) for item in found] == [
        ("open", ""),
        ("student", "open"),
        ("closed", ""),
        ("unknown", "closed"),
    ]
    assert {item["kind"] for item in found} <= dict(QUESTION_FILTERS).keys()


def test_the_talk_bar_is_whole_and_has_words() -> None:
    table = charts.talk_table(LESSON)
    assert list(table["Who"]) == ["Teacher", "Students"]
    assert table["ends"].iloc[-1] == pytest.approx(1.0)
    assert charts.talk_words(table) == "Teacher 56%, Students 44%"
    silent = dataclasses.replace(LESSON, speech=())
    assert len(charts.talk_table(silent)) == 0


@pytest.mark.parametrize("ink", ["#000000", "#ffffff"])
def test_every_chart_is_a_whole_specification(ink: str) -> None:
    for chart in (
        charts.talk_chart(charts.talk_table(LESSON), ink),
        charts.voices_chart(charts.voices_table(LESSON), ink),
        charts.questions_chart(charts.questions_table(LESSON), ink),
        charts.waits_chart(charts.waits_table(LESSON), ink),
    ):
        specification = chart.to_dict()  # Altair checks it against the schema
        assert ink in str(specification)


def test_names_stay_beside_their_rows() -> None:
    for chart in (
        charts.voices_chart(charts.voices_table(LESSON), "#000"),
        charts.questions_chart(charts.questions_table(LESSON), "#000"),
        charts.waits_chart(charts.waits_table(LESSON), "#000"),
    ):
        axes = [layer["encoding"]["y"]["axis"] for layer in chart.to_dict()["layer"]]
        assert all(axis["labelFlush"] is False for axis in axes)  # Streamlit's theme says otherwise


def test_waits_keep_their_middle_by_the_metric() -> None:
    table = charts.waits_table(LESSON)
    assert list(table["Middle"].fillna(-1)) == [1.0, -1.0]
    assert list(table["Length"]) == ["1.0 s", "0.5 s"]
    long = dataclasses.replace(LESSON, waits=(Wait("wait_time_1", Span(0, 29), "student", None),))
    assert charts.waits_chart(charts.waits_table(long), "#000").to_dict()


@pytest.mark.parametrize(
    ("stage", "share", "eta_s", "done", "words"),
    [
        ("pictures", 0.0, None, 0.0, "Looking for pictures …"),
        ("transcribe", 0.5, 60.0, 0.5, "Writing down what is said · about 2 min left"),
        ("diarize", 0.5, 15.0, 0.85, "Hearing who speaks · less than a minute left"),
        ("understand", 1.0, 0.0, 1.0, "Finding questions and pauses …"),
        ("something new", 0.3, None, 0.3, "Working …"),
    ],
)
def test_progress_is_one_bar_over_all_stages(
    shelf: Library, tmp_path: Path, stage: str, share: float, eta_s: float | None, done: float, words: str
) -> None:
    row = _in_state(add_recording(shelf, tmp_path), state="running")
    job = _job(stage, share, eta_s)
    assert share_done(job) == pytest.approx(done)
    assert progress_words(row, job) == words


def test_a_list_entry_says_how_far_the_lesson_is(shelf: Library, tmp_path: Path) -> None:
    row = add_recording(shelf, tmp_path)
    assert list_entry(row, None, has_poster=False)["action"] == "Analyse it"
    waiting = _in_state(row, state="waiting")
    assert is_busy(waiting) and list_entry(waiting, None, has_poster=False)["message"] == "Waits for its turn"
    failed = _in_state(row, state="failed", message="It broke.", hint="Mend it.")
    assert standstill(failed) == "It broke. Mend it."
    assert list_entry(failed, None, has_poster=False)["action"] == "Try again"
    done = list_entry(_in_state(row, state="done"), None, has_poster=True)
    assert (done["action"], done["message"], done["poster"]) == ("", "", f"/api/lessons/{row.id}/poster.jpg")
    assert (done["title"], done["length"]) == ("Ice", "12 s")


def test_what_is_known_about_a_lesson_is_one_line(shelf: Library, tmp_path: Path) -> None:
    row = add_recording(shelf, tmp_path)
    held = _in_state(row, details=LessonDetails("M. Weber", "7b", "", "", date(2026, 3, 2)))
    assert about(held) == "7b · M. Weber · 2\N{NO-BREAK SPACE}March\N{NO-BREAK SPACE}2026"
    assert about(_in_state(row, details=LessonDetails())).startswith("added ")


def test_the_player_is_told_what_there_is(shelf: Library, tmp_path: Path) -> None:
    row = add_analysed(shelf, tmp_path)
    data = mount_data(row, media_of(shelf.media, row), analysed=True, start="83.5")
    assert (data["media"], data["start_s"]) == ("video", 83.5)
    assert data["poster_url"] and data["captions_url"] and data["lesson_url"]
    assert mount_data(row, media_of(shelf.media, row), analysed=False, start=None)["lesson_url"] is None
    for nonsense in ("", "-3", "1e9", "nan", "<script>", "12345678"):
        assert mount_data(row, media_of(shelf.media, row), analysed=True, start=nonsense)["start_s"] == 0.0


def test_results_are_kept_until_they_change_or_go(shelf: Library, tmp_path: Path) -> None:
    row = add_analysed(shelf, tmp_path)
    results = Results(shelf)
    first = results.of(row)
    assert first is not None and results.of(row) is first
    shelf.save_result(row.id, dataclasses.replace(first, language="de"))
    changed = results.of(shelf.find_lesson(row.id))
    assert changed is not None and changed.language == "de"
    results.forget(row.id)
    assert results.of(shelf.find_lesson(row.id)) is not changed


def test_only_the_latest_results_stay_in_memory(shelf: Library, tmp_path: Path) -> None:
    results = Results(shelf)
    rows = []
    for number in range(KEPT + 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        rows.append(add_analysed(shelf, folder))
    first = results.of(rows[0])
    for row in rows[1:]:
        results.of(row)
    assert results.of(rows[0]) is not first


def test_a_deletion_is_told_in_plain_words() -> None:
    folder = Path("media")
    files = [("original.mp4", 3_000_000), ("audio.wav", 7_000_000), ("poster.jpg", 69_000), ("notes.txt", 5)]
    planned = [PlannedFile(folder / name, size) for name, size in files]
    planned += [PlannedFile(folder / "thumbs" / f"{number:09d}.jpg", 10_000) for number in range(9)]
    rows = (("lesson", 1), ("note", 2), ("metric", 1), ("stage_output", 0), ("future_table", 4))
    assert plan_lines(DeletionPlan("l", "a" * 64, tuple(planned), rows)) == [
        "The recording (3 MB)",
        "2 notes",
        "Its sound, as it was listened to (7 MB)",
        "The picture in the list (69 KB)",
        "The pictures below the player (90 KB)",
        "What the program noted about the recording (5 bytes)",
        "1 number",
        "4 entries in “future_table”",
    ]


def test_words_of_people_stay_words_in_markdown() -> None:
    assert escaped("*a* [b](c) <i> $x$ :smile:") == r"\*a\* \[b\]\(c\) \<i\> \$x\$ \:smile\:"


def test_every_export_has_a_link() -> None:
    html = downloads_html("abc123")
    assert html.count("<li>") == 6
    assert 'href="/api/lessons/abc123/export/transcript.vtt"' in html
