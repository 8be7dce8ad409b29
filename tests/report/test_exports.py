"""Every export format holds the lesson, whatever its names and words are made of."""

from __future__ import annotations

import csv
import errno
import io
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DiskFullError, StoreError, UsageError
from pipeline.lesson import Lesson, Metric, Question, Utterance, Word
from pipeline.lesson_json import lesson_from_json
from pipeline.report import exports
from pipeline.report.exports import WRITERS, folder_name, render, write_exports
from pipeline.timeline import Span
from tests.lesson_values import RECORDING, lesson, patient, said, somebody, student, teacher, words

TIMES = re.compile(r"^(\d{2,}:\d\d:\d\d[.,]\d{3}) --> (\d{2,}:\d\d:\d\d[.,]\d{3})$")


def full_lesson() -> Lesson:
    told = (
        said("u1", teacher(0.5, 2), "Why does it float?", kind="open"),
        said("u2", student(3, 4, "S2"), "Air."),
        said("u3", somebody(3700.25, 3702, "S9"), "Yes."),
    )
    of = lesson(teacher(0.5, 2), student(3, 4, "S2"), utterances=told, duration_s=3800.0)
    return replace(of, metrics=(Metric("teacher_share", 0.6, "share", None, None, 1.5, 2.5, "seconds"),))


def with_text(text: str, *, speaker: str = "S1") -> Lesson:
    return lesson(utterances=(Utterance("u1", Span(1, 2), speaker, "teacher", text),))


def named(name: str) -> Lesson:
    return replace(lesson(), recording=replace(RECORDING, name=name))


def cues(text: str) -> list[list[str]]:
    """The blocks between blank lines."""
    return [block.split("\n") for block in re.split(r"\n\n+", text.strip("\n"))]


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_vtt_names_the_speakers_as_voices() -> None:
    assert render(full_lesson(), "transcript.vtt").decode() == (
        "WEBVTT\n\n"
        "00:00:00.500 --> 00:00:02.000\n<v Teacher T>Why does it float?\n\n"
        "00:00:03.000 --> 00:00:04.000\n<v Student S2>Air.\n\n"
        "01:01:40.250 --> 01:01:42.000\n<v Speaker S9>Yes.\n"
    )


def test_srt_is_numbered_and_names_the_speaker_where_it_changes() -> None:
    of = full_lesson()
    more = said("u4", student(4, 5, "S2"), "A lot.")
    of = replace(of, utterances=(*of.utterances[:2], more))
    assert render(of, "transcript.srt").decode() == (
        "1\n00:00:00,500 --> 00:00:02,000\nTeacher T: Why does it float?\n\n"
        "2\n00:00:03,000 --> 00:00:04,000\nStudent S2: Air.\n\n"
        "3\n00:00:04,000 --> 00:00:05,000\nA lot.\n"
    )


def test_rttm_is_a_line_of_ten_fields_a_stretch() -> None:
    assert render(full_lesson(), "speech.rttm").decode() == (
        "SPEAKER My_lesson 1 0.500 1.500 <NA> <NA> T <NA> <NA>\n"
        "SPEAKER My_lesson 1 3.000 1.000 <NA> <NA> S2 <NA> <NA>\n"
    )


@pytest.mark.parametrize("name", ["a b\tc.mp4", "a\x00\x1b[31m.mp4", "a\u2028\u00a0b.wav", "\udc80.mp4", " .mp4", ""])
def test_rttm_fields_stay_apart_whatever_the_name(name: str) -> None:
    of = replace(named(name), speech=(teacher(0, 1, "Ms. Lee\nSPEAKER"), teacher(1, 2, "")))
    lines = render(of, "speech.rttm").decode().splitlines()
    assert len(lines) == 2
    assert all(len(line.split()) == 10 and line.isprintable() for line in lines)


def test_csv_of_numbers_leaves_the_unknown_empty() -> None:
    assert rows(render(full_lesson(), "metrics.csv").decode()) == [
        ["name", "value", "unit", "low", "high", "numerator", "denominator", "method"],
        ["teacher_share", "0.6", "share", "", "", "1.5", "2.5", "seconds"],
    ]


def test_csv_of_utterances_has_a_row_each_also_without_times() -> None:
    of = full_lesson()
    untimed = Utterance("u9", None, "S1", "teacher", "Hm.")
    found = rows(render(replace(of, utterances=(of.utterances[0], untimed)), "utterances.csv").decode())
    assert found[1:] == [
        ["u1", "0.5", "2", "T", "teacher", "en", "Why does it float?", "open", "0.9"],
        ["u9", "", "", "S1", "teacher", "", "Hm.", "", ""],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "-- yes"])
