"""Transcripts from anywhere become the same sentences, and what is none is refused in a sentence."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import time
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import transcripts
from pipeline.errors import TranscriptError
from pipeline.report.exports import WRITERS, render
from pipeline.timeline import Span
from pipeline.transcripts import SaidSentence, pieces, read_table, read_transcript, require_columns
from pipeline.transcripts.findings import language_code, seconds
from pipeline.transcripts.sentences import split_sentences, timed_sentences
from pipeline.transcripts.speakers import guess_roles, role_in_words
from tests.lesson_values import lesson, patient, said, somebody, student, teacher
from tests.programs import SOAK

SIZE_BYTES = 200_000_000 if SOAK else 20_000_000
OVERHEAD_MB = 80  # the interpreter and what it imports

TABLE = "speaker,role,sentence\nT,teacher,Why?\nAnna,student,Because it floats.\n"
READ = [SaidSentence("Why?", "T", "teacher", None), SaidSentence("Because it floats.", "Anna", "student", None)]

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of that name and gives its path."""

    def write_file(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write_file


def workbook(path: Path, rows: list[list[object]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def brief(path: Path) -> list[tuple[str, str, str]]:
    return [(item.speaker, item.role, item.text) for item in read_transcript(path).sentences]


def texts(path: Path) -> list[str]:
    return [item.text for item in read_transcript(path).sentences]


# Tables


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_table_is_read_whatever_its_separator_and_encoding(write: Write, separator: str, encoding: str) -> None:
    assert list(read_transcript(write("a.csv", TABLE.replace(",", separator), encoding)).sentences) == READ


def test_windows_1252_is_the_last_resort(write: Write) -> None:
    assert texts(write("a.csv", "text\nSchöne “Grüße” für 5 €\n", "cp1252")) == ["Schöne “Grüße” für 5 €"]


def test_a_packed_table_is_read(write: Write) -> None:
    assert list(read_transcript(write("a.csv.gz", gzip.compress(TABLE.encode()))).sentences) == READ


def test_columns_are_known_in_any_letter_case_and_order(write: Write) -> None:
    assert brief(write("a.csv", "Utterance, ROLE ,Speaker\nWhy?,Instructor,Kim\n")) == [("Kim", "teacher", "Why?")]


def test_without_speakers_and_roles_there_is_one_unknown_speaker(write: Write) -> None:
    assert brief(write("a.csv", "sentence\nWhy?\nSo.\n")) == [("S1", "unknown", "Why?"), ("S1", "unknown", "So.")]


def test_a_row_without_a_speaker_is_called_by_its_role(write: Write) -> None:
    told = brief(write("a.csv", "speaker,role,sentence\n,teacher,Why?\n,,So.\n"))
    assert told == [("teacher", "teacher", "Why?"), ("unknown", "unknown", "So.")]


@pytest.mark.parametrize(
    ("word", "role"),
    [
        *(
            (word, "teacher")
            for word in (
                "T",
                "t",
                " Teacher ",
                "INSTRUCTOR",
                "Tutor",
                "student teacher",
                "Class teacher",
                "T1",
                "T (Ms. X)",
            )
        ),
        *((word, "student") for word in ("S", "Student", "pupil", "child", "SN", "Multiple students", "S2")),
        *((word, "unknown") for word in ("unknown", "observer", "?", "Anna", "7", "T. Jones", "S. Miller", "all")),
    ],
)
def test_a_role_is_understood_by_its_usual_words(word: str, role: str) -> None:
    assert role_in_words(word) == role


def test_a_role_that_nobody_knows_is_unknown_even_for_a_teachers_name(write: Write) -> None:
    assert brief(write("a.csv", "speaker,role,sentence\nMs. Ray,observer,Hm.\n")) == [("Ms. Ray", "unknown", "Hm.")]


def test_roles_come_from_names_where_none_is_given() -> None:
    names = ["Ms. Ray", "Mr Fox", "Miss Lee", "Student 2", "S1", "S2:", "SN", "Anna", "Miss", "Speaker 1"]
    roles = [
        "teacher",
        "teacher",
        "teacher",
        "student",
        "student",
        "student",
        "student",
        "unknown",
        "teacher",
        "unknown",
    ]
    assert guess_roles(names) == dict(zip(names, roles, strict=True))


def test_s1_alone_may_be_anybody() -> None:
    assert guess_roles(["S1", "S2"]) == {"S1": "unknown", "S2": "student"}


def test_rows_without_text_are_left_out_and_shift_nothing(write: Write) -> None:
    table = "speaker,text,start,end\nT,One.,1,2\nA,,2,3\n\nB,Two.,3,4\nC, ,4,5\nT,Three.,5,6\n"
    found = read_transcript(write("a.csv", table)).sentences
    assert [(item.speaker, item.text, item.span) for item in found] == [
        ("T", "One.", Span(1, 2)),
        ("B", "Two.", Span(3, 4)),
        ("T", "Three.", Span(5, 6)),
    ]


@pytest.mark.parametrize(
    ("written", "at_s"),
    [
        ("12.5", 12.5),
        ("0", 0),
        ("12,5", 12.5),
        ("1:05", 65),
        ("01:02:03.250", 3723.25),
        ("00:01:02,5", 62.5),
        (" 7 ", 7),
    ]
    + [(text, None) for text in ("", "soon", "-1", "nan", "inf", "1e300", "1:2:3:4", "١٢:xx")],
)
def test_times_are_read_as_seconds_or_by_the_clock(written: str, at_s: float | None) -> None:
    assert seconds(written) == at_s


def test_times_that_run_backwards_are_left_out_and_counted(write: Write) -> None:
    found = read_transcript(write("a.csv", "sentence,start_s,end_s\nA.,5,4\nB.,5,6\nC.,soon,6\nD.,7,\n"))
    assert [item.span for item in found.sentences] == [None, Span(5, 6), None, None]
    assert found.notices == (
        "a.csv: pieces that end before they start: 1. Their times are left out.",
        "a.csv: pieces without a readable start and end: 2. They have no times.",
    )


def test_a_row_of_sentences_stays_whole_and_a_row_of_text_is_cut(write: Write) -> None:
    assert texts(write("a.csv", "sentence\nYes. And why?\n")) == ["Yes. And why?"]
    found = read_transcript(write("b.csv", "text,start,end\nYes. And why?,0:10,0:23\n")).sentences
    assert [(item.text, item.span) for item in found] == [("Yes.", Span(10, 15)), ("And why?", Span(15, 23))]


def test_a_comma_without_quotes_in_the_last_column_is_a_part_of_the_text(write: Write) -> None:
    assert texts(write("a.csv", "speaker,sentence\nT,Well, I think, yes.\n")) == ["Well, I think, yes."]
    assert texts(write("b.csv", "sentence\nWell, I think.\n")) == ["Well, I think."]


def test_cells_beyond_the_header_are_told_of(write: Write) -> None:
    found = read_transcript(write("a.csv", "sentence,speaker\nYes.,T,more\nNo.,A,,\n"))
    assert [item.text for item in found.sentences] == ["Yes.", "No."]
    assert found.notices == ("a.csv: rows with more cells than the header: 1. The cells beyond are left out.",)


def test_several_transcripts_in_one_table_are_told_of(write: Write) -> None:
    found = read_transcript(write("a.csv", "transcript,turn,sentence\nx,1,Yes.\ny,1,No.\n"))
    assert found.notices == ("a.csv holds 2 transcripts. They are read as one lesson.",)


def test_hostile_names_and_texts_stay_text(write: Write) -> None:
    odd = ["../../etc/passwd", '"Quote" O\'Neil', "🦊", "a\x1b[31mb", "=cmd|'/C calc'!A0", "<script>", "NA", "null"]
    out = io.StringIO()
    csv.writer(out).writerows([["speaker", "sentence"], *([name, name] for name in odd)])
    found = read_transcript(write("a.csv", out.getvalue())).sentences
    assert [(item.speaker, item.text) for item in found] == [(name, name) for name in odd]


@patient
@given(
    st.lists(
        st.tuples(*[st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)))] * 2), min_size=1
    )
)
def test_any_text_survives_a_table(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.mktemp("any") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("sentence", "speaker"), *rows])
    told = [text.strip() for text, _ in rows if text.strip()]
    if told:
        assert texts(path) == told
    else:
        with pytest.raises(TranscriptError, match="no words"):
            read_transcript(path)