def test_a_spreadsheet_runs_no_formula(text: str) -> None:
    [_, row] = rows(render(with_text(text, speaker="=cmd"), "utterances.csv").decode())
    assert row[6] == f"'{text}".replace("\r", "\n")
    assert row[3] == "'=cmd"


def test_quotes_commas_and_line_ends_stay_in_their_cell() -> None:
    text = 'He said "a, b",\nand\r\nthat; was it'
    [_, row] = rows(render(with_text(text), "utterances.csv").decode())
    assert row[6] == text.replace("\r\n", "\n")


HOSTILE = [
    "a --> b",
    "00:00:01.000 --> 00:00:02.000",
    "<script>alert(1)</script>",
    "3 < 4 & 5 > 2",
    "one\n\ntwo",
    "one\r\n\r\n2\r\n00:00:00,000 --> 00:00:01,000\r\ntwo",
    "NOTE it",
    "\x00\x1b[2J\x85bell\x07",
    "\u2028\u2029line",
    "\udc80 broken",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["transcript.vtt", "transcript.srt"])
def test_no_text_breaks_out_of_its_caption(name: str, text: str) -> None:
    of = with_text(text)
    after = replace(of.utterances[0], id="u2", span=Span(3, 4), text="After.", speaker="a>b\n\n<v C>")
    blocks = cues(render(replace(of, utterances=(*of.utterances, after)), name).decode())
    captions = [block for block in blocks if block != ["WEBVTT"]]
    assert len(captions) == 2
    for number, block in enumerate(captions, start=1):
        lines = block[1:] if name.endswith("srt") else block
        assert name.endswith("vtt") or block[0] == str(number)
        assert len(lines) == 2
        assert TIMES.match(lines[0])
        assert "-->" not in lines[1]
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", lines[1])


def test_vtt_escapes_what_it_takes_for_tags() -> None:
    text = render(with_text("3 < 4 & 5 > 2", speaker="a>b"), "transcript.vtt").decode()
    assert "<v Teacher a&gt;b>3 &lt; 4 &amp; 5 &gt; 2\n" in text


@pytest.mark.parametrize("text", ["", "  \n ", "\x00"])
def test_where_nothing_is_said_there_is_no_caption(text: str) -> None:
    assert render(with_text(text), "transcript.vtt") == b"WEBVTT\n"
    assert render(with_text(text), "transcript.srt") == b""


def test_long_utterances_are_cut_between_words_each_with_its_time() -> None:
    spoken = words("we put the boat into the water and it went " * 6)
    text = "".join(word.text for word in spoken).strip()
    long = Utterance("u1", Span(0, spoken[-1].span.end_s), "S1", "teacher", text, spoken, "en")
    untimed = Utterance("u2", None, "S1", "teacher", "Hm.")
    blocks = cues(render(lesson(utterances=(long, untimed)), "transcript.vtt").decode())[1:]
    lines = [block[1].removeprefix("<v Teacher S1>") for block in blocks]
    assert len(lines) > 1
    assert all(len(line) <= 84 for line in lines)
    assert " ".join(lines) == text
    assert blocks[1][0].split(" --> ")[0] == blocks[0][0].split(" --> ")[1]


def test_a_word_longer_than_a_caption_and_languages_without_blanks_are_kept() -> None:
    giant = tuple(Word(Span(place, place + 1), "长" * 50, 0.9) for place in range(3))
    of = lesson(utterances=(Utterance("u1", Span(0, 3), "S1", "teacher", "长" * 150, giant, "zh"),))
    assert [block[1] for block in cues(render(of, "transcript.vtt").decode())[1:]] == ["<v Teacher S1>" + "长" * 50] * 3


def test_a_caption_ends_after_it_begins_and_begins_at_the_earliest_at_zero() -> None:
    of = lesson(utterances=(Utterance("u1", Span(-0.02, -0.02), "S1", "teacher", "Hm."),))
    assert "00:00:00.000 --> " in render(of, "transcript.vtt").decode()
    of = lesson(utterances=(Utterance("u1", Span(5.0, 5.0), "S1", "teacher", "Hm."),))
    assert "00:00:05.000 --> 00:00:05.001" in render(of, "transcript.vtt").decode()


@patient
@given(st.lists(st.text(max_size=40), max_size=4), st.text(max_size=10), st.text(max_size=20))
def test_any_words_and_names_can_be_exported_and_read_back(texts: list[str], speaker: str, name: str) -> None:
    told = tuple(
        Utterance(f"u{place}", Span(place, place + 1), speaker, "student", text, question=Question("open", 0.5))
        for place, text in enumerate(texts)
    )
    of = replace(named(name), utterances=told, speech=(student(0, 1, speaker),))
    files = {key: render(of, key).decode() for key in WRITERS}
    assert lesson_from_json(json.loads(files["lesson.json"])).utterances == told
    assert len(rows(files["utterances.csv"])) == len(told) + 1
    captions = cues(files["transcript.srt"]) if files["transcript.srt"] else []
    assert all(len(block) == 3 and TIMES.match(block[1]) for block in captions)
    assert len(cues(files["transcript.vtt"])) == len(captions) + 1
    assert len(files["speech.rttm"].split()) == 10