# Excel


def test_a_workbook_is_read_with_its_times(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Speaker", "Role", "Text", "Start", "End"],
        ["T", "Teacher", "Why? Tell me.", time(0, 1, 0), time(0, 1, 13)],
        ["NA", None, None, None, None],
        [7, "S", "NA", 75, 76.5],
    ]
    assert list(read_transcript(workbook(tmp_path / "a.xlsx", rows)).sentences) == [
        SaidSentence("Why?", "T", "teacher", Span(60, 65)),
        SaidSentence("Tell me.", "T", "teacher", Span(65, 73)),
        SaidSentence("NA", "7", "student", Span(75, 76.5)),
    ]


def test_a_workbook_named_csv_is_read_by_its_content(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["sentence"], ["Why?"]]).rename(tmp_path / "a.csv")
    assert texts(path) == ["Why?"]
    assert list(read_table(path).sentence) == ["Why?"]


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "a.xlsx", [["sentence"], ["Why?"]])
    monkeypatch.setattr("pipeline.transcripts.tables.LARGEST_SHEET_BYTES", 1000)
    with pytest.raises(TranscriptError, match=r"a\.xlsx is too large once unpacked"):
        read_transcript(path)


# Captions

VTT = """WEBVTT Kind: captions
Language: en-GB

STYLE
::cue { color: red }

NOTE Anna: not said

intro
00:01.000 --> 00:04.000 align:start position:10%
<v Ms. Ray>What is <i>3.5</i> &amp; why?</v>

1:00:05.000 --> 1:00:06.000
<v.loud Anna>Because.</v> <v Ben>No!</v>

01:00:07.000 --> 01:00:08.000
Laughter
"""


def test_web_captions_have_voices(write: Write) -> None:
    found = read_transcript(write("a.vtt", VTT))
    assert found.language == "en"
    assert list(found.sentences) == [
        SaidSentence("What is 3.5 & why?", "Ms. Ray", "teacher", Span(1, 4)),
        SaidSentence("Because.", "Anna", "unknown", Span(3605, 3605 + 8 / 11)),
        SaidSentence("No!", "Ben", "unknown", Span(3605 + 8 / 11, 3606)),
        SaidSentence("Laughter", "unknown", "unknown", Span(3607, 3608)),
    ]


def captions(*cues: str) -> str:
    return "".join(
        f"{number}\n00:00:{number:02d},000 --> 00:00:{number:02d}.900\n{cue}\n\n" for number, cue in enumerate(cues)
    )


@pytest.mark.parametrize(("name", "header"), [("a.vtt", "WEBVTT\n\n"), ("a.srt", "")])
def test_names_before_a_colon_hold_until_the_next(write: Write, name: str, header: str) -> None:
    path = write(
        name,
        header + captions("[bell]", "MS. RAY: Look: what is it?", "Tell me.", "Anna: A ship.", "S2: No.", "Anna: Yes."),
    )
    assert brief(path) == [
        ("unknown", "unknown", "[bell]"),
        ("MS. RAY", "teacher", "Look: what is it?"),
        ("MS. RAY", "teacher", "Tell me."),
        ("Anna", "unknown", "A ship."),
        ("S2", "student", "No."),
        ("Anna", "unknown", "Yes."),
    ]