def test_an_unknown_format_is_wrong_usage_that_names_the_known() -> None:
    with pytest.raises(UsageError, match="known are") as caught:
        render(full_lesson(), "lesson.pdf")
    assert all(name in str(caught.value) for name in WRITERS)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("x.mp4", "x"),
        ("my lesson (2).final.mov", "my lesson (2).final"),
        ("Übung 3 – Brüche.mp4", "Übung 3 _ Brüche"),
        ("e\u0301te\u0301.mp4", "été"),
        ("授業 1.mp4", "授業 1"),
        ("हिन्दी.mp4", "हिन्दी"),
        ("🎉.mp4", "_"),
        ("a\"b'c<d>|?*:.mp4", "a_b_c_d_____"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\x.mp4", "x"),
        ("..", "lesson"),
        (".", "lesson"),
        ("", "lesson"),
        (".hidden", "hidden"),
        ("-rf.mp4", "rf"),
        ("a\x00\n\x1bb.mp4", "a___b"),
        ("CON", "CON"),
        ("con.x.mp4", "_con.x"),
        ("falcon.x.mp4", "falcon.x"),
        ("tail. .mp4", "tail"),
    ],
)
def test_a_folders_name_is_safe_everywhere_and_still_tells(name: str, stem: str) -> None:
    assert folder_name(named(name)) == f"{stem}-c0ffee00"


@pytest.mark.parametrize("char", ["a", "é", "長", "𠀀"])
def test_a_folders_name_is_never_too_long_for_a_disk(char: str, tmp_path: Path) -> None:
    name = folder_name(named(char * 300 + ".mp4"))
    assert name.startswith(char * 40)
    assert len(name.encode()) <= 255
    (tmp_path / name).mkdir()


def test_all_formats_lie_in_one_folder(tmp_path: Path) -> None:
    target = write_exports(full_lesson(), tmp_path / "new" / "out")
    assert target == tmp_path / "new" / "out" / "My lesson-c0ffee00"
    assert {item.name for item in target.iterdir()} == set(WRITERS)
    assert [item.name for item in target.parent.iterdir()] == [target.name]
    assert lesson_from_json(json.loads((target / "lesson.json").read_bytes())) == full_lesson()
    for name in WRITERS:
        assert (target / name).read_bytes() == render(full_lesson(), name)


def test_a_second_export_replaces_the_first_and_leaves_other_files(tmp_path: Path) -> None:
    target = write_exports(with_text("Before."), tmp_path)
    (target / "my notes.txt").write_text("mine")
    (target / "lesson.json").write_text("old")
    assert write_exports(with_text("After."), tmp_path) == target
    assert "After." in (target / "lesson.json").read_text()
    assert (target / "my notes.txt").read_text() == "mine"
    assert [item.name for item in tmp_path.iterdir()] == [target.name]


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
def test_the_folder_has_the_rights_that_the_user_gives_new_folders(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert write_exports(full_lesson(), tmp_path).stat().st_mode == (tmp_path / "plain").stat().st_mode


def failing(error: BaseException) -> Callable[[Lesson], str]:
    def write(_: Lesson) -> str:
        raise error

    return write


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskFullError),
        (OSError(errno.EIO, "Input/output error"), StoreError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_an_export_that_stops_half_way_leaves_nothing(
    error: BaseException, kind: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "WRITERS", {**WRITERS, "metrics.csv": failing(error)})
    with pytest.raises(kind):
        write_exports(full_lesson(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_stops_half_way_keeps_the_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = write_exports(with_text("Before."), tmp_path)
    monkeypatch.setattr(exports, "WRITERS", {**WRITERS, "utterances.csv": failing(OSError(errno.ENOSPC, "full"))})
    with pytest.raises(DiskFullError):
        write_exports(with_text("After."), tmp_path)
    assert "Before." in (target / "lesson.json").read_text()


def test_a_file_in_the_way_is_an_error_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match="cannot be written to") as caught:
        write_exports(full_lesson(), tmp_path / "taken")
    assert "--out" in caught.value.hint
    (tmp_path / folder_name(full_lesson())).write_text("")
    with pytest.raises(StoreError, match="cannot be written to"):
        write_exports(full_lesson(), tmp_path)
    assert {item.name for item in tmp_path.iterdir()} == {"taken", folder_name(full_lesson())}