def test_a_colon_within_a_sentence_names_nobody(write: Write) -> None:
    path = write(
        "a.srt", captions("Good morning.", "Remember: ships float.", "At 12:30 we stop.", "Remember: no running.")
    )
    assert {item.speaker for item in read_transcript(path).sentences} == {"S1"}
    assert texts(path)[1] == "Remember: ships float."


def test_where_every_caption_names_somebody_all_names_are_believed(write: Write) -> None:
    path = write("a.vtt", "WEBVTT\n\n" + captions("Jo Smith: Hello.", "Lee O'Neil: Hi.", "Jo Smith: Note: no running."))
    assert [(who, text) for who, _, text in brief(path)] == [
        ("Jo Smith", "Hello."),
        ("Lee O'Neil", "Hi."),
        ("Jo Smith", "Note: no running."),
    ]


def test_captions_that_roll_up_word_by_word_are_read_once(write: Write) -> None:
    rolling = (
        "WEBVTT\n\n00:00.080 --> 00:02.000\n \nso<00:00:00.480><c> today</c>\n\n"
        "00:02.000 --> 00:02.010\nso today\n \n\n"
        "00:02.010 --> 00:04.000\nso today\nwe<00:00:02.480><c> talk</c>\n\n"
        "00:04.000 --> 00:05.000\nyes\n\n00:05.000 --> 00:06.000\nyes\nof<00:00:05.500><c> ships</c>\n"
    )
    assert texts(write("a.vtt", rolling)) == ["so today", "we talk", "yes", "of ships"]


def test_a_repeated_answer_is_kept_in_other_captions(write: Write) -> None:
    assert texts(write("a.vtt", "WEBVTT\n\n" + captions("Yes.", "Yes."))) == ["Yes.", "Yes."]


def test_two_speakers_in_one_caption_share_its_time(write: Write) -> None:
    found = read_transcript(write("a.srt", captions("T: Why?\nS: Yes, so\nwe go."))).sentences
    assert [(item.speaker, item.text) for item in found] == [("T", "Why?"), ("S", "Yes, so we go.")]
    assert found[0].span is not None and found[1].span is not None
    assert found[0].span.end_s == found[1].span.start_s


def test_subtitles_lose_their_tags_and_nothing_else(write: Write) -> None:
    path = write("a.srt", captions("{\\an8}<font color='red'>Is <i>x</i> < 3 and y > 2?</font>", ">> Yes. "))
    assert brief(path) == [("unknown", "unknown", "Is x < 3 and y > 2?"), ("unknown", "unknown", "Yes.")]


def test_captions_without_empty_lines_between_them_are_told_apart(write: Write) -> None:
    text = "1\r\n00:00:01,000 --> 00:00:02,000\r\nOne.\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nTwo.\r\n"
    assert texts(write("a.srt", text)) == ["One.", "Two."]


def test_an_empty_line_within_a_subtitle_loses_nothing(write: Write) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nOne.\n\nMore.\n\n2\n00:00:03,000 --> 00:00:04,000\nTwo.\n"
    assert texts(write("a.srt", text)) == ["One.", "More.", "Two."]


def test_captions_that_run_backwards_keep_their_words(write: Write) -> None:
    text = "WEBVTT\n\n00:05.000 --> 00:04.000\nOne.\n\nsoon --> later\nTwo.\n"
    found = read_transcript(write("a.vtt", text))
    assert [(item.text, item.span) for item in found.sentences] == [("One.", None), ("Two.", None)]
    assert len(found.notices) == 2


def test_web_captions_named_srt_are_read_by_their_content(write: Write) -> None:
    assert brief(write("a.srt", VTT)) == brief(write("a.vtt", VTT))


# JSON


@pytest.mark.parametrize(
    ("language", "code"), [("en", "en"), ("english", "en"), ("de-AT", "de"), (None, None), ("?", None)]
)
def test_segments_of_whisper_are_cut_into_sentences(write: Write, language: str | None, code: str | None) -> None:
    segments = [
        {
            "id": 0,
            "start": 1,
            "end": 14.0,
            "text": " Yes. And why?",
            "speaker": "SPEAKER_00",
            "words": [{"word": "Yes."}],
        },
        {"start": 15.0, "end": 14.0, "text": " So.", "tokens": [1, 2]},
    ]
    found = read_transcript(write("a.json", json.dumps({"text": "…", "segments": segments, "language": language})))
    assert found.language == code == language_code(language)
    assert [(item.speaker, item.role, item.text) for item in found.sentences] == [
        ("SPEAKER_00", "unknown", "Yes."),
        ("SPEAKER_00", "unknown", "And why?"),
        ("unknown", "unknown", "So."),
    ]
    assert found.sentences[-1].span is None
    assert len(found.notices) == 1


def test_a_bare_list_of_segments_is_read(write: Write) -> None:
    assert brief(write("a.json", '[{"start": 0, "end": 1, "text": "Why?"}]')) == [("S1", "unknown", "Why?")]


# The program's own files

OWN = (
    said("u1", teacher(0.5, 2, "S1"), "Why does 3 < 4 & 5 > 4?"),
    said("u2", student(3, 4, "S2"), "Air: I think."),
    said("u3", student(4, 5, "S2"), "Yes."),
    said("u4", somebody(3700.25, 3702, "Anna B."), "Is it?"),
    said("u5", somebody(3703, 3704, "unknown"), "-5, so no."),
    said("u6", student(3705, 3706, "S3"), "=1 is one."),
)


@pytest.mark.parametrize("name", ["lesson.json", "utterances.csv", "transcript.vtt", "transcript.srt"])
def test_what_the_program_writes_it_reads_again(write: Write, name: str) -> None:
    found = read_transcript(write(name, render(lesson(utterances=OWN, duration_s=3800.0), name)))
    assert list(found.sentences) == [SaidSentence(item.text, item.speaker, item.role, item.span) for item in OWN]
    assert found.notices == ()
    assert found.language == ("en" if name == "utterances.csv" else None)


def test_exports_without_a_transcript_are_refused(write: Write) -> None:
    for name in set(WRITERS) - {"lesson.json", "utterances.csv", "transcript.vtt", "transcript.srt"}:
        with pytest.raises(TranscriptError):
            read_transcript(write(name, render(lesson(utterances=OWN), name)))


def test_names_beside_a_role_that_would_fall_together_stay_as_they_are(write: Write) -> None:
    assert [who for who, _, _ in brief(write("a.srt", captions("Teacher A: Why?", "Student A: So.")))] == [
        "Teacher A",
        "Student A",
    ]
    assert brief(write("b.srt", captions("Student 1: Why?", "Student 2: So.")))[0] == ("Student 1", "student", "Why?")


# Sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Mr. Fox and Dr. Ray, e.g. today. Good!", ["Mr. Fox and Dr. Ray, e.g. today.", "Good!"]),
        ("It is 3.5. So? Yes", ["It is 3.5.", "So?", "Yes"]),
        ("Well... I think… so. Hm", ["Well... I think… so.", "Hm"]),
        ("What?! No!! Oh", ["What?!", "No!!", "Oh"]),
        ('"Why?" he said. "Go." They went.', ['"Why?" he said.', '"Go."', "They went."]),
        ("No. I did. J. Smith and George W. Bush.", ["No.", "I did.", "J. Smith and George W. Bush."]),
        ("The answer is B. Because of air.", ["The answer is B.", "Because of air."]),
        ("1. Read it. 2. Write", ["1. Read it.", "2. Write"]),
        (
            "At 5 p.m. we go. It ends at 6 p.m. Then home, etc. and so on.",
            ["At 5 p.m. we go.", "It ends at 6 p.m.", "Then home, etc. and so on."],
        ),
        ("为什么？因为。好", ["为什么？", "因为。", "好"]),
        (" . ", ["."]),
        ("  ", []),
    ],
)
def test_sentences_end_at_their_marks_only(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


@patient
@given(st.text(st.sampled_from('aB. ?!"…3。\n')), st.integers(0, 50))
def test_cutting_loses_no_character_and_no_time(text: str, duration_s: int) -> None:
    span = Span(1, 1 + duration_s)
    parts = timed_sentences(text, span)
    assert "".join("".join(part.split()) for part, _ in parts) == "".join(text.split())
    edges = [(part.start_s, part.end_s) for _, part in parts if part]
    assert all(left[1] == right[0] for left, right in pairwise(edges))
    assert not edges or (edges[0][0], edges[-1][1]) == (1, 1 + duration_s)


# What cannot be read


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "a.csv is empty"),
        ("a.csv", "\n\n", "a.csv has no header"),
        ("a.csv", "speaker,role\nT,teacher\n", "has no column text or sentence; it has speaker, role"),
        ("a.csv", "sentence\n\n", "a.csv holds no words"),
        ("a.csv", 'sentence\n"Why?\nSo.\n', "is not a proper CSV file"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a.csv holds no text"),
        ("a.csv", bytes(range(1, 256)) * 9, "a.csv holds no text"),
        ("a.csv", b"PK\x03\x04 and no more", "a.csv is damaged"),
        ("a.csv.gz", b"\x1f\x8b\x08\x00broken", "a.csv.gz is damaged"),
        ("a.csv.gz", gzip.compress(TABLE.encode() * 99, mtime=0)[:-9], "a.csv.gz is damaged"),
        ("a.xlsx", "speaker,sentence\n", "a.xlsx is no Excel workbook"),
        ("a.txt", "Hello.", "a.txt has an ending that no transcript has. Known are .csv"),
        ("a\x1b.mp3", "Hello.", "a\\x1b.mp3 has an ending"),
        ("a.json", '{"segments": [', "a.json is not valid JSON"),
        ("a.json", "[" * 100_000, "a.json is not valid JSON"),
        ("a.json", '{"text": "Hello."}', "a.json is no transcript: it has no list of segments"),
        ("a.json", '{"segments": [{"start": 0}]}', "it has a segment without text"),
        ("a.json", '{"segments": []}', "a.json holds no words"),
        ("a.json", '{"schema": "lessonmirror/9"}', "no utterances of schema lessonmirror/1"),
        ("a.vtt", "WEBVTT\n\nNOTE nothing\n", "a.vtt holds no captions"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n\n", "a.srt holds no words"),
        ("a.srt", "x" * (1 << 21), "endless lines"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_file_that_is_no_transcript_is_refused_with_the_next_step(
    write: Write, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(TranscriptError) as caught:
        read_transcript(write(name, content))
    assert message in str(caught.value)
    assert caught.value.hint
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for read in (read_transcript, read_table):
        with pytest.raises(TranscriptError, match="There is no file"):
            read(tmp_path / "gone.csv")
        with pytest.raises(TranscriptError, match="is a folder"):
            read(tmp_path)


def test_more_sentences_than_any_lesson_has_are_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MAX_SENTENCES", 3)
    with pytest.raises(TranscriptError, match="more than 3 sentences"):
        read_transcript(write("a.csv", "sentence\n" + "Yes.\n" * 4))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from Linux's /proc")
@pytest.mark.parametrize("name", ["a.csv", "a.srt", "a.json"])
def test_a_large_file_is_read_within_its_memory(tmp_path: Path, name: str) -> None:
    words = "so it floats in the water, " * 24
    start, line, end = {
        "a.csv": ("speaker,role,text\n", f'T,teacher,"{words}"\n', ""),
        "a.srt": ("", f"1\n00:00:01,000 --> 00:00:02,000\nT: {words}\n\n", ""),
        "a.json": ("[", json.dumps({"start": 1, "end": 2, "text": words}) + ",\n", '{"text": "."}]'),
    }[name]
    path = tmp_path / name
    with path.open("w") as file:
        file.write(start)
        for _ in range(SIZE_BYTES // len(line) // 1000):
            file.write(line * 1000)
        file.write(end)
    code = (
        "import re, sys; from pathlib import Path; from pipeline.transcripts import read_transcript;"
        "found = read_transcript(Path(sys.argv[1]));"
        "peak_kb = int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]);"
        "print(len(found.sentences), peak_kb // 1024)"
    )
    told = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True).stdout
    count, peak_mb = map(int, told.split())
    print(f"{count} sentences, {peak_mb} MB")
    assert count > SIZE_BYTES // 1000
    assert peak_mb < OVERHEAD_MB + 3 * SIZE_BYTES // 1_000_000
    path.unlink()


@pytest.mark.parametrize(
    "bit", [".", ". ", "Mr. ", '"', ".'", "? ", "A. ", " ", "<v ", "<v\t", "{\\", "[", "a: ", "1:"]
)
def test_no_text_keeps_the_reader_busy_for_long(write: Write, bit: str) -> None:
    text = (bit * 60_000)[:120_000]
    began_s = monotonic()
    read_transcript(write("a.srt", captions(text, f"{text}x")))
    read_transcript(write("a.vtt", "WEBVTT\n\n" + captions(text, f"{text}x", "Yes.")))
    read_transcript(write("a.json", json.dumps([{"text": f"x{text}", "start": 1, "end": 2}])))
    assert monotonic() - began_s < 10


def test_what_no_database_takes_is_replaced(write: Write) -> None:
    assert brief(write("a.json", r'[{"text": "a\u0000b\ud800", "speaker": "\udfff"}]')) == [
        ("\ufffd", "unknown", "a\ufffdb\ufffd")
    ]


# Tables as they are


def test_a_table_is_text_as_it_is(write: Write) -> None:
    table = read_table(write("a.csv", "id;Text;score\n007;NA;1.50\n;  null ;\n"))
    assert list(table.columns) == ["id", "Text", "score"]
    assert table.to_numpy().tolist() == [["007", "NA", "1.50"], ["", "  null ", ""]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_packed_table_in_any_encoding_is_text(write: Write, encoding: str) -> None:
    path = write("a.csv.gz", gzip.compress("sentence\tn\nÜber, „uns“\t1\n".encode(encoding)))
    assert read_table(path).to_numpy().tolist() == [["Über, „uns“", "1"]]


@pytest.mark.parametrize("content", ["a,b\n1,2,3\n", "a,b\n1,2\n1,2,3\n", 'a,b\n"1,2\n', b"\x00\x01\x02", "\n"])
def test_a_table_that_would_lose_cells_is_refused(write: Write, content: str | bytes) -> None:
    with pytest.raises(TranscriptError) as caught:
        read_table(write("a.csv", content))
    assert caught.value.hint


def test_a_table_needs_a_tables_ending(write: Write) -> None:
    with pytest.raises(TranscriptError, match=r"Tables end in \.csv"):
        read_table(write("a.vtt", VTT))


def test_missing_columns_are_named_beside_those_there_are(write: Write) -> None:
    path = write("a.csv", "id,Text\n1,2\n")
    require_columns(read_table(path), ["Text", "id"], path)
    with pytest.raises(TranscriptError, match=r"a\.csv lacks the columns role, text; it has id, Text\."):
        require_columns(read_table(path), ["id", "role", "text"], path)


def test_reading_captions_needs_no_pandas(write: Write) -> None:
    code = (
        "import sys; from pathlib import Path; from pipeline.transcripts import read_transcript;"
        "read_transcript(Path(sys.argv[1])); sys.exit('pandas' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(write("a.vtt", VTT))], check=True)


def test_every_ending_is_told() -> None:
    assert {".csv", ".tsv", ".csv.gz", ".xlsx", ".vtt", ".srt", ".json"} <= set(transcripts.ENDINGS)
